"""S05-4, S07-14: plans for year, month and week, a log day by day; supervisors review both, what is missing is told."""

import asyncio
from datetime import UTC, datetime

import pytest
from running import come_round

from guibin.plans.jobs import TellMissingPlans
from guibin_tenants.scope import fetch

PATH, LOGS = "/api/v1/work-plans", "/api/v1/work-logs"
ITEMS = [{"text": "拜访三位钻石卡客户", "due_on": "2026-03-05"}, {"text": "整理投诉"}]


async def hand_in(who, span="week", status=201, **more):
    answer = await who.post(PATH, json={"span": span, "items": ITEMS if span == "week" else ITEMS[1:], **more})
    assert answer.status_code == status, answer.text
    return answer.json()


async def do(who, path, status=201, **body):
    answer = await who.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def dues(who, **query):
    answer = await who.get(f"{PATH}/dues", params=query)
    return {(one["staff_name"], one["period"]): one["state"] for one in answer.json()}


@pytest.mark.rule("S05-4")
async def test_plans_for_year_month_and_week_are_due_and_missing_ones_are_told(desk, people, told, clock):
    made = await hand_in(people["own"], "week")
    for span in ("month", "year"):
        await hand_in(people["own"], span)

    before = await dues(people["lead"])
    clock.set(datetime(2026, 3, 3, 0, 40, tzinfo=UTC))
    for _ in range(2):
        await come_round(desk.tenant, TellMissingPlans())

    assert (made["period"], made["state"], made["late"], made["items_total"]) == ("2026-W10", "handed_in", False, 2)
    assert {period: state for (name, period), state in before.items() if name == "own"} == {
        "2026-W10": "handed_in",
        "2026-03": "handed_in",
        "2026": "handed_in",
    }
    # The year was to be planned by its first working day, month and week by the end of this Monday.
    assert {period: state for (name, period), state in before.items() if name == "colleague"} == {
        "2026-W10": "due",
        "2026-03": "due",
        "2026": "missing",
    }
    assert await dues(await desk.tenant.client("records:read", org_unit_id=desk.tenant.units["west"])) == {}
    assert sorted(await told(people["colleague"])) == ["log_missing", *["plan_missing"] * 3]
    assert await told(people["own"]) == ["log_missing"]
    # The leader hears of the colleague's three plans and of their own; nobody else's supervisor does.
    assert sorted(await told(people["lead"])) == ["log_missing", *["plan_missing"] * 6]
    assert await told(people["west"]) == await told(people["head"]) == []


@pytest.mark.rule("S05-4")
async def test_a_plan_is_reviewed_returned_with_remarks_revised_and_accepted(desk, people, told):
    plan = await hand_in(people["own"])
    path = f"{PATH}/{plan['id']}"

    silent = await do(people["lead"], f"{path}/reviews", 422, accepted=False)
    returned = await do(people["lead"], f"{path}/reviews", accepted=False, remarks="请补充走访时间")
    await do(people["lead"], f"{path}/reviews", 409, accepted=True)
    await do(people["colleague"], f"{path}/revisions", 404, items=ITEMS)
    revised = await do(people["own"], f"{path}/revisions", items=[{"text": "周二走访", "due_on": "2026-03-03"}])
    await do(people["own"], f"{path}/revisions", 409, items=ITEMS)
    accepted = await do(people["lead"], f"{path}/reviews", accepted=True)

    assert [error["field"] for error in silent["errors"]] == ["remarks"]
    assert (returned["state"], revised["round"], [item["text"] for item in revised["items"]]) == (
        "returned",
        2,
        ["周二走访"],
    )
    assert [(one["round"], one["accepted"], one["remarks"]) for one in accepted["reviews"]] == [
        (1, False, "请补充走访时间"),
        (2, True, ""),
    ]
    assert await told(people["own"]) == ["plan_accepted", "plan_returned"]


@pytest.mark.rule("S05-4")
async def test_nobody_reviews_their_own_and_only_a_supervisor_of_the_unit_does(people):
    own, leads = await hand_in(people["own"]), await hand_in(people["lead"])

    await do(people["own"], f"{PATH}/{own['id']}/reviews", 403, accepted=True)
    await do(people["colleague"], f"{PATH}/{own['id']}/reviews", 404, accepted=True)
    await do(people["west"], f"{PATH}/{own['id']}/reviews", 404, accepted=True)
    await do(people["lead"], f"{PATH}/{leads['id']}/reviews", 403, accepted=True)
    accepted = await do(people["head"], f"{PATH}/{leads['id']}/reviews", accepted=True)

    assert accepted["state"] == "accepted"
    assert [len((await people[who].get(PATH)).json()["items"]) for who in ("own", "colleague", "lead", "west")] == [
        1,
        0,
        2,
        0,
    ]


@pytest.mark.rule("S05-4")
async def test_two_supervisors_at_once_make_one_review(people):
    plan = await hand_in(people["own"])
    path = f"{PATH}/{plan['id']}/reviews"

    answers = await asyncio.gather(
        *(people[who].post(path, json={"accepted": True}) for who in ("lead", "head", "lead", "head"))
    )

    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    twice = await asyncio.gather(*(people["colleague"].post(PATH, json={"span": "week", "items": ITEMS}) for _ in "ab"))
    assert sorted(one.status_code for one in twice) == [201, 409]


