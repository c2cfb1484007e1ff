"""What an approval flow must agree on with the roles there are and with the clocks of its steps."""

from collections.abc import Collection, Iterable, Iterator

from .approvals import ApprovalFlow, ApprovalStep
from .milestone_validation import milestone_problems
from .milestones import Milestone
from .problems import PolicyProblem


def approval_problems(flows: Iterable[ApprovalFlow], known: Collection[str]) -> Iterator[PolicyProblem]:
    """Everything wrong with these; `known` are the roles and posts there are."""
    for flow in flows:
        path = f"approvals.{flow.name}"
        if not flow.steps:
            yield PolicyProblem(path, "no step", "at least one step")
        for role in (*flow.applicants, *(role for step in flow.steps for role in step.roles)):
            if role not in known:
                yield PolicyProblem(path, role, "a role or post", f"one of {sorted(known)}")
        for number, step in enumerate(flow.steps, 1):
            yield from _clock(step, known, path, number)


def _clock(step: ApprovalStep, known: Collection[str], path: str, number: int) -> Iterator[PolicyProblem]:
    if step.within is None:
        if step.escalations:
            yield PolicyProblem(f"{path}.step {number}", "escalations", "a time: set within, or leave them out")
        return
    clock = Milestone(
        f"step {number}",
        step.within,
        calendar=step.calendar,
        warn_at_percent=step.warn_at_percent,
        warned_roles=(),
        escalations=step.escalations,
    )
    yield from milestone_problems((clock,), known, path)
