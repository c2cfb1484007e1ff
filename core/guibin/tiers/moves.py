"""Putting an assessment into effect: every move of the whole base in three statements, and what it brings beside the tier (S13-3)."""

from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin import events
from guibin.events import MembershipEnded, MembershipStarted
from guibin.jobs.kinds import Job
from guibin.policy.tiers import TierScheme
from guibin.profiles.queries import open_archive
from guibin_tenants.rows import many
from guibin_tenants.scope import fetch

from .bulk import run

ANNOUNCED_AT_ONCE = 500

Move = Literal[
    "start",
    "upgrade",
    "keep",
    "grace",
    "downgrade",
    "end",
    "locked",
    "no_consent",
    "unregistered",
    "objected",
    "later",
    "none",
]

# A UUIDv7 from any PostgreSQL: 48 bits of milliseconds, the version, the rest random.
_NEW_ID = (
    "encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send("
    "(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid"
)

# A list may wait for its approval while archives end: nothing of it concerns those any more.
OPEN_ARCHIVE = open_archive("r")

_LIFT = """
update grace_period g set lifted_on = $2, lifted_because = case when r.move in ('keep', 'objected') then 'requalified' else r.move end
from assessment_result r, membership m
where r.tenant_id = g.tenant_id and m.tenant_id = g.tenant_id and m.id = g.membership_id and m.ends_on is null
  and m.scheme = $3 and r.assessment_id = $1 and r.customer_id = m.customer_id
  and r.move in ('keep', 'objected', 'upgrade', 'downgrade', 'end') and g.lifted_on is null
"""

# Whoever no longer holds what the assessment saw is left alone: an approval in between outranks the list.
_MOVE = f"""
with closed as (
  update membership m set ends_on = greatest($2, m.starts_on), ended_because = r.move
  from assessment_result r
  where r.tenant_id = m.tenant_id and r.assessment_id = $1 and r.customer_id = m.customer_id
    and r.move in ('upgrade', 'downgrade', 'end') and m.scheme = $3 and m.ends_on is null and m.tier = r.held
    and (m.basis <> 'exception' or m.expires_on <= $2) and {OPEN_ARCHIVE}
  returning m.tenant_id, m.customer_id, m.ends_on, m.since_on
)
insert into membership (id, customer_id, scheme, tier, starts_on, since_on, basis, basis_id, reason, ended_because,
  policy_version, recorded_at)
select {_NEW_ID}, r.customer_id, $3, r.becomes, coalesce(c.ends_on, $2), coalesce(c.since_on, $2), 'assessment', $1,
  r.move, '', a.policy_version, $4
from assessment_result r
join assessment a on a.tenant_id = r.tenant_id and a.id = r.assessment_id
left join closed c on c.tenant_id = r.tenant_id and c.customer_id = r.customer_id
where r.assessment_id = $1 and (
  (r.move in ('upgrade', 'downgrade') and c.customer_id is not null)
  or (r.move = 'start' and {OPEN_ARCHIVE} and not exists (select from membership o where o.tenant_id = r.tenant_id
    and o.customer_id = r.customer_id and o.scheme = $3 and o.ends_on is null)))
"""

_GRACE = f"""
insert into grace_period (id, membership_id, customer_id, began_on, until_on, assessment_id, lifted_because)
select {_NEW_ID}, m.id, r.customer_id, $2, $4, $1, ''
from assessment_result r
join membership m on m.tenant_id = r.tenant_id and m.customer_id = r.customer_id and m.scheme = $3
  and m.ends_on is null
where r.assessment_id = $1 and r.move = 'grace' and {OPEN_ARCHIVE} and not exists (
  select from grace_period g where g.tenant_id = m.tenant_id and g.membership_id = m.id and g.lifted_on is null)
"""


async def apply_moves(assessment_id: UUID, scheme: TierScheme, *, on: date, now: datetime) -> None:
    """Bring about what the assessment decided, effective `on`.

    A membership that began after `on` changes on its own first day, so that no two periods overlap.
    """
    await run(_LIFT, assessment_id, on, scheme.name)
    await run(_MOVE, assessment_id, on, scheme.name, now)
    await run(_GRACE, assessment_id, on, scheme.name, on + timedelta(days=scheme.grace_days))


class AnnounceMoves(Job, frozen=True):
    """Tell of each membership an assessment started or ended, so many customers at a time, after `after`."""

    assessment_id: UUID
    after: UUID | None = None


