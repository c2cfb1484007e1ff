"""Starting and ending memberships one by one. A change of tier ends one period and starts the next on the same day."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin import events
from guibin.events import MembershipEnded, MembershipStarted
from guibin.policies.queries import version_at
from guibin.profiles.queries import answer
from guibin_tenants.refusals import Conflict, NotFound
from guibin_tenants.rows import add, change, given
from guibin_tenants.scope import execute, fetch, fetch_one, fetch_value

from .queries import holding
from .tables import Membership

Basis = Literal["assessment", "application", "exception"]


class NotMember(NotFound):
    """The customer has no membership in this scheme."""

    kind = "not-a-member"


class BeforeMembership(Conflict):
    """The customer's present membership began later. Periods of one scheme never overlap."""


class NewMembership(Struct, frozen=True, kw_only=True):
    """`expires_on` is the first day it no longer holds; None while nothing ends it."""

    customer_id: UUID
    scheme: str
    tier: str
    starts_on: date
    expires_on: date | None = None
    basis: Basis
    basis_id: UUID
    reason: str


async def start(new: NewMembership, *, now: datetime) -> UUID:
    """Start a membership, ending the one it takes the place of on the same day; the id of the new one.

    The anniversary stays that of the first unbroken membership of the scheme. Raises BeforeMembership.
    """
    await lock(new.customer_id, new.scheme)
    present = await _open(new.customer_id, new.scheme)
    since_on = new.starts_on
    if present is not None:
        if present["starts_on"] > new.starts_on:
            raise BeforeMembership(f"The membership as {present['tier']} began on {present['starts_on']}")
        since_on = present["since_on"]
        await _end(present, on=new.starts_on, because="replaced", now=now)
    version = await version_at(now)
    membership_id = await add(Membership, since_on=since_on, recorded_at=now, policy_version=version, **given(new))
    await events.record(
        MembershipStarted(
            membership_id=membership_id, customer_id=new.customer_id, scheme=new.scheme, tier=new.tier, on=new.starts_on
        ),
        now=now,
    )
    return membership_id


async def prolong(customer_id: UUID, basis_id: UUID, expires_on: date) -> None:
    """What the membership rests on lasts longer: so does it."""
    await execute(
        "update membership set expires_on = $3 where customer_id = $1 and basis_id = $2 and ends_on is null",
        customer_id,
        basis_id,
        expires_on,
    )


async def end(customer_id: UUID, scheme: str, *, on: date, because: str, now: datetime) -> UUID:
    """End the open membership; its id. `on` is the first day without it. Raises NotMember, BeforeMembership."""
    await lock(customer_id, scheme)
    present = await _open(customer_id, scheme)
    if present is None:
        raise NotMember()
    if present["starts_on"] > on:
        raise BeforeMembership(f"The membership as {present['tier']} began on {present['starts_on']}")
    await _end(present, on=on, because=because, now=now)
    membership_id: UUID = present["id"]
    return membership_id


async def end_expired(today: date, *, now: datetime) -> int:
    """End every exception whose time is over, on the day it expired; how many (S12-3)."""
    rows = await fetch(
        "select customer_id, scheme, expires_on, starts_on from membership"
        " where ends_on is null and expires_on is not null and expires_on <= $1 order by expires_on, id",
        today,
    )
    for row in rows:
        on = max(row["expires_on"], row["starts_on"])
        await end(row["customer_id"], row["scheme"], on=on, because="expired", now=now)
    return len(rows)


async def end_unwilling(today: date, *, now: datetime, customer_id: UUID | None = None) -> int:
    """End every membership whose customer has withdrawn the consent to its scheme (S02-2), or one customer's; how many."""
    rows = await fetch(
        "select m.customer_id, m.scheme, m.starts_on from membership m where m.ends_on is null"
        f" and {answer('m.customer_id', 'm.scheme')} = 'withdrawn' and ($1::uuid is null or m.customer_id = $1) order by m.id",
        customer_id,
    )
    for row in rows:
        on = max(today, row["starts_on"])
        await end(row["customer_id"], row["scheme"], on=on, because="consent withdrawn", now=now)
    return len(rows)


async def present_tier(customer_id: UUID, scheme: str, *, on: date) -> str | None:
    """The name of the tier that the customer holds in the scheme on a day of the company's; None without one, and for a customer behind a wall."""
    tier: str | None = await fetch_value(
        f"select m.tier from membership m where m.customer_id = $1 and m.scheme = $2 and {holding('m', '$3')}",
        customer_id,
        scheme,
        on,
    )
    return tier


async def lock(customer_id: UUID, scheme: str) -> None:
    """Whoever changes this customer's membership of the scheme waits here for the others, assessments included."""
    await fetch_value(
        f"select pg_advisory_xact_lock_shared({_key('$2')}), pg_advisory_xact_lock({_key('$2', '$1')})",
        str(customer_id),
        scheme,
    )


async def lock_scheme(scheme: str) -> None:
    """An assessment of the scheme waits here until nobody changes any of its memberships, and keeps them off."""
    await fetch_value(f"select pg_advisory_xact_lock({_key('$1')})", scheme)


def _key(*places: str) -> str:
    # Locks are the whole server's: the tenant is part of the key (subtlety 72).
    parts = " || '/' || ".join(f"{place}::text" for place in places)
    return f"hashtextextended(current_setting('guibin.tenant') || '/membership/' || {parts}, 0)"


async def _open(customer_id: UUID, scheme: str) -> asyncpg.Record | None:
    return await fetch_one(
        "select * from membership where customer_id = $1 and scheme = $2 and ends_on is null for update",
        customer_id,
        scheme,
    )


async def _end(present: asyncpg.Record, *, on: date, because: str, now: datetime) -> None:
    await change(Membership, present["id"], ends_on=on, ended_because=because)
    await execute(
        "update grace_period set lifted_on = $2, lifted_because = 'ended' where membership_id = $1 and lifted_on is null",
        present["id"],
        on,
    )
    ended = MembershipEnded(present["id"], present["customer_id"], present["scheme"], present["tier"], on)
    await events.record(ended, now=now)
