"""A report comes by mail once a period is closed: to whoever asked, as long as they may see it, with figures alone."""

from datetime import timedelta

import pytest
from running import come_round, work_off

from guibin.insight.jobs import ClosePeriod
from guibin_tenants.scope import execute

SUBSCRIPTIONS = "/api/v1/report-subscriptions"


@pytest.fixture
async def lead(tenant, mail):
    return await reader(tenant, "lead")


async def reader(tenant, login, role="manager", **where):
    person = await tenant.staff(login, role, **where)
    address = {"email": f"{login}@company.example"}
    assert (await person.put(f"/api/v1/staff-addresses/{person.staff_id}", json=address)).status_code == 200
    return person


async def subscribe(person, status=201, **wanted):
    answer = await person.post(SUBSCRIPTIONS, json={"kind": "complaints", "span": "week", **wanted})
    assert answer.status_code == status, answer.text
    return answer.json().get("id")


async def received(client, **fields):
    body = {"text": "没有信号", "channel": "phone"} | fields
    answer = await client.post("/api/v1/complaints", json=body)
    assert answer.status_code == 201, answer.text


async def week_closes(tenant, clock):
    clock.set(clock() + timedelta(days=7))
    await come_round(tenant, ClosePeriod("week"))
    await work_off(tenant)


async def test_the_figures_of_the_week_come_once_it_is_closed(client, tenant, clock, lead, mail):
    await received(client)
    await subscribe(lead)

    await week_closes(tenant, clock)
    await come_round(tenant, ClosePeriod("week"))
    await work_off(tenant)

    (sent,) = mail.mails
    text = sent.get_content()
    assert sent["To"] == "lead@company.example"
    assert "2026-W10" in sent["Subject"]
    assert "投诉受理量  1  (0)" in text
    assert "http://vip.example.com/console/reports/complaints?period=2026-W10" in text
    assert "http://vip.example.com/console/reports/subscriptions" in text
    assert "没有信号" not in text
    (row,) = (await lead.get(SUBSCRIPTIONS)).json()
    assert (row["kind"], row["span"], row["period"]) == ("complaints", "week", "2026-W10")


async def test_a_week_is_not_mailed_to_whoever_wants_months(client, tenant, clock, lead, mail):
    await subscribe(lead, span="month")

    await week_closes(tenant, clock)

    assert mail.mails == []


async def test_whoever_stands_above_gets_the_outlets_figures_and_the_outlet_its_own(client, tenant, clock, lead, mail):
    east, _ = await tenant.unit("east"), await tenant.unit("west")
    await received(client)
    await received(await tenant.staff("agent", "agent", unit="east"))
    head = await reader(tenant, "head", unit="east")
    await subscribe(lead, org_unit_id=str(east))
    await subscribe(head)

    await week_closes(tenant, clock)

    assert sorted(each["To"] for each in mail.mails) == ["head@company.example", "lead@company.example"]
    assert all("投诉受理量  1  (0)" in each.get_content() for each in mail.mails)


@pytest.mark.rule("S02-6")
async def test_nobody_subscribes_to_what_stands_behind_a_wall(tenant, lead):
    east, west = await tenant.unit("east"), await tenant.unit("west")
    head = await reader(tenant, "head", unit="east")

    await subscribe(head, 404, org_unit_id=str(west))
    await subscribe(head, org_unit_id=str(east))


CHANGES = {
    "roles": "update staff set roles = '{reception_officer}' where id = $1 and $2::uuid is not null",
    "unit": "update staff set org_unit_id = $2 where id = $1",
    "left": "update staff set left_at = now() where id = $1 and $2::uuid is not null",
}


@pytest.mark.parametrize("away", CHANGES)
async def test_whoever_may_not_see_it_any_more_gets_none(client, tenant, clock, mail, away):
    east, west = await tenant.unit("east"), await tenant.unit("west")
    head = await reader(tenant, "head", unit="east")
    await subscribe(head, org_unit_id=str(east))
    async with tenant.scope():
        await execute(CHANGES[away], head.staff_id, west)

    await week_closes(tenant, clock)

    assert mail.mails == []


async def test_twice_is_once_and_another_does_not_end_it(tenant, lead):
    other = await reader(tenant, "other")
    first, again = await subscribe(lead), await subscribe(lead)

    theirs = await other.delete(f"{SUBSCRIPTIONS}/{first}")
    mine = await lead.delete(f"{SUBSCRIPTIONS}/{first}")

    assert first == again
    assert (theirs.status_code, mine.status_code) == (404, 204)
    assert (await lead.get(SUBSCRIPTIONS)).json() == []


async def test_without_an_address_or_a_channel_it_is_said_at_once(tenant, client):
    person = await tenant.staff("lead", "manager")

    await subscribe(person, 409)
    await subscribe(client, 403)


async def test_it_is_subscribed_to_and_ended_by_page(tenant, lead):
    asked = await lead.get("/console/reports/subscriptions/new", params={"kind": "tiers"})
    answer = await lead.post("/console/reports/subscriptions/new", data={"kind": "tiers", "span": "month"})
    wrong = await lead.post("/console/reports/subscriptions/new", data={"kind": "nothing"})
    (row,) = (await lead.get(SUBSCRIPTIONS)).json()
    page = await lead.get("/console/reports/subscriptions")
    ended = await lead.post(f"/console/reports/subscriptions/{row['id']}/end")

    assert (asked.status_code, answer.status_code, wrong.status_code, ended.status_code) == (200, 200, 422, 200)
    assert f"/console/reports/subscriptions/{row['id']}/end" in page.text
    assert (await lead.get(SUBSCRIPTIONS)).json() == []
