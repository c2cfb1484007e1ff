"""Leaders of every level visit each customer, hear what is on their mind, and rate the account manager (S09-3, S09-6)."""

from datetime import timedelta

import pytest
from running import come_round
from standing import member

from guibin.visits.jobs import TellVisitGaps
from guibin_tenants.scope import fetch


@pytest.fixture
async def house(tenant, client):
    """An account manager and a leader in each of two outlets, and a key account in each."""
    people = {}
    for code in ("east", "west"):
        await tenant.unit(code)
        own = await tenant.staff(f"own-{code}", "account_manager", unit=code)
        lead = await tenant.staff(f"lead-{code}", "manager", unit=code)
        body = {
            "number": code,
            "name": f"客户{code}",
            "kind": "leader",
            "org_unit_id": str(tenant.units[code]),
            "account_manager_id": str(own.staff_id),
        }
        customer = (await client.post("/api/v1/customers", json=body)).json()["id"]
        await member(tenant, customer)
        people[code] = (own, lead, customer)
    return people


async def visited(by, customer, clock, *, status=201, **more):
    body = {"customer_id": customer, "planned_at": (clock() + timedelta(hours=2)).isoformat(), "purpose": "走访"}
    planned = await by.post("/api/v1/visits", json=body)
    assert planned.status_code == 201, planned.text
    record = {"content": "见了面", "happened_at": clock().isoformat()} | more
    answer = await by.post(f"/api/v1/visits/{planned.json()['id']}/record", json=record)
    assert answer.status_code == status, answer.text
    return answer.json()


async def told(tenant, person):
    async with tenant.scope():
        rows = await fetch(
            "select kind from staff_notice where staff_id = $1 and kind in ('visits_to_make', 'visits_not_made',"
            " 'leader_visited') order by told_at, kind",
            person.staff_id,
        )
    return [row["kind"] for row in rows]


async def states(client, **params):
    found = await client.get("/api/v1/visit-coverage", params=params)
    return {(one["customer_number"], one["role"]): one["state"] for one in found.json()["items"]}


@pytest.mark.rule("S09-6", "S09-3")
async def test_each_customer_is_covered_level_by_level_by_a_visit_or_a_plan(house, client, clock):
    own, lead, customer = house["east"]
    before = await states(client)
    await visited(own, customer, clock)
    by_manager = await states(client)
    planned = {"customer_id": customer, "planned_at": (clock() + timedelta(days=3)).isoformat(), "purpose": "走访"}
    await lead.post("/api/v1/visits", json=planned)
    with_plan = await states(client)

    await visited(lead, customer, clock)

    assert before == by_manager == {("east", "manager"): "due", ("west", "manager"): "due"}
    assert with_plan == {("east", "manager"): "planned", ("west", "manager"): "due"}
    assert await states(client) == {("east", "manager"): "done", ("west", "manager"): "due"}
    assert await states(lead) == {("east", "manager"): "done"}
    assert await states(client, state="due") == {("west", "manager"): "due"}


@pytest.mark.rule("S09-6")
async def test_each_level_hears_whom_it_has_still_to_visit_and_what_it_missed(house, tenant, clock):
    _, lead, customer = house["east"]
    own, other, _ = house["west"]
    await visited(lead, customer, clock)

    await come_round(tenant, TellVisitGaps())
    await come_round(tenant, TellVisitGaps())
    now = [await told(tenant, person) for person in (lead, other, own)]
    clock.set(clock().replace(year=2027, month=1, day=1, hour=1))
    await come_round(tenant, TellVisitGaps())

    assert now == [[], ["visits_to_make"], []]
    assert await told(tenant, other) == ["visits_to_make", "visits_not_made", "visits_to_make"]
    assert "visits_not_made" not in await told(tenant, lead)


@pytest.mark.rule("S09-6")
async def test_what_is_on_their_mind_is_kept_and_the_account_manager_is_rated_by_who_went(house, tenant, clock):
    own, lead, customer = house["east"]
    other, _, _ = house["west"]
    shown = await visited(lead, customer, clock, concerns="担心明年涨价", manager_rating=4)
    await visited(lead, customer, clock, manager_rating=5)
    await visited(own, customer, clock, status=422, manager_rating=5)
    await visited(lead, customer, clock, status=400, manager_rating=6)

    ratings = [(await one.get("/api/v1/visit-coverage/ratings")).json() for one in (own, lead, other)]

    assert (shown["concerns"], shown["manager_rating"]) == ("担心明年涨价", 4)
    assert [[(one["staff_name"], one["ratings"], one["average"]) for one in each] for each in ratings] == [
        [("own-east", 2, 4.5)],
        [("own-east", 2, 4.5)],
        [],
    ]
    assert await told(tenant, own) == ["leader_visited", "leader_visited"]


@pytest.mark.rule("S09-6")
async def test_neither_a_colleague_of_another_level_nor_a_leader_who_looks_after_them_counts(
    house, tenant, client, clock
):
    _, lead, customer = house["east"]
    mate = await tenant.staff("mate", "agent", unit="east")
    body = {
        "number": "led",
        "name": "客户led",
        "kind": "leader",
        "org_unit_id": str(tenant.units["east"]),
        "account_manager_id": str(lead.staff_id),
    }
    led = (await client.post("/api/v1/customers", json=body)).json()["id"]
    await member(tenant, led)

    await visited(mate, customer, clock)
    await visited(lead, led, clock)

    assert await states(lead) == {("east", "manager"): "due", ("led", "manager"): "due"}
