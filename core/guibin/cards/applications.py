"""Putting a customer up for a card; the policy's flow decides, and the outlet tells the customer (S08-4, S12-6).

An application that nobody may issue any more is closed with the reason, once what it rests on has ended.
"""

from datetime import date, datetime
from uuid import UUID

import asyncpg

from guibin.approvals import actions as approvals
from guibin.approvals.actions import Decided
from guibin.audit.actions import noted
from guibin.card_stock.refusals import NotApproved
from guibin.cases import Case
from guibin.cases.requests import Because
from guibin.context import Act
from guibin.events import at_once
from guibin.notices.actions import Notice, notify
from guibin.policy.cards import CardKind, Sponsorship
from guibin.policy.packs import Policy
from guibin.profiles.queries import customer_of, unit_of_open
from guibin.tiers import memberships
from guibin.tiers.consents import refuse_unwilling
from guibin.tiers.queries import tiers_of
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.rows import add, change, given, locked
from guibin_tenants.scope import execute, fetch, fetch_value, savepoint

from . import eligibility, queries
from .identity import refuse_unidentified
from .queries import CardApplicationView
from .refusals import AlreadyAppliedFor, LiveCard, NotInTier
from .requests import NewCardApplication, NewCardTelling
from .sponsors import holds_post, quota_of, refuse_unsponsored
from .tables import CardApplication, CardTelling

SUBJECT = "card_application"


async def apply_for(new: NewCardApplication, act: Act) -> CardApplicationView:
    """Put a customer up for a card. Whoever meets the condition of its tier this moment may be (S12-7).

    Raises Invalid, NotFound, NoConsent (S08-2), NotInTier, NotSponsored, QuotaFull (S04-5), NotIdentified (S08-3),
    LiveCard, AlreadyAppliedFor, NotAnApplicant.
    """
    kind = known_kind(act.policy, new.kind)
    unit_id = await unit_of_open(new.customer_id)
    await eligibility.rise(new.customer_id, kind, act)
    await refuse_unentitled(kind, new.customer_id, new.of_customer_id, act)
    if kind.real_name is not None and "application" in kind.real_name.at:
        await refuse_unidentified(new.identity_check_id, new.customer_id, kind, act)
    if await fetch_value(
        "select true from card where customer_id = $1 and kind = $2 and ended_at is null", new.customer_id, kind.name
    ):
        raise LiveCard(f"The present {kind.name} is replaced, or revoked first")
    flow = act.policy.approval(kind.approval)
    if flow is None:
        raise Invalid.at("kind", "a kind with an approval flow", value=kind.approval)
    application_id = await _write(new, kind, act)
    approval_id = await approvals.ask(
        Case(SUBJECT, application_id, new.customer_id),
        act,
        flow=flow.under({"tier": kind.tier, "kind": kind.name}, await tiers_of(new.customer_id, on=act.today)),
        note=new.reason,
        org_unit_id=unit_id,
    )
    await change(CardApplication, application_id, approval_id=approval_id)
    await _note("card_application.write", application_id, new.customer_id, act)
    return await queries.APPLICATIONS.one(application_id)


@at_once(Decided, about=SUBJECT)
async def application_decided(decided: Decided, act: Act) -> None:
    """Approved, the card waits for the customer, whom the outlet is to tell; refused, the application is closed."""
    row = await locked(CardApplication, decided.subject_id)
    await change(CardApplication, row["id"], outcome=decided.outcome, decided_at=act.now)
    if not decided.approved:
        await close(row["id"], decided.outcome, now=act.now)
    notice = Notice(
        "card_approved" if decided.approved else "card_refused",
        Case(SUBJECT, decided.subject_id, row["customer_id"]),
        roles=("account_manager",),
        staff_ids=(row["applied_by"],),
        details={"kind": row["kind"]},
    )
    await notify(notice, key=f"card-application/{decided.approval_id}", now=act.now)


