"""A mail that belongs to no case yet is taken up in time, by the clock of questions (S01-7, S13-5)."""

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

from .tables import Mail

SUBJECT, MILESTONE = "mail", "take_up"


async def owe(mail: Case, act: Act) -> None:
    """From the moment it came; how long may depend on the tiers of a known sender (S07-5)."""
    tiers = await tiers_of(mail.customer_id, on=act.today)
    await sla.start(NewTimer(mail, MILESTONE, act.policy.questions.terms_for(tiers), act.now))


@follows_tiers(SUBJECT, cases="select m.id from mail m where m.customer_id = $1 and m.handled_at is null")
async def retier(mail_id: UUID, tiers: Collection[str], act: Act) -> None:
    """The sender holds another tier now."""
    mail, questions = await locked(Mail, mail_id), act.policy.questions
    if questions.faster and await relimit(mail_id, {MILESTONE: questions.terms_for(tiers)}, act):
        await done("tier", Case(SUBJECT, mail_id, mail["customer_id"]), act)


async def met(mail_id: UUID, *, now: datetime) -> None:
    """Somebody took it up, answered or dismissed it."""
    await sla.complete_if_any(mail_id, MILESTONE, at=now, now=now)
