"""A mail that belongs to no case yet is taken up in time, by the clock of questions (S01-7, S13-5)."""

from datetime import datetime
from uuid import UUID

from guibin.cases import Case
from guibin.policy.cadence import QuestionPolicy
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer

SUBJECT, MILESTONE = "mail", "take_up"


async def owe(mail: Case, *, policy: QuestionPolicy, since: datetime) -> None:
    """From the moment it came."""
    await sla.start(NewTimer(mail, MILESTONE, policy.terms(policy.answer_within, clause=policy.clause), since))


async def met(mail_id: UUID, *, now: datetime) -> None:
    """Somebody took it up, answered or dismissed it."""
    await sla.complete_if_any(mail_id, MILESTONE, at=now, now=now)
