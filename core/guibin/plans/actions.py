"""Handing in a plan, having it reviewed, revising it, carrying out its items (S05-4, S07-14)."""

from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.periods.days import local_day
from guibin.periods.spans import Window, window_of
from guibin.policy import clocks
from guibin.policy.cadence import PlanPolicy
from guibin.policy.clocks import Clock
from guibin.policy.deadlines import Deadline
from guibin.sla import calendars
from guibin.sla.calendars import BUSINESS
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import FieldError, Invalid, NotFound
from guibin_tenants.scope import execute, fetch, fetch_one, savepoint
from guibin_tenants.tables import new_id

from . import queries
from .queries import WorkPlanForm, refuse_unless_supervising
from .refusals import AlreadyDone, AlreadyPlanned, NotReturned, NotToReview, NotYourPlan
from .requests import Items, NewResult, NewReview, NewRevision, NewWorkPlan

SUBJECT = "work_plan"


async def hand_in(new: NewWorkPlan, act: Act) -> WorkPlanForm:
    """One's own plan of a span. Raises Invalid with every wrong field, AlreadyPlanned."""
    today = local_day(act.now, act.company.time_zone)
    window = window_of(new.span, new.on or today, act.company.time_zone)
    _refuse_wrong(new, window, act.policy.plans, act.by, window_of(new.span, today, act.company.time_zone))
    await _refuse_unknown_customers(new.items)
    plan_id = new_id()
    try:
        async with savepoint():
            await execute(
                "insert into work_plan (id, staff_id, staff_name, span, period, first_on, after_on, due_at,"
                " handed_in_at, review_by, state, round)"
                " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'handed_in', 1)",
                plan_id,
                act.by.id,
                act.by.name,
                window.span,
                window.name,
                window.first_on,
                window.after_on,
                await falls_due(act.policy.plans.hand_in_within, window.starts_at),
                act.now,
                await falls_due(act.policy.plans.review_within, act.now),
            )
    except asyncpg.UniqueViolationError:
        raise AlreadyPlanned(f"You handed in a plan for {window.name} already") from None
    await _write_items(plan_id, 1, new.items, act.by)
    await _audit("hand_in", plan_id, new.items, act)
    return await queries.plan(plan_id, policy=act.policy.plans, by=act.by)


async def revise(plan_id: UUID, new: NewRevision, act: Act) -> WorkPlanForm:
    """Hand it in again, with the remarks in mind. Raises NotFound, NotYourPlan, NotReturned, Invalid."""
    row = await _locked(plan_id, act.policy.plans, act.by)
    if row["staff_id"] != act.by.id:
        raise NotYourPlan(f"It is {row['staff_name']}'s")
    if row["state"] != "returned":
        raise NotReturned(f"Its state is {row['state']}")
    _refuse_days_outside(new.items, row["first_on"], row["after_on"])
    await _refuse_unknown_customers(new.items)
    await execute(
        "update work_plan set state = 'handed_in', round = round + 1, handed_in_at = $2, review_by = $3 where id = $1",
        plan_id,
        act.now,
        await falls_due(act.policy.plans.review_within, act.now),
    )
    await _write_items(plan_id, row["round"] + 1, new.items, act.by)
    await _audit("revise", plan_id, new.items, act)
    return await queries.plan(plan_id, policy=act.policy.plans, by=act.by)


async def review(plan_id: UUID, new: NewReview, act: Act) -> WorkPlanForm:
    """Accept it, or return it with remarks. Raises NotFound, NotYoursToReview, NotToReview, Invalid."""
    row = await _locked(plan_id, act.policy.plans, act.by)
    await refuse_unless_supervising(row["staff_id"], policy=act.policy.plans, by=act.by)
    if row["state"] != "handed_in":
        raise NotToReview(f"Its state is {row['state']}")
    refuse_silent_return(new.accepted, new.remarks)
    await execute(
        "insert into work_plan_review (id, plan_id, round, accepted, remarks, reviewed_by, reviewed_by_name,"
        " reviewed_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new_id(),
        plan_id,
        row["round"],
        new.accepted,
        new.remarks,
        act.by.id,
        act.by.name,
        act.now,
    )
    state = "accepted" if new.accepted else "returned"
    await execute("update work_plan set state = $2 where id = $1", plan_id, state)
    notice = Notice(
        kind=f"plan_{state}",
        subject=SUBJECT,
        subject_id=plan_id,
        staff_ids=(row["staff_id"],),
        details={"span": row["period"]},
    )
    await notify(notice, key=f"plan-reviewed/{plan_id}/{row['round']}", now=act.now)
    await _audit("review", plan_id, (), act)
    return await queries.plan(plan_id, policy=act.policy.plans, by=act.by)


