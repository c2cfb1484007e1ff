"""Quiet hours, in the reader's zone."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from guibin.policy.messages import Quiet, end_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = Quiet(time(21), time(8, 30), SHANGHAI)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("moment", "ends_at"),
    [
        ("2026-03-02T20:59:59", None),
        ("2026-03-02T21:00:00", "2026-03-03T08:30:00"),
        ("2026-03-02T23:59:59", "2026-03-03T08:30:00"),
        ("2026-03-03T00:00:00", "2026-03-03T08:30:00"),
        ("2026-03-03T08:29:59", "2026-03-03T08:30:00"),
        ("2026-03-03T08:30:00", None),
    ],
)
def test_quiet_hours_over_midnight_are_half_open(moment, ends_at):
    assert NIGHT.ends_at(at(moment)) == (at(ends_at) if ends_at else None)


@pytest.mark.parametrize(
    ("moment", "quiet"), [("12:59:59", False), ("13:00:00", True), ("14:59:59", True), ("15:00:00", False)]
)
def test_quiet_hours_within_a_day(moment, quiet):
    found = Quiet(time(13), time(15), SHANGHAI).ends_at(at(f"2026-03-02T{moment}"))

    assert (found is not None) == quiet


def test_hours_that_end_as_they_begin_are_none():
    assert Quiet(time(9), time(9), SHANGHAI).ends_at(at("2026-03-02T09:00:00")) is None


def test_the_zone_is_the_readers():
    assert Quiet(time(21), time(8), ZoneInfo("Europe/Berlin")).ends_at(at("2026-03-02T10:00:00")) == datetime(
        2026, 3, 2, 7, tzinfo=UTC
    )


def test_a_day_ends_at_its_own_midnight():
    assert end_of(date(2026, 3, 2), "Asia/Shanghai") == datetime(2026, 3, 2, 16, tzinfo=UTC)
