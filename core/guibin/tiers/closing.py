"""Who is served no more is in no tier, and holds again what ended so when they are back soon (S07-35)."""

from guibin.context import Act
from guibin.events import ArchiveCloses, ArchiveReopens, at_once
from guibin.periods.days import local_day
from guibin.profiles.queries import answer
from guibin_tenants.scope import fetch

from . import memberships
from .memberships import NewMembership

# Why a membership ended with its archive.
CLOSED = "archive closed"


@at_once(ArchiveCloses)
async def end_with_archive(closes: ArchiveCloses, act: Act) -> None:
    """Who is served no more is in no tier (S07-35)."""
    rows = await fetch(
        "select scheme, starts_on from membership where customer_id = $1 and ends_on is null order by id",
        closes.customer_id,
    )
    for row in rows:
        await memberships.end(
            closes.customer_id, row["scheme"], on=max(act.today, row["starts_on"]), because=CLOSED, now=act.now
        )


@at_once(ArchiveReopens)
async def restore_with_archive(reopens: ArchiveReopens, act: Act) -> None:
    """Who is back soon holds again what ended with the closing, unless its time is over or they do not want it any more."""
    if not reopens.restores:
        return
    today = act.today
    rows = await fetch(
        "select distinct on (m.scheme) m.scheme, m.tier, m.expires_on, m.basis, m.basis_id, m.reason from membership m"
        f" where m.customer_id = $1 and m.ended_because = $2 and m.ends_on >= $3"
        f" and (m.expires_on is null or m.expires_on > $4)"
        f" and {answer('m.customer_id', 'm.scheme')} is distinct from 'withdrawn' order by m.scheme, m.ends_on desc, m.id desc",
        reopens.customer_id,
        CLOSED,
        local_day(reopens.closed_at, act.company.time_zone),
        today,
    )
    for row in rows:
        new = NewMembership(customer_id=reopens.customer_id, starts_on=today, **dict(row))
        if await memberships.present_tier(new.customer_id, new.scheme, on=today) is None:
            await memberships.start(new, now=act.now)
