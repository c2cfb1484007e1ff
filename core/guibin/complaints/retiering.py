"""A customer's tier moved: a complaint that is open goes on under the limits of what they hold now (S07-5), and in its new place
among the others (S07-33)."""

from collections.abc import Collection
from uuid import UUID

from guibin.audit.actions import done
from guibin.context import Act
from guibin.tiers.clocks import follows_tiers, relimit
from guibin_tenants.rows import change, locked

from .levels import RESOLUTION, SUBJECT, case_of, terms_of
from .tables import Complaint


@follows_tiers(SUBJECT)
async def retier(complaint_id: UUID, tiers: Collection[str], act: Act) -> None:
    """The time to resolve and the targets beside it. Whoever was told of the level's time hears nothing new: the level is the same."""
    complaint = await locked(Complaint, complaint_id)
    policy = act.policy.complaints
    level, priority = policy.level(complaint["level"]), policy.priority(tiers)
    if level is None or complaint["state"] not in ("open", "waiting"):
        return
    limits = {RESOLUTION: terms_of(policy, level, tiers)} if level.faster else {}
    for each in (one.under(tiers) for one in level.milestones if one.faster):
        limits[each.name] = each.terms(each.within, clause=each.clause)
    elsewhere = priority != complaint["priority"]
    if elsewhere:
        await change(Complaint, complaint_id, priority=priority)
    if await relimit(complaint_id, limits, act) or elsewhere:
        await done("tier", case_of(complaint), act)
