"""Periods of a scheme: a new one is assessed by itself (S13-3), and an approved list holds until it ends (S04-2)."""

from datetime import date
from typing import Literal

from guibin.policy.packs import Policy
from guibin.policy.tiers import TierScheme
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


async def due(policy: Policy, *, on: date) -> list[tuple[str, date]]:
    """Schemes without an assessment in the period of the day, each with the period's first day.

    A scheme that was never assessed is left to somebody who looks at it first. A list that waits for its approval, or
    was refused, counts: whoever decides asks for the next one.
    """
    rows = await fetch("select scheme, max(as_of) as last from assessment group by scheme")
    last = {row["scheme"]: row["last"] for row in rows}
    begun = []
    for scheme in policy.schemes:
        first, _ = period_of(on, scheme.reassess_every)
        able = any(tier.criterion is not None for tier in scheme.tiers)
        if able and scheme.name in last and last[scheme.name] < first:
            begun.append((scheme.name, first))
    return begun


def period_of(day: date, every: Literal["month", "quarter", "year"]) -> tuple[date, date]:
    """The calendar month, quarter or year of a day: its first day and the first day after it."""
    months = {"month": 1, "quarter": 3, "year": 12}[every]
    begun = (day.year * 12 + day.month - 1) // months * months
    return _month(begun), _month(begun + months)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
