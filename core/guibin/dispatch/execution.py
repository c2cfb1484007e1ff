"""Doing one job: take the lease, run the handler inside the tenant's scope, commit effect and end together."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from opentelemetry.trace import SpanKind

from guibin.context import Company, Root, now_of
from guibin.jobs import ledger
from guibin.jobs.kinds import ATTEMPTS_MAX, Handler, Run, handler_of
from guibin.jobs.ledger import AttemptOutcome, Failure, LeaseLost, Taken
from guibin.policies.queries import effective_policy, hooks_of
from guibin.watch import failpoints, logs, metrics, tracing
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.scope import fetch_one, tenant_scope
from guibin_tenants.violations import FrozenInDatabase

from .backoff import pause_before
from .leases import Leases

Done = Literal["completed", "cancelled", "failed", "dead", "not taken", "lease lost"]
Clock = Callable[[], datetime]
_log = logging.getLogger("guibin.jobs")


class UnknownKind(Exception):
    """No function of this process handles the kind: an older release runs, or a pack was taken away."""


class PackPutAside(Exception):
    """Nobody here handles the kind while these packs of the company's are put aside: the job waits for them and has not failed."""


class ConnectionCut(Exception):
    """PostgreSQL went away during the attempt: not the job's fault."""


class Workshop(Struct, frozen=True, kw_only=True):
    """What every attempt in this process needs. `backoff_first_s` is the pause after a first failure."""

    root: Root
    worker: UUID
    leases: Leases
    lease_s: float = 30.0
    backoff_first_s: float = 5.0


async def perform(shop: Workshop, tenant_id: UUID, job_id: UUID, *, attempt: int) -> Done:
    """Do the job once, unless somebody else does, it has ended, or its company is suspended.

    Never raises for what the handler raised: that is recorded with the attempt. Cancellation is recorded and raised.
    """
    # Should PostgreSQL crash and forget the lease, nothing that was done under it has been committed either.
    async with tenant_scope(tenant_id, durable=False) as scope:
        now = shop.root.clock()
        taken = await ledger.take(job_id, attempt=attempt, worker=shop.worker, lease_s=shop.lease_s, now=now)
        held = taken is None and await ledger.hold_if_paused(job_id, now=now)
        scope.rollback_only = taken is None and not held
    if taken is None:
        return "not taken"
    failpoints.reach("job.taken")
    begun = time.perf_counter()
    with (
        logs.about(tenant_id, job_id),
        tracing.span(
            f"job {taken.kind}",
            SpanKind.CONSUMER,
            parent=taken.traceparent,
            tenant=str(tenant_id),
            job=str(job_id),
            attempt=taken.attempt,
        ),
    ):
        done = await _perform(shop, taken.company, taken)
    if not taken.company.simulated:
        metrics.JOB_WAIT_SECONDS.labels(taken.kind).observe(max((taken.started_at - taken.run_at).total_seconds(), 0.0))
    metrics.JOB_RUN_SECONDS.labels(taken.kind).observe(time.perf_counter() - begun)
    metrics.JOB_ATTEMPTS.labels(taken.kind, done).inc()
    return done


async def _perform(shop: Workshop, company: Company, taken: Taken) -> Done:
    handler = handler_of(taken.kind)
    try:
        with shop.leases.kept(company.id, taken.job_id, taken.token):
            async with asyncio.timeout(handler.timeout_s if handler else 10):
                await _attempt(shop, company, taken, handler)
    except LeaseLost:
        return "lease lost"
    except asyncio.CancelledError:
        if taken.token in shop.leases.lost:
            # Not a shutdown: the lease went, and with it our right to go on.
            shop.leases.lost.discard(taken.token)
            _uncancel()
            return "lease lost"
        await _give_back(shop, company, taken, handler, "interrupted", None)
        raise
    except (ConnectionCut, FrozenInDatabase, PackPutAside) as error:
        return await _give_back(shop, company, taken, handler, "interrupted", error)
    except Exception as error:
        return await _give_back(shop, company, taken, handler, "failed", error)
    return "completed"


