"""The week on a page: the plan by day, handing it in, the log, and what the supervisor said (S05-4)."""

import re
from datetime import timedelta

import pytest
from caring import customer

PLAN = "/console/plan"


@pytest.fixture
async def own(tenant):
    """An account manager of the east outlet."""
    await tenant.unit("east")
    return await tenant.staff("own", "account_manager", unit="east")


@pytest.fixture
async def lead(tenant, own):
    """Who supervises the east outlet."""
    return await tenant.staff("lead", "manager", unit="east")


@pytest.fixture
def monday(clock):
    today = clock().date()
    return today - timedelta(days=today.weekday())


async def page(client, **asked):
    answer = await client.get(PLAN, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.text


async def handed_in(own, monday, **lines):
    answer = await own.post(f"{PLAN}?on={monday}", data={str(monday): "拜访赵一\n回访钱二", "any": "整理档案"} | lines)
    assert answer.status_code == 200, answer.text
    return (await own.get("/api/v1/work-plans")).json()["items"][0]


async def test_a_plan_is_handed_in_by_day_and_shown_so(own, monday):
    empty = await page(own)
    plan = await handed_in(own, monday)
    shown = await page(own)

    assert (f'name="{monday}"' in empty, f'name="{monday}"' in shown) == (True, False)
    assert (plan["items_total"], plan["state"]) == (3, "handed_in")
    assert [
        word for word in ("拜访赵一", "回访钱二", "整理档案", "已交，待审", "完成 0 / 3") if word not in shown
    ] == []


async def test_a_plan_without_a_line_or_with_too_long_a_one_is_refused_and_kept(own, monday):
    empty = await own.post(PLAN, data={str(monday): "  "})
    long = await own.post(PLAN, data={str(monday): "长" * 501})

    assert [(one.status_code, 'role="alert"' in one.text) for one in (empty, long)] == [(422, True)] * 2
    assert "长" * 501 in long.text
    assert (await own.get("/api/v1/work-plans")).json()["items"] == []


async def test_only_this_week_and_the_next_are_planned(own, monday):
    weeks = [monday + timedelta(days=7 * place) for place in (-1, 0, 1, 2)]

    assert ["data-form" in await page(own, on=str(week)) for week in weeks] == [False, True, True, False]


async def test_an_item_gets_its_result_by_whoever_it_is_of(own, lead, monday):
    plan = await handed_in(own, monday)
    item = (await own.get(f"/api/v1/work-plans/{plan['id']}")).json()["items"][0]["id"]

    other = await lead.post(f"{PLAN}/items/{item}/do/finish", data={"text": "见到了"})
    done = await own.post(f"{PLAN}/items/{item}/do/finish", data={"text": "见到了"})

    assert (other.status_code, done.status_code) == (403, 200)
    assert ("见到了" in await page(own), "完成 1 / 3" in await page(own)) == (True, True)


async def test_what_the_supervisor_said_is_read_and_the_plan_handed_in_again(own, lead, monday):
    plan = await handed_in(own, monday)
    seen = await page(lead, staff=str(own.staff_id))
    silent = await lead.post(f"{PLAN}/{plan['id']}/do/review", data={"accepted": "false"})
    returned = await lead.post(f"{PLAN}/{plan['id']}/do/review", data={"accepted": "false", "remarks": "少了白金客户"})
    told = await page(own)
    again = await own.post(PLAN, data={str(monday): "拜访白金客户"})
    after = await own.get(f"/api/v1/work-plans/{plan['id']}")

    assert ("拜访赵一" in seen, silent.status_code, returned.status_code) == (True, 422, 200)
    assert ("少了白金客户" in told, "拜访赵一\n回访钱二" in told) == (True, True)
    assert (again.status_code, after.json()["round"], after.json()["state"]) == (200, 2, "handed_in")


async def test_the_log_is_written_for_a_day_and_a_customer_and_reviewed(tenant, client, own, lead, clock):
    unit = str(tenant.units["east"])
    person = await customer(client, name="赵一", org_unit_id=unit)
    today = clock().date()
    path = f"{PLAN}/logs/{own.staff_id}/do"

    form = await own.get(f"{path}/write")
    sent = {"text": "与赵一谈续费", "worked_on": str(today), "customer_id": person}
    written = await own.post(f"{path}/write", data=sent)
    future = await own.post(f"{path}/write", data=sent | {"worked_on": str(today + timedelta(days=1))})
    await lead.post(f"{path}/review_log", data={"staff_id": str(own.staff_id), "on": str(today), "accepted": "true"})

    assert (form.status_code, written.status_code, future.status_code) == (200, 200, 422)
    assert ("与赵一谈续费" in await page(own), "同意" in await page(own)) == (True, True)


async def test_whose_plan_is_missing_is_shown_to_whoever_supervises_them_alone(tenant, own, lead, monday):
    await tenant.unit("west")
    stranger = await tenant.staff("stranger", "manager", unit="west")
    await handed_in(own, monday)
    asked = {"staff": str(own.staff_id)}

    # Whoever began this week plans from the next one on.
    seen = await page(lead, on=str(monday + timedelta(days=7)))
    behind = await stranger.get(PLAN, params=asked)

    assert (str(own.staff_id) in seen, behind.status_code) == (True, 404)
    assert str(own.staff_id) not in await page(stranger, on=str(monday + timedelta(days=7)))
    assert (await own.get(PLAN, params={"staff": str(lead.staff_id)})).status_code == 404


async def test_reading_somebodys_plan_and_log_is_on_record(client, own, lead, monday):
    await handed_in(own, monday)

    await page(lead, staff=str(own.staff_id))

    found = (await client.get("/api/v1/audit-entries", params={"limit": 20})).json()["items"]
    assert {"work_plan.read", "work_plan.dues"} <= {one["action"] for one in found}
    assert re.search("work_log", str(found))