async def finish(plan_id: UUID, item_id: UUID, new: NewResult, act: Act) -> WorkPlanForm:
    """What came of an item. Raises NotFound, NotYourPlan, AlreadyDone."""
    row = await fetch_one(
        "select i.staff_id, i.staff_name from work_plan_item i join work_plan p on p.tenant_id = i.tenant_id"
        " and p.id = i.plan_id and p.round = i.round where i.id = $1 and i.plan_id = $2",
        item_id,
        plan_id,
    )
    if row is None:
        raise NotFound(f"There is no item {item_id} in work plan {plan_id}")
    if row["staff_id"] != act.by.id:
        raise NotYourPlan(f"The item is {row['staff_name']}'s")
    try:
        async with savepoint():
            await execute(
                "insert into work_plan_result (id, item_id, text, done_by, done_by_name, done_at)"
                " values ($1, $2, $3, $4, $5, $6)",
                new_id(),
                item_id,
                new.text,
                act.by.id,
                act.by.name,
                act.now,
            )
    except asyncpg.UniqueViolationError:
        raise AlreadyDone("The item has its result") from None
    await _audit("finish", plan_id, (), act)
    return await queries.plan(plan_id, policy=act.policy.plans, by=act.by)


async def falls_due(limit: Deadline, start: datetime) -> datetime:
    """The end of a limit that follows the business calendar."""
    return clocks.due_at(Clock(limit=limit, started_at=start), (await calendars.in_force(BUSINESS)).calendar)


def refuse_silent_return(accepted: bool, remarks: str) -> None:
    """Raises Invalid: whoever gets something back is told why."""
    if not accepted and not remarks.strip():
        raise Invalid(fields=(FieldError("remarks", "required when it is returned", "say what is missing"),))


def _refuse_wrong(new: NewWorkPlan, window: Window, policy: PlanPolicy, by: Principal, present: Window) -> None:
    problems = []
    if by.kind != "staff":
        problems.append(FieldError("staff_id", "a member of staff hands in a plan", "sign in"))
    if new.span not in policy.spans:
        known = ", ".join(policy.spans)
        problems.append(FieldError("span", "a span the policy wants plans for", f"one of: {known}", new.span))
    if window.first_on not in (present.first_on, present.after_on):
        rule = "a day of the present span or the next"
        problems.append(FieldError("on", rule, value=window.first_on.isoformat()))
    if problems:
        raise Invalid("The plan was not handed in", fields=tuple(problems))
    _refuse_days_outside(new.items, window.first_on, window.after_on)


def _refuse_days_outside(items: Items, first_on: date, after_on: date) -> None:
    rule = f"a day from {first_on} to {after_on - timedelta(days=1)}"
    problems = [
        FieldError(f"items[{place}].due_on", rule, value=item.due_on.isoformat())
        for place, item in enumerate(items)
        if item.due_on is not None and not first_on <= item.due_on < after_on
    ]
    if problems:
        raise Invalid("The plan was not handed in", fields=tuple(problems))


async def _refuse_unknown_customers(items: Items) -> None:
    wanted = {item.customer_id for item in items if item.customer_id}
    rows = await fetch("select id from customer where id = any ($1) and erased_at is null", list(wanted))
    known = {row["id"] for row in rows}
    problems = [
        FieldError(f"items[{place}].customer_id", "a customer you see", value=str(item.customer_id))
        for place, item in enumerate(items)
        if item.customer_id and item.customer_id not in known
    ]
    if problems:
        raise Invalid("The plan was not handed in", fields=tuple(problems))


async def _write_items(plan_id: UUID, round_: int, items: Items, by: Principal) -> None:
    await execute(
        "insert into work_plan_item (id, plan_id, round, place, text, customer_id, due_on, staff_id, staff_name)"
        " select i, $2, $3, n, t, c, d, $8, $9"
        " from unnest($1::uuid[], $4::int[], $5::text[], $6::uuid[], $7::date[]) as r (i, n, t, c, d)",
        [new_id() for _ in items],
        plan_id,
        round_,
        list(range(len(items))),
        [item.text for item in items],
        [item.customer_id for item in items],
        [item.due_on for item in items],
        by.id,
        by.name,
    )


async def _locked(plan_id: UUID, policy: PlanPolicy, by: Principal) -> asyncpg.Record:
    await queries.plan(plan_id, policy=policy, by=by)
    row = await fetch_one("select * from work_plan where id = $1 for update", plan_id)
    if row is None:
        raise NotFound(f"There is no work plan {plan_id}")
    return row


async def _audit(action: str, plan_id: UUID, items: Items, act: Act) -> None:
    customers = tuple({item.customer_id for item in items if item.customer_id})
    note = AuditNote(
        action=f"{SUBJECT}.{action}", subject=SUBJECT, subject_id=plan_id, customer_ids=customers, shown=len(items)
    )
    await record(note, act)
