"""A cable-TV company's simulated time with a process that dies at random steps, beside the same time without: equal ends."""

import collections
import re
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from caring import customer, ordered

from guibin import timetable
from guibin.catalog import TABLES
from guibin.context import Root
from guibin.dispatch.execution import Workshop, company_of
from guibin.dispatch.leases import Leases
from guibin.dispatch.simulation import Background
from guibin.sla.simulation import advance
from guibin.watch import failpoints
from guibin_tenants.scope import fetch
from guibin_tenants.tables import TenantTable, new_id

# Before the Spring Festival and its make-up Saturday.
START = datetime(2026, 2, 9, 1, 0, tzinfo=UTC)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What is drawn at random, sealed, or tells of the attempts themselves.
NUMBER = re.compile(r"\b[A-Z]\d{6}-[0-9A-Z]{5}\b")
LEFT_OUT = {
    "evidence_checkpoint",
    "evidence_entry",
    "evidence_key",
    "evidence_receipt",
    "evidence_tree",
    "job",
    "job_attempt",
    "stream_event",
    "sealed_value",
    "subject_key",
    "tenant_key",
    "api_key",
    "staff_session",
    "staff",
}
DRAWN = ("seed", "row_changed_at", "name_sealed", "sealed", "digest", "secret_hash", "number_sealed")


class Died(BaseException):
    """Nothing of ours runs any more."""


@pytest.mark.parametrize(
    ("days", "chance"), [(5, 0.05), pytest.param(365, 0.01, marks=pytest.mark.slow)], ids=["five days", "a year"]
)
async def test_time_with_random_crashes_ends_like_time_without(world, days, chance):
    calm, deaths = await _lived(world, days, None)
    shaken, died = await _lived(world, days, Random(11), chance)

    assert deaths == 0
    assert died > days / 2
    differing = {name: (rows - calm[name], calm[name] - rows) for name, rows in shaken.items() if rows != calm[name]}
    assert differing == {}
    assert min(calm["timer_step"].total(), calm["reminder"].total(), calm["complaint"].total()) >= 4


async def _lived(world, days, dice, chance=0.0):
    """The company's rows after so many days, and how often its process died."""
    tenant = await world.tenant(simulated_from=START)
    died = 0

    def at(_):
        if dice is not None and dice.random() < chance:
            raise Died

    async with await tenant.client() as desk:
        await _peopled(desk)
        for day in range(days):
            now = START + timedelta(days=day)
            failpoints.arm(at)
            try:
                died += await _advanced(tenant, now, brittle=dice is not None)
            finally:
                failpoints.arm(None)
            await _served(desk, day)
    async with tenant.scope():
        return await _rows(tenant.slug), died


async def _advanced(tenant, until, *, brittle):
    """Move the clock there, begun anew after each death; how many."""
    world, died = tenant.world, 0
    while True:
        root = Root(packs=world.packs, clock=world.clock)
        # A lease of one that died has run out at once, and who died twice is not kept waiting: it would be later then.
        lease_s = -1 if brittle else 30
        shop = Workshop(root=root, worker=new_id(), leases=Leases(), lease_s=lease_s, backoff_first_s=0)
        async with tenant.scope():
            company = await company_of(tenant.id)
        background = Background(shop, company, timetable.everything(world.packs))
        try:
            await advance(tenant.scope, until=until, sources=[background])
            return died
        except Died:
            died += 1


async def _peopled(desk):
    for n in range(4):
        born = {"name": "birthday", "happened_on": f"1980-02-{12 + n}"}
        person = await customer(desk, f"DK{n}")
        answer = await desk.post(f"/api/v1/customers/{person}/occasions", json=born)
        assert answer.status_code == 201, answer.text
        await ordered(desk, person, f"2026-02-{18 + n}", number=f"N{n}")


async def _served(desk, day):
    """Two complaints come in each day, one of the day before is settled."""
    listed = (await desk.get("/api/v1/complaints", params={"state": "open", "limit": 100})).json()["items"]
    for level in ("1", "3"):
        body = {"text": "没有信号", "channel": "phone", "level": level}
        assert (await desk.post("/api/v1/complaints", json=body)).status_code == 201
    settled = sorted(listed, key=lambda one: (one["received_at"], one["level"]))[:1]
    for one in settled:
        path = f"/api/v1/complaints/{one['id']}"
        remedy = {"remedy": "更换机顶盒", "cause": "equipment"}
        assert (await desk.post(f"{path}/resolution", json=remedy)).status_code == 201
        outcome = "satisfied" if day % 2 else "not_satisfied"
        assert (await desk.post(f"{path}/callbacks", json={"outcome": outcome})).status_code == 201


async def _rows(slug):
    """Every row of the company by table, without ids and what is drawn at random."""
    found = {}
    for table in TABLES:
        name = table._meta.tablename
        if not issubclass(table, TenantTable) or name in LEFT_OUT:
            continue
        drawn = "".join(f" - '{column}'" for column in DRAWN)
        rows = await fetch(f"select (to_jsonb(t){drawn})::text as text from {name} t")
        found[name] = collections.Counter(
            NUMBER.sub("#", UUID.sub("id", row["text"])).replace(slug, "company") for row in rows
        )
    return found
