"""Passkeys at the API: one's own, as the second factor, and as the whole of signing in. They hold under the service's own address."""

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from litestar import Controller, Response, post
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from msgspec import Struct

from guibin.administration import passkeys, signing_in
from guibin.administration.passkeys import Again, Credential, Here, NewPasskey, PasskeyAsked, PasskeyMade, Signed
from guibin.administration.signing_in import Attempt, Entered, OwnSession
from guibin.context import Act
from guibin.policy.words import up_to
from guibin.web.public_address import public_address
from guibin.web.routing import deletes, gets, patches
from guibin_tenants.passkey_proofs import Site
from guibin_tenants.principals import staff_only
from guibin_tenants.refusals import Conflict, NotFound, Unauthenticated
from guibin_tenants.registry import TenantView

from .browsers import is_encrypted
from .companies import HOST, company_of
from .guards import PUBLIC
from .sessions import (
    DEVICE,
    Incoming,
    Session,
    address_of,
    answer_with,
    digest_of,
    own_session,
    real_now,
    take,
)

# The one name that a browser trusts without TLS: whoever tries the product on their own machine.
_OWN_MACHINE = "localhost"
_Company = Annotated[str, up_to(100)]


class NoPasskeysHere(Conflict):
    """Passkeys hold under the service's public address alone. Nobody told it (GUIBIN_PUBLIC_URL), or it names a number."""


class PasskeySignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Which company, and what the browser signed of what was asked, as JSON text."""

    company: _Company
    credential: Credential


class PasskeyCompany(Struct, frozen=True, forbid_unknown_fields=True):
    """Which company somebody signs in to."""

    company: _Company


class PasskeyProof(Struct, frozen=True, forbid_unknown_fields=True):
    """What the browser signed of what was asked, as JSON text."""

    credential: Credential


class PasskeyController(Controller):
    path = "/api/v1/me/passkeys"
    tags = ("session",)

    mine = gets("/", passkeys.mine, "Your passkeys", needs=staff_only, settles="set_up")

    @post(
        "/challenges",
        needs=staff_only,
        settles="set_up",
        confirmed=True,
        summary="What your browser is asked, to make a passkey; good once, for five minutes",
    )
    async def ask(self, request: Incoming, act: Act) -> PasskeyAsked:
        return await passkeys.ask(site_of(request), act, real_now(request))

    @post(
        "/",
        needs=staff_only,
        settles="set_up",
        shown_once=True,
        summary="Keep the passkey your browser made: it is asked from now on; your other sessions end",
    )
    async def keep(self, data: NewPasskey, request: Incoming, act: Act) -> PasskeyMade:
        return await passkeys.keep(data, here_of(request), act)

    rename = patches("/{passkey_id:uuid}", passkeys.rename, "Call it something else", needs=staff_only)
    remove = deletes(
        "/{passkey_id:uuid}", passkeys.remove, "It opens nothing any more", needs=staff_only, confirmed=True
    )


class PasskeyProofController(Controller):
    path = "/api/v1/sessions"
    tags = ("session",)

    @post(
        "/second-factor/challenges",
        needs=PUBLIC,
        status_code=HTTP_200_OK,
        summary="What your browser is asked, to sign with a passkey as the second factor",
    )
    async def ask_proof(self, request: Incoming) -> PasskeyAsked:
        return await passkeys.ask_proof(_asking(request), site_of(request), now=real_now(request))

    @post("/second-factor/passkey", needs=PUBLIC, summary="Sign with a passkey; the session becomes whole")
    async def prove(self, data: PasskeyProof, request: Incoming) -> Response[Session]:
        return answer_with(await proved(request, data.credential), request)

    @post(
        "/confirmation/challenges",
        needs=PUBLIC,
        status_code=HTTP_200_OK,
        summary="What your browser is asked, to confirm with a passkey that it is you",
    )
    async def ask_again(self, request: Incoming) -> PasskeyAsked:
        return await asked_again(request, "confirm")

    @post(
        "/confirmation/passkey",
        needs=PUBLIC,
        status_code=HTTP_204_NO_CONTENT,
        summary="Sign with a passkey, for what is done only shortly after that",
    )
    async def confirm(self, data: PasskeyProof, request: Incoming) -> None:
        await told_again(request, data.credential, "confirm")

    @post(
        "/passkey/challenges",
        needs=PUBLIC,
        status_code=HTTP_200_OK,
        summary="What a browser is asked that signs in by a passkey alone",
    )
    async def ask(self, data: PasskeyCompany, request: Incoming) -> PasskeyAsked:
        return await asked_of_anybody(request, data.company)

    @post("/passkey", needs=PUBLIC, summary="Sign in by a passkey alone; sets the session cookie")
    async def sign_in(self, data: PasskeySignIn, request: Incoming) -> Response[Session]:
        return answer_with(await entered(request, data.company, data.credential), request)


async def proved(request: Incoming, credential: str) -> Entered:
    """For the API and for pages alike. Raises what `passkeys.prove` raises."""
    return await passkeys.prove(_asking(request), _signed(request, credential), now=real_now(request))


async def asked_again(request: Incoming, purpose: Again, csrf: str = "") -> PasskeyAsked:
    """For the API and for pages alike; `csrf` for a page that is being made. Raises what `passkeys.ask_again` raises."""
    own = _asking(request)
    asks = signing_in.with_token(own, csrf) if csrf else own
    return await passkeys.ask_again(asks, site_of(request), purpose, now=real_now(request))


async def told_again(request: Incoming, credential: str, purpose: Again) -> None:
    """For the API and for pages alike. Raises what `passkeys.tell_again` raises."""
    await passkeys.tell_again(_asking(request), _signed(request, credential), purpose, now=real_now(request))


def _asking(request: Incoming) -> OwnSession:
    """Whose turn it takes. Raises Unauthenticated, TooManyRequests."""
    own = own_session(request)
    if own is None:
        raise Unauthenticated()
    take(request)
    return own


async def asked_of_anybody(request: Incoming, company: str) -> PasskeyAsked:
    """For the API and for pages alike: the same whether or not there is such a company."""
    take(request)
    return await passkeys.ask_anybody(await _company(request, company), site_of(request), now=real_now(request))


async def entered(request: Incoming, company: str, credential: str) -> Entered:
    """For the API and for pages alike. Raises what `passkeys.sign_in` raises."""
    take(request)
    tenant = await _company(request, company)
    if tenant is None:
        raise passkeys.no_passkey()
    return await passkeys.sign_in(tenant, _signed(request, credential), now=real_now(request))


def _signed(request: Incoming, credential: str) -> Signed:
    agent = request.headers.get("user-agent", "")
    at = Attempt("", "", address_of(request), request.cookies.get(DEVICE, ""), agent)
    return Signed(credential, site_of(request), at)


def site_of(request: Incoming) -> Site:
    """The public address, never what a request says it asked for; on one's own machine the name that browsers trust there.

    Raises NoPasskeysHere.
    """
    asked = urlsplit(str(request.base_url))
    if request.scope.get(HOST) is not None:
        # A company's own, as the operator wrote it down.
        return Site(asked.hostname or "", f"{'https' if is_encrypted(request.scope) else 'http'}://{asked.netloc}")
    parts = urlsplit(public_address()) if public_address() else asked
    domain = parts.hostname or ""
    if _is_number(domain) or (not public_address() and domain != _OWN_MACHINE):
        raise NoPasskeysHere()
    return Site(domain, f"{parts.scheme}://{parts.netloc}")


def here_of(request: Incoming) -> Here:
    """Where somebody signed in makes a passkey."""
    return Here(site_of(request), digest_of(request), real_now(request))


async def _company(request: Incoming, typed: str) -> TenantView | None:
    try:
        return await company_of(request, typed)
    except NotFound:
        return None


def _is_number(domain: str) -> bool:
    try:
        ipaddress.ip_address(domain)
    except ValueError:
        return not domain
    return True
