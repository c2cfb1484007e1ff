"""What would be a signal now: one statement for each source, over the whole base (S07-32).

Of repairs, complaints, scores and contacts one signal of a rule is open at a time, and what was counted for one counts for no
second. Nobody's signal is a customer's who holds no tier, where the rule is for members.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.care.queries import RUNS_OUT
from guibin.complaints.queries import KNOWN
from guibin.context import Act
from guibin.policy.signals import EACH, SignalRule, Source
from guibin.profiles.orders import ORDERS
from guibin.records.dues import AsOf, missing_contact
from guibin.service_requests.queries import WANTED
from guibin.surveys.queries import IN_A_ROW
from guibin.tiers.queries import member
from guibin.web.listing import placed
from guibin_tenants import org_units
from guibin_tenants.rows import row_of
from guibin_tenants.scope import ALL_UNITS, fetch

from .tables import Outage


class Found(Struct, frozen=True, kw_only=True):
    """Whose signal it would be, of what; `details` are words and figures of it."""

    customer_id: UUID
    occurrence: str
    details: dict[str, str]
    outage_id: UUID | None = None


class _Asked(NamedTuple):
    """`customer_id`, `occurrence` and `details` of each candidate, and what the statement is asked with."""

    sql: str
    values: dict[str, Any] = {}


async def find(rule: SignalRule, act: Act) -> list[Found]:
    """What the rule finds now and nobody was told yet; of an outage see `affected`."""
    asked = _SOURCES[rule.source](rule, act)
    return await _new(rule, asked, act)


async def affected(outage_id: UUID, rule: SignalRule, act: Act) -> list[Found]:
    """Whom of those without a signal of it the outage affects. Raises NotFound."""
    condition, values = await affecting(outage_id)
    sql = f"""select c.id as customer_id, $outage_id::uuid::text as occurrence,
        jsonb_build_object('what', left($text::text, 100)) as details from customer c where {condition}"""
    found = await _new(rule, _Asked(sql, values | {"outage_id": outage_id}), act)
    return [msgspec.structs.replace(each, outage_id=outage_id) for each in found]


async def affecting(outage_id: UUID) -> tuple[str, dict[str, Any]]:
    """SQL with its values: the open archive `c` is affected by the outage. Raises NotFound."""
    outage = await row_of(
        Outage,
        outage_id,
        "select org_unit_id, text, kinds, field, value, product from outage where id = $1",
    )
    units = await org_units.visible_from(outage["org_unit_id"])
    condition = """c.closed_at is null and c.erased_at is null
        and ($area::uuid[] is null or c.org_unit_id = any ($area::uuid[]))
        and (cardinality($kinds::text[]) = 0 or c.kind = any ($kinds::text[]))
        and ($field::text = '' or c.fields ->> $field::text = $value::text)
        and ($product::text = '' or exists (select from product_order o where o.tenant_id = c.tenant_id
            and o.customer_id = c.id and o.product = $product::text and o.ended_at is null))"""
    return condition, {
        "area": None if units == ALL_UNITS else list(units),
        "kinds": msgspec.json.decode(outage["kinds"], type=list[str]),
        **{name: outage[name] for name in ("field", "value", "product", "text")},
    }


def _repairs(rule: SignalRule, act: Act) -> _Asked:
    """Calls for help and service requests of these kinds."""
    return _counted(
        rule,
        act,
        f"select r.customer_id, r.id, r.received_at as at from {WANTED} and r.item = any ($kinds::text[])"
        " and r.received_at >= $since union all select i.customer_id, i.id, i.happened_at from interaction i"
        " where i.wants = 'help' and i.happened_at >= $since",
    )


def _complaints(rule: SignalRule, act: Act) -> _Asked:
    """What was taken in, each matter once."""
    return _counted(
        rule,
        act,
        f"select k.customer_id, k.id, k.received_at as at from {KNOWN} and k.received_at >= $since"
        " and (cardinality($kinds::text[]) = 0 or k.kind = any ($kinds::text[]))",
    )


def _counted(rule: SignalRule, act: Act, records: str) -> _Asked:
    """So many of these `records` since the last signal."""
    sql = f"""select t.customer_id, (array_agg(t.id order by t.at desc, t.id desc))[1]::text as occurrence,
        jsonb_build_object('count', count(*)::text, 'days', $days::int::text) as details
        from ({records}) t
        where t.at > coalesce((select max(s.found_at) from signal s where s.customer_id = t.customer_id
            and s.rule = $rule), timestamptz '-infinity')
        group by t.customer_id having count(*) >= $times::int"""
    return _Asked(sql, {"kinds": list(rule.kinds), "since": _since(rule, act), "days": rule.days, "times": rule.times})


def _order_ends(rule: SignalRule, act: Act) -> _Asked:
    sql = f"""select o.customer_id, o.id || '/' || o.ends_on as occurrence,
        jsonb_build_object('product', left(o.product, 100), 'on', o.ends_on::text) as details
        from {ORDERS} and {RUNS_OUT} where o.ends_on > $today::date and o.ends_on <= $today::date + $days::int"""
    return _Asked(sql, {"days": rule.days})


def _score_low(rule: SignalRule, act: Act) -> _Asked:
    return _scored(rule, act, "a.score < a.floor")


def _score_falls(rule: SignalRule, act: Act) -> _Asked:
    return _scored(rule, act, f"a.before - a.score >= {int(rule.points)}")


def _scored(rule: SignalRule, act: Act, holds: str) -> _Asked:
    """The last answer to each survey, beside the one before."""
    sql = f"""select a.customer_id, a.id::text as occurrence, jsonb_strip_nulls(jsonb_build_object('score', a.score::text,
            'floor', a.floor::text, 'before', a.before::text)) as details
        from {IN_A_ROW}
        where a.place = 1 and a.answered_at >= $since and {holds}"""
    return _Asked(sql, {"since": _since(rule, act)})


def _contact_missed(rule: SignalRule, act: Act) -> _Asked:
    at = AsOf(act.today, act.company.time_zone, act.now)
    condition, values = missing_contact(act.policy.cadences, at, known_before=True)
    sql = f"""select c.id as customer_id, $today::date::text as occurrence, '{{}}'::jsonb as details
        from customer c where {condition}"""
    return _Asked(sql, values)


def _outages(rule: SignalRule, act: Act) -> _Asked:
    """Each by itself."""
    return _Asked("select null::uuid as customer_id, '' as occurrence, '{}'::jsonb as details where false")


_SOURCES: dict[Source, Callable[[SignalRule, Act], _Asked]] = {
    "repairs": _repairs,
    "complaints": _complaints,
    "outage": _outages,
    "order_ends": _order_ends,
    "score_low": _score_low,
    "score_falls": _score_falls,
    "contact_missed": _contact_missed,
}


def _since(rule: SignalRule, act: Act) -> Any:
    return act.now - timedelta(days=rule.days)


async def _new(rule: SignalRule, asked: _Asked, act: Act) -> list[Found]:
    """Those of them that are no signal yet: none is open, or ended lately; at most one of a customer's unless each counts."""
    statement, values = placed(
        f"""select f.customer_id, f.occurrence, f.details::text as details from ({asked.sql}) f
        join customer u on u.id = f.customer_id where u.closed_at is null
        and (not $members::boolean or {member("u", "$today::date")})
        and not exists (select from signal s where s.customer_id = f.customer_id and s.rule = $rule
            and (s.occurrence = f.occurrence
                or not $each::boolean and (s.state = 'open' or s.ended_at > $quiet_since)))
        order by f.customer_id, f.occurrence""",
        asked.values
        | {
            "rule": rule.name,
            "members": rule.members,
            "each": rule.source in EACH,
            "quiet_since": act.now - timedelta(days=rule.quiet_days),
            "today": act.today,
        },
    )
    found: dict[tuple[UUID, str], Found] = {}
    for row in await fetch(statement, *values):
        key = (row["customer_id"], row["occurrence"] if rule.source in EACH else "")
        details = msgspec.json.decode(row["details"], type=dict[str, str])
        found.setdefault(key, Found(customer_id=row["customer_id"], occurrence=row["occurrence"], details=details))
    return list(found.values())
