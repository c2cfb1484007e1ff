"""Deadlines of department requests, told to those who must hear of them."""

import msgspec

from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned, reacts_to
from guibin.jobs.kinds import Run
from guibin.notices.actions import Notice, notify
from guibin.notices.escalations import escalate
from guibin_tenants.scope import fetch_one

from .actions import SUBJECT


@reacts_to(DeadlineWarned, about=SUBJECT)
async def tell_department_due(event: DeadlineWarned, run: Run) -> None:
    """The owner and whoever asked hear before it is late."""
    await _tell("deadline_warned", event, run)


@reacts_to(DeadlineBreached, about=SUBJECT)
async def tell_department_late(event: DeadlineBreached, run: Run) -> None:
    """And that it is late."""
    await _tell("deadline_breached", event, run)


@reacts_to(DeadlineEscalated, about=SUBJECT)
async def tell_department_escalated(event: DeadlineEscalated, run: Run) -> None:
    """The next role along the chain, nearest to the department asked, hears of it (S01-8)."""
    await _tell("deadline_escalated", event, run)


async def _tell(kind: str, event: DeadlineWarned, run: Run) -> None:
    row = await fetch_one(
        "select number, to_unit_id, owner_id, asked_by from department_request where id = $1", event.subject_id
    )
    if row is None:
        return
    notice = Notice(
        kind=kind,
        subject=SUBJECT,
        subject_id=event.subject_id,
        org_unit_id=row["to_unit_id"],
        roles=event.roles,
        details={"number": row["number"]},
    )
    concerned = (row["owner_id"], row["asked_by"])
    if isinstance(event, DeadlineEscalated):
        await escalate(notice, event, concerned=concerned, now=run.now)
        return
    notice = msgspec.structs.replace(notice, staff_ids=concerned)
    await notify(notice, key=f"{event.timer_id}/{event.generation}/{event.step}", now=run.now)
