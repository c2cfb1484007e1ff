"""A customer's tier moved: what was taken in under the old one goes on under the new one's limits (S07-5)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import json

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.policy.service_items import ServiceItem, StepLimit
from guibin.policy.terms import Terms
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
    values, limits = _limits(request, item, tiers)
    for each in (one.under(tiers) for one in item.milestones if one.faster):
        limits[each.name] = each.terms(each.within, clause=each.clause)
    if values:
        await change(ServiceRequest, request_id, **values)
    if await relimit(request_id, limits, act) or values:
        await done("tier", Case(SUBJECT, request_id, request["customer_id"]), act)


def _limits(
    request: asyncpg.Record, item: ServiceItem, tiers: Collection[str]
) -> tuple[dict[str, Any], dict[str, Terms]]:
    """What the request's row says from now on, where that changes, and the terms of its clocks that depend on tiers."""
    values: dict[str, Any] = {}
    limits: dict[str, Terms] = {}
    before = limit_of(request)
    after = item.limit_beside(before, tiers) if before is not None else None
    if after is not None and after != before:
        values |= {"situation": after.name, "time_limit": after}
        limits[MILESTONE] = after.terms(after.within, clause=request["clause"])
    faster = {each.step: each.under(tiers) for each in item.step_limits if each.faster}
    kept = json.decode(request["step_limits"], type=tuple[StepLimit, ...])
    steps = tuple(faster.get(each.step, each) for each in kept)
    if steps != kept:
        values["step_limits"] = steps
    for each in faster.values():
        limits[each.milestone] = each.terms(each.within, clause=each.clause or request["clause"])
    return values, limits
