"""Hearing what happens: what judges acts at once, in the same transaction; everything else in jobs after it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from guibin.cases.followed import FOLLOWED
from guibin.commands.refusals import RefusedByRule
from guibin.complaints.levels import SUGGESTING, Draft
from guibin.context import Act
from guibin.events import Event, at_once, listens
from guibin.hookspecs import LevelSuggestion
from guibin.jobs.actions import NewJob, new_job
from guibin.jobs.actions import write as write_jobs
from guibin.jobs.kinds import Job, kind_of
from guibin.policies.queries import at_hand
from guibin.policy.automations import Automation, digest_of
from guibin.policy.commands import Refuse, SetLevel
from guibin.webhooks.payloads import message_of
from guibin_tenants.refusals import FieldError
from guibin_tenants.rows import name_of
from guibin_tenants.scope import current_tenant, fetch_value
from guibin_tenants.tables import new_id

from . import states
from .actions import CHAIN
from .history import Occurrence, Value
from .judging import judged

_ID = "_id"


class FollowEvent(Job, frozen=True):
    """An automation looks at what happened; `chain` are those that led to it."""

    automation: str
    happened: Occurrence
    chain: tuple[str, ...] = ()


@listens
async def follow(happened: Sequence[Event], now: datetime) -> None:
    """A job for each automation that follows what happened."""
    policies = at_hand(current_tenant(), now)
    if policies and not any(policy.automations for policy in policies):
        return
    on = await states.on()
    jobs: list[NewJob] = []
    for event in happened:
        following = {name: state for name, state in on.items() if state.event == kind_of(type(event))}
        if not following:
            continue
        found = await occurrence_of(event, now)
        for name, state in following.items():
            run_at = now + timedelta(hours=state.hours)
            jobs.append(new_job(FollowEvent(name, found, CHAIN.get()), run_at=run_at, priority=-5))
    await write_jobs(jobs, now=now)


async def occurrence_of(event: Event, now: datetime) -> Occurrence:
    """The event as automations see it: what it says, whose it is, and the case it is about."""
    said = message_of(event, now=now).data
    subject, subject_id = getattr(event, "subject", None), getattr(event, "subject_id", None)
    if subject is None or subject_id is None:
        named = [name for name in event.__struct_fields__ if name.endswith(_ID) and name.removesuffix(_ID) in FOLLOWED]
        first = next(iter(named), "")
        subject, subject_id = first.removesuffix(_ID), getattr(event, first, None) if first else None
    customer_id = getattr(event, "customer_id", None) or await _customer(subject, subject_id)
    if subject_id is None:
        subject, subject_id = "customer", customer_id or new_id()
    return Occurrence(kind_of(type(event)), said, customer_id, subject, subject_id, now, str(new_id()))


async def _customer(subject: str, subject_id: UUID | None) -> UUID | None:
    followed = FOLLOWED.get(subject)
    if subject_id is None or followed is None or followed.table is None:
        return None
    if not hasattr(followed.table, "customer_id"):
        return None
    found: UUID | None = await fetch_value(
        f"select customer_id from {name_of(followed.table)} where id = $1", subject_id
    )
    return found


@at_once(Event)
async def judge(event: Event, act: Act) -> None:
    """Raises RefusedByRule where an automation that is on refuses what is being done; what the product does by itself goes on."""
    if act.by.kind == "job":
        return
    judging = await _judging(kind_of(type(event)), act)
    if not judging:
        return
    happened = await occurrence_of(event, act.now)
    for automation in judging:
        for command in automation.then:
            if isinstance(command, Refuse) and (await judged(automation, happened, act)).holds:
                sentence = command.en if act.language == "en" else command.zh
                raise RefusedByRule(sentence, fields=(FieldError("", sentence),))


async def suggest(draft: Draft, act: Act) -> LevelSuggestion | None:
    """The level of the first automation that gives one to such a complaint."""
    for automation in await _judging("complaint_received", act):
        for command in automation.then:
            if isinstance(command, SetLevel):
                said: dict[str, Value] = {"level": "", "channel": draft.channel}
                happened = Occurrence(
                    "complaint_received", said, draft.customer_id, "complaint", new_id(), act.now, "draft"
                )
                if (await judged(automation, happened, act)).holds:
                    return LevelSuggestion(command.level, command.because)
    return None


async def _judging(kind: str, act: Act) -> list[Automation]:
    """Those that judge such events, are on, and are as they were when they were switched on."""
    judging = [each for each in act.policy.automations if each.judges and each.event == kind]
    on = await states.on() if judging else {}
    return [each for each in judging if each.name in on and digest_of(each) == on[each.name].digest]


SUGGESTING.give("automations", suggest)
