"""The counter: whoever calls or stands there, greeted as the hotline's rules say, and what they are due, given at once."""

import re
from datetime import timedelta

import pytest
from caring import customer
from standing import member

PAGES = "/console/counter"
PHONE = "13912345678"


@pytest.fixture
async def desk(tenant):
    return await tenant.staff("desk", "agent")


@pytest.fixture
async def person(client, tenant):
    person = await customer(
        client, "DK1", name="王建国", preferences={"address": "先称王局长"}, confidential={"mobile": [PHONE]}
    )
    await member(tenant, person)
    return person


async def found(client, q, status=200):
    answer = await client.post(f"{PAGES}/found", data={"q": q})
    assert answer.status_code == status, answer.text
    return answer


async def do(client, person, command, status=200, **given):
    answer = await client.post(f"{PAGES}/{person}/do/{command}", data=given)
    assert answer.status_code == status, answer.text
    return answer.text


async def redemptions(client, person):
    return (await client.get("/api/v1/redemptions", params={"customer_id": person})).json()["items"]


async def test_a_number_says_who_calls_how_to_greet_them_and_what_they_are_due(desk, person):
    answer = await found(desk, PHONE)

    words = (
        "王建国",
        "核心大客户",
        "先称王局长",
        "照此问候",
        "没有在办投诉",
        f"/console/complaints/new?customer_id={person}",
        "新业务免费体验",
    )
    assert [word for word in words if word not in answer.text] == []
    assert answer.headers["hx-push-url"] == f"{PAGES}/{person}"
    assert PHONE not in answer.text


async def test_a_look_at_the_counter_is_on_record(client, desk, person):
    await found(desk, PHONE)

    record = (await client.get("/api/v1/audit-entries", params={"customer_id": person})).json()["items"]

    actions = {entry["action"] for entry in record}
    assert {"recognition.look_up", "customer.read", "entitlements.read"} <= actions


async def test_a_name_that_several_have_asks_which_of_them(client, desk, person):
    other = await customer(client, "DK2", name="王建国")

    page = (await found(desk, "王建国")).text

    assert sorted(re.findall(rf'href="{PAGES}/([^"]+)"', page)) == sorted([person, other])


async def test_whoever_is_not_known_is_greeted_the_ordinary_way(desk):
    page = (await found(desk, "13900000000")).text

    assert "照此问候" in page
    assert "没有找到" in page


async def test_a_right_is_used_and_the_use_is_reversed_with_a_reason(desk, person):
    await do(desk, person, "redeem", item="free_trial", quantity="1")
    (used,) = await redemptions(desk, person)
    page = (await desk.get(f"{PAGES}/{person}")).text
    refused = await do(desk, person, "reverse", 422, redemption=used["id"])
    await do(desk, person, "reverse", redemption=used["id"], reason="记错了人")

    assert "剩 3" in page
    assert re.search(r'id="f-reason-error">.*?请填写。', refused, re.S)
    assert (await redemptions(desk, person))[0]["state"] == "reversed"


async def test_a_right_is_reserved_and_taken_up(desk, person):
    await do(desk, person, "reserve", item="free_trial", quantity="1", reserve_until="2026-03-03T12:00")
    (kept,) = await redemptions(desk, person)
    await do(desk, person, "take_up", redemption=kept["id"])

    assert kept["state"] == "reserved"
    assert (await redemptions(desk, person))[0]["state"] == "used"


async def test_more_than_is_left_is_not_given(desk, person):
    await do(desk, person, "redeem", 409, item="free_trial", quantity="5")

    assert await redemptions(desk, person) == []


async def test_another_customers_redemption_is_not_reversed_here(client, desk, tenant, person):
    other = await customer(client, "DK2", name="李梅")
    await do(desk, person, "redeem", item="free_trial", quantity="1")
    (used,) = await redemptions(desk, person)

    await do(desk, other, "reverse", 422, redemption=used["id"], reason="x")

    assert (await redemptions(desk, person))[0]["state"] == "used"


async def test_a_complaint_begins_with_the_customer_filled_in(desk, person):
    page = (await desk.get("/console/complaints/new", params={"customer_id": person})).text

    assert f'id="customer_id" value="{person}"' in page
    assert 'value="王建国"' in page


async def test_another_outlets_customer_is_nobody_here(tenant, person):
    await tenant.unit("west")
    west = await tenant.staff("west", "agent", unit="west")

    assert (await west.get(f"{PAGES}/{person}")).status_code == 404
    assert "王建国" not in (await found(west, PHONE)).text
    assert (await west.post(f"{PAGES}/{person}/do/redeem", data={"item": "free_trial"})).status_code == 404


async def test_an_auditor_stands_at_no_counter(tenant):
    auditor = await tenant.staff("audit", "auditor")

    assert (await auditor.get(PAGES)).status_code == 403


async def ringing(client, phone=PHONE):
    """The counter's address for a call, as a softphone gets it."""
    answer = await client.post("/api/v1/call-links", json={"phone": phone})
    assert answer.status_code == 201, answer.text
    return answer.json()["path"]


async def test_a_softphone_opens_the_counter_which_looks_the_caller_up_by_itself(client, desk, person):
    path = await ringing(client)
    page = (await desk.get(path)).text

    assert PHONE not in path

    assert 'hx-trigger="submit, load"' in page
    assert f'value="{PHONE}"' in page
    assert "王建国" in (await found(desk, PHONE)).text


async def test_a_link_that_was_not_made_here_or_holds_no_longer_looks_nobody_up(world, client, desk, person):
    path = await ringing(client)
    stranger = await (await world.tenant()).client()

    forged = [path[:-9] + "A" * 9, await ringing(stranger), f"{PAGES}?phone={PHONE}", f"{path}0"]
    pages = [(await desk.get(each)).text for each in forged]
    world.clock.set(world.clock.now + timedelta(minutes=11))
    late = (await desk.get(path)).text

    assert [page for page in [*pages, late] if 'hx-trigger="submit, load"' in page] == []
    assert f'value="{PHONE}"' in late


async def test_whoever_is_not_known_is_taken_in_with_the_number_filled_in(desk):
    page = (await found(desk, "13900000000")).text
    complaint = await desk.post(
        "/console/complaints/new?again=1", data={"channel": "phone", "text": "来电 13900000000："}
    )
    customer = await desk.post("/console/customers/new?again=1", data={"sealed.mobile": "13900000000"})

    assert 'name="sealed.mobile" value="13900000000"' in page
    assert ">来电 13900000000：</textarea>" in complaint.text
    assert 'value="13900000000"' in customer.text
    assert (await desk.get("/api/v1/complaints")).json()["items"] == []
