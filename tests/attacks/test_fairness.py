"""One company asks as much as it can, another one calmly: the calm one hardly notices. Callers and server are processes."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
from serving import serving

CALLER = Path(__file__).parents[1] / "support" / "calling.py"
CONNECTIONS = 48
CALM_PER_S = 10
DEAR = ("/api/v1/customers?limit=200", "/api/v1/policy", "/api/v1/statistics?period=2026-02", "/api/v1/me")
CALM = ("/api/v1/me", "/api/v1/customers?limit=20")
# Server, PostgreSQL and both callers share the cores of one machine: some of it is felt.
TIMES_MAX = 4.0
GRACE_MS = 30.0
UNBOUND = {
    "company_scopes": 1_000,
    "company_bulk": 1_000,
    "caller_requests": 1_000,
    "company_requests": 1_000,
    "caller_per_s": 1_000_000,
    "caller_burst": 1_000_000,
    "company_per_s": 1_000_000,
    "company_burst": 1_000_000,
}


async def _called(server, token, connections, per_s, seconds, paths):
    """What a caller in a process of its own saw."""
    words = [str(word) for word in (server.port, token, connections, per_s, seconds, *paths)]
    process = await asyncio.create_subprocess_exec(sys.executable, str(CALLER), *words, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return json.loads(out)


async def _archives(tenant, number):
    async with await tenant.client() as client:
        for first in range(0, number, 10):
            await asyncio.gather(
                *(
                    client.post("/api/v1/customers", json={"number": f"DK{n}", "name": "王建国", "kind": "leader"})
                    for n in range(first, first + 10)
                )
            )


async def _beside(server, hostile, calm, seconds):
    """What the calm company sees alone, then beside the other; and what the other sees."""
    token, other = await calm.key(), await hostile.key()
    await _archives(hostile, 60)
    await _called(server, token, 1, CALM_PER_S, 1, CALM)
    alone = await _called(server, token, 1, CALM_PER_S, 5, CALM)
    attacking = asyncio.create_task(_called(server, other, CONNECTIONS, 0, seconds + 1, DEAR))
    await asyncio.sleep(0.5)
    beside = await _called(server, token, 1, CALM_PER_S, seconds, CALM)
    return alone, beside, await attacking


def _is_calm(alone, beside):
    return beside["median_ms"] <= TIMES_MAX * alone["median_ms"] + GRACE_MS


async def test_a_calm_company_hardly_notices_a_hostile_one(database, servers, tenant, other_tenant, tmp_path):
    with serving(database, servers["superuser"], tmp_path) as server:
        alone, beside, attack = await _beside(server, tenant, other_tenant, 6)

    assert set(beside["statuses"]) == {"200"}
    assert _is_calm(alone, beside), (alone, beside, attack)
    # The hostile one was served what it may have, and told to wait for the rest.
    assert attack["statuses"]["200"] > 0
    assert attack["statuses"]["429"] > 0


@pytest.mark.slow
async def test_it_does_not_for_a_minute_either_and_would_without_bounds(
    database, servers, tenant, other_tenant, tmp_path
):
    with serving(database, servers["superuser"], tmp_path) as server:
        bound = await _beside(server, tenant, other_tenant, 60)
    with serving(database, servers["superuser"], tmp_path, **UNBOUND) as server:
        unbound = await _beside(server, tenant, other_tenant, 20)

    assert set(bound[1]["statuses"]) == {"200"}
    assert _is_calm(*bound[:2]), bound
    assert not _is_calm(*unbound[:2]), unbound
