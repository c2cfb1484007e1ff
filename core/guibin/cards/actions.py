"""Issuing, activating, reporting lost, replacing and revoking cards. No second live card of a kind, no card from nowhere."""

from datetime import date, timedelta
from uuid import UUID

import asyncpg

from guibin.audit.actions import AuditNote, record
from guibin.audit.attempts import attempt
from guibin.card_stock.actions import unit_of
from guibin.card_stock.ledger import Movement, Subject, move, tell_if_low
from guibin.card_stock.refusals import NotApproved
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.periods.quotas import add_months
from guibin.policy.cards import CardKind
from guibin.profiles.disclosures import PURPOSE_CHARS_MIN
from guibin.tiers import memberships
from guibin_tenants.refusals import FieldError, Invalid, NotFound
from guibin_tenants.scope import execute, fetch, fetch_one, savepoint
from guibin_tenants.tables import new_id

from . import derived, numbers, queries
from .applications import close, known_kind, refuse_unentitled
from .identity import refuse_unidentified
from .queries import CardForm
from .refusals import LiveCard, NumberTaken
from .requests import CardPurpose, CardReason, NewCard, NewReplacement
from .states import HandedOver, happen, locked, locked_with_membership, refuse_unless


async def issue(new: NewCard, act: Act) -> CardForm:
    """Hand over the card of an approved application, from the stock of the unit if one is kept.

    Cards of the customer's other tiers in the scheme are exchanged for it. Raises NotFound, NotApproved, NoConsent,
    NotInTier, NotSponsored, QuotaFull, NotIdentified, Invalid, NumberTaken, LiveCard, OutOfStock, OtherUnit.
    """
    application = await fetch_one(
        "select customer_id, kind, of_customer_id, outcome, closed_at from card_application where id = $1 for update",
        new.application_id,
    )
    if application is None:
        raise NotFound(f"There is no card application {new.application_id}")
    if application["outcome"] != "approved" or application["closed_at"] is not None:
        raise NotApproved()
    kind, customer_id = known_kind(act.policy, application["kind"]), application["customer_id"]
    # Whoever ends the membership or gives another tier waits, or is seen here.
    await memberships.lock(customer_id, kind.scheme)
    await refuse_unentitled(kind, customer_id, application["of_customer_id"], act)
    if kind.real_name is not None and "issue" in kind.real_name.at:
        await refuse_unidentified(new.identity_check_id, customer_id, kind=kind, company=act.company, now=act.now)
    today = local_day(act.now, act.company.time_zone)
    handed = HandedOver(
        customer_id=customer_id,
        kind=kind,
        number=numbers.plain(new.number, kind),
        application_id=new.application_id,
        of_customer_id=application["of_customer_id"],
        issued_on=today,
        expires_on=add_months(today, kind.months),
        unit_id=await unit_of(new.unit_id, act.by),
        identity_check_id=new.identity_check_id,
    )
    await _exchange(handed, act)
    card_id = await _hand_over(handed, act)
    await close(new.application_id, "issued", now=act.now)
    if kind.sponsorship is not None:
        await derived.bring_tier(handed, policy=act.policy, now=act.now)
    return await _shown(card_id, "issue", customer_id, act)


async def activate(card_id: UUID, act: Act) -> CardForm:
    """The customer opens the card (S12-6). Raises NotFound, WrongState."""
    card = await locked(card_id)
    refuse_unless(card, "issued")
    await happen(card, "activated", act)
    return await _shown(card_id, "activate", card["customer_id"], act)


async def report_lost(card_id: UUID, new: CardReason, act: Act) -> CardForm:
    """Nobody is served on it from now on. Raises NotFound, WrongState."""
    card = await locked(card_id)
    refuse_unless(card, "issued", "active")
    await happen(card, "lost", act, note=new.reason)
    return await _shown(card_id, "report_lost", card["customer_id"], act)


