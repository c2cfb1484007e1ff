"""What is counted, each count defined once: a statement that answers groups and how many, and its text `count.<name>`.

Every statement sees the period `p`: `starts_at` and `ends_at` (half open), the same as days `first_on` and `after_on`,
`as_of` and its day `today`, and `ranks`: the policy's tiers as `scheme/tier`, the highest first. The org-unit wall holds
inside each of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from guibin.periods.days import local_day
from guibin.periods.names import Period
from guibin.periods.spans import window_of
from guibin.policy.cadence import Cadence, ReviewRhythm, Span
from guibin.policy.packs import Policy
from guibin.records.cadence import cadence_counts
from guibin.reviews.dues import counts as duty_counts
from guibin.reviews.dues import reviews_on
from guibin.sla.queries import timer_of
from guibin.tiers.facts import DEPARTED
from guibin_tenants.scope import fetch

Groups = dict[str, int]


class Count(Struct, frozen=True):
    """One count. `split` names the parts of a group's key, which are joined by a slash."""

    sql: str
    split: tuple[str, ...] = ()


# A fact that was corrected or taken back says nothing any more.
_IN_FORCE = (
    "f.metric = '" + DEPARTED + "' and f.value is not null and not exists (select from fact n"
    " where n.tenant_id = f.tenant_id and n.corrects = f.id)"
)
# Subtlety 64: who was a member on the first day, whoever left on that very day included; the departed and those whose
# archive ended for another reason (died, merged, erased) are in neither part of the fraction.
_HELD = f"""
held as (
  select distinct on (m.customer_id, m.scheme) m.tenant_id, m.customer_id, m.scheme, m.tier
  from p cross join membership m join customer c on c.tenant_id = m.tenant_id and c.id = m.customer_id
  where m.starts_on <= p.first_on and (m.ends_on is null or m.ends_on >= p.first_on)
    and (m.expires_on is null or m.expires_on > p.first_on) and c.erased_at is null
    and coalesce((select f.value from fact f where f.tenant_id = m.tenant_id and f.customer_id = m.customer_id
      and f.occurred_on < p.first_on and {_IN_FORCE} order by f.occurred_on desc, f.recorded_at desc limit 1), 0) = 0
    and not exists (select from fact f where f.tenant_id = m.tenant_id and f.customer_id = m.customer_id
      and f.occurred_on >= p.first_on and f.occurred_on < p.after_on and f.value = 2 and {_IN_FORCE})
  order by m.customer_id, m.scheme, m.starts_on desc, m.recorded_at desc
)"""
# A lower tier, a membership that was not renewed and one that an assessment ended are no churn: the customer is still there.
_LEFT = f"""
left_them as (
  select h.* from p cross join held h
  where exists (select from fact f where f.tenant_id = h.tenant_id and f.customer_id = h.customer_id
      and f.occurred_on >= p.first_on and f.occurred_on < p.after_on and f.value = 1 and {_IN_FORCE})
    or exists (select from membership w where w.tenant_id = h.tenant_id and w.customer_id = h.customer_id
      and w.scheme = h.scheme and w.ends_on >= p.first_on and w.ends_on < p.after_on
      and w.ended_because = 'consent withdrawn')
)"""
_BY_TIER = "scheme || '/' || tier"
_TIER = ("scheme", "tier")
# What was merged into another complaint is counted there.
_RECEIVED = (
    "c.kind = 'complaint' and c.merged_into_id is null and c.received_at >= p.starts_at and c.received_at < p.ends_at"
)
_RESOLUTION = f"join {timer_of('c', 'resolution')} and t.cancelled_at is null"
# An overdue open one is judged as well: leaving it out would praise whoever never answers (subtlety 65).
_JUDGED = "(t.completed_at is not null or (t.paused_at is null and t.due_at < p.as_of))"
_MOVED = (
    "p cross join membership m join membership o on o.tenant_id = m.tenant_id and o.customer_id = m.customer_id"
    " and o.scheme = m.scheme and o.ends_on = m.starts_on and o.id <> m.id"
    " where m.starts_on >= p.first_on and m.starts_on < p.after_on"
)
_RANK = "array_position(p.ranks, {0}.scheme || '/' || {0}.tier)"
_BUILT_IN = "array['tenant_admin', 'manager', 'account_manager', 'agent', 'auditor']"
# The level of a member of staff: the first post of the company's own, else the highest role. Keys have none.
_LEVEL = (
    f"coalesce((select r from unnest(s.roles) as r where r <> all ({_BUILT_IN}) limit 1), (select r"
    f" from unnest({_BUILT_IN}) with ordinality as o (r, place) where r = any (s.roles) order by place limit 1), 'key')"
)
_RUNNING = "o.started_on <= p.first_on and o.ends_on > p.first_on and o.ended_at is null"

