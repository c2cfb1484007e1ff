"""An activity on pages: planned, guests chosen, answers, the door with its code, the result; and campaigns (S10-6, S06-4)."""

import json
import re
from datetime import timedelta
from uuid import UUID

import pytest
from caring import customer
from standing import member

from guibin.activities import links

PAGES, DOOR = "/console/activities", "door"
TIER, KIND = "key", "customer"


def given(clock, **more):
    starts = clock() + timedelta(days=3)
    at = {"starts_at": starts, "ends_at": starts + timedelta(hours=2)}
    sent = {name: moment.strftime("%Y-%m-%dT%H:%M+00:00") for name, moment in at.items()}
    return {"kind": "lecture", "title": "行业讲座", "place": "三楼会议厅", "capacity": "2", **sent, **more}


@pytest.fixture
async def activity(client, clock):
    """A lecture in three days with two seats: the address of its page."""
    answer = await client.post(f"{PAGES}/new", data=given(clock))
    assert answer.status_code == 200, answer.text
    return re.search(rf"{PAGES}/[0-9a-f-]{{36}}", answer.headers["HX-Trigger"])[0]


async def page(client, path, **asked):
    answer = await client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.text


async def invite(client, activity, *people):
    answer = await client.post(f"{activity}/invite", data={"id": list(people), "channel": "phone"})
    assert answer.status_code == 200, answer.text
    invited = (await client.get("/api/v1/activity-invitations")).json()["items"]
    return {one["customer_id"]: one["id"] for one in invited}, answer


def said(answer):
    """What the page says was done."""
    return json.loads(answer.headers["HX-Trigger"])["said"]


async def attended(client, invitation, persons="1"):
    return await client.post(f"{PAGES}/invitations/{invitation}/do/attend", data={"persons": persons})


async def test_an_activity_is_planned_and_stands_in_the_list_with_its_figures(client, activity):
    shown = await page(client, activity)
    listed = await page(client, PAGES, upcoming="true")

    assert [word for word in ("行业讲座", "三楼会议厅", "S10-6", "将举行") if word not in shown] == []
    assert (activity in listed, "0 / 2" in listed) == (True, True)


@pytest.mark.parametrize(("sent", "field"), [({"title": ""}, "title"), ({"capacity": "0"}, "capacity")])
async def test_what_is_wrong_stands_at_its_field_and_nothing_is_planned(client, clock, sent, field):
    answer = await client.post(f"{PAGES}/new", data=given(clock) | sent)

    assert (answer.status_code, f'id="f-{field}-error"' in answer.text) == (422, True), answer.text
    assert (await client.get("/api/v1/activities")).json()["items"] == []


