"""The counter: whoever calls or stands here, how to greet them, what runs, and what they are due, given at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from msgspec import Meta, Struct

from guibin.audit.actions import noted, searched
from guibin.cards import eligibility, proofs
from guibin.cards.eligibility import Eligible
from guibin.cards.requests import NewProof
from guibin.complaints import queries as complaints
from guibin.console import forms
from guibin.console.commands import Command, Commands, Undo, is_id
from guibin.console.forms import Choice
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.desks import queries as desks
from guibin.desks.queries import DeskView, Offered
from guibin.entitlements import actions as entitlements
from guibin.entitlements import queries as redemptions
from guibin.entitlements.actions import NewRedemption
from guibin.entitlements.queries import RedemptionView
from guibin.hotline import actions as hotline
from guibin.hotline.queries import CallView
from guibin.hotline.requests import NewCall
from guibin.notation.telephones import is_telephone
from guibin.policy.words import Code, CodeIfAny, Line, Note, Reason
from guibin.profiles import actions as profiles
from guibin.profiles.queries import CustomerView
from guibin.recognitions import actions as recognitions
from guibin.recognitions.requests import NewRecognition
from guibin.service_requests import queries as requests
from guibin.tiers.marks import Mark, marks
from guibin.web.paging import Page
from guibin_tenants.principals import may
from guibin_tenants.refusals import Invalid

from . import finding, panels

READ, REDEEM, RECOGNISE = may("customers:read"), may("entitlements:redeem"), may("recognitions:write")
RIGHTS, COMPLAINTS, REQUESTS = may("entitlements:read"), may("complaints:read"), may("requests:read")
CARDS = may("cards:read")
PATH, CALLS = f"{PREFIX}/counter", f"{PREFIX}/hotline"
NAME = "overview.counter"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="phone-incoming", needs=READ & RECOGNISE, order=12),)
# A number with fewer digits is a card's or a customer's, or the last of a telephone's.
_TELEPHONE_DIGITS_MIN = 7
_REDEMPTIONS_SHOWN = 5
_Quantity = Annotated[int, Meta(ge=1, le=entitlements.QUANTITY_MAX)]


class Use(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Units used now, on what the customer shows: a kind of proof, and the number on it or the text of the e-card."""

    item: Code
    quantity: _Quantity = 1
    shown: CodeIfAny = ""
    proof: Line = ""
    note: Note = ""


class Reservation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Units kept back until a moment."""

    item: Code
    reserve_until: Annotated[datetime, Meta(tz=True)]
    quantity: _Quantity = 1
    note: Note = ""


class TakeUp(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reservation that is used now."""

    redemption: UUID


class Reversal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A redemption undone, and why."""

    redemption: UUID
    reason: Reason


async def redeem(customer_id: UUID, new: Use, act: Act) -> UUID:
    """Use units of an item: the redemption's id. Raises as the action of entitlements."""
    proof = new.proof[:60]
    if new.shown:
        proof = str((await proofs.prove(NewProof(kind=new.shown, value=new.proof), act)).id)
    redeemed = await entitlements.use(
        NewRedemption(customer_id=customer_id, item=new.item, quantity=new.quantity, proof=proof, note=new.note), act
    )
    return redeemed.id


async def reserve(customer_id: UUID, new: Reservation, act: Act) -> UUID:
    """Keep units back: the redemption's id. Raises as the action of entitlements."""
    reserved = await entitlements.redeem(
        NewRedemption(
            customer_id=customer_id,
            item=new.item,
            quantity=new.quantity,
            note=new.note,
            reserve_until=new.reserve_until,
        ),
        act,
    )
    return reserved.id


async def take_up(customer_id: UUID, new: TakeUp, act: Act) -> None:
    """Use what was reserved. Raises as the action of entitlements, and Invalid for another customer's."""
    await entitlements.take_up(await _of(customer_id, new.redemption, act), act)


async def reverse(customer_id: UUID, new: Reversal, act: Act) -> None:
    """Undo a redemption. Raises as the action of entitlements, and Invalid for another customer's."""
    await entitlements.reverse(await _of(customer_id, new.redemption, act), act, reason=new.reason)