COUNTS: dict[str, Count] = {
    "customers": Count(
        "select '', count(*) from p cross join customer c where c.created_at < p.ends_at"
        " and (c.closed_at is null or c.closed_at >= p.ends_at)"
    ),
    "complaints_received": Count(
        f"select c.level, count(*) from p cross join complaint c where {_RECEIVED} group by 1", ("level",)
    ),
    "complaints_due": Count(
        f"select c.level, count(*) from p cross join complaint c {_RESOLUTION}"
        f" where {_RECEIVED} and {_JUDGED} group by 1",
        ("level",),
    ),
    "complaints_resolved_in_time": Count(
        f"select c.level, count(*) from p cross join complaint c {_RESOLUTION}"
        f" where {_RECEIVED} and t.completed_at <= t.due_at group by 1",
        ("level",),
    ),
    "callbacks_answered": Count(
        "select '', count(*) from p cross join complaint_callback b join complaint c on c.tenant_id = b.tenant_id"
        " and c.id = b.complaint_id where b.called_at >= p.starts_at and b.called_at < p.ends_at"
        " and b.outcome <> 'not_reached'"
    ),
    "callbacks_satisfied": Count(
        "select '', count(*) from p cross join complaint_callback b join complaint c on c.tenant_id = b.tenant_id"
        " and c.id = b.complaint_id where b.called_at >= p.starts_at and b.called_at < p.ends_at"
        " and b.outcome = 'satisfied'"
    ),
    "deadlines_judged": Count(
        "select t.subject, count(*) from p cross join timer t where t.due_at >= p.starts_at and t.due_at < p.ends_at"
        f" and t.cancelled_at is null and {_JUDGED} group by 1",
        ("subject",),
    ),
    "deadlines_met": Count(
        "select t.subject, count(*) from p cross join timer t where t.due_at >= p.starts_at and t.due_at < p.ends_at"
        " and t.cancelled_at is null and t.completed_at <= t.due_at group by 1",
        ("subject",),
    ),
    "questions_due": Count(
        "select '', count(*) from p cross join timer t where t.subject = 'interaction' and t.due_at >= p.starts_at"
        f" and t.due_at < p.ends_at and t.cancelled_at is null and {_JUDGED}"
    ),
    "questions_answered_in_time": Count(
        "select '', count(*) from p cross join timer t where t.subject = 'interaction' and t.due_at >= p.starts_at"
        " and t.due_at < p.ends_at and t.cancelled_at is null and t.completed_at <= t.due_at"
    ),
    "visits_made": Count(
        f"select {_LEVEL}, count(*) from p cross join interaction i left join staff s on s.tenant_id = i.tenant_id"
        " and s.id = i.staff_id where i.happened_at >= p.starts_at and i.happened_at < p.ends_at"
        " and i.direction = 'out' and i.outcome = 'reached' and (i.channel = 'visit' or exists ("
        "  select from visit_record r where r.tenant_id = i.tenant_id and r.interaction_id = i.id)) group by 1",
        ("role",),
    ),
    "members_at_start": Count(f", {_HELD} select {_BY_TIER}, count(*) from held group by 1", _TIER),
    "members_left": Count(f", {_HELD}, {_LEFT} select {_BY_TIER}, count(*) from left_them group by 1", _TIER),
    "members_retained": Count(
        f", {_HELD}, {_LEFT} select {_BY_TIER}, count(*) from (select * from held except select * from left_them) s"
        " group by 1",
        _TIER,
    ),
    "customers_new": Count(
        "select '', count(*) from p cross join customer c where c.created_at >= p.starts_at and c.created_at < p.ends_at"
    ),
    "customers_referred": Count(
        "select '', count(distinct c.id) from p cross join customer c join customer_link l on l.tenant_id = c.tenant_id"
        " and l.customer_id = c.id and l.role = 'referred_by'"
        " where c.created_at >= p.starts_at and c.created_at < p.ends_at"
    ),
    "customers_intending": Count(
        "select '', count(distinct i.customer_id) from p cross join interaction i where i.happened_at >= p.starts_at"
        " and i.happened_at < p.ends_at and i.need <> ''"
    ),
    "customers_acting": Count(
        "select '', count(distinct i.customer_id) from p cross join interaction i where i.happened_at >= p.starts_at"
        " and i.happened_at < p.ends_at and i.need <> '' and ("
        " exists (select from product_order o where o.tenant_id = i.tenant_id and o.customer_id = i.customer_id"
        "   and o.created_at >= i.happened_at and o.created_at < i.happened_at + interval '90 days')"
        " or exists (select from service_request s where s.tenant_id = i.tenant_id and s.customer_id = i.customer_id"
        "   and s.received_at >= i.happened_at and s.received_at < i.happened_at + interval '90 days')"
        " or exists (select from application a where a.tenant_id = i.tenant_id and a.customer_id = i.customer_id"
        "   and a.applied_at >= i.happened_at and a.applied_at < i.happened_at + interval '90 days'))"
    ),
    "customers_buying": Count(
        f"select '', count(distinct o.customer_id) from p cross join product_order o where {_RUNNING}"
    ),
    "customers_cross_sold": Count(
        f"select '', count(distinct o.customer_id) from p cross join product_order o where {_RUNNING} and exists ("
        "  select from product_order n where n.tenant_id = o.tenant_id and n.customer_id = o.customer_id"
        "  and n.started_on > p.first_on and n.started_on < p.after_on and not exists ("
        "    select from product_order e where e.tenant_id = n.tenant_id and e.customer_id = n.customer_id"
        "    and e.product = n.product and e.started_on < n.started_on))"
    ),
    "customers_up_sold": Count(
        f"select '', count(distinct o.customer_id) from p cross join product_order o where {_RUNNING} and exists ("
        "  select from product_order n where n.tenant_id = o.tenant_id and n.customer_id = o.customer_id"
        "  and n.started_on > p.first_on and n.started_on < p.after_on and n.currency = o.currency"
        "  and n.product = o.product and n.price > o.price)"
    ),
    "members_at_end": Count(
        f"select {_BY_TIER}, count(*) from p cross join membership m where m.starts_on < p.after_on"
        " and (m.ends_on is null or m.ends_on >= p.after_on) and (m.expires_on is null or m.expires_on >= p.after_on)"
        " group by 1",
        _TIER,
    ),
    "members_joined": Count(
        f"select {_BY_TIER}, count(*) from p cross join membership m where m.starts_on >= p.first_on"
        " and m.starts_on < p.after_on and m.since_on = m.starts_on group by 1",
        _TIER,
    ),
    "members_raised": Count(
        f"select m.scheme || '/' || m.tier, count(*) from {_MOVED}"
        f" and {_RANK.format('m')} < {_RANK.format('o')} group by 1",
        _TIER,
    ),
    "members_lowered": Count(
        f"select m.scheme || '/' || m.tier, count(*) from {_MOVED}"
        f" and {_RANK.format('m')} > {_RANK.format('o')} group by 1",
        _TIER,
    ),
    "members_ended": Count(
        f"select {_BY_TIER}, count(*) from p cross join membership m where m.ends_on >= p.first_on"
        " and m.ends_on < p.after_on and not exists (select from membership n where n.tenant_id = m.tenant_id"
        " and n.customer_id = m.customer_id and n.scheme = m.scheme and n.starts_on = m.ends_on and n.id <> m.id)"
        " group by 1",
        _TIER,
    ),
    "members_in_grace": Count(
        "select m.scheme || '/' || m.tier, count(*) from p cross join grace_period g join membership m"
        " on m.tenant_id = g.tenant_id and m.id = g.membership_id where g.began_on < p.after_on"
        " and g.until_on >= p.after_on and (g.lifted_on is null or g.lifted_on >= p.after_on) group by 1",
        _TIER,
    ),
    "applications_filed": Count(
        f"select {_BY_TIER}, count(*) from p cross join application a where a.applied_at >= p.starts_at"
        " and a.applied_at < p.ends_at group by 1",
        _TIER,
    ),
    "applications_decided": Count(
        f"select {_BY_TIER}, count(*) from p cross join application a where a.decided_at >= p.starts_at"
        " and a.decided_at < p.ends_at and a.outcome in ('approved', 'refused') group by 1",
        _TIER,
    ),
    "applications_approved": Count(
        f"select {_BY_TIER}, count(*) from p cross join application a where a.decided_at >= p.starts_at"
        " and a.decided_at < p.ends_at and a.outcome = 'approved' group by 1",
        _TIER,
    ),
}
# Counted by the contact cadence, which knows each tier's spans (S05-6).
CADENCE_COUNTS = ("contacts_owed", "contacts_made")
# Counted by the reviews, customer by customer and span by span (S07-9).
REVIEW_COUNTS = ("reviews_due", "reviews_done")
NAMES = (*COUNTS, *CADENCE_COUNTS, *REVIEW_COUNTS)

