"""Files on pages: the part that a slice's page has, adding, opening with a purpose, removing."""

import base64
import contextlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from markupsafe import Markup
from msgspec import Struct

from guibin.cases.requests import NewDisclosure
from guibin.console import forms
from guibin.console.commands import Command, Commands
from guibin.console.shell import PREFIX, Shell, answer
from guibin.console.texts import SHARED
from guibin.profiles.refusals import NoBasis
from guibin.web import signed_links
from guibin_tenants.principals import require
from guibin_tenants.refusals import Invalid, Refusal
from guibin_tenants.scope import lent_by

from . import actions, bounds
from .api import READ, TAKES_FILE, WRITE, handed_out, sent
from .checking import ENDINGS
from .queries import FileView
from .refusals import PurposeNeeded
from .subjects import Holder, holder_of

PATH = f"{PREFIX}/files"
COMMANDS = Commands(
    "files",
    "file_id",
    PATH,
    Command(name="remove", action=actions.remove, needs=WRITE, icon="trash", danger=True),
)
# Between the purpose and the file there is the way to the browser and back.
HANDED_OUT_WITHIN = timedelta(minutes=1)
_ACCEPTED = ",".join(f".{ending}" for endings in ENDINGS.values() for ending in endings)


class Line(Struct, frozen=True):
    """A file as a page shows it; `picture` is its thumbnail, in the page itself: one look, one entry."""

    file: FileView
    picture: str
    size: str


async def part(subject: str, subject_id: UUID, shell: Shell) -> Markup:
    """The files of what a page is about, as a part of the page; nothing for whoever may not read it."""
    holder = holder_of(subject)
    if not holder.reads(shell.act.by):
        return Markup()
    return Markup(await _rendered(holder, subject_id, shell))


async def _rendered(holder: Holder, subject_id: UUID, shell: Shell) -> str:
    shown = await actions.shown(holder, subject_id, shell.act)
    # What a file holds is not lent with the archive that names it.
    lent = lent_by() is not None
    lines = [Line(file, _inline(shown.pictures.get(file.id)), bounds.spoken(file.bytes_count)) for file in shown.files]
    return shell.render(
        "files/part.html",
        there=[line for line in lines if line.file.removal is None],
        gone=[line.file for line in lines if line.file.removal is not None],
        more=shown.more,
        address=f"{PATH}/of/{holder.subject}/{subject_id}",
        subject=holder.subject,
        may_write=not lent and await _may_write(holder, subject_id, shell),
        may_disclose=not lent and actions.DISCLOSE(shell.act.by),
        may_open=not lent,
        accepted=_ACCEPTED,
        bytes_max=bounds.FILE_BYTES_MAX,
        most=bounds.spoken(bounds.FILE_BYTES_MAX),
        remove=lambda file_id: COMMANDS.address(file_id, "remove"),
    )


def _inline(picture: bytes | None) -> str:
    return f"data:{actions.THUMBNAIL_TYPE};base64,{base64.b64encode(picture).decode()}" if picture else ""


async def _may_write(holder: Holder, subject_id: UUID, shell: Shell) -> bool:
    if not holder.writes(shell.act.by):
        return False
    with contextlib.suppress(Refusal):
        if holder.admits is not None:
            await holder.admits(subject_id, shell.act)
        return True
    return False


class FileScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/of/{subject:str}/{subject_id:uuid}", needs=READ)
    async def files(self, subject: str, subject_id: UUID, shell: Shell) -> Response[str]:
        holder = holder_of(subject)
        require(shell.act.by, holder.reads)
        return answer(await _rendered(holder, subject_id, shell))

    @post(
        "/of/{subject:str}/{subject_id:uuid}",
        needs=WRITE,
        status_code=200,
        request_max_body_size=None,
        opt={TAKES_FILE: True},
    )
    async def add(self, subject: str, subject_id: UUID, request: Request[Any, Any, Any], shell: Shell) -> Response[str]:
        holder = holder_of(subject)
        require(shell.act.by, holder.writes)
        try:
            await actions.add(holder, subject_id, await sent(request), shell.act)
        except Refusal as refusal:
            said = "; ".join(forms.faults(refusal, shell).values())
            return shell.page("files/fault.html", status=int(refusal.status), said=said)
        return answer("")

    @get("/{file_id:uuid}/content", needs=READ)
    async def content(self, file_id: UUID, shell: Shell, proof: str = "") -> Response[bytes]:
        known = bool(proof) and await _holds(proof, file_id, shell)
        if proof and not known:
            raise PurposeNeeded("The way from the purpose to the file took too long: say it again")
        return handed_out(await actions.open_file(file_id, shell.act, said_why=known))

    @get("/{file_id:uuid}/opening", needs=READ & actions.DISCLOSE)
    async def ask_why(self, file_id: UUID, shell: Shell) -> Response[str]:
        return _asked(await actions.show(file_id, shell.act), shell)

    @post("/{file_id:uuid}/opening", needs=READ & actions.DISCLOSE, status_code=200)
    async def say_why(self, file_id: UUID, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        filled = forms.fill(NewDisclosure, given, shell)
        if filled.errors:
            return _asked(await actions.show(file_id, shell.act), shell, given, filled.errors)
        try:
            await actions.say_why(file_id, filled.value, shell.act)
        except (Invalid, NoBasis) as refusal:
            return _asked(await actions.show(file_id, shell.act), shell, given, forms.faults(refusal, shell))
        until = shell.act.now + HANDED_OUT_WITHIN
        proof = await signed_links.issue(file_id, until, purpose=_purpose(shell))
        to = {"handed-out": {"to": f"{PATH}/{file_id}/content?proof={proof}"}}
        return answer("", 200, {"HX-Trigger": msgspec.json.encode(to).decode()})

    ask, do = COMMANDS.handlers("/{file_id:uuid}", needs=WRITE)


def leaving(shell: Shell, given: Mapping[str, Sequence[str]], errors: Mapping[str, str]) -> dict[str, Any]:
    """What the dialog before everything sealed shows: the purpose, to whom it leaves the company, and what is wrong with them."""
    form = forms.Form(kind=NewDisclosure, slice_name=SHARED, left_out=frozenset({"purpose"}))
    fields = form.fields(shell, {"leaves_to": ["nobody"], **given}, errors)
    known = {"purpose", *(field.name for field in fields)}
    return {
        "purpose": "".join(given.get("purpose", ())[:1]),
        "error": errors.get("purpose", ""),
        "leaving": fields,
        "problem": "; ".join(said for name, said in errors.items() if name not in known),
    }


def _asked(
    file: FileView,
    shell: Shell,
    given: Mapping[str, Sequence[str]] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response[str]:
    return shell.page(
        "files/opening.html",
        status=422 if errors else 200,
        file=file,
        **leaving(shell, given or {}, errors or {}),
        address=f"{PATH}/{file.id}/opening",
    )


async def _holds(proof: str, file_id: UUID, shell: Shell) -> bool:
    link = signed_links.parse(proof)
    if link is None or link.invitation_id != file_id:
        return False
    return await signed_links.holds(link, purpose=_purpose(shell), now=shell.act.now)


def _purpose(shell: Shell) -> str:
    """A proof is whose it was made for."""
    return f"file for {shell.act.by.id}"
