"""The rules by which looks are drawn as unusual, each one statement over the record of a span."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from guibin.audit.queries import LOOKED_AT
from guibin.emergencies.queries import LOOKS as LOOKS_OF_ACCESS
from guibin.policy.looking import UnusualLookRule, UnusualName
from guibin.profiles.particulars import MASKED_NAME
from guibin.profiles.queries import customer_named
from guibin_tenants.rows import read

CUSTOMERS_KEPT = 50


class Window(NamedTuple):
    """Which looks are gone through, and in which zone their days and hours are counted."""

    since: datetime
    until: datetime
    zone: str


class Drawn(Struct, frozen=True):
    """Somebody's looks that break a rule, as a row is made of them."""

    actor_id: UUID
    actor_name: str
    customer_id: UUID | None
    customer_ids: tuple[UUID, ...]
    from_at: datetime
    until_at: datetime
    looks: int
    found: int


# Files that staff opened one by one: a list shows many and opens none.
_LOOKS = f"""look as (select x.actor_id, x.actor_name, x.happened_at, x.customer_ids[1] as customer_id,
    date_trunc('day', x.happened_at, $3) as day, date_trunc('hour', x.happened_at, $3) as hour,
    extract(hour from x.happened_at at time zone $3) as at_hour
  from audit_entry x where x.happened_at >= $1 and x.happened_at < $2 and x.actor_kind = 'staff' and {LOOKED_AT}
    and x.action not like 'audit.%' and coalesce(x.refused, '') = '' and cardinality(x.customer_ids) = 1)"""
# The customer is somebody else's to look after, and whoever looks belongs to no team of theirs.
_OTHERS = """c.account_manager_id is not null and c.account_manager_id <> l.actor_id and not exists (select from team_member m
    where m.tenant_id = c.tenant_id and m.customer_id = c.id and m.staff_id = l.actor_id and m.left_at is null)"""
_SHOWN = f"""l.actor_id, max(l.actor_name) as actor_name, null::uuid as customer_id,
    (array_agg(distinct l.customer_id))[1:{CUSTOMERS_KEPT}] as customer_ids"""
_COUNTED = "count(*)::int as looks, count(distinct l.customer_id)::int as found"
_ENOUGH = "having count(distinct l.customer_id) >= $4"


async def find(rule: UnusualLookRule, window: Window) -> list[Drawn]:
    """What breaks the rule within the window."""
    return await _FINDERS[rule.name](rule, window)


async def _outside_care(rule: UnusualLookRule, window: Window) -> list[Drawn]:
    return await read(
        Drawn,
        f"with {_LOOKS} select {_SHOWN}, l.day as from_at, l.day + interval '1 day' as until_at, {_COUNTED} from look l"
        f" join staff s on s.id = l.actor_id and not s.roles && $5::text[] {customer_named('c', 'l.customer_id')}"
        f" where {_OTHERS} group by l.actor_id, l.day {_ENOUGH}",
        *window,
        rule.at_least,
        list(rule.roles),
    )


async def _many_in_an_hour(rule: UnusualLookRule, window: Window) -> list[Drawn]:
    return await read(
        Drawn,
        f"with {_LOOKS} select {_SHOWN}, l.hour as from_at, l.hour + interval '1 hour' as until_at, {_COUNTED} from look l"
        f" group by l.actor_id, l.hour {_ENOUGH}",
        *window,
        rule.at_least,
    )


async def _out_of_hours(rule: UnusualLookRule, window: Window) -> list[Drawn]:
    """A night that goes past midnight belongs to the day it begins on."""
    return await read(
        Drawn,
        f"with {_LOOKS}, night as (select *, case when $5::int > $6::int and at_hour < $6 then day - interval '1 day' else day end as of_day"
        " from look where case when $5 > $6 then at_hour >= $5 or at_hour < $6 else at_hour >= $5 and at_hour < $6 end)"
        f" select {_SHOWN}, l.of_day + make_interval(hours => $5) as from_at,"
        f" l.of_day + make_interval(hours => case when $5 > $6 then $6 + 24 else $6 end) as until_at, {_COUNTED}"
        f" from night l group by l.actor_id, l.of_day {_ENOUGH}",
        *window,
        rule.at_least,
        rule.from_hour,
        rule.to_hour,
    )


