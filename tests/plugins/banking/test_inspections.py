"""Samples are drawn, faults found, corrected in time, and followed to the end (S08-6)."""

from datetime import UTC, datetime, timedelta

import pytest
from cards import IDENTITY, open_card_desk
from desk import open_desk
from running import come_round, run_job, work_off
from standing import member

from guibin.inspections.drawing import digest_of
from guibin.inspections.jobs import DrawInspections
from guibin.sla.jobs import SweepTimers
from guibin_tenants.scope import fetch, fetch_value

ITEMS, FINDINGS = "/api/v1/inspection-items", "/api/v1/inspection-findings"


@pytest.fixture
async def desk(world):
    return await open_desk(world, "banking")


@pytest.fixture
async def bank(desk):
    await desk.tenant.unit("moyu")
    await desk.tenant.unit("pishan")
    staff = desk.tenant.staff
    people = {
        "personal": await staff("personal", "personal_department"),
        "president": await staff("president", "president"),
        "branch": await staff("branch", "branch_head", unit="moyu"),
        "lin": await staff("lin", "account_manager", unit="moyu"),
        "ma": await staff("ma", "account_manager", unit="pishan"),
    }
    for number, who in enumerate(["lin"] * 8 + ["ma"] * 2):
        unit = "moyu" if who == "lin" else "pishan"
        await desk.customer(
            f"K{number}",
            "personal",
            org_unit_id=str(desk.tenant.units[unit]),
            account_manager_id=str(people[who].staff_id),
        )
    return people


