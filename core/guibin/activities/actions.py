"""Planning an activity, changing it, calling it off, and what it costs."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET

from guibin.amounts import in_minor
from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.periods.days import local_day
from guibin.policy.activities import ActivityKind
from guibin_tenants import org_units
from guibin_tenants.principals import Principal
from guibin_tenants.receivers import standing_unit
from guibin_tenants.refusals import FieldError, Invalid, NotFound
from guibin_tenants.scope import execute, fetch, fetch_one
from guibin_tenants.tables import new_id

from . import queries
from .places import fill, let_go
from .queries import ActivityView, CostView
from .refusals import ActivityBegun, ActivityCancelled, CapacityTaken, NotYourActivity
from .requests import ActivityChange, NewActivity, NewCancellation, NewCost


async def plan(new: NewActivity, act: Act) -> ActivityView:
    """Put an activity on the calendar. Raises Invalid with every wrong field, NotFound for an unknown org unit."""
    kind = act.policy.activity(new.kind)
    if kind is None:
        known = ", ".join(one.name for one in act.policy.activities)
        raise Invalid(fields=(FieldError("kind", "a kind of activity", f"one of: {known}", new.kind),))
    answer_until = new.answer_until or max(act.now, new.starts_at - timedelta(hours=kind.answer_hours))
    _refuse_wrong_times(new, answer_until, act.now)
    activity_id = new_id()
    await execute(
        "insert into activity (id, kind, title, text, place, starts_at, ends_at, answer_until, capacity, given, waiting,"
        " org_unit_id, policy, policy_version, planned_by, planned_by_name, planned_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, $10, $11::jsonb, $12, $13, $14, $15)",
        activity_id,
        new.kind,
        new.title,
        new.text,
        new.place,
        new.starts_at,
        new.ends_at,
        answer_until,
        new.capacity,
        await _unit(new.org_unit_id or act.by.org_unit_id),
        msgspec.json.encode(kind).decode(),
        act.policy.version,
        act.by.id,
        act.by.name,
        act.now,
    )
    await note("activity.plan", activity_id, act)
    return await queries.activity(activity_id, now=act.now)


async def change(activity_id: UUID, wanted: ActivityChange, act: Act) -> ActivityView:
    """Change what may still change; more capacity lets the waiting move up at once.

    Raises NotFound, NotYourActivity, ActivityCancelled, ActivityBegun, CapacityTaken for less capacity than places given.
    """
    row = await _own(activity_id, act.by)
    if row["starts_at"] <= act.now:
        raise ActivityBegun(f"It began at {row['starts_at']}")
    capacity = row["capacity"] if wanted.capacity is UNSET else wanted.capacity
    if capacity is not None and capacity < row["given"]:
        raise CapacityTaken(f"{row['given']} places are given, the new capacity would be {capacity}")
    await execute(
        "update activity set title = $2, text = $3, place = $4, capacity = $5 where id = $1",
        activity_id,
        row["title"] if wanted.title is UNSET else wanted.title,
        row["text"] if wanted.text is UNSET else wanted.text,
        row["place"] if wanted.place is UNSET else wanted.place,
        capacity,
    )
    await fill(activity_id, now=act.now)
    await note("activity.change", activity_id, act)
    return await queries.activity(activity_id, now=act.now)


async def cancel(activity_id: UUID, new: NewCancellation, act: Act) -> ActivityView:
    """It does not take place: reservations are free again, the guests' account managers are told.

    Raises NotFound, NotYourActivity, ActivityCancelled, ActivityBegun.
    """
    row = await _own(activity_id, act.by)
    if row["starts_at"] <= act.now:
        raise ActivityBegun(f"It began at {row['starts_at']}")
    await execute(
        "insert into activity_cancellation (id, activity_id, reason, cancelled_by, cancelled_by_name, cancelled_at)"
        " values ($1, $2, $3, $4, $5, $6)",
        new_id(),
        activity_id,
        new.reason,
        act.by.id,
        act.by.name,
        act.now,
    )
    guests = await fetch(
        "select id, customer_id, redemption_id from activity_place where activity_id = $1 and left_at is null order by id",
        activity_id,
    )
    for guest in guests:
        await let_go(guest, act, reason="activity cancelled")
        await notify(
            Notice(
                kind="activity_cancelled",
                subject="activity",
                subject_id=activity_id,
                customer_id=guest["customer_id"],
                roles=("account_manager",),
                details={"title": row["title"]},
            ),
            key=f"activity-cancelled/{guest['id']}",
            now=act.now,
        )
    await execute("update activity set given = 0, waiting = 0 where id = $1", activity_id)
    await note("activity.cancel", activity_id, act)
    return await queries.activity(activity_id, now=act.now)


async def add_cost(activity_id: UUID, new: NewCost, act: Act) -> list[CostView]:
    """Something was paid for it; all of its costs. Raises NotFound, NotYourActivity, Invalid."""
    await _own(activity_id, act.by, cancelled_too=True)
    amount = in_minor(new.amount, field="amount.amount")
    today = local_day(act.now, act.company.time_zone)
    spent_on = new.spent_on or today
    problems = []
    if not amount:
        problems.append(FieldError("amount.amount", "not 0", "", new.amount.amount))
    if not (len(new.amount.currency) == 3 and new.amount.currency.isascii() and new.amount.currency.isupper()):
        problems.append(FieldError("amount.currency", "a currency such as CNY", "", new.amount.currency[:60]))
    if spent_on > today:
        problems.append(FieldError("spent_on", f"not after today, {today}", "", str(spent_on)))
    if problems:
        raise Invalid("The cost was not recorded", fields=tuple(problems))
    await execute(
        "insert into activity_cost (id, activity_id, what, amount, currency, spent_on, recorded_by, recorded_by_name,"
        " recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new_id(),
        activity_id,
        new.what,
        amount,
        new.amount.currency,
        spent_on,
        act.by.id,
        act.by.name,
        act.now,
    )
    await note("activity.cost", activity_id, act)
    return await queries.costs(activity_id)


async def locked(activity_id: UUID, *, cancelled_too: bool = False) -> asyncpg.Record:
    """The activity's row, ours until the end of the transaction. Raises NotFound, ActivityCancelled."""
    row = await fetch_one(
        "select a.*, x.cancelled_at, x.reason as cancelled_because from (select * from activity where id = $1 for update) a"
        " left join activity_cancellation x on x.tenant_id = a.tenant_id and x.activity_id = a.id",
        activity_id,
    )
    if row is None:
        raise NotFound(f"There is no activity {activity_id}")
    if row["cancelled_at"] is not None and not cancelled_too:
        raise ActivityCancelled(f"It was cancelled: {row['cancelled_because']}")
    return row


