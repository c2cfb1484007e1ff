"""What a clock's plan says: warnings, breach and escalations in time, and what is left of it when the clock changes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from guibin.policy.calendars import always, china_calendar
from guibin.policy.clocks import Pause
from guibin.policy.deadlines import BusinessHours, Hours
from guibin.policy.terms import Escalation, Terms
from guibin.sla.hours import confirmed
from guibin.sla.plans import ClockRecord, Plan, PlannedStep, paused, planned, resumed, without_burst

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALWAYS = always("Asia/Shanghai")
TERMS = Terms(
    limit=Hours(10),
    warn_at_percent=80,
    further_warnings=(50, 80),
    escalations=(Escalation("head", 120), Escalation("manager"), Escalation("head", 60)),
    warned_roles=("desk",),
)
RECORD = ClockRecord(terms=TERMS, calendar_version=1, started_at=START)
PLAN = planned(RECORD, ALWAYS)


def names(plan):
    return [step.name for step in plan.steps]


def test_who_is_told_when():
    assert planned(RECORD, ALWAYS) == Plan(
        START + 8 * HOUR,
        START + 10 * HOUR,
        (
            PlannedStep("warning:50", "warning", START + 5 * HOUR, ("desk",)),
            PlannedStep("warning", "warning", START + 8 * HOUR, ("desk",)),
            PlannedStep("breach", "breach", START + 10 * HOUR, ()),
            PlannedStep("escalation:manager", "escalation", START + 10 * HOUR, ("manager",)),
            PlannedStep("escalation:head", "escalation", START + 11 * HOUR, ("head",)),
        ),
        False,
    )


def test_a_warning_that_would_come_with_the_breach_is_none():
    whole = replace(TERMS, warn_at_percent=100, further_warnings=())

    assert names(planned(replace(RECORD, terms=whole), ALWAYS))[:1] == ["breach"]


def test_a_deadline_beyond_the_published_holidays_is_provisional():
    office = replace(RECORD, terms=replace(TERMS, limit=BusinessHours(8), calendar="business"))
    calendar = china_calendar([2026])

    assert not planned(office, calendar).provisional
    assert planned(office, replace(calendar, confirmed_until=START.date() - timedelta(days=1))).provisional


def test_the_calendar_of_the_unit_counts_in_place_of_the_terms():
    office = replace(RECORD, terms=replace(TERMS, calendar="business"))

    assert office.counts_by == "business"
    assert replace(office, own_calendar="hall").counts_by == "hall"


@pytest.mark.parametrize(
    ("hours", "breached", "left"),
    [
        (0, False, ["warning:50", "warning", "breach", "escalation:manager", "escalation:head"]),
        (5, False, ["warning:50", "warning", "breach", "escalation:manager", "escalation:head"]),
        (9, False, ["warning", "breach", "escalation:manager", "escalation:head"]),
        (10, False, ["breach", "escalation:manager", "escalation:head"]),
        (10, True, ["escalation:head"]),
        (12, False, ["breach", "escalation:head"]),
        (12, True, []),
    ],
)
def test_what_a_changed_clock_has_left_behind_is_told_once(hours, breached, left):
    plan = without_burst(PLAN, now=START + hours * HOUR, breached=breached)

    assert names(plan) == left
    assert (plan.warn_at, plan.due_at, plan.provisional) == (PLAN.warn_at, PLAN.due_at, PLAN.provisional)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6))
def test_a_clock_stands_while_it_is_paused_and_no_pause_ends_before_it_begins(hours):
    record = RECORD
    for place, hour in enumerate(hours):
        record = (resumed if place % 2 else paused)(record, START + hour * HOUR)

    assert all(pause.until is None or pause.until >= pause.since for pause in record.pauses)
    assert [pause.until is None for pause in record.pauses] == [False] * (len(hours) // 2) + [True] * (len(hours) % 2)
    assert [pause.since for pause in record.pauses] == [START + hour * HOUR for hour in hours[::2]]


def test_a_pause_gives_its_time_back():
    record = resumed(paused(RECORD, START + HOUR), START + 3 * HOUR)

    assert record.pauses == (Pause(START + HOUR, START + 3 * HOUR),)
    assert planned(record, ALWAYS).due_at == START + 12 * HOUR
    assert resumed(record, START + 5 * HOUR) == record


PUBLISHED = china_calendar([2026, 2027])
LAST = china_calendar([2026])


def day(text):
    return datetime.fromisoformat(text).date()


def test_days_published_since_come_in_and_those_before_stay_as_the_company_wrote_them():
    own = replace(
        LAST,
        confirmed_until=day("2026-04-30"),
        closed_on=frozenset({day("2026-03-03"), day("2026-05-09")}),
        open_on=frozenset({day("2026-03-07"), day("2026-05-01")}),
    )
    newer = confirmed(own, LAST)

    assert newer.confirmed_until == day("2026-12-31")
    assert day("2026-03-03") in newer.closed_on
    assert day("2026-03-07") in newer.open_on
    # What the table says the opposite of is as the table says.
    assert (day("2026-05-01") in newer.closed_on, day("2026-05-01") in newer.open_on) == (True, False)
    assert (day("2026-05-09") in newer.closed_on, day("2026-05-09") in newer.open_on) == (False, True)
    # The spring festival lay before it and was none of the company's closed days.
    assert {closed for closed in newer.closed_on if closed <= day("2026-04-30")} == {day("2026-03-03")}


def test_nothing_is_published_for_a_desk_that_never_closes_or_knows_it_already():
    assert confirmed(ALWAYS, LAST) is None
    assert confirmed(LAST, LAST) is None
    assert confirmed(replace(LAST, always=True, confirmed_until=day("2025-12-31")), LAST) is None
    assert confirmed(replace(LAST, confirmed_until=None), LAST) is None
    assert confirmed(replace(LAST, confirmed_until=day("2025-12-31")), replace(LAST, confirmed_until=None)) is None
    assert confirmed(replace(LAST, confirmed_until=day("2026-12-30")), LAST) is not None


def test_a_desk_that_worked_no_make_up_days_works_none_that_are_new():
    bank = replace(LAST, open_on=frozenset(), confirmed_until=day("2026-04-30"))
    first = replace(LAST, open_on=frozenset(), closed_on=frozenset(), confirmed_until=day("2025-12-31"))

    assert confirmed(bank, LAST).open_on == frozenset()
    assert confirmed(first, LAST).open_on == LAST.open_on
    assert confirmed(first, LAST).closed_on == LAST.closed_on
