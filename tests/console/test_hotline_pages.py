"""Calls on pages: the counter opens the contact of the call it was opened for, and what is not done with waits in a list."""

import re

import pytest
from caring import customer

PAGES, CALLS = "/console/hotline", "/api/v1/hotline-calls"
PHONE, STRANGER = "13912345678", "13900000000"


@pytest.fixture
async def desk(tenant):
    return await tenant.staff("desk", "agent")


@pytest.fixture
async def person(client):
    return await customer(client, "DK1", name="王建国", confidential={"mobile": [PHONE]})


async def posted(client, path, status=200, **data):
    answer = await client.post(path, data=data)
    assert answer.status_code == status, answer.text
    return answer


async def ringing(client, desk, phone):
    """The counter as a softphone opens it, and what it sends by itself."""
    path = (await client.post("/api/v1/call-links", json={"phone": phone})).json()["path"]
    page = (await desk.get(path)).text
    hidden = dict(re.findall(r'<input type="hidden" name="(call)" value="([^"]+)">', page))
    return {"q": phone, **hidden}


@pytest.mark.rule("S01-7")
async def test_the_counter_opens_the_contact_of_the_call_it_was_opened_for_once(client, desk, person):
    for phone in (PHONE, STRANGER):
        sent = await ringing(client, desk, phone)
        assert set(sent) == {"q", "call"}
        for _ in range(2):
            page = (await posted(desk, "/console/counter/found", **sent)).text
            assert "联系记录已开立" in page

    calls = (await desk.get(CALLS)).json()["items"]
    assert [(call["customer_id"], call["state"], call["staff_name"]) for call in calls] == [
        (None, "open", "desk"),
        (person, "open", "desk"),
    ]
    assert "王建国" in (await desk.get(PAGES, params={"state": "open"})).text


async def test_a_number_that_somebody_types_opens_nothing_by_itself_and_one_key_does(desk, person):
    page = (await posted(desk, "/console/counter/found", q=STRANGER)).text
    forged = await posted(desk, "/console/counter/found", q=STRANGER, call="A" * 90)

    assert 'hx-post="/console/counter/contacts"' in page
    assert 'hx-post="/console/counter/contacts"' in forged.text
    assert (await desk.get(CALLS)).json()["items"] == []
    answered = await posted(desk, "/console/counter/contacts", q=STRANGER)
    (call,) = (await desk.get(CALLS)).json()["items"]
    assert f"{PAGES}/{call['id']}" in answered.headers["hx-trigger"]


async def test_a_call_is_ended_and_matched_on_its_page(desk, person):
    await posted(desk, "/console/counter/contacts", q=STRANGER)
    (call,) = (await desk.get(CALLS)).json()["items"]
    page = f"{PAGES}/{call['id']}"

    assert "尚不知是谁" in (await desk.get(page)).text
    assert re.findall(r"<option[^>]*></option>", (await desk.get(f"{page}/do/end")).text) == []
    assert (await posted(desk, f"{page}/do/end", 422, outcome="served")).status_code == 422
    await posted(desk, f"{page}/do/end", outcome="served", content="想了解入会")
    assert "待认定" in (await desk.get(page)).text
    number = await posted(desk, f"{page}/do/number", purpose="回拨核实", leaves_to="nobody")
    assert STRANGER in number.headers["hx-trigger"]
    await posted(desk, f"{page}/do/match", customer_id=person)

    shown = (await desk.get(page)).text
    assert ("王建国" in shown, "认定来电人</b>" in shown or "认定来电人" in shown) == (True, True)
    history = (await desk.get("/api/v1/interactions", params={"customer_id": person})).json()["items"]
    assert [one["content"] for one in history] == ["想了解入会"]
    assert "do/match" not in shown


async def test_the_workbench_leads_to_it(desk):
    await posted(desk, "/console/counter/contacts", q=STRANGER)
    (call,) = (await desk.get(CALLS)).json()["items"]

    assert f"{PAGES}/{call['id']}" in (await desk.get("/console/")).text
