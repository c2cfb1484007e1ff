"""Surveys from the draw to the confirmed improvement, over HTTP and by the customer's link."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from desk import Desk, open_desk
from running import come_round

from guibin.surveys.jobs import TellOverdueImprovements

QUESTION = "overall_satisfaction"


@pytest.fixture
async def desk(tenant, client):
    return Desk(tenant, client)


async def hold(desk, survey="satisfaction", status=201, **body):
    answer = await desk.client.post(f"/api/v1/surveys/{survey}/rounds", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def invitations(desk, round_id):
    params = {"round_id": round_id, "limit": "200"}
    return (await desk.client.get("/api/v1/survey-invitations", params=params)).json()["items"]


async def link(client, invitation, status=201):
    path = f"/api/v1/survey-invitations/{invitation['id']}/sendings"
    answer = await client.post(path, json={"channel": "sms"})
    assert answer.status_code == status, answer.text
    return answer.json().get("path")


async def answered(world, desk, score, *, customer=None, comment="", survey="satisfaction", questions=(QUESTION,)):
    """Hold the survey of everybody and answer for one customer (or the only one)."""
    round_id = (await hold(desk, survey, sample_percent=100))["id"]
    drawn = await invitations(desk, round_id)
    chosen = next(one for one in drawn if customer is None or one["customer_id"] == customer)
    path = await link(desk.client, chosen)
    answer = await world.client().post(path, data={**dict.fromkeys(questions, str(score)), "comment": comment})
    assert answer.status_code == 200, answer.text
    return round_id


async def answers(desk, **params):
    return (await desk.client.get("/api/v1/survey-answers", params=params)).json()["items"]


async def kinds(client):
    return [one["kind"] for one in (await client.get("/api/v1/notices")).json()["items"]]


@pytest.mark.rule("S01-11")
async def test_the_draw_is_on_record_and_anybody_can_make_it_again(desk):
    people = [await desk.customer(f"D{n}", "leader") for n in range(11)]
    unwilling, gone = people[9], people[10]
    await desk.consent(unwilling, "survey", "refused")
    async with desk.tenant.scope() as scope:
        await scope.connection.execute("update customer set closed_at = now() where id = $1", gone)

    held = await hold(desk, seed="spring-2026")
    drawn = {one["customer_id"] for one in await invitations(desk, held["id"])}

    # Twenty in a hundred of nine, rounded up.
    assert (held["population"], held["sample"], held["invited"], held["seed"]) == (9, 2, 2, "spring-2026")
    by_hash = sorted(people[:9], key=lambda one: hashlib.sha256(f"spring-2026/{one}".encode()).digest())
    assert drawn == set(by_hash[:2])


@pytest.mark.rule("S01-11")
async def test_nobody_is_asked_again_too_soon_and_another_seed_draws_others(desk, clock):
    people = {await desk.customer(f"R{n}", "leader") for n in range(8)}
    first = await hold(desk, sample_percent=50)
    second = await hold(desk, sample_percent=100)
    await hold(desk, status=409, sample_percent=100)
    drawn = [{one["customer_id"] for one in await invitations(desk, r["id"])} for r in (first, second)]
    clock.set(clock() + timedelta(days=91))

    again = await hold(desk, sample_percent=100)

    assert (drawn[0] | drawn[1], drawn[0] & drawn[1], len(drawn[0])) == (people, set(), 4)
    assert again["sample"] == 8
    assert first["seed"] != second["seed"]


@pytest.mark.rule("S09-2")
async def test_a_score_under_the_floor_alerts_the_account_manager_once(world, tenant, desk):
    manager = await tenant.staff("manager-wang", "account_manager")
    other = await tenant.staff("manager-li", "account_manager")
    low, high = [
        await desk.customer(f"S{n}", "leader", account_manager_id=str(manager.staff_id)) for n in ("low", "high")
    ]
    round_id = (await hold(desk, sample_percent=100))["id"]
    for one in await invitations(desk, round_id):
        path = await link(manager, one)
        await world.client().post(path, data={QUESTION: "50" if one["customer_id"] == low else "100"})

    low_answers = await answers(desk, under_floor="true")

    assert sorted(await kinds(manager)) == ["survey_low", "survey_started"]
    assert await kinds(other) == []
    notice = (await manager.get("/api/v1/notices", headers={"Accept-Language": "zh"})).json()["items"]
    assert "客户满意度 50 分，低于 60 分，请尽快联系客户" in {one["text"] for one in notice}
    assert [(one["customer_id"], one["score"]) for one in low_answers] == [(low, 50)]
    assert {one["customer_id"] for one in await answers(desk)} == {low, high}


@pytest.mark.rule("S09-2")
@pytest.mark.parametrize(("floor", "told"), [(75, []), (76, ["survey_low"])])
async def test_the_floor_is_the_tenants_own_and_exactly_at_it_is_enough(world, tenant, desk, floor, told):
    survey = {"name": "satisfaction", "questions": [QUESTION], "floor": floor}
    body = {"overrides": {"surveys": [survey]}, "note": "our floor"}
    assert (await desk.client.post("/api/v1/policy/versions", json=body)).status_code == 201
    manager = await tenant.staff("manager-wang", "account_manager")
    await desk.customer("F", "leader", account_manager_id=str(manager.staff_id))

    await answered(world, desk, 75)

    assert [kind for kind in await kinds(manager) if kind == "survey_low"] == told


@pytest.mark.rule("S01-11")
async def test_an_improvement_is_followed_to_its_end(world, tenant, desk, clock):
    owner = await tenant.staff("owner", "agent")
    chief = await tenant.staff("chief", "manager")
    customer = await desk.customer("I", "leader")
    round_id = await answered(world, desk, 25, comment="热线太慢")
    answer = (await answers(desk, round_id=round_id))[0]
    due = clock() + timedelta(days=5)
    body = {
        "text": "热线增加两个座席",
        "owner_id": str(owner.staff_id),
        "due_at": due.isoformat(),
        "answer_id": answer["id"],
    }
    made = (await chief.post("/api/v1/improvement-actions", json=body)).json()
    path = f"/api/v1/improvement-actions/{made['id']}"
    too_early = await chief.post(f"{path}/confirmation", json={"note": "有效"})
    foreign = await chief.post(f"{path}/reports", json={"note": "x"})
    signed_in = clock()
    clock.set(due + timedelta(hours=1))
    for _ in range(2):
        await come_round(tenant, TellOverdueImprovements())
    clock.set(signed_in)

    reported = (await owner.post(f"{path}/reports", json={"note": "已增加一个"})).json()
    own = await owner.post(f"{path}/confirmation", json={"note": "有效"})
    returned = (await chief.post(f"{path}/returns", json={"note": "还差一个"})).json()
    clock.set(due + timedelta(hours=1))
    await come_round(tenant, TellOverdueImprovements())
    clock.set(signed_in)
    await owner.post(f"{path}/reports", json={"note": "已增加两个"})
    ended = (await chief.post(f"{path}/confirmation", json={"note": "等待时间减半"})).json()
    after = await chief.post(f"{path}/returns", json={"note": "x"})

    assert (made["state"], made["customer_id"], made["round_id"]) == ("open", customer, round_id)
    assert [one.status_code for one in (too_early, foreign, own, after)] == [409, 403, 403, 409]
    assert [one["state"] for one in (reported, returned, ended)] == ["reported", "open", "confirmed"]
    assert [step["kind"] for step in ended["steps"]] == ["reported", "sent_back", "reported", "confirmed"]
    told = await kinds(owner)
    # Late twice: once before the report and once after it came back.
    assert (told.count("improvement_overdue"), told.count("improvement_owed")) == (2, 2)
    assert (await kinds(chief)).count("improvement_overdue") == 2
    open_ones = await desk.client.get("/api/v1/improvement-actions", params={"state": "open"})
    assert open_ones.json()["items"] == []


async def test_an_improvement_needs_an_owner_a_future_and_a_reason(tenant, desk, clock):
    owner = await tenant.staff("owner", "agent")
    body = {"text": "改进", "owner_id": str(tenant.id), "due_at": (clock() - timedelta(1)).isoformat()}

    wrong = await desk.client.post("/api/v1/improvement-actions", json=body)
    late = await desk.client.post("/api/v1/improvement-actions", json=body | {"owner_id": str(owner.staff_id)})

    assert {one["field"] for one in wrong.json()["errors"]} == {"owner_id", "due_at", "round_id"}
    assert late.status_code == 422


async def test_a_comment_is_sealed_and_shown_with_one_answer_only(world, desk):
    customer = await desk.customer("C", "leader")
    await answered(world, desk, 100, comment="王经理很好")
    listed = (await answers(desk))[0]

    one = (await desk.client.get(f"/api/v1/survey-answers/{listed['id']}")).json()

    async with desk.tenant.scope() as scope:
        stored = await scope.connection.fetchval("select comment_sealed from survey_answer")
    assert "王经理".encode() not in stored
    assert (listed["comment"], one["comment"]) == ("", "王经理很好")
    entries = (await desk.client.get("/api/v1/audit-entries", params={"customer_id": customer})).json()["items"]
    assert {"survey_answer.read", "survey.answer", "survey.send"} <= {entry["action"] for entry in entries}


@pytest.mark.rule("S02-6")
async def test_another_branch_sees_neither_invitation_nor_answer(world, tenant, desk):
    for unit in ("east", "west"):
        await tenant.unit(unit)
    await desk.customer("E", "leader", org_unit_id=str(tenant.units["east"]))
    await desk.customer("W", "leader", org_unit_id=str(tenant.units["west"]))
    west = await tenant.staff("west-manager", "manager", unit="west")
    await answered(world, desk, 50, customer=(await desk.numbers())["E"])
    east_answer = (await answers(desk))[0]

    seen = (await west.get("/api/v1/survey-invitations")).json()["items"]

    assert [one["customer_number"] for one in seen] == ["W"]
    assert (await west.get("/api/v1/survey-answers")).json()["items"] == []
    assert (await west.get(f"/api/v1/survey-answers/{east_answer['id']}")).status_code == 404
    own = await west.post("/api/v1/surveys/satisfaction/rounds", json={"sample_percent": 100})
    assert own.status_code == 409


@pytest.mark.rule("S05-2")
async def test_a_year_beside_the_year_before_question_by_question(world, clock):
    desk = await open_desk(world, "telecom")
    questions = ("satisfaction", "brand_perception", "service_perception", "reward_perception")
    people = [await desk.customer(f"Y{n}", "subscriber") for n in range(5)]
    for year, given in ((2025, (75, 50, 50, 75)), (2026, (100, 50, 25, 75))):
        clock.set(datetime(year, 6, 1, tzinfo=UTC))
        round_id = (await hold(desk, "vip_perception", sample_percent=100))["id"]
        for one in await invitations(desk, round_id):
            form = {name: str(score) for name, score in zip(questions, given, strict=True)}
            path = await link(desk.client, one)
            assert (await world.client().post(path, data=form)).status_code == 200

    path = "/api/v1/surveys/vip_perception/comparison"
    found = (await desk.client.get(path, params={"year": "2026"}, headers={"Accept-Language": "zh"})).json()
    first = (await desk.client.get(path, params={"year": "2025"})).json()

    rows = {one["question"]: one for one in found["questions"]}
    assert {name: (row["score_avg"], row["gain"], row["clearly_better"]) for name, row in rows.items()} == {
        "overall": (62.0, 0.0, False),
        "satisfaction": (100.0, 25.0, True),
        "brand_perception": (50.0, 0.0, False),
        "service_perception": (25.0, -25.0, False),
        "reward_perception": (75.0, 0.0, False),
    }
    assert rows["brand_perception"]["title"] == "您对全球通品牌的感知如何?"
    assert rows["overall"]["answers"] == len(people)
    assert {one["gain"] for one in first["questions"]} == {None}


async def test_a_survey_scheme_or_tier_that_does_not_exist_is_refused(desk):
    await desk.customer("X", "leader")

    await hold(desk, "weather", status=404)
    await hold(desk, status=422, scheme="nowhere")
    await hold(desk, status=422, tier="gold")
    await hold(desk, status=400, sample_percent=0)
    assert [one["name"] for one in (await desk.client.get("/api/v1/surveys")).json()] == ["satisfaction"]


@pytest.mark.rule("S01-11", "S05-3")
async def test_whoever_takes_over_owes_the_improvement(world, tenant, desk, clock):
    owner, heir = [await tenant.staff(name, "agent") for name in ("owner", "heir")]
    admin = await tenant.staff("admin", "tenant_admin")
    await desk.customer("H", "leader")
    round_id = await answered(world, desk, 25)
    due = clock() + timedelta(days=5)
    body = {"text": "增加座席", "owner_id": str(owner.staff_id), "due_at": due.isoformat(), "round_id": round_id}
    made = (await desk.client.post("/api/v1/improvement-actions", json=body)).json()
    path = f"/api/v1/staff/{owner.staff_id}/leaving"

    refused = await admin.post(path, json={})
    done = await admin.post(path, json={"successor_id": str(heir.staff_id)})

    assert (refused.status_code, "1 improvement actions" in refused.json()["detail"]) == (409, True)
    assert done.status_code == 200, done.text
    reported = await heir.post(f"/api/v1/improvement-actions/{made['id']}/reports", json={"note": "已增加"})
    assert (reported.json()["owner_name"], reported.json()["state"]) == ("heir", "reported")
