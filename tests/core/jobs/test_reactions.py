"""What happened makes a job for those whom it concerns, and for nobody else."""

import pytest

from guibin import events
from guibin.events import DeadlineWarned
from guibin_tenants.scope import fetch
from guibin_tenants.tables import new_id


@pytest.mark.parametrize(
    ("subject", "kinds"),
    [
        ("complaint", ["insight.tell_warning"]),
        ("visit", ["records.remind_of_visit"]),
        ("service_request", ["service_requests.tell_service_due"]),
        ("department_request", ["department_requests.tell_department_due"]),
        ("nothing", []),
    ],
)
async def test_a_deadline_wakes_only_its_own_subject(tenant, clock, subject, kinds):
    event = DeadlineWarned(
        timer_id=new_id(),
        subject=subject,
        subject_id=new_id(),
        milestone="resolution",
        generation=1,
        step="warning",
        roles=(),
        due_at=clock.now,
    )

    async with tenant.scope():
        written = await events.record(event, now=clock.now)
        found = await fetch("select id, kind from job")

    assert [row["kind"] for row in found] == kinds
    assert tuple(row["id"] for row in found) == written
