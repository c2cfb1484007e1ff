"""A frozen company: every request that may write is refused, whatever shows something is answered, and nothing of it runs."""

import re
from uuid import uuid4

import pytest
from addresses import addresses
from due import add_timer, due_of
from looking import CUSTOMER, PURPOSE
from working import Effect, Renames, effects

from guibin.app import scope_middleware
from guibin.context import Root
from guibin.dispatch import execution
from guibin.dispatch.execution import Workshop, perform
from guibin.dispatch.leases import Leases
from guibin.jobs.actions import enqueue
from guibin.sla.jobs import SweepTimers
from guibin_tenants import registry
from guibin_tenants.scope import fetch, fetch_value
from guibin_tenants.tables import new_id
from support import PASSWORD

PARAMETER = re.compile(r"\{[^}]+\}")
SAFE = {"GET", "HEAD", "OPTIONS"}
# What is asked by POST and shows something, as it stands in the addresses; read from nothing but this list.
LOOKS = {
    "/api/v1/cards/searches",
    "/api/v1/customers/searches",
    "/api/v1/evidence/packs",
    "/console/evidence/pack",
    "/console/find",
    "/console/find/customers",
    "/console/find/whose",
    "/console/lists/{}/export",
    "/console/customers/{}/copy",
    "/console/customers/{}/reveal/{}",
    "/console/files/{}/opening",
    "/api/v1/customers/{}/copies",
}
# What a look and a sign-in write down, and what counts requests.
TOLD = {
    "audit_entry",
    "stream_event",
    "staff_session",
    "api_key",
    "request_count",
    "known_device",
    "disclosure",
    "look_up_count",
}


@pytest.fixture
def freeze(world, owner):
    """Freeze it, as another process would that tells this one in a moment."""

    async def run(company):
        await registry.freeze(owner, company.slug, because="移交", now=world.clock())
        world.litestar.state.scope_middleware.remembered.forget_all()

    return run


async def rows(company):
    async with company.scope():
        tables = await fetch(
            "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'"
            " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')"
        )
        return {
            name: (await fetch_value(f"select count(*)::text || coalesce(max(xmin::text), '') from {name}"))
            for (name,) in tables
            if name not in TOLD
        }


async def test_every_writing_request_is_refused_and_writes_nothing(world, tenant, freeze):
    key, person = await tenant.client(), await tenant.staff("admin", "tenant_admin")
    everything = addresses(world, "/api/v1/")
    before = await rows(tenant)
    await freeze(tenant)

    refused, others = set(), set()
    for method, path in everything:
        if method in SAFE:
            continue
        address = PARAMETER.sub(lambda _: str(uuid4()), path)
        for client in (key, person) if path.startswith("/api/") else (person,):
            answer = await client.request(method, address, json={})
            frozen = answer.status_code == 409 and "company-frozen" in answer.text
            page = answer.status_code == 409 and path.startswith("/console")
            (refused if frozen or page else others).add(PARAMETER.sub("{}", path))

    assert len(refused) > 500
    assert {path for path in others if not path.endswith(("/disclosures", "/disclosure"))} == LOOKS
    assert await rows(tenant) == before


async def test_signing_in_reading_and_disclosing_go_on(world, tenant, client, freeze):
    who = (await client.post("/api/v1/customers", json=CUSTOMER)).json()["id"]
    await tenant.staff("li.wei", "manager")
    await freeze(tenant)

    signed_in = await world.client().post(
        "/api/v1/sessions", json={"company": tenant.slug, "login": "li.wei", "password": PASSWORD}
    )
    shown = await client.get(f"/api/v1/customers/{who}")
    told = await client.post(f"/api/v1/customers/{who}/disclosures", json=PURPOSE)
    found = await client.post("/api/v1/customers/searches", json={"q": "王建国"})
    gone = await client.delete(f"/api/v1/customers/{who}")

    assert (signed_in.status_code, shown.status_code) == (201, 200), signed_in.text
    assert told.json()["values"] == {"mobile": ["13800138000"]}
    assert found.status_code in (200, 201), found.text
    assert (gone.status_code, gone.json()["type"]) == (409, "/problems/company-frozen")


async def test_no_page_or_list_is_refused_for_being_frozen(world, tenant, freeze):
    person = await tenant.staff("admin", "tenant_admin")
    await freeze(tenant)

    answers = {}
    for method, path in addresses(world, "/api/v1/"):
        if method == "GET" and "{" not in path and "stream" not in path and "events" not in path:
            answers[path] = (await person.get(path)).status_code

    assert len(answers) > 100
    assert [path for path, status in answers.items() if status == 409] == []


