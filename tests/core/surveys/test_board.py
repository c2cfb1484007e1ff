"""Satisfaction for whoever leads: asked and answered, who was dissatisfied and what came of them, comments that are owed an answer."""

from datetime import timedelta
from statistics import mean
from uuid import UUID

import pytest
from acting import acting
from desk import Desk

from guibin.surveys.answering import Asked, answer
from guibin.surveys.tables import SurveyInvitation, SurveyRound
from guibin_tenants.authentication import system_principal
from guibin_tenants.rows import add
from guibin_tenants.tables import new_id

BOARD, ANSWERS, PAGE = "/api/v1/survey-board", "/api/v1/survey-board/answers", "/console/survey-board"


@pytest.fixture
async def desk(tenant, client):
    for unit in ("east", "west"):
        await tenant.unit(unit)
    return Desk(tenant, client)


async def asked(desk, clock, scores, *, unit="east", comment="", unanswered=0):
    """So many customers of the unit are asked now; these answer with these scores. The answers' ids."""
    policy = (await desk.client.get("/api/v1/surveys")).json()[0]
    found = []
    place = {"org_unit_id": str(desk.tenant.units[unit])}
    people = [
        await desk.customer(f"{unit}{clock():%m%d}{number}", "leader", **place)
        for number in range(len(scores) + unanswered)
    ]
    async with desk.tenant.scope():
        act = acting(by=system_principal(name="tests", job_id=new_id()), now=clock())
        survey = next(each for each in act.policy.surveys if each.name == policy["name"])
        said = {
            "survey": survey.name,
            "org_unit_id": desk.tenant.units[unit],
            "policy": {},
            "criteria": {},
            "seed": "s",
        }
        until = clock() + timedelta(days=9)
        round_id = await add(SurveyRound, act, **said, population=9, sample=9, answer_until=until)
        for number, person in enumerate(people):
            row = {"round_id": round_id, "customer_id": person, "survey": survey.name}
            invitation = await add(SurveyInvitation, None, **row, invited_at=clock(), expires_at=until)
            if number < len(scores):
                to = Asked(invitation, round_id, UUID(person), survey)
                given = dict.fromkeys(survey.questions, scores[number])
                found.append(str(await answer(to, given, comment if number == 0 else "", act)))
    return found


async def line(client):
    found = await client.get(BOARD)
    assert found.status_code == 200, found.text
    return found.json()[0]


async def rows(client, **params):
    found = await client.get(ANSWERS, params=params)
    assert found.status_code == 200, found.text
    return [each["id"] for each in found.json()["items"]]


@pytest.mark.rule("S09-2")
async def test_it_says_how_many_were_asked_and_how_it_goes_month_by_month(desk, clock):
    scores = [100, 75, 75, 50, 0]
    await asked(desk, clock, scores, unanswered=2)
    clock.set(clock() + timedelta(days=31))
    await asked(desk, clock, [25])
    client = await desk.tenant.staff("lead", "manager")

    found = await line(client)

    assert (found["asked"], found["answered"], found["score_avg"]) == (8, 6, round(mean([*scores, 25]), 1))
    assert [(each["answers"], each["score_avg"]) for each in found["months"]][-2:] == [(5, mean(scores)), (1, None)]
    assert (len(found["months"]), sum(each["answers"] for each in found["months"])) == (12, 6)


@pytest.mark.rule("S01-11")
async def test_what_came_of_who_was_dissatisfied_is_counted_and_leads_to_them(desk, clock):
    first, second, _ = await asked(desk, clock, [0, 25, 100])
    lead, owner = await desk.tenant.staff("lead", "manager"), await desk.tenant.staff("owner", "account_manager")
    new = {"text": "换一位师傅", "owner_id": str(owner.staff_id), "due_at": (clock() + timedelta(days=5)).isoformat()}
    made = (await lead.post("/api/v1/improvement-actions", json=new | {"answer_id": first})).json()
    before = await line(lead)
    done = {"note": "已换"}
    await owner.post(f"/api/v1/improvement-actions/{made['id']}/reports", json=done)
    await lead.post(f"/api/v1/improvement-actions/{made['id']}/confirmation", json=done)
    after = await line(lead)

    assert [before[name] for name in ("low", "unseen", "improving", "improved")] == [2, 1, 1, 0]
    assert [after[name] for name in ("low", "unseen", "improving", "improved")] == [2, 1, 0, 1]
    assert sorted(await rows(lead, low="true")) == sorted([first, second])
    assert await rows(lead, low="true", improvement="none") == [second]
    assert await rows(lead, improvement="confirmed") == [first]


@pytest.mark.rule("S10-5")
async def test_a_comment_is_owed_an_answer_late_and_answered(desk, clock):
    (said,) = await asked(desk, clock, [100], comment="师傅很好，只是来晚了")
    lead = await desk.tenant.staff("lead", "manager")
    owed = await line(lead)
    contact = (await lead.get(ANSWERS, params={"comment": "owed"})).json()["items"][0]["contact_id"]
    clock.set(clock() + timedelta(days=60))
    lead = await desk.tenant.staff("lead2", "manager")
    late = await line(lead)
    late_rows = await rows(lead, comment="late")
    done = await lead.post(f"/api/v1/interactions/{contact}/handlings", json={"text": "已回电致歉"})
    answered = await line(lead)

    assert done.status_code == 201, done.text
    assert [(each["comments"], each["comments_owed"], each["comments_late"]) for each in (owed, late, answered)] == [
        (1, 1, 0),
        (1, 1, 1),
        (1, 0, 0),
    ]
    assert late_rows == await rows(lead, comment="answered") == [said]
    assert await rows(lead, comment="late") == []


async def test_each_outlet_sees_its_own_and_the_page_names_nobody_else(desk, clock):
    await asked(desk, clock, [0], unit="east")
    (theirs,) = await asked(desk, clock, [0], unit="west")
    lead = await desk.tenant.staff("lead", "manager", unit="west")
    everybody = await desk.tenant.staff("head", "manager")

    page = (await lead.get(PAGE, headers={"Accept-Language": "zh-CN"})).text

    assert ((await line(everybody))["low"], (await line(lead))["low"]) == (2, 1)
    assert await rows(lead) == [theirs]
    assert all(said in page for said in ("满意度看板", "还没有改进", "改进中", "意见待答"))
    assert page.count("tr data-row") == 1
