"""Handing in a plan, having it reviewed, revising it, carrying out its items (S05-4, S07-14)."""

from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.cases.requests import NewText
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.periods.spans import Window, window_of
from guibin.policy import clocks
from guibin.policy.clocks import Clock
from guibin.policy.deadlines import Deadline
from guibin.profiles.queries import kept
from guibin.sla import calendars
from guibin.sla.calendars import BUSINESS
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import FieldError, Invalid, NotFound, refuse
from guibin_tenants.rows import add, add_all, change, given, locked
from guibin_tenants.scope import fetch_one

from . import queries
from .queries import WorkPlanForm, refuse_own, refuse_unless_supervising
from .refusals import AlreadyDone, AlreadyPlanned, NotReturned, NotToReview, NotYourPlan
from .requests import Items, NewReview, NewRevision, NewWorkPlan
from .tables import WorkPlan, WorkPlanItem, WorkPlanResult, WorkPlanReview

SUBJECT = "work_plan"


async def hand_in(new: NewWorkPlan, act: Act) -> WorkPlanForm:
    """One's own plan of a span. Raises Invalid with every wrong field, AlreadyPlanned."""
    window = window_of(new.span, new.on or _today(act), act.company.time_zone)
    _refuse_wrong(new, window, act)
    await _refuse_unknown_customers(new.items)
    plan = {
        "staff_id": act.by.id,
        "staff_name": act.by.name,
        "span": window.span,
        "period": window.name,
        "first_on": window.first_on,
        "after_on": window.after_on,
        "due_at": await falls_due(act.policy.plans.hand_in_within, window.starts_at),
        "handed_in_at": act.now,
        "review_by": await falls_due(act.policy.plans.review_within, act.now),
    }
    written = await add_all(WorkPlan, None, [plan], unless=("staff_id", "period"))
    if not written:
        raise AlreadyPlanned(f"You handed in a plan for {window.name} already")
    await _write_items(written[0], 1, new.items, act.by)
    await _audit("hand_in", written[0], new.items, act)
    return await queries.plan(written[0], act)


async def revise(plan_id: UUID, new: NewRevision, act: Act) -> WorkPlanForm:
    """Hand it in again, with the remarks in mind. Raises NotFound, NotYourPlan, NotReturned, Invalid."""
    plan = await _locked(plan_id, act)
    if plan["staff_id"] != act.by.id:
        raise NotYourPlan(f"It is {plan['staff_name']}'s")
    if plan["state"] != "returned":
        raise NotReturned(f"Its state is {plan['state']}")
    _refuse_days_outside(new.items, plan["first_on"], plan["after_on"])
    await _refuse_unknown_customers(new.items)
    again = plan["round"] + 1
    await change(
        WorkPlan,
        plan_id,
        state="handed_in",
        round=again,
        handed_in_at=act.now,
        review_by=await falls_due(act.policy.plans.review_within, act.now),
    )
    await _write_items(plan_id, again, new.items, act.by)
    await _audit("revise", plan_id, new.items, act)
    return await queries.plan(plan_id, act)


async def review(plan_id: UUID, new: NewReview, act: Act) -> WorkPlanForm:
    """Accept it, or return it with remarks. Raises NotFound, NotYoursToReview, NotToReview, Invalid."""
    plan = await _locked(plan_id, act)
    await refuse_unless_supervising(plan["staff_id"], act)
    await refuse_own(plan["staff_id"], act)
    if plan["state"] != "handed_in":
        raise NotToReview(f"Its state is {plan['state']}")
    refuse_silent_return(new.accepted, new.remarks)
    await add(WorkPlanReview, act, plan_id=plan_id, round=plan["round"], **given(new))
    state = "accepted" if new.accepted else "returned"
    await change(WorkPlan, plan_id, state=state)
    notice = Notice(
        f"plan_{state}", Case(SUBJECT, plan_id), staff_ids=(plan["staff_id"],), details={"span": plan["period"]}
    )
    await notify(notice, key=f"plan-reviewed/{plan_id}/{plan['round']}", now=act.now)
    await _audit("review", plan_id, (), act)
    return await queries.plan(plan_id, act)


