"""Redeeming, taking up a reservation, reversing. Everything that counts happens under the account's lock."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

import asyncpg
from msgspec import Meta, Struct
from msgspec.structs import replace

from guibin import events
from guibin.audit.actions import noted
from guibin.context import Act
from guibin.desks import queries as venues
from guibin.desks.refusals import NotGivenHere
from guibin.events import RedemptionChanged
from guibin.notation.plausible import Plausible
from guibin.periods.allowances import Allowance, allowance
from guibin.policy.money import Money
from guibin.policy.packs import Policy
from guibin.policy.service_items import Entitlement
from guibin.policy.words import CodeIfAny, Reason, up_to
from guibin.profiles.queries import standing
from guibin.profiles.wishes import ITEM, declined
from guibin.tiers import moves
from guibin.tiers import queries as tiers
from guibin.tiers.moves import ConsequenceView
from guibin.tiers.queries import MembershipView
from guibin_tenants.above import FromAbove
from guibin_tenants.refusals import FieldError, Invalid, refuse
from guibin_tenants.rows import add, add_all, given
from guibin_tenants.scope import fetch_value, savepoint

from . import queries
from .queries import RedemptionView
from .refusals import AlreadyReversed, NotEntitled, NotProved, NotReserved, NotWanted, QuotaUsedUp, ReferenceTaken
from .sharing import Reduction, Share, reduction, refuse_beyond_share
from .tables import EntitlementAccount, EntitlementAdjustment, Redemption, RedemptionReversal, RedemptionUse

QUANTITY_MAX = 10_000
# Whether this proof was accepted of this customer since that moment.
PROVED: FromAbove[Callable[[UUID, UUID, datetime], Awaitable[bool]]] = FromAbove("proofs that were shown")
# What begins when an item is used for its own sake, and what ends when that is undone.
USED: FromAbove[Callable[[RedemptionView, Act], Awaitable[None]]] = FromAbove("what a use brings about")
REVERSED: FromAbove[Callable[[RedemptionView, Act], Awaitable[None]]] = FromAbove("what a reversal undoes")


class NewRedemption(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`used_on` is the day of use, today by default: it counts in that day's period, whenever it is entered.

    With `reserve_until` the units are only kept back until then. `reference` is the caller's own, sent again it changes
    nothing. `scheme` is needed only when two schemes give the same item. `proof` is what the customer showed (S03-4).
    `companions` who come along use units as well, unless they are free. `person_id` is who uses a shared quota. With a
    `price` an item that is a discount answers what is taken off.
    """

    customer_id: UUID
    item: CodeIfAny
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)] = 1
    companions: Annotated[int, Meta(ge=0, le=1_000)] = 0
    person_id: UUID | None = None
    price: Money | None = None
    used_on: date | None = None
    scheme: CodeIfAny = ""
    reference: Annotated[str, up_to(120, 1)] | None = None
    occasion: CodeIfAny = ""
    proof: CodeIfAny = ""
    note: Annotated[str, up_to(1_000)] = ""
    reserve_until: Annotated[datetime, Meta(tz=True)] | None = None


