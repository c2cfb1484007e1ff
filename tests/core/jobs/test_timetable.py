"""The timetable of real and simulated companies: one job per tick, whoever looks and however often."""

import asyncio
import contextvars
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from acting import acting
from working import Effect, Patient, labels, unfinished

from guibin import timetable
from guibin.context import Root
from guibin.dispatch.execution import Workshop, company_of
from guibin.dispatch.leases import Leases
from guibin.dispatch.scheduler import Scheduler
from guibin.dispatch.simulation import Background, run_due
from guibin.jobs import ticks
from guibin.jobs.actions import enqueue
from guibin.jobs.relay import Serving, relaying
from guibin.periods.rhythms import Rhythm
from guibin.sla.simulation import advance
from guibin_tenants import settings
from guibin_tenants.scope import fetch, tenant_scope
from guibin_tenants.tables import new_id

DAILY = Rhythm("daily", Effect(label="daily"), every="daily 08:00")
WEEKLY = Rhythm("weekly", Effect(label="weekly"), every="weekly Mon 07:00", catch_up="every")


def serving(tenant):
    view = tenant.view
    return Serving(view.id, view.slug, view.packs, view.time_zone, view.language, tenant.world.clock())


async def _due_ats(tenant):
    async with tenant.scope():
        return [row["due_at"] for row in await fetch("select due_at from job order by due_at")]


async def test_a_tick_becomes_one_job_however_many_schedulers_look(tenant, world):
    # 2026-03-02 10:00 in Shanghai; the next 08:00 is tomorrow's.
    schedulers = [Scheduler([DAILY]) for _ in range(4)]
    who = serving(tenant)
    await asyncio.gather(*(one.look([who], world.clock()) for one in schedulers))
    assert await _due_ats(tenant) == []

    world.clock.set(datetime(2026, 3, 3, 0, 0, 1, tzinfo=UTC))
    written = await asyncio.gather(*(one.look([who], world.clock()) for one in schedulers))

    assert sum(written) == 1
    assert await _due_ats(tenant) == [datetime(2026, 3, 3, 0, 0, tzinfo=UTC)]


async def test_a_scheduler_whose_clock_is_ahead_or_behind_adds_nothing(tenant, world):
    who = serving(tenant)
    tick = datetime(2026, 3, 3, 0, 0, tzinfo=UTC)
    await Scheduler([DAILY]).look([who], world.clock())

    for skew_s in (5, -5, 2, 60):
        await Scheduler([DAILY]).look([who], tick + timedelta(seconds=skew_s))

    assert await _due_ats(tenant) == [tick]


async def test_after_downtime_a_new_process_catches_up_as_declared(tenant, world):
    who = serving(tenant)
    await Scheduler([DAILY, WEEKLY]).look([who], world.clock())

    await Scheduler([DAILY, WEEKLY]).look([who], world.clock() + timedelta(days=15))

    assert await _due_ats(tenant) == [
        datetime(2026, 3, 8, 23, 0, tzinfo=UTC),
        datetime(2026, 3, 15, 23, 0, tzinfo=UTC),
        datetime(2026, 3, 17, 0, 0, tzinfo=UTC),
    ]


async def test_a_company_switches_a_rhythm_off_and_moves_another(tenant, world):
    who = serving(tenant)
    await Scheduler([DAILY, WEEKLY]).look([who], world.clock())
    async with tenant.scope():
        await settings.write(
            ticks.SETTING,
            {"daily": ticks.RhythmChange(off=True), "weekly": ticks.RhythmChange(every="weekly Tue 09:00")},
        )

    await Scheduler([DAILY, WEEKLY]).look([who], world.clock() + timedelta(days=7))

    assert await _due_ats(tenant) == [datetime(2026, 3, 3, 1, 0, tzinfo=UTC)]


@pytest.fixture
async def relay(database):
    async with relaying(database.relay, new_id()) as running:
        yield running


async def _due(relay, tenant, now):
    return tenant.id in {one.tenant_id for one in await relay.looks_due(now)}


async def test_a_company_is_looked_at_when_a_tick_has_come_and_not_before(tenant, world, relay):
    scheduler = Scheduler([DAILY])
    await scheduler.look([serving(tenant)], world.clock())
    tick = datetime(2026, 3, 3, 0, 0, tzinfo=UTC)

    assert not await _due(relay, tenant, tick - timedelta(seconds=1))
    assert await _due(relay, tenant, tick)
    await scheduler.look([one for one in await relay.looks_due(tick) if one.tenant_id == tenant.id], tick)

    assert await _due_ats(tenant) == [tick]
    assert not await _due(relay, tenant, tick + timedelta(hours=23))
    assert await _due(relay, tenant, tick + timedelta(days=1))


async def test_rhythms_that_a_release_brings_are_known_from_the_first_look_of_its_scheduler(tenant, world, relay):
    now = world.clock()
    await Scheduler([DAILY]).look([serving(tenant)], now)
    often = Rhythm("often", Effect(label="often"), every="minutes 10")
    same, other = Scheduler([DAILY]), Scheduler([DAILY, often])

    async def unknown_to(scheduler):
        return [one for one in await relay.unknown_to(scheduler.known) if one.tenant_id == tenant.id]

    assert await unknown_to(same) == []
    await other.look(await unknown_to(other), now)

    assert await unknown_to(other) == []
    assert await _due(relay, tenant, now + timedelta(minutes=10))
    assert not await _due(relay, tenant, now + timedelta(seconds=1))


