"""Reading what is to be done for customers."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.web.paging import Cursor
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one

# A follower begins at most so long before the end of what it follows: an order that ran beside it is another one.
OVERLAP_DAYS_MAX = 31


# SQL: order `o` is followed by another of the same product, or its renewal was carried out.
FOLLOWED = f"""(exists (select from product_order f where f.tenant_id = o.tenant_id and f.customer_id = o.customer_id
    and f.product = o.product and f.id <> o.id and f.ended_at is null and f.ends_on > o.ends_on
    and f.started_on > o.started_on and f.started_on >= o.ends_on - {OVERLAP_DAYS_MAX})
  or exists (select from renewal n where n.tenant_id = o.tenant_id and n.order_id = o.id and n.ends_on = o.ends_on
    and n.state = 'renewed'))"""


# SQL: order `o` runs, its customer `c` is there, and nothing follows it.
RUNS_OUT = f"o.ended_at is null and c.closed_at is null and not {FOLLOWED}"


class ReminderView(Struct, frozen=True, kw_only=True):
    """One reminder: which order ends when, and whether the customer has been told."""

    id: UUID
    customer_id: UUID
    order_id: UUID
    ends_on: date
    lead_days: int
    due_on: date
    state: str
    channel: str
    result: str
    done_by_name: str
    done_at: datetime | None


class RenewalView(Struct, frozen=True, kw_only=True):
    """One renewal on its way from approval to the order that follows."""

    id: UUID
    customer_id: UUID
    order_id: UUID
    ends_on: date
    approval_id: UUID | None
    state: str
    reason: str
    renewed_order_id: UUID | None
    filtered_on: date


class CareTaskView(Struct, frozen=True, kw_only=True):
    """One thing to do for a customer. `occurs_on` of a birthday is this year's day, not the date of birth."""

    id: UUID
    customer_id: UUID
    occasion: str
    about: str
    occurs_on: date
    prepare_on: date
    gifts: tuple[str, ...]
    messages: tuple[str, ...]
    visit: bool
    state: str
    result: str
    done_by_name: str
    done_at: datetime | None
    clause: str


class NewServiceView(Struct, frozen=True, kw_only=True):
    """A new service, and how many of those who hear of it first have."""

    id: UUID
    name: str
    description: str
    told_from: date
    general_from: date
    trial_days: int
    to_tell: int
    told: int
    trials: int


class TellingView(Struct, frozen=True, kw_only=True):
    """A customer to be told of a new service."""

    customer_id: UUID
    channel: str
    told_by_name: str
    told_at: datetime | None


class TrialView(Struct, frozen=True, kw_only=True):
    """A free trial, until before `ends_on`."""

    id: UUID
    service_id: UUID
    customer_id: UUID
    redemption_id: UUID
    starts_on: date
    ends_on: date


def _columns(view: type[Struct]) -> str:
    return ", ".join(view.__struct_fields__)


_MINE = "($1::uuid is null or customer_id in (select id from customer where account_manager_id = $1))"


async def reminders(
    *, manager_id: UUID | None, state: str | None, due_by: date | None, after: Cursor | None, limit: int
) -> list[ReminderView]:
    """The first due first, at most `limit`; with `manager_id` those of the customers this account manager looks after."""
    rows = await fetch(
        f"select {_columns(ReminderView)} from reminder where {_MINE} and ($2::text is null or state = $2)"
        " and ($3::date is null or due_on <= $3) and ($4::date is null or (due_on, id) > ($4, $5::uuid))"
        " order by due_on, id limit $6",
        manager_id,
        state,
        due_by,
        *_behind(after),
        limit,
    )
    return [msgspec.convert(dict(row), ReminderView) for row in rows]


async def reminder(reminder_id: UUID) -> ReminderView:
    """Raises NotFound."""
    row = await fetch_one(f"select {_columns(ReminderView)} from reminder where id = $1", reminder_id)
    if row is None:
        raise NotFound(f"There is no reminder {reminder_id}")
    return msgspec.convert(dict(row), ReminderView)


