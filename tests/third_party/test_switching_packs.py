"""A pack is there for the companies that have it and for nobody else; switching one is told before, on record, and everywhere at once."""

import asyncio
from datetime import timedelta

import asyncpg
import guibin_marina
import httpx
import pytest
from running import work_off

from guibin import timetable
from guibin.events import MembershipStarted, record
from guibin_tenants import registry
from guibin_tenants.access import WATCHERS
from guibin_tenants.remembering import told_by_others
from guibin_tenants.scope import execute, fetch_column, tenant_scope
from guibin_tenants.tables import new_id
from support import litestar_in, make_app

MARINA, BERTHS = "/api/v1/enabled-packs/marina", "/api/v1/packs/marina/berths"
RHYTHM = "marina.count_berths"
ROUTES = (("GET", BERTHS), ("POST", f"{BERTHS}/A1"))


@pytest.fixture
async def company(world):
    return await world.tenant(packs=("cable_tv", "marina"))


@pytest.fixture
async def other(world):
    return await world.tenant(packs=("cable_tv",))


async def allow(world, company, *names):
    connection = await asyncpg.connect(world.owner_url)
    await registry.allow_packs(connection, company.view.slug, names)
    await connection.close()


@pytest.fixture
async def allowed(world, company, other):
    """Both may switch the marina on and off."""
    for each in (company, other):
        await allow(world, each, "marina")


async def states(client):
    return {one["name"]: (one["enabled"], one["may_switch"]) for one in (await client.get("/api/v1/packs")).json()}


async def joined(company):
    """A membership starts; the kinds of the jobs that react."""
    async with company.scope():
        event = MembershipStarted(new_id(), new_id(), "s", "t", (await company_day(company)))
        ids = await record(event, now=company.world.clock())
        return await fetch_column("select kind from job where id = any ($1) order by kind", list(ids))


async def company_day(company):
    return company.world.clock().date()


async def seen(company):
    """Whatever of the marina's shows itself to the company's admin, by where it does."""
    client = await company.client()
    person = await company.staff(f"reader-{new_id().hex[-6:]}", "tenant_admin", "manager")
    person.headers["Accept-Language"] = "en"
    customer = await client.post("/api/v1/customers", json={"number": new_id().hex, "name": "Zhao", "kind": "leader"})
    beside = await person.get(f"/console/customers/{customer.json()['id']}")
    policy = (await client.get("/api/v1/policy")).json()
    return {
        "routes": [(await client.request(*route)).status_code != 404 for route in ROUTES],
        "ledger": RHYTHM in [one["name"] for one in (await client.get("/api/v1/timetable")).json()],
        "run": (await client.post(f"/api/v1/timetable/{RHYTHM}/runs")).status_code != 404,
        "reaction": "marina.greet" in await joined(company),
        "page": (await person.get("/console/packs/marina/berths")).status_code != 404,
        "menu": "Marina berths" in (await person.get("/console/")).text,
        "tile": "Berths counted" in (await person.get("/console/")).text,
        "panel": "Moored boats" in beside.text,
        "column": "Where moored" in (await person.get("/console/customers")).text,
        "policy": "mooring" in [one["name"] for one in policy["service_items"]],
    }


def everything(there):
    return {"routes": [there] * len(ROUTES)} | dict.fromkeys(
        ("ledger", "run", "reaction", "page", "menu", "tile", "panel", "column", "policy"), there
    )


def test_the_marina_brings_one_of_everything():
    hooks = {"controllers", "jobs", "reactions", "pages", "panels", "tiles", "columns", "tables"}

    assert [hook for hook in hooks if not getattr(guibin_marina, hook)()] == []


async def test_whatever_a_pack_brings_is_there_for_its_company_and_for_no_other(company, other):
    assert await seen(company) == everything(True)
    assert await seen(other) == everything(False)


