"""`guibin jobs` and `guibin timetable` as an operator types them."""

import asyncio
import json

from working import Effect

from guibin.context import Root
from guibin.dispatch.execution import Workshop, perform
from guibin.dispatch.leases import Leases
from guibin.jobs.actions import enqueue
from guibin_tenants.tables import new_id


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
