"""Tiers, the schemes they belong to, and the value score beside them."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from .criteria import Criterion, Metric
from .words import Clause, Named


class Tier(Struct, frozen=True, forbid_unknown_fields=True):
    """One tier. Without a criterion it is given by application only.

    `expectation` is what its members are hoped to do: shown to those who serve them, no condition (S06-2). `strategy`
    names how they are served, as texts `strategy.<name>` (S06-3). Their account managers sit at the level `served_at` of
    the tree of org units or above it: 0 is the head office, 1 what is directly under it (S04-3). `approval` is the flow
    of applications for this tier, where it is not the scheme's.
    """

    name: Named
    criterion: Criterion | None = None
    clause: Clause = ""
    expectation: Criterion | None = None
    strategy: tuple[Named, ...] = ()
    served_at: int | None = None
    approval: Named = ""


class Dimension(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the value score: 0 at `low` and below, 100 at `high` and above, `weight` in percent.

    `name` says what it stands for, such as loyalty, as the text `dimension.<name>`; empty, the metric's own title.
    """

    metric: Named
    weight: int
    low: int
    high: int
    name: Named = ""

    def points(self, value: int | None) -> Fraction:
        """The share of 100 that a figure earns; an unknown one earns nothing."""
        if value is None:
            return Fraction(0)
        return Fraction(100 * min(max(value - self.low, 0), self.high - self.low), self.high - self.low)


def value_score(dimensions: Sequence[Dimension], measures: Mapping[str, int | None]) -> int | None:
    """The weighted points, rounded down, 0 to 100; None when no figure is known."""
    if all(measures.get(dimension.metric) is None for dimension in dimensions):
        return None
    return int(sum(d.weight * d.points(measures.get(d.metric)) for d in dimensions) / 100)


class Consequence(Struct, frozen=True, forbid_unknown_fields=True):
    """What an assessment brings beside the tier to those who make one of `moves`, in one of `tiers` or any (S13-3).

    A `reward` gives `units` of the service item more, a `penalty` withholds the item, both for `days` from the
    assessment's day. Its title is the text `consequence.<name>`.
    """

    name: Named
    kind: Literal["reward", "penalty"]
    moves: tuple[Literal["start", "upgrade", "keep", "grace", "downgrade"], ...]
    item: Named
    units: int = 0
    days: int = 90
    tiers: tuple[Named, ...] = ()
    clause: Clause = ""


class TierScheme(Struct, frozen=True, forbid_unknown_fields=True):
    """Tiers from high to low for some kinds of customer.

    `approval` is the flow of applications and exceptions, `form` what an application fills in (S13-2); `list_approval` that of a whole assessment (S04-2).
    `voluntary` schemes take nobody without consent to the purpose of the scheme's name (S02-2). A customer who fails
    keeps the tier for `grace_days`. `indicator_approval` is the flow by which an outlet asks for an indicator more
    (S12-2); without one the standard is one for the whole company (S02-4).
    """

    name: Named
    customer_kinds: tuple[Named, ...]
    metrics: tuple[Metric, ...]
    tiers: tuple[Tier, ...]
    reassess_every: Literal["month", "quarter", "year"] = "year"
    grace_days: int = 0
    voluntary: bool = False
    approval: Named = ""
    form: Named = ""
    list_approval: Named = ""
    indicator_approval: Named = ""
    exception_days_max: int = 366
    value_score: tuple[Dimension, ...] = ()
    consequences: tuple[Consequence, ...] = ()
    clause: Clause = ""

    def tier(self, name: str) -> Tier | None:
        """The tier of this name."""
        return next((tier for tier in self.tiers if tier.name == name), None)

    def rank(self, name: str | None) -> int:
        """Height: 1 for the lowest tier, 0 for none."""
        names = [tier.name for tier in self.tiers]
        return len(names) - names.index(name) if name in names else 0
