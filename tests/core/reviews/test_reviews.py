"""S07-9: every customer is gone through once a week; what exceeds one's authority goes up in the same transaction."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from running import come_round

from guibin.reviews.jobs import TellMissedReviews
from guibin_tenants.scope import fetch, fetch_value

PATH = "/api/v1/customer-reviews"
NEXT_MONDAY = datetime(2026, 3, 9, 1, 0, tzinfo=UTC)


@pytest.fixture
async def own(tenant):
    """An account manager of the east outlet."""
    await tenant.unit("east")
    return await tenant.staff("own", "account_manager", unit="east")


@pytest.fixture
async def east(tenant, own):
    return await tenant.staff("lead", "manager", unit="east")


@pytest.fixture
def theirs(tenant, own, new_customer, clock):
    """A customer of the account manager's, opened last week."""

    async def new(number="K1", *, days_ago=3, **more):
        clock.set(clock() - timedelta(days=days_ago))
        unit = str(tenant.units["east"])
        given = {"org_unit_id": unit, "account_manager_id": str(own.staff_id), **more}
        customer = await new_customer(number, **given)
        clock.set(clock() + timedelta(days=days_ago))
        return customer

    return new


async def go_through(who, customer, status=201, **changes):
    answer = await who.post(PATH, json={"customer_id": customer, "situation": "用量稳定", **changes})
    assert answer.status_code == status, answer.text
    return answer.json()


async def dues(who, **query):
    answer = await who.get(f"{PATH}/dues", params=query)
    assert answer.status_code == 200, answer.text
    return {one["customer_number"]: one["state"] for one in answer.json()["items"]}


@pytest.mark.rule("S07-9")
async def test_every_customer_is_due_each_week_until_gone_through_and_missed_is_told(
    tenant, own, east, theirs, clock, told, figure
):
    reviewed = await theirs("K1")
    for number in ("K2", "K3"):
        await theirs(number)
    await theirs("new", days_ago=0)

    done = await go_through(own, reviewed)
    during = await dues(own)
    clock.set(NEXT_MONDAY)
    for _ in range(2):
        await come_round(tenant, TellMissedReviews())

    assert (done["span"], done["rhythm"]) == ("2026-W10", "weekly_review")
    assert during == {"K1": "done", "K2": "due", "K3": "due"}
    client = await tenant.client()
    assert await dues(client, on="2026-03-04") == {"K1": "done", "K2": "missed", "K3": "missed"}
    assert await dues(client, state="due") == {"K1": "due", "K2": "due", "K3": "due", "new": "due"}
    counts = (await client.get(f"{PATH}/counts", params={"on": "2026-03-04"})).json()
    assert [(one["account_manager_name"], one["done"], one["missed"]) for one in counts] == [("own", 1, 2)]
    assert (await told(own), await told(east)) == (["reviews_missed"], ["reviews_missed"])
    assert await figure("reviews_done", "2026-W10") == (1, 3)


@pytest.mark.rule("S07-9")
async def test_a_month_counts_the_weeks_that_ended_in_it_per_org_unit(tenant, own, theirs, clock, figure):
    customer = await theirs("K1")
    await tenant.unit("west")
    for _ in range(2):
        await go_through(own, customer)
        clock.set(clock() + timedelta(days=7))
        own = await _again(tenant, own)
    clock.set(datetime(2026, 4, 1, tzinfo=UTC))

    # Weeks 10 to 13 ended in March, and of the fourth day of week 9 the archive knows nothing yet.
    assert await figure("reviews_done", "2026-03") == (2, 4)
    assert await figure("reviews_done", "2026-03", org_unit_id=str(tenant.units["east"])) == (2, 4)
    assert await figure("reviews_done", "2026-03", org_unit_id=str(tenant.units["west"])) == (0, 0)


async def _again(tenant, client):
    """Sign in once more: sessions last twelve hours."""
    fresh = tenant.world.client()
    body = {"company": tenant.slug, "login": "own", "password": "correct horse battery"}
    answer = await fresh.post("/api/v1/sessions", json=body)
    fresh.headers["X-CSRF-Token"] = answer.json()["csrf"]
    fresh.staff_id = client.staff_id
    return fresh


