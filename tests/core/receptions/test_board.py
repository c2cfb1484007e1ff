"""The reception board: what each department acknowledged and prepared, what is late, and what the newest edition changed."""

from datetime import timedelta

import pytest
from receiving import ARRIVES, orders, send, step

BOARD, PAGE = "/api/v1/reception-board", "/console/reception-board"


async def board(client):
    answer = await client.get(BOARD)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def page(client, **asked):
    answer = await client.get(PAGE, params=asked, headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.rule("S14-3")
async def test_it_says_who_acknowledged_and_what_is_prepared(house):
    await house.noticed()
    (before,) = await board(house.key)
    (told,) = await orders(house.security)
    await send(house.security, f"/api/v1/reception-orders/{told['id']}/acknowledgement")
    mine = [one["id"] for each in before["departments"] if each["department"] == "security" for one in each["tasks"]]
    report = await house.security.post(f"/api/v1/reception-tasks/{mine[0]}/report", json={"text": "已布置"})
    (after,) = await board(house.key)
    guard = next(each for each in after["departments"] if each["department"] == "security")

    assert report.status_code == 201, report.text
    assert (before["unacknowledged"], after["unacknowledged"]) == (4, 3)
    assert (before["open_tasks"], after["open_tasks"]) == (4, 3)
    assert (guard["acknowledged_by_name"], guard["tasks"][0]["state"], before["changed"]) == ("guard", "reported", None)


@pytest.mark.rule("S14-3")
async def test_a_department_sees_its_part_and_no_more(house):
    await house.noticed(source="集团领导")
    (whole,), (own,) = await board(house.key), await board(house.security)
    shown, all_of_it = await page(house.security), await page(house.officer)

    assert [each["department"] for each in own["departments"]] == ["security"]
    assert (len(whole["departments"]), whole["state"], own["state"]) == (4, "noticed", None)
    assert ("签收" in shown, f"/console/receptions/{whole['reception_id']}" in shown) == (True, False)
    assert f"/console/receptions/{whole['reception_id']}" in all_of_it


@pytest.mark.rule("S14-3")
async def test_what_the_newest_edition_changed_is_said(house):
    reception = await house.noticed()
    moved = (ARRIVES + timedelta(hours=2)).isoformat()
    await step(house.officer, reception, "changes", {"arrives_at": moved, "party_size": 5, "reason": "航班改期"})
    (line,), (own,) = await board(house.key), await board(house.security)
    shown = await page(house.officer, only="changed")

    stamp = "2026-03-04T02:00:00Z"
    assert line["edition"] == 2
    assert line["changed"] == {
        "arrives_before": stamp,
        "protocol_before": "",
        "party_before": 1,
        "party": 5,
        "reason": "航班改期",
    }
    # A department does not see the guest's file: when they come is in its order.
    assert own["changed"] == {
        "arrives_before": stamp,
        "protocol_before": "",
        "party_before": None,
        "party": None,
        "reason": "",
    }
    assert ("航班改期" in shown, "改发新版通知" in shown, "第 2 版" in shown) == (True, True, True)


@pytest.mark.rule("S14-3")
async def test_what_is_late_is_counted_and_can_be_looked_at_alone(house, world):
    await house.noticed()
    fresh, calm = (await board(house.key))[0]["late"], await page(house.officer, only="late")
    world.clock.set(world.clock.now + timedelta(hours=3))
    officer = await house.tenant.sign_in("officer")

    assert (fresh, "第 1 版" in calm) == (0, False)
    assert (await board(house.key))[0]["late"] == 4
    assert "逾期 4" in await page(officer, only="late")


@pytest.mark.rule("S14-3")
async def test_a_reception_called_off_is_not_on_it(house):
    reception = await house.noticed()
    await step(house.officer, reception, "cancellation", {"reason": "行程取消"})

    assert [line["number"] for line in await board(house.key)] == []
    assert "近七天没有已发通知的接待" in await page(house.officer)


@pytest.mark.rule("S14-3")
async def test_a_reception_weeks_ahead_comes_onto_it_seven_days_before(house, world):
    moment = timedelta(seconds=1)
    await house.noticed(arrives_at=(world.clock.now + timedelta(days=21)).isoformat())
    far, shown = await board(house.key), await page(house.officer)
    world.clock.set(world.clock.now + timedelta(days=14))
    a_week_before = await board(house.key)
    world.clock.set(world.clock.now + moment)
    (within,) = await board(house.key)

    assert (far, a_week_before) == ([], [])
    assert "近七天没有已发通知的接待" in shown
    assert (len(within["departments"]), within["state"]) == (4, "noticed")