async def _of(customer_id: UUID, redemption_id: UUID, act: Act) -> UUID:
    found = await redemptions.by_id(redemption_id, now=act.now)
    if found.customer_id != customer_id:
        raise Invalid.at("redemption", "one of this customer's")
    return redemption_id


def _here(shell: Shell) -> UUID:
    return UUID(str(shell.request.path_params["customer_id"]))


async def _items(shell: Shell) -> list[Choice]:
    found = await panels.rights(_here(shell), shell.act)
    return [Choice(right.item, _left(right, shell)) for right in found if right.left != 0]


def _left(right: panels.RightLine, shell: Shell) -> str:
    left = shell.says("overview.unlimited") if right.left is None else shell.says("overview.left", count=right.left)
    return f"{right.title} · {left}"


async def _proofs(shell: Shell) -> list[Choice]:
    return [Choice(kind.name, shell.named(f"proof.{kind.name}")) for kind in shell.act.policy.proofs]


async def _reserved(shell: Shell) -> list[Choice]:
    return [_choice(each, shell) for each in await _latest(_here(shell), shell.act) if each.state == "reserved"]


async def _standing(shell: Shell) -> list[Choice]:
    return [_choice(each, shell) for each in await _latest(_here(shell), shell.act) if each.state != "reversed"]


def _choice(each: RedemptionView, shell: Shell) -> Choice:
    title = shell.named(f"service_item.{each.item}.title")
    return Choice(str(each.id), f"{title} × {each.quantity} · {shell.clock.moment(each.redeemed_at)}")


async def _latest(customer_id: UUID, act: Act) -> list[RedemptionView]:
    return await redemptions.LISTED.where(
        "x.customer_id = $of", order="x.redeemed_at desc, x.id desc limit 20", of=customer_id, now=act.now
    )


# What was given or reserved is reversed: its units are free again.
_TAKEN_BACK = Undo(command="reverse", after=lambda redemption_id: {"redemption": str(redemption_id)})
COMMANDS = Commands(
    NAME,
    "customer_id",
    PATH,
    Command(
        name="redeem",
        action=redeem,
        icon="ticket",
        key="r",
        choices={"item": _items, "shown": _proofs},
        undo=_TAKEN_BACK,
    ),
    Command(name="reserve", action=reserve, icon="clock", key="s", choices={"item": _items}, undo=_TAKEN_BACK),
    Command(name="take_up", action=take_up, icon="check", key="u", choices={"redemption": _reserved}),
    Command(name="reverse", action=reverse, icon="x", key="b", choices={"redemption": _standing}),
    needs=REDEEM,
)


class Here(Struct, frozen=True, kw_only=True):
    """Whoever is at the counter; a part is None for a reader who may not see it."""

    customer: CustomerView
    mark: Mark | None
    complaints: list[complaints.Other] | None
    requests: list[requests.Other] | None
    rights: list[panels.RightLine] | None
    hall: list[DeskView]
    offered: list[tuple[Offered, bool]]
    redemptions: list[RedemptionView]
    eligible: list[Eligible]


class CounterScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ & RECOGNISE)
    async def ask_who(self, shell: Shell, call: str = "") -> Response[str]:
        q, holds = await recognitions.called_by(call, now=shell.act.now)
        rings = call if holds else None
        return shell.page("overview/counter.html", here=None, call=None, q=q, rings=rings, **_nobody())

    @post("/found", needs=READ & RECOGNISE, status_code=200)
    async def found(self, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        q = forms.typed("q", given)
        call = await recognitions.recognise(NewRecognition(phone=q), shell.act) if _is_call(q) else None
        contact = await _answered(q, given, call, shell) if call is not None else None
        if call is not None and call.outcome != "unknown":
            whose = [call.customer] if call.customer else call.candidates
            found: Sequence[CustomerView] = [await profiles.show(each.customer_id, shell.act) for each in whose]
        else:
            found = await finding.customers(q, shell) or [
                await profiles.show(each.customer_id, shell.act)
                for each in await finding.held(q, shell)
                if each.customer_id is not None
            ]
        one = found[0] if len(found) == 1 else None
        response = shell.page(
            "overview/counter_found.html",
            q=q,
            call=call,
            contact=contact,
            found=found,
            rings=None,
            marks=await marks([each.id for each in found], shell.act),
            **(await _at_counter(one.id, shell) if one else {"here": None, **_nobody()}),
        )
        if one is not None:
            response.headers["HX-Push-Url"] = f"{PATH}/{one.id}"
        return response

    @get("/{customer_id:uuid}", needs=READ & RECOGNISE)
    async def customer(self, customer_id: UUID, shell: Shell) -> Response[str]:
        return shell.page("overview/counter.html", call=None, q="", rings=None, **await _at_counter(customer_id, shell))

    @post("/contacts", needs=READ & RECOGNISE, status_code=200)
    async def answer(self, shell: Shell) -> Response[str]:
        """Open the contact of the call that is on the page."""
        given = await forms.sent(shell.request)
        customer_id = forms.typed("customer_id", given)
        opened = await hotline.open_call(
            NewCall(phone=forms.typed("q", given), customer_id=UUID(customer_id) if is_id(customer_id) else None),
            shell.act,
        )
        return shell.done(shell.says("hotline.answered"), goes_to=f"{CALLS}/{opened.id}")

    ask, do = COMMANDS.handlers("/{customer_id:uuid}", needs=REDEEM, sees=profiles.show)


def _is_call(q: str) -> bool:
    return bool(q) and is_telephone(q, digits_min=_TELEPHONE_DIGITS_MIN)


async def _answered(
    q: str, given: dict[str, list[str]], call: recognitions.RecognitionView, shell: Shell
) -> CallView | None:
    """The contact of the call for which a softphone opened this page: opened once, whoever calls (S01-7)."""
    link = "".join(given.get("call", [])[:1])
    number, holds = await recognitions.called_by(link, now=shell.act.now)
    if not holds or number != q:
        return None
    caller = call.customer.customer_id if call.customer else None
    return await hotline.open_call(NewCall(phone=q, customer_id=caller, reference=link[:80]), shell.act)


def _nobody() -> dict[str, Any]:
    return {"commands": [], "address": None}


async def _at_counter(customer_id: UUID, shell: Shell) -> dict[str, Any]:
    here = await _here_now(customer_id, shell.act)
    names = [
        *(("redeem", "reserve") if any(right.left != 0 for right in here.rights or ()) else ()),
        *(("take_up",) if any(each.state == "reserved" for each in here.redemptions) else ()),
        *(("reverse",) if any(each.state != "reversed" for each in here.redemptions) else ()),
    ]
    return {
        "here": here,
        "commands": COMMANDS.allowed(shell, *names),
        "address": lambda name: COMMANDS.address(customer_id, name),
    }


async def _here_now(customer_id: UUID, act: Act) -> Here:
    customer, by = await profiles.show(customer_id, act), act.by
    running = [each for each in await complaints.of_customer(customer_id, most=20) if each.state in ("open", "waiting")]
    rights, latest = None, Page[RedemptionView]([])
    if RIGHTS(by):
        rights = await panels.rights(customer_id, act)
        await noted("entitlements.read", act, customer_id=customer_id, fields=("tier", "redemptions"))
        given = (await _latest(customer_id, act))[:_REDEMPTIONS_SHOWN]
        latest = await searched("redemption", Page(given), act, verb="list")
    hall = await desks.at(by.org_unit_id) if by.org_unit_id else []
    due = {right.item for right in rights or () if right.left != 0}
    kinds = {one.kind for one in hall}
    return Here(
        hall=hall,
        offered=[(each, each.item in due) for each in desks.offers(act.policy) if kinds & set(each.kinds)],
        customer=customer,
        mark=(await marks([customer_id], act)).get(customer_id),
        complaints=running if COMPLAINTS(by) else None,
        requests=await requests.running_of(customer_id) if REQUESTS(by) else None,
        rights=rights,
        redemptions=list(latest.items),
        eligible=await eligibility.eligible(customer_id, act) if CARDS(by) and act.policy.cards else [],
    )