async def finish(plan_id: UUID, item_id: UUID, new: NewText, act: Act) -> WorkPlanForm:
    """What came of an item. Raises NotFound, NotYourPlan, AlreadyDone."""
    item = await fetch_one(
        "select i.staff_id, i.staff_name from work_plan_item i join work_plan p on p.tenant_id = i.tenant_id"
        " and p.id = i.plan_id and p.round = i.round where i.id = $1 and i.plan_id = $2",
        item_id,
        plan_id,
    )
    if item is None:
        raise NotFound(f"There is no item {item_id} in work plan {plan_id}")
    if item["staff_id"] != act.by.id:
        raise NotYourPlan(f"The item is {item['staff_name']}'s")
    result = {"item_id": item_id, "text": new.text}
    if not await add_all(WorkPlanResult, act, [result], unless=("item_id",)):
        raise AlreadyDone("The item has its result")
    await _audit("finish", plan_id, (), act)
    return await queries.plan(plan_id, act)


async def falls_due(limit: Deadline, start: datetime) -> datetime:
    """The end of a limit that follows the business calendar."""
    return clocks.due_at(Clock(limit=limit, started_at=start), (await calendars.in_force(BUSINESS)).calendar)


def refuse_silent_return(accepted: bool, remarks: str) -> None:
    """Raises Invalid: whoever gets something back is told why."""
    if not accepted and not remarks.strip():
        raise Invalid.at("remarks", "required when it is returned", "say what is missing")


def _refuse_wrong(new: NewWorkPlan, window: Window, act: Act) -> None:
    problems = []
    spans = act.policy.plans.spans
    if act.by.kind != "staff":
        problems.append(FieldError("staff_id", "a member of staff hands in a plan", "sign in"))
    if new.span not in spans:
        known = ", ".join(spans)
        problems.append(FieldError("span", "a span the policy wants plans for", f"one of: {known}", new.span))
    present = window_of(new.span, _today(act), act.company.time_zone)
    if window.first_on not in (present.first_on, present.after_on):
        problems.append(FieldError("on", "a day of the present span or the next", value=window.first_on.isoformat()))
    refuse(problems, "The plan was not handed in")
    _refuse_days_outside(new.items, window.first_on, window.after_on)


def _refuse_days_outside(items: Items, first_on: date, after_on: date) -> None:
    rule = f"a day from {first_on} to {after_on - timedelta(days=1)}"
    problems = [
        FieldError(f"items[{place}].due_on", rule, value=item.due_on.isoformat())
        for place, item in enumerate(items)
        if item.due_on is not None and not first_on <= item.due_on < after_on
    ]
    refuse(problems, "The plan was not handed in")


async def _refuse_unknown_customers(items: Items) -> None:
    known = await kept({item.customer_id for item in items if item.customer_id})
    problems = [
        FieldError(f"items[{place}].customer_id", "a customer you see", value=str(item.customer_id))
        for place, item in enumerate(items)
        if item.customer_id and item.customer_id not in known
    ]
    refuse(problems, "The plan was not handed in")


async def _write_items(plan_id: UUID, round_: int, items: Items, by: Principal) -> None:
    rows = [
        {
            "plan_id": plan_id,
            "round": round_,
            "place": place,
            "text": item.text,
            "customer_id": item.customer_id,
            "due_on": item.due_on,
            "staff_id": by.id,
            "staff_name": by.name,
        }
        for place, item in enumerate(items)
    ]
    await add_all(WorkPlanItem, None, rows)


async def _locked(plan_id: UUID, act: Act) -> asyncpg.Record:
    await queries.plan(plan_id, act)
    return await locked(WorkPlan, plan_id)


def _today(act: Act) -> date:
    return act.today


async def _audit(action: str, plan_id: UUID, items: Items, act: Act) -> None:
    customers = tuple({item.customer_id for item in items if item.customer_id})
    await done(action, Case(SUBJECT, plan_id), act, customer_ids=customers, shown=len(items))
