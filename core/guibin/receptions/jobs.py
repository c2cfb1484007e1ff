"""Deadlines of receptions, told to those who must hear of them."""

from uuid import UUID

import asyncpg

from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned, reacts_to
from guibin.jobs.kinds import Run
from guibin.notices.actions import Notice, notify
from guibin.notices.escalations import escalate
from guibin_tenants.scope import fetch_one

from .editions import ORDER, TASK, people_of
from .standing import SUBJECT

_RECEPTION = "select id, number, customer_id, venue_id, host_id from reception where id = $1"
_DEPARTMENTS = {
    ORDER: "select reception_id, org_unit_id from reception_order where id = $1",
    TASK: "select reception_id, org_unit_id from reception_task where id = $1",
}
SUBJECTS = (SUBJECT, *_DEPARTMENTS)


@reacts_to(DeadlineWarned, about=SUBJECTS)
async def tell_reception_due(event: DeadlineWarned, run: Run) -> None:
    """The department and whoever is with the guest hear before it is late (S14-3)."""
    await _tell("deadline_warned", event, run)


@reacts_to(DeadlineBreached, about=SUBJECTS)
async def tell_reception_late(event: DeadlineBreached, run: Run) -> None:
    """And that it is late."""
    await _tell("deadline_breached", event, run)


@reacts_to(DeadlineEscalated, about=SUBJECTS)
async def tell_reception_escalated(event: DeadlineEscalated, run: Run) -> None:
    """The next role or post along the chain hears of it."""
    await _tell("deadline_escalated", event, run)


async def _tell(kind: str, event: DeadlineWarned, run: Run) -> None:
    reception_id, unit_id = event.subject_id, None
    if event.subject in _DEPARTMENTS:
        department = await fetch_one(_DEPARTMENTS[event.subject], event.subject_id)
        if department is None:
            return
        reception_id, unit_id = department["reception_id"], department["org_unit_id"]
    row = await fetch_one(_RECEPTION, reception_id)
    if row is None:
        return
    if kind == "deadline_escalated":
        await _notice(kind, event, row, row["venue_id"], event.roles, (), run)
        return
    # The department first, on its own; then whoever is with the guest.
    if unit_id is not None:
        await _notice(kind, event, row, unit_id, ("manager",), await people_of(unit_id), run)
    await _notice(kind, event, row, row["venue_id"], (), (row["host_id"],) if row["host_id"] else (), run)


async def _notice(
    kind: str,
    event: DeadlineWarned,
    row: asyncpg.Record,
    unit_id: UUID | None,
    roles: tuple[str, ...],
    staff_ids: tuple[UUID, ...],
    run: Run,
) -> None:
    notice = Notice(
        kind=kind,
        subject=event.subject,
        subject_id=event.subject_id,
        org_unit_id=unit_id,
        roles=roles,
        staff_ids=staff_ids,
        details={"number": row["number"]},
    )
    if isinstance(event, DeadlineEscalated):
        await escalate(notice, event, now=run.now)
        return
    await notify(notice, key=f"{event.timer_id}/{event.generation}/{event.step}", now=run.now)
