"""What is served on the second cell, and what goes on when a cell is away: sign-in, jobs, deadlines, streams, links, health."""

import asyncio
import contextlib
import time
from datetime import timedelta

import httpx
import pytest
from tests.app.test_stream import told
from working import Effect, effects

from guibin.jobs.actions import enqueue
from guibin.live import hub as hubs
from guibin.operation import worker
from guibin.operation.worker import WorkerSettings
from guibin_tenants import cells, placement, registry
from guibin_tenants.database import ENGINE, CellAway
from guibin_tenants.listening import listening
from guibin_tenants.scope import fetch_value

from .conftest import owner_on

pytestmark = pytest.mark.cells

WITHIN_S = 60
COMPLAINT = {"text": "没有信号", "channel": "phone"}
CUSTOMER = {"number": "DK00001", "name": "王建国", "kind": "leader", "employer": "成都市教育局"}


@contextlib.asynccontextmanager
async def working(world, named, *, served=()):
    """A worker over both cells, or those it is told to serve, in this process."""
    (north, _), _ = named
    stop = asyncio.Event()
    at = worker.Addresses(north.app, north.relay, world.redis_url, served)
    settings = WorkerSettings(timers_every_s=0.1, timetable_every_s=0.2, handed_for_s=2.0, drain_s=1.0)
    task = asyncio.create_task(worker.run(at, settings=settings, packs=world.packs, clock=world.clock, stop=stop))
    try:
        yield task
    finally:
        stop.set()
        await task


async def until(come_true):
    async with asyncio.timeout(WITHIN_S):
        while not await come_true():  # noqa: ASYNC110  # what is waited for happens in a database
            await asyncio.sleep(0.1)


async def _done(company, job):
    async with company.scope():
        return await effects() == {job: 1}


async def _none(count):
    return await count() == 0


async def _enqueued(company):
    async with company.scope():
        return await enqueue(Effect(), now=company.world.clock())


async def test_somebody_of_the_second_cell_signs_in(world, both):
    _, company = both

    client = await company.staff("wang", "tenant_admin")

    assert (await client.get("/api/v1/me")).json()["name"] == "wang"
    wrong = {"company": company.slug, "login": "wang", "password": "wrong horse battery"}
    assert (await world.client().post("/api/v1/sessions", json=wrong)).status_code == 401


async def test_the_domain_of_a_mail_address_leads_to_the_cell(named, world, both):
    (north, south), _ = named
    _, company = both
    async with owner_on(south) as there, owner_on(north) as listed:
        await registry.add_domain(there, company.slug, "vip.example.com")
        await listed.execute("update placement set domains = '{vip.example.com}' where company = $1", company.id)
    await company.staff("wang", "tenant_admin")

    asked = {"company": "somebody@vip.example.com", "login": "wang", "password": "correct horse battery"}
    answer = await world.client().post("/api/v1/sessions", json=asked)

    assert answer.status_code == 201


async def test_one_worker_does_the_jobs_of_all_cells(world, named, both):
    jobs = [await _enqueued(company) for company in both]

    async with working(world, named):
        for company, job in zip(both, jobs, strict=True):
            await until(lambda company=company, job=job: _done(company, job))


async def test_a_worker_serves_the_cells_it_is_told_to(world, named, both):
    north, south = both
    jobs = [await _enqueued(company) for company in both]

    async with working(world, named, served=("south",)):
        await until(lambda: _done(south, jobs[1]))
        async with north.scope():
            assert await effects() == {}

    with pytest.raises(cells.BadCells):
        async with working(world, named, served=("west",)):
            pytest.fail("a worker began for a cell that is none")


