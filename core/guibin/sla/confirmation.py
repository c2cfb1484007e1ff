"""Holidays that have been published since: the calendar's next version, and every deadline that counts by it."""

from datetime import date, datetime

import msgspec

from guibin.policy.calendars import Calendar, china_calendar
from guibin_tenants.principals import Signature

from . import actions, calendars

# So far ahead the installed table is asked.
YEARS_AHEAD = 2


def confirmed(calendar: Calendar, published: Calendar) -> Calendar | None:
    """The calendar with the days of every year published since; None when there is none.

    Days of the years before stay as the company wrote them. Make-up days work where they worked before.
    """
    before, after = calendar.confirmed_until, published.confirmed_until
    if calendar.always or before is None or after is None or after <= before:
        return None
    makes_up = bool(calendar.open_on) or not any(day <= before for day in published.open_on)
    closed = {day for day in published.closed_on if before < day <= after}
    opened = {day for day in published.open_on if before < day <= after} if makes_up else set()
    return msgspec.structs.replace(
        calendar,
        # A day that the company closed or opened itself stays so, unless the table says the opposite.
        closed_on=frozenset((calendar.closed_on | closed) - opened),
        open_on=frozenset((calendar.open_on | opened) - closed),
        confirmed_until=after,
    )


async def confirm(act: Signature, *, published: Calendar | None = None) -> int:
    """Bring the company's provisional calendars up to the published table; how many deadlines moved."""
    moved = 0
    for found in await calendars.all_in_force():
        table = published or china_calendar(_years(found.calendar.confirmed_until, act.now))
        newer = confirmed(found.calendar, table)
        if newer is None:
            continue
        note = f"holidays published until {newer.confirmed_until}"
        await calendars.write(newer, act, note=note)
        moved += await actions.recompute(newer.name, act)
    return moved


def _years(confirmed_until: date | None, now: datetime) -> range:
    first = confirmed_until.year if confirmed_until else now.year
    return range(first, max(first, now.year) + YEARS_AHEAD + 1)
