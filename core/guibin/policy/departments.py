"""What departments ask of each other, and how fast it is taken up and answered."""

from collections.abc import Collection
from typing import ClassVar, Literal

from msgspec import Struct

from .checking import Known, Problems, a_role, there_is
from .deadlines import Deadline
from .terms import Terms, Timed
from .tier_limits import TierLimit, for_tiers
from .words import Clause, Named


class DepartmentTask(Timed, frozen=True, forbid_unknown_fields=True):
    """Something one department may ask of any other: taken up and answered within these limits, else escalated.

    Both limits run from the moment it is asked; handing it back stops neither. `calendar` counts business limits. In matters of
    customers of some tiers it is taken up and answered `acknowledge_faster` and `answer_faster` (S07-5).
    With `upward`, a role, it is no department's: it goes up to the nearest of that role above whoever reports (S07-14).
    """

    titled: ClassVar = "department_task"
    name: Named
    acknowledge_within: Deadline
    answer_within: Deadline
    acknowledge_faster: tuple[TierLimit, ...] = ()
    answer_faster: tuple[TierLimit, ...] = ()
    upward: Named = ""
    clause: Clause = ""

    def acknowledgement_terms(self, tiers: Collection[str]) -> Terms:
        """Those of taking it up in a matter of a customer who holds these tiers."""
        return self.terms(for_tiers(self.acknowledge_within, self.acknowledge_faster, tiers), clause=self.clause)

    def answer_terms(self, tiers: Collection[str]) -> Terms:
        """Those of answering it in a matter of a customer who holds these tiers."""
        return self.terms(for_tiers(self.answer_within, self.answer_faster, tiers), clause=self.clause)

    def check(self, known: Known, path: str) -> Problems:
        """What goes up goes to somebody."""
        yield from super().check(known, path)
        yield from there_is(f"{path}.upward", self.upward, known.roles, "a role or post")


class ContactPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every department names a contact for key-account business, whom requests reach, and a deputy (S07-30).

    Of one that has none the role or post `told`, nearest to it, hears once in `reminded_every`.
    """

    reminded_every: Literal["week", "month", "quarter"] = "week"
    told: Named = "manager"
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """Somebody is told."""
        yield from a_role(f"{path}.told", self.told, known)
