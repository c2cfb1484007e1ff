"""The second factor by page: a code of it at sign-in, and setting one's own up."""

from datetime import datetime
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect

from guibin.administration import passkeys, second_factors, signing_in
from guibin.administration.second_factors import FactorCode
from guibin.console import forms, looks, shell
from guibin.console.shell import Shell
from guibin.console.studio import Studio
from guibin.context import Root
from guibin.web.codes import scannable
from guibin.web.problems import of_refusal
from guibin_tenants.principals import staff_only
from guibin_tenants.refusals import Invalid, Refusal

from .guards import PUBLIC
from .sessions import SessionController, digest_of, keep, own_session, prove
from .sign_in_pages import SignInPages, language_of, leads_to, ours

SIGN_IN = f"{shell.PREFIX}/sign-in"
TEMPLATE = "console/second_factor.html"
# What is typed is no longer than any code, with its spaces.
CODE_CHARS_MAX = 40
Incoming = Request[Any, Any, Any]


class CodePages(Controller):
    path = f"{SIGN_IN}/code"
    include_in_schema = False

    @get("/", needs=PUBLIC)
    async def ask(self, request: Incoming) -> Response[Any]:
        return await _code(request)

    @post("/", needs=PUBLIC, status_code=200)
    async def prove(self, request: Incoming) -> Response[Any]:
        given = "".join((await forms.sent(request)).get("code", [])[:1])[:CODE_CHARS_MAX]
        try:
            entered = await prove(request, given)
        except Refusal as refusal:
            return await _code(request, refusal)
        goes_to = leads_to(entered.session.owes, ours(request.query_params.get("next", "")))
        response = shell.answer("", headers={"HX-Redirect": goes_to})
        keep(response, request, entered, known_at=(SessionController.path, SignInPages.path))
        return response


class SecondFactorPages(Controller):
    path = f"{shell.PREFIX}/second-factor"
    include_in_schema = False

    @get("/", needs=staff_only, settles="set_up")
    async def show(self, shell: Shell) -> Response[str]:
        return await _page(shell, "now")

    @post("/", needs=staff_only, settles="set_up", confirmed=True, status_code=200)
    async def begin(self, shell: Shell) -> Response[str]:
        return await _scan(shell, (await second_factors.begin(shell.act)).address)

    @post("/confirmation", needs=staff_only, settles="set_up", status_code=200)
    async def confirm(self, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        code = "".join(given.get("code", [])[:1])[:CODE_CHARS_MAX]
        root: Root = shell.request.app.state.root
        try:
            shown = await second_factors.confirm(FactorCode(code), digest_of(shell.request), shell.act, root.clock())
        except Invalid:
            return await _page(shell, "again", status=422, wrong=shell.says("second_factor.wrong"))
        return await _page(shell, "codes", codes=shown.codes)

    @post("/recovery-codes", needs=staff_only, confirmed=True, status_code=200)
    async def renew_codes(self, shell: Shell) -> Response[str]:
        return await _page(shell, "codes", codes=(await second_factors.renew_codes(shell.act)).codes)

    @post("/taking-away", needs=staff_only, confirmed=True, status_code=200)
    async def take_away(self, shell: Shell) -> Response[str]:
        await second_factors.take_away(shell.act)
        return await _page(shell, "now")


async def _scan(shell: Shell, address: str) -> Response[str]:
    secret = address.partition("secret=")[2].partition("&")[0]
    grouped = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
    return await _page(shell, "scan", code=scannable(address), secret=grouped)


async def _page(shell: Shell, step: str, *, status: int = 200, **values: Any) -> Response[str]:
    own = await second_factors.own(shell.act)
    goes_on = ours(shell.request.query_params.get("next", ""))
    said = {"step": step, "own": own, "next": goes_on, "wrong": "", **values}
    return shell.page(TEMPLATE, status=status, **said)


async def _code(request: Incoming, refusal: Refusal | None = None) -> Response[Any]:
    own, root = own_session(request), request.app.state.root
    held = await signing_in.holder_of(own, now=_now(root)) if own is not None else None
    goes_on = ours(request.query_params.get("next", ""))
    if held is None:
        return Redirect(SIGN_IN, status_code=303)
    if held.owes != "second_factor" and refusal is None:
        return Redirect(leads_to(held.owes, goes_on), status_code=303)
    studio: Studio = request.app.state.studio
    look = looks.look_of(request, language_of(request))
    told = forms.told(of_refusal(refusal), studio, look) if refusal else ""
    if isinstance(refusal, Invalid):
        told = studio.says("second_factor.refused", look)
    values = {"name": held.staff.name, "csrf": held.csrf, "told": told, "next": goes_on}
    has_passkey = own is not None and await passkeys.has_any(own, held)
    html = studio.render("console/sign_in_code.html", look, {**values, "has_passkey": has_passkey})
    return shell.answer(html, int(refusal.status) if refusal else 200)


def _now(root: Root) -> datetime:
    return root.clock()