_PERIOD = (
    "with p as (select $1::timestamptz as starts_at, $2::timestamptz as ends_at, $3::date as first_on,"
    " $4::date as after_on, $5::timestamptz as as_of, $6::date as today, $7::text[] as ranks)"
)


async def counted(
    names: Sequence[str], period: Period, *, policy: Policy, time_zone: str, as_of: datetime
) -> dict[str, Groups]:
    """The groups of each count in a period, as known at `as_of`; a name nobody counts is left out."""
    ranks = [f"{scheme.name}/{tier.name}" for scheme in policy.schemes for tier in scheme.tiers]
    after_on = period.last_on + timedelta(days=1)
    values = (period.starts_at, period.ends_at, period.first_on, after_on, as_of, local_day(as_of, time_zone), ranks)
    groups: dict[str, Groups] = {}
    for name in names:
        if name in COUNTS:
            groups[name] = {row[0]: row[1] for row in await fetch(f"{_PERIOD}{COUNTS[name].sql}", *values) if row[1]}
    if any(name in CADENCE_COUNTS for name in names):
        owed, made = await _contacts(policy.cadences, period, time_zone=time_zone, as_of=as_of)
        groups |= {"contacts_owed": {"": owed}, "contacts_made": {"": made}}
    if any(name in REVIEW_COUNTS for name in names):
        due, done = await _reviews(policy.reviews, period, time_zone=time_zone, as_of=as_of)
        groups |= {"reviews_due": {"": due}, "reviews_done": {"": done}}
    return groups


