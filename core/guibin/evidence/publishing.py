"""Checkpoints leave the machine: to a store that the operator names, to witnesses and auditors that the company names."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from string import Template
from typing import Annotated, Literal
from uuid import UUID, uuid5

import obstore
from msgspec import Meta, Struct, structs
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.files.places import store_of
from guibin.gateways import providers
from guibin.messages import channels
from guibin.messages.channels import OpenChannel
from guibin.messages.staff_mail import opened_address
from guibin.outbound.carrier import carrier
from guibin.outbound.targets import rules
from guibin.policy.words import NoteKey, Url
from guibin.regulations.core import CORE
from guibin_tenants import settings, staff
from guibin_tenants.refusals import FieldError, refuse
from guibin_tenants.rows import add_all
from guibin_tenants.scope import fetch_value

from . import queries
from .proofs import consistency
from .queries import CheckpointView
from .tables import EvidenceReceipt
from .verify import COSIGNATURE, Key, Note, encoded

ADDRESS = "GUIBIN_EVIDENCE_STORE"
SETTING = "evidence_targets"
STORE = "store"
WITNESSES_MAX = AUDITORS_MAX = 5
AUDITOR = "auditor"
CONFLICT = 409
Reason = Literal["no_answer", "holds_another"]
"""Why a checkpoint did not get where it should: nothing answered, or another note lies under its name."""

_log = logging.getLogger("guibin.evidence")


class Witness(Struct, frozen=True, forbid_unknown_fields=True):
    """A witness of C2SP's tlog-witness: where it is asked, and its key as `name+id+base64`."""

    url: Url
    key: NoteKey


