"""Looks of a span counted by person, purpose, kind or customer: from the sums, and from the record for what they do not hold yet.

Each answer is one statement, so that sums and record are of one moment. It gives what counting the record alone would.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.audit.queries import IN_CLEAR, LISTED_UNTIL
from guibin.context import Act
from guibin.profiles.queries import customer_named
from guibin_tenants.rows import read
from guibin_tenants.walls import SEEN_UNITS

from .figures import COUNTED, COUNTED_AS
from .spans import Span, between

Part = Literal["person", "customer", "purpose", "action"]


class Group(Struct, frozen=True):
    """Looks of one person, at one customer, for one purpose, or of one kind. `files` counts a customer once for each look,
    `clear` those that showed something sealed. `id` is a person's or customer's, None where there is none."""

    id: UUID | None
    name: str
    detail: str
    looks: int
    files: int
    clear: int
    last_at: datetime


# Sums serve a span that they begin before and end within. Where there are none they begin and end with it, and nothing is of them.
_SPAN = """held as materialized (select coalesce(max(m.from_at), $1) as from_at, coalesce(max(m.until_at), $1) as until_at,
    count(*) > 0 as known from summed_span m where m.span = $3 and m.counted_as = $4 and m.from_at <= $1 and m.until_at >= $1
    and m.until_at <= (select coalesce($2::timestamptz, 'infinity')))"""
_LOOK = f"""x.id, x.actor_id, x.actor_name, x.org_unit_id, x.purpose, x.action, x.customer_ids, x.happened_at,
    ({IN_CLEAR})::int as clear"""
_OWN = f"and x.org_unit_id = any ({SEEN_UNITS})"
_OTHERS = f"and (x.org_unit_id = any ({SEEN_UNITS})) is not true"
_WITHIN = "{0}.happened_at >= $1 and {0}.happened_at < (select coalesce($2::timestamptz, 'infinity'))"
# The wall says the same; said once more it is found by the index of units.
_IN_SIGHT = f"select c.id from customer c where c.org_unit_id = any ({SEEN_UNITS})"
# What others looked at of the customers in sight: by the customer an entry names alone or first, and by lists of several. Each customer's
# are looked up by themselves (`offset 0`): together PostgreSQL would go through the entries of everybody else.
_FROM_OUTSIDE = f"""mine as materialized ({_IN_SIGHT}),
    others as (select {_LOOK} from mine cross join lateral (select * from audit_entry x where x.customer_ids[1] = mine.id
        and {_WITHIN.format("x")} and {COUNTED} {_OTHERS} offset 0) x
    union select {_LOOK} from (select l.entry_id from mine cross join lateral (select l.entry_id from listed_customer l
          where l.customer_id = mine.id and {_WITHIN.format("l")} offset 0) l
        union select e.id from audit_entry e where e.happened_at >= (select greatest($1, {LISTED_UNTIL}))
          and e.happened_at < (select coalesce($2::timestamptz, 'infinity')) and cardinality(e.customer_ids) > 1) l
      cross join lateral (select * from audit_entry x where x.id = l.entry_id and {COUNTED} {_OTHERS} offset 0) x)"""
_KEYS = {
    "person": ("x.actor_id", "x.actor_name", "x.org_unit_id"),
    "purpose": ("null::uuid", "x.purpose", "null::uuid"),
    "action": ("null::uuid", "x.action", "null::uuid"),
}


async def count(part: Part, span: Span, act: Act, *, most: int) -> list[Group]:
    """The groups with most looks first, at most so many."""
    asked = between(span, act)
    statement = _customers() if part == "customer" else _others(part, act)
    return await read(Group, statement, asked.since, asked.until, span, COUNTED_AS, most)


def _edge(seen: str = "") -> str:
    """What came since they were counted, and what they hold from before the span."""
    return f"""edge as (select 1 as sign, {_LOOK} from audit_entry x where x.happened_at >= (select until_at from held)
      and x.happened_at < (select coalesce($2::timestamptz, 'infinity')) and {COUNTED} {seen}
    union all select -1, {_LOOK} from audit_entry x where x.happened_at >= (select from_at from held)
      and x.happened_at < $1 and {COUNTED} {seen})"""


def _others(part: Part, act: Act) -> str:
    """Whoever does not see the whole company sees what its own people did, by their unit, and who looked at its customers."""
    whole = act.by.units_seen is None
    key, name, unit = _KEYS[part]
    looked = f"select {key}, {name}, {unit}, {{sign}}, {{sign}} * cardinality(x.customer_ids), {{sign}} * x.clear, x.happened_at from {{rows}} x"
    found = [
        f"select {key}, x.name, {unit}, x.looks, x.files, x.clear, x.last_at from look_sum x"
        f" where x.span = $3 and x.part = '{part}' and (select known from held)",
        looked.format(sign="x.sign", rows="edge"),
    ]
    steps = [_SPAN, _edge("" if whole else _OWN)]
    if not whole:
        steps.append(_FROM_OUTSIDE)
        found.append(looked.format(sign="1", rows="others"))
    return f"""with {", ".join(steps)}, found (id, name, unit_id, looks, files, clear, last_at) as ({" union all ".join(found)}),
      each as (select id, name, unit_id, sum(looks)::int as looks, sum(files)::int as files, sum(clear)::int as clear,
        max(last_at) as last_at from found group by id, name, unit_id having sum(looks) > 0)
      select x.id, {"max(x.name)" if part == "person" else "x.name"} as name, max(coalesce(u.name, '')) as detail,
        sum(x.looks)::int as looks, sum(x.files)::int as files, sum(x.clear)::int as clear, max(x.last_at) as last_at
      from each x left join org_unit u on u.id = x.unit_id group by x.id{"" if part == "person" else ", x.name"}
      order by looks desc, name limit $5"""


def _customers() -> str:
    """Whom nobody looked at in between are taken as they are summed, most looks first; the others are few."""
    return f"""with {_SPAN}, {_edge()},
      between_sums as materialized (select s.id, sum(e.sign)::int as looks, sum(e.sign * e.clear)::int as clear, max(e.happened_at) as last_at
        from edge e cross join unnest(e.customer_ids) as s (id) group by s.id),
      found as ((select c.id, c.name, c.number, s.looks, s.clear, s.last_at from customer_look_sum s {customer_named("c", "s.customer_id")}
          where s.span = $3 and (select known from held) and s.customer_id not in (select id from between_sums)
          order by s.looks desc, c.name limit $5)
        union all select c.id, c.name, c.number, b.looks + coalesce(s.looks, 0), b.clear + coalesce(s.clear, 0), greatest(s.last_at, b.last_at)
          from between_sums b {customer_named("c", "b.id")} left join customer_look_sum s
            on s.customer_id = b.id and s.span = $3 and (select known from held))
      select id, name, number as detail, looks, looks as files, clear, last_at from found where looks > 0
      order by looks desc, name limit $5"""
