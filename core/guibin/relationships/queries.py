"""Reading relationship plans: what is to be done with whom, who is behind, and who has no plan."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.plan_reviews.queries import Reviewed, held_back, reviewed
from guibin.profiles.queries import OPEN, customer_of, refused
from guibin.records.dues import CONTACT
from guibin.tiers.queries import member
from guibin.web.listing import Listing, newest_first
from guibin_tenants.rows import lines, read, struct_of

from .tables import RelationshipMeasure


class MeasureLine(Struct, frozen=True, kw_only=True):
    """One measure: `state` is open, overdue, done, dropped, waived for a customer who wants no contact, or held until
    the plan was reviewed."""

    id: UUID
    kind: str
    text: str
    due_on: date
    state: Literal["open", "overdue", "done", "dropped", "waived", "held"]
    interaction_id: UUID | None
    note: str
    ended_by_name: str
    ended_at: datetime | None


class RelationshipPlanView(Struct, frozen=True, kw_only=True):
    """A plan as lists show it; it is behind while a measure is `overdue`."""

    id: UUID
    customer_id: UUID
    account_manager_id: UUID | None
    period: str
    goal: str
    template: str
    tier: str
    clause: str
    measures: int
    done: int
    overdue: int
    waived: int
    next_on: date | None
    review: Reviewed | None
    drawn_up_by_name: str
    drawn_up_at: datetime


class RelationshipPlanForm(RelationshipPlanView, frozen=True, kw_only=True):
    """The plan with its measures in the order of their days."""

    lines: list[MeasureLine]


class PlanFilter(Struct, frozen=True, kw_only=True):
    """Which plans."""

    customer_id: UUID | None = None
    account_manager_id: UUID | None = None
    period: str | None = None
    behind: bool | None = None


class PlanCount(Struct, frozen=True, kw_only=True):
    """How an account manager's members stand; `account_manager_id` None for those without."""

    account_manager_id: UUID | None
    account_manager_name: str
    members: int
    with_plan: int
    behind: int


class MeasuresDue(Struct, frozen=True, kw_only=True):
    """A measure that comes up or is late."""

    id: UUID
    customer_id: UUID
    kind: str
    due_on: date


_MEASURE = f"""
select m.tenant_id, m.id, m.plan_id, m.customer_id, m.kind, m.text, m.due_on, e.interaction_id,
    coalesce(e.note, '') as note, coalesce(e.ended_by_name, '') as ended_by_name, e.ended_at,
    case when e.dropped then 'dropped' when e.id is not null then 'done'
        when {refused("m", "m.customer_id", f"'{CONTACT}'")} then 'waived'
        when {held_back("relationship_plan", "m.tenant_id", "m.plan_id")} then 'held'
        when m.due_on < $today then 'overdue' else 'open' end as state
from relationship_measure m
left join measure_end e on e.tenant_id = m.tenant_id and e.measure_id = m.id
"""
_VIEW = f"""
with measured as ({_MEASURE}), viewed as (
    select p.tenant_id, p.id, p.customer_id, c.account_manager_id, p.period, p.goal, p.template, p.tier, p.clause,
        p.drawn_up_by_name, p.drawn_up_at,
        count(m.id) filter (where m.state <> 'dropped') as measures, count(m.id) filter (where m.state = 'done') as done,
        count(m.id) filter (where m.state = 'overdue') as overdue,
        count(m.id) filter (where m.state = 'waived') as waived,
        min(m.due_on) filter (where m.state in ('open', 'overdue')) as next_on
    from relationship_plan p
    {customer_of("c", "p")}
    left join measured m on m.tenant_id = p.tenant_id and m.plan_id = p.id
    group by p.tenant_id, p.id, p.customer_id, c.account_manager_id, p.period, p.goal, p.template, p.tier, p.clause,
        p.drawn_up_by_name, p.drawn_up_at
)
"""


# Asked with `today`, as is its form.
LISTED = Listing(
    view=RelationshipPlanView,
    source=f"({_VIEW} select * from viewed) x",
    order=newest_first("x.drawn_up_at"),
    columns={"review": reviewed("relationship_plan")},
    filters={"behind": "(x.overdue > 0) = $value"},
)
_FORM = LISTED.wider(
    RelationshipPlanForm,
    lines=lines(MeasureLine, f"from ({_MEASURE}) measure where plan_id = x.id order by due_on, id"),
)


async def plan(plan_id: UUID, act: Act) -> RelationshipPlanForm:
    """Raises NotFound."""
    return await _FORM.one(plan_id, today=act.today)


class MeasureOf(Struct, frozen=True):
    """Of which plan and customer a measure is."""

    plan_id: UUID
    customer_id: UUID


async def measure_of(measure_id: UUID) -> MeasureOf:
    """Raises NotFound."""
    return await struct_of(MeasureOf, RelationshipMeasure, measure_id, "from relationship_measure where id = $1")


async def counts(*, period: str, today: date) -> list[PlanCount]:
    """Members of a tier today, per account manager: how many have a plan for the year, how many are behind."""
    return await read(
        PlanCount,
        f"{_VIEW.replace('$today', '$1')} select c.account_manager_id, coalesce(s.name, '') as account_manager_name, count(*) as members,"
        f" count(v.id) as with_plan, count(v.id) filter (where v.overdue > 0) as behind from (select * from {OPEN}) c"
        " left join staff s on s.tenant_id = c.tenant_id and s.id = c.account_manager_id"
        " left join viewed v on v.customer_id = c.id and v.period = $2"
        f" where {member('c', '$1')}"
        " group by c.account_manager_id, s.name order by s.name nulls last, c.account_manager_id",
        today,
        period,
    )


async def measures_between(first: date, last: date, *, state: str, today: date) -> list[MeasuresDue]:
    """Measures in a state that are due on these days, both included; of customers whose archive is open."""
    return await read(
        MeasuresDue,
        f"select x.id, x.customer_id, x.kind, x.due_on from ({_MEASURE.replace('$today', '$1')}) x"
        f" {customer_of('c', 'x')} and c.closed_at is null"
        " where x.due_on >= $2 and x.due_on <= $3 and x.state = $4 order by x.due_on, x.id",
        today,
        first,
        last,
        state,
    )
