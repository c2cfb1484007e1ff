"""What the forms of receptions offer: protocols, their reasons, passages, stages, etiquette, opinions to answer, states."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import get_args
from uuid import UUID

from guibin.console.choices import words_of
from guibin.console.forms import Choice
from guibin.console.shell import Shell
from guibin.policy.forms import Form
from guibin.policy.receptions import Protocol, ReceptionPolicy

from . import orders, queries, typed
from .queries import LISTED, ReceptionForm
from .tables import State

# As a field of a form holds a moment.
_MOMENT = "%Y-%m-%dT%H:%M"


# What a reception can be.
states = words_of("receptions.state", get_args(State))


async def protocols(shell: Shell) -> Sequence[Choice]:
    """The policy's protocols, the highest first."""
    return [Choice(each.name, shell.named(f"protocol.{each.name}")) for each in policy_of(shell).protocols]


def policy_of(shell: Shell) -> ReceptionPolicy:
    """The company's, without any protocol where it has none."""
    return shell.act.policy.reception or ReceptionPolicy(protocols=())


def reasons(protocol: Protocol, shell: Shell) -> list[Choice]:
    """Why a guest is received so."""
    return [Choice(one.name, shell.named(f"qualification.{one.name}")) for one in protocol.qualifications]


async def passages(shell: Shell) -> Sequence[Choice]:
    """The passages that the policy's protocols keep free, and any other."""
    names = dict.fromkeys(each.channel for each in policy_of(shell).protocols)
    kept = [Choice(name, shell.named(f"reception_channel.{name}")) for name in names]
    return [*kept, Choice("other", shell.says("receptions.other_passage"))]


async def next_stage(shell: Shell) -> Sequence[Choice]:
    """The one that comes next."""
    stage = (await _here(shell)).next_stage
    return [Choice(stage, shell.named(f"reception_stage.{stage}"))] if stage else []


async def etiquette(shell: Shell) -> Sequence[Choice]:
    """What was not checked yet."""
    return [Choice(item, shell.named(f"etiquette.{item}")) for item in (await _here(shell)).etiquette_left]


async def unanswered(shell: Shell) -> Sequence[Choice]:
    """Opinions of the guest that nobody has answered."""
    found = (await read(UUID(str(shell.request.path_params["reception_id"])), shell)).feedback
    return [
        Choice(str(each.id), f"{shell.clock.moment(each.collected_at)} {each.text[:30]}")
        for each in found
        if each.given and each.answered_at is None
    ]


async def as_it_stands(shell: Shell, reception_id: UUID) -> Mapping[str, str]:
    """Protocol, times and party as they are now."""
    row = await LISTED.one(reception_id)
    times = {"arrives_at": _local(row.arrives_at, shell)}
    if row.leaves_at:
        times["leaves_at"] = _local(row.leaves_at, shell)
    return times | {"protocol": row.protocol, "party_size": str(row.party_size)}


async def stage_given(shell: Shell, _: UUID) -> Mapping[str, str]:
    """The next stage, chosen already."""
    stage = (await _here(shell)).next_stage
    return {"stage": stage} if stage else {}


async def kept(_: Shell, __: UUID) -> Mapping[str, str]:
    """Etiquette is kept unless somebody says otherwise."""
    return {"kept": "true"}


async def heard(_: Shell, __: UUID) -> Mapping[str, str]:
    """The guest says something unless somebody says otherwise."""
    return {"given": "true"}


async def passage_given(shell: Shell, _: UUID) -> Mapping[str, str]:
    """The passage kept free."""
    terms = (await _here(shell)).terms
    return {"channel": terms.channel} if terms else {}


async def last_plan(shell: Shell, reception_id: UUID) -> Mapping[str, str]:
    """The last edition, to be changed."""
    form = await read(reception_id, shell)
    plan = next((each.content for each in reversed(form.plans) if each.content), None)
    if plan is None:
        return {}
    arrives_at = form.arrives_at.astimezone(shell.clock.zone)
    return {
        "plan": plan.plan,
        "standard": plan.standard,
        "room": plan.room,
        "gifts": plan.gifts,
        "budget": plan.budget.amount if plan.budget else "",
        "itinerary": "\n".join(typed.typed(line, arrives_at) for line in plan.itinerary),
    }


async def last_particulars(shell: Shell, reception_id: UUID) -> Mapping[str, str]:
    """What is known of the guest so far."""
    form = await read(reception_id, shell)
    known = next((each.content for each in reversed(form.particulars) if each.content), None)
    if known is None:
        return {}
    answers = {f"answers.{name}": str(value) for name, value in known.answers.items() if value is not None}
    told = {name: getattr(known, name) for name in ("guests", "itinerary", "activities", "requirements")}
    return told | answers


async def sheet_of_guest(shell: Shell) -> Form | None:
    """The form that the protocol wants filled in of the visiting party."""
    form = await _here(shell)
    protocol = form.terms or policy_of(shell).protocol(form.protocol)
    return shell.act.policy.form(protocol.form) if protocol and protocol.form else None


async def sheet_of_task(shell: Shell) -> Form | None:
    """The form that reports a task."""
    task_id = shell.request.path_params.get("task_id") or shell.request.path_params["row_id"]
    task = await orders.TASKS.one(UUID(str(task_id)), units=shell.act.by.units_seen)
    return shell.act.policy.form(task.form) if task.form else None


async def read(reception_id: UUID, shell: Shell) -> ReceptionForm:
    """The whole file, the look on record."""
    return await queries.shown(reception_id, shell.act)


async def _here(shell: Shell) -> queries.ReceptionFile:
    return await queries.FILE.one(UUID(str(shell.request.path_params["reception_id"])))


def _local(at: datetime, shell: Shell) -> str:
    return at.astimezone(shell.clock.zone).strftime(_MOMENT)
