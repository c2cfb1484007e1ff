"""Where checkpoints go: the store that the operator names, and witnesses and auditors that the company names; how each stands."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from msgspec import Meta, Struct, structs
from obstore.store import ObjectStore

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.files.places import store_of
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job
from guibin.jobs.queries import waits
from guibin.outbound.targets import rules
from guibin.policy.words import NoteKey, Url
from guibin_tenants import settings, staff
from guibin_tenants.refusals import FieldError, NotFound, refuse
from guibin_tenants.rows import read
from guibin_tenants.scope import current_tenant, execute, one_at_a_time
from guibin_tenants.tables import new_id

from . import failing, queries
from .failing import Reason
from .verify import COSIGNATURE, Key

ADDRESS = "GUIBIN_EVIDENCE_STORE"
SETTING = "evidence_targets"
STORE = "store"
WITNESSES_MAX = AUDITORS_MAX = 5
_NAME_CHARS_MAX = 200
_SENDS, _SENDS_AGAIN = "send_checkpoint/", "send_checkpoint_again/"
_UNDER_WAY = " or ".join(waits(f"'{each}' || x.target") for each in (_SENDS, _SENDS_AGAIN))
_TRIALS = (
    "select x.target, x.asked_by_name, x.asked_at, x.done_at,"
    f" case when x.done_at is null and not ({_UNDER_WAY}) then 'broke_off' else x.outcome end as outcome"
    " from evidence_trial x order by x.target"
)
AUDITOR = "auditor"
Hours = Annotated[int, Meta(ge=1, le=744)]


class Witness(Struct, frozen=True, forbid_unknown_fields=True):
    """A witness of C2SP's tlog-witness: where it is asked, and its key as `name+id+base64`."""

    url: Url
    key: NoteKey

    @property
    def name(self) -> str:
        """What it is called in the log."""
        return self.key.partition("+")[0]

    @property
    def target(self) -> str:
        """Its name and the id of its key: one with another key is another witness, whatever it is called."""
        return "+".join(self.key.split("+")[:2])


class Rhythm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Auditors get the latest by mail every so many hours at most; when none arrives for `told_after_hours`, people hear of it."""

    mailed_every_hours: Hours = 24
    told_after_hours: Hours = 3


class EvidenceTargets(Rhythm, frozen=True, forbid_unknown_fields=True):
    """Whom the company's checkpoints are shown: `auditors` by mail, each the latest, every so many hours at most. When none arrives for
    `told_after_hours`, admins and auditors hear of it; of what is grave at once."""

    witnesses: Annotated[tuple[Witness, ...], Meta(max_length=WITNESSES_MAX)] = ()
    auditors: Annotated[tuple[UUID, ...], Meta(max_length=AUDITORS_MAX)] = ()


class NewAuditor(Struct, frozen=True, forbid_unknown_fields=True):
    """Who gets checkpoints by mail."""

    auditor_id: UUID


class SendCheckpoint(Job, frozen=True):
    """The last checkpoint goes to one target, whatever it has already: so it is tried out. `had` as a witness said it."""

    target: str
    had: int | None = None


class _Chosen(Struct):
    store: ObjectStore | None = None


_chosen = _Chosen()


def use_store(environment: Mapping[str, str]) -> None:
    """Composition roots only: checkpoints are put where `GUIBIN_EVIDENCE_STORE` says. Raises BadStore."""
    _chosen.store = store_of(environment, ADDRESS)


def store() -> ObjectStore | None:
    """The operator's."""
    return _chosen.store


async def named() -> EvidenceTargets:
    """The company's."""
    return await settings.read(SETTING, EvidenceTargets, EvidenceTargets())


class Trial(Struct, frozen=True):
    """Somebody had a checkpoint sent to `target` at `asked_at`. It ended at `done_at`, and `outcome` says how: `arrived`,
    `nothing_signed`, or the reason why it did not arrive. Without `done_at` it is under way, or `broke_off` where its job was given up."""

    target: str
    asked_by_name: str
    asked_at: datetime
    done_at: datetime | None
    outcome: str


class Keeper(Struct, frozen=True, kw_only=True):
    """Where checkpoints are to go: the operator's `store`, a `witness` or an `auditor`, and its `name`, empty for the store. `size` is the
    largest log of which it holds a checkpoint, and `last_at` when it last got one; both None where it never did. While none arrives,
    `why` says what is wrong `failing_since` then, last at `failed_at`. `tried` is how sending one by hand went last, and `witness` where
    that one is asked, by which key."""

    id: UUID
    kind: Literal["store", "witness", "auditor"]
    name: str = ""
    size: int | None = None
    last_at: datetime | None = None
    why: Reason | None = None
    failing_since: datetime | None = None
    failed_at: datetime | None = None
    tried: Trial | None = None
    witness: Witness | None = None


