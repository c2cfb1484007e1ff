"""Reading work plans: one's own, and as a supervisor those of one's org units; what is missing and waits for review."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from guibin.cases.followed import FOLLOWED, Followed
from guibin.context import Act
from guibin.periods.spans import Window
from guibin.web.listing import Listing, newest_first
from guibin_tenants.keys import SET_PASSWORD, hands_of
from guibin_tenants.principals import may
from guibin_tenants.rows import lines, missing, read
from guibin_tenants.scope import fetch_value

from .refusals import NotYoursToReview
from .tables import State, WorkLog, WorkPlan, WorkPlanItem

# `s` is the member of staff. $1: who looks, $2: whose units, null for all, $3: whether they supervise.
SEEN = "(s.id = $1 or ($3::boolean and ($2::uuid[] is null or s.org_unit_id = any ($2::uuid[]))))"
# The same for a list of what `x` has of somebody, asked with `seen_by`.
STAFF = "join staff s on s.tenant_id = x.tenant_id and s.id = x.staff_id"
HOLDS = SEEN.replace("$1", "$by").replace("$2", "$units").replace("$3", "$supervises")


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
    state: State
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
    """Which plans. `unreviewed` asks for those whose review is overdue."""

    staff_id: UUID | None = None
    state: State | None = None
    period: str | None = None
    unreviewed: bool = False


class PlanDue(Struct, frozen=True, kw_only=True):
    """Somebody's plan for a span: due, missing once its time is over, or the state it is in."""

    staff_id: UUID
    staff_name: str
    org_unit_id: UUID | None
    period: str
    due_at: datetime
    state: str
    plan_id: UUID | None


_OF_ROUND = "x.tenant_id and i.plan_id = x.id and i.round = x.round"
# Asked with `seen_by`.
LISTED = Listing(
    view=WorkPlanView,
    source=f"work_plan x {STAFF}",
    order=newest_first("x.handed_in_at"),
    columns={
        "late": "x.round = 1 and x.handed_in_at > x.due_at",
        "items_total": f"(select count(*) from work_plan_item i where i.tenant_id = {_OF_ROUND})",
        "items_done": "(select count(*) from work_plan_item i join work_plan_result r on r.tenant_id = i.tenant_id"
        f" and r.item_id = i.id where i.tenant_id = {_OF_ROUND})",
    },
    filters={"unreviewed": "x.state = 'handed_in' and x.review_by < $now"},
    holds=f"{HOLDS} or exists (select from work_plan_item i where i.tenant_id = x.tenant_id and i.plan_id = x.id"
    " and i.staff_id = $by)",
)
_FORM = LISTED.wider(
    WorkPlanForm,
    items=lines(
        ItemLine,
        "from (select i.*, r.text as result, r.done_at from work_plan_item i left join work_plan_result r"
        " on r.tenant_id = i.tenant_id and r.item_id = i.id"
        f" where i.tenant_id = {_OF_ROUND}) item order by place",
    ),
    reviews=lines(ReviewLine, "from work_plan_review where plan_id = x.id order by round"),
)


async def plan(plan_id: UUID, act: Act) -> WorkPlanForm:
    """Raises NotFound, also for a colleague's."""
    return await _FORM.one(plan_id, by=act.by.id, **seen_by(act))


async def plan_of(item_id: UUID) -> UUID:
    """Whose item it is. Raises NotFound."""
    plan_id: UUID | None = await fetch_value("select plan_id from work_plan_item where id = $1", item_id)
    if plan_id is None:
        raise missing(WorkPlanItem, item_id)
    return plan_id


async def plans_due(windows: Sequence[tuple[Window, datetime]], act: Act) -> list[PlanDue]:
    """Everybody who is to hand in a plan for these spans (each with when it is due), by name.

    Whoever began in the middle of a span plans from the next one on.
    """
    return await read(
        PlanDue,
        "select s.id as staff_id, s.name as staff_name, s.org_unit_id, w.period, w.due_at, p.id as plan_id,"
        " coalesce(p.state, case when w.due_at < $7 then 'missing' else 'due' end) as state"
        " from unnest($4::text[], $5::timestamptz[], $6::timestamptz[]) as w (period, starts_at, due_at)"
        " join staff s on s.left_at is null and s.created_at < w.starts_at and $8 = any (s.roles)"
        " left join work_plan p on p.tenant_id = s.tenant_id and p.staff_id = s.id and p.period = w.period"
        f" where {SEEN} order by s.name, s.id, w.starts_at desc",
        *looking(act),
        [window.name for window, _ in windows],
        [window.starts_at for window, _ in windows],
        [due for _, due in windows],
        act.now,
        act.policy.plans.written_by,
    )


def supervises(act: Act) -> bool:
    """Systems see what their units hold."""
    return not act.by.is_person or bool({act.policy.plans.reviewed_by, "tenant_admin"} & set(act.by.roles))


def looking(act: Act) -> tuple[object, ...]:
    """The values of SEEN."""
    return act.by.id, act.by.units_seen, supervises(act)


def seen_by(act: Act) -> dict[str, Any]:
    """The values of HOLDS beside `$by`."""
    return {"units": act.by.units_seen, "supervises": supervises(act)}


async def refuse_unless_supervising(staff_id: object, act: Act) -> None:
    """Raises NotYoursToReview, also for one's own."""
    if act.by.kind != "staff" or staff_id == act.by.id or not supervises(act):
        above = act.policy.plans.reviewed_by
        raise NotYoursToReview(f"Plans and logs are reviewed by somebody else: the {above} above")
    if not await fetch_value(f"select true from staff s where s.id = $4 and {SEEN}", *looking(act), staff_id):
        raise NotYoursToReview("They work in an org unit that is not under yours")


async def refuse_own(staff_id: UUID, act: Act) -> None:
    """Raises NotYoursToReview where it may be one's own, under whichever name."""
    if staff_id in await hands_of(act.by, now=act.now):
        raise NotYoursToReview(f"It may be your own: {SET_PASSWORD}")


FOLLOWED.give("work_plan", Followed(may("records:read"), WorkPlan))
FOLLOWED.give("work_log", Followed(may("records:read"), WorkLog))