async def recover(card_id: UUID, new: CardReason, act: Act) -> CardForm:
    """It was found again and is what it was before. Raises NotFound, WrongState."""
    card = await locked(card_id)
    refuse_unless(card, "lost")
    await happen(card, "found", act, note=new.reason)
    return await _shown(card_id, "recover", card["customer_id"], act)


async def replace(card_id: UUID, new: NewReplacement, act: Act) -> CardForm:
    """The next card; the old one dies in the same transaction. A lost or damaged card's keeps its last day.

    Raises NotFound, WrongState, NotIdentified, Invalid, NumberTaken, OutOfStock, OtherUnit, and as `issue` what stands
    in the way of a card that is renewed.
    """
    card = await locked_with_membership(card_id)
    refuse_unless(card, *(("issued", "active", "lost") if new.cause != "expiring" else ("issued", "active")))
    kind, customer_id = known_kind(act.policy, card["kind"]), card["customer_id"]
    today = local_day(act.now, act.company.time_zone)
    _refuse_dead(card["expires_on"], today)
    if kind.real_name is not None and "issue" in kind.real_name.at:
        await refuse_unidentified(new.identity_check_id, customer_id, kind=kind, company=act.company, now=act.now)
    unit_id = await unit_of(new.unit_id, act.by)
    number = numbers.plain(new.number, kind)
    await happen(card, "ended", act, because="replaced", note=new.cause)
    await refuse_unentitled(kind, customer_id, card["of_customer_id"], act)
    if new.cause == "expiring":
        _refuse_early(card["expires_on"], kind, today)
    handed = HandedOver(
        customer_id=customer_id,
        kind=kind,
        number=number,
        application_id=card["application_id"],
        of_customer_id=card["of_customer_id"],
        replaces=card_id,
        issued_on=today,
        expires_on=add_months(today, kind.months) if new.cause == "expiring" else card["expires_on"],
        unit_id=unit_id,
        identity_check_id=new.identity_check_id,
        note=new.reason,
    )
    following = await _hand_over(handed, act)
    if kind.sponsorship is not None:
        await derived.prolong_tier(handed)
    return await _shown(following, "replace", customer_id, act)


async def revoke(card_id: UUID, new: CardReason, act: Act) -> CardForm:
    """Take the card away; the tier it brought ends with it. Raises NotFound, WrongState."""
    card = await locked_with_membership(card_id)
    refuse_unless(card, "issued", "active", "lost")
    await happen(card, "ended", act, because="revoked", note=new.reason)
    await derived.end_tier(card, on=local_day(act.now, act.company.time_zone), because=new.reason, now=act.now)
    return await _shown(card_id, "revoke", card["customer_id"], act)


async def disclose(card_id: UUID, new: CardPurpose, act: Act) -> str:
    """The number in clear, with the purpose on record in the same transaction (decision 9). Raises NotFound, Invalid."""
    card = await locked(card_id)
    customer_id: UUID = card["customer_id"]
    if len(new.purpose.strip()) < PURPOSE_CHARS_MIN:
        rule = f"at least {PURPOSE_CHARS_MIN} characters that say why"
        raise Invalid(fields=(FieldError("purpose", rule, value=new.purpose[:60]),))
    if await fetch_one("select id from customer where id = $1 and erased_at is not null", customer_id):
        raise NotFound("The customer was erased: the number does not open any more")
    await execute(
        "insert into disclosure (id, customer_id, purpose, fields, disclosed_to, disclosed_to_name, disclosed_at,"
        " recipient, legal_basis) values ($1, $2, $3, $4::jsonb, $5, $6, $7, '', '')",
        new_id(),
        customer_id,
        new.purpose,
        '["card_number"]',
        act.by.id,
        act.by.name,
        act.now,
    )
    note = AuditNote(
        action="card.disclose",
        subject="card",
        subject_id=card_id,
        customer_id=customer_id,
        fields=("card_number",),
        purpose=new.purpose,
    )
    await record(note, act)
    return await numbers.opened(bytes(card["sealed"]), card_id=card_id, customer_id=customer_id)