async def items(who, **asked):
    answer = await who.get(ITEMS, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def draw(desk):
    await come_round(desk.tenant, DrawInspections())


async def heard(desk, who, kind):
    await run_job(desk.tenant, SweepTimers())
    await work_off(desk.tenant)
    async with desk.tenant.scope():
        return await fetch_value(
            "select count(*) from staff_notice where staff_id = $1 and kind = $2", who.staff_id, kind
        )


async def fault(desk, bank, **more):
    await draw(desk)
    one = next(one for one in await items(bank["personal"]) if one["responsible_name"] == "lin")
    body = {"criterion": "complete", "text": "缺少联系电话"} | more
    answer = await bank["personal"].post(f"{ITEMS}/{one['id']}/findings", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def at(desk, day, hour=2):
    desk.tenant.world.clock.set(datetime(2026, 3, day, hour, tzinfo=UTC))


@pytest.mark.rule("S08-6")
async def test_as_the_span_begins_so_many_of_each_unit_are_drawn_once_from_all_there_are(desk, bank):
    await draw(desk)
    await draw(desk)
    drawn = await items(bank["personal"])
    (sample,) = (await bank["personal"].get("/api/v1/inspections")).json()["items"]
    async with desk.tenant.scope():
        everybody = [row["id"] for row in await fetch("select id from customer")]

    assert sorted(one["responsible_name"] for one in drawn) == ["lin"] * 5 + ["ma"] * 2
    assert (sample["name"], sample["span"], sample["population"], sample["items"]) == ("archives", "2026-Q1", 10, 7)
    assert sample["digest"] == digest_of(everybody)
    assert await heard(desk, bank["personal"], "inspection_drawn") == 1
    assert await heard(desk, bank["president"], "inspection_drawn") == 0


@pytest.mark.rule("S08-6")
async def test_an_outlet_sees_its_own_faults_and_nothing_of_what_is_going_to_be_inspected(desk, bank):
    found = await fault(desk, bank)
    seen = await items(bank["lin"])
    own = (await bank["lin"].get(FINDINGS)).json()["items"]
    other = (await bank["ma"].get(FINDINGS)).json()["items"]
    samples = await bank["lin"].get("/api/v1/inspections")

    assert [one["id"] for one in seen] == [found["item_id"]]
    assert ([one["id"] for one in own], other) == ([found["id"]], [])
    assert (await bank["ma"].get(f"{FINDINGS}/{found['id']}")).status_code == 404
    assert samples.status_code == 403


@pytest.mark.rule("S08-6")
async def test_nobody_inspects_who_is_not_asked_to_nor_their_own_work(desk, bank):
    second = await desk.tenant.staff("second", "personal_department")
    await desk.customer("K99", "personal", account_manager_id=str(second.staff_id))
    await draw(desk)
    own = next(one for one in await items(bank["personal"]) if one["responsible_name"] == "second")
    refused = await second.post(f"{ITEMS}/{own['id']}/pass", json={})
    stranger = await bank["president"].post(f"{ITEMS}/{own['id']}/pass", json={})
    passed = await bank["personal"].post(f"{ITEMS}/{own['id']}/pass", json={})
    twice = await bank["personal"].post(f"{ITEMS}/{own['id']}/pass", json={})

    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/own-work")
    assert (stranger.status_code, stranger.json()["type"]) == (403, "/problems/not-an-inspector")
    assert (passed.status_code, passed.json()["result"], twice.status_code) == (201, "passed", 409)


@pytest.mark.rule("S08-6")
async def test_a_fault_is_corrected_by_its_owner_and_over_when_the_inspector_has_seen_that_it_is(desk, bank):
    found = await fault(desk, bank)
    path = f"{FINDINGS}/{found['id']}"
    early = await bank["personal"].post(f"{path}/verification", json={"accepted": True})
    stranger = await bank["ma"].post(f"{path}/correction", json={"text": "补了"})
    corrected = await bank["lin"].post(f"{path}/correction", json={"text": "已补电话"})
    back = await bank["personal"].post(f"{path}/verification", json={"accepted": False, "text": "号码不对"})
    again = await bank["lin"].post(f"{path}/correction", json={"text": "已更正"})
    done = await bank["personal"].post(f"{path}/verification", json={"accepted": True})

    assert (early.status_code, stranger.status_code) == (409, 404)
    assert [one.json()["state"] for one in (corrected, back, again, done)] == [
        "corrected",
        "open",
        "corrected",
        "verified",
    ]
    assert [step["kind"] for step in done.json()["steps"]] == ["corrected", "returned", "corrected", "verified"]
    assert await heard(desk, bank["lin"], "fault_found") == 1
    assert await heard(desk, bank["branch"], "fault_found") == 1
    assert await heard(desk, bank["lin"], "fault_returned") == 1
    assert await heard(desk, bank["personal"], "fault_corrected") == 2
    (count,) = [one for one in (await desk.client.get("/api/v1/inspections/counts")).json() if one["findings"]]
    assert (count["org_unit_name"], count["failed"], count["verified"], count["in_time"]) == ("moyu", 1, 1, 1)


@pytest.mark.rule("S08-6")
async def test_what_was_drawn_comes_to_its_end_after_the_archive_was_erased_without_words(desk, bank):
    await draw(desk)
    item = next(one for one in await items(bank["personal"]) if one["responsible_name"] == "lin")
    erased = await desk.client.delete(f"/api/v1/customers/{item['customer_id']}")
    body = {"criterion": "complete", "severity": "minor", "text": "王建国的电话缺一位"}
    found = await bank["personal"].post(f"{ITEMS}/{item['id']}/findings", json=body)
    path = f"{FINDINGS}/{found.json().get('id')}"
    corrected = await bank["lin"].post(f"{path}/correction", json={"text": "王建国的电话已补"})
    done = await bank["personal"].post(f"{path}/verification", json={"accepted": True})

    assert (erased.status_code, found.status_code, corrected.status_code) == (204, 201, 201), found.text
    assert done.json()["state"] == "verified"
    assert "王建国" not in done.text


@pytest.mark.rule("S08-6")
async def test_whoever_corrected_it_does_not_verify_it(desk, bank):
    found = await fault(desk, bank, owner_id=str(bank["personal"].staff_id))
    path = f"{FINDINGS}/{found['id']}"
    await bank["personal"].post(f"{path}/correction", json={"text": "已补"})
    refused = await bank["personal"].post(f"{path}/verification", json={"accepted": True})

    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/own-work")


@pytest.mark.rule("S08-6")
async def test_a_fault_that_is_not_corrected_in_time_is_told_upwards(desk, bank):
    await fault(desk, bank, severity="serious")
    at(desk, 5, hour=9)
    before = await heard(desk, bank["lin"], "deadline_breached")
    at(desk, 6, hour=0)
    late = [await heard(desk, bank[name], "deadline_breached") for name in ("lin", "ma")]
    up = [await heard(desk, bank[name], "deadline_escalated") for name in ("branch", "president")]
    desk.tenant.world.clock.now += timedelta(days=10)
    further = await heard(desk, bank["president"], "deadline_escalated")

    assert (before, late, up, further) == (0, [1, 0], [1, 0], 1)
    (count,) = [one for one in (await desk.client.get("/api/v1/inspections/counts")).json() if one["findings"]]
    assert (count["open"], count["overdue"]) == (1, 1)


@pytest.mark.rule("S08-6")
async def test_a_sample_that_nobody_goes_through_in_time_is_told(desk, bank):
    await draw(desk)
    desk.tenant.world.clock.now += timedelta(days=13)
    before = await heard(desk, bank["personal"], "deadline_breached")
    desk.tenant.world.clock.now += timedelta(days=3)

    assert (before, await heard(desk, bank["personal"], "deadline_breached")) == (0, 1)


@pytest.mark.rule("S08-6")
async def test_an_outlet_of_which_nothing_was_drawn_stands_in_the_list_with_nothing(desk, bank):
    async def counts():
        found = (await desk.client.get("/api/v1/inspections/counts")).json()
        return {one["org_unit_name"]: (one["drawn"], one["findings"]) for one in found}

    before = await counts()
    await draw(desk)

    # Only who has customers: of the head office nothing could be drawn.
    assert before == {"moyu": (0, 0), "pishan": (0, 0)}
    assert all(drawn > 0 for drawn, _ in (await counts()).values())


@pytest.mark.rule("S08-6")
async def test_of_a_months_cards_three_are_drawn_for_the_personal_department_to_go_through(world):
    """`risk_control`: were conditions met, was it the real name, was it approved in time."""
    desk = await open_card_desk(world, "banking")
    for _ in range(4):
        customer = await desk.customer("personal", identity_number=IDENTITY)
        await desk.consent(customer, "personal_vip")
        await member(desk.tenant, customer, scheme="personal_vip", tier="gold")
        await desk.issue(await desk.approved(customer, "gold_card"))
    desk.tenant.world.clock.set(datetime(2026, 4, 1, 2, tzinfo=UTC))
    staff = desk.tenant.staff
    personal, president = await staff("personal", "personal_department"), await staff("president", "president")
    lead = await staff("lead", "manager", unit="outlet")

    await draw(desk)

    drawn = [one["id"] for one in await items(personal) if one["inspection"] == "risk_control"]
    body = {"criterion": "real_name", "text": "证件复印件不清", "owner_id": str(lead.staff_id)}
    found = [
        (await who.post(f"{ITEMS}/{drawn[0]}/findings", json=body)).status_code for who in (lead, president, personal)
    ]
    assert (len(drawn), found) == (3, [403, 403, 201])
