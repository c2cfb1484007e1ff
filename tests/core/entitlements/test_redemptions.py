"""Redeeming over HTTP: quotas, races, retries, reservations, reversal."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from guibin_tenants.tables import new_id

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture
async def member(client):
    """A key account: four free trials a year, and the desk without limit."""
    answer = await client.post("/api/v1/customers", json={"number": "C-1", "name": "张三丽", "kind": "group"})
    customer = answer.json()["id"]
    fact = {"customer_id": customer, "metric": "spending", "occurred_on": "2026-01-05", "amount": {"amount": "10000"}}
    await client.post("/api/v1/facts", json={"facts": [fact]})
    answer = await client.post("/api/v1/assessments", json={"scheme": "key_account", "as_of": "2026-02-01"})
    assert answer.status_code == 201, answer.text
    return customer


async def redeem(client, customer, status=201, **more):
    answer = await client.post("/api/v1/redemptions", json={"customer_id": customer, "item": "free_trial", **more})
    assert answer.status_code == status, answer.text
    return answer.json()


async def quota(client, customer, item="free_trial", **params):
    answer = await client.get(f"/api/v1/customers/{customer}/entitlements", params=params)
    assert answer.status_code == 200, answer.text
    return next(entry for entry in answer.json()["items"] if entry["item"] == item)


@pytest.mark.rule("S07-7")
async def test_what_is_left_is_granted_minus_consumed_minus_reserved(client, member):
    await redeem(client, member)
    await redeem(client, member, reserve_until=(NOW + timedelta(hours=1)).isoformat())

    found = await quota(client, member)

    assert (found["granted"], found["consumed"], found["reserved"], found["left"]) == (4, 1, 1, 2)
    assert (found["starts_on"], found["ends_on"], found["clause"]) == ("2026-01-01", "2027-01-01", "S07-7")
    assert (await quota(client, member, "desk"))["left"] is None


async def test_the_quota_is_used_to_the_last_unit_and_no_further(client, member):
    await redeem(client, member, quantity=4)

    refused = await redeem(client, member, status=409)

    assert refused["type"].endswith("quota-used-up")
    assert (await quota(client, member))["left"] == 0


async def test_twenty_who_redeem_at_once_get_the_four_there_are(client, member):
    answers = await asyncio.gather(
        *(client.post("/api/v1/redemptions", json={"customer_id": member, "item": "free_trial"}) for _ in range(20))
    )

    assert sorted(answer.status_code for answer in answers) == [201] * 4 + [409] * 16
    assert (await quota(client, member))["left"] == 0


async def test_the_same_reference_twenty_times_at_once_is_one_redemption(client, member):
    answers = await asyncio.gather(*(redeem(client, member, reference="till-7/42") for _ in range(20)))

    assert len({answer["id"] for answer in answers}) == 1
    assert (await quota(client, member))["consumed"] == 1


async def test_a_reference_belongs_to_one_redemption(client, member):
    await redeem(client, member, reference="till-7/42")

    refused = await redeem(client, member, status=409, reference="till-7/42", quantity=2)

    assert refused["type"].endswith("reference-taken")


async def test_a_reversal_frees_the_units_once(client, member):
    redemption = await redeem(client, member, quantity=4)
    url = f"/api/v1/redemptions/{redemption['id']}/reversal"

    answers = await asyncio.gather(*(client.post(url, json={"reason": "wrong customer"}) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert (await quota(client, member))["left"] == 4
    assert (await client.get(f"/api/v1/redemptions/{redemption['id']}")).json()["state"] == "reversed"


async def test_a_reservation_lapses_or_is_taken_up(client, member, clock):
    until = (NOW + timedelta(hours=1)).isoformat()
    kept, lapsing = [await redeem(client, member, reserve_until=until) for _ in range(2)]
    taken = await client.post(f"/api/v1/redemptions/{kept['id']}/use")
    clock.set(NOW + timedelta(hours=1))

    late = await client.post(f"/api/v1/redemptions/{lapsing['id']}/use")

    found = await quota(client, member)
    assert (taken.json()["state"], late.status_code) == ("used", 409)
    assert (found["consumed"], found["reserved"], found["left"]) == (1, 0, 3)


async def test_a_use_entered_late_counts_in_the_period_of_use(client, member, clock):
    await redeem(client, member, quantity=3)
    clock.set(datetime(2027, 1, 5, 2, 0, tzinfo=UTC))

    await redeem(client, member, used_on="2026-12-31")
    refused = await redeem(client, member, status=409, used_on="2026-12-31")

    assert refused["type"].endswith("quota-used-up")
    assert (await quota(client, member))["left"] == 4


async def test_the_year_begins_at_the_companys_midnight(client, member, clock):
    clock.set(datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC))
    await redeem(client, member, quantity=4)
    clock.set(datetime(2026, 12, 31, 16, 0, tzinfo=UTC))

    assert (await quota(client, member))["left"] == 4


async def test_who_is_no_member_is_not_entitled(client, member):
    answer = await client.post("/api/v1/customers", json={"number": "C-2", "name": "李四", "kind": "group"})

    refused = await redeem(client, answer.json()["id"], status=422)
    before = await redeem(client, member, status=422, used_on="2026-01-31")

    assert refused["type"].endswith("not-entitled")
    assert before["type"].endswith("not-entitled")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"item": "helicopter"}, "item"),
        ({"used_on": "2026-03-03"}, "used_on"),
        ({"reserve_until": "2026-03-02T02:00:00Z"}, "reserve_until"),
    ],
)
async def test_a_bad_redemption_is_named_and_writes_nothing(client, member, change, field):
    refused = await redeem(client, member, status=422, **change)

    assert [error["field"] for error in refused["errors"]] == [field]
    assert (await quota(client, member))["left"] == 4


@pytest.mark.parametrize("quantity", [0, -1, 10_001, "many", None])
async def test_a_quantity_is_a_positive_number(client, member, quantity):
    answer = await client.post(
        "/api/v1/redemptions", json={"customer_id": member, "item": "free_trial", "quantity": quantity}
    )

    assert answer.status_code in (400, 422)


async def test_another_tenant_sees_and_redeems_nothing(client, member, other_tenant):
    redemption = await redeem(client, member)
    stranger = await other_tenant.client()

    answers = [
        await stranger.get(f"/api/v1/redemptions/{redemption['id']}"),
        await stranger.get(f"/api/v1/customers/{member}/entitlements"),
        await stranger.post(f"/api/v1/redemptions/{redemption['id']}/reversal", json={"reason": "x"}),
        await stranger.post("/api/v1/redemptions", json={"customer_id": member, "item": "free_trial"}),
        await stranger.post("/api/v1/redemptions", json={"customer_id": str(new_id()), "item": "free_trial"}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5


@pytest.mark.rule("S01-10")
async def test_service_items_are_described_by_content_standard_channel_and_process(client):
    english = (await client.get("/api/v1/service-items", headers={"Accept-Language": "en"})).json()["items"]
    chinese = (await client.get("/api/v1/service-items", headers={"Accept-Language": "zh-CN"})).json()["items"]

    trial = next(item for item in english if item["name"] == "free_trial")
    assert (trial["content"], trial["channel"]) == ("Told first, free trial", "Phone, SMS, on site")
    assert [q["quota"] for q in trial["quotas"]] == [4, 2, 1]
    assert all(item[part] for item in chinese for part in ("title", "content", "standard", "channel", "process"))
