"""Signing in by the company's own provider or enterprise chat: going there, and coming back in the same browser."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.response import Redirect

from guibin.administration.signing_in import Attempt, Entered
from guibin.console import forms, looks, shell
from guibin.console.studio import Studio
from guibin.context import Act, Company, Root, now_of
from guibin.policies.queries import act_of
from guibin.sign_ins import provided
from guibin.sign_ins.oidc import ProviderFails
from guibin.sign_ins.provided import Going
from guibin.sign_ins.providers import NoProvider
from guibin.sign_ins.vendors import VENDORS
from guibin.web.problems import of_refusal
from guibin_tenants.authentication import system_principal
from guibin_tenants.refusals import NotFound, Refusal
from guibin_tenants.registry import TenantView, refuse_erased
from guibin_tenants.scope import fetch_one, tenant_scope

from .companies import company_of, named_here, refuse_other
from .guards import PUBLIC
from .passkeys import site_of
from .sessions import (
    COMPANY,
    DEVICE,
    GOING,
    Incoming,
    SessionController,
    address_of,
    keep,
    own_session,
    real_now,
    session_cookie,
    take,
)
from .sign_in_pages import YEAR_S, SignInPages, language_of, leads_to, ours

PATH = f"{shell.PREFIX}/sign-in/provider"
BACK = f"{PATH}/back"
_TYPED_MAX = 100
_CODE_MAX = 2_000
# Why somebody goes there who is signed in.
CONFIRMING, UNLOCKING = "confirming", "unlocking"


class ProviderPages(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=PUBLIC)
    async def ask(self, request: Incoming) -> Response[str]:
        if own := await named_here(request):
            return _page(request, own.slug, own=own)
        return _page(request, request.query_params.get("company", request.cookies.get(COMPANY, "")))

    @post("/", needs=PUBLIC, status_code=200)
    async def choose(self, request: Incoming) -> Response[str]:
        return _page(request, "".join((await forms.sent(request)).get("company", [])[:1]))

    @get("/going", needs=PUBLIC)
    async def go(self, request: Incoming) -> Response[Any]:
        company = request.query_params.get("company", "")[:_TYPED_MAX].strip()
        try:
            going, to = await _begun(request, company, _kind(request))
        except Refusal as refusal:
            return _page(request, company, refusal)
        response = _leaving(request, going, to)
        response.set_cookie(session_cookie(request, COMPANY, company, path=SignInPages.path, lasts_s=YEAR_S))
        return response

    @get("/confirming", needs=PUBLIC)
    async def go_again(self, request: Incoming) -> Response[Any]:
        """Whoever is signed in proves there once more who they are."""
        return await _again(request, CONFIRMING)

    @get("/unlocking", needs=PUBLIC)
    async def go_to_unlock(self, request: Incoming) -> Response[Any]:
        """Whoever's session is locked proves there that it is they."""
        return await _again(request, UNLOCKING)

    @get("/back", needs=PUBLIC)
    async def back(self, request: Incoming) -> Response[Any]:
        try:
            entered, wanted = await _back(request)
        except Refusal as refusal:
            response = _page(request, request.cookies.get(COMPANY, ""), refusal)
            response.set_cookie(session_cookie(request, GOING, "", path=PATH, lasts_s=0))
            return response
        goes_to = leads_to(entered.session.owes, wanted) if entered else wanted
        inside: Response[Any] = Redirect(goes_to, status_code=303, headers={"Cache-Control": "no-store"})
        if entered is not None:
            keep(inside, request, entered, known_at=(SessionController.path, SignInPages.path))
        inside.set_cookie(session_cookie(request, GOING, "", path=PATH, lasts_s=0))
        return inside


async def _again(request: Incoming, why: str) -> Response[Any]:
    own = own_session(request)
    if own is None:
        return Redirect(SignInPages.path, status_code=303)
    try:
        take(request)
        going, to = await _asked(request, own.tenant_id, anew=True)
    except Refusal as refusal:
        return _page(request, request.cookies.get(COMPANY, ""), refusal)
    return _leaving(request, going, to, why=why)


async def _begun(request: Incoming, typed: str, kind: str) -> tuple[Going, str]:
    """Raises NoProvider, also for a company that there is not, and ProviderFails."""
    take(request)
    try:
        tenant = await company_of(request, typed)
    except NotFound:
        raise NoProvider() from None
    return await _asked(request, tenant.id, kind=kind)


