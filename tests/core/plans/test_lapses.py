"""S05-5, S05-7: what somebody missed or refused is on record, told, answered, excused and counted; checks are drawn."""

import pytest
from running import come_round

from guibin.plans.jobs import DrawReachabilityChecks
from guibin_tenants.scope import fetch


async def lapse(who, whose, status=201, **more):
    given = {
        "staff_id": str(whose.staff_id),
        "kind": "missed_call",
        "happened_at": "2026-03-01T23:30:00+08:00",
        "text": "夜间来电未接",
    }
    answer = await who.post("/api/v1/lapses", json=given | more)
    assert answer.status_code == status, answer.text
    return answer.json()


async def figures(who, **asked):
    answer = await who.get("/api/v1/lapses/counts", params=asked)
    assert answer.status_code == 200, answer.text
    return {one["staff_name"]: one for one in answer.json()}


@pytest.mark.rule("S05-5")
async def test_night_is_told_from_day_and_each_has_a_figure(desk, people, told):
    night = await lapse(people["lead"], people["own"])
    day = await lapse(people["lead"], people["own"], happened_at="2026-02-27T10:00:00+08:00", kind="refused_service")

    counted = await figures(people["lead"])
    of_march = await figures(people["lead"], since="2026-03-01T00:00:00+08:00")

    assert (night["after_hours"], day["after_hours"]) == (True, False)
    own = counted["own"]
    assert (own["missed_calls"], own["refused_services"], own["after_hours"]) == (1, 1, 1)
    assert (of_march["own"]["missed_calls"], of_march["own"]["refused_services"]) == (1, 0)
    assert counted["colleague"]["missed_calls"] == 0
    assert await told(people["own"]) == ["lapse_found", "lapse_found"]
    assert await told(people["colleague"]) == []


@pytest.mark.rule("S05-5")
async def test_hours_that_end_at_noon_on_a_saturday_tell_in_from_out(desk, people):
    morning = {"opens": "09:00:00", "closes": "12:00:00"}
    calendars = (await desk.client.get("/api/v1/calendars")).json()
    business = next(one["calendar"] for one in calendars if one["calendar"]["name"] == "business")
    business |= {"weekday_hours": [{"weekdays": [6], "windows": [morning]}]}
    await desk.client.put("/api/v1/calendars/business", json={"calendar": business, "note": "周六上午营业"})

    within = await lapse(people["lead"], people["own"], happened_at="2026-02-07T11:30:00+08:00")
    after = await lapse(people["lead"], people["own"], happened_at="2026-02-07T12:00:00+08:00")

    assert (within["after_hours"], after["after_hours"]) == (False, True)


@pytest.mark.rule("S05-5", "S05-7")
async def test_only_supervisors_record_and_nobody_of_another_outlet_sees(desk, people):
    for who in ("own", "colleague", "west"):
        await lapse(people[who], people["own"], 403)
    await lapse(people["lead"], people["lead"], 403)
    made = await lapse(people["lead"], people["own"])
    await lapse(people["lead"], people["own"], 422, happened_at="2099-01-01T00:00:00+08:00")

    async def seen(who):
        return [one["id"] for one in (await people[who].get("/api/v1/lapses")).json()["items"]]

    assert await seen("own") == await seen("lead") == await seen("head") == [made["id"]]
    assert await seen("colleague") == await seen("west") == []
    assert set(await figures(people["own"])) == {"own"}


@pytest.mark.rule("S05-5")
async def test_whose_it_is_may_answer_and_what_is_excused_counts_no_more(desk, people, told):
    made = await lapse(people["lead"], people["own"])
    path = f"/api/v1/lapses/{made['id']}"

    stranger = await people["colleague"].post(f"{path}/answers", json={"text": "不是我"})
    answered = await people["own"].post(f"{path}/answers", json={"text": "在高铁上"})
    before = (await figures(people["lead"]))["own"]
    excused = await people["lead"].post(f"{path}/excuse", json={"reason": "当晚住院"})
    again = await people["lead"].post(f"{path}/excuse", json={"reason": "当晚住院"})
    own = await people["own"].post(f"{path}/excuse", json={"reason": "自己免责"})

    assert stranger.status_code == 404
    assert [line["text"] for line in answered.json()["answers"]] == ["在高铁上"]
    assert excused.json()["excused_because"] == "当晚住院"
    assert (again.status_code, own.status_code) == (409, 403)
    after = (await figures(people["lead"]))["own"]
    assert (before["missed_calls"], before["excused"]) == (1, 0)
    assert (after["missed_calls"], after["after_hours"], after["excused"]) == (0, 0, 1)
    assert await told(people["lead"]) == ["lapse_answered"]
    assert await told(people["own"]) == ["lapse_excused", "lapse_found"]


@pytest.mark.rule("S05-7")
async def test_some_are_drawn_each_month_and_called_and_whoever_is_drawn_does_not_know(desk, people, told):
    for _ in range(2):
        await come_round(desk.tenant, DrawReachabilityChecks())

    listed = (await people["lead"].get("/api/v1/reachability-checks")).json()["items"]
    assert {one["staff_name"] for one in listed} == {"own", "colleague"}
    assert (await people["own"].get("/api/v1/reachability-checks")).json()["items"] == []
    assert await told(people["own"]) == []
    checks = {one["staff_name"]: f"/api/v1/reachability-checks/{one['id']}/result" for one in listed}
    own = await people["own"].post(checks["own"], json={"outcome": "reached"})
    off = await people["lead"].post(checks["own"], json={"outcome": "phone_off"})
    reached = await people["lead"].post(checks["colleague"], json={"outcome": "reached"})
    twice = await people["lead"].post(checks["own"], json={"outcome": "reached"})

    assert (own.status_code, off.status_code, reached.status_code, twice.status_code) == (404, 201, 201, 409)
    assert (off.json()["outcome"], off.json()["checked_by_name"]) == ("phone_off", "lead")
    counted = await figures(people["lead"])
    assert (counted["own"]["phone_off"], counted["own"]["checked"], counted["own"]["reached"]) == (1, 1, 0)
    assert (counted["colleague"]["phone_off"], counted["colleague"]["reached"]) == (0, 1)
    assert await told(people["colleague"]) == []
    async with desk.tenant.scope():
        rows = await fetch("select source from lapse")
    assert [row["source"] for row in rows] == ["check"]
