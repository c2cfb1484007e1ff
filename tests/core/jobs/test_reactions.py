"""What happened is heard at once by those whom it concerns, or makes a job for them; nobody else is woken."""

import subprocess
import sys

import pytest
from acting import acting

from guibin import events
from guibin.events import (
    ComplaintReceived,
    DeadlineWarned,
    Happening,
    NobodyListens,
    StaffLeft,
    at_once,
    heard_at_once,
    tell_at_once,
)
from guibin_tenants.refusals import Conflict
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


class Arrived(Happening, frozen=True):
    """Something of this test's."""

    subject: str


@pytest.fixture
def heard(monkeypatch):
    """What was heard of arrivals, by whom: `any` of all, `guest` of guests only, in this order."""
    monkeypatch.setattr(events, "_at_once", {})
    said = []

    def hearing(name):
        async def hear(happened, act):
            said.append((name, happened.subject, act.now))
            if happened.subject == "nobody":
                raise Conflict("nobody is no guest")

        return hear

    at_once(Arrived, name="any")(hearing("any"))
    at_once(Arrived, about="guest", name="guest")(hearing("guest"))
    at_once(StaffLeft, name="leaver")(hearing("leaver"))
    return said


async def test_what_happens_is_heard_at_once_by_those_it_concerns_in_their_order(tenant, clock, heard):
    act = acting(by=tenant.principal(), now=clock.now)

    await tell_at_once(Arrived("parcel"), act)
    await tell_at_once(Arrived("guest"), act)

    assert heard == [("any", "parcel", clock.now), ("any", "guest", clock.now), ("guest", "guest", clock.now)]
    assert heard_at_once(Arrived) == (("", "any"), ("guest", "guest"))


async def test_who_hears_at_once_may_refuse_and_nobody_after_them_hears(tenant, clock, heard):
    with pytest.raises(Conflict, match="nobody is no guest"):
        await tell_at_once(Arrived("nobody"), acting(by=tenant.principal(), now=clock.now))

    assert [name for name, *_ in heard] == ["any"]


async def test_what_happens_is_refused_while_nobody_has_made_the_reactions_known(tenant, clock, heard, monkeypatch):
    monkeypatch.setattr(events, "_loaded", [])

    with pytest.raises(NobodyListens):
        await tell_at_once(Arrived("guest"), acting(by=tenant.principal(), now=clock.now))

    assert heard == []
