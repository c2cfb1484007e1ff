"""Imports and exports as tenant admins do them: choose a file, see which column is which field, try it, import it."""

import base64
import binascii
from collections.abc import Mapping as Given
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from litestar import Controller, Response, get, post

from guibin.console import forms
from guibin.console.forms import Choice
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.web.listing import PageAsked
from guibin_tenants.principals import sees_all
from guibin_tenants.rate_limits import BULK
from guibin_tenants.refusals import Refusal

from . import actions
from .actions import EXPORT, IMPORT
from .api import file_of
from .asking import answered, asked
from .kinds import kinds_of
from .queries import EXPORTS, IMPORTS, KEPT_DAYS, TransferView
from .requests import FILE_BYTES_MAX, NewExport, NewImport, NewRun
from .wording import Wording, title_of

PATH = f"{PREFIX}/imports"
NEED = IMPORT
ENTRIES = (Entry(title="transfers.title", path=PATH, icon="file-import", needs=NEED, group="govern", order=70),)
_SHOWN = 20
_RUNNING = ("waiting", "running")


class TransferScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=NEED)
    async def all(self, shell: Shell) -> Response[str]:
        return await _page(shell, {}, {})

    @post("/", needs=NEED, cost=BULK, status_code=200)
    async def upload(self, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        name, content = given.get("file_name", [""])[0], _content(given)
        if not name or not content:
            return await _page(shell, given, {"content": shell.says("transfers.no_file")})
        try:
            taken = await actions.upload(
                NewImport(kind=_kind(given, shell), file_name=name[:200], content=content), shell.act
            )
        except Refusal as refusal:
            return await _page(shell, given, forms.faults(refusal, shell))
        return shell.done(shell.says("transfers.done.upload"), goes_to=f"{PATH}/{taken.id}")

    @post("/exports", needs=EXPORT, cost=BULK, confirmed=True, status_code=200)
    async def export(self, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        filled = forms.fill(NewExport, given, shell)
        if filled.errors:
            return await _page(shell, given, filled.errors)
        try:
            asked = await actions.export(filled.value, shell.act)
        except Refusal as refusal:
            return await _page(shell, given, forms.faults(refusal, shell))
        return shell.done(shell.says("transfers.done.export"), goes_to=f"{PATH}/{asked.id}")

    @get("/{transfer_id:uuid}", needs=NEED)
    async def one(self, transfer_id: UUID, shell: Shell) -> Response[str]:
        return await _one(transfer_id, shell)

    @post("/{transfer_id:uuid}/runs", needs=NEED, status_code=200)
    async def run(self, transfer_id: UUID, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        dry_run = given.get("how", ["try"])[0] != "import"
        try:
            mapping = answered(given, await actions.an_import(transfer_id))
            await actions.run(transfer_id, NewRun(mapping=mapping, dry_run=dry_run), shell.act)
        except Refusal as refusal:
            return await _one(transfer_id, shell, "; ".join(forms.faults(refusal, shell).values()))
        return shell.done("", goes_to=f"{PATH}/{transfer_id}")

    @post("/{transfer_id:uuid}/cancellation", needs=NEED, status_code=200)
    async def cancel(self, transfer_id: UUID, shell: Shell) -> Response[str]:
        try:
            known = await _known(transfer_id, shell)
            await (actions.cancel_import if known.direction == "import" else actions.cancel_export)(known.id, shell.act)
        except Refusal as refusal:
            return await _one(transfer_id, shell, "; ".join(forms.faults(refusal, shell).values()))
        return shell.done(shell.says("transfers.done.cancel"), goes_to=f"{PATH}/{transfer_id}")

    @get("/{transfer_id:uuid}/file", needs=NEED, confirmed=True)
    async def file(self, transfer_id: UUID, shell: Shell) -> Response[bytes]:
        await _known(transfer_id, shell)
        return file_of(*await actions.outcome(transfer_id, shell.act, shell.language))


async def _known(transfer_id: UUID, shell: Shell) -> TransferView:
    """An import, or for whoever may have one an export. Raises NotFound."""
    found = await IMPORTS.where("x.id = $id", id=transfer_id)
    if found or not EXPORT(shell.act.by):
        return found[0] if found else await IMPORTS.one(transfer_id)
    return await EXPORTS.one(transfer_id)


async def _one(transfer_id: UUID, shell: Shell, problem: str = "") -> Response[str]:
    known = await _known(transfer_id, shell)
    wording = Wording(kind=known.kind, policy=shell.act.policy, language=shell.language, mapping=known.mapping)
    untold = await actions.untold(known.id, shell.act) if known.has_file else {}
    # One whose pack the company has no more is shown, and nothing is asked of it.
    kind = kinds_of(shell.act).get(known.kind)
    fields = [asked(name, known, untold, wording) for name in (kind.fields(shell.act) if kind else ())]
    return shell.page(
        "transfers/one.html",
        status=422 if problem else 200,
        known=known,
        fields=fields,
        runs=known.state in _RUNNING,
        wording=wording,
        called=title_of(known.kind, shell.act.policy, shell.language),
        problem=problem,
        kept=KEPT_DAYS,
        address=f"{PATH}/{transfer_id}",
    )


async def _page(shell: Shell, given: Given[str, Sequence[str]], errors: Given[str, str]) -> Response[str]:
    exports_too, whole = EXPORT(shell.act.by), sees_all(shell.act.by)
    called = partial(title_of, policy=shell.act.policy, language=shell.language)
    offered = {name: kind for name, kind in kinds_of(shell.act).items() if kind.needs(shell.act.by)}
    kinds = [Choice(name, called(name)) for name, kind in offered.items() if whole or kind.of_outlets]
    form = forms.Form(kind=NewExport, slice_name="transfers", choices={"kind": kinds})
    imports = await IMPORTS.page(None, PageAsked(_SHOWN), shell.act)
    exports = (await EXPORTS.page(None, PageAsked(_SHOWN), shell.act)).items if exports_too else []
    fields = form.fields(
        shell, given if "format" in given else {"leaves_to": ["nobody"]}, errors if "format" in given else {}
    )
    return shell.page(
        "transfers/transfers.html",
        status=422 if errors else 200,
        kinds=kinds,
        called=called,
        fields=fields,
        problem="; ".join(said for name, said in errors.items() if name not in {field.name for field in fields}),
        exports_too=exports_too,
        lines=sorted([*imports.items, *exports], key=lambda line: line.asked_at, reverse=True),
        most=FILE_BYTES_MAX // 1024 // 1024,
        address=PATH,
    )


def _kind(given: Given[str, Sequence[str]], shell: Shell) -> str:
    """What is said, else the first."""
    known = kinds_of(shell.act)
    return next((named for named in given.get("kind", ()) if named in known), next(iter(known)))


def _content(given: Given[str, Sequence[str]]) -> bytes:
    try:
        return base64.b64decode(given.get("content", [""])[0], validate=True)
    except (binascii.Error, ValueError):
        return b""
