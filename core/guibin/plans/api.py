"""`/api/v1/work-plans` and `/work-logs`."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import Parameter

from guibin.audit.actions import AuditNote, record
from guibin.context import Company
from guibin.policy.packs import Policy
from guibin.records.spans import window_of
from guibin.tiers.days import local_day
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import Principal, may

from . import queries, work_logs, work_plans
from .queries import PlanDue, WorkPlanFilter, WorkPlanForm, WorkPlanView
from .requests import NewLog, NewLogReview, NewResult, NewReview, NewRevision, NewWorkPlan
from .work_logs import LogFilter, LogReviewView, LogView
from .work_plans import SUBJECT

READ, WRITE = may("records:read"), may("records:write")
Day = Annotated[date | None, Parameter(query="on", default=None, description="A day of the spans; today without.")]
State = Annotated[Literal["handed_in", "returned", "accepted"] | None, Parameter(query="state", default=None)]


class WorkPlanController(Controller):
    path = "/api/v1/work-plans"
    tags = ("work plans",)

    @get("/", needs=READ, summary="Your plans and those you supervise; unreviewed=true those whose review is overdue")
    async def list_plans(
        self,
        by: Principal,
        now: datetime,
        policy: Policy,
        staff_id: UUID | None = None,
        in_state: State = None,
        period: str | None = None,
        unreviewed: bool = False,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[WorkPlanView]:
        wanted = WorkPlanFilter(
            staff_id=staff_id, state=in_state, period=period, unreviewed_at=now if unreviewed else None
        )
        found = await queries.plans(wanted, policy=policy.plans, by=by, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(one.handed_in_at, one.id))
        await record(AuditNote(action="work_plan.search", subject=SUBJECT, shown=len(page.items)), by=by, now=now)
        return page

    @post("/", needs=WRITE, summary="Hand in your plan for this week, month or year, or the next")
    async def hand_in(
        self, data: NewWorkPlan, policy: Policy, company: Company, by: Principal, now: datetime
    ) -> WorkPlanForm:
        return await work_plans.hand_in(data, policy=policy.plans, company=company, by=by, now=now)

    @get("/dues", needs=READ, summary="Whose plans are due, missing, handed in, returned, accepted")
    async def list_dues(
        self, by: Principal, now: datetime, policy: Policy, company: Company, on_day: Day = None
    ) -> list[PlanDue]:
        day = on_day or local_day(now, company.time_zone)
        windows = [window_of(span, day, company.time_zone) for span in policy.plans.spans]
        due = [(one, await work_plans.falls_due(policy.plans.hand_in_within, one.starts_at)) for one in windows]
        found = await queries.plans_due(due, policy=policy.plans, by=by, now=now)
        await record(AuditNote(action="work_plan.dues", subject=SUBJECT, shown=len(found)), by=by, now=now)
        return found

    @get("/{plan_id:uuid}", needs=READ, summary="A plan with its items and reviews")
    async def show(self, plan_id: UUID, by: Principal, now: datetime, policy: Policy) -> WorkPlanForm:
        found = await queries.plan(plan_id, policy=policy.plans, by=by)
        customers = tuple({item.customer_id for item in found.items if item.customer_id})
        note = AuditNote(action="work_plan.read", subject=SUBJECT, subject_id=plan_id, customer_ids=customers)
        await record(note, by=by, now=now)
        return found

    @post("/{plan_id:uuid}/revisions", needs=WRITE, summary="Hand in a returned plan again")
    async def revise(
        self, plan_id: UUID, data: NewRevision, policy: Policy, by: Principal, now: datetime
    ) -> WorkPlanForm:
        return await work_plans.revise(plan_id, data, policy=policy.plans, by=by, now=now)

    @post("/{plan_id:uuid}/reviews", needs=WRITE, summary="Accept a plan, or return it with remarks")
    async def review(
        self, plan_id: UUID, data: NewReview, policy: Policy, by: Principal, now: datetime
    ) -> WorkPlanForm:
        return await work_plans.review(plan_id, data, policy=policy.plans, by=by, now=now)

    @post("/{plan_id:uuid}/items/{item_id:uuid}/result", needs=WRITE, summary="What came of an item")
    async def finish(
        self, plan_id: UUID, item_id: UUID, data: NewResult, policy: Policy, by: Principal, now: datetime
    ) -> WorkPlanForm:
        return await work_plans.finish(plan_id, item_id, data, policy=policy.plans, by=by, now=now)


class WorkLogController(Controller):
    path = "/api/v1/work-logs"
    tags = ("work plans",)

    @get("/", needs=READ, summary="Your log and those you supervise, newest first")
    async def list_lines(
        self,
        by: Principal,
        now: datetime,
        policy: Policy,
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
        found = await work_logs.lines(wanted, policy=policy.plans, by=by, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(one.written_at, one.id))
        customers = tuple({one.customer_id for one in page.items if one.customer_id})
        note = AuditNote(action="work_log.search", subject="work_log", customer_ids=customers, shown=len(page.items))
        await record(note, by=by, now=now)
        return page

    @post("/", needs=WRITE, summary="Note what you did")
    async def write(self, data: NewLog, company: Company, by: Principal, now: datetime) -> LogView:
        return await work_logs.write(data, company=company, by=by, now=now)

    @get("/reviews", needs=READ, summary="Reviews of logs, newest first")
    async def list_reviews(
        self,
        by: Principal,
        now: datetime,
        policy: Policy,
        staff_id: UUID | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[LogReviewView]:
        found = await work_logs.reviews(
            staff_id=staff_id, policy=policy.plans, by=by, after=decode(cursor), limit=limit + 1
        )
        page = page_of(found, limit, lambda one: Cursor(one.reviewed_at, one.id))
        await record(AuditNote(action="work_log.reviews", subject="work_log", shown=len(page.items)), by=by, now=now)
        return page

    @post("/reviews", needs=WRITE, summary="Accept somebody's log of a span, or return it with remarks")
    async def review(
        self, data: NewLogReview, policy: Policy, company: Company, by: Principal, now: datetime
    ) -> LogReviewView:
        return await work_logs.review(data, policy=policy.plans, company=company, by=by, now=now)
