"""An archive is closed when its customer is served no more, and open again when they are back (S07-35)."""

from datetime import timedelta
from uuid import UUID

import pytest
from running import come_round, work_off
from table_rows import insert, values_for

from guibin.care.jobs import PrepareCare
from guibin.catalog import TABLES
from guibin.profiles import closing
from guibin.profiles.closing import OPEN_CASES
from guibin_tenants.scope import fetch, fetch_value
from guibin_tenants.tables import TenantTable

WALLED = [table for table in TABLES if issubclass(table, TenantTable)]

LEFT = {"reason": "left", "note": "销户"}
BACK = {"reason": "回来开户"}


@pytest.fixture
async def desk(tenant):
    return await tenant.staff("li.na", "account_manager")


@pytest.fixture
async def leader(tenant):
    return await tenant.staff("boss", "manager")


async def opened(client, number="K1", **given):
    body = {"number": number, "name": "张三", "kind": "leader", "birthday": "1968-03-05", **given}
    answer = await client.post("/api/v1/customers", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def close(client, customer, **given):
    return await client.post(f"/api/v1/customers/{customer}/closings", json=LEFT | given)


async def reopen(client, customer):
    return await client.post(f"/api/v1/customers/{customer}/reopenings", json=BACK)


async def numbers(client, **params):
    return [one["number"] for one in (await client.get("/api/v1/customers", params=params)).json()["items"]]


async def tasks(tenant, customer):
    async with tenant.scope():
        rows = await fetch("select state from care_task where customer_id = $1 order by occurs_on", UUID(customer))
        return [row["state"] for row in rows]


@pytest.mark.rule("S07-35")
async def test_a_closed_archive_keeps_all_and_is_listed_only_when_asked_for(client, desk):
    customer = await opened(client)
    await opened(client, "K2")

    closed = (await close(desk, customer)).json()

    assert {name: closed[name] for name in ("reason", "note", "closed_by_name", "reopened_at")} == {
        "reason": "left",
        "note": "销户",
        "closed_by_name": "li.na",
        "reopened_at": None,
    }
    assert await numbers(desk) == ["K2"]
    assert sorted(await numbers(desk, closed="true")) == ["K1", "K2"]
    archive = (await desk.get(f"/api/v1/customers/{customer}")).json()
    assert (archive["name"], archive["birthday"], archive["closed_at"] is None) == ("张三", "1968-03-05", False)


@pytest.mark.rule("S07-35")
async def test_nothing_is_prepared_for_the_closed_and_again_once_they_are_back(client, tenant, desk, clock):
    clock.set(clock().replace(year=2026, month=3, day=2, hour=1))
    customer, other = await opened(client), await opened(client, "K2")
    await come_round(tenant, PrepareCare())
    before = await tasks(tenant, customer)
    assert (before, await tasks(tenant, other)) == (["open"], ["open"])

    await close(desk, customer)
    await work_off(tenant)
    withdrawn = await tasks(tenant, customer)
    clock.set(clock() + timedelta(days=1))
    await come_round(tenant, PrepareCare())
    still = await tasks(tenant, customer)
    await reopen(desk, customer)
    await come_round(tenant, PrepareCare())

    assert (withdrawn, still, await tasks(tenant, customer)) == (["withdrawn"], ["withdrawn"], ["open"])
    assert await tasks(tenant, other) == ["open"]


async def held(tenant, customer):
    async with tenant.scope():
        return await fetch_value(
            "select tier from membership where customer_id = $1 and ends_on is null", UUID(customer)
        )


async def granted(client, leader, customer):
    body = {
        "kind": "tier",
        "scheme": "key_account",
        "tier": "key",
        "reason": "全国集团客户",
        "customer_id": customer,
    }
    asked = (await client.post("/api/v1/applications", json=body)).json()
    answer = await leader.post(f"/api/v1/approvals/{asked['approval_id']}/decision", json={"approved": True})
    assert answer.status_code == 200, answer.text


@pytest.mark.rule("S07-35")
@pytest.mark.parametrize(("days", "tier"), [(30, "key"), (31, None)])
async def test_a_tier_ends_with_the_archive_and_holds_again_for_who_is_back_in_time(
    client, tenant, desk, leader, clock, days, tier
):
    customer = await opened(client)
    await granted(desk, leader, customer)
    assert await held(tenant, customer) == "key"

    await close(desk, customer)
    gone = await held(tenant, customer)
    clock.set(clock() + timedelta(days=days))
    answer = await reopen(desk, customer)

    assert (gone, await held(tenant, customer)) == (None, tier)
    assert (answer.status_code, answer.json()["restored"]) == (201, tier is not None)


@pytest.mark.rule("S07-35")
async def test_what_a_customer_waits_for_is_seen_through_first(client, tenant, desk):
    customer = await opened(client)
    taken = await desk.post(
        "/api/v1/complaints", json={"customer_id": customer, "text": "没有画面", "channel": "phone", "level": "1"}
    )
    assert taken.status_code == 201, taken.text

    refused = await close(desk, customer)

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/cases-open")
    assert "1 complaints" in refused.json()["detail"]
    assert (await desk.get(f"/api/v1/customers/{customer}")).json()["closed_at"] is None


async def test_a_planned_visit_and_what_waits_for_a_decision_end_with_it(client, tenant, desk, clock):
    customer = await opened(client)
    planned = {
        "customer_id": customer,
        "planned_at": (clock() + timedelta(days=3)).isoformat(),
        "purpose": "回访",
        "place": "府青路",
    }
    visit = (await desk.post("/api/v1/visits", json=planned)).json()
    body = {"kind": "tier", "scheme": "key_account", "tier": "key", "reason": "集团", "customer_id": customer}
    asked = (await desk.post("/api/v1/applications", json=body)).json()

    answer = await close(desk, customer)

    assert answer.status_code == 201, answer.text
    assert (await desk.get(f"/api/v1/visits/{visit['id']}")).json()["state"] == "cancelled"
    async with tenant.scope():
        assert await fetch_value("select outcome from approval_request where id = $1", UUID(asked["approval_id"])) == (
            "withdrawn"
        )
        running = "select count(*) from timer where completed_at is null and cancelled_at is null"
        assert await fetch_value(running) == 0
    assert [one for one in (await desk.get("/api/v1/work")).json()["items"] if one["customer_id"] == customer] == []


@pytest.mark.rule("S07-35")
async def test_who_looks_after_them_and_who_leads_hear_of_it(client, tenant, desk, leader, clock):
    customer = await opened(client, account_manager_id=str(desk.staff_id))

    await close(leader, customer, reason="died")
    await work_off(tenant)
    clock.set(clock() + timedelta(minutes=1))
    await reopen(leader, customer)
    await work_off(tenant)

    for reader in (desk, leader):
        kinds = [one["kind"] for one in (await reader.get("/api/v1/notices")).json()["items"]]
        assert kinds == ["archive_reopened", "archive_closed"]


async def test_only_reasons_of_the_policy_and_only_whoever_may(client, tenant, desk):
    customer = await opened(client)
    agent = await tenant.staff("zhou", "agent")

    wrong = await close(desk, customer, reason="bored")
    forbidden = await close(agent, customer)
    right = await close(desk, customer)
    twice = await close(desk, customer)

    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "reason")
    assert [forbidden.status_code, right.status_code, twice.status_code] == [403, 201, 409]


