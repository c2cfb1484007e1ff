"""S10-5, S10-8: a comment in a survey or after an event is an opinion that somebody owes an answer to, in time and on record."""

from datetime import timedelta

import pytest
from desk import Desk
from running import work_off

from guibin.sla.sweep import fire_due
from guibin_tenants.scope import fetch

ACTIVITIES, INVITATIONS = "/api/v1/activities", "/api/v1/activity-invitations"
QUESTION = "overall_satisfaction"


@pytest.fixture
async def house(tenant, client):
    """A customer of an outlet, who looks after them, who leads, and a neighbour."""
    for code in ("east", "west"):
        await tenant.unit(code)
    people = {
        "own": await tenant.staff("own", "account_manager", unit="east"),
        "lead": await tenant.staff("lead", "manager", unit="east"),
        "west": await tenant.staff("west", "manager", unit="west"),
        "desk": Desk(tenant, client),
    }
    more = {"org_unit_id": str(tenant.units["east"]), "account_manager_id": str(people["own"].staff_id)}
    people["customer"] = await people["desk"].customer("1", "leader", **more)
    return people


async def posted(client, path, body=None, status=201):
    answer = await client.post(path, json=body or {})
    assert answer.status_code == status, answer.text
    return answer.json()


async def survey_link(house):
    client = house["desk"].client
    held = await posted(client, "/api/v1/surveys/satisfaction/rounds", {"sample_percent": 100})
    (drawn,) = (await client.get("/api/v1/survey-invitations", params={"round_id": held["id"]})).json()["items"]
    return (await posted(client, f"/api/v1/survey-invitations/{drawn['id']}/sendings", {"channel": "sms"}))["path"]


async def answered(house, world, comment):
    answer = await world.client().post(await survey_link(house), data={QUESTION: "75", "comment": comment})
    assert answer.status_code == 200, answer.text


async def attended(house, clock, comment):
    client = house["desk"].client
    asks = {"name": "lecture", "clause": "S10-6"}
    await posted(
        client,
        "/api/v1/policy/versions",
        {"note": "events", "overrides": {"activities": [asks]}, "effective_from": clock().isoformat()},
    )
    begins = clock() + timedelta(hours=1)
    when = {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(hours=2)).isoformat()}
    event = await posted(client, ACTIVITIES, {"kind": "lecture", "title": "行业讲座", **when})
    await posted(client, f"{ACTIVITIES}/{event['id']}/invitations", {"customer_ids": [house["customer"]]})
    (guest,) = (await client.get(INVITATIONS, params={"activity_id": event["id"]})).json()["items"]
    clock.set(begins + timedelta(minutes=5))
    await posted(client, f"{INVITATIONS}/{guest['id']}/attendance", {"persons": 1})
    said = {"scores": {QUESTION: 75}, "comment": comment}
    await posted(client, f"{INVITATIONS}/{guest['id']}/feedback", said, 200)


async def contacts(who):
    return (await who.get("/api/v1/interactions")).json()["items"]


async def pass_time(tenant, clock, span):
    clock.set(clock() + span)
    async with tenant.scope():
        await fire_due(clock())
    await work_off(tenant)


async def told(tenant):
    async with tenant.scope():
        rows = await fetch(
            "select n.kind, s.name from staff_notice n join staff s on s.tenant_id = n.tenant_id and s.id = n.staff_id"
            " where n.kind in ('need_open', 'question_due', 'question_overdue') order by n.told_at, n.kind, s.name"
        )
    return [tuple(row) for row in rows]


@pytest.mark.rule("S10-5", "S10-8")
@pytest.mark.parametrize("where", ["survey", "event"])
async def test_a_comment_is_owed_an_answer_and_told_when_it_is_late(tenant, world, clock, house, where):
    await (answered(house, world, "等太久") if where == "survey" else attended(house, clock, "听不清"))
    at_once, elsewhere = await told(tenant), await contacts(house["west"])
    (contact,) = await contacts(house["own"])

    await pass_time(tenant, clock, timedelta(hours=23, minutes=59))
    before = await told(tenant)
    await pass_time(tenant, clock, timedelta(minutes=1))

    assert (contact["direction"], contact["handling_state"]) == ("in", "open")
    assert ("等太久" in str(contact), "听不清" in str(contact)) == (False, False)
    assert (at_once, elsewhere) == ([("need_open", "own")], [])
    assert before == [*at_once, ("question_due", "own")]
    assert await told(tenant) == [*before, ("question_overdue", "lead"), ("question_overdue", "own")]


@pytest.mark.rule("S10-5", "S10-8")
async def test_answered_in_time_it_is_on_record_and_nobody_is_told_more(tenant, world, clock, house):
    await answered(house, world, "等太久")
    (contact,) = await contacts(house["own"])
    path = f"/api/v1/interactions/{contact['id']}/handlings"
    await pass_time(tenant, clock, timedelta(hours=2))

    done = await house["own"].post(path, json={"text": "已致歉并缩短排队", "done": True})
    await pass_time(tenant, clock, timedelta(days=3))

    assert done.status_code == 201, done.text
    assert await told(tenant) == [("need_open", "own")]
    async with tenant.scope():
        rows = await fetch("select text from interaction_handling")
    assert [row["text"] for row in rows] == ["已致歉并缩短排队"]


@pytest.mark.rule("S10-5")
@pytest.mark.parametrize("where", ["survey", "event"])
async def test_scores_without_a_word_are_owed_nothing(tenant, world, clock, house, where):
    await (answered(house, world, "  ") if where == "survey" else attended(house, clock, ""))
    found = await contacts(house["own"])
    await pass_time(tenant, clock, timedelta(days=3))

    assert (found, await told(tenant)) == ([], [])


@pytest.mark.rule("S10-8")
@pytest.mark.parametrize(("where", "table"), [("survey", "survey_answer"), ("event", "activity_feedback")])
async def test_the_contact_names_what_the_customer_wrote_it_in(tenant, world, clock, house, where, table):
    await (answered(house, world, "等太久") if where == "survey" else attended(house, clock, "听不清"))
    (contact,) = await contacts(house["own"])
    async with tenant.scope():
        (written,) = await fetch(f"select id from {table}")

    assert (contact["source"], contact["source_number"]) == (table, str(written["id"]))
