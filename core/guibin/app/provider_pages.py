"""Signing in by the company's own provider: going there, and coming back in the same browser."""

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
from guibin.sign_ins import oidc, provided
from guibin.sign_ins.oidc import ProviderFails
from guibin.sign_ins.provided import Going
from guibin.sign_ins.providers import NoProvider
from guibin.web.problems import of_refusal
from guibin_tenants.authentication import system_principal
from guibin_tenants.database import borrowed
from guibin_tenants.refusals import NotFound, Refusal
from guibin_tenants.registry import by_slug
from guibin_tenants.scope import fetch_one, tenant_scope

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
    real_now,
    session_cookie,
    take,
)
from .sign_in_pages import YEAR_S, SignInPages, language_of, leads_to, ours

PATH = f"{shell.PREFIX}/sign-in/provider"
BACK = f"{PATH}/back"
_TYPED_MAX = 100


class ProviderPages(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=PUBLIC)
    async def ask(self, request: Incoming) -> Response[str]:
        return _page(request, request.query_params.get("company", request.cookies.get(COMPANY, "")))

    @post("/", needs=PUBLIC, status_code=200)
    async def choose(self, request: Incoming) -> Response[str]:
        return _page(request, "".join((await forms.sent(request)).get("company", [])[:1]))

    @get("/going", needs=PUBLIC)
    async def go(self, request: Incoming) -> Response[Any]:
        company = request.query_params.get("company", "")[:_TYPED_MAX].strip()
        try:
            going, to = await _begun(request, company)
        except Refusal as refusal:
            return _page(request, company, refusal)
        response: Response[Any] = Redirect(to, status_code=303, headers={"Cache-Control": "no-store"})
        kept = f"{going.begun.state}:{quote(ours(request.query_params.get('next', '')), safe='')}"
        lasts_s = int(provided.ATTEMPT_LASTS.total_seconds())
        response.set_cookie(session_cookie(request, GOING, kept, path=PATH, lasts_s=lasts_s))
        response.set_cookie(session_cookie(request, COMPANY, company, path=SignInPages.path, lasts_s=YEAR_S))
        return response

    @get("/back", needs=PUBLIC)
    async def back(self, request: Incoming) -> Response[Any]:
        try:
            entered, wanted = await _back(request)
        except Refusal as refusal:
            response = _page(request, request.cookies.get(COMPANY, ""), refusal)
            response.set_cookie(session_cookie(request, GOING, "", path=PATH, lasts_s=0))
            return response
        goes_to = leads_to(entered.session.owes, wanted)
        inside: Response[Any] = Redirect(goes_to, status_code=303, headers={"Cache-Control": "no-store"})
        keep(inside, request, entered, known_at=(SessionController.path, SignInPages.path))
        inside.set_cookie(session_cookie(request, GOING, "", path=PATH, lasts_s=0))
        return inside


async def _begun(request: Incoming, slug: str) -> tuple[Going, str]:
    """Raises NoProvider, also for a company that there is not, and ProviderFails."""
    take(request)
    back_to = f"{site_of(request).origin}{BACK}"
    try:
        async with borrowed() as connection:
            tenant = await by_slug(connection, slug)
    except NotFound:
        raise NoProvider() from None
    async with tenant_scope(tenant.id):
        going = await provided.begin(tenant.id, back_to, now=real_now(request))
    documents = await oidc.documents_of(going.provider.issuer)
    return going, oidc.address_of(documents, going.provider, going.begun)


async def _back(request: Incoming) -> tuple[Entered, str]:
    """Raises ProviderFails for whatever was not begun in this browser, and what signing in there raises."""
    take(request)
    asked, now = request.query_params, real_now(request)
    state, _, wanted = request.cookies.get(GOING, "").partition(":")
    if not state or asked.get("state") != state or not asked.get("code"):
        raise ProviderFails("That was not begun here, or it was given up there")
    tenant_id = _tenant_of(state)
    async with tenant_scope(tenant_id):
        going = await provided.resume(state, f"{site_of(request).origin}{BACK}", now=now)
    # Who says so, where it does (RFC 9207): no other provider's answer is taken for this one's.
    if going is None or asked.get("iss", going.provider.issuer) != going.provider.issuer:
        raise ProviderFails("That was not begun here, or too long ago")
    try:
        claims = await oidc.claims_of(going.provider, going.begun, asked["code"], now=now)
        agent = request.headers.get("user-agent", "")
        at = Attempt("", "", address_of(request), request.cookies.get(DEVICE, ""), agent)
        async with tenant_scope(tenant_id):
            act = await _act(request, tenant_id, going.provider_id)
            entered = await provided.enter(claims, going, at, act)
    except Refusal:
        async with tenant_scope(tenant_id):
            await provided.note_refusal(address_of(request), now)
        raise
    return entered, ours(unquote(wanted))


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
        return UUID(hex=state.partition(".")[0])
    except ValueError:
        raise ProviderFails("That was not begun here") from None


def _page(request: Incoming, company: str, refusal: Refusal | None = None) -> Response[str]:
    studio: Studio = request.app.state.studio
    look = looks.look_of(request, language_of(request))
    told = forms.told(of_refusal(refusal), studio, look) if refusal else ""
    values = {"company": company[:_TYPED_MAX].strip(), "told": told, "next": ours(request.query_params.get("next", ""))}
    html = studio.render("console/sign_in_provider.html", look, values)
    return shell.answer(html, int(refusal.status) if refusal else HTTPStatus.OK)
