"""A company goes from one cell to the other while it is written to; killed at every step, one cell serves it and never two."""

import asyncio
import base64
import json
import os
import re
import sys
import time
from datetime import timedelta

import asyncpg
import pytest
from msgspec import structs
from working import Effect, effects

from guibin.jobs.actions import enqueue
from guibin.operation import embedded, moving
from guibin_tenants import cells, directory, placement
from guibin_tenants.refusals import Conflict
from guibin_tenants.scope import fetch_value

from .conftest import owner_on
from .test_isolation import _rows
from .test_served import until, working

pytestmark = pytest.mark.cells

# In the order in which a move reaches them.
BEFORE = ("begun", "published", "subscribed", "copied", "fenced", "caught_up", "compared")
# Here nobody serves it until the command is given again: two cells never do.
CLOSED = ("closed", "switched")
AFTER = ("served", "parted", "erased")
NEW = {"kind": "leader", "employer": "成都市教育局"}
STANDS_STILL_S_MAX = 3.0
# `guibin tenant move SLUG --to CELL` without what else the command imports.
MOVE = """
import asyncio, os, sys
from guibin.operation import moving
from guibin_tenants import cells

cells.serve(os.environ)
asyncio.run(moving.move(sys.argv[1], sys.argv[4], sys.argv[6], say=print))
"""


@pytest.fixture(scope="module")
async def named(named, servers):
    """The cells with an address that replicates, of a role with no more rights than that takes."""
    (north, south), server = named
    superusers = servers["superuser"], embedded.superuser_url(server.home)
    movers = []
    for cell, superuser in zip((north, south), superusers, strict=True):
        connection = await asyncpg.connect(superuser)
        name = cell.owner.split("?")[0].rsplit("/", 1)[1]
        if not await connection.fetchval("select true from pg_roles where rolname = 'guibin_mover'"):
            await connection.execute("create role guibin_mover login replication bypassrls password 'mover'")
            await connection.execute("grant pg_create_subscription to guibin_mover")
        await connection.execute(f"grant create on database {name} to guibin_mover")
        await connection.close()
        movers.append(re.sub(r"//[^@]*@", "//guibin_mover:mover@", cell.owner))
    both = structs.replace(north, mover=movers[0]), structs.replace(south, mover=movers[1])
    cells.use_cells(both)
    return both, server


class Writers:
    """Who writes all the time, and what they were told was written."""

    def __init__(self, world, token, tasks=2):
        self.world, self.token, self.tasks = world, token, tasks
        self.written, self.refused, self.longest_s, self.stopped = [], [], 0.0, False
        self._numbers = iter(range(1, 1_000_000))
        self._last = time.perf_counter()

    async def __aenter__(self):
        self._running = [asyncio.create_task(self._write()) for _ in range(self.tasks)]
        return self

    async def __aexit__(self, *_):
        self.stopped = True
        await asyncio.gather(*self._running)

    async def _write(self):
        client = self.world.client(self.token)
        while not self.stopped:
            number = f"M{next(self._numbers):06}"
            answer = await client.post("/api/v1/customers", json=NEW | {"number": number, "name": f"王{number}"})
            if answer.status_code == 201:
                now = time.perf_counter()
                self.longest_s, self._last = max(self.longest_s, now - self._last), now
                self.written.append(number)
            else:
                self.refused.append((number, answer.status_code, answer.json()["type"]))
            await asyncio.sleep(0.05)


@pytest.fixture
def guibin(named, world, tmp_path):
    """A command as a process of its own; it may be killed at a step."""

    async def run(*words, fail_at=""):
        (north, south), _ = named
        told = {cell.name: {role: cell.url(role) for role in ("app", "owner", "mover")} for cell in (north, south)}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GUIBIN_")} | {
            "GUIBIN_HOME": str(tmp_path),
            "GUIBIN_ROOT_KEY": base64.b64encode(b"\x07" * 32).decode(),
            "GUIBIN_CELLS": json.dumps(told),
            "GUIBIN_FAIL_AT": fail_at and f"move.{fail_at}:kill",
        }
        program = ("-c", MOVE, north.owner) if fail_at else ("-m", "guibin.cli")
        process = await asyncio.create_subprocess_exec(
            sys.executable, *program, *words, env=environment, stdout=-1, stderr=-1
        )
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    return run