@pytest.mark.rule("S07-9", "S07-14")
async def test_what_exceeds_ones_authority_goes_to_the_leader_with_the_review(own, east, theirs):
    customer = await theirs()

    made = await go_through(own, customer, needs="专线提速", escalation={"text": "需要总部批准专线提速"})

    report = (await east.get("/api/v1/upward-reports")).json()["items"][0]
    assert (report["id"], report["owner_id"], report["task"]) == (made["request_id"], str(east.staff_id), "demand")
    assert (report["customer_id"], report["clause"], report["state"]) == (customer, "S07-14", "sent")


@pytest.mark.rule("S07-9")
async def test_or_to_the_department_and_a_refused_escalation_leaves_no_review(tenant, own, theirs, client):
    customer = await theirs()
    await tenant.unit("network")
    to = {"text": "请检修", "task": "green_channel", "to_unit_id": str(tenant.units["network"])}

    refused = await go_through(own, customer, 422, escalation=to)
    assert [error["field"] for error in refused["errors"]] == ["owner_id"]
    assert (await client.get(PATH)).json()["items"] == []

    lead = await tenant.staff("network-lead", "manager", unit="network")
    made = await go_through(own, customer, escalation=to)
    request = (await lead.get(f"/api/v1/department-requests/{made['request_id']}")).json()
    assert (request["owner_id"], request["customer_id"]) == (str(lead.staff_id), None)


@pytest.mark.rule("S07-9")
async def test_two_at_once_make_one_review_and_one_escalation(tenant, own, east, theirs):
    customer = await theirs()
    body = {"customer_id": customer, "situation": "稳定", "escalation": {"text": "请批示"}}

    answers = await asyncio.gather(*(own.post(PATH, json=body) for _ in range(4)))

    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    async with tenant.scope():
        assert await fetch_value("select count(*) from customer_review") == 1
        assert await fetch_value("select count(*) from department_request") == 1
        assert await fetch_value("select count(*) from timer") == 2


@pytest.mark.rule("S07-9")
async def test_a_need_is_followed_up_in_time_and_told_when_due(tenant, own, theirs, clock, told):
    customer = await theirs()
    unsaid = await go_through(own, customer, 422, needs="换机顶盒")
    made = await go_through(own, customer, needs="换机顶盒", follow_up="送货上门", follow_up_on="2026-03-04")

    clock.set(datetime(2026, 3, 4, 0, 20, tzinfo=UTC))
    await come_round(tenant, TellMissedReviews())
    own = await _again(tenant, own)
    waiting = (await own.get(PATH, params={"due_by": "2026-03-04"})).json()["items"]
    done = await own.post(f"{PATH}/{made['id']}/outcome", json={"text": "已送到"})
    again = await own.post(f"{PATH}/{made['id']}/outcome", json={"text": "已送到"})

    assert [error["field"] for error in unsaid["errors"]] == ["follow_up"]
    assert await told(own) == ["review_follow_ups"]
    assert [one["id"] for one in waiting] == [made["id"]]
    assert (done.json()["outcome"], again.status_code) == ("已送到", 409)
    assert (await own.get(PATH, params={"due_by": "2026-03-04"})).json()["items"] == []


@pytest.mark.rule("S07-9", "S02-6")
async def test_only_those_who_serve_the_customer_go_through_it(tenant, own, east, theirs):
    await tenant.unit("west")
    colleague = await tenant.staff("colleague", "account_manager", unit="east")
    stranger = await tenant.staff("stranger", "manager", unit="west")
    first, second = await theirs("K1"), await theirs("K2")

    await go_through(stranger, first, 404)
    await go_through(colleague, first, 403)
    joined = await own.post(
        f"/api/v1/customers/{first}/team", json={"staff_id": str(colleague.staff_id), "part": "deputy"}
    )
    await go_through(colleague, first)
    await go_through(east, second)

    assert joined.status_code == 201, joined.text
    assert await dues(own) == {"K1": "done", "K2": "done"}
    assert await dues(stranger) == {}
    async with tenant.scope():
        rows = await fetch("select customer_ids from audit_entry where action = 'customer_review.review'")
    assert {str(row["customer_ids"][0]) for row in rows} == {first, second}


@pytest.mark.rule("S07-9")
async def test_another_account_manager_does_not_begin_the_week_anew(tenant, own, theirs, client):
    customer = await theirs()
    await go_through(own, customer)
    heir = await tenant.staff("heir", "account_manager", unit="east")
    body = {"account_manager_id": str(heir.staff_id)}
    await client.post(f"/api/v1/customers/{customer}/assignment", json=body)

    assert await dues(heir, account_manager_id=str(heir.staff_id)) == {"K1": "done"}
    assert await dues(heir, account_manager_id=str(own.staff_id)) == {}
