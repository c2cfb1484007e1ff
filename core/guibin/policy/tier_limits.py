"""Limits that depend on what the customer holds (S07-5)."""

from collections.abc import Collection

from msgspec import Struct

from .checking import Known, Problems, at_least
from .deadlines import Deadline, least_of
from .problems import PolicyProblem
from .words import Named


class TierLimit(Struct, frozen=True, forbid_unknown_fields=True):
    """Customers of these tiers are given another time (S07-5)."""

    tiers: tuple[Named, ...]
    within: Deadline

    def check(self, known: Known, path: str) -> Problems:
        """Its tiers are there, and it has time enough."""
        for tier in self.tiers:
            if tier not in {name for _, name in known.tiers}:
                yield PolicyProblem(f"{path}.tiers", tier, "a tier of one of the schemes")
        yield from at_least(f"{path}.within", self.within, least_of(self.within))


def for_tiers(usual: Deadline, faster: tuple[TierLimit, ...], tiers: Collection[str]) -> Deadline:
    """The time for a customer who holds these tiers: of `faster` the first that fits, else the usual."""
    return next((one.within for one in faster if set(one.tiers) & set(tiers)), usual)