async def _serving(named, company):
    """The cells on which the registration is served."""
    both, _ = named
    found = []
    for cell in both:
        async with owner_on(cell) as connection:
            if await connection.fetchval("select true from tenant where id = $1 and moving_to is null", company.id):
                found.append(cell.name)
    return found


async def _numbers(cell, company):
    async with owner_on(cell) as connection, connection.transaction():
        await connection.execute("select set_config('guibin.tenant', $1, true)", str(company.id))
        await connection.execute("set local guibin.units = '*'")
        return [row["number"] for row in await connection.fetch("select number from customer order by number")]


async def test_a_move_under_writes_killed_at_every_step(named, world, guibin):
    (north, south), _ = named
    company = await world.tenant(cell="north")
    token = await company.key()
    served = {}
    async with Writers(world, token) as writers:
        for step in (*BEFORE, *CLOSED, *AFTER):
            code, _, err = await guibin("tenant", "move", company.slug, "--to", "south", fail_at=step)
            assert code == -9, (step, code, err)
            served[step] = await _serving(named, company)
            if step not in CLOSED:
                before = len(writers.written)
                await until(lambda before=before: _more(writers, before))
        code, out, err = await guibin("tenant", "move", company.slug, "--to", "south", "--json")
        assert code == 0, err
        before = len(writers.written)
        await until(lambda: _more(writers, before))

    assert [served[step] for step in BEFORE] == [["north"]] * len(BEFORE)
    assert [served[step] for step in CLOSED] == [[]] * len(CLOSED)
    assert [served[step] for step in AFTER] == [["south"]] * len(AFTER)
    assert json.loads(out)["target"] == "south"
    assert await _numbers(south, company) == sorted(writers.written)
    assert await _numbers(north, company) == []
    assert {(status, kind) for _, status, kind in writers.refused} <= {(503, "/problems/company-moving")}
    placement.forget(company.id)
    place = await placement.by_slug(company.slug)
    assert (place.cell, place.state, place.moving_to, place.moved_from) == ("south", "served", "", "")


async def _more(writers, before):
    return len(writers.written) > before + 2


async def test_a_move_stands_still_for_a_moment_and_nothing_is_refused(named, world, guibin):
    (north, south), _ = named
    company = await world.tenant(cell="south")
    token = await company.key()
    async with Writers(world, token, tasks=4) as writers:
        await until(lambda: _more(writers, 20))
        writers.longest_s = 0.0
        moved = await moving.move(north.owner, company.slug, "north", say=str)
        before = len(writers.written)
        await until(lambda: _more(writers, before))

    print(f"stood still {moved.stood_still_s:.2f} s; longest without an answer {writers.longest_s:.2f} s")
    assert writers.refused == []
    assert 0 < moved.stood_still_s < STANDS_STILL_S_MAX
    assert writers.longest_s < STANDS_STILL_S_MAX
    assert await _numbers(north, company) == sorted(writers.written)
    assert (await _rows(south, company, "customer"), await _rows(south, company, "audit_entry")) == (0, 0)
    # Back again, where a tombstone stands.
    await moving.move(north.owner, company.slug, "south", say=str)
    assert await _numbers(south, company) == sorted(writers.written)
    assert await _serving(named, company) == ["south"]


async def test_a_move_is_given_up_before_the_switch_and_not_after(named, world, guibin):
    (north, south), _ = named
    company = await world.tenant(cell="north")
    async with await company.client() as client:
        await client.post("/api/v1/customers", json=NEW | {"number": "M1", "name": "王明"})
    for step in ("copied", "closed"):
        code, _, err = await guibin("tenant", "move", company.slug, "--to", "south", fail_at=step)
        assert code == -9, err
        with pytest.raises(Conflict):
            await directory.refuse_moving(north.owner, company.slug)

        await moving.give_up(north.owner, company.slug, say=str)

        assert await _serving(named, company) == ["north"]
        assert (await _rows(south, company, "customer"), await _numbers(north, company)) == (0, ["M1"])
    code, _, err = await guibin("tenant", "move", company.slug, "--to", "south", fail_at="switched")
    assert code == -9, err
    with pytest.raises(moving.CannotMove):
        await moving.give_up(north.owner, company.slug, say=str)
    await moving.move(north.owner, company.slug, "south", say=str)
    assert await _serving(named, company) == ["south"]


