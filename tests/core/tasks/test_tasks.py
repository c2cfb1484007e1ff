"""A task is asked of a role, told, late, done or dismissed once, and lapses with the archive."""

from datetime import timedelta

import pytest
from receiving import fall_due, guest, send, told

from guibin_tenants.scope import fetch_value


@pytest.fixture
async def leader(tenant):
    return await tenant.staff("leader-1", "manager")


@pytest.fixture
async def customer_id(client):
    return await guest(client, kind="leader")


async def asked(client, customer_id, **more):
    new = {"customer_id": customer_id, "text": "致电客户", "role": "manager", "within_hours": 24, **more}
    return await send(client, "/api/v1/tasks", new)


async def test_who_holds_the_role_is_told_and_ends_it_once(tenant, client, leader, customer_id):
    task = await asked(client, customer_id)

    done = await send(leader, f"/api/v1/tasks/{task['id']}/ending", {"text": "已致电"})
    again = await leader.post(f"/api/v1/tasks/{task['id']}/dismissal", json={"reason": "重复"})

    assert (done["state"], done["result"], done["ended_by"]) == ("done", "已致电", str(leader.staff_id))
    assert (again.status_code, again.json()["type"]) == (409, "/problems/task-ended")
    assert await told(tenant, leader) == ["task_open"]


async def test_it_warns_is_late_and_goes_up(tenant, client, clock, leader, customer_id):
    above = await tenant.staff("admin-1", "tenant_admin")
    await asked(client, customer_id)
    clock.set(clock.now + timedelta(hours=25))

    await fall_due(tenant, "tasks")

    assert await told(tenant, leader) == ["task_open", "task_due", "task_late"]
    assert await told(tenant, above) == ["task_escalated"]


async def test_it_lapses_with_an_archive_that_is_erased(tenant, client, leader, customer_id):
    task = await asked(client, customer_id)

    assert (await client.delete(f"/api/v1/customers/{customer_id}")).status_code == 204

    async with tenant.scope():
        found = await fetch_value("select state || ' ' || text from task where id = $1", task["id"])
    assert found == "lapsed —"


async def test_an_archive_with_an_open_task_is_not_closed(client, leader, customer_id):
    await asked(client, customer_id)

    answer = await client.post(f"/api/v1/customers/{customer_id}/closings", json={"reason": "moved_away"})

    assert answer.status_code in (409, 422), answer.text


async def test_an_unknown_role_is_refused(client, customer_id):
    new = {"customer_id": customer_id, "text": "致电客户", "role": "king"}
    answer = await client.post("/api/v1/tasks", json=new)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "role")


async def test_another_outlet_sees_no_task_of_a_customer_behind_its_wall(tenant, client, leader, customer_id):
    await tenant.unit("east")
    outlet = await tenant.staff("east-1", "manager", unit="east")
    task = await asked(client, customer_id)

    assert (await outlet.get("/api/v1/tasks")).json()["items"] == []
    assert (await outlet.get(f"/api/v1/tasks/{task['id']}")).status_code == 404
