"""What a company's admin does with webhooks."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import UNSET, Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.outbound import signing
from guibin.outbound.targets import rules
from guibin_tenants import keyring, rows
from guibin_tenants.refusals import FieldError, Invalid, refuse
from guibin_tenants.rows import given
from guibin_tenants.scope import execute, fetch, fetch_value, one_at_a_time
from guibin_tenants.tables import new_id

from . import queries
from .kinds import known_kinds
from .payloads import PING, Message, event_types
from .queries import DeliveryWithAttempts, WebhookView
from .refusals import DeliveryPending, TooManyWebhooks, WebhookDisabled, WebhookEnabled
from .requests import NewReplays, NewSecret, NewWebhook, WebhookChange
from .tables import WebhookEndpoint, WebhookSecret
from .writing import DeliverWebhook, plan, write

WEBHOOKS_MAX = 20
REPLAYS_MAX = 10_000


class CreatedWebhook(Struct, frozen=True):
    """`secret` is shown this once: the receiver verifies signatures with it."""

    secret: str
    webhook: WebhookView


class Replayed(Struct, frozen=True):
    """How many deliveries are sent again; `more` when there were too many for one go."""

    deliveries: int
    more: bool = False


async def add(new: NewWebhook, act: Act) -> CreatedWebhook:
    """Raises Invalid for an address that is not public https or an unknown event type, TooManyWebhooks."""
    _refuse_wrong(new.url, new.event_types, act, new.narrowed_to)
    # Two at once wait for each other here, so that the last place is given once.
    await one_at_a_time("/webhooks")
    if await fetch_value("select count(*) from webhook_endpoint where removed_at is null") >= WEBHOOKS_MAX:
        raise TooManyWebhooks(f"At most {WEBHOOKS_MAX}: remove one first")
    endpoint_id = await rows.add(
        WebhookEndpoint,
        act,
        **given(new) | {"event_types": list(new.event_types), "narrowed_to": list(new.narrowed_to)},
    )
    secret = await _write_secret(endpoint_id, act)
    await _note("webhook.add", endpoint_id, act)
    return CreatedWebhook(secret, await queries.endpoint(endpoint_id))


async def change(webhook_id: UUID, new: WebhookChange, act: Act) -> WebhookView:
    """Another address, description or choice of events. Raises NotFound, Invalid."""
    before = await queries.locked_endpoint(webhook_id)
    url = before.url if new.url is UNSET else new.url
    types = before.event_types if new.event_types is UNSET else new.event_types
    narrowed_to = before.narrowed_to if new.narrowed_to is UNSET else new.narrowed_to
    # What it followed before may be of a pack that the company has no more: it stays, for when the pack is back.
    _refuse_wrong(url, tuple(each for each in types if each not in before.event_types), act, narrowed_to)
    await rows.change(
        WebhookEndpoint,
        webhook_id,
        url=url,
        event_types=list(types),
        narrowed_to=list(narrowed_to),
        description=before.description if new.description is UNSET else new.description,
    )
    await _note("webhook.change", webhook_id, act)
    return await queries.endpoint(webhook_id)


async def remove(webhook_id: UUID, act: Act) -> None:
    """Nothing more is sent there; its log stays as long as others. Raises NotFound."""
    await queries.locked_endpoint(webhook_id)
    await rows.change(WebhookEndpoint, webhook_id, removed_at=act.now)
    await execute("delete from webhook_secret where endpoint_id = $1", webhook_id)
    await hold_pending(webhook_id, now=act.now)
    await _note("webhook.remove", webhook_id, act)


async def rotate(webhook_id: UUID, new: NewSecret, act: Act) -> CreatedWebhook:
    """A new secret; the one before signs beside it for the overlap, older ones end. Raises NotFound."""
    await queries.locked_endpoint(webhook_id)
    ends = act.now + timedelta(hours=new.overlap_hours)
    await execute(
        "update webhook_secret set expires_at = case when expires_at is null then $2::timestamptz"
        " else least(expires_at, $3) end where endpoint_id = $1",
        webhook_id,
        ends,
        act.now,
    )
    secret = await _write_secret(webhook_id, act)
    await _note("webhook.rotate", webhook_id, act)
    return CreatedWebhook(secret, await queries.endpoint(webhook_id))


async def ping(webhook_id: UUID, act: Act) -> DeliveryWithAttempts:
    """Send it an event that means nothing. Raises NotFound, WebhookDisabled."""
    endpoint = await queries.endpoint(webhook_id)
    if endpoint.disabled_at is not None:
        raise WebhookDisabled(f"Webhook {webhook_id}")
    (delivery_id,) = await write(Message(PING, act.now, {"webhook_id": str(webhook_id)}), [webhook_id], now=act.now)
    await _note("webhook.ping", webhook_id, act)
    return await queries.delivery(delivery_id)


async def disable(endpoint_id: UUID, *, because: str, now: datetime) -> bool:
    """Send nothing there any more; what waits is held. Whether it was enabled."""
    changed = await execute(
        "update webhook_endpoint set disabled_at = $2, disabled_because = $3 where id = $1 and disabled_at is null"
        " and removed_at is null",
        endpoint_id,
        now,
        because,
    )
    if changed:
        await hold_pending(endpoint_id, now=now)
    return bool(changed)


async def disable_by_staff(webhook_id: UUID, act: Act) -> WebhookView:
    """Raises NotFound, WebhookDisabled."""
    await queries.locked_endpoint(webhook_id)
    if not await disable(webhook_id, because="staff", now=act.now):
        raise WebhookDisabled(f"Webhook {webhook_id}")
    await _note("webhook.disable", webhook_id, act)
    return await queries.endpoint(webhook_id)


async def enable(webhook_id: UUID, act: Act) -> WebhookView:
    """Send there again, from now on; replay what was held. Raises NotFound, WebhookEnabled, Invalid."""
    endpoint = await queries.locked_endpoint(webhook_id)
    if endpoint.disabled_at is None:
        raise WebhookEnabled(f"Webhook {webhook_id}")
    _refuse_wrong(endpoint.url, (), act)
    await rows.change(WebhookEndpoint, webhook_id, disabled_at=None, disabled_because=None, failing_since=None)
    await _note("webhook.enable", webhook_id, act)
    return await queries.endpoint(webhook_id)


async def replay(delivery_id: UUID, act: Act) -> DeliveryWithAttempts:
    """Send one again, with the same id. Raises NotFound, DeliveryPending, WebhookDisabled."""
    before = await queries.delivery(delivery_id)
    endpoint = await queries.endpoint(before.endpoint_id)
    if endpoint.disabled_at is not None:
        raise WebhookDisabled(f"Webhook {endpoint.id}")
    if not await _reopen([delivery_id], now=act.now):
        raise DeliveryPending(f"Delivery {delivery_id}")
    await _note("webhook.replay", before.endpoint_id, act)
    return await queries.delivery(delivery_id)


async def replay_range(webhook_id: UUID, new: NewReplays, act: Act) -> Replayed:
    """Send again what happened in a span, the oldest first. Raises NotFound, Invalid, WebhookDisabled."""
    endpoint = await queries.endpoint(webhook_id)
    if new.since >= new.until:
        problem = FieldError("until", "after since", value=new.until.isoformat())
        raise Invalid("Nothing was sent again", fields=(problem,))
    if endpoint.disabled_at is not None:
        raise WebhookDisabled(f"Webhook {webhook_id}")
    ended = await fetch(
        "select d.id from webhook_delivery d join webhook_event e on e.tenant_id = d.tenant_id and e.id = d.event_id"
        " where d.endpoint_id = $1 and e.happened_at >= $2 and e.happened_at < $3 and d.state = any ($4::text[])"
        " order by e.happened_at, e.id limit $5",
        webhook_id,
        new.since,
        new.until,
        list(new.states),
        REPLAYS_MAX + 1,
    )
    count = await _reopen([row["id"] for row in ended[:REPLAYS_MAX]], now=act.now)
    await _note("webhook.replay", webhook_id, act)
    return Replayed(count, len(ended) > REPLAYS_MAX)


async def hold_pending(endpoint_id: UUID, *, now: datetime) -> None:
    """What waits for this endpoint waits no longer."""
    await execute(
        "update webhook_delivery set state = 'held', ended_at = $2, next_at = null"
        " where endpoint_id = $1 and state = 'pending'",
        endpoint_id,
        now,
    )


async def _reopen(delivery_ids: list[UUID], *, now: datetime) -> int:
    reopened = await fetch(
        "update webhook_delivery set state = 'pending', tries = 0, next_at = $2, ended_at = null"
        " where id = any ($1::uuid[]) and state <> 'pending' returning id, attempts",
        delivery_ids,
        now,
    )
    for row in reopened:
        await plan(DeliverWebhook(row["id"], row["attempts"]), at=now, now=now)
    return len(reopened)


async def _write_secret(endpoint_id: UUID, act: Act) -> str:
    secret, secret_id = signing.new_secret(), new_id()
    sealed = keyring.seal(await keyring.tenant_key(), queries.place_of(secret_id), secret)
    await rows.add(WebhookSecret, act, id=secret_id, endpoint_id=endpoint_id, sealed=sealed)
    return secret


def _refuse_wrong(url: str, types: tuple[str, ...], act: Act, narrowed_to: tuple[str, ...] = ()) -> None:
    known = event_types(act.company.packs)
    problems = [
        FieldError("event_types", "a known event type", "see GET /webhook-event-types", name)
        for name in types
        if name not in known
    ]
    said = {field.name for kind in known_kinds(act.company.packs) for field in kind.payload}
    problems += [
        FieldError("narrowed_to", "field=value, the field one of an event's payload", "see GET /event-types", each[:60])
        for each in narrowed_to
        if "=" not in each or each.partition("=")[0] not in said
    ]
    problem = rules().problem(url)
    if problem is not None:
        problems.insert(0, problem)
    refuse(problems, "The webhook cannot be as it is described")


async def _note(action: str, endpoint_id: UUID, act: Act) -> None:
    await noted(action, act, subject="webhook_endpoint", subject_id=endpoint_id)