def total(groups: Mapping[str, int], split: Sequence[str], filters: Mapping[str, Sequence[str]]) -> int:
    """All groups together, or those whose parts are among the filters'."""
    return sum(
        number
        for key, number in groups.items()
        if all(part in filters.get(name, (part,)) for name, part in zip(split, key.split("/"), strict=False))
    )


async def _contacts(cadences: Sequence[Cadence], period: Period, *, time_zone: str, as_of: datetime) -> tuple[int, int]:
    """Of the cadences' spans that ended in the period: what was owed by nobody waiving it, and what of that was done."""
    by_day: dict[date, list[Cadence]] = {}
    for cadence in cadences:
        for first_on in _ended(cadence.span, period, time_zone=time_zone, as_of=as_of):
            by_day.setdefault(first_on, []).append(cadence)
    owed = made = 0
    for day, together in sorted(by_day.items()):
        for count in await cadence_counts(together, on=day, time_zone=time_zone, now=as_of):
            owed, made = owed + count.done + count.missed, made + count.done
    return owed, made


async def _reviews(
    rhythms: Sequence[ReviewRhythm], period: Period, *, time_zone: str, as_of: datetime
) -> tuple[int, int]:
    """Of the reviews' spans that ended in the period: how many customers were to be gone through, and were."""
    duties = [
        duty
        for rhythm in rhythms
        for day in _ended(rhythm.span, period, time_zone=time_zone, as_of=as_of)
        for duty in reviews_on((rhythm,), day, time_zone)
    ]
    counts = await duty_counts("customer_review", duties, now=as_of) if duties else []
    return sum(each.done + each.missed for each in counts), sum(each.done for each in counts)


def _ended(span: Span, period: Period, *, time_zone: str, as_of: datetime) -> Iterator[date]:
    """The first days of the spans whose last day lies in the period and is over."""
    day = period.first_on
    while day <= period.last_on:
        window = window_of(span, day, time_zone)
        if window.after_on - timedelta(days=1) <= period.last_on and window.ends_at <= as_of:
            yield window.first_on
        day = window.after_on
