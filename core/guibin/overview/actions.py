"""What is done to a customer from their page, by the actions of the slices it belongs to."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import structs

from guibin.activities import inviting as activities
from guibin.activities.inviting import Invited
from guibin.activities.requests import NewInvitations
from guibin.console.shell import Shell
from guibin.context import Act
from guibin.hookspecs import Proposal
from guibin.needs_analyses import actions as needs_analyses
from guibin.needs_analyses.requests import Needs, NewNeedsAnalysis
from guibin.notation.plausible import Plausible
from guibin.policy.cadence import Register
from guibin.policy.money import Money
from guibin.policy.words import Channel, Code, CodeIfAny, FullLine, Said, up_to
from guibin.profiles import orders
from guibin.profiles.orders import OrderView
from guibin.profiles.queries import standing
from guibin.profiles.requests import NewOrder
from guibin.records import actions as records
from guibin.records.queries import InteractionForm
from guibin.records.requests import NewInteraction
from guibin.registers import actions as registers
from guibin.registers.queries import DraftAsked, EntryForm
from guibin.registers.requests import NewEntry
from guibin.tiers import applications
from guibin.tiers.applications import NewApplication
from guibin.tiers.queries import ApplicationView
from guibin_tenants.refusals import Invalid, NotFound


class NewException(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tier for a customer who does not reach it, until before `expires_on` (S12-3)."""

    tier: Code
    expires_on: date
    reason: Annotated[str, up_to(2_000, 1)]


class NewInvitation(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To which activity. `channel` is for those who prefer none."""

    activity_id: UUID
    channel: Channel = "phone"


async def invite(customer_id: UUID, new: NewInvitation, act: Act) -> Invited:
    """Invite the customer, once; who wants no contact is not invited. Raises as the action of activities."""
    asked = NewInvitations(customer_ids=(customer_id,), channel=new.channel)
    return await activities.invite(new.activity_id, asked, act)


class OpenedOrder(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A paid service with its price in the company's usual currency unless another is named."""

    number: Code
    product: FullLine
    price: Annotated[str, up_to(60, 1)]
    currency: CodeIfAny = "CNY"
    started_on: date
    ends_on: date


class Registered(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The month as the company's figures have it, completed."""

    text: Said


async def register(customer_id: UUID, new: Registered, act: Act) -> EntryForm:
    """Register the customer's file for the present span (S02-5). Raises as the action of registers."""
    entry = NewEntry(customer_id=customer_id, text=new.text)
    return await registers.enter((await _register_of(customer_id, act)).name, entry, act)


async def analyse_needs(customer_id: UUID, new: Needs, act: Act) -> None:
    """As the action of the analyses of needs."""
    await needs_analyses.analyse(NewNeedsAnalysis(customer_id=customer_id, **structs.asdict(new)), act)


async def analyse(customer_id: UUID, new: Registered, act: Act) -> EntryForm:
    """Analyse the customer's file for the present span (S02-5). Raises as the action of registers."""
    entry = NewEntry(customer_id=customer_id, text=new.text, what="analysis")
    return await registers.enter((await _register_of(customer_id, act)).name, entry, act)


async def drawn_up(shell: Shell, customer_id: UUID) -> Mapping[str, str]:
    """The text of the span's registration, drawn up from balances, transactions, cards and scores."""
    register = await _register_of(customer_id, shell.act)
    return {"text": (await registers.draft(register.name, DraftAsked(customer_id=customer_id), shell.act)).text}


async def _register_of(customer_id: UUID, act: Act) -> Register:
    """The first register that is kept of customers of this kind. Raises NotFound."""
    kind = (await standing(customer_id)).kind
    for register in act.policy.registers:
        if not register.customer_kinds or kind in register.customer_kinds:
            return register
    raise NotFound("The policy keeps no register of this customer")


async def contact(customer_id: UUID, new: NewInteraction, act: Act) -> InteractionForm:
    """Record a contact with this customer, whatever the form named."""
    return await records.record_interaction(structs.replace(new, customer_id=customer_id), act)


async def apply_for_exception(customer_id: UUID, new: NewException, act: Act) -> ApplicationView:
    """Put the customer up for a tier as an exception, in the scheme that has the tier. An objection undoes it."""
    kind = (await standing(customer_id)).kind
    able = [each for each in act.policy.schemes if each.tier(new.tier) is not None]
    scheme = next((each.name for each in able if kind in each.customer_kinds), able[0].name if able else "")
    if not scheme:
        raise Invalid.at("tier", "a tier of the policy", value=new.tier)
    applied = NewApplication(
        customer_id=customer_id,
        kind="exception",
        scheme=scheme,
        tier=new.tier,
        reason=new.reason,
        expires_on=new.expires_on,
    )
    view = await applications.apply_for(applied, act)
    await act.hooks.refuse_objected(
        Proposal("application", customer_id, {"kind": "exception", "scheme": scheme, "tier": new.tier})
    )
    return view


async def open_order(customer_id: UUID, new: OpenedOrder, act: Act) -> OrderView:
    """Record a paid service. Raises Invalid by the form's own fields."""
    ordered = NewOrder(
        number=new.number,
        product=new.product,
        price=Money(new.price, new.currency),
        started_on=new.started_on,
        ends_on=new.ends_on,
    )
    try:
        return await orders.order(customer_id, ordered, act)
    except Invalid as refusal:
        fields = tuple(
            structs.replace(
                each, field={"price.amount": "price", "price.currency": "currency"}.get(each.field, each.field)
            )
            for each in refusal.fields
        )
        raise Invalid(refusal.detail, fields=fields) from None
