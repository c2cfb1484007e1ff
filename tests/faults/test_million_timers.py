"""A sweep reads what is due and nothing else, however many deadlines run."""

import json
import re
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest

from guibin.sla.sweep import _SWEEP

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
DUE = 1_000
# Ids in order: each page of the keys is written once.
FILL = """
insert into timer (id, subject, subject_id, milestone, occurrence, clock, steps, started_at, warn_at, due_at, next_at,
    provisional, generation, version)
select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'complaint',
    ('00000000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, 'resolution', 1, '{}',
    jsonb_build_array(jsonb_build_object('name', 'breach', 'kind', 'breach', 'at', at, 'roles', '[]'::jsonb)),
    at, at, at, at, false, 0, 1
from (select n, $1::timestamptz + (n - $2) * interval '1 second' as at from generate_series(1, $3::int) n) s
"""
INDEXES = (
    "select indexname, indexdef from pg_indexes where tablename = 'timer'"
    " and not exists (select from pg_constraint where conname = indexname)"
)


@pytest.fixture
async def apart(tenant, request, database):
    """A database of its own, as so many rows would slow every test after this one: as owner and as application."""
    config = request.config
    servers = (
        json.loads(config.workerinput["guibin_servers"]) if hasattr(config, "workerinput") else config.guibin_servers
    )
    name = f"guibin_timers_{tenant.id.hex}"
    superuser = await asyncpg.connect(servers["superuser"])
    await superuser.execute(f"create database {name} template guibin owner guibin_owner")
    both = []
    for url in (database.owner, database.app):
        connection = await asyncpg.connect(re.sub(r"/guibin_\w+\?", f"/{name}?", url))
        await connection.execute(f"set guibin.tenant = '{tenant.id}'; set guibin.units = '*'")
        both.append(connection)
    yield both
    for connection in both:
        await connection.close()
    await superuser.execute(f"drop database {name}")
    await superuser.close()


async def _fill(owner, timers):
    """So many running deadlines, of which `DUE` are due, and as many of another company; indexes are built once, over all."""
    await owner.execute("set maintenance_work_mem = '256MB'")
    indexes = await owner.fetch(INDEXES)
    for index in indexes:
        await owner.execute(f"drop index {index['indexname']}")
    await owner.execute(FILL, NOW, DUE, timers, timeout=300)
    mine = await owner.fetchval("select current_setting('guibin.tenant')")
    await owner.execute(f"set guibin.tenant = '{uuid4()}'")
    await owner.execute(FILL.replace("8000-'", "8002-'"), NOW, DUE, timers, timeout=300)
    await owner.execute(f"set guibin.tenant = '{mine}'")
    for index in indexes:
        await owner.execute(index["indexdef"], timeout=300)
    await owner.execute("analyze timer")


@pytest.mark.parametrize(
    "timers", [20_000, pytest.param(1_000_000, marks=pytest.mark.slow)], ids=["twenty thousand", "a million"]
)
async def test_a_sweep_touches_only_what_is_due(apart, timers):
    owner, application = apart
    await _fill(owner, timers)
    transaction = application.transaction()
    await transaction.start()
    explained = await application.fetchval(f"explain (analyze, buffers, format json) {_SWEEP}", NOW, NOW, DUE)
    await transaction.rollback()

    plan = json.loads(explained)[0]["Plan"]
    nodes = list(_nodes(plan))
    reads = [node for node in nodes if node.get("Relation Name") == "timer" and "Scan" in node["Node Type"]]
    found = [node["Actual Rows"] for node in nodes if node.get("Index Name") == "timer_next_idx"]
    assert found == [DUE]
    assert {node["Node Type"] for node in reads} <= {"Index Scan", "Bitmap Heap Scan"}
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in reads) <= 2 * DUE
    # Reading a due timer, writing its step and moving it on: some forty pages each, at any size of the table.
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 60 * DUE


def _nodes(plan):
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)
