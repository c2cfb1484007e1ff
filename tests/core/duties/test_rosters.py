"""S07-2, S14-9: who is on duty when, whom what comes in goes to, and what happens when nobody is there."""

from datetime import UTC, datetime, timedelta

import pytest
from running import come_round, work_off

from guibin.duties.jobs import TellDutyGaps
from guibin.sla.sweep import fire_due
from guibin_tenants.scope import fetch

# Friday, 22:00 in Shanghai.
NIGHT = datetime(2026, 3, 6, 14, 0, tzinfo=UTC)


def span(start, hours=12):
    return {"from_at": start.isoformat(), "until_at": (start + timedelta(hours=hours)).isoformat()}


@pytest.fixture
async def house(tenant, client, clock):
    """An outlet with a roster at night: the first and the second on call, who leads them, and a neighbour."""
    clock.set(NIGHT - timedelta(hours=6))
    for code in ("east", "west"):
        await tenant.unit(code)
    people = {
        "first": await tenant.staff("first", "agent", unit="east"),
        "second": await tenant.staff("second", "account_manager", unit="east"),
        "lead": await tenant.staff("lead", "manager", unit="east"),
        "west": await tenant.staff("west", "manager", unit="west"),
        "head": await tenant.staff("head", "manager"),
        "admin": await tenant.staff("admin", "tenant_admin"),
    }
    unit = str(tenant.units["east"])
    new = {"number": "K1", "name": "王伟", "kind": "leader", "org_unit_id": unit}
    people["customer"] = (await client.post("/api/v1/customers", json=new)).json()["id"]
    roster = await people["lead"].post("/api/v1/duty-rosters", json={"org_unit_id": unit, "duty": "on_call"})
    assert roster.status_code == 201, roster.text
    people["roster"] = f"/api/v1/duty-rosters/{roster.json()['id']}"
    return people