class NewAdjustment(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Units given, or taken when negative, in the period of `counts_on`, today's by default: amends, a correction."""

    item: CodeIfAny
    quantity: Annotated[int, Meta(ge=-QUANTITY_MAX, le=QUANTITY_MAX)]
    reason: Reason
    scheme: CodeIfAny = ""
    occasion: CodeIfAny = ""
    counts_on: date | None = None


class Offer(Struct, frozen=True):
    """What one membership gives of one item on a day: `rewarded` units of it are a reward, `withheld` is a penalty;
    `declined` has the customer who does not want it (S02-2)."""

    membership: MembershipView
    entitlement: Entitlement
    allowance: Allowance
    rewarded: int = 0
    withheld: ConsequenceView | None = None
    declined: bool = False


async def use(new: NewRedemption, act: Act) -> RedemptionView:
    """As `redeem`; an item with steps is carried out in them from the use on: what is redeemed by an activity, an offer or a
    present is carried out there."""
    redemption = await redeem(new, act)
    if redemption.state == "used":
        await USED()(redemption, act)
    return redemption


async def redeem(new: NewRedemption, act: Act) -> RedemptionView:
    """Use or reserve units of an item; the quota never goes below zero, however many redeem at once.

    Raises Invalid, NotFound for a customer the caller cannot see, NotEntitled, NotWanted, QuotaUsedUp,
    NotAmongThem, ShareUsedUp, NotGivenHere, NotProved, ReferenceTaken.
    """
    today = act.today
    used_on = new.used_on or today
    _refuse_wrong(new, act.policy, today, act.now)
    await _lock(new.customer_id, new.item)
    if new.reference is not None:
        known = await queries.by_reference(new.reference, new.customer_id, now=act.now)
        if known is not None:
            return _same(known, new, used_on)
    found = await offers(new.customer_id, act.policy, item=new.item, day=used_on, occasion=new.occasion, now=act.now)
    mine = [o for o in found if not new.scheme or o.membership.scheme == new.scheme]
    offer = _best([o for o in mine if o.withheld is None])
    if offer is None:
        for penalised in (o.withheld for o in mine if o.withheld):
            raise NotEntitled(f"{new.item} is withheld until {penalised.until_on} ({penalised.clause})")
        raise NotEntitled(f"No membership gives {new.item} on {used_on}")
    if offer.declined:
        raise NotWanted(f"The customer's last word on {new.item} is no")
    left, units = offer.allowance.left, _units(new, offer.entitlement)
    if left is not None and left < units:
        period = offer.allowance.period
        raise QuotaUsedUp(
            f"{left} of {new.item} left, {units} asked for, from {period.starts_on} until before {period.ends_on}"
        )
    share = Share(new.customer_id, new.person_id, units, used_on, new.occasion)
    await refuse_beyond_share(share, offer.entitlement, offer.allowance, now=act.now)
    await _refuse_elsewhere(new, act)
    await _refuse_unproved(new, act)
    reduced = reduction(new.price, offer.entitlement)
    redemption_id = await _write(new, offer, used_on, reduced, act)
    await _note("redemption.write", new.customer_id, redemption_id, act)
    return await _told(await queries.by_id(redemption_id, now=act.now), act)


async def _refuse_elsewhere(new: NewRedemption, act: Act) -> None:
    """Raises NotGivenHere in a hall that has none of the venues where the item is given; the head office and systems are in
    no hall.
    """
    item = act.policy.service_item(new.item)
    unit_id = act.by.org_unit_id
    if item is None or not item.venues or unit_id is None or not act.by.is_person:
        return
    found = await venues.nearest(unit_id, item.venues)
    if found is None or found.org_unit_id != unit_id:
        where = f"the nearest is {found.org_unit_name}" if found else "nor has any above it"
        raise NotGivenHere(f"The hall has none of {', '.join(item.venues)}; {where}")


async def _refuse_unproved(new: NewRedemption, act: Act) -> None:
    """Raises NotProved where the item is given on a proof and this is none, not theirs, too old or used already."""
    item = act.policy.service_item(new.item)
    if item is None or not item.proof_minutes:
        return
    try:
        proof_id = UUID(new.proof)
    except ValueError:
        raise NotProved("Show a proof, and give its id as proof") from None
    since = act.now - timedelta(minutes=item.proof_minutes)
    if not await PROVED()(proof_id, new.customer_id, since):
        raise NotProved(f"The proof was not accepted of this customer within {item.proof_minutes} minutes")
    if await fetch_value(
        "select true from redemption where proof = $1 and item = $2 and customer_id = $3 limit 1",
        new.proof,
        new.item,
        new.customer_id,
    ):
        raise NotProved("The proof was used for this item before: show one again")


async def take_up(redemption_id: UUID, act: Act) -> RedemptionView:
    """A reservation is used. It outlives a change of tier, for it was promised, but not the membership.

    Raises NotFound, NotReserved when it lapsed, was reversed or is used already, NotEntitled for one who has left.
    """
    found = await queries.by_id(redemption_id, now=act.now)
    holding = tiers.holding_on(await tiers.memberships_of(found.customer_id), act.today)
    if found.state == "reserved" and found.scheme not in [membership.scheme for membership in holding]:
        raise NotEntitled(f"The customer is no longer a member of {found.scheme}: the reservation fell with it")
    used = await record_use(redemption_id, act)
    await USED()(used, act)
    return used


async def record_use(redemption_id: UUID, act: Act) -> RedemptionView:
    """The reservation was used, whatever has become of the membership: what happened is on record.

    Raises NotFound, NotReserved.
    """
    found = await _locked(redemption_id, act.now)
    if found.state != "reserved":
        raise NotReserved(f"The redemption is {found.state}")
    await add(RedemptionUse, act, redemption_id=redemption_id)
    await _note("redemption.use", found.customer_id, redemption_id, act)
    return await _told(await queries.by_id(redemption_id, now=act.now), act)


async def reverse(redemption_id: UUID, act: Act, *, reason: str) -> RedemptionView:
    """Undo a redemption: its units are free again in the period of use. Raises NotFound, AlreadyReversed."""
    found = await _locked(redemption_id, act.now)
    if found.state == "reversed":
        raise AlreadyReversed(f"It was reversed at {found.reversed_at}: {found.reversal_reason}")
    await add(RedemptionReversal, act, redemption_id=redemption_id, reason=reason)
    await _note("redemption.reverse", found.customer_id, redemption_id, act)
    undone = await _told(await queries.by_id(redemption_id, now=act.now), act)
    await REVERSED()(undone, act)
    return undone


async def give_back(redemption_id: UUID, act: Act, *, reason: str) -> None:
    """As `reverse`, unless it was: what it was used for does not take place. Raises NotFound."""
    if (await _locked(redemption_id, act.now)).state != "reversed":
        await reverse(redemption_id, act, reason=reason)


async def adjust(customer_id: UUID, new: NewAdjustment, act: Act) -> Offer:
    """Give units beside the quota, or take some away; what is left afterwards. Never below zero.

    Raises NotFound, NotEntitled, and Invalid where the tier has the item without limit.
    """
    day = new.counts_on or act.today
    if new.quantity == 0 or "\0" in new.occasion:
        raise Invalid.at("quantity", "units given or taken, not 0", value=str(new.quantity))
    await _lock(customer_id, new.item)
    before = await _offer_of(customer_id, new, act.policy, day, act.now)
    if before.allowance.left is None:
        raise Invalid.at("item", "an item with a quota", "it has no limit anyway", new.item)
    if before.allowance.left + new.quantity < 0:
        rule = f"at least -{before.allowance.left}, what is left"
        raise Invalid.at("quantity", rule, "reverse redemptions first", str(new.quantity))
    adjustment_id = await add(
        EntitlementAdjustment,
        act,
        customer_id=customer_id,
        **given(new) | {"scheme": before.membership.scheme, "counts_on": day},
    )
    await _note("entitlement.adjust", customer_id, adjustment_id, act)
    return await _offer_of(customer_id, new, act.policy, day, act.now)


async def offers(
    customer_id: UUID, policy: Policy, *, day: date, now: datetime, item: str = "", occasion: str = ""
) -> list[Offer]:
    """What the customer's memberships of that day give, of one item or of all. Raises NotFound."""
    await standing(customer_id)
    history = await tiers.memberships_of(customer_id)
    brought = await moves.of_customer(customer_id, on=day)
    unwanted = await declined(customer_id, ITEM)
    found = []
    for membership in tiers.holding_on(history, day):
        for entitlement in policy.entitlements:
            if (entitlement.scheme, entitlement.tier) != (membership.scheme, membership.tier):
                continue
            if item and entitlement.item != item:
                continue
            given = allowance(
                queries.right_on(policy, history, membership.scheme, entitlement.item),
                await queries.counted(customer_id, entitlement, now=now),
                day=day,
                since_on=membership.since_on,
                occasion=occasion,
            )
            if given is not None:
                mine = [one for one in brought if (one.scheme, one.item) == (membership.scheme, entitlement.item)]
                found.append(
                    replace(_offer(membership, entitlement, given, mine), declined=entitlement.item in unwanted)
                )
    return found


async def _offer_of(customer_id: UUID, new: NewAdjustment, policy: Policy, day: date, now: datetime) -> Offer:
    found = await offers(customer_id, policy, item=new.item, day=day, occasion=new.occasion, now=now)
    offer = next((one for one in found if not new.scheme or one.membership.scheme == new.scheme), None)
    if offer is None:
        raise NotEntitled(f"No membership gives {new.item} on {day}")
    return offer


def _offer(
    membership: MembershipView,
    entitlement: Entitlement,
    given: Allowance,
    brought: list[ConsequenceView],
) -> Offer:
    """With the rewards of the day among what is granted, and the penalty that lasts longest."""
    rewarded = sum(one.units for one in brought if one.kind == "reward") if given.granted is not None else 0
    penalties = sorted((one for one in brought if one.kind == "penalty"), key=lambda one: one.until_on)
    more = replace(given, granted=given.granted + rewarded) if given.granted is not None else given
    return Offer(membership, entitlement, more, rewarded, penalties[-1] if penalties else None)


def _best(found: list[Offer]) -> Offer | None:
    # Unlimited first, then whatever leaves most.
    return max(found, key=lambda o: (o.allowance.left is None, o.allowance.left or 0), default=None)


def _refuse_wrong(new: NewRedemption, policy: Policy, today: date, now: datetime) -> None:
    problems = []
    if policy.service_item(new.item) is None:
        known = ", ".join(item.name for item in policy.service_items)
        problems.append(FieldError("item", "a service item of the policy", f"one of: {known}", new.item))
    if new.reserve_until is None and new.used_on is not None and new.used_on > today:
        rule = f"not after today, {today}"
        problems.append(FieldError("used_on", rule, "reserve it with reserve_until", str(new.used_on)))
    if new.reserve_until is not None and new.reserve_until <= now:
        problems.append(FieldError("reserve_until", "a moment to come", "", str(new.reserve_until)))
    refuse(problems, "Nothing was redeemed")


async def _lock(customer_id: UUID, item: str) -> None:
    # The wall hides foreign customers: they are refused before their account could be made.
    await standing(customer_id)
    account = {"customer_id": customer_id, "item": item}
    await add_all(EntitlementAccount, None, [account], unless=("customer_id", "item"))
    await fetch_value(
        "select id from entitlement_account where customer_id = $1 and item = $2 for update", customer_id, item
    )


async def _locked(redemption_id: UUID, now: datetime) -> RedemptionView:
    found = await queries.by_id(redemption_id, now=now)
    await _lock(found.customer_id, found.item)
    return await queries.by_id(redemption_id, now=now)


def _units(new: NewRedemption, entitlement: Entitlement) -> int:
    return new.quantity + (new.companions if entitlement.companions == "count" else 0)


def _same(known: RedemptionView, new: NewRedemption, used_on: date) -> RedemptionView:
    asked = (new.customer_id, new.item, new.companions, new.person_id, used_on if new.used_on else known.used_on)
    same = (known.customer_id, known.item, known.companions, known.person_id, known.used_on) == asked
    if not same or known.quantity not in (new.quantity, new.quantity + new.companions):
        raise ReferenceTaken(f"The reference {known.reference} belongs to a redemption of {known.item}")
    return known


async def _write(new: NewRedemption, offer: Offer, used_on: date, reduced: Reduction | None, act: Act) -> UUID:
    try:
        async with savepoint():
            return await add(
                Redemption,
                act,
                customer_id=new.customer_id,
                item=new.item,
                scheme=offer.membership.scheme,
                tier=offer.membership.tier,
                membership_id=offer.membership.id,
                quantity=_units(new, offer.entitlement),
                companions=new.companions,
                person_id=new.person_id,
                price=reduced.price if reduced else None,
                reduced_by=reduced.reduced_by if reduced else None,
                currency=reduced.currency if reduced else None,
                used_on=used_on,
                reference=new.reference,
                occasion=new.occasion,
                proof=new.proof,
                note=new.note,
                reserved_until=new.reserve_until,
            )
    except asyncpg.UniqueViolationError:
        raise ReferenceTaken(f"The reference {new.reference} was used meanwhile") from None


async def _told(found: RedemptionView, act: Act) -> RedemptionView:
    """What has become of it is told."""
    await events.happen(RedemptionChanged(found.id, found.customer_id, found.item, found.state), act)
    return found


async def _note(action: str, customer_id: UUID, redemption_id: UUID, act: Act) -> None:
    await noted(
        action, act, subject="redemption", subject_id=redemption_id, customer_id=customer_id, fields=("redemption",)
    )
