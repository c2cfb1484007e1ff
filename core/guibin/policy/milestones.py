"""Targets of a case beside its end: the first contact, the next update. One vocabulary for every kind of case."""

from collections.abc import Collection, Iterable
from typing import ClassVar

from msgspec.structs import replace

from .checking import Known, Problems, a_role, at_least, before_the_breach
from .deadlines import AtOnce, Deadline, Until, least_of
from .problems import PolicyProblem
from .terms import Recurrence, Terms, Timed
from .tier_limits import TierLimit, for_tiers
from .words import Clause, Named

# Names of clocks that the product itself runs on the same cases.
RESERVED = frozenset({"resolution", "result", "follow_up", "rectification", "service"})


class Milestone(Timed, frozen=True, forbid_unknown_fields=True):
    """A target whose clock runs beside the others', whatever happens to theirs.

    `once` counts from the receipt to the first answer. `repeating` counts from each message nobody has answered, the
    oldest if there are several. `sequential` is one after another while the case is open: each from the one before, or
    from when that was reached if that was late.

    `warn_at_percent` and `further_warnings` are fractions of the working time, told to `warned_roles`; `told_of_success`
    hear when it is reached, late or not. `stands_while_waiting` False runs on while we wait for the customer. `faster` are the
    times of customers of some tiers.
    """

    titled: ClassVar = "milestone"
    name: Named
    within: Deadline
    recurrence: Recurrence = "once"
    further_warnings: tuple[int, ...] = ()
    warned_roles: tuple[Named, ...] = ("account_manager",)
    told_of_success: tuple[Named, ...] = ()
    stands_while_waiting: bool = True
    faster: tuple[TierLimit, ...] = ()
    clause: Clause = ""

    def under(self, tiers: Collection[str]) -> "Milestone":
        """As it is for a customer who holds these tiers (S07-5)."""
        return replace(self, within=for_tiers(self.within, self.faster, tiers))

    def terms(self, limit: Deadline | Until, *, clause: str) -> Terms:
        """Those of a clock with this limit, which a reply stops."""
        return replace(
            super().terms(limit, clause=clause),
            further_warnings=self.further_warnings,
            warned_roles=self.warned_roles,
            told_of_success=self.told_of_success,
            recurrence=self.recurrence,
            stands_while_waiting=self.stands_while_waiting,
            met_by="reply",
        )

    def warning_problems(self, path: str) -> Problems:
        """What is wrong with its warnings."""
        for percent in (self.warn_at_percent, *self.further_warnings):
            yield from before_the_breach(path, percent)

    def check(self, known: Known, path: str) -> Problems:
        """A name of its own, time enough to come again, and people there are."""
        if self.name in RESERVED or not 1 <= len(self.name) <= 60:
            yield PolicyProblem(path, self.name, f"a name of its own, none of: {sorted(RESERVED)}")
        yield from super().check(known, path)
        again = self.recurrence == "sequential"
        if isinstance(self.within, AtOnce):
            if again:
                yield PolicyProblem(f"{path}.within", "at once", "some time: it comes again and again")
        else:
            yield from at_least(f"{path}.within", self.within, least_of(self.within) or int(again))
        for role in (*self.warned_roles, *self.told_of_success):
            yield from a_role(path, role, known)


def own_names(milestones: Iterable[Milestone], path: str) -> Problems:
    """That no two targets of a case have one name."""
    names = [milestone.name for milestone in milestones]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield PolicyProblem(f"{path}.{name}", name, f"a name of its own, none of: {sorted(RESERVED)}")