async def test_deadlines_and_rhythms_come_on_the_second_cell(world, named, both):
    _, company = both
    async with await company.client() as client:
        taken = (await client.post("/api/v1/complaints", json=COMPLAINT)).json()

    world.clock.set(world.clock() + timedelta(days=3))

    async def due():
        async with company.scope():
            return await fetch_value("select count(*) from timer where next_at <= $1", world.clock())

    async def looked_at():
        async with company.scope():
            return await fetch_value("select next_at > $1 from timetable_look", world.clock())

    assert taken["id"]
    assert await due() > 0
    async with working(world, named):
        await until(looked_at)
        await until(lambda: _none(due))


async def test_a_stream_of_the_second_cell_is_told_at_once(world, named, both, monkeypatch):
    (_, south), _ = named
    _, company = both
    hub, begun = world.litestar.state.hub, asyncio.Event()
    token = await company.key()
    monkeypatch.setattr(hubs, "LOOKED_EVERY_S", 60.0)

    async with listening(south.app, "guibin streams", hubs.heard_by(hub), begun.set):
        await begun.wait()
        monkeypatch.setattr(hub, "limits", hub.limits.__class__(caller=12, company=400, process=1000, lasts_s=4))
        client = world.client(token)
        stream = asyncio.create_task(client.get("/api/v1/events/stream"))
        while not hub.inside(company.id):  # noqa: ASYNC110  # the hub has no event to set
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)
        taken = (await world.client(token).post("/api/v1/complaints", json=COMPLAINT)).json()
        answer = await stream

    assert (taken["id"] in {event["subject_id"] for event in told(answer)}) is True


async def test_a_cell_that_is_away_is_told_of_fast_and_the_other_is_served(world, named, both, monkeypatch):
    _, server = named
    north, south = both
    tokens = [await company.key() for company in both]
    clients = [world.client(token) for token in tokens]
    for client in clients:
        assert (await client.post("/api/v1/customers", json=CUSTOMER)).status_code == 201

    await server.stop()
    try:
        answers, took = [], []
        for _ in range(3):
            for client in clients:
                begun = time.perf_counter()
                answers.append(await client.get("/api/v1/customers"))
                took.append(time.perf_counter() - begun)
        signing_in = {"company": south.slug, "login": "wang", "password": "wrong horse battery"}
        signed = await world.client().post("/api/v1/sessions", json=signing_in)
        ready = await world.client().get("/health/ready")
        with pytest.raises(CellAway):
            async with south.scope():
                pytest.fail("a scope was opened on a server that is stopped")
        job = await _enqueued(north)
        async with working(world, named):
            await until(lambda: _done(north, job))
    finally:
        await server.start()

    assert [answer.status_code for answer in answers] == [200, 503] * 3
    assert {answer.headers.get("Retry-After") for answer in answers[1::2]} <= {"1", "2"}
    assert max(took) < 2.0, took
    assert (signed.status_code, ready.status_code) == (503, 200)

    async def back():
        return (await clients[1].get("/api/v1/customers")).status_code == 200

    await until(back)


async def test_companies_that_are_known_go_on_without_the_directory(world, named, both, monkeypatch):
    """The first cell is away: whoever is known on the other is served, whoever is not is not guessed."""
    _, company = both
    unknown = await world.tenant(cell="south")
    tokens = [await one.key() for one in (company, unknown)]
    placement.forget(unknown.id)
    lane = ENGINE.lanes["north"]
    monkeypatch.setattr(lane, "away_until", time.monotonic() + 60)

    codes = [(await world.client(token).get("/api/v1/customers")).status_code for token in tokens]

    assert codes == [200, 503]


async def test_the_process_is_ready_as_long_as_one_cell_is(world, monkeypatch):
    async def asked() -> int:
        answer: httpx.Response = await world.client().get("/health/ready")
        return answer.status_code

    monkeypatch.setattr(ENGINE.lanes["north"], "away_until", time.monotonic() + 60)
    one = await asked()
    monkeypatch.setattr(ENGINE.lanes["south"], "away_until", time.monotonic() + 60)

    assert (one, await asked()) == (200, 503)
