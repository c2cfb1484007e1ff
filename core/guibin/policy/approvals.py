"""Who asks, who decides, in which order."""

from collections.abc import Collection, Mapping
from typing import ClassVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from .checking import Known, Problems, a_role, at_least
from .deadlines import Deadline, least_of
from .problems import PolicyProblem
from .terms import Escalation, Timed
from .tier_limits import TierLimit, for_tiers
from .words import Clause, Named

Facts = Mapping[str, str | int | bool | None]
"""What is known of a matter: `amount` in minor units, `period_days`, `customer_kind`, `tier`, and what its form answers."""


class Where(Struct, frozen=True, forbid_unknown_fields=True):
    """A condition on one figure or answer of a matter: from `at_least` to `at_most`, `one_of` these words, `given` or not."""

    field: Named
    at_least: int | None = None
    at_most: int | None = None
    one_of: tuple[Named, ...] = ()
    given: bool | None = None

    def holds(self, facts: Facts, *, unknown: bool) -> bool:
        """Whether it does; `unknown` where the matter does not say."""
        value = facts.get(self.field)
        if (value is None or value is False or value == "") == self.given:
            return False
        bounded = self.at_least is not None or self.at_most is not None
        if value is None:
            return unknown if bounded or self.one_of else True
        if bounded and not self._within(value):
            return False
        return not self.one_of or value in self.one_of

    def _within(self, value: str | int | bool) -> bool:
        figure = int(value) if isinstance(value, int) or str(value).lstrip("-").isdigit() else None
        if figure is None:
            return False
        return (self.at_least is None or figure >= self.at_least) and (self.at_most is None or figure <= self.at_most)

    def check(self, known: Known, path: str) -> Problems:
        """It asks something that can be so."""
        if self.at_least is None and self.at_most is None and not self.one_of and self.given is None:
            yield PolicyProblem(f"{path}.{self.field}", "nothing", "a bound, some words, or whether it is given")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            yield PolicyProblem(f"{path}.{self.field}", str(self.at_least), f"at most {self.at_most}")


class Deputy(Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever holds `role` decides while nobody whose step it is is there, in matters `within` these limits (S12-3).

    A matter that does not say what a limit asks is beyond it.
    """

    role: Named
    within: tuple[Where, ...] = ()

    def may(self, facts: Facts) -> bool:
        """Whether the matter is within the limits."""
        return all(one.holds(facts, unknown=False) for one in self.within)


class ApprovalStep(Timed, frozen=True, forbid_unknown_fields=True):
    """One decision by somebody in `role` or in one of `others`, due `within` from the moment it is asked for.

    A step with `when` is taken only where one of these holds, or the matter does not say (S07-17). `together` it takes a yes of
    each of `role` and `others` (会签). `deputies` decide while nobody of them is there. `person` is whom one request was
    passed on to, or who was asked besides; a policy names nobody.

    With `level` they sit at this level of the tree of org units or above it: 0 is the head office (S04-3). They are
    warned at `warn_at_percent` of the time and told when it has passed; then it goes along `escalations`, without any to
    the next step's roles, from the last step to the company's admins. `faster` are the times in matters of customers of some
    tiers (S07-5).
    """

    role: Named
    within: Deadline | None = None
    others: tuple[Named, ...] = ()
    level: int | None = None
    when: tuple[Where, ...] = ()
    together: bool = False
    deputies: tuple[Deputy, ...] = ()
    person: UUID | None = None
    faster: tuple[TierLimit, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role or post that may decide."""
        return (self.role, *self.others)

    def check(self, known: Known, path: str) -> Problems:
        """The flow asks by number: see `clock_problems`."""
        yield from ()

    def clock_problems(self, known: Known, path: str) -> Problems:
        """What is wrong with its time; without one nobody can be told that it has passed."""
        if self.within is not None:
            yield from super().check(known, path)
            yield from at_least(f"{path}.within", self.within, least_of(self.within))
        elif self.escalations or self.faster:
            given = "escalations" if self.escalations else "faster"
            yield PolicyProblem(path, given, "a time: set within, or leave them out")
        for deputy in self.deputies:
            yield from a_role(f"{path}.deputies", deputy.role, known)
        if self.together and not self.others:
            yield PolicyProblem(path, "together", "others whose yes it takes besides")
        if self.person is not None:
            yield PolicyProblem(path, "person", "nobody: a policy names roles and posts")


class ApprovalFlow(Struct, frozen=True, forbid_unknown_fields=True):
    """Steps in order. `applicants` are the roles that may ask, none = whoever may write the subject.

    Whoever asks never decides. Which steps a matter takes is its own to say: see `under`.
    """

    titled: ClassVar = "approval"
    name: Named
    subject: Named
    steps: tuple[ApprovalStep, ...]
    applicants: tuple[Named, ...] = ()
    clause: Clause = ""

    def under(self, facts: Facts, tiers: Collection[str] = ()) -> "ApprovalFlow":
        """The flow of this matter: the steps whose conditions hold, the deputies within their limits, and the times of a customer
        who holds these tiers."""
        return replace(
            self,
            steps=tuple(
                replace(
                    step,
                    deputies=tuple(deputy for deputy in step.deputies if deputy.may(facts)),
                    within=for_tiers(step.within, step.faster, tiers) if step.within is not None else None,
                )
                for step in self.steps
                if not step.when or any(one.holds(facts, unknown=True) for one in step.when)
            ),
        )

    def escalations_of(self, step: int) -> tuple[Escalation, ...]:
        """Whom a late decision goes to."""
        if self.steps[step].escalations:
            return self.steps[step].escalations
        following = self.steps[step + 1].roles if step + 1 < len(self.steps) else ("tenant_admin",)
        return tuple(Escalation(role) for role in following)

    def check(self, known: Known, path: str) -> Problems:
        """Somebody decides, and in time where there is one."""
        if not self.steps:
            yield PolicyProblem(path, "no step", "at least one step")
        elif all(step.when for step in self.steps):
            yield PolicyProblem(path, "conditions", "a step for every matter", "leave out `when` of one")
        for role in (*self.applicants, *(role for step in self.steps for role in step.roles)):
            yield from a_role(path, role, known)
        for number, step in enumerate(self.steps, 1):
            yield from step.clock_problems(known, f"{path}.step {number}")