async def tell(application_id: UUID, new: NewCardTelling, act: Act) -> CardApplicationView:
    """The customer was told to come and open the card, or was not reached (S12-6). Raises NotFound, NotApproved."""
    row = await _waiting(application_id)
    await add(CardTelling, act, application_id=application_id, customer_id=row["customer_id"], **given(new))
    await _note("card_application.tell", application_id, row["customer_id"], act)
    return await queries.APPLICATIONS.one(application_id)


async def withdraw(application_id: UUID, new: Because, act: Act) -> CardApplicationView:
    """The customer no longer wants the card, decided or not. Raises NotFound, NotApproved when it is dealt with."""
    application = await queries.APPLICATIONS.one(application_id)
    # The approval first, as whoever decides does: two who lock in another order would wait for each other.
    if application.approval_id is None or not await approvals.lapse(application.approval_id, act, reason=new.reason):
        await _waiting(application_id)
        await close(application_id, "withdrawn", now=act.now)
    await _note("card_application.withdraw", application_id, application.customer_id, act)
    return await queries.APPLICATIONS.one(application_id)


async def close(application_id: UUID, because: str, *, now: datetime) -> bool:
    """Nothing more is to be done about it. False when its card was issued meanwhile."""
    return bool(
        await execute(
            "update card_application set closed_at = $2, closed_because = $3 where id = $1 and closed_because <> 'issued'",
            application_id,
            now,
            because,
        )
    )


async def refuse_unentitled(kind: CardKind, customer_id: UUID, of_customer_id: UUID | None, act: Act) -> None:
    """Raises NoConsent, NotInTier, Invalid, NotSponsored, QuotaFull: asked when applying, and again when issuing."""
    scheme = act.policy.scheme(kind.scheme)
    if scheme is not None and scheme.voluntary:
        await refuse_unwilling(customer_id, scheme.name)
    today = act.today
    await refuse_unsponsored(kind, customer_id, of_customer_id, on=today)
    if kind.sponsorship is not None:
        return
    held = await memberships.present_tier(customer_id, kind.scheme, on=today)
    if held != kind.tier:
        raise NotInTier(f"{kind.name} is for {kind.tier} in {kind.scheme}; the customer holds {held or 'no tier'}")


def known_kind(policy: Policy, name: str) -> CardKind:
    """Raises Invalid."""
    kind = policy.card(name)
    if kind is None:
        known = ", ".join(card.name for card in policy.cards) or "the policy has none"
        raise Invalid.at("kind", "a kind of card", f"one of: {known}", name)
    return kind


async def _write(new: NewCardApplication, kind: CardKind, act: Act) -> UUID:
    try:
        async with savepoint():
            return await add(CardApplication, act, clause=kind.clause, **given(new))
    except asyncpg.UniqueViolationError:
        raise AlreadyAppliedFor() from None
    except asyncpg.ForeignKeyViolationError:
        unknown = FieldError("identity_check_id", "an identity check", value=str(new.identity_check_id))
        raise Invalid(fields=(unknown,)) from None


async def _waiting(application_id: UUID) -> asyncpg.Record:
    row = await locked(CardApplication, application_id)
    if row["outcome"] != "approved" or row["closed_at"] is not None:
        raise NotApproved()
    return row


async def _note(action: str, application_id: UUID, customer_id: UUID, act: Act) -> None:
    await noted(action, act, subject=SUBJECT, subject_id=application_id, customer_id=customer_id, fields=("card",))


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
    if not await close(row["id"], because, now=act.now):
        return False
    notice = Notice(
        "card_application_lapsed",
        Case(SUBJECT, row["id"], row["customer_id"]),
        roles=("account_manager",),
        staff_ids=(row["applied_by"],),
        details={"kind": row["kind"]},
    )
    await notify(notice, key=f"card-application/{row['id']}/lapsed", now=act.now)
    return True
