"""S07-3: a main business hall has a dedicated desk; whoever is entitled to it is served there."""

import asyncio
from uuid import UUID

import pytest
from acting import acting
from msgspec.structs import replace

from guibin.complaints.intake import receive
from guibin.complaints.requests import NewComplaint
from guibin.policies.queries import effective_policy
from guibin.service_requests.actions import receive_at_hall
from guibin.service_requests.requests import NewServiceRequest
from support import company_of


@pytest.fixture
async def halls(tenant):
    """A main hall, a small hall under it, and a branch elsewhere."""
    await tenant.unit("main-hall")
    await tenant.unit("small-hall", parent="main-hall")
    await tenant.unit("branch")
    return tenant.units


async def customer_of(client, number, *, unit, spending):
    new = {"number": number, "name": "锦江宾馆", "kind": "group", "org_unit_id": str(unit)}
    customer = (await client.post("/api/v1/customers", json=new)).json()
    amount = {"amount": spending, "currency": "CNY"}
    fact = {"customer_id": customer["id"], "metric": "spending", "amount": amount, "occurred_on": "2026-02-01"}
    answer = await client.post("/api/v1/facts", json={"facts": [fact]})
    assert answer.status_code == 201, answer.text
    return customer["id"]


async def assess(client):
    answer = await client.post("/api/v1/assessments", json={"scheme": "key_account", "as_of": "2026-03-01"})
    assert answer.status_code == 201, answer.text


async def desk_at(client, unit, name="大客户专席", status=201):
    new = {"org_unit_id": str(unit), "name": name, "hours": "9:00-17:30"}
    answer = await client.post("/api/v1/desks", json=new)
    assert answer.status_code == status, answer.text
    return answer.json()


async def complain(caller, customer_id):
    new = {"customer_id": customer_id, "text": "机顶盒没有信号", "channel": "hall"}
    answer = await caller.post("/api/v1/complaints", json=new)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.rule("S07-3")
async def test_the_entitlement_says_at_which_halls_the_desks_are(client, halls):
    customer = await customer_of(client, "1", unit=halls["branch"], spending="10000.00")
    await assess(client)
    desk = await desk_at(client, halls["main-hall"])

    items = (await client.get(f"/api/v1/customers/{customer}/entitlements")).json()["items"]

    given = {one["item"]: one["desks"] for one in items}
    assert [(one["org_unit_code"], one["name"], one["hours"]) for one in given["desk"]] == [
        ("main-hall", "大客户专席", "9:00-17:30")
    ]
    assert given["desk"] == [desk]
    elsewhere = {item: desks for item, desks in given.items() if item != "desk"}
    assert {"free_trial", "errand", "account_manager"} <= set(elsewhere)
    assert not any(elsewhere.values())


@pytest.mark.rule("S07-3", "S07-22")
@pytest.mark.parametrize("hall", ["main-hall", "small-hall"])
async def test_a_complaint_taken_in_at_a_hall_goes_to_its_desk_at_once(client, tenant, halls, hall):
    customer = await customer_of(client, "1", unit=halls[hall], spending="10000.00")
    await assess(client)
    desk = await desk_at(client, halls["main-hall"])
    clerk = await tenant.staff("clerk", "agent", unit="main-hall")
    await client.post(f"/api/v1/desks/{desk['id']}/seats", json={"staff_id": str(clerk.staff_id)})
    receiver = await tenant.staff("receiver", "agent", unit=hall)

    complaint = await complain(receiver, customer)

    form = (await client.get("/api/v1/complaints/" + complaint["id"])).json()
    assert (complaint["owner_id"], complaint["handler_unit_id"]) == (str(receiver.staff_id), str(halls["main-hall"]))
    assert [one["reason"] for one in form["hand_overs"]] == ["营业厅专席 S07-3"]
    told = (await clerk.get("/api/v1/notices")).json()["items"]
    assert [(one["kind"], one["subject_id"]) for one in told] == [("came_to_your_desk", complaint["id"])]


@pytest.mark.rule("S07-3")
async def test_what_is_taken_in_at_the_desk_or_where_there_is_none_goes_nowhere(client, tenant, halls):
    customer = await customer_of(client, "1", unit=halls["main-hall"], spending="10000.00")
    await assess(client)
    desk = await desk_at(client, halls["main-hall"])
    clerk = await tenant.staff("clerk", "agent", unit="main-hall")
    await client.post(f"/api/v1/desks/{desk['id']}/seats", json={"staff_id": str(clerk.staff_id)})
    elsewhere = await tenant.client(org_unit_id=halls["branch"])
    other = await customer_of(client, "2", unit=halls["branch"], spending="10000.00")
    await assess(client)

    at_the_desk = await complain(clerk, customer)
    at_the_branch = await complain(elsewhere, other)

    assert (at_the_desk["handler_id"], at_the_desk["handler_unit_id"]) == (str(clerk.staff_id), None)
    assert at_the_branch["handler_unit_id"] is None