async def test_what_arrived_otherwise_is_not_served(named, world, monkeypatch):
    (north, south), _ = named
    company = await world.tenant(cell="north")
    async with await company.client() as client:
        await client.post("/api/v1/customers", json=NEW | {"number": "M1", "name": "王明"})

    caught_up = moving._caught_up

    async def and_one_is_lost(ends):
        await caught_up(ends)
        await _spoil(south, company)

    monkeypatch.setattr(moving, "_caught_up", and_one_is_lost)
    with pytest.raises(moving.Differs, match="audit_entry"):
        await moving.move(north.owner, company.slug, "south", say=str)

    assert await _serving(named, company) == ["north"]
    async with company.scope():
        assert await fetch_value("select count(*) from customer") == 1
    await moving.give_up(north.owner, company.slug, say=str)


async def _spoil(cell, company):
    async with owner_on(cell) as connection, connection.transaction():
        await connection.execute("select set_config('guibin.tenant', $1, true)", str(company.id))
        await connection.execute("set local guibin.units = '*'")
        assert await connection.execute("delete from audit_entry") != "DELETE 0"


async def test_jobs_and_deadlines_go_along_and_are_done_once(named, world):
    (north, _), _ = named
    company = await world.tenant(cell="north")
    async with company.scope():
        jobs = [await enqueue(Effect(takes_s=0.05), now=world.clock()) for _ in range(40)]
    async with await company.client() as client:
        await client.post("/api/v1/complaints", json={"text": "没有信号", "channel": "phone"})
    world.clock.set(world.clock() + timedelta(days=3))

    async def done():
        async with company.scope():
            return set(await effects()) == set(jobs)

    async def fired():
        async with company.scope():
            return await fetch_value("select count(*) = 0 from timer where next_at <= $1", world.clock())

    async with working(world, named):
        await moving.move(north.owner, company.slug, "south", say=str)
        await until(done)
        await until(fired)

    async with company.scope():
        assert await effects() == dict.fromkeys(jobs, 1)
    assert (await placement.by_slug(company.slug)).cell == "south"
    assert await _rows(north, company, "job") == 0


async def test_a_stream_is_told_to_read_anew_where_its_company_went(named, world, monkeypatch):
    (north, _), _ = named
    company = await world.tenant(cell="south")
    hub = world.litestar.state.hub
    monkeypatch.setattr(hub, "limits", structs.replace(hub.limits, lasts_s=60))
    client = await company.client()
    stream = asyncio.create_task(client.get("/api/v1/events/stream"))
    await until(lambda: _listening(hub, company))

    await moving.move(north.owner, company.slug, "north", say=str)
    hub.forget(company.id)
    await asyncio.sleep(1.0)
    taken = (await client.post("/api/v1/complaints", json={"text": "没有信号", "channel": "phone"})).json()
    hub.forget(company.id)
    await asyncio.sleep(1.0)
    hub.close()
    answer = await stream

    assert "event: reset" in answer.text
    assert taken["id"] in answer.text


async def _listening(hub, company):
    return bool(hub._companies.get(company.id) and hub._companies[company.id].since is not None)


async def test_what_cannot_be_moved_is_told_before_anything_is_done(named, world):
    (north, south), _ = named
    company = await world.tenant(cell="north")
    with pytest.raises(moving.CannotMove, match="is on north"):
        await moving.move(north.owner, company.slug, "north", say=str)
    async with owner_on(south) as connection:
        await connection.execute("alter table customer add column of_another_release int")
    try:
        with pytest.raises(moving.CannotMove, match="of_another_release"):
            await moving.move(north.owner, company.slug, "south", say=str)
    finally:
        async with owner_on(south) as connection:
            await connection.execute("alter table customer drop column of_another_release")

    confirmed = "update tenant set purge = $2::jsonb where id = $1"
    async with owner_on(north) as connection:
        await connection.execute(confirmed, company.id, '{"confirmed_at": "2026-03-02T10:00:00Z"}')
    with pytest.raises(moving.CannotMove, match="being purged"):
        await moving.move(north.owner, company.slug, "south", say=str)
    async with owner_on(north) as connection:
        await connection.execute(confirmed, company.id, None)

    placement.forget(company.id)
    assert (await placement.by_slug(company.slug)).state == "served"