async def test_nobody_without_a_credential_or_a_right_learns_of_a_packs_route(world, company, other):
    stranger, weak, foreign = world.client(), await company.client("audit:read"), await other.client("audit:read")

    answers = [[(await one.request(*route)).status_code for route in ROUTES] for one in (stranger, weak, foreign)]

    assert answers == [[401, 401], [403, 403], [404, 404]]


async def test_a_job_that_waits_when_the_pack_ends_does_nothing(company, allowed, world):
    client = await company.client()
    for _ in range(2):
        await client.post(f"/api/v1/timetable/{RHYTHM}/runs")
        world.clock.set(world.clock.now + timedelta(minutes=2))
    timetable.everything(world.packs)
    async with company.scope():
        waiting = await fetch_column("select id from job where kind = 'count_berths'")
    await client.post(f"{MARINA}/ending", json={})

    done = await work_off(company, kind="count_berths")

    async with company.scope():
        written = await fetch_column("select name from marina_berth")
    assert (len(waiting), done, written) == (2, ["completed", "completed"], [])


async def test_a_job_of_the_pack_does_its_work(company):
    await (await company.client()).post(f"/api/v1/timetable/{RHYTHM}/runs")

    done = await work_off(company, kind="count_berths")

    async with company.scope():
        assert (done, await fetch_column("select name from marina_berth")) == (["completed"], ["counted 0"])


async def test_enabling_is_told_before_and_brings_everything_at_once(other, allowed):
    client = await other.client()
    assert await states(client) == {"cable_tv": (True, False), "marina": (False, True)}

    preview = (await client.post(f"{MARINA}/previews")).json()
    assert (await seen(other)) == everything(False)
    enabled = await client.put(MARINA, json={"note": "the marina opens"})

    assert enabled.json()["enabled"] is True
    assert preview["enabled"] is True
    assert {(one["kind"], one["name"]) for one in preview["brings"]} == {
        ("route", f"GET {BERTHS}"),
        ("route", f"POST {BERTHS}/{{name:str}}"),
        ("job", "count_berths daily 05:00"),
        ("reaction", "greet (MembershipStarted)"),
        ("page", "berths"),
        ("panel", "mooring"),
        ("tile", "berths"),
        ("column", "moored"),
    }
    assert preview["changes"][0]["element"] == {"zh": "停泊", "en": "Mooring"}
    assert preview["keeps"] == [{"table": "marina_berth", "rows": 0}]
    assert await seen(other) == everything(True)


async def test_ending_hides_everything_keeps_the_data_and_enabling_restores_it(company, allowed):
    client = await company.client()
    await client.post(f"{BERTHS}/A1")

    preview = (await client.post(f"{MARINA}/previews")).json()
    ended = await client.post(f"{MARINA}/ending", json={})
    hidden = await seen(company)
    async with company.scope():
        kept = await fetch_column("select name from marina_berth")
    back = await client.put(MARINA, json={})

    assert (preview["enabled"], preview["keeps"]) == (False, [{"table": "marina_berth", "rows": 1}])
    assert (ended.json()["enabled"], back.json()["enabled"]) == (False, True)
    assert hidden == everything(False)
    assert kept == ["A1"]
    assert (await client.get(BERTHS)).json() == ["A1"]


async def test_another_process_goes_by_it_at_once(world, company, allowed, database):
    """It is told by PostgreSQL; otherwise it would remember who asks, and their packs, for two seconds."""
    client = await company.client()
    second = litestar_in(app := make_app(database.app, world.packs, world.clock))
    remembered = second.state.scope_middleware.remembered
    elsewhere = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://guibin.test", headers=client.headers
    )
    async with told_by_others(world.app_url, remembered):
        before = (await elsewhere.get(BERTHS)).status_code
        # Of this process, this one alone hears without being told.
        WATCHERS.discard(remembered)
        await client.post(f"{MARINA}/ending", json={})
        for _ in range(40):
            after = (await elsewhere.get(BERTHS)).status_code
            if after != before:
                break
            await asyncio.sleep(0.02)

    assert (before, after) == (200, 404)


