"""What a customer asks of its account manager is answered in time: a deadline like any other (S13-5)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin.tiers.clocks import follows_tiers, relimit
from guibin.tiers.queries import tiers_of
from guibin_tenants.rows import locked

from .requests import NewInteraction
from .tables import Interaction

SUBJECT, MILESTONE = "interaction", "answer"


async def start_clock(interaction_id: UUID, new: NewInteraction, act: Act) -> None:
    """Count from the moment the customer asked, whenever it was written down; how long may depend on their tiers (S07-5)."""
    tiers = await tiers_of(new.customer_id, on=act.today)
    await sla.start(
        NewTimer(
            Case(SUBJECT, interaction_id, new.customer_id),
            MILESTONE,
            act.policy.questions.terms_for(tiers),
            new.happened_at or act.now,
        )
    )


@follows_tiers(SUBJECT)
async def retier(interaction_id: UUID, tiers: Collection[str], act: Act) -> None:
    """Whoever asked holds another tier now."""
    contact, questions = await locked(Interaction, interaction_id), act.policy.questions
    if questions.faster and await relimit(interaction_id, {MILESTONE: questions.terms_for(tiers)}, act):
        await done("tier", Case(SUBJECT, interaction_id, contact["customer_id"]), act)


async def stop_clock(interaction_id: UUID, *, now: datetime) -> None:
    """The need is met. Imported questions have no clock."""
    await sla.complete_if_any(interaction_id, MILESTONE, at=now, now=now)
