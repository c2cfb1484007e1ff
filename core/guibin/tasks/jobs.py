"""Telling of tasks that nobody does."""

import asyncpg

from guibin.cases import Case
from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned
from guibin.jobs.kinds import Run
from guibin.notices.actions import Notice
from guibin.notices.deadlines import Passed, of_row, tells

from .queries import SUBJECT

_TOLD: dict[type, str] = {
    DeadlineWarned: "task_due",
    DeadlineBreached: "task_late",
    DeadlineEscalated: "task_escalated",
}


@of_row("select customer_id, org_unit_id, owner_id from task where id = $1 and state = 'open'")
async def concerned(task: asyncpg.Record, event: Passed, run: Run) -> Notice:
    """Whose it is before it is late and that it is; then the roles of the step."""
    up = isinstance(event, DeadlineEscalated)
    return Notice(
        _TOLD[type(event)],
        Case(SUBJECT, event.subject_id, task["customer_id"]),
        org_unit_id=None if task["customer_id"] else task["org_unit_id"],
        roles=event.roles if up else (),
        staff_ids=() if up else (task["owner_id"],),
        but=(task["owner_id"],) if up else (),
    )


tells(
    SUBJECT,
    concerned,
    jobs={
        DeadlineWarned: "tasks.tell_task_due",
        DeadlineBreached: "tasks.tell_task_late",
        DeadlineEscalated: "tasks.tell_task_escalated",
    },
    ladder=False,
)
