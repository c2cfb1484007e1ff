"""An application travels from an account manager to a manager, over HTTP."""

import asyncio

import pytest


async def special_user(client, number="C-1"):
    answer = await client.post("/api/v1/customers", json={"number": number, "name": "张三丽", "kind": "leader"})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def apply(client, customer, status=201, **more):
    body = {
        "customer_id": customer,
        "scheme": "key_account",
        "tier": "key",
        "reason": "special contribution to the city network",
        "form": "special_user_application",
        "answers": {
            "customer_kind": "leader",
            "reason": "special contribution",
            "special_contribution": "donated the ring line of the old town",
            "network": "two_way",
            "equipment": "set_top_box",
            "programmes": "all",
            "starts_on": "2026-03-03",
            "ends_on": "2027-03-03",
        },
        **more,
    }
    answer = await client.post("/api/v1/applications", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def waiting(client, **params):
    answer = await client.get("/api/v1/approvals", params=params)
    assert answer.status_code == 200, answer.text
    return [approval["id"] for approval in answer.json()["items"]]


@pytest.mark.rule("S07-17")
async def test_an_application_waits_for_the_responsible_leader_who_signs_it(tenant, client):
    manager, account_manager = await tenant.staff("li", "manager"), await tenant.staff("wang", "account_manager")
    customer = await special_user(client)

    application = await apply(account_manager, customer)
    approval = application["approval_id"]
    seen = await waiting(manager)
    refused = await account_manager.post(f"/api/v1/approvals/{approval}/decision", json={"approved": True})
    decided = await manager.post(f"/api/v1/approvals/{approval}/decision", json={"approved": True, "reason": "agreed"})
    again = await manager.post(f"/api/v1/approvals/{approval}/decision", json={"approved": False, "reason": "no"})

    assert seen == [approval]
    assert refused.status_code == 403
    assert (decided.status_code, decided.json()["outcome"], decided.json()["clause"]) == (200, "approved", "S07-17")
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "already-decided")
    current = (await client.get(f"/api/v1/customers/{customer}/membership")).json()["current"]
    assert [(m["tier"], m["basis"], m["starts_on"]) for m in current] == [("key", "application", "2026-03-02")]
    assert await waiting(manager) == []
    assert (await client.get(f"/api/v1/applications/{application['id']}")).json()["outcome"] == "approved"


@pytest.mark.rule("S07-17")
async def test_the_form_is_checked_field_by_field(tenant, client):
    customer = await special_user(client)

    refused = await apply(client, customer, status=422, answers={"equipment": "antenna", "starts_on": "2026-02-30"})

    assert sorted(error["field"] for error in refused["errors"]) == [
        "answers.customer_kind",
        "answers.ends_on",
        "answers.equipment",
        "answers.network",
        "answers.programmes",
        "answers.reason",
        "answers.special_contribution",
        "answers.starts_on",
    ]


async def test_a_manager_who_applied_sees_it_under_asked_and_cannot_decide_it(tenant, client):
    manager, other = await tenant.staff("li", "manager"), await tenant.staff("zhao", "manager")
    approval = (await apply(manager, await special_user(client)))["approval_id"]

    decided = await manager.post(f"/api/v1/approvals/{approval}/decision", json={"approved": True})

    assert (decided.status_code, decided.json()["type"].rpartition("/")[2]) == (403, "own-application")
    assert await waiting(manager) == []
    assert await waiting(manager, whose="asked") == [approval]
    assert await waiting(other) == [approval]


async def test_two_managers_who_decide_at_once_make_one_decision(tenant, client):
    managers = [await tenant.staff(f"manager-{n}", "manager") for n in range(4)]
    approval = (await apply(client, await special_user(client)))["approval_id"]
    url = f"/api/v1/approvals/{approval}/decision"

    answers = await asyncio.gather(
        *(m.post(url, json={"approved": n % 2 == 0, "reason": "seen"}) for n, m in enumerate(managers))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    steps = (await client.get(f"/api/v1/approvals/{approval}")).json()["steps"]
    winner = next(n for n, answer in enumerate(answers) if answer.status_code == 200)
    assert [(step["approved"], step["decided_by_name"]) for step in steps] == [(winner % 2 == 0, f"manager-{winner}")]


async def test_the_list_continues_page_by_page(tenant, client):
    manager = await tenant.staff("li", "manager")
    asked = [(await apply(client, await special_user(client, f"C-{n}")))["approval_id"] for n in range(3)]

    first = (await manager.get("/api/v1/approvals", params={"limit": 2})).json()
    second = (await manager.get("/api/v1/approvals", params={"limit": 2, "cursor": first["next"]})).json()

    assert [approval["id"] for approval in (*first["items"], *second["items"])] == asked
    assert second["next"] is None


async def test_another_outlets_applications_are_behind_the_wall(tenant, client):
    await tenant.unit("east")
    await tenant.unit("west")
    east, west = await tenant.staff("east", "manager", unit="east"), await tenant.staff("west", "manager", unit="west")
    clerk = await tenant.staff("clerk", "account_manager", unit="east")
    approval = (await apply(clerk, await special_user(clerk)))["approval_id"]

    hidden = await west.get(f"/api/v1/approvals/{approval}")
    refused = await west.post(f"/api/v1/approvals/{approval}/decision", json={"approved": True})

    assert (hidden.status_code, refused.status_code) == (404, 404)
    assert (await waiting(west), await waiting(east)) == ([], [approval])


async def test_the_applicant_takes_it_back_and_may_ask_again(tenant, client):
    account_manager = await tenant.staff("wang", "account_manager")
    customer = await special_user(client)
    application = await apply(account_manager, customer)

    taken = await account_manager.post(f"/api/v1/approvals/{application['approval_id']}/withdrawal", json={})

    assert taken.json()["outcome"] == "withdrawn"
    assert (await apply(account_manager, customer))["outcome"] is None
