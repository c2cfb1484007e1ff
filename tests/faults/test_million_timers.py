"""A sweep reads what is due and nothing else, however many deadlines run."""

import json
import re
from datetime import UTC, datetime

import asyncpg
import pytest

from guibin.sla.sweep import _SWEEP

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
DUE = 1_000
FILL = """
insert into timer (id, subject, subject_id, milestone, occurrence, clock, steps, started_at, warn_at, due_at, next_at,
    provisional, generation, version)
select gen_random_uuid(), 'complaint', gen_random_uuid(), 'resolution', 1, '{}', jsonb_build_array(jsonb_build_object(
    'name', 'breach', 'kind', 'breach', 'at', at, 'roles', '[]'::jsonb)), at, at, at, at, false, 0, 1
from (select $1::timestamptz + (n - $2) * interval '1 second' as at from generate_series(1, $3) n) s
"""


@pytest.fixture
async def apart(tenant, servers, database):
    """A database of its own, as so many rows would slow every test after this one."""
    name = f"guibin_timers_{tenant.id.hex}"
    superuser = await asyncpg.connect(servers["superuser"])
    await superuser.execute(f"create database {name} template guibin owner guibin_owner")
    url = re.sub(r"/guibin_\w+\?", f"/{name}?", database.app)
    connection = await asyncpg.connect(url)
    await connection.execute(f"set guibin.tenant = '{tenant.id}'; set guibin.units = '*'")
    yield connection
    await connection.close()
    await superuser.execute(f"drop database {name}")
    await superuser.close()


@pytest.mark.parametrize(
    "timers", [20_000, pytest.param(1_000_000, marks=pytest.mark.slow)], ids=["twenty thousand", "a million"]
)
async def test_a_sweep_touches_only_what_is_due(apart, timers):
    await apart.execute(FILL, NOW, DUE, timers, timeout=300)
    await apart.execute("analyze timer")
    transaction = apart.transaction()
    await transaction.start()
    explained = await apart.fetchval(f"explain (analyze, buffers, format json) {_SWEEP}", NOW, NOW, DUE)
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
