"""Who has how much, who is away, and how much would move before it does: within the wall of whoever leads."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

TEAM = "/api/v1/team"


@pytest.fixture
async def house(tenant, client, clock):
    """Two outlets: east with two account managers and their leader, west with one of each; a customer of the first's."""
    house = SimpleNamespace(tenant=tenant, client=client, clock=clock)
    for code in ("east", "west"):
        await tenant.unit(code)
    for name, role, unit in (
        ("own", "account_manager", "east"),
        ("heir", "account_manager", "east"),
        ("agent", "agent", "east"),
        ("lead", "manager", "east"),
        ("stranger", "account_manager", "west"),
    ):
        setattr(house, name, await tenant.staff(name, role, unit=unit))
    body = {
        "number": "K1",
        "name": "王伟",
        "kind": "leader",
        "org_unit_id": str(tenant.units["east"]),
        "account_manager_id": str(house.own.staff_id),
    }
    house.customer = (await sent(client, "/api/v1/customers", body))["id"]
    complaint = {"customer_id": house.customer, "channel": "phone", "text": "机顶盒无信号"}
    house.complaint = (await sent(house.own, "/api/v1/complaints", complaint))["id"]
    return house


async def sent(client, path, body, status=(200, 201)):
    answer = await client.post(path, json=body)
    assert answer.status_code in status, answer.text
    return answer.json()


async def team(client):
    answer = await client.get(TEAM)
    assert answer.status_code == 200, answer.text
    return {each["staff_name"]: each for each in answer.json()}


@pytest.mark.rule("S05-3")
async def test_it_says_who_has_how_much_and_what_of_it_is_late(house):
    before = await team(house.lead)
    house.clock.set(house.clock.now + timedelta(days=30))
    after = await team(await house.tenant.staff("lead-later", "manager", unit="east"))

    assert (before["own"]["cases"], before["own"]["customers"], before["own"]["late"]) == (1, 1, 0)
    assert (before["heir"]["cases"], before["heir"]["customers"]) == (0, 0)
    assert after["own"]["late"] >= 1
    assert next(iter(after)) == "own"


async def test_a_leader_of_one_outlet_sees_and_acts_on_its_people_only(house):
    far = f"/api/v1/staff/{house.stranger.staff_id}"

    assert set(await team(house.lead)) == {"own", "heir", "agent", "lead"}
    assert (await house.lead.get(f"{far}/hand-over")).status_code == 404
    assert (await house.lead.post(f"{far}/absences", json={"until_at": "2026-03-09T00:00:00Z"})).status_code == 404
    assert (await house.agent.get(TEAM)).status_code == 403
    assert (await house.agent.get(f"/api/v1/staff/{house.own.staff_id}/hand-over")).status_code == 403


async def test_a_leader_says_who_is_away_and_that_they_are_back(house):
    path = f"/api/v1/staff/{house.own.staff_id}/absences"
    gone = await sent(house.lead, path, {"until_at": "2026-03-09T00:00:00Z"})
    away = (await team(house.lead))["own"]

    back = await house.lead.delete(f"{path}/{gone['id']}")

    assert (away["absence_id"], away["away_until"]) == (gone["id"], "2026-03-09T00:00:00Z")
    assert (back.status_code, (await team(house.lead))["own"]["away_until"]) == (204, None)


@pytest.mark.rule("S05-3", "S02-6")
async def test_how_much_moves_is_said_before_it_does_and_what_hinders(house):
    path = f"/api/v1/staff/{house.own.staff_id}/hand-over"

    async def asked(**more):
        return (await house.lead.get(path, params=more)).json()

    open_, fit = await asked(), await asked(successor_id=str(house.heir.staff_id))
    far, low = (
        await asked(successor_id=str(house.stranger.staff_id)),
        await asked(successor_id=str(house.agent.staff_id)),
    )
    still = await team(house.lead)
    moved = await sent(house.lead, path, {"successor_id": str(house.heir.staff_id), "reason": "调岗"})

    assert {each["what"]: each["count"] for each in fit["work"]} == {
        "customers": 1,
        "complaints": 1,
        "department requests": 1,
    }
    assert (open_["work"], open_["hinders"], fit["hinders"], fit["to_name"]) == (fit["work"], "", "", "heir")
    assert (bool(far["hinders"]), low["hinders"]) == (True, "an account manager or a leader")
    assert (still["own"]["cases"], still["heir"]["cases"]) == (1, 0)
    assert moved["work"] == fit["work"]
    assert {name: each["cases"] for name, each in (await team(house.lead)).items()}["heir"] == 1


