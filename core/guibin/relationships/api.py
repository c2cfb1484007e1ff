"""`/api/v1/relationship-plans`: what is planned with each customer, carried out, and behind."""

from uuid import UUID

from litestar import Controller, get

from guibin.audit.actions import AuditNote, done, record, searched
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.sla.milestones import Case
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, queries
from .actions import SUBJECT
from .queries import LISTED, PlanCount, PlanFilter, RelationshipPlanForm, RelationshipPlanView

READ, WRITE = may("records:read"), may("records:write")


class RelationshipPlanController(Controller):
    path = "/api/v1/relationship-plans"
    tags = ("relationship plans",)

    @get(
        "/",
        needs=READ,
        summary="Relationship plans, newest first; behind=true those with an overdue measure",
        dependencies={"filters": from_query(PlanFilter)},
    )
    async def list_plans(self, filters: PlanFilter, page: PageAsked, act: Act) -> Page[RelationshipPlanView]:
        today = local_day(act.now, act.company.time_zone)
        return await searched(SUBJECT, await LISTED.page(filters, page, act, today=today), act)

    draw_up = posts(
        "/",
        actions.draw_up,
        needs=WRITE,
        summary="Draw up a customer's plan of this year or the next, from its tier's template",
    )

    @get("/counts", needs=READ, summary="Per account manager: members, those with a plan this year, those behind")
    async def count(self, act: Act) -> list[PlanCount]:
        today = local_day(act.now, act.company.time_zone)
        counts = await queries.counts(period=f"{today.year:04d}", today=today)
        await record(AuditNote(action="relationship_plan.count", subject=SUBJECT, shown=len(counts)), act)
        return counts

    @get("/{plan_id:uuid}", needs=READ, summary="A plan with its measures")
    async def show(self, plan_id: UUID, act: Act) -> RelationshipPlanForm:
        plan = await queries.plan(plan_id, act)
        await done("read", Case(SUBJECT, plan_id, plan.customer_id), act)
        return plan

    add = posts("/{plan_id:uuid}/measures", actions.add, needs=WRITE, summary="One more measure for this customer")
    carry_out = posts(
        "/{plan_id:uuid}/measures/{measure_id:uuid}/execution",
        actions.carry_out,
        needs=WRITE,
        summary="It was carried out: by which contact, or how",
    )
    drop = posts(
        "/{plan_id:uuid}/measures/{measure_id:uuid}/dropping",
        actions.drop,
        needs=WRITE,
        summary="It does not fit, and why",
    )
