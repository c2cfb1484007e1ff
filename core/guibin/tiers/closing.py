"""Who is served no more is in no tier, and holds again what ended so when they are back soon (S07-35)."""

from datetime import datetime
from uuid import UUID

import asyncpg

from guibin.context import Act
from guibin.events import ArchiveCloses, ArchiveReopens, ArchivesMerge, ArchivesPart, at_once
from guibin.periods.days import local_day
from guibin.profiles.merging import DIFFERENCES, Difference
from guibin.profiles.queries import answer
from guibin_tenants.scope import fetch

from . import memberships
from .memberships import NewMembership

# Why a membership ended with its archive, or because another one of the same customer is kept.
CLOSED, MERGED = "archive closed", "archives merged"


@at_once(ArchiveCloses)
async def end_with_archive(closes: ArchiveCloses, act: Act) -> None:
    """Who is served no more is in no tier (S07-35)."""
    for row in await _open(closes.customer_id):
        await memberships.end(
            closes.customer_id, row["scheme"], on=max(act.today, row["starts_on"]), because=CLOSED, now=act.now
        )


@at_once(ArchiveReopens)
async def restore_with_archive(reopens: ArchiveReopens, act: Act) -> None:
    """Who is back soon holds again what ended with the closing, unless its time is over or they do not want it any more."""
    if reopens.restores:
        await _restore(reopens.customer_id, CLOSED, reopens.closed_at, act)


@at_once(ArchivesMerge)
async def end_what_is_not_kept(merge: ArchivesMerge, act: Act) -> None:
    """Of two tiers of a scheme the one chosen stays: the other archive's ends with it, unless that is the one chosen."""
    for row in await _open(merge.customer_id):
        if merge.choices.get(f"tier.{row['scheme']}") == "merged":
            on = max(act.today, row["starts_on"])
            await memberships.end(merge.customer_id, row["scheme"], on=on, because=MERGED, now=act.now)


@at_once(ArchivesPart)
async def restore_what_was_not_kept(parts: ArchivesPart, act: Act) -> None:
    """Two customers after all: each holds again what was theirs."""
    await _restore(parts.customer_id, MERGED, parts.merged_at, act)


async def differing_tiers(customer_id: UUID, merged_id: UUID, act: Act) -> list[Difference]:
    """The schemes in which both are, in another tier each."""
    own = {row["scheme"]: row["tier"] for row in await _open(customer_id)}
    others = {row["scheme"]: row["tier"] for row in await _open(merged_id)}
    return [
        Difference(field=f"tier.{scheme}", kept=[own[scheme]], merged=[others[scheme]])
        for scheme in own
        if scheme in others and own[scheme] != others[scheme]
    ]


DIFFERENCES.give("tiers", differing_tiers)


async def _open(customer_id: UUID) -> list[asyncpg.Record]:
    return await fetch(
        "select scheme, tier, starts_on from membership where customer_id = $1 and ends_on is null order by id",
        customer_id,
    )


async def _restore(customer_id: UUID, because: str, since: datetime, act: Act) -> None:
    today = act.today
    rows = await fetch(
        "select distinct on (m.scheme) m.scheme, m.tier, m.expires_on, m.basis, m.basis_id, m.reason from membership m"
        f" where m.customer_id = $1 and m.ended_because = $2 and m.ends_on >= $3"
        f" and (m.expires_on is null or m.expires_on > $4)"
        f" and {answer('m.customer_id', 'm.scheme')} is distinct from 'withdrawn' order by m.scheme, m.ends_on desc, m.id desc",
        customer_id,
        because,
        local_day(since, act.company.time_zone),
        today,
    )
    for row in rows:
        new = NewMembership(customer_id=customer_id, starts_on=today, **dict(row))
        if await memberships.present_tier(new.customer_id, new.scheme, on=today) is None:
            await memberships.start(new, now=act.now)