async def test_a_change_by_the_company_is_looked_at_at_once_also_while_somebody_looks(tenant, world, relay):
    scheduler, now = Scheduler([DAILY]), world.clock()
    await scheduler.look([serving(tenant)], now)
    another = contextvars.copy_context()
    async with tenant.scope(), asyncio.timeout(30):
        company = await company_of(tenant.id)
        act = acting(by=tenant.principal(), now=now, company=company)
        await ticks.change("daily", ticks.RhythmChange(every="minutes 30"), [DAILY], act)
        # Another look, of before the change, does not write over it: it leaves the company to whoever changes it.
        await asyncio.create_task(scheduler.look([serving(tenant)], now), context=another)

    assert await _due(relay, tenant, now)
    await scheduler.look([serving(tenant)], now)
    assert not await _due(relay, tenant, now + timedelta(minutes=1))
    assert await _due(relay, tenant, now + timedelta(minutes=30))


async def test_a_new_company_is_looked_at_by_schedulers_that_run_already_and_a_simulated_one_never(world, relay):
    living, simulated = await world.tenant(), await world.tenant(simulated_from=datetime(2015, 6, 1, tzinfo=UTC))

    assert await _due(relay, living, world.clock())
    assert not await _due(relay, simulated, world.clock())
    assert simulated.id not in {one.tenant_id for one in await relay.unknown_to("other rhythms")}


async def test_a_packs_rhythm_is_for_companies_with_the_pack(tenant, world):
    who = serving(tenant)
    foreign = Rhythm("foreign", Effect(), every="daily 08:00", pack="another_pack")
    for day in range(3):
        await Scheduler([foreign]).look([who], world.clock() + timedelta(days=day))

    assert await _due_ats(tenant) == []


async def test_every_rhythm_of_the_product_is_well_formed(packs):
    rhythms = timetable.everything(packs)

    assert len({rhythm.name for rhythm in rhythms}) == len(rhythms)


@pytest.fixture
async def simulated(world):
    return await world.tenant(simulated_from=datetime(2015, 6, 1, 0, 0, tzinfo=UTC))


async def test_a_simulated_companys_jobs_run_in_order_at_their_own_moments(world, simulated, shop):
    start = datetime(2015, 6, 1, 0, 0, tzinfo=UTC)
    async with simulated.scope():
        await enqueue(Effect(label="second"), now=start, run_at=start + timedelta(days=2, hours=1))
        await enqueue(Effect(label="first", fails_until=1), now=start, run_at=start + timedelta(hours=1))
    background = Background(shop, await _company(simulated), [DAILY])

    attempts = await run_due(background, start + timedelta(days=3))

    async with simulated.scope():
        assert await labels() == ["first", "daily", "daily", "second", "daily"]
        assert await unfinished() == 0
        ended = await fetch("select ended_at - due_at as late from job where kind = 'effect' order by due_at")
        assert max(row["late"] for row in ended) < timedelta(minutes=1)
        assert await settings.simulated_now() == start + timedelta(days=3)
    assert attempts == 6


async def test_advance_moves_timers_and_jobs_together(world, simulated, shop):
    start = datetime(2015, 6, 1, 0, 0, tzinfo=UTC)
    background = Background(shop, await _company(simulated), [DAILY, WEEKLY])

    done = await advance(lambda: tenant_scope(simulated.id), until=start + timedelta(days=7), sources=[background])

    assert done.others == 8
    async with simulated.scope():
        assert sorted(await labels()) == ["daily"] * 7 + ["weekly"]


async def test_a_repeated_run_to_the_same_moment_does_nothing_more(world, simulated, shop):
    until = datetime(2015, 6, 4, 0, 0, tzinfo=UTC)
    background = Background(shop, await _company(simulated), [DAILY])
    await run_due(background, until)

    assert await run_due(background, until) == 0


async def _company(tenant):
    async with tenant.scope():
        return await company_of(tenant.id)


async def test_a_simulation_that_crashes_now_and_then_ends_like_one_that_does_not(world):
    ends = [await _simulated(world, dice) for dice in (None, Random(7))]

    assert ends[0] == ends[1]
    assert len(ends[0]) == 30 + 20 + 2


async def _simulated(world, dice):
    """Twenty days with 30 jobs, a daily and a weekly rhythm; begun anew after every crash. All effects."""
    start = datetime(2015, 6, 1, 0, 0, tzinfo=UTC)
    company = await world.tenant(simulated_from=start)
    rhythms = [
        Rhythm("daily", Patient("daily"), every="daily 08:00"),
        Rhythm("weekly", Patient("weekly"), every="weekly Mon 07:00", catch_up="every"),
    ]
    async with company.scope():
        for n in range(30):
            job = Patient(f"job {n}", fails_until=n % 2)
            await enqueue(job, now=start, run_at=start + timedelta(hours=n * 13))
    crashed = True
    while crashed:
        shop = Workshop(
            root=Root(world.packs, world.clock),
            worker=new_id(),
            leases=Brittle(dice),
            lease_s=30 if dice is None else -1,
        )
        background = Background(shop, await _company(company), rhythms)
        try:
            await advance(company.scope, until=start + timedelta(days=20, hours=1), sources=[background])
            crashed = False
        except Crashed:
            pass
    async with company.scope():
        assert await unfinished() == 0
        return sorted(await labels())


class Crashed(BaseException):
    """Nothing of ours runs any more."""


class Brittle(Leases):
    """Takes a job now and then down with it, right after the lease."""

    def __init__(self, dice):
        super().__init__()
        self.dice = dice

    def kept(self, tenant_id, job_id, token):
        if self.dice is not None and self.dice.random() < 0.15:
            raise Crashed
        return super().kept(tenant_id, job_id, token)
