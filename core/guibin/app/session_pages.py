"""One's own sessions by page: where one is signed in, locking the screen and going on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect
from msgspec.json import encode

from guibin.administration import own_sessions, signing_in
from guibin.administration.passkeys import Again
from guibin.administration.signing_in import OwnSession
from guibin.console import forms, looks, shell
from guibin.console.shell import Shell
from guibin.console.studio import Studio
from guibin.context import Root
from guibin.sign_ins import provided
from guibin.web.problems import of_refusal
from guibin_tenants.principals import anyone, staff_only
from guibin_tenants.refusals import Invalid, Refusal
from guibin_tenants.scope import tenant_scope
from guibin_tenants.staff import OpenSession

from . import sessions
from .guards import PUBLIC
from .passkeys import asked_again, told_again
from .provider_pages import PATH as PROVIDER
from .sessions import digest_of, own_session
from .sign_in_pages import language_of, ours

SIGN_IN = f"{shell.PREFIX}/sign-in"
Incoming = Request[Any, Any, Any]


class SessionPages(Controller):
    path = f"{shell.PREFIX}/sessions"
    include_in_schema = False

    @get("/", needs=staff_only)
    async def mine(self, shell: Shell) -> Response[str]:
        now = _now(shell.request)
        found = await own_sessions.mine(digest_of(shell.request), shell.act, now)
        return shell.page("console/sessions.html", sessions=found)

    @post("/others/end", needs=staff_only, status_code=200)
    async def end_others(self, shell: Shell) -> Response[str]:
        ended = await own_sessions.end_others(digest_of(shell.request), shell.act)
        return shell.done(shell.says("sessions.ended", count=ended.ended))

    @post("/{session_id:uuid}/end", needs=staff_only, status_code=200)
    async def end(self, session_id: UUID, shell: Shell) -> Response[str]:
        await own_sessions.end(session_id, shell.act)
        return shell.done(shell.says("sessions.ended", count=1))


class LockPages(Controller):
    path = shell.PREFIX
    include_in_schema = False

    @post("/awake", needs=anyone, status_code=200)
    async def awake(self) -> Response[str]:
        return shell.answer("")

    @post("/lock", needs=PUBLIC, status_code=200)
    async def lock(self, request: Incoming) -> Response[str]:
        own = own_session(request)
        if own is not None:
            await signing_in.lock(own, now=_now(request))
        return shell.answer("")

    @get("/unlock", needs=PUBLIC)
    async def ask(self, request: Incoming) -> Response[Any]:
        return await _page(request)

    @post("/unlock", needs=PUBLIC, status_code=200)
    async def unlock(self, request: Incoming) -> Response[Any]:
        own = own_session(request)
        if own is None:
            return shell.answer("", headers={"HX-Redirect": SIGN_IN})
        given = {name: values[0] for name, values in (await forms.sent(request)).items()}
        try:
            if given.get("credential"):
                await told_again(request, given["credential"], "unlock")
            else:
                await signing_in.unlock(own, password=given.get("password", ""), now=_now(request))
        except Refusal as refusal:
            return await _page(request, refusal)
        return shell.answer("", headers={"HX-Redirect": ours(request.query_params.get("next", ""))})


class ConfirmPages(Controller):
    path = f"{shell.PREFIX}/confirm"
    include_in_schema = False

    @get("/", needs=PUBLIC)
    async def ask(self, request: Incoming) -> Response[Any]:
        return await _confirm(request)

    @post("/", needs=PUBLIC, status_code=200)
    async def confirm(self, request: Incoming) -> Response[Any]:
        given = {name: values[0] for name, values in (await forms.sent(request)).items()}
        try:
            if given.get("credential"):
                await told_again(request, given["credential"], "confirm")
            else:
                await sessions.confirm(request, password=given.get("password", ""), code=given.get("code", ""))
        except Refusal as refusal:
            return await _confirm(request, refusal)
        # Whoever asked in a page goes on there; a page of its own leads to what was wanted.
        if shell.wants_part(request) and not request.query_params.get("next"):
            return shell.answer("", headers={"HX-Trigger": "guibin:confirmed"})
        return shell.answer("", headers={"HX-Redirect": ours(request.query_params.get("next", ""))})


async def _confirm(request: Incoming, refusal: Refusal | None = None) -> Response[Any]:
    own = own_session(request)
    held = await signing_in.holder_of(own, now=_now(request)) if own is not None else None
    if own is None or held is None:
        return Redirect(SIGN_IN, status_code=303)
    studio: Studio = request.app.state.studio
    look = looks.look_of(request, language_of(request))
    told = forms.told(of_refusal(refusal), studio, look) if refusal else ""
    if isinstance(refusal, Invalid):
        told = studio.says("confirm.wrong", look)
    wanted = request.query_params.get("next", "")
    values = {
        "name": held.staff.name,
        "csrf": held.csrf,
        "told": told,
        "next": ours(wanted) if wanted else "",
        "part": shell.wants_part(request) and not wanted,
        "has_factor": await signing_in.has_second_factor(own, now=_now(request)),
        "options": await _options(request, "confirm", held.csrf),
        "provider": f"{PROVIDER}/confirming" if await _known_there(own, held) else "",
    }
    template = "console/confirm_form.html" if values["part"] else "console/confirm.html"
    return shell.answer(studio.render(template, look, values), int(refusal.status) if refusal else 200)


async def _known_there(own: OwnSession, held: OpenSession) -> bool:
    async with tenant_scope(own.tenant_id):
        return await provided.is_known(held.staff.id)


async def _page(request: Incoming, refusal: Refusal | None = None) -> Response[Any]:
    own = own_session(request)
    held = await signing_in.holder_of(own, now=_now(request)) if own is not None else None
    if own is None or held is None:
        return Redirect(SIGN_IN, status_code=303)
    studio: Studio = request.app.state.studio
    look = looks.look_of(request, language_of(request))
    told = forms.told(of_refusal(refusal), studio, look) if refusal else ""
    if isinstance(refusal, Invalid):
        told = studio.says("lock.wrong", look)
    values = {
        "name": held.staff.name,
        "csrf": held.csrf,
        "told": told,
        "next": ours(request.query_params.get("next", "")),
        "options": await _options(request, "unlock", held.csrf),
        "provider": f"{PROVIDER}/unlocking" if await _known_there(own, held) else "",
    }
    return shell.answer(studio.render("console/unlock.html", look, values), int(refusal.status) if refusal else 200)


async def _options(request: Incoming, purpose: Again, csrf: str) -> str:
    """What a passkey of theirs signs; empty for whoever has none, or where none holds."""
    try:
        return encode((await asked_again(request, purpose, csrf)).options).decode()
    except Refusal:
        return ""


def _now(request: Incoming) -> datetime:
    root: Root = request.app.state.root
    return root.clock()