class Changes(Struct, frozen=True):
    """What happened to the next customers, and the job that goes on from there; None when all are told."""

    events: tuple[MembershipEnded | MembershipStarted, ...]
    following: AnnounceMoves | None


async def announce(job: AnnounceMoves, *, now: datetime) -> AnnounceMoves | None:
    """Record the events of the next customers; the job that goes on from there, None when all are told."""
    changes = await next_changes(job)
    for event in changes.events:
        await events.record(event, now=now)
    return changes.following


async def next_changes(job: AnnounceMoves, *, customers: int = ANNOUNCED_AT_ONCE) -> Changes:
    """Memberships that the assessment ended and started, of so many customers in the order of their ids."""
    rows = await fetch(
        "select m.id, a.scheme, m.tier, m.starts_on, e.id as ended_id, e.tier as ended_tier, e.ends_on, r.customer_id,"
        " r.move from assessment_result r"
        " join assessment a on a.tenant_id = r.tenant_id and a.id = r.assessment_id"
        " left join membership m on m.tenant_id = r.tenant_id and m.customer_id = r.customer_id and m.basis_id = a.id"
        " left join lateral (select o.id, o.tier, o.ends_on from membership o where o.tenant_id = r.tenant_id"
        "   and o.customer_id = r.customer_id and o.scheme = a.scheme and o.ended_because = r.move and o.tier = r.held"
        "   and o.ends_on >= a.as_of order by o.ends_on, o.recorded_at limit 1) e on true"
        " where r.assessment_id = $1 and r.move in ('start', 'upgrade', 'downgrade', 'end')"
        " and ($2::uuid is null or r.customer_id > $2) order by r.customer_id limit $3",
        job.assessment_id,
        job.after,
        customers,
    )
    happened: list[MembershipEnded | MembershipStarted] = []
    for row in rows:
        customer, scheme = row["customer_id"], row["scheme"]
        if row["ended_id"] is not None:
            happened.append(MembershipEnded(row["ended_id"], customer, scheme, row["ended_tier"], row["ends_on"]))
        if row["id"] is not None:
            happened.append(MembershipStarted(row["id"], customer, scheme, row["tier"], row["starts_on"]))
    more = AnnounceMoves(job.assessment_id, rows[-1]["customer_id"]) if len(rows) == customers else None
    return Changes(tuple(happened), more)


# Only who moved as the list says: whoever an approval moved in between gets nothing from the list either.
_BRING = f"""
insert into consequence (id, assessment_id, customer_id, scheme, name, kind, item, units, starts_on, until_on, clause,
  recorded_at)
select gen_random_uuid(), $1, r.customer_id, $2, $3, $4, $5, $6, $7, $8, $9, $10
from assessment_result r
join membership m on m.tenant_id = r.tenant_id and m.customer_id = r.customer_id and m.scheme = $2 and m.ends_on is null
  and m.tier = r.becomes
where r.assessment_id = $1 and r.move = any ($11::text[]) and (cardinality($12::text[]) = 0 or r.becomes = any ($12::text[]))
  and {OPEN_ARCHIVE}
on conflict (tenant_id, assessment_id, customer_id, name) do nothing
"""


class ConsequenceView(Struct, frozen=True):
    """A reward of so many `units` of an item, or a penalty that withholds the item, until before `until_on`."""

    scheme: str
    name: str
    kind: str
    item: str
    units: int
    starts_on: date
    until_on: date
    clause: str


async def bring(assessment_id: UUID, scheme: TierScheme, *, on: date, now: datetime) -> None:
    """Write down what the moves of an assessment bring, each a row per customer, in one statement a consequence."""
    for consequence in scheme.consequences:
        await run(
            _BRING,
            assessment_id,
            scheme.name,
            consequence.name,
            consequence.kind,
            consequence.item,
            consequence.units,
            on,
            on + timedelta(days=consequence.days),
            consequence.clause or scheme.clause,
            now,
            list(consequence.moves),
            list(consequence.tiers),
        )


async def of_customer(
    customer_id: UUID, *, on: date | None = None, known_at: datetime | None = None
) -> list[ConsequenceView]:
    """What assessments brought a customer, the latest first; with `on`, what holds on that day, with `known_at` what was written
    down until then."""
    return await many(
        ConsequenceView,
        "from consequence where customer_id = $1 and ($2::date is null or (starts_on <= $2 and until_on > $2))"
        " and ($3::timestamptz is null or recorded_at <= $3) order by starts_on desc, id",
        customer_id,
        on,
        known_at,
    )
