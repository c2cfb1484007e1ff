"""The house as it stands now (S10-5): what is open, late and soon due by desk and level, who waits longest, whom a call is owed.

It names no customer and nobody of the staff, so that it may hang on a wall.
"""

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from guibin.audit.actions import noted
from guibin.complaints.levels import RESOLUTION
from guibin.complaints.tables import Complaint, ComplaintResolution
from guibin.context import Act
from guibin.desks import queries as desks
from guibin.periods.days import local_day
from guibin.policy.packs import Policy
from guibin.receptions import queries as receptions
from guibin.receptions.queries import ReceptionFilter
from guibin.service_requests.queries import MILESTONE
from guibin.service_requests.tables import ServiceRequest
from guibin.sla.queries import timer_of
from guibin.web.listing import PageAsked
from guibin_tenants.principals import may
from guibin_tenants.rows import many, name_of

from .queries import UnitCount, by_unit

# Whoever leads others sees how much they have.
LEADS = may("team:write")
COMPLAINTS, REQUESTS, RECEPTIONS = may("complaints:read"), may("requests:read"), may("receptions:read")
# What whoever sees the board reads for it.
COUNTED = frozenset({"team:write", "complaints:read", "requests:read", "receptions:read", "records:read", "care:read"})
CASES = ("complaint", "service_request")
CALLS = ("callback", "call_back")
REQUEST = "request"
_LONGEST, _ARRIVALS = 10, 12


class Cell(Struct, frozen=True, kw_only=True):
    """How many cases of one level, or how many service requests (`request`), a unit has; how many are late or due within the hour."""

    level: str
    open: int
    late: int
    soon: int


class DeskLine(Struct, frozen=True, kw_only=True):
    """One org unit and its dedicated desk, empty where it has none. `unit_id` is None for what nobody has taken up."""

    unit_id: UUID | None
    unit_name: str
    desk_name: str
    cells: tuple[Cell, ...]
    open: int
    late: int
    soon: int


class WaitingCase(Struct, frozen=True, kw_only=True):
    """A case that is open, since when, and until when it is to be settled."""

    kind: str
    id: UUID
    number: str
    about: str
    unit_name: str | None
    since_at: datetime
    due_at: datetime | None
    warn_at: datetime | None
    paused_at: datetime | None


class Arriving(Struct, frozen=True, kw_only=True):
    """A reception of today; `unacknowledged` departments have not said that they read the notice."""

    id: UUID
    number: str
    protocol: str
    state: str
    arrives_at: datetime
    party_size: int
    unacknowledged: int
    open_tasks: int


class Board(Struct, frozen=True, kw_only=True):
    """All of it, as far as the reader sees. `levels` are those of the complaint policy in its order, and `request`."""

    at: datetime
    open: int
    late: int
    soon: int
    calls: int
    calls_late: int
    received_today: int
    settled_today: int
    levels: tuple[str, ...]
    desks: tuple[DeskLine, ...]
    longest: tuple[WaitingCase, ...]
    receptions: tuple[Arriving, ...]


class _Place(Struct, frozen=True):
    id: UUID
    name: str


class _Flow(Struct, frozen=True):
    received: int
    settled: int


async def board(act: Act) -> Board:
    """As it stands at this moment; that it was read is on record."""
    counts = await by_unit((*CASES, *CALLS), act)
    cases = [each for each in counts if each.kind in CASES]
    calls = [each for each in counts if each.kind in CALLS]
    found = Board(
        at=act.now,
        open=sum(each.count for each in cases),
        late=sum(each.late for each in cases),
        soon=sum(each.soon for each in cases),
        calls=sum(each.count for each in calls),
        calls_late=sum(each.late for each in calls),
        **await _today(act),
        levels=levels_of(act.policy),
        desks=await _desks(cases, act.policy),
        longest=tuple(await _waiting(act)),
        receptions=tuple(await _arriving(act)),
    )
    await noted("board.read", act, subject="board", shown=found.open)
    return found


def levels_of(policy: Policy) -> tuple[str, ...]:
    """The levels of complaints in the policy's order, and service requests after them."""
    return (*(level.name for level in policy.complaints.levels), REQUEST)


