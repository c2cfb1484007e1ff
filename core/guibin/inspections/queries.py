"""Reading inspections: what was drawn, what was found, how each org unit stands."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from guibin.cases.followed import FOLLOWED, Followed
from guibin.context import Act
from guibin.policy.inspections import Severity
from guibin.profiles.queries import called, customer_of
from guibin.service_requests.queries import SKIPPED
from guibin.sla.queries import OVERDUE, timer_of
from guibin.web.listing import Listing, newest_first
from guibin_tenants.principals import may, sees_all
from guibin_tenants.rows import lines, read

from .drawing import INSPECTED
from .requests import DrawnIn
from .tables import InspectionFinding, InspectionItem, State


class InspectionView(Struct, frozen=True, kw_only=True):
    """A sample: of how many it was drawn, by which seed, and how far it is gone through."""

    id: UUID
    name: str
    span: str
    subject: str
    inspector: str
    clause: str
    seed: str
    population: int
    digest: str
    drawn_at: datetime
    due_at: datetime | None
    items: int
    inspected: int
    failed: int
    findings: int
    open_findings: int


class InspectedView(Struct, frozen=True, kw_only=True):
    """Something that was drawn, and how it was found; `result` None until it was inspected."""

    id: UUID
    inspection_id: UUID
    inspection: str
    span: str
    inspector: str
    subject: str
    subject_id: UUID
    customer_id: UUID
    customer_number: str
    org_unit_id: UUID
    responsible_id: UUID | None
    responsible_name: str
    steps_skipped: int
    result: Literal["passed", "failed"] | None
    note: str
    inspected_by_name: str
    inspected_at: datetime | None


class InspectedFilter(Struct, frozen=True, kw_only=True):
    """Of which sample; `waiting` are those that nobody has inspected."""

    inspection_id: UUID | None = None
    org_unit_id: UUID | None = None
    waiting: bool = False


class FaultStepLine(Struct, frozen=True):
    """The fault was corrected, verified, or sent back."""

    kind: str
    text: str
    taken_by_name: str
    taken_at: datetime


class FaultView(Struct, frozen=True, kw_only=True):
    """A fault, who corrects it until when, and what became of it."""

    id: UUID
    item_id: UUID
    inspection: str
    subject: str
    subject_id: UUID
    customer_id: UUID
    customer_number: str
    org_unit_id: UUID
    inspector: str
    criterion: str
    severity: Severity
    text: str
    clause: str
    owner_id: UUID
    owner_name: str
    state: State
    found_by_name: str
    found_at: datetime
    warn_at: datetime | None
    due_at: datetime | None
    steps: list[FaultStepLine]


class FaultFilter(Struct, frozen=True, kw_only=True):
    """Which faults; `overdue` those that are not corrected past their time."""

    state: State | None = None
    severity: Severity | None = None
    org_unit_id: UUID | None = None
    owner_id: UUID | None = None
    customer_id: UUID | None = None
    overdue: bool = False


class UnitCount(Struct, frozen=True, kw_only=True):
    """How an org unit came through: of what was drawn and inspected how many failed, and how its faults stand. `in_time` are
    those corrected within their time, of those that are corrected."""

    org_unit_id: UUID
    org_unit_name: str
    drawn: int
    inspected: int
    failed: int
    findings: int
    serious: int
    open: int
    overdue: int
    verified: int
    corrected: int
    in_time: int


INSPECTIONS = Listing(
    view=InspectionView,
    source=f"""inspection x left join {timer_of("x", INSPECTED)}, lateral (
  select count(*)::int as items, count(i.result)::int as inspected,
    (count(*) filter (where i.result = 'failed'))::int as failed
  from inspection_item i where i.tenant_id = x.tenant_id and i.inspection_id = x.id) n, lateral (
  select count(*)::int as findings, (count(*) filter (where f.state <> 'verified'))::int as open_findings
  from inspection_finding f join inspection_item i on i.tenant_id = f.tenant_id and i.id = f.item_id
  where f.tenant_id = x.tenant_id and i.inspection_id = x.id) k""",
    order=newest_first("x.drawn_at"),
    columns={
        "due_at": "t.due_at",
        **{name: f"n.{name}" for name in ("items", "inspected", "failed")},
        **{name: f"k.{name}" for name in ("findings", "open_findings")},
    },
)
# An outlet learns of what was inspected, not of what is going to be. Asked with `seeing`.
ITEMS = Listing(
    view=InspectedView,
    source="inspection_item x join inspection n on n.tenant_id = x.tenant_id and n.id = x.inspection_id"
    f" {customer_of('c', 'x')} left join staff s on s.tenant_id = x.tenant_id and s.id = x.responsible_id",
    order=newest_first("n.drawn_at"),
    columns={
        "inspection": "n.name",
        "span": "n.span",
        "inspector": "n.inspector",
        "customer_number": "c.number",
        "steps_skipped": f"(select count(*)::int from {SKIPPED} and k.request_id = x.subject_id)",
        "responsible_name": "coalesce(s.name, '')",
    },
    filters={"waiting": "x.result is null"},
    holds="($whole::boolean or x.result is not null or n.inspector = any ($roles::text[]))",
)
FINDINGS = Listing(
    view=FaultView,
    source=f"inspection_finding x left join {timer_of('x', 'correction')}"
    " join inspection_item i on i.tenant_id = x.tenant_id and i.id = x.item_id"
    " join inspection n on n.tenant_id = i.tenant_id and n.id = i.inspection_id"
    f" join staff s on s.tenant_id = x.tenant_id and s.id = x.owner_id {customer_of('c', 'x')}",
    order=newest_first("x.found_at"),
    columns={
        "inspection": "n.name",
        "subject": "i.subject",
        "subject_id": "i.subject_id",
        "customer_number": "c.number",
        "owner_name": "s.name",
        "warn_at": "t.warn_at",
        "due_at": "t.due_at",
        "steps": lines(FaultStepLine, "from inspection_step where finding_id = x.id order by taken_at, id"),
    },
    filters={"overdue": f"x.state = 'open' and {OVERDUE}"},
)


class FaultLine(FaultView, frozen=True, kw_only=True):
    """A fault with the customer's name."""

    customer_name: str | None