async def plan(house, *shifts, status=201):
    body = {
        "shifts": [
            {"staff_id": str(who.staff_id), "position": place + 1, **when} for place, (who, when) in enumerate(shifts)
        ]
    }
    answer = await house["lead"].post(f"{house['roster']}/shifts", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def complain(client, customer, text="没有画面", **more):
    new = {"customer_id": customer, "text": text, "channel": "web", **more}
    answer = await client.post("/api/v1/complaints", json=new)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def called(tenant, kind="duty_called"):
    async with tenant.scope():
        rows = await fetch(
            "select s.name from staff_notice n join staff s on s.tenant_id = n.tenant_id and s.id = n.staff_id"
            " where n.kind = $1 order by n.told_at, s.name",
            kind,
        )
    return [row["name"] for row in rows]


async def pass_time(tenant, clock, span):
    clock.set(clock() + span)
    async with tenant.scope():
        await fire_due(clock())
    await work_off(tenant)


@pytest.mark.rule("S07-2")
async def test_what_comes_in_at_night_goes_to_whoever_is_on_call_and_to_the_next_when_it_is_not_taken(
    tenant, client, clock, house
):
    await plan(
        house, (house["first"], span(NIGHT - timedelta(hours=4))), (house["second"], span(NIGHT - timedelta(hours=4)))
    )
    await complain(client, house["customer"])
    by_day = await called(tenant)
    clock.set(NIGHT)

    case = await complain(client, house["customer"])
    at_once = await called(tenant)
    await pass_time(tenant, clock, timedelta(minutes=14, seconds=59))
    before = await called(tenant)
    await pass_time(tenant, clock, timedelta(seconds=1))

    assert (by_day, at_once, before, await called(tenant)) == ([], ["first"], ["first"], ["first", "second"])
    call = (await house["lead"].get("/api/v1/duty-calls")).json()["items"][0]
    assert [one["staff_name"] for one in call["asked"]] == ["first", "second"]
    assert (call["subject_id"], call["asked_name"], call["state"]) == (case, "second", "waiting")
    owed = (await house["second"].get("/api/v1/work")).json()["items"]
    assert [(one["kind"], one["subject_id"]) for one in owed if one["kind"] == "duty_call"] == [("duty_call", case)]
    taken = await house["second"].post(f"/api/v1/duty-calls/{call['id']}/taking", json={})
    await pass_time(tenant, clock, timedelta(hours=2))
    assert (taken.json()["state"], taken.json()["taken_by_name"]) == ("taken", "second")
    assert (await called(tenant, "duty_nobody"), await called(tenant, "duty_taken")) == ([], ["first"])


@pytest.mark.rule("S07-2")
async def test_nobody_left_goes_to_the_leader_and_to_whoever_comes_on_duty_later(tenant, client, clock, house):
    await plan(house, (house["second"], span(NIGHT + timedelta(minutes=20))))
    clock.set(NIGHT)

    await complain(client, house["customer"])
    nobody = await called(tenant, "duty_nobody")
    await pass_time(tenant, clock, timedelta(minutes=15))
    early = await called(tenant)
    await pass_time(tenant, clock, timedelta(minutes=15))

    assert (nobody, early, await called(tenant)) == (["lead"], [], ["second"])


@pytest.mark.rule("S07-2")
async def test_a_reply_is_the_response_and_whoever_is_away_is_passed_over(tenant, client, clock, house):
    night = span(NIGHT - timedelta(hours=4))
    await plan(house, (house["first"], night), (house["second"], night))
    await house["admin"].post(f"/api/v1/staff/{house['first'].staff_id}/absences", json=night)
    clock.set(NIGHT)

    case = await complain(client, house["customer"])
    told = await called(tenant)
    body = {"text": "师傅半小时内到", "direction": "out"}
    assert (await house["second"].post(f"/api/v1/complaints/{case}/messages", json=body)).status_code == 201
    await pass_time(tenant, clock, timedelta(hours=2))

    call = (await house["lead"].get("/api/v1/duty-calls")).json()["items"][0]
    assert (told, await called(tenant, "duty_nobody")) == (["second"], [])
    assert (call["state"], call["taken_by_name"], call["late"]) == ("taken", "second", False)


@pytest.mark.rule("S07-2")
async def test_a_missed_call_of_a_stranger_and_a_request_are_called_out_too(tenant, client, clock, house):
    await plan(house, (house["first"], span(NIGHT - timedelta(hours=4))))
    clock.set(NIGHT)
    switch = await tenant.client(org_unit_id=tenant.units["east"])

    missed = await switch.post("/api/v1/hotline-calls", json={"phone": "13911112222", "missed": True})
    request = {"customer_id": house["customer"], "item": "enquiry", "channel": "web", "text": "怎么续费"}
    assert (await client.post("/api/v1/service-requests", json=request)).status_code == 201

    calls = (await house["first"].get("/api/v1/duty-calls")).json()["items"]
    assert sorted(one["subject"] for one in calls) == ["hotline_call", "service_request"]
    await house["first"].post(
        f"/api/v1/hotline-calls/{missed.json()['id']}/ending", json={"outcome": "not_ours", "content": "打错了"}
    )
    calls = (await house["first"].get("/api/v1/duty-calls", params={"state": "taken"})).json()["items"]
    assert [one["subject"] for one in calls] == ["hotline_call"]
    assert (await house["west"].get("/api/v1/duty-calls")).json()["items"] == []


async def test_whoever_it_is_against_is_not_called_to_it(tenant, client, clock, house):
    night = span(NIGHT - timedelta(hours=4))
    await plan(house, (house["first"], night), (house["second"], night))
    clock.set(NIGHT)

    await complain(client, house["customer"], against_id=str(house["first"].staff_id))

    assert await called(tenant) == ["second"]


async def test_whoever_takes_it_in_on_duty_is_not_called(tenant, clock, house):
    await plan(house, (house["first"], span(NIGHT - timedelta(hours=4))))
    clock.set(NIGHT)

    await complain(house["first"], house["customer"], channel="phone")

    assert await called(tenant) == []


@pytest.mark.rule("S07-2")
async def test_a_gap_is_told_before_it_comes_and_a_leaver_makes_one(tenant, client, clock, house):
    clock.set(NIGHT - timedelta(hours=5))
    turns = {"first_on": "2026-03-06", "last_on": "2026-03-31", "starts": "18:00:00", "ends": "18:00:00"}
    turns |= {"staff_ids": [str(house["first"].staff_id), str(house["second"].staff_id)]}
    planned = await house["lead"].post(f"{house['roster']}/rotations", json=turns)
    clock.set(NIGHT)
    await come_round(tenant, TellDutyGaps())
    whole = await called(tenant, "duty_gap")

    left = await house["admin"].post(
        f"/api/v1/staff/{house['second'].staff_id}/leaving",
        json={"successor_id": str(house["first"].staff_id)},
    )
    shown = (await house["lead"].get(house["roster"])).json()
    await come_round(tenant, TellDutyGaps())

    assert (planned.status_code, whole, left.status_code) == (201, [], 200), (planned.text, left.text)
    assert [one["staff_name"] for one in shown["on_duty"]] == ["first"]
    assert shown["gaps"] != []
    assert set(await called(tenant, "duty_gap")) == {"lead"}


async def test_what_does_not_fit_is_refused_field_by_field(tenant, client, clock, house):
    night = span(NIGHT)
    await plan(house, (house["first"], night))
    busy = await plan(house, (house["first"], span(NIGHT + timedelta(hours=2))), status=422)
    stranger = await plan(house, (house["west"], night), status=422)
    backward = await plan(
        house, (house["second"], {"from_at": night["until_at"], "until_at": night["from_at"]}), status=422
    )
    east, west = (str(tenant.units[code]) for code in ("east", "west"))
    wrong = {"org_unit_id": east, "duty": "on_call"}

    assert busy["errors"][0]["field"] == "from_at"
    assert stranger["errors"][0]["field"] == "staff_id"
    assert backward["errors"][0]["field"] == "until_at"
    assert (await house["lead"].post("/api/v1/duty-rosters", json=wrong)).status_code == 409
    assert (await house["west"].post("/api/v1/duty-rosters", json=wrong)).status_code == 403
    assert (await house["west"].post("/api/v1/duty-rosters", json={**wrong, "org_unit_id": west, "duty": "x"})).json()[
        "errors"
    ][0]["field"] == "duty"
    assert (await house["west"].post(f"{house['roster']}/closing", json={"reason": "不排了"})).status_code == 404
    assert (await house["first"].post(f"{house['roster']}/closing", json={"reason": "不排了"})).status_code == 403


@pytest.mark.rule("S14-9")
async def test_a_part_timer_does_not_serve_the_reception_centre(tenant, client, clock, house):
    body = {
        "login": "odd",
        "name": "odd",
        "roles": ["agent"],
        "org_unit_id": str(tenant.units["east"]),
        "password": "Vip-2026-guibin",
    }
    odd = (await client.post("/api/v1/staff", json=body | {"part_time": True})).json()
    roster = {"org_unit_id": str(tenant.units["east"]), "duty": "reception_centre"}
    opened = (await house["lead"].post("/api/v1/duty-rosters", json=roster)).json()["id"]

    answer = await house["lead"].post(
        f"/api/v1/duty-rosters/{opened}/shifts", json={"shifts": [{"staff_id": odd["id"], **span(NIGHT)}]}
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["rule"] == "somebody who is full-time"
