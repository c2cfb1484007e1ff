"""Reading what somebody owes: every slice's own declaration, in one statement."""

from collections.abc import Collection
from datetime import date, datetime
from types import ModuleType
from typing import Annotated, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from guibin.activities import owed as activities
from guibin.approvals import owed as approvals
from guibin.audit.actions import searched
from guibin.care import owed as care
from guibin.complaints import owed as complaints
from guibin.context import Act
from guibin.department_requests import owed as department_requests
from guibin.department_requests.queries import leads
from guibin.desks.queries import sits_with
from guibin.duties import owed as duties
from guibin.hotline import owed as hotline
from guibin.inspections import owed as inspections
from guibin.mailbox import owed as mailbox
from guibin.needs_analyses import owed as needs_analyses
from guibin.periods.days import local_day
from guibin.plans import owed as plans
from guibin.policy_changes import owed as policy_changes
from guibin.profiles.queries import called
from guibin.qualifications import owed as qualifications
from guibin.receptions import owed as receptions
from guibin.records import owed as records
from guibin.relationships import owed as relationships
from guibin.reviews import owed as reviews
from guibin.service_requests import owed as service_requests
from guibin.signals import owed as signals
from guibin.sla.owed import Owed
from guibin.surveys import owed as surveys
from guibin.tasks import owed as tasks
from guibin.visits import owed as visits
from guibin.web.listing import Listing, Order, PageAsked, placed
from guibin.web.paging import Page
from guibin_tenants.refusals import Forbidden, Invalid
from guibin_tenants.rows import shown
from guibin_tenants.scope import fetch, plan_once

SLICES: tuple[ModuleType, ...] = (
    complaints,
    signals,
    tasks,
    service_requests,
    department_requests,
    approvals,
    receptions,
    records,
    duties,
    qualifications,
    hotline,
    mailbox,
    visits,
    care,
    reviews,
    relationships,
    surveys,
    plans,
    policy_changes,
    activities,
    inspections,
    needs_analyses,
)
KINDS: dict[str, Owed] = {owed.kind: owed for module in SLICES for owed in module.OWED}
Whose = Literal["mine", "desk", "unit"]
Tallied = TypeVar("Tallied", bound=Struct)


class WorkView(Struct, frozen=True, kw_only=True):
    """One thing that somebody owes: of which `kind`, about whom, until when.

    `subject` and `subject_id` are the case it is about; None where it is still to be made. `staff_id` owes it, or anybody of
    `unit_id` while nobody has it. `about` is a code of the policy or what tells two apart that have one `id`. `due_on` is set for
    what has that whole day, `happens_at` for what was arranged for a moment. `matter` is what was said, its beginning.
    """

    kind: str
    id: UUID
    about: str
    subject: str
    subject_id: UUID | None
    number: str
    customer_id: UUID | None
    customer_name: str | None
    matter: str
    details: dict[str, str | list[str]]
    staff_id: UUID | None
    staff_name: str | None
    unit_id: UUID | None
    unit_name: str | None
    mine: bool
    happens_at: datetime | None
    due_on: date | None
    due_at: datetime | None
    warn_at: datetime | None
    paused_at: datetime | None
    provisional: bool


class WorkFilter(Struct, frozen=True, kw_only=True):
    """Which of it; `due_from` is inclusive, `due_before` exclusive, and what waits for somebody else is not due."""

    kind: Annotated[str | None, Meta(description="complaint, reply, callback, visit, contact …")] = None
    due_from: datetime | None = None
    due_before: datetime | None = None
    whose: Annotated[
        Whose,
        Meta(
            description="Mine; with my desk's and what my unit has taken up for nobody yet; or, for leaders, all of their units'."
        ),
    ] = "mine"


class WorkCount(Struct, frozen=True, kw_only=True):
    """How much of a kind is owed, and how much of it is late, falls due within the hour, or until the day ends."""

    kind: str
    count: int
    late: int
    soon: int
    today: int


class SharedCount(WorkCount, frozen=True, kw_only=True):
    """As WorkCount, and how much of it is one's own."""

    mine: int
    mine_late: int
    mine_soon: int
    mine_today: int

    @property
    def own(self) -> WorkCount:
        """What of it is one's own."""
        return WorkCount(
            kind=self.kind, count=self.mine, late=self.mine_late, soon=self.mine_soon, today=self.mine_today
        )


