"""Recognising a caller: one look-up, on record, answered with the routing and the greetings (S03-5, S03-6)."""

import base64
from datetime import datetime, timedelta
from string import Template
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import AuditNote, noted
from guibin.audit.attempts import attempt
from guibin.context import Act
from guibin.notation.addressing import addressee, title
from guibin.policy.hotline import HotlineRoute
from guibin.policy.packs import Policy
from guibin.profiles.queries import archive_fields
from guibin_tenants import keyring
from guibin_tenants.keyring import KeyringError, Place

from . import queries
from .queries import CALLERS_MAX, Caller
from .requests import NewCallLink, NewRecognition, number_in

Outcome = Literal["recognised", "several", "unknown", "withheld"]
LANGUAGES = ("zh-CN", "en")
# Where the counter is, and how long a link to it looks a number up by itself.
COUNTER, LINK_HOLDS = "/console/counter", timedelta(minutes=10)


class CallerView(Struct, frozen=True):
    """Who calls, how to address them, and the tier that decided the route; None when none did."""

    customer_id: UUID
    number: str
    name: str
    title: str
    addressee: str
    scheme: str | None
    tier: str | None
    tier_title: str | None
    account_manager_id: UUID | None


class RouteView(Struct, frozen=True):
    """Where the call goes. `skips_menu` is without any IVR; a higher `priority` is answered first."""

    queue: str
    queue_title: str
    skips_menu: bool
    priority: int
    clause: str


class RecognitionView(Struct, frozen=True):
    """Who calls and how the call is answered.

    `greetings` are said in order: the standard greeting, then by name and title where one customer is known. With
    `several` the agent asks who of `candidates` it is; `more` says that there are others.
    """

    outcome: Outcome
    customer: CallerView | None
    candidates: tuple[CallerView, ...]
    more: bool
    route: RouteView
    greetings: tuple[str, ...]
    language: str


class CallLinkView(Struct, frozen=True):
    """The console's address for a call, below the address of the API, and until when it looks the number up by itself."""

    path: str
    until: datetime


# A link is no row: whatever is sealed in one opens nowhere else.
_LINK = Place("call_link", "call", UUID(int=0))


async def link(new: NewCallLink, act: Act) -> CallLinkView:
    """The counter's address for this call, which a softphone opens in the agent's browser. Raises Invalid for no number.

    Nothing is looked up yet: whoever opens it is signed in, and looks in their own name.
    """
    number = number_in(NewRecognition(phone=new.phone)) or ""
    until = act.now + LINK_HOLDS
    sealed = keyring.seal(await keyring.tenant_key(), _LINK, f"{int(until.timestamp())} {number}")
    await noted("recognition.link", act, fields=("phone",))
    return CallLinkView(f"{COUNTER}?call={base64.urlsafe_b64encode(sealed).decode().rstrip('=')}", until)


async def called_by(link: str, *, now: datetime) -> tuple[str, bool]:
    """The number that is sealed in a link's `call`, and whether the link still holds; empty where it was not made here."""
    try:
        sealed = base64.urlsafe_b64decode(link + "=" * (-len(link) % 4))
        until, _, number = keyring.unseal(await keyring.tenant_key(), _LINK, sealed).partition(" ")
    except (ValueError, KeyringError):
        return "", False
    return number, now.timestamp() <= int(until)


async def recognise(new: NewRecognition, act: Act) -> RecognitionView:
    """Who has the number, and what follows for the call. Whoever is not found goes the ordinary way.

    A number that several customers share goes the best way any of them has, and is greeted by a tier only when it is
    the tier of all. Raises Invalid for what is no number, TooManyLookUps.
    """
    number = number_in(new)
    tried = AuditNote(action="recognition.look_up", fields=("phone",), shown=0, asked=number is not None)
    async with attempt(tried, act):
        found: list[Caller] = []
        if number is not None:
            found = await queries.callers(number, archive_fields(act.policy), on=act.today)
        await noted(
            "recognition.look_up",
            act,
            customer_ids=tuple(caller.id for caller in found),
            fields=("name", "tier") if found else (),
            shown=len(found),
            asked=number is not None,
        )
    spoken = new.language or (_preferred(found) or act.language)
    return _answer(found, withheld=number is None, policy=act.policy, language=spoken)


def _answer(found: list[Caller], *, withheld: bool, policy: Policy, language: str) -> RecognitionView:
    callers = tuple(_caller(one, policy, language) for one in found[:CALLERS_MAX])
    routes = [policy.hotline.route_for(one.held) for one in found] or [policy.hotline.otherwise]
    best = max(routes, key=lambda route: (route.skips_menu, route.priority))
    alone = callers[0] if len(found) == 1 else None
    alike = len({(one.scheme, one.tier) for one in callers}) <= 1 and len(set(routes)) == 1
    outcome: Outcome = "withheld" if withheld else "unknown"
    if found:
        outcome = "recognised" if alone else "several"
    return RecognitionView(
        outcome=outcome,
        customer=alone,
        candidates=() if alone else callers,
        more=len(found) > CALLERS_MAX,
        route=RouteView(
            best.queue, policy.title(f"queue.{best.queue}", language), best.skips_menu, best.priority, best.clause
        ),
        greetings=_greetings(best if alike else policy.hotline.otherwise, callers, alone, policy, language),
        language=language,
    )


def _greetings(
    route: HotlineRoute, callers: tuple[CallerView, ...], alone: CallerView | None, policy: Policy, language: str
) -> tuple[str, ...]:
    tier = (callers[0].tier_title if callers else None) or ""
    first = Template(policy.title(f"greeting.{route.greeting}", language)).safe_substitute(
        tier=tier, addressee=alone.addressee if alone else ""
    )
    if alone is None:
        return (first,)
    second = Template(policy.title(f"greeting.{route.by_name}", language))
    return (first, second.safe_substitute(tier=tier, addressee=alone.addressee))


def _caller(one: Caller, policy: Policy, language: str) -> CallerView:
    route = policy.hotline.route_for(one.held)
    scheme = route.scheme or None
    tier = one.held[route.scheme] if route.scheme else None
    return CallerView(
        customer_id=one.id,
        number=one.number,
        name=one.name,
        title=title(one.sex or "", language),
        addressee=addressee(one.name, one.sex or "", language),
        scheme=scheme,
        tier=tier,
        tier_title=policy.title(f"tier.{tier}", language, scheme=route.scheme) if tier else None,
        account_manager_id=one.account_manager_id,
    )


def _preferred(found: list[Caller]) -> str | None:
    return found[0].language if len(found) == 1 and found[0].language in LANGUAGES else None
