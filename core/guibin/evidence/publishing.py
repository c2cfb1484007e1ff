"""Checkpoints leave the machine: to a store that the operator names, to witnesses and auditors that the company names."""

import asyncio
import functools
import logging
from collections.abc import Collection, Mapping
from datetime import timedelta
from string import Template
from uuid import UUID, uuid5

import obstore
from msgspec import Struct
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore

from guibin.context import Act
from guibin.gateways import providers
from guibin.jobs.kinds import Run
from guibin.messages import channels
from guibin.messages.channels import OpenChannel
from guibin.messages.staff_mail import opened_address
from guibin.outbound.carrier import Answer, carrier
from guibin.regulations.core import CORE
from guibin_tenants import staff
from guibin_tenants.rows import add_all
from guibin_tenants.scope import fetch_value

from . import failing, queries
from .failing import Reason
from .proofs import consistency
from .queries import CheckpointView
from .tables import EvidenceReceipt
from .targets import AUDITOR, STORE, EvidenceTargets, Keeper, Witness, mailed, named, store, wanted
from .verify import Key, Note, encoded

OK, CONFLICT = 200, 409
# A size that a witness names: no log is longer.
_SIZE_DIGITS_MAX = 18
# What tlog-witness means by these statuses.
_SAID: dict[int, Reason] = {200: "wrong_signature", 403: "unknown_key", 404: "unwatched", 422: "inconsistent"}

_log = logging.getLogger("guibin.evidence")


class Errand(Struct, frozen=True):
    """What is to be asked of one witness: the request as tlog-witness has it, which says that it `had` so much of the log. `again`: it
    said so itself."""

    witness: Witness
    body: bytes
    had: int
    again: bool


class Mailing(Struct, frozen=True):
    """What goes to auditors by mail, each by what their copy is called, through the company's channel."""

    channel: OpenChannel
    mails: dict[str, providers.Parcel]


class Parcel(Struct, frozen=True):
    """A checkpoint on its way: `name` is what it is called in the store, empty when it does not go there. `failed` are auditors to whom
    none can be sent."""

    checkpoint: CheckpointView
    name: str
    errands: tuple[Errand, ...]
    mailing: Mailing | None = None
    failed: dict[str, Reason] = {}


class Outcome(Struct, frozen=True):
    """What came of it: cosignatures by witness, the size that others had last, whether the store has it, which mails were taken, and
    by target why it did not get there."""

    cosigned: dict[str, str] = {}
    had: dict[str, int] = {}
    stored: bool = False
    mailed: tuple[str, ...] = ()
    failed: dict[str, Reason] = {}


async def prepare(had: Mapping[str, int], run: Run, only: str = "") -> Parcel | None:
    """The last checkpoint for the store and the witnesses, whether they have it or not, and for auditors whose hours are over; or for
    `only` one target. `had` is how much of the log witnesses said they had seen: only they are asked then."""
    last = await queries.latest()
    if last is None:
        return None
    who = await named()
    asked = {only} if only else set(had) or set(await wanted(who))
    errands = [await _errand(each, last, had.get(each.target)) for each in who.witnesses if each.target in asked]
    name = f"{Note.of(last.note).origin}/{last.size:012d}" if store() is not None and STORE in asked else ""
    mailing, failed = await _mailing(last, who, asked, run, again=bool(only))
    return Parcel(last, name, tuple(errands), mailing, failed) if errands or name or mailing or failed else None


async def _mailing(
    last: CheckpointView, who: EvidenceTargets, asked: Collection[str], run: Run, *, again: bool
) -> tuple[Mailing | None, dict[str, Reason]]:
    """For those of the auditors `asked` who got none within the hours or whose last did not arrive, or `again` for all; None where that
    is nobody. And to whom of them none can be sent, whether it is time or not."""
    channel = await channels.opened("email") if who.auditors else None
    since = run.now - timedelta(hours=who.mailed_every_hours)
    mails: dict[str, providers.Parcel] = {}
    failed: dict[str, Reason] = {}
    fails = await failing.standing()
    for each in who.auditors:
        target = mailed(each)
        if target not in asked:
            continue
        account, to = await staff.by_id(each), await opened_address(each)
        if account.left_at is not None or AUDITOR not in account.roles:
            failed[target] = "no_auditor"
        elif channel is None:
            failed[target] = "no_channel"
        elif to is None:
            failed[target] = "no_address"
        elif again or target in fails or not await queries.is_kept(target, last.id, since):
            mails[target] = _letter(to, last, uuid5(run.job_id if again else last.id, target), run)
    return Mailing(channel, mails) if channel and mails else None, failed


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
    again = had is not None
    if had is None:
        had = await fetch_value(
            "select coalesce(max(c.size), 0) from evidence_receipt r join evidence_checkpoint c on c.id = r.checkpoint_id"
            " where r.target = $1",
            witness.target,
        )
    proof = await queries.roots(consistency(had, last.size)) if had <= last.size else []
    lines = [f"old {had}", *map(encoded, proof), "", last.note]
    return Errand(witness, "\n".join(lines).encode(), had, again)