async def test_an_open_or_erased_archive_is_not_reopened(client, desk):
    customer, gone = await opened(client), await opened(client, "K2")
    await client.delete(f"/api/v1/customers/{gone}")

    open_ = await reopen(desk, customer)
    erased = await reopen(desk, gone)

    assert (open_.status_code, open_.json()["type"]) == (409, "/problems/not-closed")
    assert (erased.status_code, erased.json()["type"]) == (409, "/problems/archive-erased")


async def test_every_closing_stays_on_record(client, desk):
    customer = await opened(client)
    for _ in range(2):
        await close(desk, customer)
        await reopen(desk, customer)

    known = (await desk.get(f"/api/v1/customers/{customer}/closings")).json()

    assert [(one["reason"], one["reopened_because"]) for one in known] == [("left", "回来开户")] * 2


@pytest.mark.rule("S07-35")
async def test_whatever_waits_of_any_kind_keeps_the_archive_open(tenant):
    states = {"service_request": {"state": "open"}, "interaction": {"handling_state": "open"}}
    rows: dict[str, UUID] = {}
    async with tenant.scope() as scope:
        for table in WALLED:
            name, named = table._meta.tablename, {column._meta.db_column_name for column in table._meta.columns}
            values = values_for(table, tenant.id, rows) | states.get(name, {})
            if "customer_id" in named:
                values["customer_id"] = rows["customer"]
            rows[name] = await insert(scope.connection, table, values)

        waiting = await closing.open_cases(rows["customer"])
        nobodys = await closing.open_cases(rows["staff"])

    assert waiting == dict.fromkeys(OPEN_CASES, 1)
    assert nobodys == {}


async def test_what_is_planned_for_who_is_erased_ends_too(client, tenant, desk, clock):
    clock.set(clock().replace(year=2026, month=3, day=2, hour=1))
    customer, other = await opened(client), await opened(client, "K2")
    await come_round(tenant, PrepareCare())
    visits = []
    for each in (customer, other):
        planned = {"customer_id": each, "planned_at": (clock() + timedelta(days=3)).isoformat(), "purpose": "回访"}
        answer = await desk.post("/api/v1/visits", json=planned | {"place": "府青路"})
        visits.append(answer.json()["id"])

    erased = await client.delete(f"/api/v1/customers/{customer}")
    await work_off(tenant)

    assert erased.status_code in (200, 204), erased.text
    assert (await tasks(tenant, customer), await tasks(tenant, other)) == (["withdrawn"], ["open"])
    async with tenant.scope():
        states = {str(row["id"]): row["state"] for row in await fetch("select id, state from visit")}
    assert [states[each] for each in visits] == ["cancelled", "planned"]
    owed = (await desk.get("/api/v1/work")).json()["items"]
    assert {one["customer_id"] for one in owed} & {customer} == set()
