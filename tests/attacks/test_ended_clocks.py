"""No clock runs on about a customer whose archive has ended, of any matter, unless somebody still sees the matter through."""

from uuid import UUID

import pytest
from ended import opened_archives

from guibin import timetable
from guibin.cases import Case
from guibin.events import DeadlineBreached, subjects_told
from guibin.policy.deadlines import Hours
from guibin.policy.terms import Terms
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin.sla.closing import RUNS_ON
from guibin_tenants.scope import fetch
from guibin_tenants.tables import new_id

assert timetable  # importing it makes every matter known
MATTERS = sorted({*subjects_told(DeadlineBreached), *(name.partition(" ")[0] for name in RUNS_ON)})


@pytest.fixture
async def archives(client):
    return await opened_archives(client)


async def end(client, archives):
    """Close the one, erase the other."""
    body = {"reason": "left", "note": "销户"}
    closed = await client.post(f"/api/v1/customers/{archives['closed']}/closings", json=body)
    assert closed.status_code == 201, closed.text
    assert (await client.delete(f"/api/v1/customers/{archives['erased']}")).status_code == 204


async def running(customer_id):
    rows = await fetch(
        "select subject from timer where customer_id = $1 and completed_at is null and cancelled_at is null order by subject",
        UUID(customer_id),
    )
    return [row["subject"] for row in rows]


async def test_clocks_of_every_matter_end_with_the_archive_but_those_that_say_they_run_on(
    client, tenant, archives, clock
):
    async with tenant.scope():
        await sla.start_all(
            [
                NewTimer(Case(matter, new_id(), UUID(customer_id)), "anything", Terms(limit=Hours(24)), clock())
                for customer_id in archives.values()
                for matter in MATTERS
            ]
        )
    await end(client, archives)

    async with tenant.scope():
        found = {state: await running(customer_id) for state, customer_id in archives.items()}

    assert found == {
        "open": MATTERS,
        "other": MATTERS,
        "closed": [matter for matter in MATTERS if "closed" in RUNS_ON.get(matter, ())],
        "erased": [matter for matter in MATTERS if "erased" in RUNS_ON.get(matter, ())],
    }
    assert {"inspection_finding", "complaint", "signal"} <= set(MATTERS)


async def test_what_needs_a_department_found_ends_with_the_archive(client, tenant, archives):
    helper = await tenant.staff("helper", "manager")
    for customer_id in archives.values():
        body = {"customer_id": customer_id, "situation": "扩建", "needs": "专线", "owner_id": str(helper.staff_id)}
        answer = await client.post("/api/v1/needs-analyses", json=body)
        assert answer.status_code == 201, answer.text
    await end(client, archives)

    async with tenant.scope():
        waiting = await fetch("select customer_id from needs_analysis where followed_up_at is null")
    assert {str(row["customer_id"]) for row in waiting} == {archives["open"], archives["other"]}
