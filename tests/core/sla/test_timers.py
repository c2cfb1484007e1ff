"""Timers in the database: each step once, whatever happens to the clock; time already spent is never lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from acting import acting
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guibin.cases import Case
from guibin.policy.calendars import always
from guibin.policy.clocks import Clock, Pause, due_at
from guibin.policy.deadlines import BusinessHours, Hours
from guibin.policy.terms import Escalation, Terms
from guibin.sla import actions, calendars
from guibin.sla.actions import NewTimer
from guibin.sla.sweep import fire_due
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import execute, fetch, fetch_one, fetch_value
from guibin_tenants.tables import new_id

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CHAIN = (Escalation("account_manager"), Escalation("manager", 30), Escalation("tenant_admin", 120))
SHORT = Terms(limit=Hours(5), escalations=CHAIN)
LONG = Terms(limit=Hours(8), escalations=CHAIN)
MILESTONE = "resolution"


@pytest.fixture
def by(tenant):
    return tenant.principal()


async def started(terms=SHORT, at=START):
    subject_id = new_id()
    await actions.start(NewTimer(Case("complaint", subject_id), MILESTONE, terms, at))
    return subject_id


async def row(subject_id):
    return await fetch_one("select * from timer where subject_id = $1", subject_id)


async def steps(subject_id):
    return [
        (found["generation"], found["step"])
        for found in await fetch(
            "select s.generation, s.step from timer_step s join timer t on t.tenant_id = s.tenant_id"
            " and t.id = s.timer_id where t.subject_id = $1 order by s.fired_at, s.due_at, s.step",
            subject_id,
        )
    ]


def after(hours):
    return START + timedelta(hours=hours)


@pytest.mark.rule("S07-16")
async def test_two_sweeps_at_once_fire_each_step_once(tenant):
    async with tenant.scope():
        subject_ids = [await started() for _ in range(40)]

    async def sweep():
        async with tenant.scope():
            return await fire_due(after(100), limit=15)

    fired = [step for found in await asyncio.gather(*(sweep() for _ in range(6))) for step in found]

    async with tenant.scope():
        fired += await fire_due(after(100))
        fired += await fire_due(after(100))
        assert {len(await steps(subject_id)) for subject_id in subject_ids} == {5}
    assert len(fired) == len({(step.timer_id, step.step) for step in fired}) == 40 * 5


@pytest.mark.parametrize("webhooks", [0, 1])
async def test_firing_many_takes_as_many_statements_as_firing_one(tenant, webhooks):
    async def counted(timers, hours):
        async with tenant.scope():
            for _ in range(timers):
                await started()
        asked = []
        async with tenant.scope() as scope:
            with scope.connection.query_logger(asked.append):
                assert len(await fire_due(after(hours))) == timers
        return len(asked)

    async with tenant.scope():
        await execute(
            "insert into webhook_endpoint (id, url, description, event_types, narrowed_to, created_by_name) select gen_random_uuid(),"
            " 'https://example.org', '', '{deadline_warned}', '{}', '' from generate_series(1, $1)",
            webhooks,
        )
    await counted(1, 4)  # A new connection asks for its types first.
    one, many = await counted(1, 4), await counted(30, 4)

    assert one == many
    async with tenant.scope():
        assert await fetch_value("select count(*) from webhook_delivery") == 32 * webhooks
        assert await fetch_value("select count(*) from job where kind = 'insight.tell_warning'") == 32


@pytest.mark.parametrize(
    ("recurrence", "runs"),
    [("once", []), ("sequential", [(2, after(5), after(10)), (3, after(12), after(17))])],
)
async def test_the_next_of_a_sequence_is_numbered_and_counts_from_the_target_or_from_a_late_end(
    tenant, recurrence, runs
):
    terms = msgspec.structs.replace(SHORT, recurrence=recurrence)
    async with tenant.scope():
        subject_id = await started(terms)
        for hours in (1, 12):
            await actions.complete_if_any(subject_id, MILESTONE, at=after(hours), now=after(hours))

        found = await fetch(
            "select occurrence, started_at, due_at from timer where subject_id = $1 order by occurrence", subject_id
        )

    assert [tuple(each) for each in found] == [(1, START, after(5)), *runs]


async def test_a_deadline_that_does_not_run_is_named(tenant):
    subject_id = new_id()
    async with tenant.scope():
        with pytest.raises(NotFound, match=f"No deadline {MILESTONE} runs for {subject_id}"):
            await actions.complete(subject_id, MILESTONE, at=START, now=START)


async def test_a_rolled_back_sweep_has_fired_nothing(tenant):
    async with tenant.scope():
        subject_id = await started()
    async with tenant.scope() as scope:
        assert await fire_due(after(5))
        scope.rollback_only = True

    async with tenant.scope():
        assert await steps(subject_id) == []
        assert [step.step for step in await fire_due(after(4))] == ["warning"]


async def test_nothing_fires_while_the_clock_stands(tenant, by):
    async with tenant.scope():
        subject_id = await started()
        await actions.pause(subject_id, MILESTONE, acting(by=by, now=after(1)))

        assert await fire_due(after(1_000)) == []

        moved = await actions.resume(subject_id, MILESTONE, acting(by=by, now=after(11)))
        assert (moved.due_before, moved.due_after) == (after(5), after(15))
        assert await fire_due(after(13.9)) == []
        assert [step.step for step in await fire_due(after(14))] == ["warning"]


async def test_pausing_twice_does_not_restart_the_pause(tenant, by):
    async with tenant.scope():
        subject_id = await started()
        await actions.pause(subject_id, MILESTONE, acting(by=by, now=after(1)))
        await actions.pause(subject_id, MILESTONE, acting(by=by, now=after(3)))
        moved = await actions.resume(subject_id, MILESTONE, acting(by=by, now=after(4)))

    assert moved.due_after == after(8)


async def test_what_fell_due_before_the_pause_has_happened(tenant, by):
    """Nobody swept for an hour; the pause does not make the warning disappear."""
    async with tenant.scope():
        subject_id = await started()
        await actions.pause(subject_id, MILESTONE, acting(by=by, now=after(4.5)))

        assert await steps(subject_id) == [(0, "warning")]


@pytest.mark.rule("S07-23")
async def test_another_limit_keeps_the_time_already_spent(tenant, by):
    async with tenant.scope():
        subject_id = await started()
        await actions.pause(subject_id, MILESTONE, acting(by=by, now=after(1)))
        await actions.resume(subject_id, MILESTONE, acting(by=by, now=after(2)))
        moved = await actions.relimit(subject_id, MILESTONE, acting(by=by, now=after(3)), terms=LONG)

    assert (moved.due_before, moved.due_after) == (after(6), after(9))


async def test_a_shorter_limit_already_passed_breaches_once_without_a_burst(tenant, by):
    async with tenant.scope():
        subject_id = await started(LONG)
        await actions.relimit(subject_id, MILESTONE, acting(by=by, now=after(7.5)), terms=SHORT)
        fired = [step.step for step in await fire_due(after(7.5))]

    assert fired == ["breach", "escalation:tenant_admin"]


async def test_a_breach_stays_a_breach_after_a_longer_limit(tenant, by):
    async with tenant.scope():
        subject_id = await started()
        await fire_due(after(5))
        await actions.relimit(subject_id, MILESTONE, acting(by=by, now=after(6)), terms=LONG)
        ended = await actions.complete(subject_id, MILESTONE, at=after(7), now=after(7))

        assert not ended.met
        assert (await row(subject_id))["breached_at"] == after(5)


@pytest.mark.parametrize(("hours", "met"), [(4.9, True), (5, True), (5.001, False)])
async def test_met_is_decided_by_when_it_was_done_not_by_who_looked(tenant, hours, met):
    async with tenant.scope():
        subject_id = await started()

        assert (await actions.complete(subject_id, MILESTONE, at=after(hours), now=after(50))).met is met


async def test_an_ended_deadline_fires_no_more(tenant):
    async with tenant.scope():
        completed, cancelled = await started(), await started()
        await actions.complete(completed, MILESTONE, at=after(1), now=after(1))
        await actions.cancel(cancelled, MILESTONE, now=after(1))

        assert await fire_due(after(1_000)) == []


async def test_a_reopened_clock_goes_on_where_it_stood(tenant, by):
    async with tenant.scope():
        subject_id = await started()
        await actions.complete(subject_id, MILESTONE, at=after(2), now=after(2))
        moved = await actions.reopen(subject_id, MILESTONE, acting(by=by, now=after(50)))

    assert moved.due_after == after(53)


async def test_every_move_is_on_record_with_its_clock(tenant, by):
    async with tenant.scope():
        subject_id = await started()
        await actions.pause(subject_id, MILESTONE, acting(by=by, now=after(1)))
        await actions.resume(subject_id, MILESTONE, acting(by=by, now=after(2)))
        await actions.relimit(subject_id, MILESTONE, acting(by=by, now=after(3)), terms=LONG)
        changes = await fetch("select reason, due_before, due_after from timer_change order by changed_at")

    assert [tuple(change) for change in changes] == [
        ("pause", after(5), after(5)),
        ("resume", after(5), after(6)),
        ("level", after(6), after(9)),
    ]


async def test_a_new_calendar_moves_what_runs_by_it_and_says_so(tenant, by, clock):
    friday = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)  # 16:00 in Shanghai
    async with tenant.scope():
        by_desk = await started(Terms(limit=BusinessHours(5), calendar=calendars.BUSINESS), friday)
        round_the_clock = await started(SHORT, friday)
        before = (await row(by_desk))["due_at"]
        calendar = (await calendars.in_force(calendars.BUSINESS)).calendar
        monday_off = msgspec.structs.replace(
            calendar, closed_on=calendar.closed_on | {datetime(2026, 3, 9, tzinfo=UTC).date()}
        )
        await calendars.write(monday_off, acting(by=by, now=clock()), note="停电检修")

        assert await actions.recompute(calendars.BUSINESS, acting(by=by, now=clock())) == 1

        assert (await row(by_desk))["due_at"] == before + timedelta(days=1)
        assert (await row(round_the_clock))["due_at"] == friday + timedelta(hours=5)


async def test_a_new_calendar_moves_a_missed_deadline_and_it_stays_missed(tenant, by, clock):
    friday = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)
    async with tenant.scope():
        subject_id = await started(Terms(limit=BusinessHours(5), calendar=calendars.BUSINESS), friday)
        missed_at = (await row(subject_id))["due_at"]
        late = missed_at + timedelta(hours=1)
        await fire_due(late)
        calendar = (await calendars.in_force(calendars.BUSINESS)).calendar
        off = calendar.closed_on | {missed_at.date()}
        await calendars.write(msgspec.structs.replace(calendar, closed_on=off), acting(by=by, now=late), note="停电")
        await actions.recompute(calendars.BUSINESS, acting(by=by, now=late))
        before = len(await steps(subject_id))
        await fire_due(late + timedelta(days=9))

        assert (await row(subject_id))["due_at"] > late
        assert (await row(subject_id))["breached_at"] == missed_at
        assert len(await steps(subject_id)) == before, "nobody hears of it twice"
        assert not (await actions.complete(subject_id, MILESTONE, at=late, now=late)).met


async def test_a_chain_that_names_a_role_twice_tells_it_once(tenant):
    chain = (Escalation("manager"), Escalation("tenant_admin", 30), Escalation("manager", 60))
    async with tenant.scope():
        subject_id = await started(Terms(limit=Hours(5), escalations=chain))
        await fire_due(after(100))

        assert [step for _, step in await steps(subject_id)] == [
            "warning",
            "breach",
            "escalation:manager",
            "escalation:tenant_admin",
        ]


MOVES = st.lists(
    st.tuples(st.integers(1, 400), st.sampled_from(["pause", "resume", "short", "long", "sweep", "end", "reopen"])),
    min_size=1,
    max_size=14,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
async def test_whatever_happens_the_deadline_is_the_one_policy_computes(tenant, by, moves):
    """A model beside the database: the same start, the same pauses, the limit in force."""
    now, terms, pauses, ended_at = START, SHORT, [], None
    async with tenant.scope():
        subject_id = await started()
        for minutes, move in moves:
            now += minutes * MINUTE
            stands = bool(pauses) and pauses[-1].until is None
            if move == "sweep":
                await fire_due(now)
            elif ended_at is not None:
                if move == "reopen":
                    await actions.reopen(subject_id, MILESTONE, acting(by=by, now=now))
                    pauses, ended_at = [*pauses, Pause(ended_at, now)], None
            elif move == "pause":
                await actions.pause(subject_id, MILESTONE, acting(by=by, now=now))
                pauses = pauses if stands else [*pauses, Pause(now)]
            elif move == "resume" and stands:
                await actions.resume(subject_id, MILESTONE, acting(by=by, now=now))
                pauses = [*pauses[:-1], Pause(pauses[-1].since, now)]
            elif move in ("short", "long"):
                terms = SHORT if move == "short" else LONG
                await actions.relimit(subject_id, MILESTONE, acting(by=by, now=now), terms=terms)
            elif move == "end" and not stands:
                await actions.complete(subject_id, MILESTONE, at=now, now=now)
                ended_at = now
        timer, fired = await row(subject_id), await steps(subject_id)

    model = Clock(limit=terms.limit, started_at=START, pauses=tuple(pauses))
    assert timer["due_at"] == due_at(model, always("Asia/Shanghai"))
    assert len(fired) == len(set(fired))
    if ended_at is not None or (pauses and pauses[-1].until is None):
        assert timer["next_at"] is None
