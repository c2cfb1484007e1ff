"""Other departments analyse what customers need of their own accord, and it is followed up (S01-12)."""

from datetime import timedelta

import pytest
from caring import customer
from running import come_round, work_off

from guibin.needs_analyses.jobs import TellOverdueNeeds
from guibin_tenants.scope import fetch_value

ANALYSES = "/api/v1/needs-analyses"


@pytest.fixture
async def people(tenant):
    await tenant.unit("east")
    await tenant.unit("west")
    return {
        "credit": await tenant.staff("credit", "manager"),
        "head": await tenant.staff("head", "manager", unit="east"),
        "lin": await tenant.staff("lin", "account_manager", unit="east"),
        "ma": await tenant.staff("ma", "account_manager", unit="west"),
    }


@pytest.fixture
async def li(client, tenant, people):
    place = {"org_unit_id": str(tenant.units["east"]), "account_manager_id": str(people["lin"].staff_id)}
    return await customer(client, "L1", **place)


async def analyse(who, li, **more):
    body = {"customer_id": li, "situation": "新开分厂", "needs": "短期周转", "offers": "授信方案"}
    return await who.post(ANALYSES, json=body | more)


async def heard(tenant, who, kind):
    await work_off(tenant)
    async with tenant.scope():
        return await fetch_value(
            "select count(*) from staff_notice where staff_id = $1 and kind = $2", who.staff_id, kind
        )


@pytest.mark.rule("S01-12")
async def test_a_department_analyses_unasked_and_the_account_manager_hears_and_owes_the_follow_up(tenant, people, li):
    made = await analyse(people["credit"], li)
    owed = (await people["lin"].get("/api/v1/work")).json()["items"]
    stranger = await people["ma"].get(f"{ANALYSES}/{made.json()['id']}")

    assert made.status_code == 201, made.text
    assert (made.json()["owner_name"], made.json()["follow_up_on"]) == ("lin", "2026-03-16")
    assert [one["kind"] for one in owed if one["customer_id"] == li] == ["needs_analysis"]
    assert [await heard(tenant, people[name], "needs_analysed") for name in ("lin", "ma", "head")] == [1, 0, 0]
    assert stranger.status_code == 404
    assert (await analyse(people["ma"], li)).status_code == 404


@pytest.mark.rule("S01-12")
async def test_what_came_of_it_is_told_and_counted(tenant, client, people, li):
    made = (await analyse(people["credit"], li)).json()
    refused = await people["ma"].post(f"{ANALYSES}/{made['id']}/outcome", json={"outcome": "已授信"})
    done = await people["lin"].post(f"{ANALYSES}/{made['id']}/outcome", json={"outcome": "已授信"})
    twice = await people["lin"].post(f"{ANALYSES}/{made['id']}/outcome", json={"outcome": "已授信"})
    (count,) = (await client.get(f"{ANALYSES}/counts")).json()

    assert (refused.status_code, done.status_code, twice.status_code) == (404, 201, 409)
    assert await heard(tenant, people["credit"], "needs_followed_up") == 1
    assert (count["analyses"], count["customers"], count["followed_up"], count["in_time"], count["overdue"]) == (
        1,
        1,
        1,
        1,
        0,
    )


@pytest.mark.rule("S01-12")
async def test_needs_that_nobody_follows_up_are_told_to_the_owner_and_who_leads(tenant, client, clock, people, li):
    await analyse(people["credit"], li, follow_up_on="2026-03-04")
    clock.now += timedelta(days=2)
    await come_round(tenant, TellOverdueNeeds())
    early = await heard(tenant, people["lin"], "needs_overdue")
    clock.now += timedelta(days=1)
    await come_round(tenant, TellOverdueNeeds())
    await come_round(tenant, TellOverdueNeeds())

    assert early == 0
    assert [await heard(tenant, people[name], "needs_overdue") for name in ("lin", "head", "ma")] == [1, 1, 0]
    assert (await client.get(f"{ANALYSES}/counts")).json()[0]["overdue"] == 1


async def test_it_stands_on_the_customers_page_and_is_begun_there(people, li):
    asked = await people["credit"].get(f"/console/customers/{li}/do/analyse_needs")
    sent = await people["credit"].post(
        f"/console/customers/{li}/do/analyse_needs", data={"situation": "新开分厂", "needs": "短期周转", "offers": ""}
    )
    shown = await people["lin"].get(f"/console/customers/{li}/plan")

    assert ("客户需求" in asked.text, sent.status_code) == (True, 200)
    assert ("短期周转" in shown.text, "部门主动分析的需求" in shown.text) == (True, True)
