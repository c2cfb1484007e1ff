"""`/api/v1/relationship-plans`: what is planned with each customer, carried out, and behind."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, post

from guibin.audit.actions import AuditNote, record
from guibin.context import Company
from guibin.policy.packs import Policy
from guibin.tiers.days import local_day
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import Principal, may

from . import relationship_queries as queries
from . import relationships
from .relationship_queries import PlanCount, PlanFilter, RelationshipPlanForm, RelationshipPlanView
from .relationships import SUBJECT
from .requests import NewDropping, NewExecution, NewMeasure, NewRelationshipPlan

READ, WRITE = may("records:read"), may("records:write")


class RelationshipPlanController(Controller):
    path = "/api/v1/relationship-plans"
    tags = ("relationship plans",)

    @get("/", needs=READ, summary="Relationship plans, newest first; behind=true those with an overdue measure")
    async def list_plans(
        self,
        by: Principal,
        now: datetime,
        company: Company,
        customer_id: UUID | None = None,
        account_manager_id: UUID | None = None,
        period: str | None = None,
        behind: bool | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[RelationshipPlanView]:
        wanted = PlanFilter(
            customer_id=customer_id, account_manager_id=account_manager_id, period=period, behind=behind
        )
        today = local_day(now, company.time_zone)
        found = await queries.plans(wanted, today=today, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(one.drawn_up_at, one.id))
        customers = tuple({one.customer_id for one in page.items})
        note = AuditNote(
            action="relationship_plan.search", subject=SUBJECT, customer_ids=customers, shown=len(page.items)
        )
        await record(note, by=by, now=now)
        return page

    @post("/", needs=WRITE, summary="Draw up a customer's plan of this year or the next, from its tier's template")
    async def draw_up(
        self, data: NewRelationshipPlan, policy: Policy, company: Company, by: Principal, now: datetime
    ) -> RelationshipPlanForm:
        return await relationships.draw_up(data, policy=policy, company=company, by=by, now=now)

    @get("/counts", needs=READ, summary="Per account manager: members, those with a plan this year, those behind")
    async def count(self, by: Principal, now: datetime, company: Company) -> list[PlanCount]:
        today = local_day(now, company.time_zone)
        found = await queries.counts(period=f"{today.year:04d}", today=today)
        await record(AuditNote(action="relationship_plan.count", subject=SUBJECT, shown=len(found)), by=by, now=now)
        return found

    @get("/{plan_id:uuid}", needs=READ, summary="A plan with its measures")
    async def show(self, plan_id: UUID, by: Principal, now: datetime, company: Company) -> RelationshipPlanForm:
        found = await queries.plan(plan_id, today=local_day(now, company.time_zone))
        note = AuditNote(
            action="relationship_plan.read", subject=SUBJECT, subject_id=plan_id, customer_id=found.customer_id
        )
        await record(note, by=by, now=now)
        return found

    @post("/{plan_id:uuid}/measures", needs=WRITE, summary="One more measure for this customer")
    async def add(
        self, plan_id: UUID, data: NewMeasure, company: Company, by: Principal, now: datetime
    ) -> RelationshipPlanForm:
        return await relationships.add(plan_id, data, company=company, by=by, now=now)

    @post(
        "/{plan_id:uuid}/measures/{measure_id:uuid}/execution",
        needs=WRITE,
        summary="It was carried out: by which contact, or how",
    )
    async def carry_out(
        self, plan_id: UUID, measure_id: UUID, data: NewExecution, company: Company, by: Principal, now: datetime
    ) -> RelationshipPlanForm:
        return await relationships.carry_out(plan_id, measure_id, data, company=company, by=by, now=now)

    @post("/{plan_id:uuid}/measures/{measure_id:uuid}/dropping", needs=WRITE, summary="It does not fit, and why")
    async def drop(
        self, plan_id: UUID, measure_id: UUID, data: NewDropping, company: Company, by: Principal, now: datetime
    ) -> RelationshipPlanForm:
        return await relationships.drop(plan_id, measure_id, data, company=company, by=by, now=now)
