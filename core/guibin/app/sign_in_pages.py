"""Signing in and out by page; on a demonstration, being one of its people by one click. And how pages look."""

import os
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect

from guibin.administration import signing_in
from guibin.console import forms, looks, shell
from guibin.console.studio import Studio
from guibin.context import Root
from guibin.policy.demonstrations import PASSWORD
from guibin.web.problems import of_refusal
from guibin_tenants.principals import Owes
from guibin_tenants.refusals import NotFound, Refusal

from .browsers import COOKIE
from .companies import named_here
from .dependencies import spoken
from .guards import PUBLIC
from .people import Company as Demonstrated
from .people import people_of
from .sessions import COMPANY, SessionController, enter, keep, own_session, session_cookie

HOME = f"{shell.PREFIX}/"
# Set by `guibin up` where it made the demonstration companies: everybody knows their password.
DEMONSTRATION = "GUIBIN_DEMONSTRATION"
# Where what a session owes is settled.
SETTLED_AT = {
    "second_factor": f"{shell.PREFIX}/sign-in/code",
    "password": f"{shell.PREFIX}/password",
    "set_up": f"{shell.PREFIX}/second-factor",
}
YEAR_S = 365 * 24 * 3600
Incoming = Request[Any, Any, Any]


class SignInPages(Controller):
    path = f"{shell.PREFIX}/sign-in"
    include_in_schema = False

    @get("/", needs=PUBLIC)
    async def ask(self, request: Incoming) -> Response[str]:
        return await _page(request, company=request.cookies.get(COMPANY, ""))

    @post("/", needs=PUBLIC, status_code=200)
    async def sign_in(self, request: Incoming) -> Response[Any]:
        given = {name: values[0] for name, values in (await forms.sent(request)).items()}
        return await _enter(
            request, given.get("company", "").strip(), given.get("login", "").strip(), given.get("password", "")
        )

    @post("/demonstration", needs=PUBLIC, status_code=200)
    async def be(self, request: Incoming) -> Response[Any]:
        given = {name: values[0] for name, values in (await forms.sent(request)).items()}
        if not shows_demonstration():
            raise NotFound("There is no demonstration here")
        return await _enter(request, given.get("company", ""), given.get("login", ""), PASSWORD)


class SignOutPages(Controller):
    path = f"{shell.PREFIX}/sign-out"
    include_in_schema = False

    @post("/", needs=PUBLIC, status_code=200)
    async def sign_out(self, request: Incoming) -> Response[str]:
        own = own_session(request)
        if own is not None:
            await signing_in.sign_out(own, now=_now(request))
        response = shell.answer("", headers={"HX-Redirect": f"{shell.PREFIX}/sign-in"})
        response.set_cookie(session_cookie(request, COOKIE, "", path="/", lasts_s=0))
        return response


async def _enter(request: Incoming, company: str, login: str, password: str) -> Response[Any]:
    try:
        entered = await enter(request, company, login, password)
    except Refusal as refusal:
        return await _page(request, company=company, login=login, refusal=refusal)
    goes_to = leads_to(entered.session.owes, _next(request))
    response: Response[Any] = Redirect(goes_to, status_code=303, headers={"Cache-Control": "no-store"})
    keep(response, request, entered, known_at=(SessionController.path, SignInPages.path))
    if company:
        response.set_cookie(session_cookie(request, COMPANY, company, path=SignInPages.path, lasts_s=YEAR_S))
    return response


async def _page(request: Incoming, *, company: str, login: str = "", refusal: Refusal | None = None) -> Response[str]:
    studio: Studio = request.app.state.studio
    look = looks.look_of(request, language_of(request))
    told = forms.told(of_refusal(refusal), studio, look) if refusal else ""
    if refusal is not None and refusal.kind == "unauthenticated":
        told = studio.says("sign_in.wrong", look)
    own = await named_here(request)
    html = studio.render(
        "console/sign_in.html",
        look,
        {
            "company": "" if own else company,
            "own": own,
            "login": login,
            "told": told,
            "next": _next(request),
            "demonstrations": [] if own else await _demonstrations(request),
            "path": request.url.path,
        },
    )
    return shell.answer(html, int(refusal.status) if refusal else 200)


def leads_to(owes: Owes, wanted: str) -> str:
    """The page that is next: where what the session owes is settled, else what is wanted."""
    if not owes:
        return wanted
    return SETTLED_AT[owes] if wanted == HOME else f"{SETTLED_AT[owes]}?next={quoted(wanted)}"


def shows_demonstration() -> bool:
    """Whether this process serves companies whose password everybody knows."""
    return os.environ.get(DEMONSTRATION) == "1"


async def _demonstrations(request: Incoming) -> list[Demonstrated]:
    if not shows_demonstration():
        return []
    root: Root = request.app.state.root
    return await people_of(root.packs)


def language_of(request: Incoming) -> str:
    """The first language of the browser that we have, Chinese otherwise."""
    return spoken(request) or "zh-CN"


def quoted(path: str) -> str:
    """The address as the value of a query."""
    return quote(path, safe="/")


def ours(wanted: str) -> str:
    """The address if it is a page of ours, else the first one: nobody is led to another site."""
    parts = urlsplit(wanted)
    is_ours = not parts.scheme and not parts.netloc and wanted.startswith(HOME) and "\\" not in wanted
    return wanted if is_ours else HOME


def _next(request: Incoming) -> str:
    return ours(request.query_params.get("next", ""))


def _now(request: Incoming) -> datetime:
    root: Root = request.app.state.root
    return root.clock()