class EvidenceTargets(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom the company's checkpoints are shown: `auditors` by mail, each the latest, every so many hours at most."""

    witnesses: Annotated[tuple[Witness, ...], Meta(max_length=WITNESSES_MAX)] = ()
    auditors: Annotated[tuple[UUID, ...], Meta(max_length=AUDITORS_MAX)] = ()
    mailed_every_hours: Annotated[int, Meta(ge=1, le=744)] = 24


class Errand(Struct, frozen=True):
    """What is to be asked of one witness: the request as tlog-witness has it."""

    witness: Witness
    body: bytes


class Mailing(Struct, frozen=True):
    """What goes to auditors by mail, each by what their copy is called, through the company's channel."""

    channel: OpenChannel
    mails: dict[str, providers.Parcel]


class Parcel(Struct, frozen=True):
    """A checkpoint on its way: `name` is what it is called in the store, empty when it lies there already."""

    checkpoint: CheckpointView
    name: str
    errands: tuple[Errand, ...]
    mailing: Mailing | None = None


class Outcome(Struct, frozen=True):
    """What came of it: cosignatures by witness, the size that others had last, whether the store has it, which mails were taken, and
    by target why it did not get there."""

    cosigned: dict[str, str] = {}
    had: dict[str, int] = {}
    stored: bool = False
    mailed: tuple[str, ...] = ()
    failed: dict[str, Reason] = {}


class _Chosen(Struct):
    store: ObjectStore | None = None


_chosen = _Chosen()


def use_store(environment: Mapping[str, str]) -> None:
    """Composition roots only: checkpoints are put where `GUIBIN_EVIDENCE_STORE` says. Raises BadStore."""
    _chosen.store = store_of(environment, ADDRESS)


async def named() -> EvidenceTargets:
    """The company's."""
    return await settings.read(SETTING, EvidenceTargets, EvidenceTargets())


class Keeper(Struct, frozen=True, kw_only=True):
    """Where checkpoints are to go: the operator's `store`, a `witness` or an `auditor`, and its `name`, empty for the store. `size` is the
    largest log of which it holds a checkpoint, and `last_at` when it last got one; both None where it never did."""

    kind: Literal["store", "witness", "auditor"]
    name: str = ""
    size: int | None = None
    last_at: datetime | None = None


async def keepers() -> tuple[Keeper, ...]:
    """Everybody who is named now, those that never got one as well."""
    who = await named()
    called = {each.id: each.name for each in await staff.all_staff()} if who.auditors else {}
    wanted = {STORE: Keeper(kind="store")} if _chosen.store is not None else {}
    wanted |= {key: Keeper(kind="witness", name=key) for key in (Key.of(each.key).name for each in who.witnesses)}
    wanted |= {f"mail/{each}": Keeper(kind="auditor", name=called.get(each, "")) for each in who.auditors}
    last = await queries.last_kept(list(wanted))
    return tuple(structs.replace(each, **last.get(target, {})) for target, each in wanted.items())


async def targets(act: Act) -> EvidenceTargets:
    """Whom the company's checkpoints are shown; that it was read is on record."""
    await noted("audit.evidence", act, subject="evidence", shown=0)
    return await named()


async def set_targets(new: EvidenceTargets, act: Act) -> EvidenceTargets:
    """Show them these from now on. Raises Invalid."""
    wrong = [problem for place, each in enumerate(new.witnesses) for problem in _problems(each, place)]
    here = {one.id for one in await staff.all_staff() if one.left_at is None and AUDITOR in one.roles}
    wrong += [
        FieldError(f"auditors[{place}]", "an auditor of the company's", value=str(each))
        for place, each in enumerate(new.auditors)
        if each not in here
    ]
    refuse(wrong)
    await settings.write(SETTING, new)
    await noted("evidence.targets", act, subject="evidence", shown=0)
    return new


def _problems(witness: Witness, place: int) -> list[FieldError]:
    found = [rules().problem(witness.url, field=f"witnesses[{place}].url")]
    try:
        right = Key.of(witness.key).kind == COSIGNATURE
    except ValueError:
        right = False
    if not right:
        field = f"witnesses[{place}].key"
        found.append(FieldError(field, "the witness's key as it tells it: name+id+base64", value=witness.key[:80]))
    return [each for each in found if each is not None]


async def prepare(had: Mapping[str, int], act: Act) -> Parcel | None:
    """The last checkpoint for whoever has not seen it; `had` is how much of the log witnesses said they had seen."""
    last = await queries.latest()
    if last is None:
        return None
    known, who = await queries.kept_at(last.id), await named()
    asked = [each for each in who.witnesses if Key.of(each.key).name not in known]
    errands = [await _errand(each, last, had.get(Key.of(each.key).name)) for each in asked]
    name = f"{Note.of(last.note).origin}/{last.size:012d}" if _chosen.store is not None and STORE not in known else ""
    mailing = await _mailing(last, who, act)
    return Parcel(last, name, tuple(errands), mailing) if errands or name or mailing else None


async def _mailing(last: CheckpointView, who: EvidenceTargets, act: Act) -> Mailing | None:
    """For those auditors who work here as such, have an address, and got none within the hours; None where that is nobody."""
    channel = await channels.opened("email") if who.auditors else None
    if channel is None:
        return None
    since = act.now - timedelta(hours=who.mailed_every_hours)
    mails = {}
    for each in who.auditors:
        target = f"mail/{each}"
        to = await opened_address(each) if AUDITOR in (await staff.by_id(each)).roles else None
        if to and not await queries.is_kept(target, last.id, since):
            mails[target] = _letter(to, last, uuid5(last.id, target), act)
    return Mailing(channel, mails) if mails else None


def _letter(to: str, last: CheckpointView, message_id: UUID, act: Act) -> providers.Parcel:
    """The signed note as a file, which `guibin-verify --checkpoint` takes, and once more to be read."""
    title, text = (
        CORE.texts[f"checkpoint_mail.{part}"].in_language(act.company.language) for part in ("title", "text")
    )
    origin = Note.of(last.note).origin
    filled = {"origin": origin, "size": f"{last.size:,}", "note": last.note}
    return providers.Parcel(
        message_id=message_id,
        to=to,
        title=Template(title).substitute(filled),
        text=Template(text).substitute(filled),
        at=act.now,
        files={f"{origin.replace('/', '-')}-{last.size:012d}.note": last.note.encode()},
    )


async def _errand(witness: Witness, last: CheckpointView, had: int | None) -> Errand:
    if had is None:
        had = await fetch_value(
            "select coalesce(max(c.size), 0) from evidence_receipt r join evidence_checkpoint c on c.id = r.checkpoint_id"
            " where r.target = $1",
            Key.of(witness.key).name,
        )
    proof = await queries.roots(consistency(had, last.size)) if had <= last.size else []
    lines = [f"old {had}", *map(encoded, proof), "", last.note]
    return Errand(witness, "\n".join(lines).encode())


async def go(parcel: Parcel) -> tuple[Parcel, Outcome]:
    """Put it there and have it cosigned; what fails is tried again with the next checkpoint."""
    cosigned, had = {}, {}
    for errand in parcel.errands:
        key = Key.of(errand.witness.key)
        url = f"{errand.witness.url.rstrip('/')}/add-checkpoint"
        answer = await carrier().post(url, errand.body, {"Content-Type": "text/plain"}, keeps_body=True)
        said = answer.body.decode("utf-8", "replace")
        if answer.status == CONFLICT and said.strip().isdigit():
            had[key.name] = int(said)
        elif answer.status == 200 and (line := _line_of(said, parcel.checkpoint.note, key)):
            cosigned[key.name] = line
    mailed = await _mailed(parcel.mailing) if parcel.mailing else ()
    failed = await _store(parcel) if parcel.name else None
    return parcel, Outcome(cosigned, had, bool(parcel.name) and not failed, mailed, {STORE: failed} if failed else {})


async def _mailed(mailing: Mailing) -> tuple[str, ...]:
    """Those that the server took."""
    sent = await asyncio.gather(*map(mailing.channel.send, mailing.mails.values()))
    return tuple(target for target, outcome in zip(mailing.mails, sent, strict=True) if not outcome.error)


def _line_of(said: str, note: str, key: Key) -> str:
    """The witness's own line, if it is a cosignature of this checkpoint; empty otherwise."""
    for line in said.splitlines():
        try:
            if Note.of(f"{note}{line}\n").cosigned_by(key) is not None:
                return line
        except ValueError:
            continue
    return ""


async def _store(parcel: Parcel) -> Reason | None:
    """Why the store does not have it now, None where it has."""
    assert _chosen.store is not None
    try:
        # In a thread, as files are.
        kept = await asyncio.to_thread(_put, _chosen.store, parcel.name, parcel.checkpoint.note.encode())
    except (BaseError, OSError):
        return "no_answer"
    return None if kept else "holds_another"


def _put(store: ObjectStore, name: str, note: bytes) -> bool:
    """Whether this very note lies there. Never over what lies there: a bucket with a retention of its own keeps it from us, too."""
    try:
        obstore.put(store, name, note, mode="create")
    except AlreadyExistsError:
        return bytes(obstore.get(store, name).bytes()) == note
    return True


async def settle(parcel: Parcel, outcome: Outcome, act: Act) -> None:
    """Write down who has it; of whom it did not reach the process's log says why."""
    for target, reason in outcome.failed.items():
        _log.warning("A checkpoint did not get to the %s: %s", target, reason)
    kept = dict(outcome.cosigned) | ({STORE: ""} if outcome.stored else {}) | dict.fromkeys(outcome.mailed, "")
    rows = [
        {"checkpoint_id": parcel.checkpoint.id, "target": target, "cosignature": line, "received_at": act.now}
        for target, line in kept.items()
    ]
    await add_all(EvidenceReceipt, None, rows, unless=("checkpoint_id", "target"))
