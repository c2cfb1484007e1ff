"""Periods of a scheme: a new one is assessed by itself (S13-3), and an approved list holds until it ends (S04-2)."""

from datetime import date, datetime
from typing import Literal

from guibin.context import Act
from guibin.periods.spans import window_of
from guibin.policy.tiers import TierScheme
from guibin.profiles.queries import OPEN
from guibin_tenants.refusals import Conflict
from guibin_tenants.scope import fetch, fetch_value


class ListFixed(Conflict):
    """The list is fixed: changes are put up as adjustments. The period has its approved list."""


async def refuse_second_list(scheme: TierScheme, *, as_of: date) -> None:
    """Raises ListFixed when a list of the same period is in effect. Schemes without approved lists have none."""
    if not scheme.list_approval:
        return
    first, after = period_of(as_of, scheme.reassess_every)
    fixed = await fetch_value(
        "select max(as_of) from assessment where scheme = $1 and applied_at is not null and as_of >= $2 and as_of < $3",
        scheme.name,
        first,
        after,
    )
    if fixed is not None:
        raise ListFixed(f"The list of {scheme.name} as of {fixed} holds until {after}: put up an adjustment instead")


def refuse_unapproved_ending(scheme: TierScheme | None) -> None:
    """Raises ListFixed for a scheme whose list is approved: leaving it is an adjustment too."""
    if scheme is not None and scheme.list_approval:
        raise ListFixed(f"Nobody leaves the list of {scheme.name} unapproved: put up an adjustment without a tier")


# Whether a customer of one of the kinds was there at the moment.
_THERE = f"select true from {OPEN} and c.created_at < $1 and c.kind = any ($2::text[]) limit 1"
# Whether somebody holds a tier of the scheme while not a single fact is known.
_TAKEN_OVER = (
    "select true from membership where scheme = $1 and ends_on is null"
    " and not exists (select from fact where value is not null) limit 1"
)


async def due(run: Act, *, on: date) -> list[tuple[str, date]]:
    """Schemes without an assessment in the period of the day, each with the period's first day.

    One that was never assessed is due as soon as a period began with a customer it takes: nobody has to begin by hand.
    Tiers that were taken over from elsewhere, before a single fact was, are left to somebody who looks first. A list that
    waits for its approval, or was refused, counts: whoever decides asks for the next one.
    """
    rows = await fetch("select scheme, max(as_of) as last from assessment group by scheme")
    last = {row["scheme"]: row["last"] for row in rows}
    begun = []
    for scheme in run.policy.schemes:
        period = window_of(scheme.reassess_every, on, run.company.time_zone)
        assessed = last.get(scheme.name)
        able = any(tier.criterion is not None for tier in scheme.tiers)
        if able and (assessed < period.first_on if assessed else await _may_begin(scheme, period.starts_at)):
            begun.append((scheme.name, period.first_on))
    return begun


async def _may_begin(scheme: TierScheme, at: datetime) -> bool:
    there = await fetch_value(_THERE, at, list(scheme.customer_kinds))
    return bool(there) and not await fetch_value(_TAKEN_OVER, scheme.name)


def period_of(day: date, every: Literal["month", "quarter", "year"]) -> tuple[date, date]:
    """The calendar month, quarter or year of a day: its first day and the first day after it."""
    months = {"month": 1, "quarter": 3, "year": 12}[every]
    begun = (day.year * 12 + day.month - 1) // months * months
    return _month(begun), _month(begun + months)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
