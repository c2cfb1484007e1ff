"""S01-10: a right that is used is carried out in the steps of its item: owed, in order, skipped with a reason alone, told, counted."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from guibin.sla.sweep import fire_due
from guibin_tenants.scope import fetch

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture
async def house(tenant, client, clock):
    """A key account, whose tier has free trials (activation, revisit) and a desk (no steps), and those of an outlet who serve."""
    clock.set(NOW)
    await tenant.unit("east")
    people = {
        "clerk": await tenant.staff("clerk", "account_manager", unit="east"),
        "lead": await tenant.staff("lead", "manager", unit="east"),
    }
    new = {"number": "C-1", "name": "张三丽", "kind": "group", "org_unit_id": str(tenant.units["east"])}
    people["customer"] = (await client.post("/api/v1/customers", json=new)).json()["id"]
    fact = {"metric": "spending", "occurred_on": "2026-01-05", "amount": {"amount": "10000"}}
    await client.post("/api/v1/facts", json={"facts": [fact | {"customer_id": people["customer"]}]})
    answer = await client.post("/api/v1/assessments", json={"scheme": "key_account", "as_of": "2026-02-01"})
    assert answer.status_code == 201, answer.text
    return people


async def redeemed(house, status=201, item="free_trial", **more):
    body = {"customer_id": house["customer"], "item": item, **more}
    answer = await house["clerk"].post("/api/v1/redemptions", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()["id"]


async def requests(house, **asked):
    found = (await house["lead"].get("/api/v1/service-requests", params=asked)).json()["items"]
    return [(one["item"], one["state"], one["next_step"], one["redemption_id"]) for one in found]


async def skip(house, request, status=201, **more):
    answer = await house["clerk"].post(f"/api/v1/service-requests/{request}/skipped-steps", json=more)
    assert answer.status_code == status, answer.text


async def told(tenant):
    async with tenant.scope():
        rows = await fetch(
            "select s.name from staff_notice n join staff s on s.tenant_id = n.tenant_id and s.id = n.staff_id"
            " where n.kind = 'service_step_skipped'"
        )
    return [row["name"] for row in rows]


async def of(house, redemption):
    (found,) = (await house["lead"].get("/api/v1/service-requests", params={"redemption_id": redemption})).json()[
        "items"
    ]
    return found["id"]


@pytest.mark.rule("S01-10")
async def test_what_is_used_owes_its_steps_in_their_order_until_it_is_filed(house):
    redemption = await redeemed(house)
    begun = await requests(house)
    request = await of(house, redemption)
    owed = [one["subject_id"] for one in (await house["clerk"].get("/api/v1/work")).json()["items"]]
    path = f"/api/v1/service-requests/{request}/steps"

    early = await house["clerk"].post(path, json={"step": "revisit"})
    answers = [await house["clerk"].post(path, json={"step": step}) for step in ("activation", "revisit")]

    assert begun == [("free_trial", "open", "activation", redemption)]
    assert request in owed
    assert (early.status_code, [one.status_code for one in answers]) == (409, [201, 201])
    assert await requests(house) == [("free_trial", "filed", None, redemption)]


@pytest.mark.rule("S01-10")
async def test_a_step_that_is_left_out_needs_its_reason_is_told_and_counted(tenant, house):
    request = await of(house, await redeemed(house))
    await house["clerk"].post(f"/api/v1/service-requests/{request}/steps", json={"step": "activation"})
    before = await told(tenant)

    await skip(house, request, status=400, step="revisit")
    await skip(house, request, step="revisit", reason="客户说不用回访")

    assert (before, await told(tenant)) == ([], ["lead"])
    figures = (await house["lead"].get("/api/v1/reports/service", params={"period": "2026-03"})).json()["figures"]
    counted = {one["definition"]["name"]: (one["numerator"], one["denominator"]) for one in figures}
    assert counted["requests_skipping"] == (1, 1)


@pytest.mark.rule("S01-10")
async def test_an_item_without_steps_and_one_that_is_kept_back_owe_nothing_yet(tenant, house, clock):
    await redeemed(house, item="desk")
    kept = await redeemed(house, reserve_until=(NOW + timedelta(days=2)).isoformat())
    before = await requests(house)
    clock.set(NOW + timedelta(days=1))
    async with tenant.scope():
        await fire_due(clock())

    taken = await house["clerk"].post(f"/api/v1/redemptions/{kept}/use")

    assert (before, taken.status_code) == ([], 200)
    assert await requests(house) == [("free_trial", "open", "activation", kept)]


@pytest.mark.rule("S01-10")
async def test_sent_again_it_begins_once_and_undone_it_is_withdrawn(house):
    reference = uuid.uuid4().hex
    redemption = await redeemed(house, reference=reference)
    again = await redeemed(house, reference=reference)
    once = await requests(house)

    undone = await house["clerk"].post(f"/api/v1/redemptions/{redemption}/reversal", json={"reason": "客户改了主意"})

    assert (again, len(once), undone.status_code) == (redemption, 1, 201)
    assert await requests(house) == [("free_trial", "withdrawn", None, redemption)]
