"""What was asked while an archive was open is decided, answered or carried out after it ended: nothing begins then."""

from datetime import timedelta
from uuid import UUID

import pytest
from acting import acting
from deciding import asked, decide, principal_of
from ended import end, opened_archives

from guibin.approvals import actions
from guibin.cases import Case
from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin_tenants.scope import fetch, fetch_value

APPLICATION = {"kind": "tier", "scheme": "key_account", "tier": "key", "reason": "全国集团客户"}
FLOW = ApprovalFlow("once", "test", (ApprovalStep("manager"),), clause="S07-1")


@pytest.fixture
async def archives(client):
    return await opened_archives(client)


@pytest.fixture
async def manager(tenant):
    return await tenant.staff("boss", "manager", "tenant_admin")


@pytest.fixture
async def asker(tenant):
    return await tenant.staff("li.na", "manager")


async def applied(asker, archives):
    """An application for each archive: its request's id by state."""
    found = {}
    for state, customer_id in archives.items():
        answer = await asker.post("/api/v1/applications", json=APPLICATION | {"customer_id": customer_id})
        assert answer.status_code == 201, answer.text
        found[state] = answer.json()["approval_id"]
    return found


async def count(tenant, table, customer_id):
    async with tenant.scope():
        return await fetch_value(f"select count(*) from {table} where customer_id = $1", UUID(customer_id))


async def test_an_application_approved_after_the_end_starts_no_membership(client, tenant, archives, asker, manager):
    requests = await applied(asker, archives)
    await end(client, tenant, archives)

    decided = {state: await decide(manager, request) for state, request in requests.items()}

    assert decided == {
        "open": (200, ""),
        "other": (200, ""),
        "closed": (409, "archive-closed"),
        "erased": (409, "already-decided"),
    }
    started = {state: await count(tenant, "membership", customer_id) for state, customer_id in archives.items()}
    assert started == {"open": 1, "other": 1, "closed": 0, "erased": 0}


async def test_what_is_asked_about_a_closed_archive_can_still_be_refused(client, tenant, archives, asker, manager):
    requests = await applied(asker, archives)
    await end(client, tenant, archives)

    path = f"/api/v1/approvals/{requests['closed']}/decision"
    refused = await manager.post(path, json={"approved": False, "reason": "客户已注销"})

    assert (refused.status_code, refused.json()["outcome"]) == (200, "rejected")


async def test_an_erasure_withdraws_whatever_waits_about_the_customer_and_nothing_else(
    client, tenant, archives, asker, manager
):
    requests = await applied(asker, archives)
    by = await principal_of(tenant, asker)
    elsewhere = await asked(tenant, by, FLOW)
    await end(client, tenant, archives)

    async with tenant.scope():
        rows = await fetch("select id, outcome from approval_request where closed_at is not null")
    waiting = {one["id"] for one in (await manager.get("/api/v1/approvals")).json()["items"]}

    assert [(str(row["id"]), row["outcome"]) for row in rows] == [(requests["erased"], "withdrawn")]
    assert waiting == {requests[state] for state in ("open", "closed", "other")} | {str(elsewhere)}
    own = (await asker.get("/api/v1/applications", params={"customer_id": archives["erased"]})).json()["items"]
    assert [one["outcome"] for one in own] == ["withdrawn"]


async def test_a_service_request_that_waits_ends_with_the_archive(client, tenant, archives, asker, manager):
    """As it would were it withdrawn: its time stops, and nobody is to carry it out."""
    ids = {}
    for state in ("open", "erased"):
        body = {"customer_id": archives[state], "item": "enquiry", "text": "想了解新套餐", "channel": "phone"}
        answer = await asker.post("/api/v1/service-requests", json=body)
        assert answer.status_code == 201, answer.text
        ids[state] = answer.json()["id"]
    by = await principal_of(tenant, asker)
    async with tenant.scope():
        for state, request_id in ids.items():
            case = Case("service_request", UUID(request_id), UUID(archives[state]))
            await actions.ask(case, acting(by=by, now=tenant.world.clock()), flow=FLOW)
    tenant.world.clock.set(tenant.world.clock() + timedelta(hours=1))

    await end(client, tenant, archives)

    shown = {
        state: (await manager.get(f"/api/v1/service-requests/{one}")).json()["state"] for state, one in ids.items()
    }
    assert shown["erased"] == "withdrawn"
    assert shown["open"] != "withdrawn"


async def test_an_invitation_answered_after_the_end_gives_no_place(client, tenant, archives):
    # What an answer uses up would be refused first: this event is for everybody.
    events = {"note": "events for everybody", "effective_from": tenant.world.clock().isoformat()}
    events["overrides"] = {"activities": [{"name": "lecture"}]}
    assert (await client.post("/api/v1/policy/versions", json=events)).status_code == 201
    starts = tenant.world.clock() + timedelta(days=10)
    activity = {"kind": "lecture", "title": "行业讲座", "starts_at": starts.isoformat()}
    activity["ends_at"] = (starts + timedelta(hours=2)).isoformat()
    path = f"/api/v1/activities/{(await client.post('/api/v1/activities', json=activity)).json()['id']}"
    await client.post(f"{path}/invitations", json={"customer_ids": list(archives.values())})
    invited = (await client.get("/api/v1/activity-invitations")).json()["items"]
    invitations = {one["customer_id"]: f"/api/v1/activity-invitations/{one['id']}/answers" for one in invited}
    assert set(invitations) == set(archives.values())
    await end(client, tenant, archives)

    answers = {
        state: await client.post(invitations[customer_id], json={"accepted": True})
        for state, customer_id in archives.items()
    }

    assert {state: answer.status_code for state, answer in answers.items()} == {
        "open": 201,
        "other": 201,
        "closed": 409,
        "erased": 409,
    }
    places = {state: await count(tenant, "activity_place", customer_id) for state, customer_id in archives.items()}
    assert places == {"open": 1, "other": 1, "closed": 0, "erased": 0}
    assert (await client.get(path)).json()["places_given"] == 2
