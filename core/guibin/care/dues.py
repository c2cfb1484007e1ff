"""Finding, once a day, for whom something is to be done. Each statement may run again: what is there stays as it is."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from guibin.policy.care import CareOccasion, ReminderPolicy
from guibin.policy.occasions import Anniversary, festivals_on, kept_on
from guibin.profiles.orders import ORDERS
from guibin.profiles.particulars import ANNIVERSARIES, BIRTHDAYS
from guibin.profiles.queries import OPEN, customer_named, customer_of
from guibin.tiers.queries import member
from guibin_tenants.scope import execute, fetch

from .consents import CARE, refusal
from .queries import RUNS_OUT

# Two days nearer to each other are the same year's occasion, one of them wrong: a lunar year has at least 353 days.
_SAME_OCCASION_DAYS = 176
_WANTED = f"""
with kept as (
    select * from unnest($1::date[], $2::text[], $3::int[], $4::int[], $5::bool[], $6::int[])
        as k (occurs_on, calendar, month, day, leap_month, year)
), dated as (
    {{dated}}
), wanted as (
    select d.customer_id, d.about, d.year, d.occurs_on, {refusal("c", CARE, wish="'occasion:' || $7::text")} as refusal from dated d
    {customer_named("c", "d.customer_id")} and c.closed_at is null and c.erased_at is null
    where (cardinality($8::text[]) = 0 or c.kind = any ($8::text[]))
        and (cardinality($9::text[]) = 0 or {member("c", "$10", "m.tier = any ($9::text[])")})
)
"""
# Done first and by itself: a statement cannot withdraw a row and open it again.
_WITHDRAW = """
update care_task t set state = 'withdrawn' where t.occasion = $7::text and t.state in ('open', 'waived') and (
    t.occurs_on >= $10 and not exists (select 1 from wanted w where w.customer_id = t.customer_id and w.about = t.about
        and w.year = t.year and w.occurs_on = t.occurs_on)
    or t.occurs_on < $10 and exists (select 1 from wanted w where w.customer_id = t.customer_id and w.about = t.about
        and abs(w.occurs_on - t.occurs_on) <= $11))
"""
# What was done for the day before it was corrected is not done again; what was called off because it was wrong is.
_PREPARE = """
insert into care_task as t (id, customer_id, occasion, about, year, occurs_on, prepare_on, gifts, messages, visit, state,
    result, done_by_name, clause, created_at)
select gen_random_uuid(), w.customer_id, $7::text, w.about, w.year, w.occurs_on, $10, $12::jsonb, $13::jsonb, $14,
    case when w.refusal is null then 'open' else 'waived' end, coalesce(w.refusal, ''), '', $15, $16
from wanted w where not exists (select 1 from care_task d where d.customer_id = w.customer_id and d.occasion = $7::text
    and d.about = w.about and d.year <> w.year and d.state = 'done' and abs(d.occurs_on - w.occurs_on) <= $11)
on conflict (tenant_id, customer_id, occasion, about, year) do update
    set state = excluded.state, result = excluded.result, occurs_on = excluded.occurs_on,
        prepare_on = excluded.prepare_on, gifts = excluded.gifts, messages = excluded.messages, visit = excluded.visit,
        done_by_name = '', done_at = null
    where t.state = 'withdrawn' or t.state = 'cancelled' and t.occurs_on <> excluded.occurs_on
        or t.state in ('open', 'waived') and t.state <> excluded.state