async def test_an_activity_in_the_past_is_refused_in_words(client, clock):
    past = (clock() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M+00:00")

    answer = await client.post(f"{PAGES}/new", data=given(clock, starts_at=past))

    assert (answer.status_code, 'id="f-starts_at-error"' in answer.text) == (422, True)


async def test_guests_are_chosen_by_tier_and_whoever_wants_none_cannot_be(tenant, client, activity):
    willing, unwilling = await customer(client, "1", name="赵一"), await customer(client, "2", name="钱二")
    other = await customer(client, "3", name="孙三")
    for person in (willing, unwilling):
        await member(tenant, person)
    await client.post(f"/api/v1/customers/{unwilling}/consents", json={"purpose": "activities", "answer": "refused"})

    chosen = await page(client, f"{activity}/invite", tier=TIER)
    _, told = await invite(client, activity, willing, unwilling)
    again = await page(client, f"{activity}/invite")

    offered = set(re.findall(r'name="id" value="([^"]+)"', chosen))
    assert (offered, other in chosen, "不愿受邀" in chosen) == ({willing}, False, True)
    assert said(told) == {
        "text": "已邀请 1 位；没有邀请：钱二（不愿受邀）",
        "stays": True,
        "undo": None,
        "to": activity,
    }
    assert ("已邀请" in again, f'value="{willing}"' in again) == (True, False)


async def test_whoever_is_left_out_of_several_is_named_with_the_reason(client, activity):
    willing, unwilling = await customer(client, "1", name="赵一"), await customer(client, "2", name="钱二")
    await client.post(f"/api/v1/customers/{unwilling}/consents", json={"purpose": "activities", "answer": "refused"})
    sent = {"id": [willing, unwilling], "activity_id": activity.rpartition("/")[2], "channel": "phone"}

    told = await client.post("/console/customers/bulk/invite", data=sent)
    again = await client.post("/console/customers/bulk/invite", data={**sent, "id": [willing]})

    assert (said(told)["text"], said(told)["stays"]) == ("已邀请 1 位；没有邀请：钱二（不愿受邀）", True)
    assert (said(again)["text"], said(again)["stays"]) == ("已邀请 0 位；1 位此前已邀请过", False)


async def test_what_attending_uses_is_told_before_inviting(desk_of):
    client, activity = await desk_of()
    await customer(client, "1", name="赵一", kind=KIND)

    assert "没有可用的权益" in await page(client, f"{activity}/invite")


@pytest.fixture
def desk_of(world, clock):
    """A company whose lectures use up a service item, with one of them planned."""

    async def made():
        tenant = await world.tenant(packs=())
        client = await tenant.client("*")
        answer = await client.post(f"{PAGES}/new", data=given(clock))
        return client, re.search(rf"{PAGES}/[0-9a-f-]{{36}}", answer.headers["HX-Trigger"])[0]

    return made


async def test_answers_are_taken_and_the_queue_is_shown(tenant, client, activity):
    people = [await customer(client, str(number), name=f"赵{number}") for number in range(2)]
    for person in people:
        await member(tenant, person)
    invited, _ = await invite(client, activity, *people)
    first, second = (invited[person] for person in people)

    yes = await client.post(f"{PAGES}/invitations/{first}/do/answer", data={"accepted": "true", "companions": "1"})
    late = await client.post(f"{PAGES}/invitations/{second}/do/answer", data={"accepted": "true"})
    many = await client.post(f"{PAGES}/invitations/{second}/do/answer", data={"accepted": "true", "companions": "9"})
    shown = await page(client, activity)
    waiting = await page(client, activity, state="waiting")

    assert [answer.status_code for answer in (yes, late, many)] == [200, 200, 422]
    assert ("候补第 1 位" in shown, "随行 1 人" in shown) == (True, True)
    assert (first in waiting, second in waiting) == (False, True)


async def test_the_guests_link_is_taken_with_its_code_and_leads_to_their_page(client, activity):
    person = await customer(client)
    invited, _ = await invite(client, activity, person)
    path = f"{PAGES}/invitations/{invited[person]}/link/answer"

    asked, taken = await client.get(path), await client.post(path, data={"channel": "sms"})

    link = re.search(r"/i/[\w-]{75}", taken.text)[0]
    assert (asked.status_code, taken.status_code, "<svg" in taken.text) == (200, 200, True)
    assert (await client.get(link)).status_code == 200


async def test_whoever_comes_is_found_by_code_number_or_name_and_recorded(tenant, client, activity, clock):
    person = await customer(client, "K-1", name="赵一", confidential={"mobile": ["13912345678"]})
    await member(tenant, person)
    invited, _ = await invite(client, activity, person)
    await client.post(f"{PAGES}/invitations/{invited[person]}/do/answer", data={"accepted": "true", "companions": "1"})
    early = await attended(client, invited[person])
    clock.set(clock() + timedelta(days=2, hours=23))
    async with tenant.scope():
        code = await links.admission(UUID(invited[person]), clock() + timedelta(days=1))

    found = [
        (await client.post(f"{activity}/{DOOR}", data={"code": text})).text for text in (code, "13912345678", "赵一")
    ]
    nobody = (await client.post(f"{activity}/{DOOR}", data={"code": "钱二"})).text
    came, twice = await attended(client, invited[person], "2"), await attended(client, invited[person], "2")
    door = await page(client, f"{activity}/{DOOR}")

    assert [(invited[person] in one, 'value="2"' in one) for one in found] == [(True, True)] * 3
    assert "没有这位" in nobody
    assert [answer.status_code for answer in (early, came, twice)] == [409, 200, 409]
    assert ("到 1 / 1" in door, "赵一" in door, "2 人" in door) == (True, True, True)


async def test_a_code_of_another_activity_or_a_made_up_one_lets_nobody_in(tenant, client, activity, clock):
    other = await client.post(f"{PAGES}/new", data=given(clock, title="另一场"))
    elsewhere = re.search(rf"{PAGES}/[0-9a-f-]{{36}}", other.headers["HX-Trigger"])[0]
    person = await customer(client)
    invited, _ = await invite(client, activity, person)
    async with tenant.scope():
        code = await links.admission(UUID(invited[person]), clock() + timedelta(days=9))
        answer_link = (await links.path(UUID(invited[person]), clock() + timedelta(days=1), "answer")).removeprefix(
            "/i/"
        )

    there = await client.post(f"{elsewhere}/{DOOR}", data={"code": code})
    wrong = await client.post(f"{activity}/{DOOR}", data={"code": answer_link})
    # Not its last character, of which some bits say nothing.
    other_code = code[:-5] + ("A" if code[-5] != "A" else "B") + code[-4:]
    changed = await client.post(f"{activity}/{DOOR}", data={"code": other_code})

    assert [invited[person] in one.text for one in (there, wrong, changed)] == [False] * 3


async def test_costs_are_recorded_in_yuan_and_summed(client, activity):
    for what, amount in (("场地", "1200"), ("茶歇", "300.50")):
        answer = await client.post(f"{activity}/do/spend", data={"what": what, "amount": amount})
        assert answer.status_code == 200, answer.text
    wrong = await client.post(f"{activity}/do/spend", data={"what": "花", "amount": "很多"})

    shown = await page(client, activity)

    assert re.search(r'id="f-amount-error">.*?请填数字', wrong.text), (
        "the error stands at the field whose part is wrong"
    )
    assert (wrong.status_code, "1500.50 CNY" in shown, "场地" in shown) == (422, True, True)


async def test_another_outlet_neither_sees_nor_runs_it(tenant, client, clock):
    for unit in ("north", "south"):
        await tenant.unit(unit)
    north = await tenant.staff("north", "manager", unit="north")
    south = await tenant.staff("south", "manager", unit="south")
    answer = await north.post(f"{PAGES}/new", data=given(clock))
    assert answer.status_code == 200, answer.text
    activity = re.search(rf"{PAGES}/[0-9a-f-]{{36}}", answer.headers["HX-Trigger"])[0]

    opened = [(await south.get(path)).status_code for path in (activity, f"{activity}/invite", f"{activity}/{DOOR}")]
    ended = await south.post(f"{activity}/do/cancel", data={"reason": "不办了"})

    assert (opened, ended.status_code) == ([404] * 3, 404)
    assert activity not in await page(south, PAGES)


async def test_looking_at_the_guests_is_on_record(tenant, client, activity):
    person = await customer(client)
    await invite(client, activity, person)
    own = await tenant.staff("own", "manager")

    await page(own, activity)

    entries = (await client.get("/api/v1/audit-entries", params={"action": "activity.search"})).json()["items"]
    assert entries[0]["customer_ids"] == [person]


async def test_a_campaign_is_started_worked_through_and_measured(tenant, client):
    people = [await customer(client, str(number), name=f"赵{number}") for number in range(3)]
    for person in people:
        await member(tenant, person)
    await client.post(f"/api/v1/customers/{people[0]}/consents", json={"purpose": "marketing", "answer": "refused"})
    started = await client.post(
        "/console/campaigns/new", data={"title": "新片试看", "tiers": [TIER], "control_percent": "0"}
    )
    assert started.status_code == 200, started.text
    address = re.search(r"/console/campaigns/[0-9a-f-]{36}", started.headers["HX-Trigger"])[0]

    listed, members = await page(client, "/console/campaigns"), await page(client, address)
    todo = re.findall(r"/console/campaigns/members/[0-9a-f-]{36}/do/contact", members)
    contacted = await client.post(todo[0], data={"channel": "phone"})
    twice = await client.post(todo[0], data={"channel": "phone"})
    responded = await client.post(todo[0].replace("contact", "respond"), data={"kind": "bought"})
    left = await page(client, address, open_only="true")
    measured = await page(client, f"{address}/results")

    assert ("新片试看" in listed, len(todo), "不愿接受营销" in members) == (True, 2, True)
    assert [one.status_code for one in (contacted, twice, responded)] == [200, 409, 200]
    assert (len(re.findall("do/contact", left)), "没有对照组" in measured) == (1, True)


async def test_a_campaign_without_a_tier_is_not_started(client):
    answer = await client.post("/console/campaigns/new", data={"title": "新片试看"})

    assert (answer.status_code, 'id="f-tiers-error"' in answer.text) == (422, True), answer.text
