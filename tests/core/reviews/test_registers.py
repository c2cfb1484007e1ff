"""S02-5: the file per customer is registered monthly, analysed quarterly, archived yearly and frozen then."""

import asyncio
from datetime import UTC, date, datetime

import asyncpg
import pytest
from desk import open_desk
from running import come_round, run_job

from guibin.registers import jobs as register_jobs
from guibin.registers.jobs import FreezeRegisters, KeepRegisters
from guibin_tenants.scope import execute, fetch, fetch_value, savepoint
from guibin_tenants.tables import new_id
from support import PASSWORD

PATH = "/api/v1/registers/vip_file"
SCHEME = "personal_vip"


@pytest.fixture
async def bank(world):
    """A bank with two outlets; its customers and people were there before the year began."""
    world.clock.set(datetime(2025, 12, 1, 2, tzinfo=UTC))
    desk = await open_desk(world, "banking")
    for code in ("east", "west"):
        await desk.tenant.unit(code)
    return desk


@pytest.fixture
async def own(bank):
    return await bank.tenant.staff("own", "account_manager", unit="east")


@pytest.fixture
async def lead(bank):
    return await bank.tenant.staff("lead", "manager", unit="east")


@pytest.fixture
async def member(bank, own):
    """A holder of the personal scheme, looked after by the account manager."""
    unit = str(bank.tenant.units["east"])
    manager = str(own.staff_id)

    async def new(number, *, vip=True):
        customer = await bank.customer(number, "personal", org_unit_id=unit, account_manager_id=manager)
        async with bank.tenant.scope():
            if vip:
                await execute(
                    "insert into membership (id, customer_id, scheme, tier, starts_on, since_on, basis, reason,"
                    " ended_because, recorded_at) values ($1, $2, $3, 'gold', $4, $4, 'exception', '', '', $5)",
                    new_id(),
                    customer,
                    SCHEME,
                    date(2025, 12, 1),
                    datetime(2025, 12, 1, tzinfo=UTC),
                )
        return customer

    return new


@pytest.fixture
def at(bank, world):
    """Go to a moment of the company's day and sign in there: sessions last twelve hours."""

    async def go(client, login, year, month, day, hour=9):
        world.clock.set(datetime(year, month, day, hour - 8, tzinfo=UTC))
        fresh = world.client()
        body = {"company": bank.tenant.slug, "login": login, "password": PASSWORD}
        answer = await fresh.post("/api/v1/sessions", json=body)
        fresh.headers["X-CSRF-Token"] = answer.json()["csrf"]
        fresh.staff_id = client.staff_id
        return fresh

    return go


async def enter(who, customer, status=201, **more):
    answer = await who.post(f"{PATH}/entries", json={"customer_id": customer, "text": "存款稳定", **more})
    assert answer.status_code == status, answer.text
    return answer.json()


async def dues(who, **query):
    answer = await who.get(f"{PATH}/dues", params=query)
    assert answer.status_code == 200, answer.text
    return {one["customer_number"]: one["state"] for one in answer.json()["items"]}


@pytest.mark.rule("S02-5")
async def test_the_file_is_due_each_month_and_what_was_missed_is_told(bank, own, lead, member, at):
    first, second = await member("V1"), await member("V2")
    await member("no-vip", vip=False)
    registers = (await bank.client.get("/api/v1/registers")).json()
    own = await at(own, "own", 2026, 1, 20)

    made = await enter(own, first)
    await enter(own, first, 409)
    during = await dues(own)
    own = await at(own, "own", 2026, 2, 1)
    for _ in range(2):
        await come_round(bank.tenant, KeepRegisters())
    missed = await dues(own, on="2026-01-20")
    counts = (await own.get(f"{PATH}/counts", params={"on": "2026-01-20"})).json()
    late = await enter(own, second, span="2026-01")

    assert [(one["name"], one["span"], one["analysed_every"], one["archived_every"]) for one in registers] == [
        ("vip_file", "month", "quarter", "year")
    ]
    assert (made["span"], made["late"], late["late"]) == ("2026-01", 0, 1)
    assert during == {"V1": "done", "V2": "due"}
    assert missed == {"V1": "done", "V2": "missed"}
    assert await dues(own, on="2026-01-20") == {"V1": "done", "V2": "done"}
    assert [(one["account_manager_name"], one["done"], one["missed"]) for one in counts] == [("own", 1, 1)]
    async with bank.tenant.scope():
        told = await fetch("select staff_id, kind from staff_notice where kind = 'registration_missed'")
    assert {row["staff_id"] for row in told} == {own.staff_id, lead.staff_id}
    assert len(told) == 2


