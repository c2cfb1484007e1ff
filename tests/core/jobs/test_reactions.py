"""What happened makes a job for those whom it concerns, and for nobody else."""

import subprocess
import sys

import pytest

from guibin import events
from guibin.events import ComplaintReceived, DeadlineWarned, NobodyListens
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


async def test_an_event_is_refused_while_nobody_has_made_the_reactions_known(tenant, clock, monkeypatch):
    monkeypatch.setattr(events, "_loaded", [])

    async with tenant.scope():
        with pytest.raises(NobodyListens):
            await events.record(ComplaintReceived(complaint_id=new_id(), level="1"), now=clock.now)
        found = await fetch("select kind from job")

    assert found == []


def test_every_composition_root_makes_the_reactions_known():
    for root in ("guibin.operation.worker", "guibin.app.factory", "guibin.demonstration.companies"):
        program = f"import {root}; from guibin import events; raise SystemExit(not events._loaded)"

        assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0, root
