"""Whether a message goes now, later or not at all, decided at the last moment: a consent withdrawn yesterday holds today."""

import contextlib
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from guibin.jobs.kinds import Run
from guibin.policy.messages import MessageKind, MessagePolicy, Quiet
from guibin.profiles.queries import reach_of
from guibin.profiles.wishes import MESSAGE, wish
from guibin_tenants.scope import execute, fetch_one

# Up to when nothing more of the day's room is free: the morning after.
_TRY_AFTER = time(9)


class Later(Struct, frozen=True):
    """Try again at that moment."""

    at: datetime
    because: str


class Never(Struct, frozen=True):
    """It is not sent."""

    because: str


async def customer_hinders(customer_id: UUID, kind: MessageKind, run: Run) -> Later | Never | None:
    """What stands against telling this customer now (subtleties 56, 57)."""
    customer = await reach_of(customer_id)
    if customer is None or customer.ended:
        return Never("archive_closed")
    if kind.answers:
        return None
    if customer.preferences.get("contact") == "none" or {"contact", kind.purpose, wish(MESSAGE, kind.name)} & set(
        customer.refused
    ):
        return Never("no_contact")
    if kind.critical:
        return None
    ends_at = quiet_of(customer.preferences, run.policy.messages, run.company.time_zone).ends_at(run.now)
    return Later(ends_at, "quiet_hours") if ends_at else None


def quiet_of(preferences: dict[str, str], policy: MessagePolicy, time_zone: str) -> Quiet:
    """The customer's own quiet hours and zone, as far as the preferences `quiet_from`, `quiet_until` and `time_zone` say."""
    return Quiet(
        _moment(preferences.get("quiet_from"), policy.quiet_from),
        _moment(preferences.get("quiet_until"), policy.quiet_until),
        _zone(preferences.get("time_zone"), time_zone),
    )


async def room_today(means: str, per_day_max: int, run: Run) -> Later | None:
    """Take one of the day's places, which decides between workers too; None when there was one."""
    zone = ZoneInfo(run.company.time_zone)
    today = run.now.astimezone(zone).date()
    row = await fetch_one(
        "insert into message_day as d (id, means, day, sent) select gen_random_uuid(), $1, $2, 1 where $3 > 0"
        " on conflict (tenant_id, means, day) do update set sent = d.sent + 1 where d.sent < $3 returning sent",
        means,
        today,
        per_day_max,
    )
    if row is not None:
        return None
    return Later(datetime.combine(today + timedelta(days=1), _TRY_AFTER, zone), "quota_used_up")


async def give_back(means: str, day: date) -> None:
    """The place was not used: the provider did not take the message."""
    await execute("update message_day set sent = sent - 1 where means = $1 and day = $2 and sent > 0", means, day)


def too_late(later: Later, not_after: datetime | None) -> Later | Never:
    """What would go when it is worth nothing any more is dropped at once."""
    return Never("too_late") if not_after is not None and later.at >= not_after else later


def _moment(text: str | None, default: time) -> time:
    with contextlib.suppress(ValueError):
        return time.fromisoformat(text).replace(tzinfo=None) if text else default
    return default


def _zone(name: str | None, default: str) -> ZoneInfo:
    with contextlib.suppress(ValueError, OSError, KeyError):
        return ZoneInfo(name) if name else ZoneInfo(default)
    return ZoneInfo(default)
