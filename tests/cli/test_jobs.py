"""`guibin jobs` and `guibin timetable` as an operator types them."""

import asyncio
import json
import os
import sys

import pytest
from working import Effect

from guibin.context import Root
from guibin.jobs.actions import enqueue
from guibin.jobs.execution import Workshop, perform
from guibin.jobs.leases import Leases
from guibin_tenants.tables import new_id


@pytest.fixture
def guibin(database, tmp_path):
    """Run the command; exit code, standard output and error."""
    environment = os.environ | {
        "GUIBIN_HOME": str(tmp_path),
        "GUIBIN_DATABASE_URL": database.app,
        "GUIBIN_OWNER_URL": database.owner,
        "GUIBIN_RELAY_URL": database.relay,
        "GUIBIN_REDIS_URL": database.redis,
    }

    async def run(*words):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "guibin.cli", *words, env=environment, stdout=-1, stderr=-1
        )
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    return run


async def test_an_operator_pauses_retries_and_switches(tenant, client, world, guibin):
    shop = Workshop(root=Root(packs=world.packs, clock=world.clock), worker=new_id(), leases=Leases())
    async with tenant.scope():
        job = await enqueue(Effect(fails_until=9), now=world.clock())
    for attempt in range(3):
        await perform(shop, tenant.id, job, attempt=attempt)
    slug = tenant.slug

    listed, retried, paused, again, off, unknown = await asyncio.gather(
        guibin("jobs", "list", slug, "--state", "dead", "--json"),
        guibin("jobs", "show", slug, str(job)),
        guibin("jobs", "pause", slug, "--kind", "tell_missed_contacts", "--because", "核对"),
        guibin("jobs", "list", "no-such-company"),
        guibin("timetable", "off", slug, "draw_sample"),
        guibin("timetable", "run", slug, "no_such_rhythm"),
    )
    dead = json.loads(listed[1])
    assert [(one["id"], one["state"], one["error"]) for one in dead] == [(str(job), "dead", "LookupError")]
    assert retried[1].count("LookupError") == 4
    assert (paused[0], off[0]) == (0, 0), paused[2] + off[2]
    assert (again[0], unknown[0]) == (1, 1)
    assert "There is no recurring job 'no_such_rhythm'" in unknown[2]

    code, out, err = await guibin("jobs", "retry", slug, "--dead")
    assert (code, out.strip()) == (0, "1 jobs will be tried again."), err
    assert (await client.get(f"/api/v1/jobs/{job}")).json()["job"]["state"] in ("ready", "scheduled")
    assert [one["kind"] for one in (await client.get("/api/v1/job-pauses")).json()] == ["tell_missed_contacts"]
    timetable = {one["name"]: one["off"] for one in (await client.get("/api/v1/timetable")).json()}
    assert (timetable["draw_sample"], timetable["close_week"]) == (True, False)
