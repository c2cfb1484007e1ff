"""The auditor's pages of the log: how it stands, its checkpoints, the proof of an entry, and packs to take home."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post

from guibin.console import forms
from guibin.console.commands import Command, Commands
from guibin.console.forms import Choice, Form
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.web.listing import PageAsked
from guibin_tenants.refusals import Refusal

from . import reading, targets, verify
from .api import READ, SETS, handed_out
from .packs import NewPack
from .refusals import NothingInLog
from .targets import Keeper, Rhythm

LOG = f"{PREFIX}/evidence"
NAME, TARGETS = "evidence.targets", f"{LOG}/targets"
ENTRIES = (
    Entry(title="evidence.title", path=LOG, icon="fingerprint", needs=READ, group="govern", order=70),
    Entry(title=f"{NAME}.title", path=TARGETS, icon="send", needs=SETS, group="govern", order=71),
)
# How long a page asks how a checkpoint that was sent by hand fares.
ASKED_FOR = timedelta(minutes=2)
FORM = Form(kind=NewPack, slice_name="evidence", hidden=frozenset({"decision_id", "customer_id"}))


async def _people(_: Shell) -> Sequence[Choice]:
    named = (await targets.named()).auditors
    return [Choice(str(one.id), one.name) for one in await targets.auditors() if one.id not in named]


async def _rhythm(_: Shell, __: UUID) -> Mapping[str, str]:
    present = await targets.named()
    return {name: str(getattr(present, name)) for name in Rhythm.__struct_fields__}


async def _witness(_: Shell, target_id: UUID) -> Mapping[str, str]:
    found = {each.id: each.witness for each in await targets.keepers()}.get(target_id)
    return {"url": found.url, "key": found.key} if found else {}


COMPANY = Commands(
    NAME,
    "company_id",
    f"{TARGETS}/company",
    Command(name="add_witness", action=targets.add_witness, icon="plus", key="n", main=True),
    Command(name="add_auditor", action=targets.add_auditor, icon="plus", choices={"auditor_id": _people}),
    Command(name="set_rhythm", action=targets.set_rhythm, given=_rhythm),
    needs=SETS,
)
NAMED = Commands(
    NAME,
    "target_id",
    TARGETS,
    Command(name="send", action=targets.send, icon="send"),
    Command(name="change", action=targets.change_witness, given=_witness),
    Command(name="take_away", action=targets.take_away, danger=True),
    needs=SETS,
)
# What can be done to each: the store is the operator's.
OFFERED = {"store": ("send",), "witness": ("send", "change", "take_away"), "auditor": ("send", "take_away")}


class EvidenceScreens(Controller):
    path = LOG
    include_in_schema = False

    @get("/", needs=READ)
    async def log(self, shell: Shell) -> Response[str]:
        return shell.page(
            "evidence/log.html",
            log=await reading.log(shell.act),
            checkpoints=(await reading.checkpoints(PageAsked(limit=20), shell.act)).items,
            why=lambda keeper: _said(keeper.why, shell),
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

    @get("/targets", needs=SETS)
    async def show_targets(self, shell: Shell) -> Response[str]:
        return shell.page(
            "evidence/targets.html",
            named=await targets.targets(shell.act),
            keepers=await targets.keepers(),
            company=COMPANY.allowed(shell, "add_witness", "add_auditor", "set_rhythm"),
            of_company=lambda name: COMPANY.address(shell.act.company.id, name),
            commands_of=lambda keeper: NAMED.allowed(shell, *OFFERED[keeper.kind]),
            of_named=NAMED.address,
            said=lambda outcome: _said(outcome, shell),
            asks_again=lambda keeper: _asks_again(keeper, shell),
        )

    @get("/targets/{target_id:uuid}/tried", needs=SETS)
    async def show_tried(self, target_id: UUID, shell: Shell) -> Response[str]:
        return shell.page(
            "evidence/tried.html",
            keeper=await targets.keeper(target_id),
            said=lambda outcome: _said(outcome, shell),
            asks_again=lambda keeper: _asks_again(keeper, shell),
        )

    ask_company, do_company = COMPANY.handlers("/targets/company/{company_id:uuid}", needs=SETS, confirmed=True)
    ask_named, do_named = NAMED.handlers("/targets/{target_id:uuid}", needs=SETS, confirmed=True)

    @get("/verifier", needs=READ)
    async def verifier(self) -> Response[bytes]:
        headers = {"Content-Disposition": 'attachment; filename="guibin-verify.py"'}
        return Response(PROGRAM, media_type="text/x-python", headers=headers)


def _said(outcome: str, shell: Shell) -> str:
    """How sending ended, or why nothing arrives, in words."""
    key = f"{NAME}.{outcome}"
    return shell.says(key) if shell.studio.words.has(key) else shell.named(f"checkpoint_failure.{outcome}")


def _asks_again(keeper: Keeper, shell: Shell) -> bool:
    tried = keeper.tried
    return tried is not None and not tried.outcome and shell.act.now - tried.asked_at < ASKED_FOR


PROGRAM = Path(verify.__file__).read_bytes()


def _ask(shell: Shell, given: Mapping[str, Sequence[str]], errors: Mapping[str, str], status: int) -> Response[str]:
    return shell.page(
        "evidence/pack.html",
        status=status,
        fields=FORM.fields(shell, given, errors),
        problem=errors.get("", ""),
        about=next((name for name in ("decision_id", "customer_id") if "".join(given.get(name, ()))), "all"),
    )
