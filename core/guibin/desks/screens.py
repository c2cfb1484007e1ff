"""The venues: which hall has a desk, a VIP room, a VIP counter or a club, who gets what there, and when it is open (S07-3, S03-7)."""

from uuid import UUID

from litestar import Controller, Response, get
from msgspec import Struct

from guibin.console import choices as offered
from guibin.console.commands import Command, Commands
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.policy.words import Name
from guibin_tenants.principals import may

from . import actions, queries
from .requests import KINDS, Hours, Kind, NewDesk

READ, WRITE = may("entitlements:read"), may("staff:write")
PATH, NAME = f"{PREFIX}/venues", "desks"
ENTRIES = (
    Entry(
        title="desks.title",
        path=PATH,
        icon="map-pin",
        needs=READ,
        group="serve",
        order=76,
        has=lambda policy: any(item.at_desks or item.venues for item in policy.service_items),
    ),
)


class Opened(Struct, frozen=True, kw_only=True):
    """What a hall has from now on."""

    org_unit_id: UUID
    kind: Kind
    name: Name
    hours: Hours = ""


async def open_venue(unit_id: UUID, new: Opened, act: Act) -> None:
    """As `actions.open_desk`."""
    await actions.open_desk(NewDesk(org_unit_id=new.org_unit_id, kind=new.kind, name=new.name, hours=new.hours), act)


async def _here(shell: Shell, unit_id: UUID) -> dict[str, str]:
    return {"org_unit_id": str(unit_id)}


UNITS = Commands(
    NAME,
    "unit_id",
    f"{PATH}/units",
    Command(
        name="open",
        action=open_venue,
        needs=WRITE,
        icon="plus",
        main=True,
        given=_here,
        choices={"kind": offered.words_of(f"{NAME}.kind", KINDS), "org_unit_id": offered.units},
    ),
)
VENUES = Commands(
    NAME, "desk_id", PATH, Command(name="close", action=actions.close_desk, needs=WRITE, icon="x", danger=True)
)


class VenueScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def venues(self, shell: Shell) -> Response[str]:
        act = shell.act
        found = await queries.desks()
        units = await offered.units(shell)
        return shell.page(
            "desks/venues.html",
            venues=[(each, await queries.opens(each.org_unit_id, act.now)) for each in found],
            offers=queries.offers(act.policy),
            first=act.by.org_unit_id or (units[0].value if units else None),
            writes=WRITE(act.by),
            covers=act.by.covers,
            of_unit=lambda unit_id: UNITS.address(unit_id, "open"),
            of_venue=lambda desk_id: VENUES.address(desk_id, "close"),
        )

    ask_unit, do_unit = UNITS.handlers("/units/{unit_id:uuid}", needs=WRITE)

    ask_venue, do_venue = VENUES.handlers("/{desk_id:uuid}", needs=WRITE)
