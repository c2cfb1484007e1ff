"""`/p/{token}`: somebody chooses a password by a link that came by mail; and how whoever forgot theirs asks for one."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

from litestar import Controller, Request, Response, get, post
from litestar.status_codes import HTTP_204_NO_CONTENT
from msgspec import Struct

from guibin.console import forms, looks, shell
from guibin.console.studio import Studio
from guibin.context import Root
from guibin.policy.words import up_to
from guibin.sign_ins import links
from guibin.web.problems import of_refusal
from guibin_tenants import passwords
from guibin_tenants.rate_limits import RateLimits
from guibin_tenants.refusals import Invalid, NotFound, Refusal
from guibin_tenants.scope import tenant_scope
from guibin_tenants.sign_in_limits import network_of

from .companies import company_of, login_of, named_here
from .guards import PUBLIC
from .link_pages import LinkController, Shown, Visit
from .sessions import COMPANY, DEVICE
from .sign_in_pages import language_of

# Whatever there is to be done takes less: the answer comes no sooner for a company or an account that there is not.
ANSWERED_AFTER_S = 0.4
_CHARS_MAX = 100
_Name = Annotated[str, up_to(_CHARS_MAX)]
Incoming = Request[Any, Any, Any]


class Forgotten(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose password: of which company, found as at `/sessions` where it is left out, and under which login."""

    company: _Name = ""
    login: _Name


async def _choose(visit: Visit) -> Shown:
    chooser = await links.behind(visit.link, now=visit.act.now)
    values: dict[str, Any] = {"person": chooser.staff, "reason": chooser.reason, "slug": visit.act.company.slug}
    values |= {"chars_min": passwords.CHARS_MIN, "chars_max": passwords.CHARS_MAX}
    if visit.given is None:
        return Shown("sign_ins/choose.html", values | {"wrong": ""})
    chosen = visit.given.get("password", "")
    if chosen != visit.given.get("again", ""):
        return Shown("sign_ins/choose.html", values | {"wrong": "differ"}, 422)
    try:
        await links.choose(visit.link, chosen, visit.act)
    except Invalid:
        fits = passwords.CHARS_MIN <= len(chosen) <= passwords.CHARS_MAX
        return Shown("sign_ins/choose.html", values | {"wrong": "weak" if fits else "length"}, 422)
    return Shown("sign_ins/chosen.html", values)


class PasswordLinkController(LinkController):
    path = links.PATH
    shows = _choose
    opened_by = "password link"


class PasswordResetController(Controller):
    path = "/api/v1/password-resets"
    tags = ("session",)

    @post(
        "/",
        needs=PUBLIC,
        status_code=HTTP_204_NO_CONTENT,
        summary="You forgot your password: a link comes by mail, if the account has an address",
    )
    async def ask(self, data: Forgotten, request: Incoming) -> None:
        await _ask(request, data.company, data.login)


class ForgottenPages(Controller):
    path = f"{shell.PREFIX}/sign-in/forgotten"
    include_in_schema = False

    @get("/", needs=PUBLIC)
    async def show(self, request: Incoming) -> Response[str]:
        return await _page(request, {"company": request.cookies.get(COMPANY, "")})

    @post("/", needs=PUBLIC, status_code=200)
    async def ask(self, request: Incoming) -> Response[str]:
        given = {name: values[0].strip()[:_CHARS_MAX] for name, values in (await forms.sent(request)).items()}
        try:
            await _ask(request, given.get("company", ""), given.get("login", ""))
        except Refusal as refusal:
            return await _page(request, given, refusal=refusal)
        return await _page(request, given, asked=True)


async def _ask(request: Incoming, company: str, login: str) -> None:
    """The same, and as long, whether or not there is such a company and account. Raises TooManyAttempts, TooManyRequests."""
    address = request.client.host if request.client else ""
    limits: RateLimits = request.app.state.sign_in_limits
    limits.take(uuid5(NAMESPACE_URL, f"sign-in/{network_of(address)}"), "read")
    answers_at = asyncio.get_running_loop().time() + ANSWERED_AFTER_S
    refused = None
    try:
        tenant = await company_of(request, company, login)
        login = await login_of(tenant, login)
        now = _now(request)
        async with tenant_scope(tenant.id):
            refused = await links.count(login, address, request.cookies.get(DEVICE, ""), now=now)
            if refused is None and tenant.suspended_at is None:
                await links.ask(login, address, now=now)
    except NotFound:
        pass
    await asyncio.sleep(max(0.0, answers_at - asyncio.get_running_loop().time()))
    if refused is not None:
        raise refused


async def _page(
    request: Incoming, given: dict[str, str], *, asked: bool = False, refusal: Refusal | None = None
) -> Response[str]:
    studio: Studio = request.app.state.studio
    look = looks.look_of(request, language_of(request))
    told = forms.told(of_refusal(refusal), studio, look) if refusal else ""
    html = studio.render(
        "console/forgotten.html", look, {"given": given, "asked": asked, "told": told, "own": await named_here(request)}
    )
    return shell.answer(html, int(refusal.status) if refusal else 200)


def _now(request: Incoming) -> datetime:
    root: Root = request.app.state.root
    return root.clock()
