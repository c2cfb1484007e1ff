"""`/api/v1/relationship-plans`: what is planned with each customer, carried out, and behind."""

from uuid import UUID

from litestar import Controller, get

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, queries
from .actions import SUBJECT
from .queries import PlanCount, PlanFilter, RelationshipPlanForm, RelationshipPlanView

READ, WRITE = may("records:read"), may("records:write")


class RelationshipPlanController(Controller):
    path = "/api/v1/relationship-plans"
    tags = ("relationship plans",)

    @get("/", needs=READ, summary="Relationship plans, newest first; behind=true those with an overdue measure")
    async def list_plans(
        self,
        act: Act,
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
        today = local_day(act.now, act.company.time_zone)
        found = await queries.plans(wanted, today=today, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(one.drawn_up_at, one.id))
        customers = tuple({one.customer_id for one in page.items})
        note = AuditNote(
            action="relationship_plan.search", subject=SUBJECT, customer_ids=customers, shown=len(page.items)
        )
        await record(note, act)
        return page

    draw_up = posts(
        "/",
        actions.draw_up,
        needs=WRITE,
        summary="Draw up a customer's plan of this year or the next, from its tier's template",
    )

    @get("/counts", needs=READ, summary="Per account manager: members, those with a plan this year, those behind")
    async def count(self, act: Act) -> list[PlanCount]:
        today = local_day(act.now, act.company.time_zone)
        found = await queries.counts(period=f"{today.year:04d}", today=today)
        await record(AuditNote(action="relationship_plan.count", subject=SUBJECT, shown=len(found)), act)
        return found

    @get("/{plan_id:uuid}", needs=READ, summary="A plan with its measures")
    async def show(self, plan_id: UUID, act: Act) -> RelationshipPlanForm:
        found = await queries.plan(plan_id, today=local_day(act.now, act.company.time_zone))
        note = AuditNote(
            action="relationship_plan.read", subject=SUBJECT, subject_id=plan_id, customer_id=found.customer_id
        )
        await record(note, act)
        return found

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
