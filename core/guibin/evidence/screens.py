"""The auditor's pages of the log: how it stands, its checkpoints, the proof of an entry, and packs to take home."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post

from guibin.console import forms
from guibin.console.forms import Form
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.web.listing import PageAsked
from guibin_tenants.refusals import Refusal

from . import reading, verify
from .api import READ, handed_out
from .packs import NewPack
from .refusals import NothingInLog

LOG = f"{PREFIX}/evidence"
ENTRIES = (Entry(title="evidence.title", path=LOG, icon="fingerprint", needs=READ, group="govern", order=70),)
FORM = Form(kind=NewPack, slice_name="evidence", hidden=frozenset({"decision_id", "customer_id"}))


class EvidenceScreens(Controller):
    path = LOG
    include_in_schema = False

    @get("/", needs=READ)
    async def log(self, shell: Shell) -> Response[str]:
        return shell.page(
            "evidence/log.html",
            log=await reading.log(shell.act),
            checkpoints=(await reading.checkpoints(PageAsked(limit=20), shell.act)).items,
            why=lambda keeper: shell.named(f"checkpoint_failure.{keeper.why}"),
        )

    @get("/rows/{source_id:uuid}", needs=READ)
    async def proof(self, source_id: UUID, shell: Shell) -> Response[str]:
        try:
            proofs = await reading.proof(source_id, shell.act)
        except NothingInLog:
            # An entry of the last minutes is there and has no place yet.
            if not await reading.is_recorded(source_id):
                raise
            proofs = []
        return shell.page("evidence/proof.html", proofs=proofs)

    @get("/pack", needs=READ)
    async def ask_pack(self, shell: Shell, decision: UUID | None = None, customer: UUID | None = None) -> Response[str]:
        about = {"decision_id": decision, "customer_id": customer}
        return _ask(shell, {name: [str(each)] for name, each in about.items() if each}, {}, 200)

    @post("/pack", needs=READ, confirmed=True, status_code=200)
    async def pack(self, shell: Shell) -> Response[Any]:
        given = await forms.sent(shell.request)
        try:
            return await handed_out(forms.taken(NewPack, given, shell), shell.act)
        except Refusal as refusal:
            return _ask(shell, given, forms.faults(refusal, shell), 422)

    @get("/verifier", needs=READ)
    async def verifier(self) -> Response[bytes]:
        headers = {"Content-Disposition": 'attachment; filename="guibin-verify.py"'}
        return Response(PROGRAM, media_type="text/x-python", headers=headers)


PROGRAM = Path(verify.__file__).read_bytes()


def _ask(shell: Shell, given: Mapping[str, Sequence[str]], errors: Mapping[str, str], status: int) -> Response[str]:
    return shell.page(
        "evidence/pack.html",
        status=status,
        fields=FORM.fields(shell, given, errors),
        problem=errors.get("", ""),
        about=next((name for name in ("decision_id", "customer_id") if "".join(given.get(name, ()))), "all"),
    )
