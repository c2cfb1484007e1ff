"""Last quarter's contacts counted anew by other cadences (S05-6). Changes none of them."""

from collections.abc import Sequence
from datetime import date, timedelta

from msgspec import Struct

from guibin.context import Act
from guibin.periods.spans import Window, window_of
from guibin.policy.cadence import Cadence
from guibin.policy.packs import Policy
from guibin.policy_changes.effects import DAYS, CadenceReplayed
from guibin.web.listing import placed
from guibin_tenants.rows import shown
from guibin_tenants.scope import fetch

from .dues import OWED_NOW, asked_in


class _Stood(Struct, frozen=True):
    place: int
    done: int
    missed: int


async def replayed(before: Policy, after: Policy, act: Act) -> tuple[CadenceReplayed, ...]:
    """What would have been owed and missed by each, scheme by scheme and tier by tier, in the spans that ended in the quarter."""
    was, becomes = await _counted(before.cadences, act), await _counted(after.cadences, act)
    nothing = (0, 0)
    return tuple(
        CadenceReplayed(
            scheme=scheme,
            tier=tier,
            owed_before=sum(was.get((scheme, tier), nothing)),
            owed_after=sum(becomes.get((scheme, tier), nothing)),
            missed_before=was.get((scheme, tier), nothing)[1],
            missed_after=becomes.get((scheme, tier), nothing)[1],
        )
        for scheme, tier in dict.fromkeys((each.scheme, each.tier) for each in (*before.cadences, *after.cadences))
    )


async def _counted(cadences: Sequence[Cadence], act: Act) -> dict[tuple[str, str], tuple[int, int]]:
    """How many were done and missed, by scheme and tier."""
    spans = [(cadence, window) for cadence in cadences for window in _ended(cadence, act)]
    statement, values = placed(
        "select x.place, (count(*) filter (where x.state = 'done'))::int as done,"
        f" (count(*) filter (where x.state = 'missed'))::int as missed from {OWED_NOW} group by 1",
        asked_in(spans, act.now),
    )
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    for row in shown(_Stood, await fetch(statement, *values)):
        cadence = spans[row.place][0]
        done, missed = counts.get((cadence.scheme, cadence.tier), (0, 0))
        counts[cadence.scheme, cadence.tier] = (done + row.done, missed + row.missed)
    return counts


def _ended(cadence: Cadence, act: Act) -> list[Window]:
    """The spans of the cadence whose last day lies in the quarter and is over."""
    day: date = act.today - timedelta(days=DAYS)
    found = []
    while (window := window_of(cadence.span, day, act.company.time_zone)).after_on <= act.today:
        found.append(window)
        day = window.after_on
    return found
