"""Finding, once a day, for whom something is to be done. Each statement may run again: what is there stays as it is."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import msgspec

from guibin.policy.care import CareOccasion, ReminderPolicy
from guibin.policy.occasions import Anniversary, festivals_on, kept_on
from guibin_tenants.scope import execute, fetch

# Whoever has said no to this purpose gets neither gifts nor messages.
CONSENT = "care"
_WANTED = """
with kept as (
    select * from unnest($1::date[], $2::text[], $3::int[], $4::int[], $5::bool[], $6::int[])
        as k (occurs_on, calendar, month, day, leap_month, year)
), dated as (
    {dated}
), wanted as (
    select d.customer_id, d.about, d.year, d.occurs_on from dated d
    join customer c on c.id = d.customer_id and c.closed_at is null and c.erased_at is null
    where (cardinality($8::text[]) = 0 or c.kind = any ($8::text[]))
        and (cardinality($9::text[]) = 0 or exists (select 1 from membership m where m.tenant_id = c.tenant_id
            and m.customer_id = c.id and m.tier = any ($9::text[]) and m.starts_on <= $10
            and (m.ends_on is null or m.ends_on > $10)))
        and coalesce((select s.answer from consent s where s.tenant_id = c.tenant_id and s.customer_id = c.id
            and s.purpose = $11 order by s.recorded_at desc, s.id desc limit 1), 'granted') = 'granted'
), withdrawn as (
    update care_task t set state = 'withdrawn' where t.occasion = $7 and t.state = 'open' and t.occurs_on >= $10
        and not exists (select 1 from wanted w where w.customer_id = t.customer_id and w.about = t.about
            and w.occurs_on = t.occurs_on)
)
insert into care_task (id, customer_id, occasion, about, year, occurs_on, prepare_on, gifts, messages, visit, state,
    result, done_by_name, clause, created_at)
select gen_random_uuid(), customer_id, $7, about, year, occurs_on, $10, $12::jsonb, $13::jsonb, $14, 'open', '', '', $15,
    $16
from wanted
on conflict (tenant_id, customer_id, occasion, about, year) do update
    set state = 'open', occurs_on = excluded.occurs_on where care_task.state = 'withdrawn'
"""
_BIRTHDAYS = _WANTED.format(
    dated="select c.id as customer_id, ''::text as about, k.year, k.occurs_on from kept k join customer c"
    " on c.birthday_calendar = k.calendar and extract(month from c.birthday) = k.month"
    " and extract(day from c.birthday) = k.day and c.birthday_leap_month = k.leap_month"
)
_ANNIVERSARIES = _WANTED.format(
    dated="select o.customer_id, o.id::text as about, k.year, k.occurs_on from kept k join occasion o"
    " on o.calendar = k.calendar and extract(month from o.happened_on) = k.month"
    " and extract(day from o.happened_on) = k.day and o.leap_month = k.leap_month and o.happened_on < k.occurs_on"
)
_FESTIVALS = _WANTED.format(
    dated="select c.id as customer_id, k.calendar as about, k.year, k.occurs_on from kept k cross join customer c"
)
_STATEMENTS = {"birthday": _BIRTHDAYS, "anniversary": _ANNIVERSARIES, "festival": _FESTIVALS}


async def prepare_occasion(occasion: CareOccasion, *, today: date, now: datetime) -> None:
    """Write the tasks of the next `lead_days` days; those whose day, customer or consent is gone are withdrawn."""
    days = [today + timedelta(days=ahead) for ahead in range(occasion.lead_days + 1)]
    kept = list(_festivals(days, occasion.festivals) if occasion.kind == "festival" else _kept(days))
    await execute(
        _STATEMENTS[occasion.kind],
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
        CONSENT,
        msgspec.json.encode(occasion.gifts).decode(),
        msgspec.json.encode(occasion.messages).decode(),
        occasion.visit,
        occasion.clause,
        now,
    )


async def prepare_reminders(policy: ReminderPolicy, *, today: date, now: datetime) -> None:
    """Write what falls due today, or fell due unseen; withdraw what an end, a renewal or another end date overtook."""
    await execute(
        "update reminder r set state = 'withdrawn' where r.state = 'open' and not exists ("
        " select 1 from product_order o join customer c on c.tenant_id = o.tenant_id and c.id = o.customer_id"
        " where o.tenant_id = r.tenant_id and o.id = r.order_id and o.ends_on = r.ends_on and o.ended_at is null"
        " and c.closed_at is null and not exists (select 1 from renewal n where n.tenant_id = o.tenant_id"
        " and n.order_id = o.id and n.ends_on = o.ends_on and n.state = 'renewed'))"
    )
    await execute(
        "insert into reminder (id, customer_id, order_id, ends_on, lead_days, due_on, state, channel, result,"
        " done_by_name, created_at)"
        " select gen_random_uuid(), o.customer_id, o.id, o.ends_on, l.days, o.ends_on - l.days, 'open', '', '', '', $3"
        " from product_order o join customer c on c.tenant_id = o.tenant_id and c.id = o.customer_id"
        " cross join unnest($1::int[]) as l (days)"
        " where o.ended_at is null and c.closed_at is null and o.ends_on > $2 and o.ends_on - l.days <= $2"
        # Of several leads that have come only the nearest is worth a call.
        " and l.days = (select min(n) from unnest($1::int[]) as n where o.ends_on - n <= $2)"
        " and not exists (select 1 from renewal n where n.tenant_id = o.tenant_id and n.order_id = o.id"
        " and n.ends_on = o.ends_on and n.state = 'renewed')"
        " on conflict (tenant_id, order_id, ends_on, lead_days) do nothing",
        list(policy.lead_days),
        today,
        now,
    )


async def due_by_manager(today: date) -> list[tuple[str, int]]:
    """How many open reminders and care tasks each account manager has today; the id as text."""
    rows = await fetch(
        "select c.account_manager_id::text as manager, count(*) as due from ("
        " select tenant_id, customer_id from reminder where state = 'open' and due_on <= $1"
        " union all select tenant_id, customer_id from care_task where state = 'open' and prepare_on = $1) d"
        " join customer c on c.tenant_id = d.tenant_id and c.id = d.customer_id"
        " where c.account_manager_id is not null group by c.account_manager_id",
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
