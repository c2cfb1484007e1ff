"""Drawing samples as their spans begin, and telling of what is due, late and too late."""

import asyncpg

from guibin.cases import Case
from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice
from guibin.notices.deadlines import KIND, Passed, of_row, tells

from .actions import SUBJECT
from .drawing import SUBJECT as INSPECTION
from .drawing import draw_due


class DrawInspections(Job, frozen=True):
    """The sample of every inspection whose span has begun (S08-6)."""


@handles(DrawInspections, timeout_s=600.0)
async def draw_inspections(job: DrawInspections, run: Run) -> None:
    """Each once a span."""
    await draw_due(run)


@of_row("select id, inspector from inspection where id = $1")
async def inspectors(inspection: asyncpg.Record, event: Passed, run: Run) -> Notice:
    """Whoever inspects; the roles of the step above them."""
    roles = (inspection["inspector"], *event.roles)
    return Notice(KIND[type(event)], Case(INSPECTION, event.subject_id), roles=roles)


@of_row("select customer_id, org_unit_id, owner_id from inspection_finding where id = $1")
async def correcting(finding: asyncpg.Record, event: Passed, run: Run) -> Notice:
    """Whoever corrects it; the roles of the step nearest to the org unit (S08-6)."""
    return Notice(
        KIND[type(event)],
        Case(SUBJECT, event.subject_id, finding["customer_id"]),
        org_unit_id=finding["org_unit_id"],
        roles=event.roles,
        staff_ids=(finding["owner_id"],),
    )


tells(
    INSPECTION,
    inspectors,
    jobs={
        DeadlineWarned: "inspections.tell_inspection_due",
        DeadlineBreached: "inspections.tell_inspection_late",
        DeadlineEscalated: "inspections.tell_inspection_escalated",
    },
)
tells(
    SUBJECT,
    correcting,
    jobs={
        DeadlineWarned: "inspections.tell_correction_due",
        DeadlineBreached: "inspections.tell_correction_late",
        DeadlineEscalated: "inspections.tell_correction_escalated",
    },
)
