"""Near the level from which loyalty jumps (S09-5); a year beside the one before and beside other units (S05-2, S05-8)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from acting import acting
from desk import Desk
from running import come_round

from guibin.surveys.jobs import TellSatisfaction
from guibin.surveys.tables import SurveyAnswer, SurveyInvitation, SurveyRound
from guibin_tenants.authentication import system_principal
from guibin_tenants.rows import add
from guibin_tenants.scope import fetch
from guibin_tenants.tables import new_id

ZONE = ZoneInfo("Asia/Shanghai")
QUESTION = "overall_satisfaction"


@pytest.fixture
async def desk(tenant, client):
    await tenant.unit("east")
    return Desk(tenant, client)


async def scored(desk, year, scores):
    """So many customers answered with these scores in a year."""
    at = datetime(year, 2, 1, 10, tzinfo=ZONE)
    people = [await desk.customer(f"{year}-{place}", "leader") for place in range(len(scores))]
    async with desk.tenant.scope():
        act = acting(by=system_principal(name="tests", job_id=new_id()), now=at)
        round_id = await add(
            SurveyRound,
            act,
            survey="satisfaction",
            org_unit_id=desk.tenant.units["east"],
            policy={},
            criteria={},
            seed="seed",
            population=9,
            sample=9,
            answer_until=at + timedelta(days=9),
        )
        for person, score in zip(people, scores, strict=True):
            said = {"round_id": round_id, "customer_id": person, "survey": "satisfaction"}
            until = at + timedelta(days=9)
            invitation = await add(SurveyInvitation, None, **said, invited_at=at, expires_at=until)
            await add(
                SurveyAnswer,
                None,
                **said,
                invitation_id=invitation,
                scores={QUESTION: score},
                score=score,
                floor=60,
                leap=90,
                near_leap=10,
                answered_at=at,
            )


async def benchmark(desk, score, *, year=2026, unit="兄弟单位", status=201, **more):
    body = {"survey": "satisfaction", "year": year, "unit": unit, "score": score, "source": "省公司通报"}
    answer = await desk.client.post("/api/v1/survey-benchmarks", json=body | more)
    assert answer.status_code == status, answer.text
    return answer.json()


async def told(desk, person):
    async with desk.tenant.scope():
        rows = await fetch(
            "select kind from staff_notice where staff_id = $1 and kind like 'satisfaction%' order by told_at, kind",
            person.staff_id,
        )
    return [row["kind"] for row in rows]


async def overall(desk):
    path = "/api/v1/surveys/satisfaction/comparison"
    answer = await desk.client.get(path, params={"year": "2026"})
    return answer.json()["questions"][0]


@pytest.mark.rule("S09-5")
@pytest.mark.parametrize(
    ("leap", "near_by", "kinds"),
    [(90, 14, []), (90, 15, ["survey_near_leap"]), (76, 1, ["survey_near_leap"]), (75, 15, [])],
)
async def test_whoever_is_near_the_leap_is_told_of_and_listed(world, tenant, desk, leap, near_by, kinds):
    survey = {"name": "satisfaction", "questions": [QUESTION], "leap": leap, "near_leap": near_by}
    body = {"overrides": {"surveys": [survey]}, "note": "our level"}
    assert (await desk.client.post("/api/v1/policy/versions", json=body)).status_code == 201
    manager = await tenant.staff("manager-wang", "account_manager")
    await desk.customer("L", "leader", account_manager_id=str(manager.staff_id))
    held = (await desk.client.post("/api/v1/surveys/satisfaction/rounds", json={"sample_percent": 100})).json()
    invited = (await desk.client.get("/api/v1/survey-invitations", params={"round_id": held["id"]})).json()["items"]
    path = f"/api/v1/survey-invitations/{invited[0]['id']}/sendings"
    link = (await desk.client.post(path, json={"channel": "sms"})).json()["path"]
    answer = await world.client().post(link, data={QUESTION: "75"})
    assert answer.status_code == 200, answer.text

    near = (await desk.client.get("/api/v1/survey-answers", params={"near_leap": "true"})).json()["items"]
    notices = (await manager.get("/api/v1/notices")).json()["items"]
    shown = (await desk.client.get(f"/api/v1/survey-rounds/{held['id']}")).json()
    page = (await manager.get("/console/satisfaction")).text

    assert [one["kind"] for one in notices if one["kind"] in ("survey_near_leap", "survey_low")] == kinds
    assert [one["near"] for one in near] == [True] * len(kinds)
    assert (shown["near_leap"], shown["at_leap"]) == (len(kinds), int(leap == 75))
    assert ("客户L" in page) == bool(kinds)


@pytest.mark.rule("S05-8")
async def test_a_year_stands_beside_other_units_and_leadership_hears_when_it_is_below(desk, tenant):
    boss = await tenant.staff("boss", "tenant_admin")
    worker = await tenant.staff("worker", "account_manager")
    await scored(desk, 2025, [80] * 5)
    await scored(desk, 2026, [84] * 5)
    await benchmark(desk, 83.5, year=2026, unit="甲市")
    before = await told(desk, boss)
    await benchmark(desk, 79.0, year=2025, unit="甲市")
    await benchmark(desk, 86.5, year=2026, unit="乙市")

    stands = await overall(desk)

    assert before == []
    assert (stands["others"], stands["others_avg"], stands["below"]) == (2, 85.0, True)
    assert (stands["rank"], stands["rank_before"]) == (2, 1)
    assert await told(desk, boss) == ["satisfaction_below"]
    assert await told(desk, worker) == []


async def test_entered_again_it_is_put_right_and_only_for_what_there_is(desk):
    first = await benchmark(desk, 83.5)
    second = await benchmark(desk, 81.2)
    await benchmark(desk, 81.2, question="weather", status=422)
    listed = (await desk.client.get("/api/v1/survey-benchmarks")).json()["items"]

    assert (first["id"], second["score"]) == (second["id"], 81.2)
    assert [(one["unit"], one["score"]) for one in listed] == [("兄弟单位", 81.2)]
    assert (await desk.client.delete(f"/api/v1/survey-benchmarks/{first['id']}")).status_code == 204


@pytest.mark.rule("S05-2")
@pytest.mark.parametrize(("score", "kinds"), [(82, ["satisfaction_not_better"]), (83, [])])
async def test_leadership_hears_every_month_that_a_year_is_not_clearly_better(desk, tenant, clock, score, kinds):
    boss = await tenant.staff("boss", "tenant_admin")
    await scored(desk, 2025, [80] * 5)
    await scored(desk, 2026, [score] * 5)

    await come_round(tenant, TellSatisfaction())
    await come_round(tenant, TellSatisfaction())
    once = await told(desk, boss)
    clock.set(clock() + timedelta(days=31))
    await come_round(tenant, TellSatisfaction())

    assert (once, await told(desk, boss)) == (kinds, kinds * 2)
