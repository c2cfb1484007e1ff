"""Issuing, activating, reporting lost, replacing and revoking cards. No second live card of a kind, no card from nowhere."""

from datetime import date, timedelta
from uuid import UUID

import asyncpg

from guibin.audit.actions import AuditNote, recorded, searched
from guibin.audit.attempts import attempt
from guibin.card_stock.actions import unit_of
from guibin.card_stock.ledger import Movement, move, tell_if_low
from guibin.card_stock.refusals import NotApproved
from guibin.cases import Case
from guibin.cases.requests import Because, NewDisclosure
from guibin.context import Act
from guibin.periods.quotas import add_months
from guibin.policy.cards import CardKind
from guibin.profiles import disclosures
from guibin.profiles.subjects import is_erased
from guibin.tiers import memberships
from guibin.web.paging import Page
from guibin_tenants.refusals import Invalid, NotFound
from guibin_tenants.rows import add, locked
from guibin_tenants.scope import fetch, savepoint
from guibin_tenants.tables import new_id

from . import queries, sealing, sponsors
from .applications import close, known_kind, refuse_unentitled
from .identity import refuse_unidentified
from .queries import BY_NUMBER, CARDS, CardForm, CardView, DisclosedNumber
from .refusals import LiveCard, NumberTaken
from .requests import NewCard, NewCardSearch, NewReplacement
from .sealing import exact
from .states import Event, HandedOver, happen, locked_with_membership, refuse_unless
from .tables import Card, CardApplication, CardNumber