async def test_only_what_the_operator_allows_is_switched_by_the_company_itself(company, other, world):
    client, stranger = await company.client(), await other.client()

    refused = [
        await client.post(f"{MARINA}/ending", json={}),
        await client.post(f"{MARINA}/previews"),
        await stranger.put(MARINA, json={}),
        await stranger.put("/api/v1/enabled-packs/nothing", json={}),
    ]

    assert [(one.status_code, one.json()["type"]) for one in refused] == [
        (403, "/problems/operators-pack"),
        (403, "/problems/operators-pack"),
        (404, "/problems/not-found"),
        (404, "/problems/not-found"),
    ]
    assert await states(client) == {"cable_tv": (True, False), "marina": (True, False)}
    assert await states(stranger) == {"cable_tv": (True, False)}


async def test_postgresql_itself_refuses_a_pack_that_is_not_allowed_and_another_companys(company, other, allowed):
    change = "update tenant set packs = $2 where id = $1"
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="does not switch this pack itself"):
        async with tenant_scope(company.id):
            await execute(change, company.id, ["marina"])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with tenant_scope(company.id):
            await execute("update tenant set packs_allowed = '{cable_tv}' where id = $1", company.id)
    async with tenant_scope(company.id):
        foreign = await execute(change, other.id, ["cable_tv", "marina"])
        own = await execute(change, company.id, ["cable_tv"])

    assert (foreign, own) == (0, 1)


async def test_a_key_of_an_outlet_or_without_the_right_switches_nothing(company, allowed):
    unit = await company.unit("branch")
    outlet, reader = await company.client("policy:write", org_unit_id=unit), await company.client("policy:read")

    answers = [await one.put(MARINA, json={}) for one in (outlet, reader)]

    assert [one.status_code for one in answers] == [403, 403]


async def test_who_switched_what_is_on_record_and_the_admins_hear_of_it(company, allowed):
    client, admin = await company.client(), await company.staff("admin", "tenant_admin")

    await client.post(f"{MARINA}/ending", json={"note": "the marina closes"})
    again = await client.post(f"{MARINA}/ending", json={})
    await client.put(MARINA, json={"note": "and opens"})

    entries = (await client.get("/api/v1/audit-entries", params={"limit": 50})).json()["items"]
    switched = [(one["action"], one["fields"], one["purpose"]) for one in entries if one["subject"] == "pack"]
    notices = (await admin.get("/api/v1/notices")).json()["items"]
    announced = [one for one in notices if one["kind"] == "policy_announced"]
    versions = (await client.get("/api/v1/policy/versions")).json()
    assert again.json()["enabled"] is False
    assert len(announced) == 2
    assert switched == [
        ("pack.enable", ["marina"], "and opens"),
        ("pack.end", ["marina"], "the marina closes"),
    ]
    assert sorted(one["kind"] for one in notices if one["kind"].startswith("pack_")) == ["pack_enabled", "pack_ended"]
    assert ["游艇码头服务办法" in one["text"] for one in notices if one["kind"].startswith("pack_")] == [True, True]
    assert [one["note"] for one in versions] == ["and opens", "the marina closes"]


async def test_a_pack_is_not_ended_while_the_companys_own_policy_leans_on_it(company, allowed):
    client = await company.client()
    leaning = {"switched_off": ["service_items.mooring"]}
    assert (await client.post("/api/v1/policy/versions", json={"overrides": leaning})).status_code == 201

    refused = await client.post(f"{MARINA}/ending", json={})

    assert refused.status_code == 422, refused.text
    assert await states(client) == {"cable_tv": (True, False), "marina": (True, True)}