class InspectedLine(InspectedView, frozen=True, kw_only=True):
    """Something drawn with the customer's name."""

    customer_name: str | None


FINDING_LINES = FINDINGS.wider(FaultLine, customer_name=called("x.customer_id"))
ITEM_LINES = ITEMS.wider(InspectedLine, customer_name=called("x.customer_id"))
_COUNTS = """
select u.id as org_unit_id, u.name as org_unit_name, n.drawn, n.inspected, n.failed, f.findings, f.serious, f.open, f.overdue,
  f.verified, f.corrected, f.in_time
from org_unit u, lateral (
  select count(*)::int as drawn, count(i.result)::int as inspected,
    (count(*) filter (where i.result = 'failed'))::int as failed
  from inspection_item i join inspection d on d.tenant_id = i.tenant_id and d.id = i.inspection_id
  where i.tenant_id = u.tenant_id and i.org_unit_id = u.id and ($3 or i.result is not null)
    and ($1::date is null or d.drawn_on >= $1) and ($2::date is null or d.drawn_on < $2)) n, lateral (
  select count(*)::int as findings, (count(*) filter (where x.severity = 'serious'))::int as serious,
    (count(*) filter (where x.state = 'open'))::int as open,
    (count(*) filter (where x.state = 'open' and t.due_at < $4))::int as overdue,
    (count(*) filter (where x.state = 'verified'))::int as verified,
    (count(*) filter (where t.completed_at is not null))::int as corrected,
    (count(*) filter (where t.completed_at <= t.due_at))::int as in_time
  from inspection_finding x join inspection_item i on i.tenant_id = x.tenant_id and i.id = x.item_id
    join inspection d on d.tenant_id = i.tenant_id and d.id = i.inspection_id
    left join timer t on t.tenant_id = x.tenant_id and t.subject_id = x.id and t.milestone = 'correction'
  where x.tenant_id = u.tenant_id and x.org_unit_id = u.id
    and ($1::date is null or d.drawn_on >= $1) and ($2::date is null or d.drawn_on < $2)) f
where (n.drawn > 0 or u.dissolved_at is null and exists (select from customer c where c.tenant_id = u.tenant_id
    and c.org_unit_id = u.id and c.closed_at is null)) and ($5::uuid[] is null or u.id = any ($5::uuid[])) order by u.name, u.id
"""


def seeing(act: Act) -> dict[str, Any]:
    """The values of ITEMS."""
    return {"whole": sees_all(act.by), "roles": list(act.by.roles)}


async def item(item_id: UUID, act: Act) -> InspectedView:
    """Raises NotFound."""
    return await ITEMS.one(item_id, **seeing(act))


async def counts(asked: DrawnIn, act: Act) -> list[UnitCount]:
    """Per org unit in sight that has customers, of which something was drawn or nothing."""
    whole = sees_all(act.by)
    return await read(UnitCount, _COUNTS, asked.since, asked.before, whole, act.now, act.by.units_seen)


for _what, _table in (("inspection_item", InspectionItem), ("inspection_finding", InspectionFinding)):
    FOLLOWED.give(_what, Followed(may("records:read"), _table))
