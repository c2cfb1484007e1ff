"""`/api/v1/work-plans` and `/work-logs`."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, get
from litestar.params import Parameter

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.periods.spans import window_of
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, queries, work_logs
from .actions import SUBJECT
from .queries import PlanDue, WorkPlanFilter, WorkPlanForm, WorkPlanView
from .work_logs import LogFilter, LogReviewView, LogView

READ, WRITE = may("records:read"), may("records:write")
Day = Annotated[date | None, Parameter(query="on", default=None, description="A day of the spans; today without.")]
State = Annotated[Literal["handed_in", "returned", "accepted"] | None, Parameter(query="state", default=None)]


class WorkPlanController(Controller):
    path = "/api/v1/work-plans"
    tags = ("work plans",)

    @get("/", needs=READ, summary="Your plans and those you supervise; unreviewed=true those whose review is overdue")
    async def list_plans(
        self,
        act: Act,
        staff_id: UUID | None = None,
        in_state: State = None,
        period: str | None = None,
        unreviewed: bool = False,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[WorkPlanView]:
        wanted = WorkPlanFilter(
            staff_id=staff_id, state=in_state, period=period, unreviewed_at=act.now if unreviewed else None
        )
        found = await queries.plans(wanted, policy=act.policy.plans, by=act.by, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(one.handed_in_at, one.id))
        await record(AuditNote(action="work_plan.search", subject=SUBJECT, shown=len(page.items)), act)
        return page

    hand_in = posts(
        "/", actions.hand_in, needs=WRITE, summary="Hand in your plan for this week, month or year, or the next"
    )

    @get("/dues", needs=READ, summary="Whose plans are due, missing, handed in, returned, accepted")
    async def list_dues(self, act: Act, on_day: Day = None) -> list[PlanDue]:
        day = on_day or local_day(act.now, act.company.time_zone)
        windows = [window_of(span, day, act.company.time_zone) for span in act.policy.plans.spans]
        due = [(one, await actions.falls_due(act.policy.plans.hand_in_within, one.starts_at)) for one in windows]
        found = await queries.plans_due(due, act)
        await record(AuditNote(action="work_plan.dues", subject=SUBJECT, shown=len(found)), act)
        return found

    @get("/{plan_id:uuid}", needs=READ, summary="A plan with its items and reviews")
    async def show(self, plan_id: UUID, act: Act) -> WorkPlanForm:
        found = await queries.plan(plan_id, policy=act.policy.plans, by=act.by)
        customers = tuple({item.customer_id for item in found.items if item.customer_id})
        note = AuditNote(action="work_plan.read", subject=SUBJECT, subject_id=plan_id, customer_ids=customers)
        await record(note, act)
        return found

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

    @get("/", needs=READ, summary="Your log and those you supervise, newest first")
    async def list_lines(
        self,
        act: Act,
        staff_id: UUID | None = None,
        customer_id: UUID | None = None,
        worked_from: date | None = None,
        worked_before: date | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[LogView]:
        wanted = LogFilter(
            staff_id=staff_id, customer_id=customer_id, worked_from=worked_from, worked_before=worked_before
        )
        found = await work_logs.lines(wanted, policy=act.policy.plans, by=act.by, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(one.written_at, one.id))
        customers = tuple({one.customer_id for one in page.items if one.customer_id})
        note = AuditNote(action="work_log.search", subject="work_log", customer_ids=customers, shown=len(page.items))
        await record(note, act)
        return page

    write = posts("/", work_logs.write, needs=WRITE, summary="Note what you did")

    @get("/reviews", needs=READ, summary="Reviews of logs, newest first")
    async def list_reviews(
        self, act: Act, staff_id: UUID | None = None, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[LogReviewView]:
        found = await work_logs.reviews(
            staff_id=staff_id, policy=act.policy.plans, by=act.by, after=decode(cursor), limit=limit + 1
        )
        page = page_of(found, limit, lambda one: Cursor(one.reviewed_at, one.id))
        await record(AuditNote(action="work_log.reviews", subject="work_log", shown=len(page.items)), act)
        return page

    review = posts(
        "/reviews", work_logs.review, needs=WRITE, summary="Accept somebody's log of a span, or return it with remarks"
    )
