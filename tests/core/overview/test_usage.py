"""How much a company asks for, by day and key, and how much it may: counted in each process, written down now and then."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from msgspec import structs
from running import come_round

from guibin.administration.jobs import ForgetSignIns
from guibin.app.counts import written_every
from guibin_tenants import counts, registry
from guibin_tenants.rate_limits import Allowance, RateLimits
from guibin_tenants.refusals import Invalid

USAGE = "/api/v1/usage"


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


@pytest.fixture
def middleware(world):
    return world.litestar.state.scope_middleware


async def told(admin, middleware):
    """What the usage says once everything has been written down."""
    await middleware.counts.write()
    return (await admin.get(USAGE)).json()["requests"]


async def test_requests_are_counted_by_day_and_by_whoever_asks(admin, tenant, middleware, clock):
    keys = [await tenant.client(), await tenant.client()]
    for key, times in zip(keys, (3, 1), strict=True):
        for _ in range(times):
            await key.get("/api/v1/me")
    first = await told(admin, middleware)
    clock.set(clock() + timedelta(days=1))
    await asyncio.gather(*(keys[0].get("/api/v1/customers/nobody") for _ in range(4)))
    second = await told(admin, middleware)

    assert [(day["on_day"], day["requests"]) for day in first["days"]] == [("2026-03-02", 4)]
    assert sorted((one["key_id"] is None, one["requests"]) for one in first["callers"]) == [(False, 1), (False, 3)]
    # What was answered 404 was asked, too; the look at the usage itself is people's.
    assert [(day["on_day"], day["requests"]) for day in second["days"]] == [("2026-03-02", 5), ("2026-03-03", 4)]
    assert sorted((one["requests"], one["key_id"] is None) for one in second["callers"]) == [
        (1, False),
        (1, True),
        (7, False),
    ]


async def test_what_is_too_much_is_counted_apart(admin, tenant, middleware, monkeypatch):
    tight = Allowance(per_second=0.001, burst=2.0)
    monkeypatch.setattr(middleware, "limits", RateLimits(tight))
    monkeypatch.setattr(
        middleware, "bounds", structs.replace(middleware.bounds, company_per_s=0.001, company_burst=2.0)
    )
    key = await tenant.client()
    answers = [(await key.get("/api/v1/me")).status_code for _ in range(5)]
    monkeypatch.undo()
    found = await told(admin, middleware)

    assert answers == [200, 200, 429, 429, 429]
    assert [(day["requests"], day["refused"]) for day in found["days"]] == [(2, 3)]


async def test_another_company_and_an_outlets_admin_see_none_of_it(admin, tenant, other_tenant, middleware):
    await tenant.unit("east")
    local = await tenant.staff("local", "tenant_admin", unit="east")
    theirs = await other_tenant.staff("admin", "tenant_admin")
    await admin.get("/api/v1/me")
    found = await told(theirs, middleware)

    assert (found["days"], found["callers"]) == ([], [])
    assert [(await local.get(path)).status_code for path in (USAGE, "/console/usage")] == [403, 403]
    assert (await told(admin, middleware))["days"][0]["requests"] == 3


async def test_what_cannot_be_written_now_waits(admin, middleware, monkeypatch):
    await admin.get("/api/v1/me")

    async def unreachable(*_):
        raise OSError("no connection")

    monkeypatch.setattr("guibin.app.counts.counts.add", unreachable)
    await middleware.counts.write()
    monkeypatch.undo()
    await admin.get("/api/v1/me")

    assert (await told(admin, middleware))["days"][0]["requests"] == 2


async def test_an_error_that_nobody_foresaw_is_logged_and_the_writing_goes_on(
    admin, tenant, other_tenant, middleware, monkeypatch, caplog
):
    neighbour = await other_tenant.client()
    await admin.get("/api/v1/me")
    await neighbour.get("/api/v1/me")
    add, failed, written = counts.add, [], asyncio.Event()

    async def fails_at_first(company, counted):
        if not failed:
            failed.append(company)
            raise ValueError("nobody foresaw this")
        await add(company, counted)
        if company == failed[0]:
            written.set()

    monkeypatch.setattr("guibin.app.counts.counts.add", fails_at_first)
    async with written_every(0.01, middleware.counts), asyncio.timeout(10):
        await written.wait()
    monkeypatch.undo()
    kept = []
    for company in (tenant, other_tenant):
        async with company.scope():
            kept.append([day.requests for day in await counts.by_day(tenant.world.clock().date())])

    assert kept == [[1], [1]]
    assert [(each.levelname, each.getMessage()) for each in caplog.records if each.name == "guibin.counts"] == [
        ("ERROR", f"requests of company {failed[0]} could not be written down")
    ]


async def test_what_is_being_written_when_the_process_ends_is_written_all_the_same(
    admin, tenant, middleware, monkeypatch
):
    await admin.get("/api/v1/me")
    add, under_way = counts.add, asyncio.Event()

    async def takes_long(company, counted):
        if not under_way.is_set():
            under_way.set()
            await asyncio.sleep(60)
        await add(company, counted)

    monkeypatch.setattr("guibin.app.counts.counts.add", takes_long)
    async with written_every(0.01, middleware.counts):
        await under_way.wait()

    async with tenant.scope():
        assert [day.requests for day in await counts.by_day(tenant.world.clock().date())] == [1]


async def test_nothing_is_written_of_a_company_that_was_erased_meanwhile(admin, tenant, middleware, database):
    await admin.get("/api/v1/me")
    owner = await asyncpg.connect(database.owner)
    try:
        await owner.execute("update tenant set erased_at = now() where id = $1", tenant.id)
        await middleware.counts.write()
    finally:
        await owner.close()
    async with tenant.scope():
        assert await counts.by_day(tenant.world.clock().date()) == []


async def test_two_processes_write_the_same_day_at_once(admin, tenant, middleware):
    day = (await told(admin, middleware))["days"]

    async def another():
        async with tenant.scope():
            await counts.add(tenant.id, {(tenant.world.clock().date(), counts.PEOPLE): counts.Counted(10, 1)})

    await asyncio.gather(*(another() for _ in range(5)))
    found = await told(admin, middleware)

    assert day == []
    assert [(each["requests"], each["refused"]) for each in found["days"]] == [(51, 5)]


async def test_only_the_operator_says_how_much_a_company_may_ask(admin, tenant, other_tenant, middleware, database):
    usual = await told(admin, middleware)
    owner = await asyncpg.connect(database.owner)
    try:
        for senseless in (0, -1, 10_001):
            with pytest.raises(Invalid):
                await registry.allow(owner, tenant.slug, senseless)
        await registry.allow(owner, tenant.slug, 7)
        middleware.remembered.told(str(tenant.id))
        await admin.get("/api/v1/me")
        headers = (await admin.get("/api/v1/me")).headers
        own = await told(admin, middleware)
        others = await told(await other_tenant.staff("admin", "tenant_admin"), middleware)
        await registry.allow(owner, tenant.slug, None)
        again = await told(admin, middleware)
    finally:
        await owner.close()

    assert (own["units_per_s"], own["units_at_once"]) == (7.0, 7 * usual["units_at_once"] / usual["units_per_s"])
    assert int(headers["ratelimit"].split('"company";r=')[1].split(";")[0]) < own["units_at_once"]
    assert (others["units_per_s"], again["units_per_s"]) == (usual["units_per_s"], usual["units_per_s"])
    refused = [await admin.request(method, USAGE, json={"units_per_s": 9_000}) for method in ("PUT", "PATCH", "POST")]
    assert {answer.status_code for answer in refused} == {405}


async def test_the_page_says_who_asked_how_much_and_the_limit(admin, tenant, middleware):
    empty = (await admin.get("/console/usage")).text
    key = (await admin.post("/api/v1/keys", json={"name": "官网对接", "scopes": ["customers:read"]})).json()["token"]
    caller = tenant.world.client(key)
    for _ in range(1_234):
        middleware.counts.of(tenant.id, tenant.world.clock().date(), counts.PEOPLE).requests += 1
    await caller.get("/api/v1/customers")
    await middleware.counts.write()
    shown = (await admin.get("/console/usage")).text

    assert "官网对接" not in empty
    assert all(said in shown for said in ("官网对接", "登录的人员", "1,2", "每秒上限", "系统运维"))


async def test_a_year_and_more_ago_is_forgotten(admin, tenant, middleware, clock):
    await admin.get("/api/v1/me")
    await told(admin, middleware)
    began, left = clock(), []
    for days in (400, 401):
        clock.set(began + timedelta(days=days))
        await come_round(tenant, ForgetSignIns())
        async with tenant.scope():
            left.append(len(await counts.by_day(began.date())))

    assert left == [1, 0]
