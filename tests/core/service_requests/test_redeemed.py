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


@pytest.fixture
async def approved_first(house, client):
    """The trial's steps want the manager's yes."""
    item = {"name": "free_trial", "steps": ["activation", "revisit"], "approval": "trial", "clause": "S07-7"}
    flow = {"name": "trial", "subject": "service_request", "steps": [{"role": "manager"}], "clause": "S07-17"}
    texts = {"approval.trial": {"zh": "体验审批", "en": "Approval of a trial"}}
    overrides = {"service_items": [item], "approvals": [flow], "texts": texts}
    body = {"overrides": overrides, "effective_from": NOW.isoformat()}
    answer = await client.post("/api/v1/policy/versions", json=body)
    assert answer.status_code == 201, answer.text
    return house


async def left(house):
    offers = (await house["clerk"].get(f"/api/v1/customers/{house['customer']}/entitlements")).json()["items"]
    (found,) = [one["left"] for one in offers if one["item"] == "free_trial"]
    return found


async def waits(house):
    return (await house["lead"].get("/api/v1/approvals")).json()["items"]


async def decide(house, approved):
    (asked,) = await waits(house)
    path = f"/api/v1/approvals/{asked['id']}/decision"
    answer = await house["lead"].post(path, json={"approved": approved, "reason": "同意" if approved else "机顶盒缺货"})
    assert answer.status_code == 200, answer.text


async def step(house, redemption):
    request = await of(house, redemption)
    answer = await house["clerk"].post(f"/api/v1/service-requests/{request}/steps", json={"step": "activation"})
    return answer.status_code


@pytest.mark.rule("S01-10", "S07-17")
async def test_the_steps_of_a_right_wait_for_the_approval_that_the_item_wants(tenant, approved_first):
    house = approved_first
    redemption = await redeemed(house)
    asked, early = await requests(house), await step(house, redemption)
    await decide(house, True)

    assert asked == [("free_trial", "asked", "activation", redemption)]
    assert (early, await step(house, redemption)) == (409, 201)
    async with tenant.scope():
        told = await fetch("select kind from staff_notice where kind like 'service_request_%'")
    assert [row["kind"] for row in told] == ["service_request_approved"]


@pytest.mark.rule("S01-10", "S07-17")
async def test_a_right_whose_steps_are_refused_is_given_back(approved_first):
    house = approved_first
    before = await left(house)
    redemption = await redeemed(house)
    used = await left(house)
    await decide(house, False)
    kept = (await house["clerk"].get(f"/api/v1/redemptions/{redemption}")).json()

    assert (before - used, await left(house)) == (1, before)
    assert (kept["state"], kept["reversal_reason"]) == ("reversed", "机顶盒缺货")
    assert [one[1] for one in await requests(house)] == ["rejected"]


@pytest.mark.rule("S01-10")
async def test_a_use_that_is_undone_while_it_waits_waits_for_nobody(approved_first):
    house = approved_first
    redemption = await redeemed(house)
    waiting = len(await waits(house))
    undone = await house["clerk"].post(f"/api/v1/redemptions/{redemption}/reversal", json={"reason": "客户改了主意"})

    assert (waiting, undone.status_code, await waits(house)) == (1, 201, [])
    assert [one[1] for one in await requests(house)] == ["withdrawn"]