async def _own(activity_id: UUID, by: Principal, *, cancelled_too: bool = False) -> asyncpg.Record:
    row = await locked(activity_id, cancelled_too=cancelled_too)
    if not by.covers(row["org_unit_id"]):
        raise NotYourActivity()
    return row


def kind_as_planned(row: asyncpg.Record) -> ActivityKind:
    """What the policy said of the kind when the activity was planned."""
    return msgspec.json.decode(row["policy"], type=ActivityKind)


async def note(action: str, subject_id: UUID, act: Act, *, customers: tuple[UUID, ...] = (), shown: int = 1) -> None:
    """Record what was done about an activity, with whose files it touched."""
    entry = AuditNote(
        action=action,
        subject="activity",
        subject_id=subject_id,
        customer_ids=customers,
        fields=("activity",),
        shown=shown,
    )
    await record(entry, act)


def _refuse_wrong_times(new: NewActivity, answer_until: datetime, now: datetime) -> None:
    problems = []
    if new.starts_at <= now:
        problems.append(FieldError("starts_at", "a moment to come", "", str(new.starts_at)))
    if new.ends_at <= new.starts_at:
        problems.append(FieldError("ends_at", "after the start", "", str(new.ends_at)))
    if not now <= answer_until <= new.starts_at:
        problems.append(FieldError("answer_until", "from now until the start", "", str(answer_until)))
    if problems:
        raise Invalid("The activity cannot be planned", fields=tuple(problems))


async def _unit(unit_id: UUID | None) -> UUID:
    if unit_id is not None:
        return await standing_unit(unit_id)
    head = await org_units.head_office()
    if head is None:
        raise NotFound("The company has no org unit")
    return head.id
