"""When recurring things recur, and what follows downtime. No database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guibin.dispatch.backoff import PAUSE_MAX_S, pause_before
from guibin.jobs.kinds import Job, TwoHandlers, handles, kind_of, tag_of
from guibin.periods.rhythms import CATCH_UP_MAX, BadRhythm, Rhythm, check, due, following
from guibin_tenants.tables import new_id

SHANGHAI = "Asia/Shanghai"
# Hypothesis wants its bounds without a zone.
EARLIEST = datetime(2000, 1, 1)  # noqa: DTZ001
LATEST = datetime(2050, 1, 1)  # noqa: DTZ001


class Nothing(Job, frozen=True):
    """No fields."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("every", "after", "expected"),
    [
        ("daily 08:00", "2026-03-02T07:59:59+08:00", "2026-03-02T08:00:00+08:00"),
        ("daily 08:00", "2026-03-02T08:00:00+08:00", "2026-03-03T08:00:00+08:00"),
        ("weekly Mon 08:00", "2026-03-02T08:00:00+08:00", "2026-03-09T08:00:00+08:00"),
        ("weekly Sun 23:30", "2026-02-28T12:00:00+08:00", "2026-03-01T23:30:00+08:00"),
        ("monthly 1 00:00", "2026-12-31T23:59:00+08:00", "2027-01-01T00:00:00+08:00"),
        ("minutes 5", "2026-03-02T08:03:00+08:00", "2026-03-02T08:05:00+08:00"),
        ("hours 1", "2026-03-02T08:00:00+08:00", "2026-03-02T09:00:00+08:00"),
    ],
)
def test_following_is_the_next_tick_in_the_companys_zone(every, after, expected):
    assert following(every, at(after), SHANGHAI) == at(expected)


def test_a_day_of_summer_time_is_not_24_hours():
    # Clocks in New York go forward on 8 March 2026.
    assert following("daily 08:00", at("2026-03-07T08:00:00-05:00"), "America/New_York") == at(
        "2026-03-08T08:00:00-04:00"
    )


@given(
    st.sampled_from(["daily 02:30", "weekly Sun 02:30", "monthly 28 23:59", "minutes 7"]),
    st.datetimes(min_value=EARLIEST, max_value=LATEST, timezones=st.just(UTC)),
    st.sampled_from([SHANGHAI, "America/New_York", "Australia/Lord_Howe"]),
)
def test_following_is_always_later_and_never_skips(every, after, zone):
    tick = following(every, after, zone)

    assert tick > after
    assert following(every, tick - timedelta(microseconds=1), zone) == tick


@pytest.mark.parametrize(
    "every", ["", "daily", "daily 24:00", "daily 8:00", "weekly Xyz 08:00", "monthly 31 08:00", "minutes 0"]
)
def test_what_is_no_rhythm_is_refused(every):
    with pytest.raises(BadRhythm):
        check(every)


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [
        ("once", [("2026-03-05", True)]),
        ("skip", [("2026-03-05", False)]),
        ("every", [("2026-03-03", True), ("2026-03-04", True), ("2026-03-05", True)]),
    ],
)
def test_after_downtime_a_rhythm_catches_up_as_it_declares(catch_up, expected):
    rhythm = Rhythm("nothing", Nothing(), every="daily 08:00", catch_up=catch_up)
    found = due(
        rhythm,
        rhythm.every,
        since=at("2026-03-02T08:00:00+08:00"),
        now=at("2026-03-05T09:00:00+08:00"),
        time_zone=SHANGHAI,
    )

    assert found == [(at(f"{day}T08:00:00+08:00"), runs) for day, runs in expected]


def test_every_is_bounded_after_a_long_absence():
    rhythm = Rhythm("nothing", Nothing(), every="daily 08:00", catch_up="every")
    now = at("2026-03-05T09:00:00+08:00")
    found = due(rhythm, rhythm.every, since=now - timedelta(days=400), now=now, time_zone=SHANGHAI)

    assert len(found) == CATCH_UP_MAX


def test_a_tick_found_in_time_is_not_skipped():
    rhythm = Rhythm("nothing", Nothing(), every="daily 08:00", catch_up="skip")
    tick = at("2026-03-05T08:00:00+08:00")
    found = due(
        rhythm, rhythm.every, since=tick - timedelta(hours=1), now=tick + timedelta(seconds=4), time_zone=SHANGHAI
    )

    assert found == [(tick, True)]


@given(st.integers(1, 200), st.floats(0.01, 60))
def test_pauses_grow_are_bounded_and_jittered(failures, first_s):
    pause = pause_before(failures, job_id=new_id(), first_s=first_s)

    whole = min(first_s * 2.0 ** min(failures - 1, 32), PAUSE_MAX_S)
    assert whole / 2 - 1e-6 <= pause.total_seconds() <= whole + 1e-6


def test_jobs_that_failed_together_come_back_apart():
    pauses = {pause_before(3, job_id=new_id(), first_s=5) for _ in range(50)}

    assert len(pauses) == 50


def test_a_kind_is_the_class_in_small_letters():
    assert kind_of(Nothing) == "nothing"
    assert tag_of("SweepTimers") == "sweep_timers"


def test_two_handlers_for_a_kind_stop_the_start():
    class OnlyOne(Job, frozen=True):
        """Nothing."""

    @handles(OnlyOne)
    async def first(job, run):
        """Nothing."""

    with pytest.raises(TwoHandlers):

        @handles(OnlyOne)
        async def second(job, run):
            """Nothing."""
