"""Attempts whose worker vanished: recorded as lost, and their jobs let go."""

from datetime import datetime, timedelta
from uuid import UUID

from guibin.context import now_of
from guibin.jobs import ledger
from guibin.jobs.kinds import ATTEMPTS_MAX, handler_of
from guibin.jobs.ledger import Expired, Failure
from guibin_tenants.scope import fetch, tenant_scope

from .backoff import pause_before
from .execution import Workshop, company_of


async def rescue_lost(shop: Workshop, tenant_id: UUID, job_ids: list[UUID]) -> int:
    """Rescue those of a company's jobs whose lease has expired, in a transaction of its own; how many."""
    async with tenant_scope(tenant_id):
        company = await company_of(tenant_id)
        if company is None:
            return 0
        return await rescue(shop, job_ids, now=await now_of(company, shop.root.clock))


async def rescue_all(shop: Workshop, *, now: datetime) -> int:
    """Rescue every job of the tenant whose scope is open; how many."""
    rows = await fetch(
        "select id from job where handed_at is not null and ended_at is null and lease_until < clock_timestamp()"
    )
    return await rescue(shop, [row["id"] for row in rows], now=now) if rows else 0


async def rescue(shop: Workshop, job_ids: list[UUID], *, now: datetime) -> int:
    """Record the expired attempts among these as lost; how many. Inside the scope."""
    lost = await ledger.expired(job_ids)
    for attempt in lost:
        await ledger.fail(attempt.job_id, attempt.token, _failure(shop, attempt), now=now)
    return len(lost)


def _failure(shop: Workshop, attempt: Expired) -> Failure:
    handler = handler_of(attempt.kind)
    failures = attempt.failures + 1
    # The lease was a pause already, and a first loss is nobody's fault.
    pause = timedelta(0)
    if failures > 1:
        pause = pause_before(failures, job_id=attempt.job_id, first_s=shop.backoff_first_s)
    dead = failures >= (handler.attempts_max if handler else ATTEMPTS_MAX)
    return Failure(outcome="lost", pause=pause, dead=dead, error="LeaseExpired")
