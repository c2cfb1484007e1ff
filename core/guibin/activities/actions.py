"""Planning an activity, changing it, calling it off, and what it costs."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import UNSET

from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.plan_reviews.actions import Plan, put_up
from guibin.plan_reviews.costs import CostView, NewCost, row_of
from guibin_tenants import org_units, rows
from guibin_tenants.principals import Principal
from guibin_tenants.receivers import standing_unit
from guibin_tenants.refusals import FieldError, Invalid, refuse
from guibin_tenants.rows import add, given
from guibin_tenants.scope import fetch, fetch_one

from . import queries
from .places import fill, let_go
from .queries import ActivityView
from .refusals import ActivityBegun, ActivityCancelled, CapacityTaken, NotYourActivity
from .requests import ActivityChange, NewActivity, NewCancellation
from .tables import Activity, ActivityCancellation, ActivityCost


async def plan(new: NewActivity, act: Act) -> ActivityView:
    """Put an activity on the calendar; where the policy wants a review, nobody is invited before it (S04-7). Raises Invalid with every wrong field, NotFound for an unknown org unit."""
    kind = act.policy.activity(new.kind)
    if kind is None:
        known = ", ".join(kind.name for kind in act.policy.activities)
        raise Invalid.at("kind", "a kind of activity", f"one of: {known}", new.kind)
    answer_until = new.answer_until or max(act.now, new.starts_at - timedelta(hours=kind.answer_hours))
    _refuse_wrong_times(new, answer_until, act.now)
    unit_id = await _unit(new.org_unit_id or act.by.org_unit_id)
    activity_id = await add(
        Activity,
        act,
        **given(new)
        | {
            "answer_until": answer_until,
            "org_unit_id": unit_id,
            "policy": kind,
            "policy_version": act.policy.version,
        },
    )
    await note("activity.plan", activity_id, act)
    facts = {"kind": kind.name, "item": kind.item, "capacity": new.capacity, "budget": new.budget}
    await put_up(Plan(subject="activity", id=activity_id, title=new.title, facts=facts, org_unit_id=unit_id), act)
    return await queries.activity(activity_id, now=act.now)


async def change(activity_id: UUID, new: ActivityChange, act: Act) -> ActivityView:
    """Change what may still change; more capacity lets the waiting move up at once.

    Raises NotFound, NotYourActivity, ActivityCancelled, ActivityBegun, CapacityTaken for less capacity than places given.
    """
    activity = await _own(activity_id, act.by)
    refuse_begun(activity, act)
    capacity = activity["capacity"] if new.capacity is UNSET else new.capacity
    if capacity is not None and capacity < activity["given"]:
        raise CapacityTaken(f"{activity['given']} places are given, the new capacity would be {capacity}")
    await rows.change(
        Activity,
        activity_id,
        title=activity["title"] if new.title is UNSET else new.title,
        text=activity["text"] if new.text is UNSET else new.text,
        place=activity["place"] if new.place is UNSET else new.place,
        capacity=capacity,
    )
    await fill(activity_id, now=act.now)
    await note("activity.change", activity_id, act)
    return await queries.activity(activity_id, now=act.now)


async def cancel(activity_id: UUID, new: NewCancellation, act: Act) -> ActivityView:
    """It does not take place: reservations are free again, the guests' account managers are told.

    Raises NotFound, NotYourActivity, ActivityCancelled, ActivityBegun.
    """
    activity = await _own(activity_id, act.by)
    refuse_begun(activity, act)
    await add(ActivityCancellation, act, activity_id=activity_id, reason=new.reason)
    guests = await fetch(
        "select id, customer_id, redemption_id from activity_place where activity_id = $1 and left_at is null order by id",
        activity_id,
    )
    for guest in guests:
        await let_go(guest, act, reason=act.own_reason("activity_cancelled"))
        await notify(
            Notice(
                "activity_cancelled",
                Case("activity", activity_id, guest["customer_id"]),
                roles=("account_manager",),
                details={"title": activity["title"]},
            ),
            key=f"activity-cancelled/{guest['id']}",
            now=act.now,
        )
    await rows.change(Activity, activity_id, given=0, waiting=0)
    await note("activity.cancel", activity_id, act)
    return await queries.activity(activity_id, now=act.now)


async def add_cost(activity_id: UUID, new: NewCost, act: Act) -> list[CostView]:
    """Something was paid for it; all of its costs. Raises NotFound, NotYourActivity, Invalid."""
    await _own(activity_id, act.by, cancelled_too=True)
    await add(ActivityCost, act, activity_id=activity_id, **row_of(new, act))
    await note("activity.cost", activity_id, act)
    return await queries.costs(activity_id)


async def locked(activity_id: UUID, *, cancelled_too: bool = False) -> asyncpg.Record:
    """The activity's row, ours until the end of the transaction. Raises NotFound, ActivityCancelled."""
    activity = await rows.locked(Activity, activity_id)
    if not cancelled_too:
        cancelled = await fetch_one("select reason from activity_cancellation where activity_id = $1", activity_id)
        if cancelled is not None:
            raise ActivityCancelled(f"It was cancelled: {cancelled['reason']}")
    return activity


async def _own(activity_id: UUID, by: Principal, *, cancelled_too: bool = False) -> asyncpg.Record:
    activity = await locked(activity_id, cancelled_too=cancelled_too)
    if not by.covers(activity["org_unit_id"]):
        raise NotYourActivity()
    return activity


def refuse_begun(activity: asyncpg.Record, act: Act) -> None:
    """Raises ActivityBegun."""
    if activity["starts_at"] <= act.now:
        raise ActivityBegun(f"It began at {activity['starts_at']}")


async def note(action: str, subject_id: UUID, act: Act, *, customers: tuple[UUID, ...] | None = None) -> None:
    """Record what was done about an activity, with whose files it touched."""
    await noted(
        action,
        act,
        subject="activity",
        subject_id=subject_id,
        customer_ids=customers or (),
        fields=("activity",),
        shown=1 if customers is None else len(customers),
    )


def _refuse_wrong_times(new: NewActivity, answer_until: datetime, now: datetime) -> None:
    problems = []
    if new.starts_at <= now:
        problems.append(FieldError("starts_at", "a moment to come", "", str(new.starts_at)))
    if new.ends_at <= new.starts_at:
        problems.append(FieldError("ends_at", "after the start", "", str(new.ends_at)))
    if not now <= answer_until <= new.starts_at:
        problems.append(FieldError("answer_until", "from now until the start", "", str(answer_until)))
    refuse(problems, "The activity cannot be planned")


async def _unit(unit_id: UUID | None) -> UUID:
    return await (org_units.or_head_office(None) if unit_id is None else standing_unit(unit_id))
