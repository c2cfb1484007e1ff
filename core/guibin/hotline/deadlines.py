"""A call that nobody took is called back in time, and one of an unknown caller is matched in time (S01-7, S05-5)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.policy.hotline import HotlinePolicy
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin.tiers.clocks import follows_tiers, relimit
from guibin.tiers.queries import tiers_of
from guibin_tenants.rows import locked

from .tables import HotlineCall

SUBJECT = "hotline_call"
CALL_BACK, MATCH = "call_back", "match"


async def owe_call_back(call: Case, act: Act, *, since: datetime) -> None:
    """From the moment it rang; how soon may depend on the tiers of a known caller (S07-5)."""
    tiers = await tiers_of(call.customer_id, on=act.today)
    await sla.start(NewTimer(call, CALL_BACK, act.policy.hotline.call_back_terms(tiers), since))


@follows_tiers(SUBJECT, cases="select c.id from hotline_call c where c.customer_id = $1 and c.state = 'missed'")
async def retier(call_id: UUID, tiers: Collection[str], act: Act) -> None:
    """The caller's tier moved, or turned out: whoever is matched later is called back as soon as their tier says."""
    call, policy = await locked(HotlineCall, call_id), act.policy.hotline
    if policy.faster and await relimit(call_id, {CALL_BACK: policy.call_back_terms(tiers)}, act):
        await done("tier", Case(SUBJECT, call_id, call["customer_id"]), act)


async def owe_match(call: Case, *, policy: HotlinePolicy, since: datetime) -> None:
    """From the moment the call was over."""
    await sla.start(NewTimer(call, MATCH, policy.terms(policy.match_within, clause=policy.clause), since))


async def met(call_id: UUID, *, now: datetime) -> None:
    """Nothing is owed any more."""
    for milestone in (CALL_BACK, MATCH):
        await sla.complete_if_any(call_id, milestone, at=now, now=now)