@pytest.mark.rule("S02-5")
async def test_a_quarter_is_analysed_and_only_by_those_who_keep_the_file(bank, own, lead, member, at):
    customer = await member("V1")
    stranger = await bank.tenant.staff("stranger", "account_manager", unit="west")
    colleague = await bank.tenant.staff("colleague", "account_manager", unit="east")

    await enter(stranger, customer, 404, what="analysis")
    await enter(colleague, customer, 403, what="analysis")
    await enter(own, customer, 422, what="analysis", span="2026-Q1")
    await enter(own, customer, 422, what="analysis", span="2025-12")
    made = await enter(own, customer, what="analysis")
    own = await at(own, "own", 2026, 1, 5)

    assert (made["what"], made["span"]) == ("analysis", "2025-Q4")
    assert await dues(own, what="analysis") == {"V1": "due"}
    assert (await (await at(stranger, "stranger", 2026, 1, 5)).get(f"{PATH}/entries")).json()["items"] == []


@pytest.mark.rule("S02-5")
async def test_the_years_archive_is_frozen_and_corrections_stand_beside_it(bank, own, member, at, world):
    customer = await member("V1")
    december = await enter(own, customer, text="余额三十万")
    await own.post(
        "/api/v1/interactions",
        json={"customer_id": customer, "channel": "phone", "direction": "out", "content": "年末回访"},
    )
    own = await at(own, "own", 2026, 1, 1, hour=10)
    for _ in range(2):
        await come_round(bank.tenant, KeepRegisters())

    (archive,) = (await own.get(f"{PATH}/archives", params={"customer_id": customer})).json()["items"]
    late = await enter(own, customer, 409, span="2025-12")
    world.clock.set(datetime(2026, 1, 1, 3, tzinfo=UTC))
    corrected = await own.post(
        f"/api/v1/register-entries/{december['id']}/corrections", json={"text": "余额三十五万", "reason": "抄错"}
    )
    shown = await own.post(
        f"/api/v1/register-archives/{archive['id']}/disclosures", json={"purpose": "年度检查", "leaves_to": "nobody"}
    )
    after = (await own.get(f"{PATH}/archives")).json()["items"][0]

    assert (archive["span"], archive["registered"], archive["expected"], archive["corrected_since"]) == (
        "2025",
        1,
        0,
        0,
    )
    assert late["type"] == "/problems/archive-frozen"
    assert [line["text"] for line in corrected.json()["corrections"]] == ["余额三十五万"]
    content = shown.json()["content"]
    assert [one["text"] for one in content["entries"]] == ["余额三十万"]
    assert [one["content"] for one in content["contacts"]] == ["年末回访"]
    assert (content["customer"][0]["number"], content["memberships"][0]["tier"]) == ("V1", "gold")
    assert (after["digest"], after["corrected_since"]) == (archive["digest"], 1)
    async with bank.tenant.scope():
        sealed = bytes(await fetch_value("select sealed from register_archive"))
        assert "三十万".encode() not in sealed
        for statement in ("update register_archive set digest = 'x'", "delete from register_archive"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with savepoint():
                    await execute(statement)
        disclosed = await fetch("select purpose from audit_entry where action = 'register_archive.disclose'")
        assert await fetch_value("select count(*) from disclosure") == 1
    assert [row["purpose"] for row in disclosed] == ["年度检查"]


@pytest.mark.rule("S02-5", "S02-6")
async def test_every_file_is_frozen_once_a_few_at_a_time_and_walls_hold(bank, own, member, monkeypatch, world):
    monkeypatch.setattr(register_jobs, "FILES_MAX", 2)
    for number in range(5):
        await member(f"V{number}")
    world.clock.set(datetime(2026, 1, 1, 2, tzinfo=UTC))

    await come_round(bank.tenant, KeepRegisters())
    for _ in range(3):
        await run_job(bank.tenant, FreezeRegisters())

    async with bank.tenant.scope():
        assert await fetch_value("select count(distinct customer_id) from register_archive") == 5
        assert await fetch_value("select count(*) from register_archive") == 5
        assert await fetch_value("select count(*) from job where kind like '%freeze_registers'") == 2
    west = await bank.tenant.client("records:read", "customers:disclose", org_unit_id=bank.tenant.units["west"])
    async with bank.tenant.scope():
        one = await fetch_value("select id from register_archive limit 1")
    assert (await west.get(f"{PATH}/archives")).json()["items"] == []
    refused = await west.post(
        f"/api/v1/register-archives/{one}/disclosures", json={"purpose": "好奇看看", "leaves_to": "nobody"}
    )
    assert refused.status_code == 404


@pytest.mark.rule("S02-5")
async def test_an_erased_customers_frozen_file_opens_no_more(bank, own, member, world):
    customer = await member("V1")
    await enter(own, customer)
    world.clock.set(datetime(2026, 1, 1, 2, tzinfo=UTC))
    await come_round(bank.tenant, KeepRegisters())
    await bank.client.delete(f"/api/v1/customers/{customer}")
    async with bank.tenant.scope():
        archive = await fetch_value("select id from register_archive")

    answer = await bank.client.post(
        f"/api/v1/register-archives/{archive}/disclosures", json={"purpose": "年度检查", "leaves_to": "nobody"}
    )

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/archive-erased")


@pytest.fixture
async def known(bank, member):
    """A member of whom balances, transactions and a value score are known."""
    customer = await member("V1")
    await bank.fact(customer, "deposit", "2025-11-30", amount="300000.00")
    await bank.fact(customer, "transaction", "2025-12-01", amount="5000.00")
    await bank.fact(customer, "credit_score", "2025-11-30", value=80)
    return customer


@pytest.mark.rule("S02-5")
async def test_whoever_looks_after_a_customer_reads_the_facts_and_nobody_of_another_outlet(bank, own, known):
    stranger = await bank.tenant.staff("stranger", "account_manager", unit="west")
    path = f"/api/v1/customers/{known}/facts"

    shown = (await own.get(path)).json()["items"]

    assert [(one["metric"], one["occurred_on"], one["value"], one["unit"]) for one in shown] == [
        ("transaction", "2025-12-01", 500_000, "CNY"),
        ("credit_score", "2025-11-30", 80, "points"),
        ("deposit", "2025-11-30", 30_000_000, "CNY"),
    ]
    assert [one["value"] for one in (await own.get(path, params={"metric": "deposit"})).json()["items"]] == [30_000_000]
    assert [one["metric"] for one in (await own.get(path, params={"since": "2025-12-01"})).json()["items"]] == [
        "transaction"
    ]
    assert (await stranger.get(path)).status_code == 404
    async with bank.tenant.scope():
        looks = await fetch(
            "select actor_id, shown from audit_entry where action = 'fact.list' order by happened_at, id"
        )
    assert [(row["actor_id"], row["shown"]) for row in looks] == [
        (own.staff_id, 3),
        (own.staff_id, 1),
        (own.staff_id, 1),
    ]


@pytest.mark.rule("S02-5")
async def test_a_fact_that_was_corrected_or_taken_back_is_read_as_it_is_known_now(bank, own, known):
    await bank.fact(known, "deposit", "2025-11-30", amount="310000.00")
    await bank.fact(known, "transaction", "2025-12-01")

    shown = (await own.get(f"/api/v1/customers/{known}/facts")).json()["items"]

    assert {(one["metric"], one["value"], one["revision"]) for one in shown} == {
        ("deposit", 31_000_000, 2),
        ("credit_score", 80, 1),
    }


@pytest.mark.rule("S02-5")
async def test_the_months_register_is_drawn_up_and_the_years_file_holds_what_was_known(bank, own, known, at, world):
    colleague = await bank.tenant.staff("colleague", "account_manager", unit="east")
    asked = {"customer_id": known}

    draft = (await own.get(f"{PATH}/drafts", params=asked)).json()
    refused = await colleague.get(f"{PATH}/drafts", params=asked)
    made = await enter(own, known, text=f"{draft['text']}；客户拟购房")
    after = (await own.get(f"{PATH}/drafts", params=asked)).json()
    world.clock.set(datetime(2026, 1, 1, 2, tzinfo=UTC))
    await come_round(bank.tenant, KeepRegisters())
    own = await at(own, "own", 2026, 1, 2)
    (archive,) = (await own.get(f"{PATH}/archives", params=asked)).json()["items"]
    shown = await own.post(
        f"/api/v1/register-archives/{archive['id']}/disclosures", json={"purpose": "年度检查", "leaves_to": "nobody"}
    )

    assert (
        draft["text"]
        == "信用评分 80 分（2025年11月30日）；存款余额 300,000.00 元（2025年11月30日）；交易 1 笔，合计 5,000.00 元"
    )
    assert (draft["span"], draft["registered"], after["registered"]) == ("2025-12", False, True)
    assert refused.status_code == 403
    assert made["drawn"] == draft["drawn"]
    assert [(one["metric"], one["times"], one["total"]) for one in made["drawn"]["transactions"]] == [
        ("transaction", 1, 500_000)
    ]
    content = shown.json()["content"]
    assert {one["metric"] for one in content["facts"]} == {"deposit", "transaction", "credit_score"}
    assert content["entries"][0]["drawn"] == made["drawn"]
    assert (content["cards"], content["scores"]) == ([], [])


@pytest.mark.rule("S02-5")
async def test_an_analysis_that_was_missed_is_told_and_one_that_was_made_is_not(bank, own, lead, member, at):
    first = await member("V1")
    own = await at(own, "own", 2026, 2, 1)
    await enter(own, first, what="analysis")
    await at(own, "own", 2026, 4, 1)
    await come_round(bank.tenant, KeepRegisters())

    async def told():
        async with bank.tenant.scope():
            rows = await fetch("select staff_id, details from staff_notice where kind = 'analysis_missed'")
        return {row["staff_id"] for row in rows}

    assert await told() == set()
    await at(own, "own", 2026, 7, 1)
    await come_round(bank.tenant, KeepRegisters())
    assert await told() == {own.staff_id, lead.staff_id}


async def test_two_at_once_register_once(bank, own, member):
    customer = await member("V1")
    body = {"customer_id": customer, "text": "存款稳定"}

    answers = await asyncio.gather(*(own.post(f"{PATH}/entries", json=body) for _ in range(3)))

    assert sorted(one.status_code for one in answers) == [201, 409, 409]
    assert (await own.get("/api/v1/registers/nothing/entries")).status_code == 404
