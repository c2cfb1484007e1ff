"""A customer's tier moved: what was taken in under the old one goes on under the new one's limits (S07-5)."""

from collections.abc import Collection
from uuid import UUID

from msgspec import json

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.policy.service_items import StepLimit
from guibin.tiers.clocks import follows_tiers, relimit
from guibin_tenants.rows import change, locked

from .intake import limit_of
from .queries import MILESTONE, SUBJECT
from .tables import ServiceRequest


@follows_tiers(SUBJECT)
async def retier(request_id: UUID, tiers: Collection[str], act: Act) -> None:
    """The limit of the whole, its targets and the clocks of its steps, those to come too.

    Of the whole only between limits for the same situation: what the situation is does not follow from a tier.
    """
    request = await locked(ServiceRequest, request_id)
    item = act.policy.service_item(request["item"])
    if item is None or request["state"] not in ("asked", "open"):
        return
    before, clause = limit_of(request), request["clause"]
    after = item.limit_beside(before, tiers) if before is not None else None
    moved = after if after != before else None
    kept = json.decode(request["step_limits"], type=tuple[StepLimit, ...])
    faster = {each.step: each.under(tiers) for each in item.step_limits if each.faster}
    steps = tuple(faster.get(each.step, each) for each in kept)
    values = ({"situation": moved.name, "time_limit": moved} if moved is not None else {}) | (
        {"step_limits": steps} if steps != kept else {}
    )
    if values:
        await change(ServiceRequest, request_id, **values)
    targets = (one.under(tiers) for one in item.milestones if one.faster)
    limits = {each.name: each.terms(each.within, clause=each.clause) for each in targets}
    limits |= {each.milestone: each.terms(each.within, clause=each.clause or clause) for each in faster.values()}
    if moved is not None:
        limits[MILESTONE] = moved.terms(moved.within, clause=clause)
    if await relimit(request_id, limits, act) or values:
        await done("tier", Case(SUBJECT, request_id, request["customer_id"]), act)