async def _asked(request: Incoming, tenant_id: UUID, *, kind: str = "", anew: bool = False) -> tuple[Going, str]:
    """What is begun with the company's provider, and where the browser goes. Raises NoProvider and ProviderFails."""
    async with tenant_scope(tenant_id):
        going = await provided.begin(tenant_id, f"{site_of(request).origin}{BACK}", kind=kind, now=real_now(request))
    return going, await provided.leads_to(going, anew=anew)


def _leaving(request: Incoming, going: Going, to: str, *, why: str = "") -> Response[Any]:
    """The way there, with what must come back with them; `why` is empty where they sign in."""
    response: Response[Any] = Redirect(to, status_code=303, headers={"Cache-Control": "no-store"})
    kept = f"{going.begun.state}:{why}:{quote(ours(request.query_params.get('next', '')), safe='')}"
    lasts_s = int(provided.ATTEMPT_LASTS.total_seconds())
    response.set_cookie(session_cookie(request, GOING, kept, path=PATH, lasts_s=lasts_s))
    return response


async def _back(request: Incoming) -> tuple[Entered | None, str]:
    """Who is signed in now, nobody anew where it was only to confirm. Raises ProviderFails for whatever was not begun in this browser, and what signing in there raises."""
    take(request)
    asked, now = request.query_params, real_now(request)
    state, why, wanted = f"{request.cookies.get(GOING, '')}::".split(":")[:3]
    # DingTalk calls it authCode.
    code = str(asked.get("code") or asked.get("authCode") or "")
    if not state or asked.get("state") != state or not 0 < len(code) <= _CODE_MAX:
        raise ProviderFails("That was not begun here, or it was given up there")
    tenant_id = _tenant_of(state)
    refuse_other(request, tenant_id)
    async with tenant_scope(tenant_id):
        await refuse_erased()
        going = await provided.resume(state, f"{site_of(request).origin}{BACK}", now=now)
    # Who says so, where it does (RFC 9207): no other provider's answer is taken for this one's.
    if going is None or asked.get("iss", going.provider.issuer) != going.provider.issuer:
        raise ProviderFails("That was not begun here, or too long ago")
    try:
        claims = await provided.claims_of(going, code)
        if why in (CONFIRMING, UNLOCKING):
            await _confirm(request, claims, going, unlocks=why == UNLOCKING)
            return None, ours(unquote(wanted))
        agent = request.headers.get("user-agent", "")
        at = Attempt("", "", address_of(request), request.cookies.get(DEVICE, ""), agent)
        async with tenant_scope(tenant_id):
            act = await _act(request, tenant_id, going.provider.id)
            entered = await provided.enter(claims, going, at, act)
    except Refusal:
        async with tenant_scope(tenant_id):
            await provided.note_refusal(address_of(request), now)
        raise
    return entered, ours(unquote(wanted))


async def _confirm(request: Incoming, claims: dict[str, Any], going: Going, *, unlocks: bool) -> None:
    own = own_session(request)
    if own is None or own.tenant_id != _tenant_of(going.begun.state):
        raise ProviderFails("That was not begun here")
    async with tenant_scope(own.tenant_id):
        await provided.confirm(claims, going, own, unlocks=unlocks)


async def _act(request: Incoming, tenant_id: UUID, provider_id: UUID) -> Act:
    root: Root = request.app.state.root
    row = await fetch_one(
        "select id, slug, name, packs, time_zone, language, simulated from tenant where id = $1 and suspended_at is null",
        tenant_id,
    )
    if row is None:
        raise NoProvider()
    company = msgspec.convert(dict(row), Company)
    by = system_principal(name="identity provider", job_id=provider_id)
    return await act_of(
        root.packs, company, by=by, now=await now_of(company, root.clock), language=language_of(request)
    )


def _tenant_of(state: str) -> UUID:
    try:
        return UUID(hex=state[:32])
    except ValueError:
        raise ProviderFails("That was not begun here") from None


def _kind(request: Incoming) -> str:
    """By which chat they mean to sign in; empty where they do not say."""
    kind = request.query_params.get("kind", "")
    return kind if kind in VENDORS else ""


def _page(
    request: Incoming, company: str, refusal: Refusal | None = None, *, own: TenantView | None = None
) -> Response[str]:
    studio: Studio = request.app.state.studio
    look = looks.look_of(request, language_of(request))
    told = forms.told(of_refusal(refusal), studio, look) if refusal else ""
    values = {
        "company": company[:_TYPED_MAX].strip(),
        "kind": _kind(request),
        "own": own,
        "told": told,
        "next": ours(request.query_params.get("next", "")),
    }
    html = studio.render("console/sign_in_provider.html", look, values)
    return shell.answer(html, int(refusal.status) if refusal else HTTPStatus.OK)
