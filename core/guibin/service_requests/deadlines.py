"""A customer's tier changed: what was taken in under the old one goes on under the new one's limits."""

from uuid import UUID

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.sla import actions as sla
from guibin.sla.queries import timer_of
from guibin.tiers.queries import tiers_of
from guibin_tenants.rows import change
from guibin_tenants.scope import fetch

from .intake import limit_of
from .queries import MILESTONE, SUBJECT
from .tables import ServiceRequest


async def retier(customer_id: UUID, act: Act) -> int:
    """Give the customer's running requests the limit of today's tiers; how many changed.

    Only between limits for the same situation: what the situation is does not follow from a tier.
    """
    tiers = await tiers_of(customer_id, on=act.today)
    changed = 0
    for request in await fetch(
        f"select r.* from service_request r join {timer_of('r', MILESTONE)}"
        " and t.completed_at is null and t.cancelled_at is null"
        " where r.customer_id = $1 and r.state in ('asked', 'open') order by r.id for update of r",
        customer_id,
    ):
        item, before = act.policy.service_item(request["item"]), limit_of(request)
        after = item.limit_beside(before, tiers) if item is not None and before is not None else None
        if after is None or after == before:
            continue
        terms = after.terms(after.within, clause=request["clause"])
        await sla.relimit(request["id"], MILESTONE, act, terms=terms, reason="tier")
        await change(ServiceRequest, request["id"], situation=after.name, time_limit=after)
        await done("tier", Case(SUBJECT, request["id"], customer_id), act)
        changed += 1
    return changed