async def go(parcel: Parcel) -> tuple[Parcel, Outcome]:
    """Put it there and have it cosigned; what fails is tried again with the next checkpoint."""
    found = [Outcome(failed=parcel.failed), *[await _ask(errand, parcel.checkpoint) for errand in parcel.errands]]
    if parcel.name:
        found.append(await _store(parcel))
    if parcel.mailing is not None:
        found.append(await _mail(parcel.mailing))
    return parcel, functools.reduce(_together, found)


def _together(one: Outcome, other: Outcome) -> Outcome:
    return Outcome(
        one.cosigned | other.cosigned,
        one.had | other.had,
        one.stored or other.stored,
        one.mailed + other.mailed,
        one.failed | other.failed,
    )


async def _ask(errand: Errand, last: CheckpointView) -> Outcome:
    key, target = Key.of(errand.witness.key), errand.witness.target
    url = f"{errand.witness.url.rstrip('/')}/add-checkpoint"
    answer = await carrier().post(url, errand.body, {"Content-Type": "text/plain"}, keeps_body=True)
    said = answer.body.decode("utf-8", "replace")
    if answer.status == OK and (line := _line_of(said, last.note, key)):
        return Outcome(cosigned={target: line})
    had = _size_of(said) if answer.status == CONFLICT else None
    if had is not None and not errand.again and had != errand.had and had <= last.size:
        return Outcome(had={target: had})
    return Outcome(failed={target: _why(answer, had, errand.had, last.size)})


def _why(answer: Answer, had: int | None, asked_from: int, size: int) -> Reason:
    """Why there is no cosignature; `had` is how much of the log the witness says that it saw."""
    if had is not None:
        # One that saw just as much as we said saw another log.
        return "ahead" if had > size else "inconsistent" if had == asked_from else "refused"
    if not answer.status:
        return "not_allowed" if answer.is_hopeless else "no_answer"
    return _SAID.get(answer.status, "refused")


def _size_of(said: str) -> int | None:
    told = said.strip()
    return int(told) if told.isascii() and told.isdigit() and len(told) <= _SIZE_DIGITS_MAX else None


async def _mail(mailing: Mailing) -> Outcome:
    sent = await asyncio.gather(*map(mailing.channel.send, mailing.mails.values()))
    taken = tuple(target for target, outcome in zip(mailing.mails, sent, strict=True) if not outcome.error)
    return Outcome(mailed=taken, failed={target: "mail_refused" for target in mailing.mails if target not in taken})


def _line_of(said: str, note: str, key: Key) -> str:
    """The witness's own line, if it is a cosignature of this checkpoint; empty otherwise."""
    for line in said.splitlines():
        try:
            if Note.of(f"{note}{line}\n").cosigned_by(key) is not None:
                return line
        except ValueError:
            continue
    return ""


async def _store(parcel: Parcel) -> Outcome:
    place = store()
    assert place is not None
    try:
        # In a thread, as files are.
        kept = await asyncio.to_thread(_put, place, parcel.name, parcel.checkpoint.note.encode())
    except (BaseError, OSError):
        return Outcome(failed={STORE: "no_answer"})
    return Outcome(stored=True) if kept else Outcome(failed={STORE: "holds_another"})


def _put(place: ObjectStore, name: str, note: bytes) -> bool:
    """Whether this very note lies there. Never over what lies there: a bucket with a retention of its own keeps it from us, too."""
    try:
        obstore.put(place, name, note, mode="create")
    except AlreadyExistsError:
        return bytes(obstore.get(place, name).bytes()) == note
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
    who = await named()
    called = {target: _called(each) for target, each in (await wanted(who)).items()}
    failed = {target: reason for target, reason in outcome.failed.items() if target in called}
    await failing.settle(failed, kept.keys(), failing.Limit(timedelta(hours=who.told_after_hours), called), act)


def _called(keeper: Keeper) -> dict[str, str]:
    return {"keeper": keeper.kind, "name": f" {keeper.name}" if keeper.name else ""}
