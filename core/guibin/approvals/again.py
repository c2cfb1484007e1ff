"""How an approval comes out by the words that were said to its steps. Changes nothing."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec

from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin_tenants.rows import row_of

from .queries import MoveLine, StepView
from .tables import ApprovalRequest

Came = Literal["approved", "rejected", "waiting"]


async def flow_of(approval_id: UUID) -> ApprovalFlow:
    """The flow that is kept with the request, with what passing on, asking one more and sending back made of it. Raises NotFound."""
    row = await row_of(ApprovalRequest, approval_id, "select flow from approval_request where id = $1")
    return msgspec.json.decode(row["flow"], type=ApprovalFlow)


def outcome(steps: Sequence[StepView]) -> Came:
    """What the words give: the first no ends it, and all say yes or it waits. Words that count no more are passed over."""
    counted = [step for step in steps if not step.undone]
    if any(step.approved is False for step in counted):
        return "rejected"
    return "approved" if counted and all(step.approved for step in counted) else "waiting"


def under(flow: ApprovalFlow, steps: Sequence[StepView]) -> Came:
    """What the same words give by another version of the flow. A step with conditions is asked for where it was asked for then: what
    the matter said is not kept."""
    if outcome(steps) == "rejected":
        return "rejected"
    counted = [step for step in steps if not step.undone]
    yes = {role for step in counted if step.approved for role in (step.role, step.for_role) if role}
    was = {role for step in counted for role in (step.role, step.for_role, *step.others)}
    asked = [step for step in flow.steps if not step.when or set(step.roles) & was]
    return "approved" if all(_heard(step, yes) for step in asked) else "waiting"


def _heard(step: ApprovalStep, yes: set[str]) -> bool:
    every = set(step.roles) | {deputy.role for deputy in step.deputies}
    return set(step.roles) <= yes if step.together else bool(every & yes)


def unexplained(kept: ApprovalFlow, given: ApprovalFlow, moves: Sequence[MoveLine]) -> tuple[str, ...]:
    """The roles of steps that `kept` has and neither the flow `given` by the policy nor what happened to the request explains, and
    of those it lacks though every matter takes them."""
    asked_more = any(move.kind == "added" for move in moves)
    passed_on = asked_more or any(move.kind == "passed_on" for move in moves)
    known, there = {_key(step) for step in given.steps}, {_key(step) for step in kept.steps}
    roles = {step.role for step in given.steps}
    odd = [
        step.role
        for step in kept.steps
        if (step.person is not None and not passed_on)
        or (_key(step) not in known and not (asked_more and step.role in roles and not step.others))
    ]
    lacking = [step.role for step in given.steps if not step.when and _key(step) not in there]
    return tuple(dict.fromkeys((*odd, *lacking)))


def _key(step: ApprovalStep) -> tuple[tuple[str, ...], int | None, bool]:
    return step.roles, step.level, step.together
