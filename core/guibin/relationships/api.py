"""`/api/v1/relationship-plans`: what is planned with each customer, carried out, and behind."""

from litestar import Controller, get

from guibin.audit.actions import noted
from guibin.audit.answering import lists, reads
from guibin.context import Act
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, queries
from .actions import SUBJECT
from .queries import LISTED, PlanCount, PlanFilter

READ, WRITE = may("records:read"), may("records:write")


class RelationshipPlanController(Controller):
    path = "/api/v1/relationship-plans"
    tags = ("relationship plans",)
    list_plans = lists(
        "/",
        LISTED,
        PlanFilter,
        "Relationship plans, newest first; behind=true those with an overdue measure",
        recorded=SUBJECT,
        values=lambda act: {"today": act.today},
    )
    draw_up = posts(
        "/", actions.draw_up, "Draw up a customer's plan of this year or the next, from its tier's template"
    )

    @get("/counts", needs=READ, summary="Per account manager: members, those with a plan this year, those behind")
    async def count(self, act: Act) -> list[PlanCount]:
        today = act.today
        counts = await queries.counts(period=f"{today.year:04d}", today=today)
        await noted("relationship_plan.count", act, subject=SUBJECT, shown=len(counts))
        return counts

    show = reads("/{plan_id:uuid}", queries.plan, "A plan with its measures", SUBJECT)
    add = posts("/{plan_id:uuid}/measures", actions.add, "One more measure for this customer")
    carry_out = posts(
        "/{plan_id:uuid}/measures/{measure_id:uuid}/execution",
        actions.carry_out,
        "It was carried out: by which contact, or how",
    )
    drop = posts("/{plan_id:uuid}/measures/{measure_id:uuid}/dropping", actions.drop, "It does not fit, and why")