# Beside what is one's own: what those have with whom one sits at a desk, and what one's unit has and none of its people.
# Said of each source's own columns, so that its rows are told apart before anything is joined to them.
_AT_DESK = f"not {{private}} and ({sits_with('({staff_id})', '$me::uuid')} or ({{staff_id}}) is null and {{unit_id}} = $unit::uuid)"
_OF_STAFF = """({staff_id}) in (
    select s.id from staff s where $units::uuid[] is null or s.org_unit_id = any ($units::uuid[]))"""
_IN_UNITS = (
    f"({{unit_id}} is not null and ($units::uuid[] is null or {{unit_id}} = any ($units::uuid[])) or {_OF_STAFF})"
)
_WHOSE: dict[Whose, str] = {"mine": "{mine}", "desk": f"{{mine}} or ({_AT_DESK})", "unit": f"{{mine}} or {_IN_UNITS}"}
_LATE = "x.due_at < $now and x.paused_at is null"
_SOON = "x.due_at >= $now and x.due_at < $now + interval '1 hour' and x.paused_at is null"
# Late, or due or arranged until the company's day ends.
_TODAY = "x.soonest < (($today::date + 1)::timestamp at time zone $zone::text) and x.paused_at is null"
SOONEST = Order({"x.ahead": int, "x.soonest": datetime, "x.kind": str, "x.id": UUID, "x.about": str})
# What falls due at no moment comes last.
_LISTED = Listing(
    view=WorkView,
    source="(select o.*, coalesce(least(o.happens_at, o.due_at), timestamptz '9999-12-31') as soonest from ({}) o) x",
    order=SOONEST,
    columns={
        "customer_name": called("x.customer_id"),
        "staff_name": "(select s.name from staff s where s.id = x.staff_id)",
        "unit_name": "(select u.name from org_unit u where u.id = x.unit_id)",
        # What a source does not know it does not say.
        "details": "jsonb_strip_nulls(x.details)",
    },
    filters={
        "whose": "true",
        "kind": "true",
        "due_from": "x.due_at >= $value",
        "due_before": "x.due_at < $value and x.paused_at is null",
    },
)


async def owed(filters: WorkFilter, page: PageAsked, act: Act, *, kinds: Collection[str] = ()) -> Page[WorkView]:
    """What is owed, key accounts' complaints first (S07-33), then due soonest first; of these kinds only, if there are any. The look is on record.

    Raises Invalid for a kind that there is not, Forbidden for units that one does not lead.
    """
    sources = _sources(filters, act, kinds)
    found: Page[WorkView] = Page([])
    if sources:
        await plan_once()
        found = await _listing(sources, _WHOSE[filters.whose]).page(filters, page, act, **await _values(sources, act))
    return await searched("work", found, act)


async def one(kind: str, row_id: UUID, act: Act) -> WorkView | None:
    """One thing that is owed, by anybody it can be seen of; None for what there is not, or is done. The look is on record."""
    source = KINDS.get(kind)
    if source is None or not source.needs(act.by):
        return None
    listing = _listing([source], "true")
    values = await _values([source], act) | {"now": act.now, "by": act.by.id, "id": row_id}
    found = await listing.where("x.id = $id", order="x.about limit 1", **values)
    return (await searched("work", Page(found), act)).items[0] if found else None


async def counts(filters: WorkFilter, act: Act, *, kinds: Collection[str] = ()) -> list[SharedCount]:
    """How much of each kind is owed, by kind; of these kinds only, if there are any. Raises as `owed`."""
    sources = _sources(filters, act, kinds)
    if not sources:
        return []
    asked = _listing(sources, _WHOSE[filters.whose])
    within = {"due_before": "x.due_at < $due_before and x.paused_at is null", "due_from": "x.due_at >= $due_from"}
    known = {name: getattr(filters, name) for name in within if getattr(filters, name) is not None}
    conditions = " and ".join(["true", *(f"({within[name]})" for name in known)])
    figures = {"count": "true", "late": _LATE, "soon": _SOON, "today": _TODAY}
    counted = ", ".join(
        f"(count(*) filter (where ({also}) and ({which})))::int as {name}"
        for name, also, which in (
            *((name, "true", which) for name, which in figures.items()),
            *((f"mine_{name}" if name != "count" else "mine", "x.mine", which) for name, which in figures.items()),
        )
    )
    await plan_once()
    statement, values = placed(
        f"select x.kind, {counted} from {asked.source} where {conditions} group by x.kind order by x.kind",
        await _values(sources, act) | {"now": act.now, "by": act.by.id} | known,
    )
    return shown(SharedCount, await fetch(statement, *values))