@pytest.mark.rule("S07-3")
async def test_the_desk_is_for_those_entitled_to_it(client, tenant, halls):
    entitled = await customer_of(client, "1", unit=halls["main-hall"], spending="10000.00")
    await assess(client)
    other = await customer_of(client, "2", unit=halls["main-hall"], spending="10000.00")
    await desk_at(client, halls["main-hall"])
    receiver = await tenant.staff("receiver", "agent", unit="main-hall")

    first, second = await complain(receiver, entitled), await complain(receiver, other)

    assert (first["handler_unit_id"], second["handler_unit_id"]) == (str(halls["main-hall"]), None)


@pytest.mark.rule("S07-3", "S07-15")
async def test_a_service_request_taken_in_at_a_hall_goes_to_its_desk(client, tenant, halls):
    customer = await customer_of(client, "1", unit=halls["main-hall"], spending="10000.00")
    await assess(client)
    await desk_at(client, halls["main-hall"])
    receiver = await tenant.staff("receiver", "agent", unit="main-hall")

    asked = {"customer_id": customer, "item": "enquiry", "channel": "hall", "text": "套餐怎么换"}
    request = await receiver.post("/api/v1/service-requests", json=asked)

    assert request.status_code == 201, request.text
    assert (request.json()["owner_id"], request.json()["handler_unit_id"]) == (
        str(receiver.staff_id),
        str(halls["main-hall"]),
    )


@pytest.mark.rule("S07-3", "S02-6")
async def test_a_desk_that_does_not_see_the_customer_gets_nothing(client, tenant, halls, world, clock):
    mine, other = [
        await customer_of(client, number, unit=halls[unit], spending="10000.00")
        for number, unit in (("1", "main-hall"), ("2", "branch"))
    ]
    await assess(client)
    desk = await desk_at(client, halls["main-hall"])
    # Stands in the hall and sees the whole company.
    by = replace(tenant.principal(), org_unit_id=halls["main-hall"])
    async with tenant.scope():
        policy = await effective_policy(world.packs, company_of(tenant), at=clock())
        act = acting(by=by, now=clock(), policy=policy, company=company_of(tenant))
        taken = [
            await receive(NewComplaint(customer_id=UUID(one), text="没有信号", channel="hall"), act)
            for one in (mine, other)
        ]
        asked = [
            await receive_at_hall(
                NewServiceRequest(
                    customer_id=UUID(one), item="errand", channel="hall", text="x", answers={"what": "set_top_box"}
                ),
                act,
            )
            for one in (mine, other)
        ]

    assert [one.handler_unit_id for one in (*taken, *asked)] == [UUID(desk["org_unit_id"]), None] * 2


@pytest.mark.rule("S07-3")
async def test_a_closed_desk_takes_nothing_and_the_hall_may_open_another(client, tenant, halls):
    customer = await customer_of(client, "1", unit=halls["main-hall"], spending="10000.00")
    await assess(client)
    desk = await desk_at(client, halls["main-hall"])
    receiver = await tenant.staff("receiver", "agent", unit="main-hall")
    closing = f"/api/v1/desks/{desk['id']}/closing"

    answers = [await client.post(closing, json={"reason": "营业厅装修"}) for _ in range(2)]
    complaint = await complain(receiver, customer)
    another = await desk_at(client, halls["main-hall"], name="新专席")

    assert [answer.status_code for answer in answers] == [201, 409]
    assert complaint["handler_unit_id"] is None
    assert (await client.get("/api/v1/desks")).json() == [another]
    assert len((await client.get("/api/v1/desks?closed=true")).json()) == 2


async def test_of_two_who_open_a_desk_at_once_one_is_refused(client, halls):
    new = {"org_unit_id": str(halls["main-hall"]), "name": "专席"}

    answers = await asyncio.gather(*(client.post("/api/v1/desks", json=new) for _ in range(2)))

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len((await client.get("/api/v1/desks")).json()) == 1


async def test_seats_are_taken_once_and_left(client, tenant, halls):
    desk = await desk_at(client, halls["main-hall"])
    clerk = await tenant.staff("clerk", "agent", unit="main-hall")
    seats = f"/api/v1/desks/{desk['id']}/seats"

    taken = [await client.post(seats, json={"staff_id": str(clerk.staff_id)}) for _ in range(2)]
    left = [await client.delete(f"{seats}/{clerk.staff_id}") for _ in range(2)]
    nobody = await client.post(seats, json={"staff_id": desk["id"]})

    assert [answer.status_code for answer in taken] == [201, 409]
    assert [answer.status_code for answer in left] == [200, 404]
    assert taken[0].json()["staff_ids"] == [str(clerk.staff_id)]
    assert left[0].json()["staff_ids"] == []
    assert nobody.json()["errors"][0]["field"] == "staff_id"


async def test_only_admins_say_where_desks_are(tenant, halls):
    agent = await tenant.staff("agent", "agent", unit="main-hall")

    assert (
        await agent.post("/api/v1/desks", json={"org_unit_id": str(halls["branch"]), "name": "x"})
    ).status_code == 403
    assert (await agent.get("/api/v1/desks")).status_code == 200
