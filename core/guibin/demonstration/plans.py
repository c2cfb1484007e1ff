"""What a demonstration company's account managers have planned: with customers for the year, of their own, and a log."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from msgspec import structs

from guibin.plans import actions as plans
from guibin.plans import work_logs
from guibin.plans.requests import NewItem, NewLog, NewWorkPlan
from guibin.policy.cadence import PlanPolicy
from guibin.profiles.queries import OPEN
from guibin.relationships import actions as relationships
from guibin.relationships.requests import NewExecution, NewMeasure, NewRelationshipPlan
from guibin_tenants.authentication import working
from guibin_tenants.principals import Principal
from guibin_tenants.scope import fetch_column

from .days import Scene

# So many of each manager's customers have a plan; every other one has its gift.
PLANNED_EACH = 2
_GOALS = ("稳定续约，扩大使用范围", "由单项业务发展为全面合作", "提升满意度，争取推荐新客户")
_GIFT = "节日问候礼盒"
_ITEMS = ("拜访，了解下阶段需求", "核对到期业务并提醒续约", "跟进上次反映的问题")
_LOGS = ("完成走访并记录客户意见", "电话回访三位客户，均表示满意", "整理本周到期名单，逐一提醒")


async def draw_plans(scene: Scene) -> None:
    """Inside the company's scope, when its customers and their account managers are there."""
    for place, manager in enumerate(await _managers()):
        customers = await fetch_column(
            f"select c.id from {OPEN} and c.account_manager_id = $1 order by c.number limit $2",
            manager.id,
            len(_ITEMS),
        )
        await _relationships(scene, manager, customers[:PLANNED_EACH], _GOALS[place % len(_GOALS)])
        await _own_plan(scene, scene.act.policy.plans, manager, customers)
        await _log(scene, manager, customers)


async def _managers() -> list[Principal]:
    return await people_of("account_manager")


async def people_of(*roles: str) -> list[Principal]:
    """Whoever works there in one of these roles."""
    ids = await fetch_column(
        "select id from staff where roles && $1::text[] and left_at is null order by login", list(roles)
    )
    return [person for staff_id in ids if (person := await working(staff_id)) is not None]


async def _relationships(scene: Scene, manager: Principal, customers: Sequence[UUID], goal: str) -> None:
    """A plan of the year for each: what their tier's template says, and a gift of their own (S01-5)."""
    soon = min(scene.today + timedelta(days=14), date(scene.today.year, 12, 31))
    for place, customer in enumerate(customers):
        new = NewRelationshipPlan(
            customer_id=customer,
            year=scene.today.year,
            goal=goal,
            measures=(NewMeasure(kind="gift", due_on=soon, text=_GIFT),),
        )
        plan = await relationships.draw_up(new, structs.replace(scene.act, by=manager))
        if place % 2 == 0:
            gift = next(line for line in plan.lines if line.text == _GIFT)
            done = NewExecution(note="已送达，客户表示感谢")
            await relationships.carry_out(plan.id, gift.id, done, structs.replace(scene.act, by=manager))


async def _own_plan(scene: Scene, policy: PlanPolicy, manager: Principal, customers: Sequence[UUID]) -> None:
    """The plan of the shortest span the policy asks for, handed in and waiting for its review."""
    items = tuple(NewItem(text=text, customer_id=one) for text, one in zip(_ITEMS, customers, strict=False))
    if items:
        new = NewWorkPlan(span=policy.spans[-1], items=items)
        await plans.hand_in(new, structs.replace(scene.act, by=manager))


async def _log(scene: Scene, manager: Principal, customers: Sequence[UUID]) -> None:
    """What was done on the last days."""
    for days, (text, customer) in enumerate(zip(_LOGS, customers, strict=False)):
        line = NewLog(text=text, customer_id=customer, worked_on=scene.today - timedelta(days=days))
        await work_logs.write(line, structs.replace(scene.act, by=manager))
