"""Applications for cards that nobody may issue any more: closed with the reason when what they rest on has ended."""

from datetime import date
from uuid import UUID

import asyncpg

from guibin.approvals import actions as approvals
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.policy.cards import CardKind, Sponsorship
from guibin.profiles.queries import customer_of
from guibin.tiers import memberships
from guibin_tenants.scope import fetch

from . import applications
from .sponsors import holds_post, quota_of

_OPEN = f"""
select a.id, a.kind, a.customer_id, a.of_customer_id, a.approval_id, a.applied_by, c.closed_at is not null as archive_closed
from card_application a {customer_of("c", "a")}
where a.closed_at is null and ($1::uuid is null or a.customer_id = $1 or a.of_customer_id = $1) order by a.id
"""


async def lapse_baseless(act: Act, *, today: date, customer_id: UUID | None = None) -> int:
    """Close open applications, decided or not, whose archive, membership, post or company's tier has ended; how many.

    Of everybody, or of those a customer wants or gives. Whoever applied and the account manager hear of it.
    """
    closed = 0
    for row in await fetch(_OPEN, customer_id):
        kind = act.policy.card(row["kind"])
        because = "archive_closed" if row["archive_closed"] else await _missing(row, kind, today) if kind else ""
        if because:
            closed += await _close(row, because, act)
    return closed


async def _missing(row: asyncpg.Record, kind: CardKind, today: date) -> str:
    """What the card would rest on and is gone; empty when all of it is there."""
    if kind.sponsorship is not None:
        return await _unsponsored(row, kind.sponsorship, today)
    held = await memberships.present_tier(row["customer_id"], kind.scheme, on=today)
    if held == kind.tier:
        return ""
    return "tier_changed" if held else "membership_ended"


async def _unsponsored(row: asyncpg.Record, given: Sponsorship, today: date) -> str:
    company = row["of_customer_id"]
    if not await holds_post(given, row["customer_id"], company, on=today):
        return "post_ended"
    tier = await memberships.present_tier(company, given.scheme, on=today)
    return "" if quota_of(given, tier) else "company_tier_ended"


async def _close(row: asyncpg.Record, because: str, act: Act) -> bool:
    # The approval first, as whoever decides does: two who lock in another order would wait for each other.
    await approvals.lapse(row["approval_id"], act, reason=because)
    if not await applications.close(row["id"], because, now=act.now):
        return False
    notice = Notice(
        kind="card_application_lapsed",
        subject=applications.SUBJECT,
        subject_id=row["id"],
        customer_id=row["customer_id"],
        roles=("account_manager",),
        staff_ids=(row["applied_by"],),
        details={"kind": row["kind"]},
    )
    await notify(notice, key=f"card-application/{row['id']}/lapsed", now=act.now)
    return True
