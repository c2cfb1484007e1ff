"""`/api/v1/work-plans`, `/work-logs`, `/lapses` and `/reachability-checks`."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import Parameter

from guibin.audit.actions import noted
from guibin.audit.answering import lists
from guibin.context import Act
from guibin.periods.spans import window_of
from guibin.web.listing import from_query
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may

from . import actions, lapses, queries, work_logs
from .actions import SUBJECT
from .lapses import CHECKS, LAPSES, CheckFilter, LapseCount, LapseFilter, LapsesAsked
from .queries import LISTED, PlanDue, WorkPlanFilter, WorkPlanForm, seen_by
from .work_logs import LogFilter, LogReviewFilter

READ, WRITE = may("records:read"), may("records:write")
Day = Annotated[date | None, Parameter(query="on", default=None, description="A day of the spans; today without.")]


class WorkPlanController(Controller):
    path = "/api/v1/work-plans"
    tags = ("work plans",)
    list_plans = lists(
        "/",
        LISTED,
        WorkPlanFilter,
        "Your plans and those you supervise; unreviewed=true those whose review is overdue",
        recorded="work_plan",
        values=seen_by,
    )
    hand_in = posts("/", actions.hand_in, "Hand in your plan for this week, month or year, or the next")

    @get("/dues", needs=READ, summary="Whose plans are due, missing, handed in, returned, accepted")
    async def list_dues(self, act: Act, on_day: Day = None) -> list[PlanDue]:
        day = on_day or act.today
        windows = [window_of(span, day, act.company.time_zone) for span in act.policy.plans.spans]
        limit = act.policy.plans.hand_in_within
        due = [(window, await actions.falls_due(limit, window.starts_at)) for window in windows]
        plans = await queries.plans_due(due, act)
        await noted("work_plan.dues", act, subject=SUBJECT, shown=len(plans))
        return plans

    @get("/{plan_id:uuid}", needs=READ, summary="A plan with its items and reviews")
    async def show(self, plan_id: UUID, act: Act) -> WorkPlanForm:
        plan = await queries.plan(plan_id, act)
        customers = tuple({item.customer_id for item in plan.items if item.customer_id})
        await noted("work_plan.read", act, subject=SUBJECT, subject_id=plan_id, customer_ids=customers)
        return plan

    revise = posts("/{plan_id:uuid}/revisions", actions.revise, "Hand in a returned plan again")
    review = posts("/{plan_id:uuid}/reviews", actions.review, "Accept a plan, or return it with remarks")
    finish = posts("/{plan_id:uuid}/items/{item_id:uuid}/result", actions.finish, "What came of an item")


class WorkLogController(Controller):
    path = "/api/v1/work-logs"
    tags = ("work plans",)
    list_lines = lists(
        "/",
        work_logs.LINES,
        LogFilter,
        "Your log and those you supervise, newest first",
        recorded="work_log",
        values=seen_by,
    )
    write = posts("/", work_logs.write, "Note what you did")
    list_unreviewed = gets(
        "/unreviewed", work_logs.unreviewed, "Logs of the last span that you go through and nobody accepted yet"
    )
    list_reviews = lists(
        "/reviews",
        work_logs.REVIEWS,
        LogReviewFilter,
        "Reviews of logs, newest first",
        recorded="work_log",
        verb="reviews",
        values=seen_by,
    )
    review = posts("/reviews", work_logs.review, "Accept somebody's log of a span, or return it with remarks")


class LapseController(Controller):
    path = "/api/v1/lapses"
    tags = ("lapses",)
    list_lapses = lists(
        "/",
        LAPSES,
        LapseFilter,
        "Your lapses and those of whom you supervise, the newest first",
        recorded="lapse",
        values=seen_by,
    )
    find = posts("/", lapses.find, "Record that somebody under you missed or refused a call or a service")

    @get(
        "/counts",
        needs=READ,
        summary="How often each account manager lapsed, and how often checks reached them",
        dependencies={"asked": from_query(LapsesAsked)},
    )
    async def count(self, asked: LapsesAsked, act: Act) -> list[LapseCount]:
        return await lapses.counts(asked, act)

    answer = posts("/{lapse_id:uuid}/answers", lapses.answer, "Say how it was")
    excuse = posts("/{lapse_id:uuid}/excuse", lapses.excuse, "It counts no more, and why")


class ReachabilityCheckController(Controller):
    path = "/api/v1/reachability-checks"
    tags = ("lapses",)
    list_checks = lists(
        "/",
        CHECKS,
        CheckFilter,
        "Whom supervisors are to call this month at any hour, and what came of it",
        recorded="reachability_check",
        values=seen_by,
    )
    check = posts("/{check_id:uuid}/result", lapses.check, "Say what came of the call")
