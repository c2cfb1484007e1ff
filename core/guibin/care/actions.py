"""Doing what is to be done, and new services."""

from datetime import date, timedelta
from uuid import UUID

from guibin.audit.actions import done, recorded
from guibin.cases import Case
from guibin.context import Act
from guibin.entitlements import actions as entitlements
from guibin.entitlements.actions import NewRedemption
from guibin.profiles.queries import OPEN, version_of
from guibin_tenants.refusals import Conflict, FieldError, Invalid, NotFound
from guibin_tenants.rows import add, add_all, change, given, locked
from guibin_tenants.scope import execute, fetch_value
from guibin_tenants.tables import TenantTable

from . import queries
from .consents import refusal
from .queries import CareTaskView, NewServiceView, ReminderView, TrialView
from .requests import Done, NewServiceAnnouncement, NewTrial, Reason, Telling, Told
from .tables import CareTask, NewService, Reminder, ServiceTrial

_TOPIC = "'topic:' || {}"
AHEAD_MAX = timedelta(days=366)


class NotOpen(Conflict):
    """Only what is open can be done. It was done, cancelled or withdrawn."""


class TooEarly(Conflict):
    """The new service is not out yet for this customer."""

    kind = "not-released"


class Declined(Conflict):
    """The customer wants to hear nothing of this. Their last word holds until they say otherwise (S02-3)."""

    kind = "telling-declined"


class TriedAlready(Conflict):
    """The customer has tried this service already."""


async def remind(reminder_id: UUID, new: Told, act: Act) -> ReminderView:
    """The customer has been told (S07-4). Raises NotFound, NotOpen."""
    customer_id = await _open(Reminder, reminder_id)
    await change(Reminder, reminder_id, act, state="done", **given(new))
    return await recorded("done", Case("reminder", reminder_id, customer_id), queries.REMINDERS, act)


async def finish(task_id: UUID, new: Done, act: Act) -> CareTaskView:
    """It was done, with what was done (S07-6). Raises NotFound, NotOpen."""
    return await _end_task(task_id, "done", new.result, act)


async def cancel(task_id: UUID, new: Reason, act: Act) -> CareTaskView:
    """It will not be done, and why. Raises NotFound, NotOpen."""
    return await _end_task(task_id, "cancelled", new.reason, act)


async def _end_task(task_id: UUID, state: str, result: str, act: Act) -> CareTaskView:
    customer_id = await _open(CareTask, task_id)
    await change(CareTask, task_id, act, state=state, result=result)
    return await recorded(state, Case("care_task", task_id, customer_id), queries.TASKS, act)


async def announce(new: NewServiceAnnouncement, act: Act) -> NewServiceView:
    """Announce a service and list whom the policy tells first (S07-7). Raises Invalid."""
    trials = act.policy.care.trials
    problems = []
    if trials is None:
        problems.append(FieldError("policy.care.trials", "a rule for new services", "write one into the policy"))
    if new.general_from <= act.today:
        problems.append(FieldError("general_from", "a day to come", value=new.general_from.isoformat()))
    if new.topic and new.topic not in act.policy.topics:
        known = f"one of: {', '.join(act.policy.topics)}"
        problems.append(FieldError("topic", "a topic of the policy", known, new.topic))
    if problems or trials is None:
        raise Invalid("The service was not announced", fields=tuple(problems))
    told_from = new.general_from - timedelta(days=trials.head_start_days)
    service = given(new) | {"told_from": told_from, "trial_days": trials.days}
    written = await add_all(NewService, act, [service], unless=("name",))
    if not written:
        problem = FieldError("name", "not announced before", value=new.name)
        raise Invalid("The service was not announced", fields=(problem,))
    service_id = written[0]
    await execute(
        "insert into service_telling (id, service_id, customer_id, channel, told_by_name)"
        " select gen_random_uuid(), $1, c.id, '', ''"
        f" from {OPEN} and (cardinality($2::text[]) = 0 or c.kind = any ($2::text[]))"
        f" and {refusal('c', wish=_TOPIC.format('$3::text'))} is null",
        service_id,
        list(trials.customer_kinds),
        new.topic,
    )
    await done("announce", Case("new_service", service_id), act, shown=0)
    return await queries.service(service_id)


async def tell(service_id: UUID, new: Telling, act: Act) -> None:
    """A customer has been told. Raises NotFound, TooEarly before the head start."""
    service = await queries.service(service_id)
    if act.today < service.told_from:
        raise TooEarly(f"{service.name} is told from {service.told_from}")
    said = await fetch_value(
        f"select {refusal('c', wish=_TOPIC.format('$2::text'))} from {OPEN} and c.id = $1",
        new.customer_id,
        service.topic,
    )
    if said:
        raise Declined(f"The customer said so: {said}")
    touched = await execute(
        "update service_telling set channel = $3, told_by_name = $4, told_at = coalesce(told_at, $5)"
        " where service_id = $1 and customer_id = $2",
        service_id,
        new.customer_id,
        new.channel,
        act.by.name,
        act.now,
    )
    if not touched:
        raise NotFound(f"Customer {new.customer_id} is not among those who hear of {service.name} first")
    await done("tell", Case("new_service", service_id, new.customer_id), act)


async def start_trial(service_id: UUID, new: NewTrial, act: Act) -> TrialView:
    """A free trial: it uses the customer's entitlement and ends by itself. Raises NotEntitled, QuotaUsedUp and more."""
    service = await queries.service(service_id)
    today = act.today
    starts_on = new.starts_on or today
    if not today <= starts_on <= today + AHEAD_MAX:
        raise Invalid.at("starts_on", f"today or up to {AHEAD_MAX.days} days ahead", value=starts_on.isoformat())
    # Two requests at once: the second sees what the first wrote.
    await version_of(new.customer_id)
    if await fetch_value(
        "select true from service_trial where service_id = $1 and customer_id = $2", service_id, new.customer_id
    ):
        raise TriedAlready(f"{service.name}, by customer {new.customer_id}")
    await _refuse_early(service, new.customer_id, starts_on)
    trials = act.policy.care.trials
    redeemed = await entitlements.redeem(
        NewRedemption(
            customer_id=new.customer_id,
            item=trials.item if trials else "free_trial",
            reference=f"trial/{service_id}/{new.customer_id}",
            note=service.name,
        ),
        act,
    )
    trial_id = await add(
        ServiceTrial,
        act,
        service_id=service_id,
        customer_id=new.customer_id,
        redemption_id=redeemed.id,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=service.trial_days),
    )
    await done("trial", Case("new_service", service_id, new.customer_id), act)
    return await queries.TRIALS.one(trial_id)


async def _refuse_early(service: NewServiceView, customer_id: UUID, starts_on: date) -> None:
    first = await fetch_value(
        "select true from service_telling where service_id = $1 and customer_id = $2", service.id, customer_id
    )
    from_day = service.told_from if first else service.general_from
    if starts_on < from_day:
        raise TooEarly(f"{service.name} is out from {from_day} for this customer")


async def _open(table: type[TenantTable], row_id: UUID) -> UUID:
    row = await locked(table, row_id)
    if row["state"] != "open":
        raise NotOpen(f"It is {row['state']}")
    customer_id: UUID = row["customer_id"]
    return customer_id
