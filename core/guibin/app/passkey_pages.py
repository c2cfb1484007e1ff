"""Passkeys by page: one's own, as the second factor, and as the whole of signing in. A page brings what is to be signed; the
reader's device signs it when they press the button."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.response import Redirect
from msgspec.json import encode

from guibin.administration import passkeys, signing_in
from guibin.administration.passkeys import NewPasskey, PasskeyName
from guibin.console import forms, looks, shell
from guibin.console.shell import Shell
from guibin.console.studio import Studio
from guibin.web.problems import of_refusal
from guibin_tenants.principals import staff_only
from guibin_tenants.refusals import Invalid, Refusal, Unauthenticated

from .companies import named_here
from .guards import PUBLIC
from .passkeys import asked_of_anybody, entered, here_of, proved, site_of
from .sessions import COMPANY, Incoming, SessionController, keep, own_session, real_now, session_cookie
from .sign_in_pages import YEAR_S, SignInPages, language_of, leads_to, ours

SIGN_IN = f"{shell.PREFIX}/sign-in"
KNOWN_AT = (SessionController.path, SignInPages.path)
_TYPED_MAX = 100


class OwnPasskeyPages(Controller):
    path = f"{shell.PREFIX}/passkeys"
    include_in_schema = False

    @get("/", needs=staff_only, settles="set_up")
    async def show(self, shell: Shell) -> Response[str]:
        return await _page(shell)

    @post("/asked", needs=staff_only, settles="set_up", confirmed=True, status_code=200)
    async def ask(self, shell: Shell) -> Response[str]:
        given = await _given(shell.request)
        try:
            name = forms.taken(PasskeyName, {"name": [given.get("name", "")]}, shell).name
            asked = await passkeys.ask(site_of(shell.request), shell.act, real_now(shell.request))
        except Refusal as refusal:
            errors, status = forms.wrong(refusal, shell)
            return await _page(shell, status=status, errors=errors, name=given.get("name", ""))
        return await _page(shell, step="make", name=name, options=encode(asked.options).decode())

    @post("/", needs=staff_only, settles="set_up", status_code=200)
    async def keep(self, shell: Shell) -> Response[str]:
        given = await _given(shell.request)
        try:
            new = forms.taken(NewPasskey, {name: [value] for name, value in given.items()}, shell)
            made = await passkeys.keep(new, here_of(shell.request), shell.act)
        except Refusal as refusal:
            told = shell.says("passkeys.not_made") if isinstance(refusal, Invalid) else forms.faults(refusal, shell)[""]
            return await _page(shell, status=int(refusal.status), errors={"": told}, name=given.get("name", ""))
        return await _page(shell, step="codes" if made.codes else "list", codes=made.codes)

    @post("/{passkey_id:uuid}/name", needs=staff_only, status_code=200)
    async def rename(self, passkey_id: UUID, shell: Shell) -> Response[str]:
        given = await _given(shell.request)
        try:
            new = forms.taken(PasskeyName, {"name": [given.get("name", "")]}, shell)
        except Refusal as refusal:
            return await _page(shell, status=int(refusal.status), errors=forms.faults(refusal, shell))
        await passkeys.rename(passkey_id, new, shell.act)
        return await _page(shell)

    @post("/{passkey_id:uuid}/removal", needs=staff_only, confirmed=True, status_code=200)
    async def remove(self, passkey_id: UUID, shell: Shell) -> Response[str]:
        await passkeys.remove(passkey_id, shell.act)
        return await _page(shell)


class PasskeyProofPages(Controller):
    path = f"{SIGN_IN}/code/passkey"
    include_in_schema = False

    @get("/", needs=PUBLIC)
    async def ask(self, request: Incoming) -> Response[Any]:
        return await _prove(request)

    @post("/", needs=PUBLIC, status_code=200)
    async def prove(self, request: Incoming) -> Response[Any]:
        try:
            whole = await proved(request, (await _given(request)).get("credential", ""))
        except Refusal as refusal:
            return await _prove(request, refusal)
        goes_to = leads_to(whole.session.owes, ours(request.query_params.get("next", "")))
        response = shell.answer("", headers={"HX-Redirect": goes_to})
        keep(response, request, whole, known_at=KNOWN_AT)
        return response


class PasskeySignInPages(Controller):
    path = f"{SIGN_IN}/passkey"
    include_in_schema = False

    @get("/", needs=PUBLIC)
    async def ask(self, request: Incoming) -> Response[str]:
        return await _sign_in(request, request.query_params.get("company", request.cookies.get(COMPANY, "")))

    @post("/", needs=PUBLIC, status_code=200)
    async def sign_in(self, request: Incoming) -> Response[Any]:
        given = await _given(request)
        company = given.get("company", "")[:_TYPED_MAX].strip()
        if "credential" not in given:
            return await _sign_in(request, company)
        try:
            whole = await entered(request, company, given["credential"])
        except Refusal as refusal:
            return await _sign_in(request, company, refusal)
        goes_to = leads_to(whole.session.owes, ours(request.query_params.get("next", "")))
        response: Response[Any] = Redirect(goes_to, status_code=303, headers={"Cache-Control": "no-store"})
        keep(response, request, whole, known_at=KNOWN_AT)
        response.set_cookie(session_cookie(request, COMPANY, company, path=SIGN_IN, lasts_s=YEAR_S))
        return response


async def _page(shell: Shell, *, step: str = "list", status: int = 200, **values: Any) -> Response[str]:
    said = {"step": step, "passkeys": await passkeys.mine(shell.act), "errors": {}, "name": "", "codes": ()}
    said |= {"next": ours(shell.request.query_params.get("next", "")), **values}
    return shell.page("console/passkeys.html", status=status, **said)


async def _prove(request: Incoming, refusal: Refusal | None = None) -> Response[Any]:
    own = own_session(request)
    held = await signing_in.holder_of(own, now=real_now(request)) if own is not None else None
    goes_on = ours(request.query_params.get("next", ""))
    if own is None or held is None:
        return Redirect(SIGN_IN, status_code=303)
    if held.owes != "second_factor":
        return Redirect(leads_to(held.owes, goes_on), status_code=303)
    return await _signing(request, {"name": held.staff.name, "csrf": held.csrf, "next": goes_on}, refusal)


async def _sign_in(request: Incoming, company: str, refusal: Refusal | None = None) -> Response[str]:
    own = await named_here(request)
    values = {"company": own.slug if own else company, "own": own, "next": ours(request.query_params.get("next", ""))}
    return await _signing(request, values, refusal)


async def _signing(request: Incoming, values: dict[str, Any], refusal: Refusal | None) -> Response[str]:
    """The page that brings something to be signed: by whoever's session it is, else by anybody of a company."""
    studio: Studio = request.app.state.studio
    look = looks.look_of(request, language_of(request))
    asked = None
    try:
        if own := (own_session(request) if "csrf" in values else None):
            asked = await passkeys.ask_proof(
                signing_in.with_token(own, values["csrf"]), site_of(request), now=real_now(request)
            )
        elif values.get("company"):
            asked = await asked_of_anybody(request, values["company"])
    except Refusal as other:
        refusal = refusal or other
    told = forms.told(of_refusal(refusal), studio, look) if refusal else ""
    if isinstance(refusal, Invalid | Unauthenticated):
        told = studio.says("passkeys.refused", look)
    options = encode(asked.options).decode() if asked else ""
    html = studio.render("console/sign_in_passkey.html", look, {**values, "told": told, "options": options})
    return shell.answer(html, int(refusal.status) if refusal else 200)


async def _given(request: Incoming) -> dict[str, str]:
    return {name: values[0] for name, values in (await forms.sent(request)).items()}