async def issue(new: NewCard, act: Act) -> CardForm:
    """Hand over the card of an approved application, from the stock of the unit if one is kept.

    Cards of the customer's other tiers in the scheme are exchanged for it. Raises NotFound, NotApproved, NoConsent,
    NotInTier, NotSponsored, QuotaFull, NotIdentified, Invalid, NumberTaken, LiveCard, OutOfStock, OtherUnit.
    """
    application = await locked(CardApplication, new.application_id)
    if application["outcome"] != "approved" or application["closed_at"] is not None:
        raise NotApproved()
    kind, customer_id = known_kind(act.policy, application["kind"]), application["customer_id"]
    # Whoever ends the membership or gives another tier waits, or is seen here.
    await memberships.lock(customer_id, kind.scheme)
    await refuse_unentitled(kind, customer_id, application["of_customer_id"], act)
    if kind.real_name is not None and "issue" in kind.real_name.at:
        await refuse_unidentified(new.identity_check_id, customer_id, kind, act)
    today = act.today
    handed = HandedOver(
        customer_id=customer_id,
        kind=kind,
        number=sealing.plain(new.number, kind),
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
        await sponsors.bring_tier(handed, policy=act.policy, now=act.now)
    return await _shown(card_id, "issue", customer_id, act)


async def activate(card_id: UUID, act: Act) -> CardForm:
    """The customer opens the card (S12-6). Raises NotFound, WrongState."""
    card = await locked(Card, card_id)
    refuse_unless(card, "issued")
    await happen(card, Event("activated"), act)
    return await _shown(card_id, "activate", card["customer_id"], act)


async def report_lost(card_id: UUID, new: Because, act: Act) -> CardForm:
    """Nobody is served on it from now on. Raises NotFound, WrongState."""
    card = await locked(Card, card_id)
    refuse_unless(card, "issued", "active")
    await happen(card, Event("lost", note=new.reason), act)
    return await _shown(card_id, "report_lost", card["customer_id"], act)


async def recover(card_id: UUID, new: Because, act: Act) -> CardForm:
    """It was found again and is what it was before. Raises NotFound, WrongState."""
    card = await locked(Card, card_id)
    refuse_unless(card, "lost")
    await happen(card, Event("found", note=new.reason), act)
    return await _shown(card_id, "recover", card["customer_id"], act)


async def replace(card_id: UUID, new: NewReplacement, act: Act) -> CardForm:
    """The next card; the old one dies in the same transaction. A lost or damaged card's keeps its last day.

    Raises NotFound, WrongState, NotIdentified, Invalid, NumberTaken, OutOfStock, OtherUnit, and as `issue` what stands
    in the way of a card that is renewed.
    """
    card = await locked_with_membership(card_id)
    refuse_unless(card, *(("issued", "active", "lost") if new.cause != "expiring" else ("issued", "active")))
    kind, customer_id = known_kind(act.policy, card["kind"]), card["customer_id"]
    today = act.today
    _refuse_dead(card["expires_on"], today)
    if kind.real_name is not None and "issue" in kind.real_name.at:
        await refuse_unidentified(new.identity_check_id, customer_id, kind, act)
    unit_id = await unit_of(new.unit_id, act.by)
    number = sealing.plain(new.number, kind)
    await happen(card, Event("ended", because="replaced", note=new.cause), act)
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
        await sponsors.prolong_tier(handed)
    return await _shown(following, "replace", customer_id, act)


async def revoke(card_id: UUID, new: Because, act: Act) -> CardForm:
    """Take the card away; the tier it brought ends with it. Raises NotFound, WrongState."""
    card = await locked_with_membership(card_id)
    refuse_unless(card, "issued", "active", "lost")
    await happen(card, Event("ended", because="revoked", note=new.reason), act)
    await sponsors.end_tier(card, on=act.today, because=new.reason, now=act.now)
    return await _shown(card_id, "revoke", card["customer_id"], act)


async def disclose(card_id: UUID, new: NewDisclosure, act: Act) -> DisclosedNumber:
    """The number in clear, with the purpose on record in the same transaction (decision 9). Raises NotFound, Invalid."""
    card = await locked(Card, card_id)
    customer_id: UUID = card["customer_id"]
    if await is_erased(customer_id):
        raise NotFound("The customer was erased: the number does not open any more")
    about = Case("card", card_id, customer_id)
    await disclosures.keep(about, ("card_number",), new, act, called=("card_number",))
    number = await sealing.opened(bytes(card["sealed"]), card_id=card_id, customer_id=customer_id)
    return DisclosedNumber(card_id, number)


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
                raise NumberTaken(f"{sealing.shown(handed.number)} is another card's") from None
            raise LiveCard() from None
    if handed.kind.quantity_approval:
        given = Movement(
            kind=handed.kind.name,
            quantity=1,
            from_account="stock",
            from_unit_id=handed.unit_id,
            to_account="issued",
            subject=Case("card", card_id),
        )
        await tell_if_low(handed.kind, given, await move(given, act), act)
    card = await locked(Card, card_id)
    await happen(card, Event("issued", note=handed.note, identity_check_id=handed.identity_check_id), act)
    return card_id


async def _insert(card_id: UUID, handed: HandedOver, act: Act) -> None:
    kind = handed.kind
    same = {
        "kind": kind.name,
        "scheme": kind.scheme,
        "tier": kind.tier,
        "of_customer_id": handed.of_customer_id,
        "expires_on": handed.expires_on,
    }
    await add(
        Card,
        act,
        **same,
        id=card_id,
        customer_id=handed.customer_id,
        application_id=handed.application_id,
        replaces=handed.replaces,
        unit_id=handed.unit_id,
        sealed=await sealing.sealed(handed.number, card_id=card_id, customer_id=handed.customer_id),
        masked=sealing.shown(handed.number),
        clause=kind.clause,
        issued_on=handed.issued_on,
    )
    await add(CardNumber, **same, card_id=card_id, exact=await sealing.exact(handed.number))


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
        await happen(await locked(Card, row["id"]), Event("ended", because="exchanged"), act)


def _refuse_dead(expires_on: date, today: date) -> None:
    if expires_on <= today:
        raise Invalid.at("cause", "a card that has not expired", "apply for a new card", f"expired on {expires_on}")


def _refuse_early(expires_on: date, kind: CardKind, today: date) -> None:
    first = expires_on - timedelta(days=kind.warn_days)
    if today < first:
        rule = f"from {first}, {kind.warn_days} days before it expires"
        raise Invalid.at("cause", rule, "lost or damaged cards are replaced at any time", "expiring")


async def _shown(card_id: UUID, verb: str, customer_id: UUID, act: Act) -> CardForm:
    return await recorded(verb, Case("card", card_id, customer_id), queries.FORM, act, fields=("card",))


async def search(new: NewCardSearch, act: Act) -> Page[CardView]:
    """The card of the number, on record; none for a part of one."""
    found = await CARDS.where(BY_NUMBER, exact=await exact(new.number))
    return await searched("card", Page(found), act, verb="list", fields=("card",))