async def keepers() -> tuple[Keeper, ...]:
    """Everybody who is named now, those that never got one as well."""
    known = await wanted(await named())
    last, failures = await queries.last_kept(list(known)), await failing.standing()
    tried = {each.target: each for each in await read(Trial, _TRIALS)}
    return tuple(
        _seen(structs.replace(each, tried=tried.get(target)), last.get(target, {}), failures.get(target))
        for target, each in known.items()
    )


async def keeper(target_id: UUID) -> Keeper:
    """One of them. Raises NotFound."""
    found = next((each for each in await keepers() if each.id == target_id), None)
    if found is None:
        raise _unknown(target_id)
    return found


def _seen(keeper: Keeper, last: Mapping[str, Any], failure: failing.Failure | None) -> Keeper:
    if failure is None:
        return structs.replace(keeper, **last)
    return structs.replace(keeper, **last, why=failure.reason, failing_since=failure.since, failed_at=failure.last_at)


async def wanted(who: EvidenceTargets) -> dict[str, Keeper]:
    """By target where checkpoints are to go."""
    called = await staff.names_of(who.auditors)
    found = {STORE: Keeper(id=_id(STORE), kind="store")} if store() is not None else {}
    found |= {
        each.target: Keeper(id=_id(each.target), kind="witness", name=each.name, witness=each) for each in who.witnesses
    }
    for each in who.auditors:
        target = mailed(each)
        found[target] = Keeper(id=_id(target), kind="auditor", name=called.get(each, ""))
    return found


def mailed(auditor_id: UUID) -> str:
    """The target of an auditor's mail."""
    return f"mail/{auditor_id}"


def _id(target: str) -> UUID:
    return uuid5(current_tenant(), target)


async def targets(act: Act) -> EvidenceTargets:
    """Whom the company's checkpoints are shown; that it was read is on record."""
    await noted("audit.evidence", act, subject="evidence", shown=0)
    return await named()


async def set_targets(new: EvidenceTargets, act: Act) -> EvidenceTargets:
    """Show them these from now on. Raises Invalid."""
    wrong = [
        problem
        for place, each in enumerate(new.witnesses)
        for problem in _problems(each, new.witnesses[:place], f"witnesses[{place}].")
    ]
    here = {one.id for one in await auditors()}
    wrong += [_no_auditor(f"auditors[{place}]", each) for place, each in enumerate(new.auditors) if each not in here]
    refuse(wrong)
    return await _write(new, act)


async def add_witness(new: Witness, act: Act) -> None:
    """One more. Raises Invalid."""
    await _change(lambda who: structs.replace(who, witnesses=_with(who.witnesses, new)), act)


async def change_witness(target_id: UUID, new: Witness, act: Act) -> None:
    """Another address or key of one that is named. Raises NotFound, Invalid."""
    await _change(lambda who: structs.replace(who, witnesses=_instead(who.witnesses, target_id, new)), act)


async def add_auditor(new: NewAuditor, act: Act) -> None:
    """One more who gets checkpoints by mail. Raises Invalid."""
    here = {one.id for one in await auditors()}
    refuse([] if new.auditor_id in here else [_no_auditor("auditor_id", new.auditor_id)])
    await _change(lambda who: structs.replace(who, auditors=_and(who.auditors, new.auditor_id)), act)


async def take_away(target_id: UUID, act: Act) -> None:
    """Show a witness or an auditor no more of them. Raises NotFound, also for the operator's store."""

    def without(who: EvidenceTargets) -> EvidenceTargets:
        witnesses = tuple(each for each in who.witnesses if _id(each.target) != target_id)
        people = tuple(each for each in who.auditors if _id(mailed(each)) != target_id)
        if (witnesses, people) == (who.witnesses, who.auditors):
            raise _unknown(target_id)
        return structs.replace(who, witnesses=witnesses, auditors=people)

    await _change(without, act)


async def set_rhythm(new: Rhythm, act: Act) -> None:
    """How often auditors get mail, and when people hear that nothing arrives."""
    await _change(lambda who: structs.replace(who, **structs.asdict(new)), act)