async def test_the_pages_show_load_and_lead_through_handing_over(house):
    person = f"/console/team/{house.own.staff_id}"
    page = (await house.lead.get("/console/team")).text
    first = (await house.lead.get(f"{person}/moving")).text
    cannot = (await house.lead.get(f"{person}/moving", params={"successor_id": str(house.agent.staff_id)})).text
    form = (await house.lead.get(f"{person}/do/hand_over", params={"successor_id": str(house.heir.staff_id)})).text
    far = (await house.lead.get(f"{person}/moving", params={"successor_id": str(house.stranger.staff_id)})).text
    empty = await house.lead.post(f"{person}/do/hand_over", data={"successor_id": ""})
    done = await house.lead.post(f"{person}/do/hand_over", data={"successor_id": str(house.heir.staff_id)})

    assert ("heir" in page, "stranger" in page) == (True, False)
    assert "own 手上的全部交出" in first
    assert "共 3 项" in first
    assert "须是客户经理或主管" in cannot
    assert "有 1 位在别处" in far
    assert "投诉 1" in form
    assert (empty.status_code, done.status_code) == (422, 200)
    assert "共 0 项" in (await house.lead.get(f"{person}/moving")).text
    assert (await house.lead.get(f"/console/team/{house.stranger.staff_id}/moving")).status_code == 404


async def test_an_absence_is_noted_and_ended_on_the_page(house):
    person = f"/console/team/{house.own.staff_id}/do"
    wrong = await house.lead.post(f"{person}/away", data={"until_at": "2026-03-01T00:00"})
    noted = await house.lead.post(f"{person}/away", data={"until_at": "2026-03-09T09:00"})
    away = (await house.lead.get("/console/team")).text
    back = await house.lead.post(f"{person}/back", data={})

    assert (wrong.status_code, noted.status_code, back.status_code) == (422, 200, 200)
    assert "离岗至 3月9日" in away or "离岗至 下周" in away
    assert "离岗至" not in (await house.lead.get("/console/team")).text


async def absences(client):
    answer = await client.get(f"{TEAM}/absences")
    assert answer.status_code == 200, answer.text
    return [(each["staff_name"], each["deputy_name"], each["uncovered"]) for each in answer.json()]


async def test_what_is_uncovered_is_said_until_somebody_stands_in(house):
    path = f"/api/v1/staff/{house.own.staff_id}/absences"
    gone = await sent(house.lead, path, {"until_at": "2026-03-09T00:00:00Z"})
    deputy = f"{path}/{gone['id']}/deputy"
    bare = await absences(house.lead)
    named = await house.lead.put(deputy, json={"deputy_id": str(house.heir.staff_id)})
    covered = await absences(house.lead)
    later = {"from_at": "2026-03-05T00:00:00Z", "until_at": "2026-03-07T00:00:00Z"}
    await sent(house.lead, f"/api/v1/staff/{house.heir.staff_id}/absences", later)

    assert bare == [("own", "", "nobody")]
    assert (named.status_code, covered) == (200, [("own", "heir", "")])
    assert await absences(house.lead) == [("own", "heir", "away"), ("heir", "", "nobody")]


async def test_a_deputy_sees_what_they_stand_in_for_and_is_somebody_else(house):
    path = f"/api/v1/staff/{house.own.staff_id}/absences"
    gone = await sent(house.lead, path, {"until_at": "2026-03-09T00:00:00Z"})
    deputy = f"{path}/{gone['id']}/deputy"

    async def naming(who, **more):
        return (await house.lead.put(deputy, json={"deputy_id": str(who.staff_id), **more})).status_code

    assert [await naming(each) for each in (house.own, house.stranger, house.lead)] == [422, 422, 422]
    assert await naming(house.heir, matters=["unknown_flow"]) == 422
    assert await naming(house.lead, notices_only=True) == 200
    west = f"/api/v1/staff/{house.stranger.staff_id}/absences"
    far = await sent(house.client, west, {"until_at": "2026-03-09T00:00:00Z"})
    body = {"deputy_id": str(house.heir.staff_id)}
    assert (await house.lead.put(f"{west}/{far['id']}/deputy", json=body)).status_code == 404
    assert (await house.agent.get(f"{TEAM}/absences")).status_code == 403


async def test_who_stands_in_and_leaves_covers_nothing_any_more(house):
    body = {"until_at": "2026-03-09T00:00:00Z", "deputy_id": str(house.agent.staff_id)}
    await sent(house.lead, f"/api/v1/staff/{house.own.staff_id}/absences", body)
    before = await absences(house.lead)

    left = await house.client.post(f"/api/v1/staff/{house.agent.staff_id}/leaving", json={})

    assert (left.status_code, before) == (200, [("own", "agent", "")])
    assert await absences(house.lead) == [("own", "", "nobody")]


async def test_a_deputy_is_named_on_the_page_which_says_what_is_uncovered(house):
    person = f"/console/team/{house.own.staff_id}/do"
    await house.lead.post(f"{person}/away", data={"until_at": "2026-03-09T09:00"})
    bare = (await house.lead.get("/console/team")).text
    gone = (await house.lead.get(f"{TEAM}/absences")).json()[0]["id"]
    form = f"/console/team/absences/{gone}/do/stand_in"
    wrong = await house.lead.post(form, data={"deputy_id": str(house.stranger.staff_id)})
    named = await house.lead.post(form, data={"deputy_id": str(house.heir.staff_id), "notices_only": "true"})
    page = (await house.lead.get("/console/team")).text

    assert ("1 处无人顶班" in bare, "无人代班" in bare) == (True, True)
    assert (wrong.status_code, "请选看得到此人机构的另一人" in wrong.text) == (422, True)
    assert (named.status_code, "heir 代班" in page, "无人代班" in page) == (200, True, False)
    assert (await house.agent.get(form)).status_code == 403
