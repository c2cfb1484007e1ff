"""Supervision in one place: what of each part is open, late and due today, of the units the reader leads, and where its rows are."""

import re
from datetime import timedelta

import pytest
from statements import counted

from guibin.work.inspecting import ALL
from guibin.work.queries import KINDS

PATH, PAGE = "/api/v1/supervision", "/console/supervision"


@pytest.fixture
async def bank(world):
    """Two outlets with an account manager and a leader each; the first manager has a customer whose archive is drawn."""
    from desk import open_desk
    from running import come_round

    from guibin.inspections.jobs import DrawInspections

    desk = await open_desk(world, "banking")
    people = {"personal": await desk.tenant.staff("personal", "personal_department", "manager")}
    for unit in ("moyu", "hetian"):
        await desk.tenant.unit(unit)
        people[f"{unit}-lead"] = await desk.tenant.staff(f"{unit}-lead", "manager", unit=unit)
    people["lin"] = await desk.tenant.staff("lin", "account_manager", unit="moyu")
    place = {"org_unit_id": str(desk.tenant.units["moyu"]), "account_manager_id": str(people["lin"].staff_id)}
    await desk.customer("K1", "personal", **place)
    await come_round(desk.tenant, DrawInspections())
    people["tenant"] = desk.tenant
    return people


async def parts(client):
    answer = await client.get(PATH)
    assert answer.status_code == 200, answer.text
    return {each["part"]: each["count"] for each in answer.json()["parts"]}


async def page(client, **asked):
    answer = await client.get(PAGE, params=asked, headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.rule("S08-6")
async def test_what_was_drawn_and_found_is_counted_and_leads_to_its_rows(bank):
    before = await parts(bank["personal"])
    item = (await bank["personal"].get("/api/v1/inspection-items", params={"waiting": "true"})).json()["items"][0]["id"]
    new = {"criterion": "complete", "severity": "serious", "text": "缺少联系电话"}
    found = await bank["personal"].post(f"/api/v1/inspection-items/{item}/findings", json=new)
    after, near = await parts(bank["personal"]), await parts(bank["moyu-lead"])

    assert found.status_code == 201
    assert (before["inspections"], after["inspections"], before["faults"], after["faults"]) == (1, 0, 0, 1)
    assert (near["faults"], (await parts(bank["hetian-lead"]))["faults"]) == (1, 0)
    assert "缺少联系电话" in await page(bank["moyu-lead"], part="faults")
    assert "缺少联系电话" not in await page(bank["hetian-lead"], part="faults")
    assert "缺少联系电话" not in await page(bank["moyu-lead"], part="samples")


async def test_nothing_but_its_own_kinds_is_gone_through(bank, monkeypatch):
    with counted(monkeypatch) as sent:
        await parts(bank["moyu-lead"])

    counts = [statement for statement in sent if "group by x.kind" in statement]
    assert len(counts) == 1
    assert {kind for kind in KINDS if f"'{kind}'::text as kind" in counts[0]} <= set(ALL)
    assert f"'{ALL[0]}'::text as kind" in counts[0]


async def test_only_what_is_due_today_or_late_stands_first(bank, clock):
    item = (await bank["personal"].get("/api/v1/inspection-items", params={"waiting": "true"})).json()["items"][0]["id"]
    new = {"criterion": "complete", "severity": "serious", "text": "缺少联系电话"}
    await bank["personal"].post(f"/api/v1/inspection-items/{item}/findings", json=new)
    now = await page(bank["moyu-lead"])
    clock.set(clock() + timedelta(days=30))
    later = await bank["tenant"].staff("later", "manager", unit="moyu")

    assert "缺少联系电话" not in now
    assert "缺少联系电话" in await page(later)
    faults = next(each for each in (await later.get(PATH)).json()["parts"] if each["part"] == "faults")
    assert (faults["count"], faults["late"], faults["today"]) == (1, 1, 1)


@pytest.mark.rule("S05-4")
async def test_logs_of_the_last_span_wait_until_they_are_accepted(tenant, client, clock):
    for unit in ("east", "west"):
        await tenant.unit(unit)
    for login, role, unit in (
        ("written", "account_manager", "east"),
        ("silent", "account_manager", "east"),
        ("lead", "manager", "east"),
        ("far", "manager", "west"),
    ):
        await tenant.staff(login, role, unit=unit)
    clock.set(clock() + timedelta(days=7))
    written, day = await tenant.sign_in("written"), clock().date().isoformat()
    assert (await written.post("/api/v1/work-logs", json={"text": "走访客户", "worked_on": day})).status_code == 201
    clock.set(clock() + timedelta(days=7))
    lead, far = await tenant.sign_in("lead"), await tenant.sign_in("far")

    async def waits(who):
        answer = await who.get("/api/v1/work-logs/unreviewed")
        return [(each["staff_name"], each["days"], each["returned"]) for each in answer.json()]

    first, theirs, shown = await waits(lead), await waits(far), await page(lead)
    review = {"staff_id": str(written.staff_id), "on": day}
    returned = await lead.post("/api/v1/work-logs/reviews", json={**review, "accepted": False, "remarks": "写明结果"})
    again = await waits(lead)
    await lead.post("/api/v1/work-logs/reviews", json={**review, "accepted": True})

    assert (first, theirs, returned.status_code) == ([("silent", 0, False), ("written", 1, False)], [], 201)
    assert again == [("silent", 0, False), ("written", 1, True)]
    assert await waits(lead) == [("silent", 0, False)]
    assert re.search(rf"/console/plan\?staff={written.staff_id}&amp;on=", shown)


async def test_it_is_for_whoever_leads(bank):
    answers = [(await bank["lin"].get(each)).status_code for each in (PATH, PAGE)]

    assert answers == [403, 403]
    assert (await bank["moyu-lead"].get(PAGE, params={"part": "nothing"})).status_code == 400
