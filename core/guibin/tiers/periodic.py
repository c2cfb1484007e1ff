"""Assessing by itself when a scheme's period has begun (S13-3): each scheme once a month, quarter or year."""

from datetime import date

from guibin.policy.packs import Policy
from guibin_tenants.scope import fetch

from .lists import period_of


async def due(policy: Policy, *, on: date) -> list[tuple[str, date]]:
    """Schemes without an assessment in the period of the day, each with the period's first day.

    A scheme that was never assessed is left to somebody who looks at it first. A list that waits for its approval, or
    was refused, counts: whoever decides asks for the next one.
    """
    rows = await fetch("select scheme, max(as_of) as last from assessment group by scheme")
    last = {row["scheme"]: row["last"] for row in rows}
    found = []
    for scheme in policy.schemes:
        first, _ = period_of(on, scheme.reassess_every)
        able = any(tier.criterion is not None for tier in scheme.tiers)
        if able and scheme.name in last and last[scheme.name] < first:
            found.append((scheme.name, first))
    return found
