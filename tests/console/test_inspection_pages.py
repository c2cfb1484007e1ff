"""Inspections on pages: gone through, corrected and verified by whoever each is for (S08-6)."""

import re

import pytest
from desk import open_desk
from running import come_round

from guibin.inspections.jobs import DrawInspections

PAGE = "/console/inspections"


@pytest.fixture
async def bank(world):
    desk = await open_desk(world, "banking")
    await desk.tenant.unit("moyu")
    people = {
        "personal": await desk.tenant.staff("personal", "personal_department"),
        "lin": await desk.tenant.staff("lin", "account_manager", unit="moyu"),
    }
    place = {"org_unit_id": str(desk.tenant.units["moyu"]), "account_manager_id": str(people["lin"].staff_id)}
    await desk.customer("K1", "personal", **place)
    await come_round(desk.tenant, DrawInspections())
    return people


async def page(client):
    answer = await client.get(PAGE, headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 200, answer.text
    return answer.text


async def does(client, address, **data):
    answer = await client.post(address, data=data)
    assert answer.status_code == 200, answer.text


@pytest.mark.rule("S08-6")
async def test_a_fault_goes_from_hand_to_hand_on_the_page(bank):
    drawn = await page(bank["personal"])
    item = re.search(rf"{PAGE}/items/[0-9a-f-]{{36}}/do/find", drawn)[0]
    asked = (await bank["personal"].get(item)).text
    await does(bank["personal"], item, criterion="complete", severity="serious", text="缺少联系电话", owner_id="")
    owner = await page(bank["lin"])
    correct = re.search(rf"{PAGE}/findings/[0-9a-f-]{{36}}/do/correct", owner)[0]
    await does(bank["lin"], correct, text="已补电话")
    inspector = await page(bank["personal"])
    accept = re.search(rf"{PAGE}/findings/[0-9a-f-]{{36}}/do/accept", inspector)[0]
    await does(bank["personal"], accept, text="")
    after = await page(bank["lin"])

    assert [word for word in ("待我检查", "档案检查", "从 1 件中抽 1 件") if word not in drawn] == []
    assert [word for word in ("档案完整", "严重") if word not in asked] == []
    assert [word for word in ("缺少联系电话", "待整改", "严重") if word not in owner] == []
    assert ("待我检查" in owner, "抽样" in owner) == (False, True)
    assert "已补电话" in inspector
    assert ("已办结" in after, "do/correct" in after) == (True, False)


@pytest.mark.rule("S08-6")
async def test_an_inspector_finds_what_is_drawn_in_the_work_list_and_nobody_else_does(bank):
    async def kinds(who):
        return {one["kind"] for one in (await who.get("/api/v1/work")).json()["items"]}

    assert ("inspection_item" in await kinds(bank["personal"]), "inspection_item" in await kinds(bank["lin"])) == (
        True,
        False,
    )