async def send(target_id: UUID, act: Act) -> None:
    """Have the last checkpoint sent there now, whatever it has already; `keepers` say how it went. Raises NotFound."""
    target = next((each for each, keeper in (await wanted(await named())).items() if keeper.id == target_id), None)
    if target is None:
        raise _unknown(target_id)
    await execute(
        "insert into evidence_trial (id, target, outcome, asked_by, asked_by_name, asked_at) values ($1, $2, '', $3, $4, $5)"
        " on conflict (tenant_id, target) do update set outcome = '', done_at = null, asked_by = excluded.asked_by,"
        " asked_by_name = excluded.asked_by_name, asked_at = excluded.asked_at",
        new_id(),
        target,
        act.by.id,
        act.by.name,
        act.now,
    )
    await enqueue(SendCheckpoint(target), now=act.now, unique_key=f"{_SENDS}{target}", while_pending=True)
    await noted("evidence.send", act, subject="evidence", subject_id=target_id, purpose=target, shown=0)


async def send_again(target: str, had: int, act: Act) -> None:
    """Ask a witness once more, who says that it `had` so much of the log."""
    key = f"{_SENDS_AGAIN}{target}"
    await enqueue(SendCheckpoint(target, had), now=act.now, unique_key=key, while_pending=True)


async def sent(target: str, outcome: str, act: Act) -> None:
    """How it went."""
    await execute(
        "update evidence_trial set outcome = $2, done_at = $3 where target = $1 and done_at is null",
        target,
        outcome,
        act.now,
    )


async def forget_unnamed() -> None:
    """Where no checkpoint is to go any more none fails to arrive, and none was tried."""
    known = list(await wanted(await named()))
    await failing.forget_all_but(known)
    await execute("delete from evidence_trial where target <> all ($1::text[])", known)


async def auditors() -> list[staff.StaffView]:
    """Who may get them by mail."""
    return [one for one in await staff.all_staff() if one.left_at is None and AUDITOR in one.roles]


async def _change(change: Callable[[EvidenceTargets], EvidenceTargets], act: Act) -> None:
    # Two at once wait for each other here: each changes one of several.
    await one_at_a_time("/evidence")
    await _write(change(await named()), act)


async def _write(new: EvidenceTargets, act: Act) -> EvidenceTargets:
    await settings.write(SETTING, new)
    await forget_unnamed()
    await noted("evidence.targets", act, subject="evidence", shown=0)
    return new


def _with(witnesses: Sequence[Witness], new: Witness) -> tuple[Witness, ...]:
    wrong = _problems(new, witnesses, "")
    if len(witnesses) >= WITNESSES_MAX:
        wrong.append(FieldError("key", f"at most {WITNESSES_MAX} witnesses", "take one away first"))
    refuse(wrong)
    return (*witnesses, new)


def _instead(witnesses: Sequence[Witness], target_id: UUID, new: Witness) -> tuple[Witness, ...]:
    others = [each for each in witnesses if _id(each.target) != target_id]
    if len(others) == len(witnesses):
        raise _unknown(target_id)
    refuse(_problems(new, others, ""))
    return tuple(new if _id(each.target) == target_id else each for each in witnesses)


def _and(people: Sequence[UUID], new: UUID) -> tuple[UUID, ...]:
    if new in people:
        refuse([FieldError("auditor_id", "nobody who gets them already", value=str(new))])
    if len(people) >= AUDITORS_MAX:
        refuse([FieldError("auditor_id", f"at most {AUDITORS_MAX} auditors", "take one away first")])
    return (*people, new)


def _problems(witness: Witness, others: Sequence[Witness], part: str) -> list[FieldError]:
    found = [rules().problem(witness.url, field=f"{part}url")]
    if {"?", "#"} & set(witness.url):
        found.append(FieldError(f"{part}url", "an address without ? and #", value=witness.url[:200]))
    if len(witness.name) > _NAME_CHARS_MAX:
        rule = f"a name of at most {_NAME_CHARS_MAX} characters"
        found.append(FieldError(f"{part}key", rule, value=witness.key[:80]))
    try:
        right = Key.of(witness.key).kind == COSIGNATURE
    except ValueError:
        right = False
    if not right:
        found.append(
            FieldError(f"{part}key", "the witness's key as it tells it: name+id+base64", value=witness.key[:80])
        )
    elif witness.name in [each.name for each in others]:
        # By its name a witness is known in the log: what one cosigned would count as the other's.
        found.append(FieldError(f"{part}key", "another name than the witnesses before it", value=witness.name))
    return [each for each in found if each is not None]


def _no_auditor(field: str, auditor_id: UUID) -> FieldError:
    return FieldError(field, "an auditor of the company's", value=str(auditor_id))


def _unknown(target_id: UUID) -> NotFound:
    return NotFound(f"No target {target_id}")
