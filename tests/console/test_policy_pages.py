"""The policy on pages: a post proposes another figure of its part, whoever decides sees the old beside the new, readers confirm."""

import re

import pytest
from desk import open_desk

PAGES = "/console/policy"


@pytest.fixture
async def desk(world):
    return await open_desk(world, "banking")


@pytest.fixture
async def bank(desk):
    await desk.tenant.unit("moyu")
    return {
        "corporate": await desk.tenant.staff("corporate", "corporate_department"),
        "president": await desk.tenant.staff("president", "president"),
        "lin": await desk.tenant.staff("lin", "account_manager", unit="moyu"),
    }


async def page(client, path):
    answer = await client.get(path, headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 200, answer.text
    return answer.text


async def kinds_owed(who):
    return [one["kind"] for one in (await who.get("/api/v1/work")).json()["items"]]


async def propose(who, part="corporate_standards", **given):
    data = {"figure": "corporate_deposit_gold", "value": "6000000", "note": "提高门槛"} | given
    return await who.post(f"{PAGES}/parts/{part}", data=data, headers={"Accept-Language": "zh-CN"})


@pytest.mark.rule("S04-4")
async def test_a_post_proposes_on_its_page_and_whoever_decides_sees_old_and_new(bank):
    part = await page(bank["corporate"], f"{PAGES}/parts/corporate_standards")
    sent = await propose(bank["corporate"])
    proposal = re.search(rf"{PAGES}/proposals/[0-9a-f-]{{36}}", sent.headers["HX-Trigger"])[0]
    seen = await page(bank["president"], proposal)
    approval = re.search(r"/console/approvals/[0-9a-f-]{36}", seen)[0]
    asked = await page(bank["president"], approval)

    assert ("5,000,000.00 元" in part, "S04-1 对公贵宾分级" in part, "提出修订" in part) == (True, True, True)
    assert [word for word in ("5,000,000.00 元", "6,000,000.00 元", "提高门槛", "待审批") if word not in seen] == []
    assert proposal in asked


@pytest.mark.rule("S04-4")
async def test_whose_part_it_is_not_reads_it_and_proposes_nothing(bank):
    shown = await page(bank["president"], f"{PAGES}/parts/corporate_standards")
    refused = await propose(bank["president"])
    outlet = await propose(bank["lin"])

    assert ("5,000,000.00 元" in shown, "提出修订" in shown) == (True, False)
    assert (refused.status_code, outlet.status_code) == (403, 403)


async def test_what_is_no_figure_is_said_beside_the_field(bank):
    answer = await propose(bank["corporate"], value="六百万")

    assert (answer.status_code, "aria-invalid" in answer.text) == (422, True)


@pytest.mark.rule("S01-13")
async def test_a_change_is_read_and_confirmed_on_its_page_and_stands_in_the_work_list_until_then(bank):
    await propose(bank["corporate"])
    (waiting,) = (await bank["president"].get("/api/v1/approvals")).json()["items"]
    await bank["president"].post(f"/api/v1/approvals/{waiting['id']}/decision", json={"approved": True})
    owed = await kinds_owed(bank["lin"])
    path = re.search(rf"{PAGES}/[0-9a-f-]{{36}}", await page(bank["lin"], PAGES))[0]
    change = await page(bank["lin"], path)
    done = await bank["lin"].post(f"{PAGES}/announcements/{path.rpartition('/')[2]}/do/confirm", data={})
    after = await page(bank["lin"], path)

    assert "policy_reading" in owed
    assert [word for word in ("5,000,000.00 元", "6,000,000.00 元", "我已阅读") if word not in change] == []
    assert (done.status_code, "我已阅读" in after) == (200, False)
    assert "policy_reading" not in await kinds_owed(bank["lin"])
    readers = await page(bank["president"], path)
    assert ("阅读情况" in readers, "lin" in readers) == (True, True)
