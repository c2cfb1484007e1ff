"""Deadlines told to people. Each subject says who is concerned; how it is told, and once, is said here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import structs

from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned, MilestoneReached, subscribe
from guibin.jobs.kinds import Run
from guibin.sla.queries import levels_above

from .actions import Notice, notify

Passed = DeadlineWarned | MilestoneReached
# The notices that an event of a subject leads to: none where nobody is to hear of it any more.
Concerned = Callable[[Passed, Run], Awaitable[Sequence[Notice]]]
KIND: dict[type, str] = {
    DeadlineWarned: "deadline_warned",
    DeadlineBreached: "deadline_breached",
    DeadlineEscalated: "deadline_escalated",
    MilestoneReached: "milestone_reached",
}


def tells(subjects: str | tuple[str, ...], concerned: Concerned, *, jobs: Mapping[type[Passed], str]) -> None:
    """After each such event about the subjects, tell those whom `concerned` names. Registered at import.

    `jobs` are the events, each with the kind of the job it becomes, which is written down and so never changed. What is
    escalated goes up the ladder of the deadline; the notice's `staff_ids` are then told that it did.
    """

    async def tell(event: Passed, run: Run) -> None:
        for notice in await concerned(event, run):
            if isinstance(event, DeadlineEscalated):
                await _escalate(notice, event, now=run.now)
            else:
                await notify(notice, key=f"{event.timer_id}/{event.generation}/{event.step}", now=run.now)

    for event, kind in jobs.items():
        subscribe(event, tell, about=subjects, kind=kind)


async def _escalate(notice: Notice, event: DeadlineWarned, *, now: datetime) -> tuple[UUID, ...]:
    """Tell the level that `notice.roles` name, or the next when everybody of it is away; who was told now.

    Whoever heard of this deadline before, because a level below was away or holds two roles, is not told again. Those
    concerned read that it went up, not that it came to them.
    """
    key = f"{event.timer_id}/{event.generation}"
    otherwise = await levels_above(event.timer_id, event.due_at)
    told = await notify(structs.replace(notice, staff_ids=(), otherwise=otherwise), key=f"{key}/escalated", now=now)
    others = tuple(sorted(set(notice.staff_ids) - set(told)))
    if told and others:
        passed = structs.replace(notice, kind="deadline_passed_up", roles=(), staff_ids=others)
        await notify(passed, key=f"{key}/{event.step}", now=now)
    return told
