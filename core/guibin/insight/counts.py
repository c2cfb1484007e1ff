"""All counts together: the rooms' own, what one did because of another, and those that are gone through span by span."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import asyncpg
from msgspec import Struct, structs

from guibin.complaints import counts as complaints
from guibin.hotline import counts as hotline
from guibin.periods.counts import COUNTED_ABOVE, INVITED, INVITED_SPANS, PERIOD, Count, count, within
from guibin.periods.days import local_day
from guibin.periods.names import Period
from guibin.periods.spans import Window, window_of
from guibin.policy.activities import InvitationRhythm
from guibin.policy.cadence import Cadence, ReviewRhythm, Span
from guibin.policy.packs import Policy
from guibin.policy.qualifications import StaffQualification
from guibin.profiles import counts as profiles
from guibin.qualifications import training
from guibin.records import counts as records
from guibin.records.dues import OWED_NOW, asked_in, cadence_counts
from guibin.reviews.dues import Duty, asked_all, reviews_on
from guibin.reviews.dues import counts as duty_counts
from guibin.reviews.dues import owed as duties_owed
from guibin.service_requests import counts as request_counts
from guibin.service_requests import queries as service_requests
from guibin.sla import counts as sla
from guibin.tiers import counts as tiers
from guibin.tiers.facts import DEPARTED, PURCHASE
from guibin.tiers.figures import UNDONE
from guibin.visits import counts as visits
from guibin_tenants.scope import fetch, savepoint

Groups = dict[str, int]
_log = logging.getLogger("guibin.packs")
Rhythm = TypeVar("Rhythm")

# What a customer who wanted something did about it within 90 days: of the kind that was wanted, not a repair (S09-1).
_ACTED = " or ".join(
    f"i.wants = '{wanted}' and exists (select from {table} d where d.tenant_id = i.tenant_id and d.customer_id = i.customer_id"
    f" and d.{moment} >= i.happened_at and d.{moment} < i.happened_at + interval '90 days'{what})"
    for wanted, table, moment, what in (
        ("product", *profiles.DID, ""),
        ("product", *service_requests.DID, " and d.item = any (p.sold)"),
        ("membership", *tiers.DID, ""),
    )
)
# What a customer had of ours, and from when until when: orders, and for a year what was bought as facts say.
# A purchase that was returned is none: by the rule by which tiers count (S06-6).
_BOUGHT = f"""with known as (select * from fact f where f.metric = '{PURCHASE}'
    and not exists (select from fact n where n.tenant_id = f.tenant_id and n.corrects = f.id)),
  {UNDONE.format(counted=f"array['{PURCHASE}']")}
  select k.* from known k where k.label <> '' and k.value > 0 and k.id not in (select id from undone)"""
_HAD = f"""(
  select o.tenant_id, o.customer_id, o.product, o.started_on as from_on, coalesce(o.ended_at::date, o.ends_on) as until_on
  from product_order o
  union all
  select f.tenant_id, f.customer_id, f.label, f.occurred_on, (f.occurred_on + interval '1 year')::date from ({_BOUGHT}) f
)"""
_HAS = "b.from_on <= p.first_on and b.until_on > p.first_on"
_SOMETHING_NEW = (
    f"exists (select from {_HAD} n where n.tenant_id = b.tenant_id and n.customer_id = b.customer_id"
    " and n.from_on > p.first_on and n.from_on < p.after_on"
    f" and not exists (select from {_HAD} e where e.tenant_id = n.tenant_id and e.customer_id = n.customer_id"
    " and e.product = n.product and e.from_on < n.from_on))"
)
# Nothing of theirs is older than the period: an archive that is only entered now is no new customer (S09-1).
_NEW = f"""{within("c.created_at")} and not exists (
  select from {_HAD} b where b.tenant_id = c.tenant_id and b.customer_id = c.id and b.from_on < p.first_on)
and not exists (select from fact f where f.tenant_id = c.tenant_id and f.customer_id = c.id
  and (f.metric = 'tenure' and f.value > 0 and (f.occurred_on - make_interval(months => least(f.value, 1200)::int))::date < p.first_on
    or f.metric not in ('tenure', '{DEPARTED}') and f.occurred_on < p.first_on))
