"""Customers to keep records of, and the work that follows an event."""

import msgspec
import pytest

from guibin.context import Company
from guibin.jobs.kinds import Run, handler_of
from guibin.policies.queries import effective_policy
from guibin.sla.sweep import fire_due
from guibin_tenants.authentication import system_principal
from guibin_tenants.scope import fetch


@pytest.fixture
def new_customer(client):
    """Open an archive; its id."""

    async def new(number="K1", **more):
        body = {"number": number, "kind": "leader", "name": "王伟", **more}
        answer = await client.post("/api/v1/customers", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    return new


@pytest.fixture
def fall_due(world, tenant):
    """Fire the deadlines that are due now and do the work that follows, as sweep and worker would."""

    async def run():
        view, now = tenant.view, world.clock()
        company = Company(view.id, view.slug, view.packs, view.time_zone, view.language, view.simulated)
        async with tenant.scope():
            fired = await fire_due(now)
            policy = await effective_policy(world.packs, company, at=now)
            for row in await fetch("select id, kind, payload from job where kind like 'records.%' order by id"):
                handler = handler_of(row["kind"])
                event = msgspec.json.decode(row["payload"], type=handler.payload)
                by = system_principal(name=row["kind"], job_id=row["id"])
                await handler.function(
                    event,
                    Run(
                        by=by,
                        now=now,
                        policy=policy,
                        company=company,
                        language=company.language,
                        job_id=row["id"],
                        attempt=1,
                        due_at=now,
                    ),
                )
        return [step.step for step in fired]

    return run


@pytest.fixture
def told(tenant):
    """The kinds of what a member of staff was told, the newest first. A session would have expired meanwhile."""

    async def read(client):
        async with tenant.scope():
            rows = await fetch(
                "select kind from staff_notice where staff_id = $1 order by told_at desc, kind", client.staff_id
            )
        return [row["kind"] for row in rows]

    return read