async def test_its_neighbour_is_served_and_it_is_written_again_when_thawed(
    world, tenant, other_tenant, client, freeze, owner
):
    neighbour = await other_tenant.client()
    await freeze(tenant)
    refused = await client.post("/api/v1/customers", json=CUSTOMER)
    beside = await neighbour.post("/api/v1/customers", json=CUSTOMER)
    await registry.thaw(owner, tenant.slug)
    world.litestar.state.scope_middleware.remembered.forget_all()

    again = await client.post("/api/v1/customers", json=CUSTOMER)

    assert [each.status_code for each in (refused, beside, again)] == [409, 201, 201]


async def test_jobs_rhythms_and_deadlines_stand_still_and_go_on(world, tenant, freeze, owner, database):
    shop = Workshop(root=Root(packs=world.packs, clock=world.clock), worker=new_id(), leases=Leases())
    async with tenant.scope():
        job = await enqueue(Effect(), now=world.clock())
        sweep = await enqueue(SweepTimers(), now=world.clock())
        await add_timer(tenant)

    async def ready():
        return await due_of(tenant, database.relay, shop.worker)

    assert (await ready())[:3] == (2, 1, 1)
    await freeze(tenant)
    assert await ready() == (0, 0, 0, 0)
    assert [await perform(shop, tenant.id, one, attempt=0) for one in (job, sweep)] == ["not taken", "not taken"]
    async with tenant.scope():
        assert (await effects(), await fetch_value("select count(*) from timer_step")) == ({}, 0)

    await registry.thaw(owner, tenant.slug)

    assert (await ready())[:3] == (2, 1, 1)
    assert [await perform(shop, tenant.id, one, attempt=0) for one in (job, sweep)] == ["completed", "completed"]
    async with tenant.scope():
        assert (await effects(), await fetch_value("select count(*) from timer_step")) == ({job: 1}, 1)


async def test_what_the_application_lets_through_is_refused_by_the_database(tenant, client, owner, monkeypatch):
    monkeypatch.setattr(scope_middleware, "refuse_frozen", lambda method, path: None)
    made = await client.post("/api/v1/customers", json=CUSTOMER)
    await owner.execute("update tenant set frozen_at = now(), frozen_because = '移交' where id = $1", tenant.id)
    before = await rows(tenant)

    written = await client.post("/api/v1/customers", json=CUSTOMER | {"number": "V777"})
    gone = await client.delete(f"/api/v1/customers/{made.json()['id']}")
    after = await rows(tenant)
    shown = await client.get(f"/api/v1/customers/{made.json()['id']}")

    assert (made.status_code, shown.status_code) == (201, 200)
    for answer in (written, gone):
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/company-frozen"), answer.text
    assert after == before


@pytest.mark.parametrize(("language", "said"), [("zh-CN", "目前只读，没有写入任何内容"), ("en", "is read-only")])
async def test_the_databases_refusal_is_worded_for_whoever_reads(tenant, owner, monkeypatch, language, said):
    monkeypatch.setattr(scope_middleware, "refuse_frozen", lambda method, path: None)
    person = await tenant.staff("admin", "tenant_admin")
    await owner.execute("update tenant set frozen_at = now(), frozen_because = '移交' where id = $1", tenant.id)
    before = await rows(tenant)

    sent = {"number": "V777", "name": "王建国", "kind": "leader", "purpose": "开户"}
    answer = await person.post("/console/customers/new", data=sent, headers={"accept-language": language})

    assert answer.status_code == 409, answer.text[-600:]
    assert said in answer.text
    assert await rows(tenant) == before


async def test_a_job_that_had_begun_writes_nothing_and_is_done_when_thawed(world, tenant, freeze, owner, monkeypatch):
    shop = Workshop(root=Root(packs=world.packs, clock=world.clock), worker=new_id(), leases=Leases())
    async with tenant.scope():
        job = await enqueue(Renames(), now=world.clock())
        before = await fetch_value("select max(name) from org_unit")
    begin = execution._perform

    async def frozen_meanwhile(*begun):
        await freeze(tenant)
        return await begin(*begun)

    monkeypatch.setattr(execution, "_perform", frozen_meanwhile)
    stopped = await perform(shop, tenant.id, job, attempt=0)
    async with tenant.scope():
        left = await fetch_value("select max(name) from org_unit")
        failures = await fetch_value("select failures from job where id = $1", job)
    monkeypatch.setattr(execution, "_perform", begin)
    await registry.thaw(owner, tenant.slug)
    done = await perform(shop, tenant.id, job, attempt=1)

    async with tenant.scope():
        renamed = await fetch_value("select max(name) from org_unit")
    assert (stopped, failures, left) == ("failed", 0, before)
    assert (done, renamed) == ("completed", f"{before}.")
