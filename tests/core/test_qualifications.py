"""S10-9: what people have learned is on record, what is due shows up, and policy may give customers to the qualified only."""

from datetime import UTC, datetime

import pytest


@pytest.fixture
async def house(tenant, client, clock):
    clock.set(datetime(2026, 3, 2, 2, 0, tzinfo=UTC))
    for code in ("east", "west"):
        await tenant.unit(code)
    return {
        "own": await tenant.staff("own", "account_manager", unit="east"),
        "lead": await tenant.staff("lead", "manager", unit="east"),
        "west": await tenant.staff("west", "manager", unit="west"),
    }


async def recorded(who, whose, status=201, **more):
    body = {"staff_id": str(whose.staff_id), "qualification": "service_training", "obtained_on": "2026-02-01", **more}
    answer = await who.post("/api/v1/qualification-records", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def states(who):
    found = (await who.get("/api/v1/qualifications")).json()["items"]
    return {one["staff_name"]: one["state"] for one in found}


@pytest.mark.rule("S10-9")
async def test_what_is_due_shows_up_to_oneself_and_to_whoever_leads(house):
    before = await states(house["lead"])
    await recorded(house["lead"], house["own"], obtained_on="2025-03-15")
    due = await states(house["own"])
    renewed = await recorded(house["lead"], house["own"], certificate="PX-2")

    assert (before["own"], due, (await states(house["lead"]))["own"]) == ("missing", {"own": "due"}, "valid")
    assert renewed["valid_until"] == "2027-02-01"
    assert "own" not in await states(house["west"])
    count = (await house["lead"].get("/api/v1/qualifications/counts")).json()[0]
    assert (count["needed"], count["held"], count["missing"]) == (1, 1, 0)
    owed = (await house["own"].get("/api/v1/work")).json()["items"]
    assert [one["kind"] for one in owed if one["kind"] == "training"] == []


async def test_a_certificate_lies_with_the_record_and_is_seen_by_whom_it_concerns(house):
    record = await recorded(house["lead"], house["own"])
    path = f"/api/v1/qualification-records/{record['id']}/files"
    added = await house["lead"].post(path, files={"file": ("证书.txt", "客户服务培训合格".encode(), "text/plain")})

    assert added.status_code == 201, added.text
    assert [one["name"] for one in (await house["own"].get(path)).json()["items"]] == ["证书.txt"]
    assert (await house["west"].get(path)).status_code == 404


async def test_only_whoever_leads_keeps_it_and_says_what_is_wrong(house):
    assert (await recorded(house["own"], house["own"], status=403))["type"].endswith("forbidden")
    await recorded(house["west"], house["own"], status=403)
    wrong = await recorded(
        house["lead"],
        house["own"],
        status=422,
        qualification="driving",
        obtained_on="2026-05-01",
        valid_until="2026-04-01",
    )
    assert [one["field"] for one in wrong["errors"]] == ["qualification", "obtained_on", "valid_until"]
    record = await recorded(house["lead"], house["own"])
    path = f"/api/v1/qualification-records/{record['id']}/withdrawal"
    assert (await house["lead"].post(path, json={"reason": "登记错人"})).status_code == 201
    assert (await house["lead"].post(path, json={"reason": "登记错人"})).status_code == 409
    assert (await states(house["own"]))["own"] == "missing"


@pytest.mark.rule("S10-9")
async def test_where_policy_says_so_the_unqualified_are_given_no_new_customer(client, tenant, house):
    needs = {"name": "service_training", "posts": ["account_manager"], "for_new_customers": True, "clause": "S10-9"}
    body = {"note": "持证上岗", "overrides": {"qualifications": [needs]}}
    assert (await client.post("/api/v1/policy/versions", json=body)).status_code == 201
    new = {"number": "K1", "name": "王伟", "kind": "leader", "org_unit_id": str(tenant.units["east"])}
    new |= {"account_manager_id": str(house["own"].staff_id)}

    refused = await client.post("/api/v1/customers", json=new)
    await recorded(house["lead"], house["own"])
    taken = await client.post("/api/v1/customers", json=new)

    assert (refused.status_code, taken.status_code) == (422, 201), refused.text
    assert refused.json()["errors"][0]["field"] == "account_manager_id"