async def test_a_pack_whose_tables_are_missing_is_not_switched_on(other, allowed, world):
    connection = await asyncpg.connect(world.owner_url)
    await connection.execute("alter table marina_berth rename to marina_elsewhere")
    try:
        refused = await (await other.client()).put(MARINA, json={})
    finally:
        await connection.execute("alter table marina_elsewhere rename to marina_berth")
        await connection.close()

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/pack-not-ready")


async def test_what_the_core_keeps_stays_readable_without_the_pack_that_named_it(world):
    """Customers of a kind, a tier and a level that only the pack knows."""
    company = await world.tenant(packs=("airline_lounge", "marina"))
    await allow(world, company, "airline_lounge")
    client = await company.client()
    customer = {"number": "1", "name": "Zhao", "kind": "flyer"}
    made = (await client.post("/api/v1/customers", json=customer)).json()
    complaint = {"customer_id": made["id"], "text": "smoke in the cabin", "channel": "phone"}
    taken = await client.post("/api/v1/complaints", json=complaint)
    assert taken.json()["level"] == "safety", taken.text

    ended = await client.post("/api/v1/enabled-packs/airline_lounge/ending", json={})
    person = await company.staff("reader", "tenant_admin", "manager")
    reads = [
        await one.get(path)
        for one, path in (
            (client, f"/api/v1/customers/{made['id']}"),
            (client, "/api/v1/customers"),
            (client, f"/api/v1/complaints/{taken.json()['id']}"),
            (client, "/api/v1/complaints"),
            (person, f"/console/customers/{made['id']}"),
            (person, f"/console/complaints/{taken.json()['id']}"),
            (person, "/console/customers"),
            (person, "/console/complaints?view=all"),
        )
    ]

    assert ended.status_code == 200, ended.text
    assert [(str(one.url), one.status_code) for one in reads if one.status_code != 200] == []


async def test_the_page_shows_what_comes_and_goes_before_the_button(company, other, allowed):
    admin = await company.staff("admin", "tenant_admin", "manager")
    admin.headers["Accept-Language"] = "en"

    listed = await admin.get("/console/packs")
    ending = await admin.get("/console/pack-switches/marina")
    done = await admin.post("/console/pack-switches/marina/off", content="note=closed")
    starting = await admin.get("/console/pack-switches/marina")
    back = await admin.post("/console/pack-switches/marina/on", content="note=open")
    strange = await admin.get("/console/pack-switches/gallery")
    operators = await admin.post("/console/pack-switches/cable_tv/off", content="")

    assert 'href="/console/pack-switches/marina"' in listed.text
    assert 'href="/console/pack-switches/cable_tv"' not in listed.text
    assert all(
        said in ending.text for said in ("GET /api/v1/packs/marina/berths", "marina_berth: 0 rows", "Switch off<")
    )
    assert "Switch on<" in starting.text
    assert [one.status_code for one in (done, back, strange, operators)] == [200, 200, 404, 403]


async def test_whoever_may_not_write_the_policy_sees_no_button(company, allowed):
    reader = await company.staff("reader", "manager")

    page = await reader.get("/console/packs")

    assert page.status_code == 200
    assert "pack-switches" not in page.text
    assert (await reader.get("/console/pack-switches/marina")).status_code == 403


async def test_the_document_names_the_routes_of_the_companys_packs_and_nothing_of_others(company, other, world):
    client, neighbour, stranger = await company.client("audit:read"), await other.client(), world.client()

    own, theirs = [await one.get("/api/v1/openapi") for one in (client, neighbour)]
    public = await stranger.get("/api/v1/openapi.json")
    refused = await stranger.get("/api/v1/openapi")

    assert set(own.json()["paths"]) - set(theirs.json()["paths"]) == {f"{BERTHS}", f"{BERTHS}/{{name}}"}
    assert own.json()["paths"][BERTHS]["get"]["summary"] == "All berths"
    assert "marina" not in theirs.text
    assert "marina" not in public.text
    assert "lounge" not in public.text
    assert theirs.json() == public.json()
    assert refused.status_code == 401