async def _hand_over(handed: HandedOver, act: Act) -> UUID:
    card_id = new_id()
    # Whether another card has the number is told, so whoever named it is on record.
    tried = AuditNote(
        action="card.issue", subject="card", customer_id=handed.customer_id, fields=("card_number",), asked=True
    )
    async with attempt(tried, act):
        try:
            async with savepoint():
                await _insert(card_id, handed, act)
        except asyncpg.UniqueViolationError as error:
            if "card_number" in str(error.constraint_name or ""):
                raise NumberTaken(f"{numbers.shown(handed.number)} is another card's") from None
            raise LiveCard() from None
    if handed.kind.quantity_approval:
        subject = Subject("card", card_id)
        given = Movement(
            kind=handed.kind.name,
            quantity=1,
            from_account="stock",
            from_unit_id=handed.unit_id,
            to_account="issued",
            subject=subject,
        )
        left = await move(given, act)
        if handed.unit_id is not None:
            await tell_if_low(handed.kind, handed.unit_id, left=left, taken=1, subject=subject, now=act.now)
    card = await locked(card_id)
    await happen(card, "issued", act, note=handed.note, identity_check_id=handed.identity_check_id)
    return card_id


async def _insert(card_id: UUID, handed: HandedOver, act: Act) -> None:
    kind = handed.kind
    await execute(
        "insert into card (id, customer_id, kind, scheme, tier, of_customer_id, application_id, replaces, unit_id, sealed,"
        " masked, clause, issued_on, expires_on, issued_by_name, issued_at, state, ended_because)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'issued', '')",
        card_id,
        handed.customer_id,
        kind.name,
        kind.scheme,
        kind.tier,
        handed.of_customer_id,
        handed.application_id,
        handed.replaces,
        handed.unit_id,
        await numbers.sealed(handed.number, card_id=card_id, customer_id=handed.customer_id),
        numbers.shown(handed.number),
        kind.clause,
        handed.issued_on,
        handed.expires_on,
        act.by.name,
        act.now,
    )
    await execute(
        "insert into card_number (id, card_id, exact, kind, scheme, tier, of_customer_id, expires_on, state, ended_because)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, 'issued', '')",
        new_id(),
        card_id,
        await numbers.exact(handed.number),
        kind.name,
        kind.scheme,
        kind.tier,
        handed.of_customer_id,
        handed.expires_on,
    )


async def _exchange(handed: HandedOver, act: Act) -> None:
    """A customer shows one tier: the card of the tier before ends with the issue of the next."""
    if handed.of_customer_id is not None:
        return
    rows = await fetch(
        "select id from card where customer_id = $1 and scheme = $2 and tier <> $3 and of_customer_id is null"
        " and ended_at is null order by id",
        handed.customer_id,
        handed.kind.scheme,
        handed.kind.tier,
    )
    for row in rows:
        await happen(await locked(row["id"]), "ended", act, because="exchanged")


def _refuse_dead(expires_on: date, today: date) -> None:
    if expires_on <= today:
        rule = "a card that has not expired"
        raise Invalid(fields=(FieldError("cause", rule, "apply for a new card", f"expired on {expires_on}"),))


def _refuse_early(expires_on: date, kind: CardKind, today: date) -> None:
    first = expires_on - timedelta(days=kind.warn_days)
    if today < first:
        rule = f"from {first}, {kind.warn_days} days before it expires"
        raise Invalid(fields=(FieldError("cause", rule, "lost or damaged cards are replaced at any time", "expiring"),))


async def _shown(card_id: UUID, verb: str, customer_id: UUID, act: Act) -> CardForm:
    note = AuditNote(
        action=f"card.{verb}", subject="card", subject_id=card_id, customer_id=customer_id, fields=("card",)
    )
    await record(note, act)
    return await queries.form(card_id)
