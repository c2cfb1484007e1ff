"""A call that nobody took is called back in time, and one of an unknown caller is matched in time (S01-7, S05-5)."""

from datetime import datetime
from uuid import UUID

from guibin.cases import Case
from guibin.policy.hotline import HotlinePolicy
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer

SUBJECT = "hotline_call"
CALL_BACK, MATCH = "call_back", "match"


async def owe_call_back(call: Case, *, policy: HotlinePolicy, since: datetime) -> None:
    """From the moment it rang."""
    terms = policy.terms(policy.call_back_within, clause=policy.clause)
    await sla.start(NewTimer(call, CALL_BACK, terms, since))


async def owe_match(call: Case, *, policy: HotlinePolicy, since: datetime) -> None:
    """From the moment the call was over."""
    await sla.start(NewTimer(call, MATCH, policy.terms(policy.match_within, clause=policy.clause), since))


async def met(call_id: UUID, *, now: datetime) -> None:
    """Nothing is owed any more."""
    for milestone in (CALL_BACK, MATCH):
        await sla.complete_if_any(call_id, milestone, at=now, now=now)