async def renewals(*, state: str | None, after: Cursor | None, limit: int) -> list[RenewalView]:
    """The first to end first, at most `limit`."""
    rows = await fetch(
        f"select {_columns(RenewalView)} from renewal where ($1::text is null or state = $1)"
        " and ($2::date is null or (ends_on, id) > ($2, $3::uuid)) order by ends_on, id limit $4",
        state,
        *_behind(after),
        limit,
    )
    return [msgspec.convert(dict(row), RenewalView) for row in rows]


async def renewal(renewal_id: UUID) -> RenewalView:
    """Raises NotFound."""
    row = await fetch_one(f"select {_columns(RenewalView)} from renewal where id = $1", renewal_id)
    if row is None:
        raise NotFound(f"There is no renewal {renewal_id}")
    return msgspec.convert(dict(row), RenewalView)


async def tasks(
    *, manager_id: UUID | None, state: str | None, until: date | None, after: Cursor | None, limit: int
) -> list[CareTaskView]:
    """The first to come first, at most `limit`."""
    rows = await fetch(
        f"select {_columns(CareTaskView)} from care_task where {_MINE} and ($2::text is null or state = $2)"
        " and ($3::date is null or occurs_on <= $3) and ($4::date is null or (occurs_on, id) > ($4, $5::uuid))"
        " order by occurs_on, id limit $6",
        manager_id,
        state,
        until,
        *_behind(after),
        limit,
    )
    return [_task(dict(row)) for row in rows]


async def task(task_id: UUID) -> CareTaskView:
    """Raises NotFound."""
    row = await fetch_one(f"select {_columns(CareTaskView)} from care_task where id = $1", task_id)
    if row is None:
        raise NotFound(f"There is no care task {task_id}")
    return _task(dict(row))


async def services() -> list[NewServiceView]:
    """The latest first."""
    rows = await fetch(
        "select s.id, s.name, s.description, s.told_from, s.general_from, s.trial_days,"
        " (select count(*) from service_telling t where t.tenant_id = s.tenant_id and t.service_id = s.id) as to_tell,"
        " (select count(t.told_at) from service_telling t where t.tenant_id = s.tenant_id and t.service_id = s.id)"
        " as told,"
        " (select count(*) from service_trial t where t.tenant_id = s.tenant_id and t.service_id = s.id) as trials"
        " from new_service s order by s.announced_at desc, s.id"
    )
    return [msgspec.convert(dict(row), NewServiceView) for row in rows]


async def service(service_id: UUID) -> NewServiceView:
    """Raises NotFound."""
    for found in await services():
        if found.id == service_id:
            return found
    raise NotFound(f"There is no new service {service_id}")


async def tellings(service_id: UUID, *, after: Cursor | None, limit: int) -> list[TellingView]:
    """Who is to be told, those who have not heard first, at most `limit`."""
    rows = await fetch(
        f"select {_columns(TellingView)} from service_telling where service_id = $1"
        " and ($2::int is null or ((told_at is not null)::int, customer_id) > ($2, $3::uuid))"
        " order by (told_at is not null)::int, customer_id limit $4",
        service_id,
        after.group if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), TellingView) for row in rows]


async def trial(trial_id: UUID) -> TrialView:
    """Raises NotFound."""
    row = await fetch_one(f"select {_columns(TrialView)} from service_trial where id = $1", trial_id)
    if row is None:
        raise NotFound(f"There is no trial {trial_id}")
    return msgspec.convert(dict(row), TrialView)


def _behind(after: Cursor | None) -> tuple[date | None, UUID | None]:
    return (after.moment.date(), after.id) if after else (None, None)


def _task(row: dict[str, object]) -> CareTaskView:
    for field in ("gifts", "messages"):
        row[field] = msgspec.json.decode(str(row[field]))
    return msgspec.convert(row, CareTaskView)
