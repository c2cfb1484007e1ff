"""How subscribers perceive the service: who is not satisfied, and how the company stands beside others (S05-2, S05-8, S09-2)."""

import pytest
from desk import open_desk

QUESTIONS = ("satisfaction", "brand_perception", "service_perception", "reward_perception")
PERCEPTION = "/api/v1/surveys/vip_perception"


@pytest.fixture
async def desk(world):
    return await open_desk(world, "telecom")


async def asked(desk):
    """The links of everybody, once."""
    held = (await desk.client.post(f"{PERCEPTION}/rounds", json={"sample_percent": 100})).json()
    drawn = await desk.client.get("/api/v1/survey-invitations", params={"round_id": held["id"], "limit": "200"})
    links = {}
    for one in drawn.json()["items"]:
        sending = f"/api/v1/survey-invitations/{one['id']}/sendings"
        links[one["customer_id"]] = (await desk.client.post(sending, json={"channel": "sms"})).json()["path"]
    return links


async def says(world, link, *scores):
    form = {name: str(score) for name, score in zip(QUESTIONS, scores, strict=True)}
    answer = await world.client().post(link, data=form)
    assert answer.status_code == 200, answer.text


async def told(client, *kinds):
    notices = (await client.get("/api/v1/notices", params={"limit": 200})).json()["items"]
    return [one["kind"] for one in notices if one["kind"] in kinds]


@pytest.mark.rule("S05-2", "S09-2")
@pytest.mark.parametrize(("scores", "kinds"), [((75, 75, 75, 50), ["survey_low"]), ((75, 75, 75, 75), [])])
async def test_under_seventy_the_account_manager_hears_of_it(world, desk, scores, kinds):
    manager = await desk.tenant.staff("lin", "account_manager")
    person = await desk.customer("S1", "subscriber", account_manager_id=str(manager.staff_id))

    await says(world, (await asked(desk))[person], *scores)

    assert await told(manager, "survey_low") == kinds


@pytest.mark.rule("S05-8")
@pytest.mark.parametrize(("others", "kinds"), [(75.0, []), (75.1, ["satisfaction_below"])])
async def test_managers_and_admins_hear_where_other_units_of_the_province_are_ahead(world, desk, others, kinds):
    leaders = [await desk.tenant.staff("zhang", "manager"), await desk.tenant.staff("boss", "tenant_admin")]
    worker = await desk.tenant.staff("lin", "account_manager")
    for number in range(5):
        await desk.customer(f"S{number}", "subscriber")
    for link in (await asked(desk)).values():
        await says(world, link, 75, 75, 75, 75)

    body = {"survey": "vip_perception", "year": 2026, "unit": "兄弟地市", "score": others, "source": "省公司通报"}
    entered = await desk.client.post("/api/v1/survey-benchmarks", json=body)

    assert entered.status_code == 201, entered.text
    assert [await told(each, "satisfaction_below") for each in leaders] == [kinds, kinds]
    assert await told(worker, "satisfaction_below") == []
