"""What a customer asks of its account manager is answered in time: a deadline like any other (S13-5)."""

from datetime import datetime
from uuid import UUID

from guibin.cases import Case
from guibin.policy.cadence import QuestionPolicy
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer

from .requests import NewInteraction

SUBJECT, MILESTONE = "interaction", "answer"


async def start_clock(interaction_id: UUID, new: NewInteraction, *, policy: QuestionPolicy, now: datetime) -> None:
    """Count from the moment the customer asked, whenever it was written down."""
    await sla.start(
        NewTimer(
            Case(SUBJECT, interaction_id, new.customer_id),
            MILESTONE,
            policy.terms(policy.answer_within, clause=policy.clause),
            new.happened_at or now,
        )
    )


async def stop_clock(interaction_id: UUID, *, now: datetime) -> None:
    """The need is met. Imported questions have no clock."""
    await sla.complete_if_any(interaction_id, MILESTONE, at=now, now=now)
