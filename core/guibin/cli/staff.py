"""`guibin staff`: accounts of a company's people."""

import getpass
import os
import sys
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from guibin.policy.posts import roles_of
from guibin_tenants import org_units, staff
from guibin_tenants.refusals import Invalid
from guibin_tenants.staff import NewStaff

from . import environment
from .output import Json, answer, answer_table

app = App(name="staff", help="Add and list members of staff.")


@app.command
async def add(
    slug: str,
    *,
    login: str,
    name: str,
    role: Annotated[
        list[str], Parameter(help="A role: tenant_admin, manager, account_manager, agent, auditor; or a post; repeat.")
    ],
    unit: Annotated[str | None, Parameter(help="Code of the org unit; head office without.")] = None,
    json: Json = False,
) -> None:
    """Add an account. The password comes from GUIBIN_PASSWORD or is asked for."""
    password = os.environ.get("GUIBIN_PASSWORD") or _asked()
    new = NewStaff(login=login, name=name, roles=tuple(role), password=password)
    async with environment.inside(slug, changes=True) as session:
        found = await org_units.by_code(unit) if unit is not None else None
        if unit is not None and found is None:
            raise Invalid.at("unit", "the code of an existing org unit", value=unit)
        unit_id = found.id if found is not None else None
        placed = msgspec.structs.replace(new, org_unit_id=unit_id, password_set_by=session.act.by.id)
        view = await staff.add(placed, now=session.act.now, posts=roles_of(session.act.policy.posts))
    answer(view, f"{view.name} can sign in as {view.login}, and chooses a password of their own then.", json=json)


@app.command(name="list")
async def list_(slug: str, *, json: Json = False) -> None:
    """Everybody."""
    async with environment.inside(slug):
        found = await staff.all_staff()
    rows = [(s.login, s.name, ", ".join(s.roles), s.left_at) for s in found]
    answer_table(found, ("login", "name", "roles", "left"), rows, empty="Nobody yet: guibin staff add", json=json)


def _asked() -> str:
    if not sys.stdin.isatty():
        rule = "there is no terminal to ask for it"
        raise Invalid.at("password", rule, "set GUIBIN_PASSWORD", detail="The account cannot be created")
    return getpass.getpass("Password: ")
