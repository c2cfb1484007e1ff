"""Delivering: read and sign in one transaction, send outside any, write down what came of it in another.

A process that dies in between sends again, with the same webhook-id.
"""

from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from guibin.cases import Case
from guibin.jobs.kinds import Errand, Job, Run, handles, runs_errand
from guibin.notices.actions import Notice, notify
from guibin.outbound import signing
from guibin.outbound.carrier import Answer, carrier
from guibin.outbound.gate import GATE
from guibin_tenants.rows import add, change
from guibin_tenants.scope import execute, fetch_one

from . import actions, queries
from .pauses import FAILING_FOR_MAX, pause_after, pause_when_full
from .tables import WebhookAttempt, WebhookDelivery
from .writing import DeliverWebhook, plan

KEPT_FOR = timedelta(days=30)
FORGOTTEN_AT_ONCE_MAX = 5_000
GONE = 410
_NO_ROOM = Answer(error="no_room")


class Letter(Struct, frozen=True):
    """A delivery ready to go: signed, and for whom."""

    company_id: UUID
    endpoint_id: UUID
    url: str
    body: bytes
    headers: dict[str, str]


class ForgetWebhooks(Job, frozen=True):
    """Remove deliveries that ended long ago."""


async def prepare(job: DeliverWebhook, run: Run) -> Letter | None:
    """What to send; None when the delivery ended, was tried by somebody else, or its endpoint is no more."""
    row = await fetch_one(
        "select d.event_id, e.body, p.id, p.url from webhook_delivery d"
        " join webhook_event e on e.tenant_id = d.tenant_id and e.id = d.event_id"
        " join webhook_endpoint p on p.tenant_id = d.tenant_id and p.id = d.endpoint_id"
        " where d.id = $1 and d.state = 'pending' and d.attempts = $2 and p.disabled_at is null"
        " and p.removed_at is null",
        job.delivery_id,
        job.attempts,
    )
    if row is None:
        return None
    body = row["body"].encode()
    secrets = await queries.secrets_of(row["id"], now=run.now)
    signed = signing.headers(str(row["event_id"]), body, signed_with=secrets, now=run.now)
    return Letter(
        run.company.id,
        row["id"],
        row["url"],
        body,
        {"Content-Type": "application/json", "User-Agent": "Guibin-Webhooks/1", **signed},
    )


async def go(letter: Letter) -> Answer:
    """Send it, if the company has not too much under way."""
    async with GATE.passing(letter.company_id, letter.endpoint_id) as room:
        if not room:
            return _NO_ROOM
        return await carrier().post(letter.url, letter.body, letter.headers)


@runs_errand(DeliverWebhook, Errand(prepare, go))
async def settle(job: DeliverWebhook, run: Run, answer: Answer | None) -> None:
    """Write down the attempt and what follows: the end, another attempt, or an endpoint disabled."""
    if answer is None:
        return
    if answer is _NO_ROOM:
        later = DeliverWebhook(job.delivery_id, job.attempts, job.postponed + 1)
        await plan(later, at=run.now + pause_when_full(job.postponed), now=run.now)
        return
    delivery = await fetch_one(
        "select endpoint_id, tries from webhook_delivery where id = $1 and state = 'pending' and attempts = $2 for update",
        job.delivery_id,
        job.attempts,
    )
    if delivery is None:
        return
    attempts, tries = job.attempts + 1, delivery["tries"] + 1
    await add(
        WebhookAttempt,
        delivery_id=job.delivery_id,
        attempt=attempts,
        status=answer.status,
        error=answer.error,
        duration_ms=answer.duration_ms,
        attempted_at=run.now,
    )
    await change(WebhookDelivery, job.delivery_id, attempts=attempts, tries=tries)
    if 200 <= answer.status < 300:
        await change(WebhookDelivery, job.delivery_id, state="delivered", ended_at=run.now, next_at=None)
        await execute(
            "update webhook_endpoint set failing_since = null where id = $1 and failing_since is not null",
            delivery["endpoint_id"],
        )
        return
    pause = pause_after(tries, delivery_id=job.delivery_id, retry_after=answer.retry_after)
    if answer.status == GONE or pause is None or answer.is_hopeless:
        await change(WebhookDelivery, job.delivery_id, state="failed", ended_at=run.now, next_at=None)
    else:
        await change(WebhookDelivery, job.delivery_id, next_at=run.now + pause)
        await plan(DeliverWebhook(job.delivery_id, attempts), at=run.now + pause, now=run.now)
    await _judge_endpoint(delivery["endpoint_id"], answer, run)


@handles(ForgetWebhooks)
async def forget(job: ForgetWebhooks, run: Run) -> None:
    """Events, deliveries and attempts that ended thirty days ago go; a backlog goes over several days."""
    old = (
        "select e.id from webhook_event e where e.happened_at < $1 and not exists (select from webhook_delivery d"
        " where d.tenant_id = e.tenant_id and d.event_id = e.id and (d.state = 'pending' or d.ended_at >= $1))"
        " order by e.happened_at limit $2"
    )
    before = (run.now - KEPT_FOR, FORGOTTEN_AT_ONCE_MAX)
    await execute(
        "delete from webhook_attempt a using webhook_delivery d where d.tenant_id = a.tenant_id and d.id = a.delivery_id"
        f" and d.event_id in ({old})",
        *before,
    )
    await execute(f"delete from webhook_delivery where event_id in ({old})", *before)
    await execute(
        "delete from webhook_event e where e.happened_at < $1 and not exists"
        " (select from webhook_delivery d where d.tenant_id = e.tenant_id and d.event_id = e.id)",
        before[0],
    )


async def _judge_endpoint(endpoint_id: UUID, answer: Answer, run: Run) -> None:
    await execute(
        "update webhook_endpoint set failing_since = $2 where id = $1 and failing_since is null", endpoint_id, run.now
    )
    row = await fetch_one("select failing_since from webhook_endpoint where id = $1", endpoint_id)
    if answer.status == GONE:
        because = "gone"
    elif row is not None and run.now - row["failing_since"] >= FAILING_FOR_MAX:
        because = "failing"
    else:
        return
    if await actions.disable(endpoint_id, because=because, now=run.now):
        notice = Notice(
            f"webhook_{because}",
            Case("webhook_endpoint", endpoint_id),
            roles=("tenant_admin",),
            details={"on": run.now.date().isoformat()},
        )
        await notify(notice, key=f"webhook-disabled/{endpoint_id}/{run.now.isoformat()}", now=run.now)