async def _same_surname(rule: UnusualLookRule, window: Window) -> list[Drawn]:
    return await _at_one_customer("left(c.name, 1) = left(s.name, 1)", rule, window)


async def _own_relative(rule: UnusualLookRule, window: Window) -> list[Drawn]:
    """Relatives are sealed: only the masked name is compared, so that it is a hint and no more."""
    named = (
        "exists (select from relative r where r.customer_id = l.customer_id"
        f" and r.masked = left(s.name, 1) || '{MASKED_NAME}')"
    )
    return await _at_one_customer(named, rule, window)


async def _at_one_customer(kin: str, rule: UnusualLookRule, window: Window) -> list[Drawn]:
    """Looks of a day at one and the same customer of somebody else's, who may be `kin` of whoever looks."""
    return await read(
        Drawn,
        f"with {_LOOKS} select l.actor_id, max(l.actor_name) as actor_name, l.customer_id, array[l.customer_id] as customer_ids,"
        " l.day as from_at, l.day + interval '1 day' as until_at, count(*)::int as looks, count(*)::int as found from look l"
        f" join staff s on s.id = l.actor_id {customer_named('c', 'l.customer_id')}"
        f" where {kin} and {_OTHERS} group by l.actor_id, l.customer_id, l.day having count(*) >= $4",
        *window,
        rule.at_least,
    )


async def _before_leaving(rule: UnusualLookRule, window: Window) -> list[Drawn]:
    """Whoever left within the window: all they looked at in their last days."""
    begun = window._replace(since=window.since - timedelta(days=rule.days))
    return await read(
        Drawn,
        f"with {_LOOKS} select {_SHOWN}, max(s.left_at) - make_interval(days => $5) as from_at, max(s.left_at) as until_at,"
        f" {_COUNTED} from look l join staff s on s.id = l.actor_id"
        " where s.left_at >= $6 and s.left_at < $2 and l.happened_at >= s.left_at - make_interval(days => $5)"
        f" and l.happened_at <= s.left_at group by l.actor_id {_ENOUGH}",
        *begun,
        rule.at_least,
        rule.days,
        window.since,
    )


async def _many_refused(rule: UnusualLookRule, window: Window) -> list[Drawn]:
    return await read(
        Drawn,
        "select x.actor_id, max(x.actor_name) as actor_name, null::uuid as customer_id,"
        f" coalesce((array_agg(distinct x.customer_ids[1]) filter (where cardinality(x.customer_ids) > 0))[1:{CUSTOMERS_KEPT}],"
        " '{}') as customer_ids, date_trunc('hour', x.happened_at, $3) as from_at,"
        " date_trunc('hour', x.happened_at, $3) + interval '1 hour' as until_at, count(*)::int as looks, count(*)::int as found"
        " from audit_entry x join staff s on s.id = x.actor_id where x.happened_at >= $1 and x.happened_at < $2"
        " and x.actor_kind = 'staff' and coalesce(x.refused, '') <> ''"
        " group by x.actor_id, date_trunc('hour', x.happened_at, $3) having count(*) >= $4",
        *window,
        rule.at_least,
    )


async def _emergency_not_justified(rule: UnusualLookRule, window: Window) -> list[Drawn]:
    """Judged within the window; what was looked at in its name is what it is about."""
    return await read(
        Drawn,
        "select x.staff_id as actor_id, x.staff_name as actor_name, x.customer_id, array[x.customer_id] as customer_ids,"
        " x.opened_at as from_at, coalesce(x.ended_at, x.until_at) as until_at,"
        f" {LOOKS_OF_ACCESS} as looks, 1 as found from emergency_review r"
        " join emergency_access x on x.tenant_id = r.tenant_id and x.id = r.access_id"
        " where r.verdict = 'not_justified' and r.reviewed_at >= $1 and r.reviewed_at < $2",
        window.since,
        window.until,
    )


_FINDERS: dict[UnusualName, Callable[[UnusualLookRule, Window], Awaitable[list[Drawn]]]] = {
    "outside_care": _outside_care,
    "many_in_an_hour": _many_in_an_hour,
    "out_of_hours": _out_of_hours,
    "same_surname": _same_surname,
    "before_leaving": _before_leaving,
    "own_relative": _own_relative,
    "many_refused": _many_refused,
    "emergency_not_justified": _emergency_not_justified,
}
