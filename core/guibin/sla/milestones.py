"""The targets of a case beside its end: begun with it, by a customer's message, and met by a reply."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from guibin.cases import Case
from guibin.events import Event
from guibin.policy.milestones import Milestone
from guibin_tenants.principals import Signature
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_value

from . import actions
from .actions import Ended, NewTimer

_MET_BY_REPLY = "clock #>> '{terms,met_by}' = 'reply'"


async def begin(case: Case, milestones: Sequence[Milestone], *, at: datetime, now: datetime) -> None:
    """The case was received at `at`, perhaps before now: its targets run from then on."""
    for milestone in milestones:
        if milestone.recurrence != "repeating":
            await _start(case, milestone, at=at, now=now)


async def ask(case: Case, milestones: Sequence[Milestone], act: Signature, *, at: datetime) -> None:
    """The customer wrote at `at`. What waits for an answer already counts on from the oldest message."""
    running = await _running(case.id)
    for milestone in milestones:
        if milestone.recurrence != "repeating":
            continue
        timer = running.get(milestone.name)
        if timer is None:
            await _start(case, milestone, at=at, now=act.now)
        elif at < timer["started_at"]:
            await actions.restart(case.id, milestone.name, act, started_at=at)


async def reply(case_id: UUID, *, at: datetime, now: datetime) -> None:
    """The customer was answered at `at`: every target a reply meets is reached, but for those that begin later."""
    for name, timer in (await _running(case_id)).items():
        if timer["started_at"] <= at:
            await actions.complete(case_id, name, at=at, now=now)


async def wait(case_id: UUID, act: Signature) -> None:
    """We wait for the customer: the targets stand that policy lets stand."""
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
    for milestone in milestones:
        if milestone.name in running or milestone.recurrence == "repeating":
            continue
        if milestone.recurrence == "sequential":
            await _start(case, milestone, at=act.now, now=act.now)
        elif not await _occurrences(case.id, milestone.name):
            await _start(case, milestone, at=received_at, now=act.now)


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
    rows = await fetch(
        "select * from timer where subject_id = $1 and completed_at is null and cancelled_at is null"
        f" and (milestone = $2 or {_MET_BY_REPLY}) order by milestone <> $2, milestone for update",
        case_id,
        milestone,
    )
    if not rows or rows[0]["milestone"] != milestone:
        raise NotFound(f"No deadline {milestone} runs for {case_id}")
    ended = await actions.end(rows[0], at=at, now=now)
    happened: list[Event] = [ended.reached]
    for timer in rows[1:]:
        if timer["started_at"] <= at:
            happened.append((await actions.end(timer, at=at, now=now, last=True)).reached)
        else:
            await actions.cancel(case_id, timer["milestone"], now=now)
    return ended, happened


async def end(case_id: UUID, *, at: datetime, now: datetime) -> None:
    """The case is settled: that answers whatever waited for a reply, and nothing follows."""
    for name, timer in (await _running(case_id)).items():
        if timer["started_at"] <= at:
            await actions.complete(case_id, name, at=at, now=now, last=True)
        else:
            await actions.cancel(case_id, name, now=now)


async def drop(case_id: UUID, *, now: datetime) -> None:
    """The case is withdrawn: its targets mean nothing any more."""
    for name in await _running(case_id):
        await actions.cancel(case_id, name, now=now)


def first(case: Case, milestones: Sequence[Milestone], *, at: datetime, now: datetime) -> list[NewTimer]:
    """The targets of a case that was received at `at` with the customer's message, and has none yet: to be started."""
    return [_target(case, milestone, at=at, now=now) for milestone in milestones]


async def _start(case: Case, milestone: Milestone, *, at: datetime, now: datetime) -> None:
    occurrence = 1 + await _occurrences(case.id, milestone.name)
    await actions.start(_target(case, milestone, at=at, now=now, occurrence=occurrence))


def _target(case: Case, milestone: Milestone, *, at: datetime, now: datetime, occurrence: int = 1) -> NewTimer:
    return NewTimer(
        case,
        milestone.name,
        milestone.terms(milestone.within, clause=milestone.clause),
        at,
        occurrence=occurrence,
        late_at=now if at < now else None,
    )


async def _occurrences(case_id: UUID, name: str) -> int:
    found: int = await fetch_value(
        "select coalesce(max(occurrence), 0) from timer where subject_id = $1 and milestone = $2", case_id, name
    )
    return found


async def _running(case_id: UUID) -> dict[str, asyncpg.Record]:
    rows = await fetch(
        "select milestone, started_at, paused_at, (clock #>> '{terms,stands_while_waiting}')::boolean as stands"
        " from timer where subject_id = $1 and completed_at is null and cancelled_at is null"
        f" and {_MET_BY_REPLY} order by milestone",
        case_id,
    )
    return {row["milestone"]: row for row in rows}