async def _desks(cases: list[UnitCount], policy: Policy) -> tuple[DeskLine, ...]:
    places = await many(
        _Place,
        "from (select u.id, u.name from org_unit u where u.id = any ($1)) place order by name, id",
        list({each.unit_id for each in cases if each.unit_id is not None}),
    )
    named = {desk.org_unit_id: desk.name for desk in await desks.desks(kind="desk")}
    known: list[_Place | None] = [*places]
    if any(each.unit_id is None for each in cases):
        known.append(None)
    lines = [
        replace(
            _line(place, [one for one in cases if one.unit_id == (place and place.id)], policy),
            desk_name=named.get(place.id, "") if place else "",
        )
        for place in known
    ]
    return tuple(sorted(lines, key=lambda line: (-line.late, -line.soon, -line.open)))


def _line(place: _Place | None, cases: list[UnitCount], policy: Policy) -> DeskLine:
    cells = []
    for level in levels_of(policy):
        here = [one for one in cases if level == (one.about if one.kind == "complaint" else REQUEST)]
        cells.append(
            Cell(
                level=level,
                open=sum(one.count for one in here),
                late=sum(one.late for one in here),
                soon=sum(one.soon for one in here),
            )
        )
    return DeskLine(
        unit_id=place.id if place else None,
        unit_name=place.name if place else "",
        desk_name="",
        cells=tuple(cells),
        open=sum(one.count for one in cases),
        late=sum(one.late for one in cases),
        soon=sum(one.soon for one in cases),
    )


_COMPLAINT, _REQUEST = name_of(Complaint), name_of(ServiceRequest)
# The oldest of each, found by an index of what stands in this state, and the oldest of these together.
_OPEN = {
    "complaint": (COMPLAINTS, _COMPLAINT, "x.level", ("open", "waiting"), RESOLUTION),
    "service_request": (REQUESTS, _REQUEST, "x.item", ("open",), MILESTONE),
}


def _oldest(kind: str) -> str:
    _, table, about, states, milestone = _OPEN[kind]
    return " union all ".join(
        f"(select '{kind}'::text as kind, x.id, x.number, {about} as about, x.received_at as since_at, x.tenant_id,"
        " coalesce(x.handler_unit_id, (select s.org_unit_id from staff s where s.id = coalesce(x.handler_id, x.owner_id)))"
        f" as unit_id, t.due_at, t.warn_at, t.paused_at from {table} x left join {timer_of('x', milestone)}"
        f" and t.completed_at is null and t.cancelled_at is null where x.state = '{state}' order by x.received_at, x.id limit {_LONGEST})"
        for state in states
    )


async def _waiting(act: Act) -> list[WaitingCase]:
    kinds = [kind for kind, (needs, *_) in _OPEN.items() if needs(act.by)]
    if not kinds:
        return []
    return await many(
        WaitingCase,
        "from (select o.kind, o.id, o.number, o.about, o.since_at, u.name as unit_name, o.due_at, o.warn_at, o.paused_at"
        f" from ({' union all '.join(map(_oldest, kinds))}) o"
        " left join org_unit u on u.tenant_id = o.tenant_id and u.id = o.unit_id"
        f" order by o.since_at, o.id limit {_LONGEST}) waiting",
    )


async def _today(act: Act) -> dict[str, int]:
    """How much came in since the company's midnight, and how many complaints were given a remedy."""
    tables = [table for needs, table, *_ in _OPEN.values() if needs(act.by)]
    came = " + ".join(f"(select count(*) from {table} x where x.received_at >= b.at)" for table in tables) or "0"
    settled = f"(select count(*) from {name_of(ComplaintResolution)} r where r.resolved_at >= b.at)"
    (found,) = await many(
        _Flow,
        f"from (select ({came})::int as received, {settled if COMPLAINTS(act.by) else 0}::int as settled"
        " from (select $1::date::timestamp at time zone $2::text as at) b) flow",
        local_day(act.now, act.company.time_zone),
        act.company.time_zone,
    )
    return {"received_today": found.received, "settled_today": found.settled}


async def _arriving(act: Act) -> list[Arriving]:
    if not RECEPTIONS(act.by):
        return []
    zone = ZoneInfo(act.company.time_zone)
    begins = datetime.combine(local_day(act.now, act.company.time_zone), time(), zone)
    ends = datetime.combine(begins.date() + timedelta(days=1), time(), zone)
    asked = ReceptionFilter(arrives_from=begins, arrives_before=ends)
    found = await receptions.LISTED.page(asked, PageAsked(_ARRIVALS), act)
    return [
        Arriving(**{name: getattr(each, name) for name in Arriving.__struct_fields__})
        for each in found.items
        if each.state != "cancelled"
    ]