and not exists (select from interaction i where i.tenant_id = c.tenant_id and i.customer_id = c.id
  and i.happened_at < p.starts_at)"""
COUNTS: dict[str, Count] = {
    **profiles.COUNTS,
    **complaints.COUNTS,
    **sla.COUNTS,
    **visits.COUNTS,
    **records.COUNTS,
    **hotline.COUNTS,
    **request_counts.COUNTS,
    **tiers.COUNTS,
    "customers_new": count("customer c", _NEW),
    "customers_referred": count(f"customer c {profiles.REFERRED}", _NEW, of="distinct c.id"),
    "customers_buying": count(f"{_HAD} b", _HAS, of="distinct b.customer_id"),
    "customers_cross_sold": count(f"{_HAD} b", f"{_HAS} and {_SOMETHING_NEW}", of="distinct b.customer_id"),
    "customers_acting": count("interaction i", f"{records.INTENDING} and ({_ACTED})", of="distinct i.customer_id"),
}
# Counted by the contact cadence, which knows each tier's spans (S05-6).
CADENCE_COUNTS = ("contacts_owed", "contacts_made")
# Counted by the reviews, customer by customer and span by span (S07-9).
REVIEW_COUNTS = ("reviews_due", "reviews_done")
# Counted by regular invitations, member by member and span by span (S13-7).
INVITATION_COUNTS = ("invitations_owed", "invitations_made")
# Counted by the qualifications, person by person and span by span (S10-9).
TRAINING_COUNTS = ("training_owed", "training_had")


def count_of(name: str) -> Count | None:
    """The count of this name that one statement answers, from whichever room."""
    return COUNTS.get(name) or COUNTED_ABOVE.get(name)


def is_counted(name: str) -> bool:
    """Whether anybody counts under this name."""
    return name in (*CADENCE_COUNTS, *REVIEW_COUNTS, *INVITATION_COUNTS, *TRAINING_COUNTS) or count_of(name) is not None


def seen(period: Period, *, policy: Policy, time_zone: str, as_of: datetime) -> tuple[object, ...]:
    """What every count sees of the period, in the order of PERIOD."""
    ranks = [f"{scheme.name}/{tier.name}" for scheme in policy.schemes for tier in scheme.tiers]
    after_on = period.last_on + timedelta(days=1)
    sold = [item.name for item in policy.service_items if item.sold]
    return (
        period.starts_at,
        period.ends_at,
        period.first_on,
        after_on,
        as_of,
        local_day(as_of, time_zone),
        ranks,
        sold,
    )


async def counted(
    names: Sequence[str], period: Period, *, policy: Policy, time_zone: str, as_of: datetime
) -> dict[str, Groups]:
    """The groups of each count in a period, as known at `as_of`; a name nobody counts is left out."""
    values = seen(period, policy=policy, time_zone=time_zone, as_of=as_of)
    groups: dict[str, Groups] = {}
    for name in names:
        found = count_of(name)
        if found is not None:
            rows = await _groups_of(name, f"{PERIOD}{found.sql}", values)
            if rows is not None:
                groups[name] = {row[0]: row[1] for row in rows if row[1]}
    if any(name in CADENCE_COUNTS for name in names):
        owed, made = await _contacts(policy.cadences, period, time_zone=time_zone, as_of=as_of)
        groups |= {"contacts_owed": {"": owed}, "contacts_made": {"": made}}
    if any(name in REVIEW_COUNTS for name in names):
        due, done = await _reviews(policy.reviews, period, time_zone=time_zone, as_of=as_of)
        groups |= {"reviews_due": {"": due}, "reviews_done": {"": done}}
    if any(name in INVITATION_COUNTS for name in names):
        wanted, asked = await _invitations(policy.invitations, period, time_zone=time_zone, as_of=as_of)
        groups |= {"invitations_owed": {"": wanted}, "invitations_made": {"": asked}}
    if any(name in TRAINING_COUNTS for name in names):
        owed, had = await training.figures(_trainings(policy, period, time_zone=time_zone, as_of=as_of))
        groups |= {"training_owed": {"": owed}, "training_had": {"": had}}
    return groups


async def _groups_of(name: str, sql: str, values: tuple[object, ...]) -> list[asyncpg.Record] | None:
    """None for what of a pack cannot be counted: it takes nobody else's numbers with it."""
    if "." not in name:
        return await fetch(sql, *values)
    try:
        async with savepoint():
            return await fetch(sql, *values)
    except asyncpg.PostgresError:
        _log.exception("the figure %s of a pack cannot be counted", name)
        return None


