"""How long a step may wait: its clock runs in the one place where deadlines are kept, a timer for each step."""

from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from guibin.cases import Case
from guibin.policy.approvals import ApprovalFlow
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer

SUBJECT = "approval"


def milestone_of(step: int) -> str:
    """The step's clock; steps count from 0."""
    return f"step_{step + 1}"


async def start(approval: Case, flow: ApprovalFlow, step: int, *, now: datetime) -> None:
    """Start the deadline of the step (its place, from 0), as the flow says, with its warning and escalations; nothing where the policy sets no time."""
    waiting = flow.steps[step]
    if waiting.within is None:
        return
    terms = replace(
        waiting.terms(waiting.within, clause=flow.clause),
        warned_roles=waiting.roles,
        escalations=flow.escalations_of(step),
    )
    await sla.start(NewTimer(approval, milestone_of(step), terms, now))


async def decided(approval_id: UUID, step: int, *, now: datetime) -> None:
    """End the deadline of the step (its place, from 0): it was decided now, in time or late. Nothing where it has none."""
    await sla.complete_if_any(approval_id, milestone_of(step), at=now, now=now)


async def gone(approval_id: UUID, step: int, *, now: datetime) -> None:
    """Nobody waits for the step any more: withdrawn, or its matter is gone."""
    await sla.cancel(approval_id, milestone_of(step), now=now)
