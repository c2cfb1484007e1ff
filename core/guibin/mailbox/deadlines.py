"""A mail that belongs to no case yet is taken up in time, by the clock of questions (S01-7, S13-5)."""

from datetime import datetime
from uuid import UUID

from guibin.cases import Case
from guibin.context import Act
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin.tiers.queries import tiers_of

SUBJECT, MILESTONE = "mail", "take_up"


async def owe(mail: Case, act: Act) -> None:
    """From the moment it came; how long may depend on the tiers of a known sender (S07-5)."""
    tiers = await tiers_of(mail.customer_id, on=act.today)
    await sla.start(NewTimer(mail, MILESTONE, act.policy.questions.terms_for(tiers), act.now))


async def met(mail_id: UUID, *, now: datetime) -> None:
    """Somebody took it up, answered or dismissed it."""
    await sla.complete_if_any(mail_id, MILESTONE, at=now, now=now)