@pytest.mark.rule("S05-4")
async def test_a_review_that_is_overdue_shows_up_and_is_told_to_the_supervisor(desk, people, told, clock, again):
    plan = await hand_in(people["own"])
    clock.set(datetime(2026, 3, 6, 0, 40, tzinfo=UTC))
    await come_round(desk.tenant, TellMissingPlans())

    lead = await again(people["lead"], "lead")
    waiting = (await lead.get(PATH, params={"unreviewed": "true"})).json()["items"]

    assert [one["id"] for one in waiting] == [plan["id"]]
    assert (await told(people["lead"])).count("plan_unreviewed") == 1


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"span": "quarter"}, 422, "span"),
        ({"on": "2026-02-20"}, 422, "on"),
        ({"on": "2026-03-20"}, 422, "on"),
        ({"items": [{"text": "x", "due_on": "2026-03-09"}]}, 422, "items[0].due_on"),
        (
            {"items": [{"text": "x", "customer_id": "018f0000-0000-7000-8000-000000000000"}]},
            422,
            "items[0].customer_id",
        ),
        ({"items": []}, 400, None),
        ({"items": [{"text": " "}]}, 400, None),
    ],
)
async def test_a_wrong_plan_is_refused_by_name(people, changes, status, field):
    answer = await people["own"].post(PATH, json={"span": "week", "items": ITEMS} | changes)

    assert answer.status_code == status, answer.text
    if field:
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await people["own"].get(PATH)).json()["items"] == []


@pytest.mark.rule("S05-4", "S07-14")
async def test_items_have_results_and_go_to_whoever_takes_over(desk, people):
    customer = await desk.customer("T-1", "subscriber", org_unit_id=str(desk.tenant.units["east"]))
    items = [{"text": "拜访", "customer_id": customer}, {"text": "整理"}]
    plan = await hand_in(people["own"], items=items)
    first, second = plan["items"]
    path = f"{PATH}/{plan['id']}/items"

    done = await do(people["own"], f"{path}/{second['id']}/result", text="已整理")
    await do(people["own"], f"{path}/{second['id']}/result", 409, text="已整理")
    await do(people["lead"], f"{path}/{first['id']}/result", 403, text="代办")
    admin = await desk.tenant.staff("admin", "tenant_admin")
    leaving = f"/api/v1/staff/{people['own'].staff_id}/leaving"
    refused = await do(admin, leaving, 409)
    await do(admin, leaving, 200, successor_id=str(people["colleague"].staff_id))
    finished = await do(people["colleague"], f"{path}/{first['id']}/result", text="已拜访")

    assert (done["items_done"], finished["items_done"]) == (1, 2)
    assert "1 planned items" in refused["detail"]
    async with desk.tenant.scope():
        rows = await fetch("select customer_ids from audit_entry where action = 'work_plan.hand_in'")
    assert [str(one) for row in rows for one in row["customer_ids"]] == [customer]


@pytest.mark.rule("S05-4")
async def test_a_log_is_kept_day_by_day_and_gone_through_week_by_week(desk, people, told, clock, again):
    customer = await desk.customer("T-1", "subscriber", org_unit_id=str(desk.tenant.units["east"]))
    today = await do(people["own"], LOGS, text="拜访张先生", customer_id=customer)
    late = await do(people["own"], LOGS, text="补记", worked_on="2026-02-27")
    await do(people["own"], LOGS, 422, text="明天", worked_on="2026-03-03")

    seen = [len((await people[who].get(LOGS)).json()["items"]) for who in ("own", "colleague", "lead", "west")]
    own, on = str(people["own"].staff_id), "2026-03-02"
    await do(people["own"], f"{LOGS}/reviews", 403, staff_id=own, on=on, accepted=True)
    await do(people["west"], f"{LOGS}/reviews", 403, staff_id=own, on=on, accepted=True)
    returned = await do(people["lead"], f"{LOGS}/reviews", staff_id=own, on=on, accepted=False, remarks="写明结果")
    accepted = await do(people["lead"], f"{LOGS}/reviews", staff_id=own, on=on, accepted=True)
    await do(people["lead"], f"{LOGS}/reviews", 409, staff_id=own, on=on, accepted=True)

    assert (today["days_late"], late["days_late"], seen) == (0, 3, [2, 0, 2, 0])
    assert [(one["period"], one["round"]) for one in (returned, accepted)] == [("2026-W10", 1), ("2026-W10", 2)]
    # The log of the week before was not gone through within three working days of its end.
    clock.set(datetime(2026, 3, 6, 0, 40, tzinfo=UTC))
    await come_round(desk.tenant, TellMissingPlans())
    lead = await again(people["lead"], "lead")
    assert (await told(people["lead"])).count("log_unreviewed") == 1
    assert [one["accepted"] for one in (await lead.get(f"{LOGS}/reviews")).json()["items"]] == [True, False]


@pytest.mark.rule("S02-6", "S05-4")
async def test_what_is_planned_for_a_customer_behind_the_wall_is_left_out(desk, people):
    customer = await desk.customer("T-1", "subscriber", org_unit_id=str(desk.tenant.units["west"]))
    plan = await hand_in(
        people["head"], items=[{"text": "总部走访西区客户", "customer_id": customer}, {"text": "整理"}]
    )
    async with desk.tenant.scope() as scope:
        await scope.connection.execute(
            "update staff set org_unit_id = $1 where id = $2", desk.tenant.units["east"], people["head"].staff_id
        )

    shown = (await people["lead"].get(f"{PATH}/{plan['id']}")).json()

    assert [item["text"] for item in shown["items"]] == ["整理"]
