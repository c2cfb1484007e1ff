"""The contacts of departments, as people look them up and name them (S07-30)."""

from collections.abc import Mapping
from uuid import UUID

from litestar import Controller, Response, get
from msgspec import Struct

from guibin.console import choices as offered
from guibin.console.commands import Command, Commands
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin_tenants.principals import may

from . import contacts
from .requests import NewContact

READ, KEEPS = may("requests:read"), may("team:write")
PATH, NAME = f"{PREFIX}/department-contacts", "department_requests"
ENTRIES = (
    Entry(
        title="department_requests.title",
        path=PATH,
        icon="building",
        needs=READ,
        group="serve",
        order=74,
        has=lambda policy: policy.department_contacts is not None,
    ),
)


class Named(Struct, frozen=True, kw_only=True):
    """Who is the contact of the department at hand, and who stands in."""

    staff_id: UUID
    deputy_id: UUID | None = None


async def name(org_unit_id: UUID, new: Named, act: Act) -> None:
    """As `contacts.name`."""
    await contacts.name(NewContact(org_unit_id=org_unit_id, staff_id=new.staff_id, deputy_id=new.deputy_id), act)


async def _as_it_is(shell: Shell, org_unit_id: UUID) -> Mapping[str, str]:
    known = {each.org_unit_id: each for each in await contacts.contacts(shell.act)}
    found = known.get(org_unit_id)
    return {
        field: str(value)
        for field, value in (("staff_id", found and found.staff_id), ("deputy_id", found and found.deputy_id))
        if value
    }


COMMANDS = Commands(
    NAME,
    "org_unit_id",
    PATH,
    Command(
        name="name",
        action=name,
        needs=KEEPS,
        icon="user-check",
        main=True,
        given=_as_it_is,
        choices={"staff_id": offered.colleagues, "deputy_id": offered.colleagues},
    ),
)


class DepartmentContactScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def contacts(self, shell: Shell) -> Response[str]:
        wanted = shell.act.policy.department_contacts
        return shell.page(
            "department_requests/contacts.html",
            contacts=await contacts.contacts(shell.act),
            keeps=KEEPS(shell.act.by),
            covers=shell.act.by.covers,
            address=lambda org_unit_id: COMMANDS.address(org_unit_id, "name"),
            clause=wanted.clause if wanted else "",
        )

    ask, do = COMMANDS.handlers("/{org_unit_id:uuid}", needs=KEEPS)
