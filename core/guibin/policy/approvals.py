"""Who asks, who decides, in which order."""

from collections.abc import Iterator

from msgspec import Struct

from .checking import Known, Problems, a_role, at_least
from .deadlines import Deadline, least_of
from .problems import PolicyProblem
from .terms import Escalation, Timed
from .words import Clause, Named


class ApprovalStep(Timed, frozen=True, forbid_unknown_fields=True):
    """One decision by somebody in `role` or in one of `others`, due `within` from the moment it is asked for.

    With `level` they sit at this level of the tree of org units or above it: 0 is the head office (S04-3). They are
    warned at `warn_at_percent` of the time and told when it has passed; then it goes along `escalations`, without any to
    the next step's roles, from the last step to the company's admins.
    """

    role: Named
    within: Deadline | None = None
    others: tuple[Named, ...] = ()
    level: int | None = None

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
        elif self.escalations:
            yield PolicyProblem(path, "escalations", "a time: set within, or leave them out")


class ApprovalFlow(Struct, frozen=True, forbid_unknown_fields=True):
    """Steps in order. `applicants` are the roles that may ask, none = whoever may write the subject.

    Whoever asks never decides.
    """

    name: Named
    subject: Named
    steps: tuple[ApprovalStep, ...]
    applicants: tuple[Named, ...] = ()
    clause: Clause = ""

    def escalations_of(self, step: int) -> tuple[Escalation, ...]:
        """Whom a late decision goes to."""
        if self.steps[step].escalations:
            return self.steps[step].escalations
        following = self.steps[step + 1].roles if step + 1 < len(self.steps) else ("tenant_admin",)
        return tuple(Escalation(role) for role in following)

    def named_texts(self) -> Iterator[str]:
        """Its title."""
        yield f"approval.{self.name}"

    def check(self, known: Known, path: str) -> Problems:
        """Somebody decides, and in time where there is one."""
        if not self.steps:
            yield PolicyProblem(path, "no step", "at least one step")
        for role in (*self.applicants, *(role for step in self.steps for role in step.roles)):
            yield from a_role(path, role, known)
        for number, step in enumerate(self.steps, 1):
            yield from step.clock_problems(known, f"{path}.step {number}")
