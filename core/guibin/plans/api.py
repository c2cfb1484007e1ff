"""`/api/v1/work-plans` and `/work-logs`."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import Parameter

from guibin.audit.actions import AuditNote, record, searched
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.periods.spans import window_of
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, queries, work_logs
from .actions import SUBJECT
from .queries import LISTED, PlanDue, WorkPlanFilter, WorkPlanForm, WorkPlanView, seen_by
from .work_logs import LogFilter, LogReviewFilter, LogReviewView, LogView

READ, WRITE = may("records:read"), may("records:write")
Day = Annotated[date | None, Parameter(query="on", default=None, description="A day of the spans; today without.")]


class WorkPlanController(Controller):
    path = "/api/v1/work-plans"
    tags = ("work plans",)

    @get(
        "/",
        needs=READ,
        summary="Your plans and those you supervise; unreviewed=true those whose review is overdue",
        dependencies={"filters": from_query(WorkPlanFilter)},
    )
    async def list_plans(self, filters: WorkPlanFilter, page: PageAsked, act: Act) -> Page[WorkPlanView]:
        plans = await LISTED.page(filters, page, act, **seen_by(act))
        await record(AuditNote(action="work_plan.search", subject=SUBJECT, shown=len(plans.items)), act)
        return plans

    hand_in = posts(
        "/", actions.hand_in, needs=WRITE, summary="Hand in your plan for this week, month or year, or the next"
    )

    @get("/dues", needs=READ, summary="Whose plans are due, missing, handed in, returned, accepted")
    async def list_dues(self, act: Act, on_day: Day = None) -> list[PlanDue]:
        day = on_day or local_day(act.now, act.company.time_zone)
        windows = [window_of(span, day, act.company.time_zone) for span in act.policy.plans.spans]
        limit = act.policy.plans.hand_in_within
        due = [(window, await actions.falls_due(limit, window.starts_at)) for window in windows]
        plans = await queries.plans_due(due, act)
        await record(AuditNote(action="work_plan.dues", subject=SUBJECT, shown=len(plans)), act)
        return plans

    @get("/{plan_id:uuid}", needs=READ, summary="A plan with its items and reviews")
    async def show(self, plan_id: UUID, act: Act) -> WorkPlanForm:
        plan = await queries.plan(plan_id, act)
        customers = tuple({item.customer_id for item in plan.items if item.customer_id})
        note = AuditNote(action="work_plan.read", subject=SUBJECT, subject_id=plan_id, customer_ids=customers)
        await record(note, act)
        return plan

    revise = posts("/{plan_id:uuid}/revisions", actions.revise, needs=WRITE, summary="Hand in a returned plan again")
    review = posts(
        "/{plan_id:uuid}/reviews", actions.review, needs=WRITE, summary="Accept a plan, or return it with remarks"
    )
    finish = posts(
        "/{plan_id:uuid}/items/{item_id:uuid}/result", actions.finish, needs=WRITE, summary="What came of an item"
    )


class WorkLogController(Controller):
    path = "/api/v1/work-logs"
    tags = ("work plans",)

    @get(
        "/",
        needs=READ,
        summary="Your log and those you supervise, newest first",
        dependencies={"filters": from_query(LogFilter)},
    )
    async def list_lines(self, filters: LogFilter, page: PageAsked, act: Act) -> Page[LogView]:
        return await searched("work_log", await work_logs.LINES.page(filters, page, act, **seen_by(act)), act)

    write = posts("/", work_logs.write, needs=WRITE, summary="Note what you did")

    @get(
        "/reviews",
        needs=READ,
        summary="Reviews of logs, newest first",
        dependencies={"filters": from_query(LogReviewFilter)},
    )
    async def list_reviews(self, filters: LogReviewFilter, page: PageAsked, act: Act) -> Page[LogReviewView]:
        reviews = await work_logs.REVIEWS.page(filters, page, act, **seen_by(act))
        await record(AuditNote(action="work_log.reviews", subject="work_log", shown=len(reviews.items)), act)
        return reviews

    review = posts(
        "/reviews", work_logs.review, needs=WRITE, summary="Accept somebody's log of a span, or return it with remarks"
    )
