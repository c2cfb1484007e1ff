"""Deadlines told to people. Each subject says who is concerned; how it is told, and once, is said here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import structs

from guibin.cases import Case
from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned, MilestoneReached, subscribe
from guibin.jobs.kinds import Run
from guibin.sla.queries import levels_above
from guibin_tenants.rows import name_of
from guibin_tenants.scope import fetch_one
from guibin_tenants.tables import TenantTable

from .actions import Notice, notify, serving

Passed = DeadlineWarned | MilestoneReached
# The notices that an event of a subject leads to: none where nobody is to hear of it any more.
Concerned = Callable[[Passed, Run], Awaitable[Sequence[Notice]]]
KIND: dict[type, str] = {
    DeadlineWarned: "deadline_warned",
    DeadlineBreached: "deadline_breached",
    DeadlineEscalated: "deadline_escalated",
    MilestoneReached: "milestone_reached",
}


NoticeOf = Callable[[asyncpg.Record, Passed, Run], Awaitable[Notice | None]]


def of_row(statement: str) -> Callable[[NoticeOf], Concerned]:
    """The function makes the notice of the row that the statement finds by the subject's id: nobody hears of one that is gone,
    or where it makes none."""

    def decorate(notice_of: NoticeOf) -> Concerned:
        async def concerned(event: Passed, run: Run) -> Sequence[Notice]:
            row = await fetch_one(statement, event.subject_id)
            notice = None if row is None else await notice_of(row, event, run)
            return () if notice is None else (notice,)

        return concerned

    return decorate


def of_case(table: type[TenantTable], *, and_serving: bool = False) -> Concerned:
    """The owner and whoever works on the case hear before it is late and that it is (S07-16), the roles of the step with them;
    that a target was reached, only those whom policy wants to hear it. `and_serving`: whoever is directly responsible for the
    customer hears with them (S05-3)."""

    @of_row(f"select number, customer_id, owner_id, handler_id, handler_unit_id from {name_of(table)} where id = $1")
    async def concerned(case: asyncpg.Record, event: Passed, run: Run) -> Notice | None:
        reached = isinstance(event, MilestoneReached)
        if reached and not event.roles:
            return None
        working = {case["owner_id"], case["handler_id"] or case["owner_id"]}
        if and_serving:
            working |= set(await serving(case["customer_id"]))
        return Notice(
            KIND[type(event)],
            Case(event.subject, event.subject_id, case["customer_id"]),
            org_unit_id=case["handler_unit_id"],
            roles=event.roles,
            staff_ids=() if reached else tuple(sorted(working)),
            details={"number": case["number"]},
        )

    return concerned


def tells(
    subjects: str | tuple[str, ...], concerned: Concerned, *, jobs: Mapping[type[Passed], str], ladder: bool = True
) -> None:
    """After each such event about the subjects, tell those whom `concerned` names. Registered at import.

    `jobs` are the events, each with the kind of the job it becomes, which is written down and so never changed. What is
    escalated goes up the ladder of the deadline; the notice's `staff_ids` are then told that it did. Without a `ladder` it
    is told like everything else, under the notice's own name.
    """

    async def tell(event: Passed, run: Run) -> None:
        for notice in await concerned(event, run):
            if not ladder:
                step = f"{event.subject_id}/{event.generation}/{event.step}"
                await notify(notice, key=f"{notice.kind}/{step}", now=run.now)
            elif isinstance(event, DeadlineEscalated):
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
        passed = structs.replace(
            notice, kind="deadline_passed_up", roles=(), staff_ids=others, but=(*notice.but, *told)
        )
        await notify(passed, key=f"{key}/{event.step}", now=now)
    return told
