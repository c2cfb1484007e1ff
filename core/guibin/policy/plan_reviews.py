"""Which marketing and service plans are reviewed before they run, by whom (S04-4, S04-7, S08-4)."""

from typing import ClassVar, Literal

from msgspec import Struct

from .approvals import Facts, Where
from .checking import Known, Problems
from .problems import PolicyProblem
from .words import Clause, Named

SUBJECT = "plan_review"
# What is known of a plan of each kind.
FACTS: dict[str, tuple[str, ...]] = {
    "campaign": ("scheme", "topic", "members", "budget", "branch"),
    "activity": ("kind", "item", "capacity", "budget", "branch"),
    "relationship_plan": ("scheme", "tier", "measures", "branch"),
}


class PlanReview(Struct, frozen=True, forbid_unknown_fields=True):
    """A plan of this kind waits for `approval`, a flow about `plan_review`, before it runs: a campaign reaches nobody, an
    activity invites nobody, no measure of a customer's relationship plan is carried out.

    With `when` only a plan of which one of these holds: its `scheme` (and `tier`), the `topic` and number of `members` of
    a campaign, the `kind`, right (`item`) and `capacity` of an activity, the number of `measures`, and whether it is a
    `branch`'s rather than the head office's, the `budget` of either in whole units of the company's currency. With `budgeted` a plan
    that says none is not taken, so that steps of the flow by amount apply. The first review that fits is taken: each department has its own aspect.
    """

    titled: ClassVar = "plan_review"
    name: Named
    subject: Literal["campaign", "activity", "relationship_plan"]
    approval: Named
    when: tuple[Where, ...] = ()
    budgeted: bool = False
    clause: Clause = ""

    def fits(self, subject: str, facts: Facts) -> bool:
        """Whether such a plan waits for it."""
        return subject == self.subject and (not self.when or any(one.holds(facts, unknown=False) for one in self.when))

    def check(self, known: Known, path: str) -> Problems:
        """Its flow is about reviews, its conditions about what is known of such a plan."""
        if known.flows.get(self.approval) != SUBJECT:
            fits = sorted(name for name, subject in known.flows.items() if subject == SUBJECT)
            yield PolicyProblem(f"{path}.approval", self.approval, f"a flow about: {SUBJECT}", f"one of {fits}")
        if self.budgeted and "budget" not in FACTS[self.subject]:
            yield PolicyProblem(f"{path}.budgeted", self.subject, "a plan that has a budget: campaign or activity")
        for one in self.when:
            if one.field not in FACTS[self.subject]:
                yield PolicyProblem(f"{path}.when", one.field, "known of such a plan", f"one of {FACTS[self.subject]}")
