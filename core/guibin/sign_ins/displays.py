"""Wall displays: made by whoever leads, listed and ended by them and by admins, opened by a code before the screen."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from guibin.administration import agents
from guibin.administration.signing_in import refuse_suspended
from guibin.audit.actions import noted
from guibin.context import Act
from guibin.notation.plausible import Plausible
from guibin.policy.words import Name
from guibin_tenants import displays, staff
from guibin_tenants.displays import DisplaySeen, NewDisplay, Opened
from guibin_tenants.principals import SHOWS_BOARD, Principal, Signature, may
from guibin_tenants.receivers import standing_unit
from guibin_tenants.refusals import Conflict, Forbidden, Invalid, NotFound
from guibin_tenants.registry import TenantView
from guibin_tenants.scope import tenant_scope

LEADS, ADMINISTERS = may("team:write"), may("staff:write")
# A screen is looked after: somebody says once a year that it still hangs there.
DAYS_MAX, DISPLAYS_MAX = 366, 100


class TooManyDisplays(Conflict):
    """The company has as many wall displays as it may. End one that hangs nowhere any more."""


class NewWallDisplay(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the screen is called, the org unit it shows with those under it (None: all that you see), and its last day."""

    name: Name
    org_unit_id: UUID | None = None
    ends_on: date


class MadeDisplay(Struct, frozen=True):
    """`code` is shown this once: told at `/console/wall/code` before the screen, within the hour, it makes it the display."""

    id: UUID
    code: str


async def make(new: NewWallDisplay, act: Act, now: datetime) -> MadeDisplay:
    """A wall display; `now` the real one. Raises Invalid for a day that is past or too far, TooManyDisplays; Forbidden for a unit that
    is not the maker's, and for a key of the operator's: a display ends with whoever made it."""
    if not act.by.is_person:
        raise Forbidden("A wall display is somebody's: a member of staff makes it")
    if new.org_unit_id is not None:
        await standing_unit(new.org_unit_id, field="org_unit_id")
    shown = new.org_unit_id if new.org_unit_id or isinstance(act.by.units, str) else act.by.org_unit_id
    if not act.by.covers(shown):
        raise Forbidden("That org unit is not under yours")
    if len(await displays.live(now=now)) >= DISPLAYS_MAX:
        raise TooManyDisplays(f"There are {DISPLAYS_MAX} already")
    ends = NewDisplay(
        name=new.name, staff_id=act.by.person, org_unit_id=shown, expires_at=_end_of(new.ends_on, act, now)
    )
    code, display_id = await displays.create(ends, now=now)
    await noted("display.create", act, subject="wall_display", subject_id=display_id, shown=0)
    return MadeDisplay(display_id, code)


def _end_of(day: date, act: Act, now: datetime) -> datetime:
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(act.company.time_zone)).astimezone(UTC)
    if not now < midnight <= now + timedelta(days=DAYS_MAX):
        raise Invalid.at("ends_on", "from today to a year ahead", value=day.isoformat())
    return midnight


async def in_sight(act: Act, now: datetime) -> list[DisplaySeen]:
    """One's own, and to an admin those of the people under theirs; `now` the real one."""
    found = await displays.live(now=now)
    people = await staff.by_ids(each.staff_id for each in found)
    admin = may("staff:read")(act.by)
    return [
        each
        for each in found
        if each.staff_id == act.by.person or (admin and act.by.covers(people[each.staff_id].org_unit_id))
    ]


async def end(display_id: UUID, act: Act, now: datetime) -> None:
    """The screen goes dark at once. Raises NotFound, also for one that is not to be seen or ended already, Forbidden for another's
    without being an admin."""
    found = next((each for each in await in_sight(act, now) if each.id == display_id), None)
    if found is None:
        raise NotFound(f"There is no wall display {display_id}")
    if found.staff_id != act.by.person and not ADMINISTERS(act.by):
        raise Forbidden("Only its maker or an admin ends it")
    await displays.end(display_id, now=now)
    await noted("display.end", act, subject="wall_display", subject_id=display_id, shown=0)


async def open_by(code: str, tenant: TenantView, *, agent: str, address: str, now: datetime) -> Opened | None:
    """The code is told before the screen. None for one that opens nothing. Raises Suspended."""
    async with tenant_scope(tenant.id):
        await refuse_suspended()
        opened = await displays.open_by(code, device=agents.named(agent), address=address, now=now)
        if opened is not None:
            by = Principal(
                kind="display", id=opened.id, name=opened.name, permissions=frozenset({SHOWS_BOARD}), address=address
            )
            signed = Signature(by=by, now=now)
            await noted("display.open", signed, subject="wall_display", subject_id=opened.id, shown=0)
        return opened
