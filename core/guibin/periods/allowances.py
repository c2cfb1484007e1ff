"""How much is left: granted, carried over and adjusted, minus consumed, minus reserved. Pure."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.policy.service_items import Entitlement

from .quotas import Period, calendar_months, membership_months, rolling_days

# How many periods back a carry-over is followed; what was carried in lapses after one period anyway.
_PERIODS_BACK_MAX = 12
_CALENDAR = {"month": 1, "quarter": 3, "year": 12}


class Counted(Struct, frozen=True):
    """Units on their day: used, reserved, or given (taken, when negative) beside the quota. `occasion` is the stay.

    `person_id` is who used them where the quota is shared.
    """

    used_on: date
    quantity: int
    kind: Literal["used", "reserved", "adjusted"] = "used"
    occasion: str = ""
    person_id: UUID | None = None


class Allowance(Struct, frozen=True):
    """One quota in one period. `granted` None has no limit, and then nothing is ever used up.

    `left` is never below zero: after a downgrade in mid-period what was used stays used, and nothing is owed.
    """

    granted: int | None
    carried: int
    adjusted: int
    consumed: int
    reserved: int
    period: Period

    @property
    def left(self) -> int | None:
        """Units that can still be redeemed; None without limit."""
        if self.granted is None:
            return None
        return max(0, self.granted + self.carried + self.adjusted - self.consumed - self.reserved)


def taken_by(counted: Sequence[Counted], person_id: UUID, period: Period, *, occasion: str | None) -> int:
    """Units of a shared quota that one person has used or reserved in the period, of one `occasion` or all."""
    return sum(
        c.quantity
        for c in counted
        if c.person_id == person_id
        and c.kind != "adjusted"
        and c.used_on in period
        and (occasion is None or c.occasion == occasion)
    )


def period_of(entitlement: Entitlement, day: date, since_on: date) -> Period:
    """The period of the entitlement that holds `day`, for a membership unbroken since `since_on`."""
    if entitlement.period in _CALENDAR:
        return calendar_months(day, _CALENDAR[entitlement.period])
    if entitlement.period == "membership_year":
        return membership_months(day, since_on, 12)
    if entitlement.period == "rolling_days":
        return rolling_days(day, entitlement.days)
    return Period(min(since_on, day), date.max)


def allowance(
    entitlement_on: Callable[[date], Entitlement | None],
    counted: Sequence[Counted],
    *,
    day: date,
    since_on: date,
    occasion: str = "",
) -> Allowance | None:
    """The quota on a day; None when the customer is entitled to nothing then.

    `entitlement_on` says what the tier held on a day gives. `counted` is everything used or reserved under the scheme,
    whatever the tier then: a change of tier in mid-period changes the quota, not what was used.
    """
    entitlement = entitlement_on(day)
    if entitlement is None:
        return None
    mine = [c for c in counted if entitlement.period != "stay" or c.occasion == occasion]
    period = period_of(entitlement, day, since_on)
    if entitlement.period == "rolling_days":
        period = _fullest_window(entitlement, mine, day)
    inside = [c for c in mine if c.used_on in period]
    return Allowance(
        granted=entitlement.quota,
        carried=_carried_into(period, entitlement, entitlement_on, mine, since_on, _PERIODS_BACK_MAX),
        adjusted=_sum(inside, "adjusted"),
        consumed=_sum(inside, "used"),
        reserved=_sum(inside, "reserved"),
        period=period,
    )


def _fullest_window(entitlement: Entitlement, counted: Sequence[Counted], day: date) -> Period:
    # A use posted on an earlier day also counts in the windows that end after it: the fullest of them decides.
    last = day + timedelta(days=entitlement.days - 1)
    ends = {day, *(c.used_on for c in counted if day < c.used_on <= last)}
    windows = [rolling_days(end, entitlement.days) for end in sorted(ends)]
    return max(windows, key=lambda window: _net([c for c in counted if c.used_on in window]))


def _carried_into(
    period: Period,
    entitlement: Entitlement,
    entitlement_on: Callable[[date], Entitlement | None],
    counted: Sequence[Counted],
    since_on: date,
    periods_back: int,
) -> int:
    carries = entitlement.period in (*_CALENDAR, "membership_year") and entitlement.carry_over > 0
    if not carries or periods_back == 0 or period.starts_on <= since_on:
        return 0
    last_day = period.starts_on - timedelta(days=1)
    before = entitlement_on(last_day)
    if before is None or before.quota is None or before.period != entitlement.period:
        return 0
    earlier = period_of(before, last_day, since_on)
    carried = _carried_into(earlier, before, entitlement_on, counted, since_on, periods_back - 1)
    inside = [c for c in counted if c.used_on in earlier]
    used = _sum(inside, "used") + _sum(inside, "reserved")
    # What was carried in expires first, so it is used first.
    return min(entitlement.carry_over, max(0, before.quota + _sum(inside, "adjusted") - max(0, used - carried)))


def _sum(counted: Sequence[Counted], kind: str) -> int:
    return sum(c.quantity for c in counted if c.kind == kind)


def _net(counted: Sequence[Counted]) -> int:
    return _sum(counted, "used") + _sum(counted, "reserved") - _sum(counted, "adjusted")
