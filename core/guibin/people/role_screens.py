"""Roles of the company's own by page: composed of permissions, copied from another, changed once it was seen who gains and
loses what."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post

from guibin.console import forms
from guibin.console.commands import Command, Commands
from guibin.console.forms import Choice
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin_tenants.principals import AUDITING
from guibin_tenants.refusals import Refusal
from guibin_tenants.roles import COMPOSABLE

from . import roles
from .api import READ, WRITE
from .roles import NewRole

NAME, PATH = "people.role", f"{PREFIX}/roles"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="users-group", needs=READ, group="govern", order=71),)
REMOVING = Commands(
    NAME, "role_id", PATH, Command(name="remove", action=roles.remove, danger=True, icon="trash"), needs=WRITE
)
# What was sent, what is wrong with it by field, and the status of the answer.
_Sent = tuple[Mapping[str, Sequence[str]], Mapping[str, str], int]


class RoleScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def roles(self, shell: Shell) -> Response[str]:
        return shell.page(
            "people/roles.html",
            roles=await roles.all_roles(shell.act),
            changes=WRITE(shell.act.by),
            remove=REMOVING.known["remove"],
            address=REMOVING.address,
        )

    @get("/new", needs=WRITE)
    async def new(self, shell: Shell, copied: str = "") -> Response[str]:
        found = next((role for role in await roles.all_roles(shell.act) if role.name == copied), None)
        known = [one for one in found.permissions if one in shell.act.by.permissions - AUDITING] if found else []
        title = shell.says(f"{NAME}.copy_of", name=shell.post(copied)) if found else ""
        return _page(shell, ({"title": [title], "permissions": known}, {}, 200))

    @post("/new", needs=WRITE, confirmed=True, status_code=200)
    async def compose(self, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        try:
            await roles.compose(forms.taken(NewRole, given, shell), shell.act)
        except Refusal as refusal:
            return _page(shell, (given, *forms.wrong(refusal, shell)))
        return shell.done(shell.says(f"{NAME}.done.compose"), goes_to=PATH)

    @get("/{role_id:uuid}", needs=READ)
    async def role(self, role_id: UUID, shell: Shell) -> Response[str]:
        """First what it shall permit, then who gains and loses what by it, then the word that does it."""
        asked = {name: shell.request.query_params.getall(name, []) for name in ("title", "permissions", "checked")}
        return await _role(role_id, (asked, {}, 200), shell)

    @post("/{role_id:uuid}", needs=WRITE, confirmed=True, status_code=200)
    async def recompose(self, role_id: UUID, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        try:
            await roles.recompose(role_id, forms.taken(NewRole, given, shell), shell.act)
        except Refusal as refusal:
            return await _role(role_id, ({**given, "checked": ["1"]}, *forms.wrong(refusal, shell)), shell)
        return shell.done(shell.says(f"{NAME}.done.recompose"), goes_to=PATH)

    ask, do = REMOVING.handlers("/{role_id:uuid}", needs=WRITE, confirmed=True)


async def _role(role_id: UUID, sent: _Sent, shell: Shell) -> Response[str]:
    role = await roles.one(role_id)
    given, wrong, status = sent
    changes = None
    if not given.get("checked"):
        given = {"title": [role.title], "permissions": role.permissions}
    elif not wrong:
        try:
            new = forms.taken(NewRole, {name: list(values) for name, values in given.items()}, shell)
            changes = await roles.check(role_id, new, shell.act)
        except Refusal as refusal:
            wrong, _ = forms.wrong(refusal, shell)
    writes = WRITE(shell.act.by) and frozenset(role.permissions) <= shell.act.by.permissions
    return _page(shell, (given, wrong, status), role=role, changes=changes, writes=writes)


def _page(shell: Shell, sent: _Sent, **more: Any) -> Response[str]:
    given, wrong, status = sent
    composable = COMPOSABLE | shell.act.hooks.permissions().keys()
    known = sorted(composable & (shell.act.by.permissions | set(given.get("permissions", ()))))
    kinds = {name: "reads" if name.endswith(":read") else "does" for name in known}
    offered = [
        Choice(name, shell.permission(name), shell.says(f"administration.keys.{kinds[name]}"))
        for name in sorted(known, key=lambda name: (kinds[name] != "reads", name))
    ]
    form = forms.Form(kind=NewRole, slice_name=NAME, choices={"permissions": offered})
    return shell.page(
        "people/role.html",
        status=int(status),
        **{"role": None, "changes": None, "writes": True} | more,
        fields=form.fields(shell, given, wrong),
        problem=wrong.get("", ""),
        asked=given,
        permits=lambda names: [shell.permission(name) for name in names],
    )
