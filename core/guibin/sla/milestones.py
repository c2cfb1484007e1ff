"""The targets of a case beside its end: begun with it, by a customer's message, and met by a reply."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from guibin import events
from guibin.cases import Case
from guibin.events import Event
from guibin.policy.milestones import Milestone
from guibin_tenants.principals import Signature
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch

from . import actions
from .actions import Ended, NewTimer

_MET_BY_REPLY = "clock #>> '{terms,met_by}' = 'reply'"


async def begin(case: Case, milestones: Sequence[Milestone], *, at: datetime, now: datetime) -> None:
    """The case was received at `at`, perhaps before now: its targets run from then on."""
    await _start(case, [(each, at) for each in milestones if each.recurrence != "repeating"], now=now)


async def ask(case: Case, milestones: Sequence[Milestone], act: Signature, *, at: datetime) -> None:
    """The customer wrote at `at`. What waits for an answer already counts on from the oldest message."""
    asked = [milestone for milestone in milestones if milestone.recurrence == "repeating"]
    running = await _running(case.id) if asked else {}
    for milestone in asked:
        if milestone.name in running and at < running[milestone.name]["started_at"]:
            await actions.restart(case.id, milestone.name, act, started_at=at)
    await _start(case, [(each, at) for each in asked if each.name not in running], now=act.now)


async def reply(case_id: UUID, *, at: datetime, now: datetime) -> None:
    """The customer was answered at `at`: every target a reply meets is reached, but for those that begin later."""
    for name, timer in (await _running(case_id)).items():
        if timer["started_at"] <= at:
            await actions.complete(case_id, name, at=at, now=now)


async def wait(case_id: UUID, act: Signature) -> None:
    """We wait for the customer: pause the case's running deadlines that the policy lets stand meanwhile; the others run on."""
    for name, timer in (await _running(case_id)).items():
        if timer["stands"]:
            await actions.pause(case_id, name, act)


async def go_on(case_id: UUID, act: Signature) -> None:
    """What stood runs on."""
    for name, timer in (await _running(case_id)).items():
        if timer["paused_at"] is not None:
            await actions.resume(case_id, name, act)


async def relimit(case: Case, milestones: Sequence[Milestone], act: Signature, *, received_at: datetime) -> None:
    """Other targets apply from now on: those that run keep their start and pauses, a new one counts from the receipt."""
    running = await _running(case.id)
    wanted = {milestone.name: milestone for milestone in milestones}
    for name in running:
        if name in wanted:
            target = wanted[name]
            await actions.relimit(case.id, name, act, terms=target.terms(target.within, clause=target.clause))
        else:
            await actions.cancel(case.id, name, now=act.now)
    fresh = [each for each in milestones if each.name not in running and each.recurrence != "repeating"]
    begins = {"once": received_at, "sequential": act.now}
    await _start(case, [(each, begins[each.recurrence]) for each in fresh], now=act.now)


async def restart(case_id: UUID, milestones: Sequence[Milestone], act: Signature, *, at: datetime) -> None:
    """The case was received earlier than thought: what counts from the receipt counts from then."""
    running = await _running(case_id)
    for milestone in milestones:
        if milestone.recurrence == "once" and milestone.name in running:
            await actions.restart(case_id, milestone.name, act, started_at=at)


async def settle(case_id: UUID, milestone: str, *, at: datetime, now: datetime) -> tuple[Ended, list[Event]]:
    """The case is settled by reaching this milestone: that answers whatever waited for a reply, and nothing follows.

    How it ended, and what is to be recorded of it all. Raises NotFound when no such milestone runs.
    """
    ended = await _end(case_id, milestone, at=at, now=now)
    if not ended or ended[0].reached.milestone != milestone:
        raise NotFound(f"No deadline {milestone} runs for {case_id}")
    return ended[0], [each.reached for each in ended]


async def end(case_id: UUID, *, at: datetime, now: datetime) -> None:
    """The case is settled: that answers whatever waited for a reply, and nothing follows."""
    await events.record_all([each.reached for each in await _end(case_id, "", at=at, now=now)], now=now)


async def drop(case_id: UUID, *, now: datetime) -> None:
    """The case is withdrawn: cancel all its running deadlines, so that nobody is warned and nothing counts as missed."""
    for name in await _running(case_id):
        await actions.cancel(case_id, name, now=now)


def first(case: Case, milestones: Sequence[Milestone], *, at: datetime, now: datetime) -> list[NewTimer]:
    """The targets of a case that was received at `at` with the customer's message, and has none yet: to be started."""
    return [_target(case, milestone, at=at, now=now) for milestone in milestones]


async def _end(case_id: UUID, milestone: str, *, at: datetime, now: datetime) -> list[Ended]:
    """This milestone, first, and whatever waited for a reply."""
    running = await fetch(
        "select * from timer where subject_id = $1 and completed_at is null and cancelled_at is null"
        f" and (milestone = $2 or {_MET_BY_REPLY}) order by milestone <> $2, milestone for update",
        case_id,
        milestone,
    )
    begun = [timer for timer in running if timer["milestone"] == milestone or timer["started_at"] <= at]
    for timer in running:
        if timer not in begun:
            await actions.cancel(case_id, timer["milestone"], now=now)
    return await actions.end(begun, at=at, now=now, last=True)


async def _start(case: Case, due: Sequence[tuple[Milestone, datetime]], *, now: datetime) -> None:
    """Each from its moment on; what is to be reached once does not begin again."""
    if not due:
        return
    rows = await fetch(
        "select milestone, max(occurrence) as latest from timer where subject_id = $1 and milestone = any ($2)"
        " group by milestone",
        case.id,
        [milestone.name for milestone, _ in due],
    )
    earlier = {row["milestone"]: row["latest"] for row in rows}
    await actions.start_all(
        [
            _target(case, milestone, at=at, now=now, occurrence=earlier.get(milestone.name, 0) + 1)
            for milestone, at in due
            if milestone.recurrence != "once" or milestone.name not in earlier
        ]
    )


def _target(case: Case, milestone: Milestone, *, at: datetime, now: datetime, occurrence: int = 1) -> NewTimer:
    return NewTimer(
        case,
        milestone.name,
        milestone.terms(milestone.within, clause=milestone.clause),
        at,
        occurrence=occurrence,
        late_at=now if at < now else None,
    )


async def _running(case_id: UUID) -> dict[str, asyncpg.Record]:
    rows = await fetch(
        "select milestone, started_at, paused_at, (clock #>> '{terms,stands_while_waiting}')::boolean as stands"
        " from timer where subject_id = $1 and completed_at is null and cancelled_at is null"
        f" and {_MET_BY_REPLY} order by milestone",
        case_id,
    )
    return {row["milestone"]: row for row in rows}