class Behind(Struct, frozen=True):
    """What of a rhythm's spans a count counts, as what follows `from`, called `x`: each `subject` with a `span` of theirs and its
    `state`, and the values it is asked with."""

    source: str
    values: dict[str, object]
    subject: str = "customer"


def behind(name: str, period: Period, *, policy: Policy, time_zone: str, as_of: datetime) -> Behind | None:
    """Of the spans that ended in the period; None for a count of something else."""
    known: dict[str, Any] = {"time_zone": time_zone, "as_of": as_of}
    if name in CADENCE_COUNTS:
        contacts = _windows(((each, each.span) for each in policy.cadences), period, **known)
        found = Behind(OWED_NOW, asked_in(contacts, as_of))
    elif name in REVIEW_COUNTS:
        source = duties_owed("customer_review", "review")
        found = Behind(source, asked_all(_duties(policy.reviews, period, **known), "review") | {"now": as_of})
    elif name in INVITATION_COUNTS:
        invitations = _windows(((each, each.span) for each in policy.invitations), period, **known)
        found = Behind(*INVITED_SPANS()(invitations, as_of))
    elif name in TRAINING_COUNTS:
        found = Behind(training.OWED, training.asked_in(_trainings(policy, period, **known)), "staff")
    else:
        return None
    done = name in ("contacts_made", "reviews_done", "invitations_made", "training_had")
    return structs.replace(found, values=found.values | {"states": ["done"] if done else ["done", "missed"]})


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
        for stand in await cadence_counts(together, on=day, time_zone=time_zone, now=as_of):
            owed, made = owed + stand.done + stand.missed, made + stand.done
    return owed, made


async def _reviews(
    rhythms: Sequence[ReviewRhythm], period: Period, *, time_zone: str, as_of: datetime
) -> tuple[int, int]:
    """Of the reviews' spans that ended in the period: how many customers were to be gone through, and were."""
    duties = _duties(rhythms, period, time_zone=time_zone, as_of=as_of)
    counts = await duty_counts("customer_review", duties, now=as_of) if duties else []
    return sum(each.done + each.missed for each in counts), sum(each.done for each in counts)


def _duties(rhythms: Sequence[ReviewRhythm], period: Period, *, time_zone: str, as_of: datetime) -> list[Duty]:
    return [
        duty
        for rhythm in rhythms
        for day in _ended(rhythm.span, period, time_zone=time_zone, as_of=as_of)
        for duty in reviews_on((rhythm,), day, time_zone)
    ]


async def _invitations(
    rhythms: Sequence[InvitationRhythm], period: Period, *, time_zone: str, as_of: datetime
) -> tuple[int, int]:
    """Of the rhythms' spans that ended in the period: how many members were to be invited, and were."""
    owed = made = 0
    for rhythm in rhythms:
        for day in _ended(rhythm.span, period, time_zone=time_zone, as_of=as_of):
            wanted, asked = await INVITED()(rhythm, day, time_zone, as_of)
            owed, made = owed + wanted, made + asked
    return owed, made


def _trainings(
    policy: Policy, period: Period, *, time_zone: str, as_of: datetime
) -> list[tuple[StaffQualification, Window]]:
    return _windows(training.asked(policy), period, time_zone=time_zone, as_of=as_of)


def _windows(
    rhythms: Iterable[tuple[Rhythm, Span]], period: Period, *, time_zone: str, as_of: datetime
) -> list[tuple[Rhythm, Window]]:
    return [
        (each, window_of(span, day, time_zone))
        for each, span in rhythms
        for day in _ended(span, period, time_zone=time_zone, as_of=as_of)
    ]


def _ended(span: Span, period: Period, *, time_zone: str, as_of: datetime) -> Iterator[date]:
    """The first days of the spans whose last day lies in the period and is over."""
    day = period.first_on
    while day <= period.last_on:
        window = window_of(span, day, time_zone)
        if window.after_on - timedelta(days=1) <= period.last_on and window.ends_at <= as_of:
            yield window.first_on
        day = window.after_on
