"""Reading work plans: one's own, and as a supervisor those of one's org units; what is missing and waits for review."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.context import Act
from guibin.department_requests.queries import units_of
from guibin.periods.spans import Window
from guibin.policy.cadence import PlanPolicy
from guibin.web.paging import Cursor
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one, fetch_value

from .refusals import NotYoursToReview

# `s` is the member of staff. $1: who looks, $2: whose units, null for all, $3: whether they supervise.
SEEN = "(s.id = $1 or ($3::boolean and ($2::uuid[] is null or s.org_unit_id = any ($2::uuid[]))))"


def supervises(by: Principal, policy: PlanPolicy) -> bool:
    """Systems see what their units hold."""
    return not by.is_person or bool({policy.reviewed_by, "tenant_admin"} & set(by.roles))


def looking(by: Principal, policy: PlanPolicy) -> tuple[object, ...]:
    """The values of SEEN."""
    return by.id, units_of(by), supervises(by, policy)


async def refuse_unless_supervising(staff_id: object, *, policy: PlanPolicy, by: Principal) -> None:
    """Raises NotYoursToReview, also for one's own."""
    if by.kind != "staff" or staff_id == by.id or not supervises(by, policy):
        raise NotYoursToReview(f"Plans and logs are reviewed by somebody else: the {policy.reviewed_by} above")
    if not await fetch_value(f"select true from staff s where s.id = $4 and {SEEN}", *looking(by, policy), staff_id):
        raise NotYoursToReview("They work in an org unit that is not under yours")


class WorkPlanView(Struct, frozen=True, kw_only=True):
    """A plan as lists show it. It is `late` when its first round was handed in after it was due."""

    id: UUID
    staff_id: UUID
    staff_name: str
    span: str
    period: str
    due_at: datetime
    handed_in_at: datetime
    late: bool
    review_by: datetime
    state: str
    round: int
    items_total: int
    items_done: int


class ItemLine(Struct, frozen=True, kw_only=True):
    """One thing to do, and what came of it. What is for customers one does not see is left out."""

    id: UUID
    text: str
    customer_id: UUID | None
    due_on: date | None
    staff_id: UUID
    staff_name: str
    result: str | None
    done_at: datetime | None


class ReviewLine(Struct, frozen=True, kw_only=True):
    """A round was accepted, or returned with remarks."""

    round: int
    accepted: bool
    remarks: str
    reviewed_by: UUID
    reviewed_by_name: str
    reviewed_at: datetime


class WorkPlanForm(WorkPlanView, frozen=True, kw_only=True):
    """The plan with the items of its present round and all reviews."""

    items: list[ItemLine]
    reviews: list[ReviewLine]


class WorkPlanFilter(Struct, frozen=True, kw_only=True):
    """Which plans: None does not filter. `unreviewed_at` asks for those whose review is overdue at that moment."""

    staff_id: UUID | None = None
    state: str | None = None
    period: str | None = None
    unreviewed_at: datetime | None = None


class PlanDue(Struct, frozen=True, kw_only=True):
    """Somebody's plan for a span: due, missing once its time is over, or the state it is in."""

    staff_id: UUID
    staff_name: str
    org_unit_id: UUID | None
    period: str
    due_at: datetime
    state: str
    plan_id: UUID | None


_VIEW = (
    "select p.id, p.staff_id, p.staff_name, p.span, p.period, p.due_at, p.handed_in_at,"
    " (p.round = 1 and p.handed_in_at > p.due_at) as late, p.review_by, p.state, p.round,"
    " (select count(*) from work_plan_item i where i.tenant_id = p.tenant_id and i.plan_id = p.id"
    "  and i.round = p.round) as items_total,"
    " (select count(*) from work_plan_item i join work_plan_result r on r.tenant_id = i.tenant_id and r.item_id = i.id"
    "  where i.tenant_id = p.tenant_id and i.plan_id = p.id and i.round = p.round) as items_done"
    " from work_plan p join staff s on s.tenant_id = p.tenant_id and s.id = p.staff_id"
)
_MINE = (
    f"({SEEN} or exists (select from work_plan_item i where i.tenant_id = p.tenant_id and i.plan_id = p.id"
    " and i.staff_id = $1))"
)


async def plan(plan_id: UUID, *, policy: PlanPolicy, by: Principal) -> WorkPlanForm:
    """Raises NotFound, also for a colleague's."""
    row = await fetch_one(f"{_VIEW} where p.id = $4 and {_MINE}", *looking(by, policy), plan_id)
    if row is None:
        raise NotFound(f"There is no work plan {plan_id}")
    items = await fetch(
        "select i.id, i.text, i.customer_id, i.due_on, i.staff_id, i.staff_name, r.text as result, r.done_at"
        " from work_plan_item i left join work_plan_result r on r.tenant_id = i.tenant_id and r.item_id = i.id"
        " where i.plan_id = $1 and i.round = $2 order by i.place",
        plan_id,
        row["round"],
    )
    reviews = await fetch(
        "select round, accepted, remarks, reviewed_by, reviewed_by_name, reviewed_at from work_plan_review"
        " where plan_id = $1 order by round",
        plan_id,
    )
    shown = {**row, "items": [dict(item) for item in items], "reviews": [dict(one) for one in reviews]}
    return msgspec.convert(shown, WorkPlanForm)


async def plans(
    wanted: WorkPlanFilter, *, policy: PlanPolicy, by: Principal, after: Cursor | None, limit: int
) -> list[WorkPlanView]:
    """The newest first, at most `limit`."""
    rows = await fetch(
        f"{_VIEW} where {_MINE} and ($4::uuid is null or p.staff_id = $4) and ($5::text is null or p.state = $5)"
        " and ($6::text is null or p.period = $6)"
        " and ($7::timestamptz is null or (p.state = 'handed_in' and p.review_by < $7))"
        " and ($8::timestamptz is null or (p.handed_in_at, p.id) < ($8, $9::uuid))"
        " order by p.handed_in_at desc, p.id desc limit $10",
        *looking(by, policy),
        wanted.staff_id,
        wanted.state,
        wanted.period,
        wanted.unreviewed_at,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), WorkPlanView) for row in rows]


async def plans_due(windows: Sequence[tuple[Window, datetime]], act: Act) -> list[PlanDue]:
    """Everybody who is to hand in a plan for these spans (each with when it is due), by name.

    Whoever began in the middle of a span plans from the next one on.
    """
    rows = await fetch(
        "select s.id as staff_id, s.name as staff_name, s.org_unit_id, w.period, w.due_at, p.id as plan_id,"
        " coalesce(p.state, case when w.due_at < $7 then 'missing' else 'due' end) as state"
        " from unnest($4::text[], $5::timestamptz[], $6::timestamptz[]) as w (period, starts_at, due_at)"
        " join staff s on s.left_at is null and s.created_at < w.starts_at and $8 = any (s.roles)"
        " left join work_plan p on p.tenant_id = s.tenant_id and p.staff_id = s.id and p.period = w.period"
        f" where {SEEN} order by s.name, s.id, w.starts_at desc",
        *looking(act.by, act.policy.plans),
        [window.name for window, _ in windows],
        [window.starts_at for window, _ in windows],
        [due for _, due in windows],
        act.now,
        act.policy.plans.written_by,
    )
    return [msgspec.convert(dict(row), PlanDue) for row in rows]
