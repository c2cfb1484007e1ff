"""A customer's case goes to nobody who does not see the customer; whoever else is to help is asked instead (S02-6)."""

import pytest


@pytest.fixture
async def two(tenant):
    """Two outlets; a customer of the east, whose account manager works there, and somebody of the west."""
    for code in ("east", "west"):
        await tenant.unit(code)
    client = await tenant.client()
    lin = await tenant.staff("lin", "account_manager", "agent", unit="east")
    wei = await tenant.staff("wei", "account_manager", "agent", unit="west")
    body = {"number": "K1", "kind": "leader", "name": "王伟", "org_unit_id": str(tenant.units["east"])}
    made = await client.post("/api/v1/customers", json=body)
    assert made.status_code == 201, made.text
    return client, lin, wei, made.json()["id"]


async def begun(client, path, **body):
    answer = await client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 201, answer.text
    return f"/api/v1/{path}/{answer.json()['id']}"


def fields(answer):
    return answer.status_code, sorted(error["field"] for error in answer.json().get("errors", ()))


# What goes to another unit is analysed first (S07-33).
CAUSE = {"complaints": {"cause": "signal", "analysis": "主干线路老化"}}
COMPLAINT = {"text": "没有信号", "channel": "phone"}
REQUEST = {"item": "enquiry", "channel": "phone", "text": "咨询"}


@pytest.mark.rule("S02-6")
@pytest.mark.parametrize(("what", "body"), [("complaints", COMPLAINT), ("service-requests", REQUEST)])
async def test_a_case_is_handed_to_whom_sees_its_customer(tenant, two, what, body):
    client, lin, wei, customer = two
    case = await begun(client, what, customer_id=customer, **body)

    elsewhere = {"to_staff_id": str(wei.staff_id), "to_unit_id": str(tenant.units["west"]), "reason": "请处理"}
    refused = await client.post(f"{case}/hand-overs", json=elsewhere)
    there = {"to_staff_id": str(lin.staff_id), "to_unit_id": str(tenant.units["east"]), "reason": "请处理"}
    handed = await client.post(f"{case}/hand-overs", json=there | CAUSE.get(what, {}))
    owner = await client.post(
        f"/api/v1/{what}", json={**body, "customer_id": customer, "owner_id": str(wei.staff_id), "text": "又一件"}
    )

    assert fields(refused) == (422, ["to_staff_id", "to_unit_id"])
    assert "department-requests" in refused.text
    assert (await wei.get(case)).status_code == 404
    assert (handed.status_code, (await lin.get(case)).status_code) == (201, 200)
    assert fields(owner) == (422, ["owner_id"])


@pytest.mark.rule("S02-6")
async def test_a_case_of_nobodys_goes_wherever_it_is_sent_and_is_seen_there(tenant, two):
    client, _, wei, _ = two
    case = await begun(client, "complaints", **COMPLAINT)

    handed = await client.post(
        f"{case}/hand-overs", json={"to_unit_id": str(tenant.units["west"]), "reason": "属地"} | CAUSE["complaints"]
    )

    assert (handed.status_code, (await wei.get(case)).status_code) == (201, 200)


@pytest.mark.rule("S02-6")
async def test_visits_go_to_whom_sees_the_customer(two):
    client, lin, wei, customer = two
    visit = {"customer_id": customer, "planned_at": "2026-03-03T02:00:00Z", "purpose": "走访"}

    refused = await client.post("/api/v1/visits", json=visit | {"staff_id": str(wei.staff_id)})
    planned = await client.post("/api/v1/visits", json=visit | {"staff_id": str(lin.staff_id)})

    assert (fields(refused), planned.status_code) == ((422, ["staff_id"]), 201)


@pytest.mark.rule("S02-6", "S05-3")
async def test_open_work_of_whoever_leaves_goes_to_nobody_who_does_not_see_whose_it_is(tenant, two):
    client, lin, wei, customer = two
    await begun(client, "complaints", customer_id=customer, owner_id=str(lin.staff_id), **COMPLAINT)
    mei = await tenant.staff("mei", "account_manager", unit="east")
    path = f"/api/v1/staff/{lin.staff_id}/hand-over"

    refused = await client.post(path, json={"successor_id": str(wei.staff_id)})
    handed = await client.post(path, json={"successor_id": str(mei.staff_id)})

    assert fields(refused) == (422, ["successor_id"])
    assert "1 complaints" in refused.text
    assert handed.status_code in (200, 201), handed.text


@pytest.mark.rule("S02-6", "S07-21")
async def test_a_department_that_is_asked_sees_what_it_is_asked_and_not_the_archive(tenant, two):
    _, lin, wei, customer = two
    case = await begun(lin, "complaints", customer_id=customer, **COMPLAINT)
    about = {"subject": "complaint", "subject_id": case.rsplit("/", 1)[1]}
    asked = await begun(
        lin,
        "department-requests",
        task="assistance",
        to_unit_id=str(tenant.units["west"]),
        owner_id=str(wei.staff_id),
        text="请查线路",
        about=about,
    )

    seen = await wei.get(asked)

    assert (seen.status_code, seen.json()["text"], seen.json()["customer_id"]) == (200, "请查线路", None)
    assert (await wei.get(case)).status_code == 404
