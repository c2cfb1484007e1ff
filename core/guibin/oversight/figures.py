"""Looks counted ahead, so that a span of a quarter is not counted anew whenever somebody asks.

Each span has its own sums, from its first moment on until an hour ago. Every hour what came since is added and what the span has left
behind is taken away; whoever asks in between does the same with what is missing (`counts`), so that an answer is what counting the
record itself would give. The record is the truth: sums of another span, or of what another release called a look, are made anew.
"""

import hashlib
from datetime import datetime
from typing import Literal

from msgspec import Struct

from guibin.audit.kinds import CLEAR, LOOKED
from guibin.audit.listed import SETTLED_AFTER
from guibin.audit.queries import IN_CLEAR, LOOKED_AT
from guibin.context import Act
from guibin_tenants.rows import many
from guibin_tenants.scope import execute, fetch_value

from .spans import Span, between
from .tables import NOBODY

# A day is counted as it is asked for.
SUMMED: tuple[Span, ...] = ("week", "month", "last_month", "quarter")
# What sums are made of: another release may call other actions looks.
COUNTED_AS = hashlib.sha256("\n".join([*sorted(LOOKED), "", *sorted(CLEAR)]).encode()).hexdigest()
TABLES = ("look_sum", "customer_look_sum")
COUNTED = f"{LOOKED_AT} and coalesce(x.refused, '') = ''"


class Summed(Struct, frozen=True):
    """Between which moments a span was counted, and by what."""

    from_at: datetime
    until_at: datetime
    counted_as: str


async def sum_next(act: Act) -> bool:
    """Bring the sums of the next span that lags up to an hour ago; whether there was one."""
    settled = (act.now - SETTLED_AFTER).replace(minute=0, second=0, microsecond=0)
    for span in SUMMED:
        asked = between(span, act)
        until = max(asked.since, min(settled, asked.until or settled))
        if await _bring_up(span, Summed(asked.since, until, COUNTED_AS)):
            return True
    return False


async def _bring_up(span: Span, to: Summed) -> bool:
    found = await many(Summed, "from summed_span where span = $1 for update", span)
    stands = found[0] if found else None
    if stands == to:
        return False
    if not (stands and _goes_on(stands, to) and await _move(span, stands, to)):
        for table in TABLES:
            await execute(f"delete from {table} where span = $1", span)
        await _count(span, 1, to.from_at, to.until_at)
    await execute(
        "insert into summed_span (id, span, from_at, until_at, counted_as) values (gen_random_uuid(), $1, $2, $3, $4)"
        " on conflict (tenant_id, span) do update set from_at = excluded.from_at, until_at = excluded.until_at,"
        " counted_as = excluded.counted_as",
        span,
        to.from_at,
        to.until_at,
        to.counted_as,
    )
    return True


def _goes_on(stands: Summed, to: Summed) -> bool:
    """Whether less is to be added and taken away than is there."""
    return stands.counted_as == to.counted_as and stands.from_at <= to.from_at <= stands.until_at <= to.until_at


async def _move(span: Span, stands: Summed, to: Summed) -> bool:
    """Add what came and take away what is behind; whether that was right: nothing can be left of less than nothing."""
    await _count(span, 1, stands.until_at, to.until_at)
    if stands.from_at == to.from_at:
        return True
    await _count(span, -1, stands.from_at, to.from_at)
    gone = "with gone as (delete from {} where span = $1 and looks <= 0 returning looks) select coalesce(min(looks), 0) from gone"
    return not any([await fetch_value(gone.format(table), span) for table in TABLES])


async def _count(span: Span, sign: Literal[1, -1], since: datetime, until: datetime) -> None:
    """Add the looks between two moments to the sums, or take them away."""
    if since >= until:
        return
    await execute(_ADD, span, sign, since, until)
    await execute(_ADD_CUSTOMERS, span, sign, since, until)


_ADD = f"""insert into look_sum as s (id, span, part, org_unit_id, actor_id, name, looks, files, clear, last_at)
  select gen_random_uuid(), $1::varchar, case when grouping(x.actor_id) = 0 then 'person' when grouping(x.purpose) = 0 then 'purpose'
      else 'action' end, x.org_unit_id, x.actor_id, coalesce(x.actor_name, x.purpose, x.action), $2::int * count(*),
    $2::int * coalesce(sum(cardinality(x.customer_ids)), 0), $2::int * count(*) filter (where {IN_CLEAR}), max(x.happened_at)
  from audit_entry x where x.happened_at >= $3 and x.happened_at < $4 and {COUNTED}
  group by grouping sets ((x.org_unit_id, x.actor_id, x.actor_name), (x.org_unit_id, x.purpose), (x.org_unit_id, x.action))
  on conflict (tenant_id, span, part, coalesce(org_unit_id, {NOBODY}), coalesce(actor_id, {NOBODY}), md5(name))
  do update set looks = s.looks + excluded.looks, files = s.files + excluded.files, clear = s.clear + excluded.clear,
    last_at = greatest(s.last_at, excluded.last_at)"""
_ADD_CUSTOMERS = f"""insert into customer_look_sum as s (id, span, customer_id, looks, clear, last_at)
  select gen_random_uuid(), $1::varchar, c.id, $2::int * count(*), $2::int * count(*) filter (where {IN_CLEAR}), max(x.happened_at)
  from audit_entry x cross join unnest(x.customer_ids) as c (id)
  where x.happened_at >= $3 and x.happened_at < $4 and {COUNTED} group by c.id
  on conflict (tenant_id, span, customer_id)
  do update set looks = s.looks + excluded.looks, clear = s.clear + excluded.clear, last_at = greatest(s.last_at, excluded.last_at)"""