class PersonCount(WorkCount, frozen=True, kw_only=True):
    """How much of a kind one member of staff has."""

    staff_id: UUID


async def by_person(act: Act) -> list[PersonCount]:
    """What everybody of the reader's units owes, counted by person and kind; it names nobody."""
    sources = [owed for owed in KINDS.values() if owed.needs(act.by)]
    # What others have, or nobody, is left out of each source: no deadline of it is looked up.
    return await _tallied(PersonCount, ("staff_id", "kind"), (sources, _OF_STAFF), act)


class UnitCount(WorkCount, frozen=True, kw_only=True):
    """How much of a kind an org unit has, by what it is about: a level, an item. `unit_id` is None where nobody has it."""

    unit_id: UUID | None
    about: str


async def by_unit(kinds: Collection[str], act: Act) -> list[UnitCount]:
    """What of these kinds the reader sees, counted by the unit that has it; it names nobody."""
    sources = [owed for owed in KINDS.values() if owed.kind in kinds and owed.needs(act.by)]
    return await _tallied(UnitCount, ("unit_id", "kind", "about"), (sources, "true"), act)


# Whose unit it is: that of whoever has it.
_BY = {"unit_id": "coalesce(x.unit_id, s.org_unit_id) as unit_id"}


async def _tallied(kind: type[Tallied], by: tuple[str, ...], asked: tuple[list[Owed], str], act: Act) -> list[Tallied]:
    """What is owed of these sources, of whom it says whose, counted by these columns.

    It is counted before anybody is looked up: there are many cases and few people.
    """
    sources, whose = asked
    if not sources:
        return []
    figures = {"count": "true", "late": _LATE, "soon": _SOON, "today": _TODAY}
    counted = ", ".join(f"count(*) filter (where {which}) as {name}" for name, which in figures.items())
    summed = ", ".join(f"sum(x.{name})::int as {name}" for name in figures)
    groups = ", ".join(f"x.{name}" for name in dict.fromkeys((*by, "staff_id")))
    listed = ", ".join(_BY.get(name, f"x.{name}") for name in by)
    places = ", ".join(str(place) for place in range(1, len(by) + 1))
    await plan_once()
    statement, values = placed(
        f"select {listed}, {summed} from (select {groups}, {counted} from {_listing(sources, whose).source} group by {groups}) x"
        f" left join staff s on s.id = x.staff_id group by {places} order by {places}",
        await _values(sources, act) | {"now": act.now, "by": act.by.id},
    )
    return shown(kind, await fetch(statement, *values))


def _sources(filters: WorkFilter, act: Act, kinds: Collection[str]) -> list[Owed]:
    if filters.kind is not None and filters.kind not in KINDS:
        raise Invalid.at("kind", f"one of: {', '.join(KINDS)}", value=filters.kind[:40])
    if filters.whose == "unit" and not leads(act.by):
        raise Forbidden("What a unit owes is shown to whoever leads it; ask for `mine` or `desk`")
    wanted = {filters.kind} if filters.kind is not None else set(kinds or KINDS)
    return [owed for owed in KINDS.values() if owed.kind in wanted and owed.needs(act.by)]


def _listing(sources: Collection[Owed], whose: str) -> Listing[WorkView]:
    united = " union all ".join(owed.statement(whose) for owed in sources)
    return msgspec.structs.replace(_LISTED, source=_LISTED.source.format(united))


async def _values(sources: Collection[Owed], act: Act) -> dict[str, object]:
    zone = act.company.time_zone
    values: dict[str, object] = {
        "me": act.by.person,
        "unit": act.by.org_unit_id,
        "units": act.by.units_seen,
        "leads": leads(act.by),
        "zone": zone,
        "today": local_day(act.now, zone),
    }
    for asks in dict.fromkeys(owed.asks for owed in sources):
        values |= await asks(act)
    return values