async def company_of(tenant_id: UUID) -> Company | None:
    """The company whose scope is open; None while it is suspended or frozen, or when it is gone."""
    row = await fetch_one(
        "select id, slug, packs, time_zone, language, simulated from tenant where id = $1"
        " and suspended_at is null and frozen_at is null",
        tenant_id,
    )
    return msgspec.convert(dict(row), Company) if row is not None else None


def by_job(kind: str, job_id: UUID) -> Principal:
    """The product itself, doing this job."""
    return Principal(kind="job", id=job_id, name=f"job {kind}", permissions=PERMISSIONS)


async def _attempt(shop: Workshop, company: Company, taken: Taken, handler: Handler | None) -> None:
    if handler is None:
        aside = [name for name in company.packs if name in shop.root.packs.aside]
        raise PackPutAside(", ".join(aside)) if aside else UnknownKind(taken.kind)
    payload = msgspec.json.decode(taken.payload, type=handler.payload)
    outcome: tuple[Any, ...] = ()
    run: Run | None = None
    if handler.errand is not None and _has(company, handler):
        async with _scope(company):
            run = await _run(shop, company, taken)
            errand = await handler.errand.prepare(payload, run)
        # Outside any transaction: a receiver that hangs must not hold a connection.
        outcome = (await handler.errand.go(errand) if errand is not None else None,)
    async with _scope(company):
        # An errand is settled by the policy it was prepared by.
        run = await _run(shop, company, taken) if run is None else await _later(run, shop, company)
        # A pack that was taken away from the company has nothing more to do there.
        if _has(company, handler):
            await handler.function(payload, run, *outcome)
        failpoints.reach("job.handled")
        await ledger.complete(taken, now=run.now)
        failpoints.reach("job.completing")
    failpoints.reach("job.committed")


@contextlib.asynccontextmanager
async def _scope(company: Company) -> AsyncIterator[None]:
    async with tenant_scope(company.id) as scope:
        try:
            yield
        except Exception as error:
            if scope.connection.is_closed():
                raise ConnectionCut(type(error).__name__) from error
            raise


def _has(company: Company, handler: Handler) -> bool:
    return not handler.pack or handler.pack in company.packs


async def _run(shop: Workshop, company: Company, taken: Taken) -> Run:
    now = await now_of(company, shop.root.clock)
    return Run(
        by=by_job(taken.kind, taken.job_id),
        now=now,
        policy=await effective_policy(shop.root.packs, company, at=now),
        company=company,
        language=company.language,
        job_id=taken.job_id,
        attempt=taken.attempt,
        due_at=taken.due_at,
        hooks=(await hooks_of(shop.root.packs, company, at=now)).with_scripts(now),
    )


async def _later(run: Run, shop: Workshop, company: Company) -> Run:
    return msgspec.structs.replace(run, now=await now_of(company, shop.root.clock))


async def _give_back(
    shop: Workshop,
    company: Company,
    taken: Taken,
    handler: Handler | None,
    outcome: AttemptOutcome,
    error: Exception | None,
) -> Done:
    failures = taken.failures + 1
    # What waits for a pack fails never: it is looked at less and less often, too.
    aside = str(error) if isinstance(error, PackPutAside) else ""
    pause = pause_before(taken.attempt if aside else failures, job_id=taken.job_id, first_s=shop.backoff_first_s)
    dead = outcome != "interrupted" and failures >= (handler.attempts_max if handler else ATTEMPTS_MAX)
    failure = Failure(
        outcome=outcome,
        pause=pause if error else timedelta(0),
        dead=dead,
        error=type(error).__name__ if error else "",
        error_at=aside or (logs.where(error) if error else ""),
    )
    async with tenant_scope(company.id):
        now = await now_of(company, shop.root.clock)
        kept = await ledger.fail(taken.job_id, taken.token, failure, now=now)
    if not kept:
        return "lease lost"
    _log.warning(
        "job %s %s, attempt %d %s: %s at %s",
        taken.kind,
        taken.job_id,
        taken.attempt,
        "dead" if dead else outcome,
        failure.error,
        failure.error_at,
    )
    return "dead" if dead else "failed"


def _uncancel() -> None:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