"""
_DATED = {
    "birthday": BIRTHDAYS,
    "anniversary": ANNIVERSARIES,
    "festival": "select c.id as customer_id, k.calendar as about, k.year, k.occurs_on from kept k cross join"
    f" (select * from {OPEN}) c",
}


async def prepare_occasion(occasion: CareOccasion, *, today: date, now: datetime) -> None:
    """Write the tasks of the next `lead_days` days; those whose day or customer is gone are withdrawn.

    A customer who wants none gets a waived task that says so.
    """
    days = [today + timedelta(days=ahead) for ahead in range(occasion.lead_days + 1)]
    kept = list(_festivals(days, occasion.festivals) if occasion.kind == "festival" else _kept(days))
    wanted = _WANTED.format(dated=_DATED[occasion.kind])
    columns = (
        [day for day, _ in kept],
        [one.calendar for _, one in kept],
        [one.month for _, one in kept],
        [one.day for _, one in kept],
        [one.leap_month for _, one in kept],
        [one.year for _, one in kept],
        occasion.name,
        list(occasion.customer_kinds),
        list(occasion.tiers),
        today,
        _SAME_OCCASION_DAYS,
    )
    await execute(wanted + _WITHDRAW, *columns)
    await execute(
        wanted + _PREPARE,
        *columns,
        msgspec.json.encode(occasion.gifts).decode(),
        msgspec.json.encode(occasion.messages).decode(),
        occasion.visit,
        occasion.clause,
        now,
    )


async def prepare_reminders(policy: ReminderPolicy, *, today: date, now: datetime) -> None:
    """Write what falls due today, or fell due unseen; withdraw what an end, a renewal or another end date overtook.

    An end date that comes back opens the reminders that were withdrawn. A customer who wants none gets a waived one.
    """
    await withdraw_reminders()
    await execute(
        "insert into reminder as r (id, customer_id, order_id, ends_on, lead_days, due_on, state, channel, result,"
        " done_by_name, created_at)"
        " select gen_random_uuid(), o.customer_id, o.id, o.ends_on, l.days, o.ends_on - l.days,"
        f" case when {refusal('c')} is null then 'open' else 'waived' end, '', coalesce({refusal('c')}, ''), '', $3"
        f" from {ORDERS} cross join unnest($1::int[]) as l (days)"
        f" where {RUNS_OUT} and o.ends_on > $2 and o.ends_on - l.days <= $2"
        # Of several leads that have come only the nearest is worth a call.
        " and l.days = (select min(n) from unnest($1::int[]) as n where o.ends_on - n <= $2)"
        " on conflict (tenant_id, order_id, ends_on, lead_days) do update"
        " set state = excluded.state, result = excluded.result where r.state = 'withdrawn'"
        " or r.state in ('open', 'waived') and r.state <> excluded.state",
        list(policy.lead_days),
        today,
        now,
    )


async def withdraw_reminders(customer_ids: Collection[UUID] | None = None) -> None:
    """Withdraw open reminders that are overtaken, of these customers or of all."""
    await execute(
        "update reminder r set state = 'withdrawn' where r.state in ('open', 'waived')"
        " and ($1::uuid[] is null or r.customer_id = any ($1)) and not exists ("
        f" select from {ORDERS} where o.tenant_id = r.tenant_id and o.id = r.order_id and o.ends_on = r.ends_on and {RUNS_OUT})",
        customer_ids,
    )


async def waive_unwanted(customer_id: UUID | None = None) -> None:
    """Waive whatever is open for customers who want no contact, one or all, with what they said."""
    for table, said in (
        ("reminder", refusal("c")),
        ("care_task", refusal("c", CARE, wish="'occasion:' || t.occasion")),
    ):
        await execute(
            f"update {table} t set state = 'waived', result = {said} from customer c where c.tenant_id = t.tenant_id"
            f" and c.id = t.customer_id and t.state = 'open' and ($1::uuid is null or c.id = $1) and {said} is not null",
            customer_id,
        )


async def due_by_manager(today: date) -> list[tuple[str, int]]:
    """How many open reminders and care tasks each account manager has today; the id as text."""
    rows = await fetch(
        "select c.account_manager_id::text as manager, count(*) as due from ("
        " select tenant_id, customer_id from reminder where state = 'open' and due_on <= $1"
        " union all select tenant_id, customer_id from care_task where state = 'open' and prepare_on = $1) d"
        f" {customer_of('c', 'd')} where c.account_manager_id is not null group by c.account_manager_id",
        today,
    )
    return [(row["manager"], row["due"]) for row in rows]


def _kept(days: list[date]) -> Iterable[tuple[date, Anniversary]]:
    return ((day, anniversary) for day in days for anniversary in kept_on(day))


def _festivals(days: list[date], wanted: tuple[str, ...]) -> Iterable[tuple[date, Anniversary]]:
    # A festival's name travels in the place of the calendar's.
    return (
        (day, Anniversary(name, day.month, day.day, False, day.year))
        for day in days
        for name in festivals_on(day)
        if name in wanted
    )
