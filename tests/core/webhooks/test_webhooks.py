"""Webhooks by Standard Webhooks: signed, thin, at least once, tried for days, and never anybody else's."""

import asyncio
import json
from datetime import timedelta
from typing import get_type_hints
from uuid import UUID

import pytest
from receiver import CLOSE, HANG, HUGE
from running import come_round, work_off
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from guibin.events import ComplaintReceived, MembershipEnded, all_events, record
from guibin.outbound import carrier
from guibin.outbound.targets import Rules, use_rules
from guibin.webhooks import pauses, payloads
from guibin.webhooks.jobs import ForgetWebhooks
from guibin.webhooks.payloads import event_types
from guibin_tenants.scope import fetch, fetch_value
from guibin_tenants.tables import new_id

KIND = "deliver_webhook"


async def happen(tenant, count=1, level="1"):
    """So many complaints come in; their ids."""
    ids = [new_id() for _ in range(count)]
    async with tenant.scope():
        for one in ids:
            await record(ComplaintReceived(complaint_id=one, level=level), now=tenant.world.clock())
    return [str(one) for one in ids]


async def deliver(tenant):
    return await work_off(tenant, kind=KIND)


async def deliveries(client, **wanted):
    return (await client.get("/api/v1/webhook-deliveries", params=wanted)).json()["items"]


async def the_delivery(client):
    (found,) = await deliveries(client)
    return (await client.get(f"/api/v1/webhook-deliveries/{found['id']}")).json()


def verified(secret, request, clock, monkeypatch):
    """The body, if the specification's own library says that the signature holds at that moment."""

    class Now:
        @staticmethod
        def now(tz=None):
            return clock().astimezone(tz)

        @staticmethod
        def fromtimestamp(moment, tz=None):
            import datetime

            return datetime.datetime.fromtimestamp(moment, tz)

    monkeypatch.setattr("standardwebhooks.webhooks.datetime", Now)
    return Webhook(secret).verify(request.body, request.headers)


async def test_an_event_arrives_signed_and_thin(tenant, client, receiver, webhook, monkeypatch):
    (complaint,) = await happen(tenant)

    assert await deliver(tenant) == ["completed"]

    (request,) = receiver.received
    body = verified(webhook["secret"], request, tenant.world.clock, monkeypatch)
    assert body == {
        "type": "complaint_received",
        "timestamp": "2026-03-02T02:00:00Z",
        "data": {"complaint_id": complaint, "level": "1"},
    }
    assert (request.method, request.path, request.headers["content-type"]) == ("POST", "/hook", "application/json")
    found = await the_delivery(client)
    assert (found["state"], found["attempts"], found["event_id"]) == ("delivered", 1, request.headers["webhook-id"])
    assert [(one["status"], one["error"]) for one in found["log"]] == [(200, "")]
    assert found["body"] == request.body.decode()


async def test_another_secret_or_another_byte_does_not_verify(tenant, receiver, webhook, monkeypatch):
    await happen(tenant)
    await deliver(tenant)
    (request,) = receiver.received

    with pytest.raises(WebhookVerificationError):
        verified("whsec_" + "A" * 43 + "=", request, tenant.world.clock, monkeypatch)
    request.body += b" "
    with pytest.raises(WebhookVerificationError):
        verified(webhook["secret"], request, tenant.world.clock, monkeypatch)


async def test_words_of_people_stay_inside(tenant, client, receiver):
    await client.post("/api/v1/webhooks", json={"url": receiver.url()})
    async with tenant.scope():
        ended = MembershipEnded(new_id(), new_id(), "club", "gold", tenant.world.clock().date())
        await record(ended, now=tenant.world.clock())
    await deliver(tenant)

    data = json.loads(receiver.received[0].body)["data"]

    assert sorted(data) == ["customer_id", "membership_id", "on", "scheme", "tier"]
    assert (data["tier"], data["on"]) == ("gold", "2026-03-02")


def test_no_event_says_anything_in_words_but_a_policys():
    """An event is kept in jobs, which nothing blanks when a customer is erased."""
    texts = {
        name
        for event in all_events()
        for name, kind in get_type_hints(event).items()
        if kind is str or kind == tuple[str, ...]
    }

    assert texts - payloads.WORDS == {"roles", "closed_because"}


async def test_what_is_rolled_back_is_told_to_nobody(tenant, client, receiver, webhook):
    async with tenant.scope() as scope:
        await record(ComplaintReceived(new_id(), "1"), now=tenant.world.clock())
        scope.rollback_only = True
    await deliver(tenant)

    assert (receiver.received, await deliveries(client)) == ([], [])


async def test_only_chosen_events_are_sent(tenant, client, receiver, webhook):
    async with tenant.scope():
        ended = MembershipEnded(new_id(), new_id(), "club", "gold", tenant.world.clock().date())
        await record(ended, now=tenant.world.clock())

    assert await deliveries(client) == []
    assert (await client.get("/api/v1/webhook-event-types")).json() == list(event_types(()))
    assert "complaint_received" in event_types(())


async def test_an_event_goes_to_nobody_elses_webhook(tenant, other_tenant, client, receiver, webhook):
    other = await other_tenant.client()
    await other.post("/api/v1/webhooks", json={"url": receiver.url("/other")})
    await happen(tenant)
    await deliver(tenant)
    await deliver(other_tenant)

    assert [request.path for request in receiver.received] == ["/hook"]
    assert await deliveries(other) == []


async def test_both_secrets_sign_while_they_overlap(tenant, client, clock, receiver, webhook, monkeypatch):
    path = f"/api/v1/webhooks/{webhook['webhook']['id']}/secrets"
    fresh = (await client.post(path, json={"overlap_hours": 24})).json()["secret"]
    await happen(tenant)
    await deliver(tenant)
    clock.set(clock() + timedelta(hours=25))
    await happen(tenant)
    await deliver(tenant)

    during, after = receiver.received
    assert len(during.headers["webhook-signature"].split()) == 2
    assert len(after.headers["webhook-signature"].split()) == 1
    verified(fresh, after, clock, monkeypatch)
    with pytest.raises(WebhookVerificationError):
        verified(webhook["secret"], after, clock, monkeypatch)
    clock.set(clock() - timedelta(hours=25))
    for secret in (webhook["secret"], fresh):
        verified(secret, during, clock, monkeypatch)


async def test_a_leaked_secret_ends_at_once(tenant, client, receiver, webhook, clock, monkeypatch):
    await client.post(f"/api/v1/webhooks/{webhook['webhook']['id']}/secrets", json={"overlap_hours": 0})
    await happen(tenant)
    await deliver(tenant)

    assert len(receiver.received[0].headers["webhook-signature"].split()) == 1
    with pytest.raises(WebhookVerificationError):
        verified(webhook["secret"], receiver.received[0], clock, monkeypatch)


async def test_a_secret_is_shown_once_and_kept_sealed(tenant, client, webhook):
    shown = await client.get("/api/v1/webhooks")
    async with tenant.scope():
        (row,) = await fetch("select sealed from webhook_secret")

    assert webhook["secret"].startswith("whsec_")
    assert "secret" not in shown.text
    assert webhook["secret"].encode() not in bytes(row["sealed"])


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (500, 500, ""),
        ((302, {"Location": "http://169.254.169.254/"}), 302, ""),
        (404, 404, ""),
        (CLOSE, 0, "broken"),
        (HUGE, 200, "answer_too_large"),
    ],
)
async def test_whatever_is_no_success_is_tried_again(tenant, client, clock, receiver, webhook, answer, status, error):
    receiver.answer = answer
    await happen(tenant)
    await deliver(tenant)
    first = await the_delivery(client)
    receiver.answer = 204
    clock.set(clock() + timedelta(seconds=7))
    await deliver(tenant)

    if answer == HUGE:
        # The status had come: the receiver took it, whatever it says besides.
        assert (first["state"], first["log"][0]["error"]) == ("delivered", "answer_too_large")
        return
    assert (first["state"], first["log"][0]["status"], first["log"][0]["error"]) == ("pending", status, error)
    after = await the_delivery(client)
    assert (after["state"], [one["status"] for one in after["log"]]) == ("delivered", [status, 204])
    assert len({request.headers["webhook-id"] for request in receiver.received}) == 1


async def test_a_receiver_that_hangs_is_given_up_in_time(tenant, client, receiver, webhook, monkeypatch):
    receiver.answer = HANG
    monkeypatch.setattr(carrier.Carrier.post, "__kwdefaults__", {"timeout_s": 0.2, "keeps_body": False})
    await happen(tenant)
    await deliver(tenant)

    found = await the_delivery(client)
    assert (found["state"], found["log"][0]["error"]) == ("pending", "timeout")
    assert found["log"][0]["duration_ms"] < 2_000


async def test_a_receiver_that_is_away_for_hours_gets_everything_once_when_it_is_back(
    tenant, client, clock, receiver, webhook
):
    receiver.answer = 503
    ids = await happen(tenant, 3)
    began = clock()
    while clock() - began < timedelta(hours=6):
        await deliver(tenant)
        clock.set(clock() + timedelta(minutes=20))
    receiver.answer = 200
    receiver.received.clear()
    clock.set(clock() + timedelta(hours=12))
    await deliver(tenant)

    assert sorted(json.loads(one.body)["data"]["complaint_id"] for one in receiver.received) == sorted(ids)
    assert {one["state"] for one in await deliveries(client)} == {"delivered"}


async def test_retries_last_three_days_and_then_end(tenant, client, clock, receiver, webhook):
    receiver.answer = 500
    await happen(tenant)
    began, sent = clock(), []
    while (found := (await deliveries(client) or [{"state": "pending", "next_at": None}])[0])["state"] == "pending":
        if await deliver(tenant):
            sent.append(clock() - began)
        clock.set(clock() + timedelta(seconds=5) if len(sent) < 4 else clock() + timedelta(minutes=30))

    assert (found["state"], len(sent)) == ("failed", len(pauses.PAUSES) + 1)
    assert timedelta(days=3) <= sent[-1] <= timedelta(days=4)


async def test_retries_wait_as_long_as_the_receiver_asks(tenant, client, clock, receiver, webhook):
    receiver.answer = (429, {"Retry-After": "3600"})
    await happen(tenant)
    await deliver(tenant)

    (found,) = await deliveries(client)

    assert found["next_at"] == "2026-03-02T03:00:00Z"


async def test_gone_disables_at_once_and_tells_the_admin(tenant, client, clock, receiver, webhook):
    admin = await tenant.staff("boss", "tenant_admin")
    receiver.answer = 410
    await happen(tenant, 2)
    await deliver(tenant)
    clock.set(clock() + timedelta(hours=1))
    await deliver(tenant)

    shown = (await client.get(f"/api/v1/webhooks/{webhook['webhook']['id']}")).json()
    assert (shown["disabled_because"], len(receiver.received)) == ("gone", 1)
    assert sorted(one["state"] for one in await deliveries(client)) == ["failed", "held"]
    (notice,) = (await admin.get("/api/v1/notices")).json()["items"]
    assert (notice["kind"], notice["subject_id"]) == ("webhook_gone", webhook["webhook"]["id"])


async def test_days_of_failure_disable_and_tell_the_admin_once(tenant, client, clock, receiver, webhook):
    admin = await tenant.staff("boss", "tenant_admin")
    receiver.answer = 500
    for _ in range(6):
        await happen(tenant)
        await deliver(tenant)
        clock.set(clock() + timedelta(days=1))
    await deliver(tenant)

    shown = (await client.get(f"/api/v1/webhooks/{webhook['webhook']['id']}")).json()
    assert shown["disabled_because"] == "failing"
    async with tenant.scope():
        told = await fetch("select staff_id, kind from staff_notice")
    assert [tuple(one.values()) for one in told] == [(admin.staff_id, "webhook_failing")]


async def test_one_success_forgets_the_failures(tenant, client, clock, receiver, webhook):
    receiver.answer = 500
    await happen(tenant)
    await deliver(tenant)
    failing = (await client.get(f"/api/v1/webhooks/{webhook['webhook']['id']}")).json()["failing_since"]
    receiver.answer = 200
    clock.set(clock() + timedelta(minutes=1))
    await deliver(tenant)

    assert failing == "2026-03-02T02:00:00Z"
    assert (await client.get(f"/api/v1/webhooks/{webhook['webhook']['id']}")).json()["failing_since"] is None


async def test_a_delivery_is_replayed_with_its_own_id(tenant, client, receiver, webhook):
    await happen(tenant)
    await deliver(tenant)
    (found,) = await deliveries(client)
    path = f"/api/v1/webhook-deliveries/{found['id']}/replays"

    first = await client.post(path)
    second = await client.post(path)
    await deliver(tenant)

    assert (first.status_code, second.status_code) == (202, 409)
    assert second.json()["type"].endswith("delivery-pending")
    assert len(receiver.received) == 2
    assert receiver.received[0].body == receiver.received[1].body
    assert receiver.received[0].headers["webhook-id"] == receiver.received[1].headers["webhook-id"]
    assert [one["attempt"] for one in (await the_delivery(client))["log"]] == [1, 2]


async def test_a_span_is_replayed_after_the_receiver_was_disabled(tenant, client, clock, receiver, webhook):
    path = f"/api/v1/webhooks/{webhook['webhook']['id']}"
    await happen(tenant)
    await deliver(tenant)
    clock.set(clock() + timedelta(hours=1))
    held = await happen(tenant, 2)
    assert (await client.post(f"{path}/disablement")).status_code == 200
    await deliver(tenant)
    span = {"since": "2026-03-02T02:30:00Z", "until": "2026-03-02T04:00:00Z"}
    while_disabled = await client.post(f"{path}/replays", json=span)
    assert (await client.delete(f"{path}/disablement")).status_code == 200
    receiver.received.clear()

    replayed = await client.post(f"{path}/replays", json=span)
    await deliver(tenant)

    assert (while_disabled.status_code, replayed.json()) == (409, {"deliveries": 2, "more": False})
    assert sorted(json.loads(one.body)["data"]["complaint_id"] for one in receiver.received) == sorted(held)


async def test_a_ping_goes_through_the_same_way(tenant, client, receiver, webhook, clock, monkeypatch):
    answer = await client.post(f"/api/v1/webhooks/{webhook['webhook']['id']}/pings")
    await deliver(tenant)

    assert answer.status_code == 202
    assert verified(webhook["secret"], receiver.received[0], clock, monkeypatch)["type"] == "ping"


async def test_a_webhook_that_is_removed_hears_nothing_more(tenant, client, receiver, webhook):
    await happen(tenant)
    path = f"/api/v1/webhooks/{webhook['webhook']['id']}"
    assert (await client.delete(path)).status_code == 204
    await happen(tenant)
    await deliver(tenant)

    assert (receiver.received, (await client.get(path)).status_code) == ([], 404)
    async with tenant.scope():
        assert await fetch_value("select count(*) from webhook_secret") == 0


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/hook", "https://2130706433/", "https://[::1]/", "https://localhost/"]
)
async def test_internal_targets_are_refused_with_the_field(client, url):
    answer = await client.post("/api/v1/webhooks", json={"url": url, "event_types": ["nonsense"]})

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["url", "event_types"]


async def test_a_target_the_operator_no_longer_allows_is_not_called(tenant, client, receiver, webhook):
    use_rules(Rules())
    await happen(tenant)
    await deliver(tenant)

    assert (receiver.received, (await the_delivery(client))["log"][0]["error"]) == ([], "not_allowed")


async def test_a_company_cannot_fill_the_worker_with_one_slow_receiver(tenant, client, receiver, webhook, monkeypatch):
    receiver.answer = HANG
    monkeypatch.setattr(carrier.Carrier.post, "__kwdefaults__", {"timeout_s": 3.0, "keeps_body": False})
    await happen(tenant, 8)
    await asyncio.gather(*(deliver(tenant) for _ in range(8)))

    assert receiver.at_once_max == 4
    async with tenant.scope():
        waiting = await fetch_value("select count(*) from job where ended_at is null and payload->>'postponed' = '1'")
    assert waiting >= 1
    assert sum(one["attempts"] for one in await deliveries(client)) == len(receiver.received)


async def test_the_same_delivery_at_two_workers_is_written_down_once(tenant, client, receiver, webhook):
    """Both may send, with one id; the attempt, the state and what follows are one."""
    from guibin.webhooks.jobs import go, prepare, settle
    from guibin.webhooks.writing import DeliverWebhook

    receiver.answer = 500
    await happen(tenant)
    (found,) = await deliveries(client)
    job = DeliverWebhook(UUID(found["id"]), 0)
    run = await _run(tenant)

    async def worker():
        async with tenant.scope():
            letter = await prepare(job, run)
        answer = await go(letter)
        async with tenant.scope():
            await settle(job, run, answer)

    await asyncio.gather(worker(), worker())

    assert len(receiver.received) == 2
    assert len({one.headers["webhook-id"] for one in receiver.received}) == 1
    after = await the_delivery(client)
    assert (after["attempts"], len(after["log"])) == (1, 1)


async def test_old_deliveries_are_forgotten_and_waiting_ones_are_not(tenant, client, clock, receiver, webhook):
    await happen(tenant)
    await deliver(tenant)
    receiver.answer = 500
    waiting = await happen(tenant)
    await deliver(tenant)
    clock.set(clock() + timedelta(days=31))
    await come_round(tenant, ForgetWebhooks())

    (kept,) = await deliveries(client)
    assert (
        json.loads((await client.get(f"/api/v1/webhook-deliveries/{kept['id']}")).json()["body"])["data"][
            "complaint_id"
        ]
        == waiting[0]
    )


async def test_there_is_a_bound_also_for_two_at_once(tenant, client, receiver, monkeypatch):
    monkeypatch.setattr("guibin.webhooks.actions.WEBHOOKS_MAX", 2)

    answers = await asyncio.gather(
        *(client.post("/api/v1/webhooks", json={"url": receiver.url(f"/{n}")}) for n in range(4))
    )

    assert sorted(one.status_code for one in answers) == [201, 201, 409, 409]


async def test_only_admins_see_and_change_webhooks(tenant, client, webhook):
    manager = await tenant.staff("manager", "manager")

    assert (await manager.get("/api/v1/webhooks")).status_code == 403
    assert (await manager.get("/api/v1/webhook-deliveries")).status_code == 403


async def _run(tenant):
    from guibin.context import Company
    from guibin.jobs.kinds import Run
    from guibin.policies.queries import effective_policy

    view = tenant.view
    company = Company(view.id, view.slug, view.packs, view.time_zone, view.language, False)
    async with tenant.scope():
        policy = await effective_policy(tenant.world.packs, company, at=tenant.world.clock())
    return Run(
        by=tenant.principal(),
        now=tenant.world.clock(),
        policy=policy,
        company=company,
        language=company.language,
        job_id=new_id(),
        attempt=1,
    )


async def test_a_repeat_makes_no_second_webhook_and_does_not_show_the_secret_again(tenant, client, receiver):
    key = {"Idempotency-Key": "hook-1"}

    first = await client.post("/api/v1/webhooks", json={"url": receiver.url()}, headers=key)
    again = await client.post("/api/v1/webhooks", json={"url": receiver.url()}, headers=key)

    async with tenant.scope():
        kept = bytes(await fetch_value("select body from idempotency_record"))
    assert (first.status_code, again.status_code) == (201, 410)
    assert again.json()["type"] == "/problems/answer-not-repeated"
    assert first.json()["secret"] not in again.text
    assert kept == b""
    assert len((await client.get("/api/v1/webhooks")).json()) == 1


@pytest.mark.rule("S02-6")
async def test_an_outlets_admin_hears_nothing_of_other_outlets(tenant, receiver, webhook):
    outlet = await tenant.client("*", org_unit_id=await tenant.unit("outlet"))

    answers = [
        await outlet.post("/api/v1/webhooks", json={"url": receiver.url()}),
        await outlet.get("/api/v1/webhook-deliveries"),
        await outlet.get("/api/v1/channels"),
    ]

    assert [one.status_code for one in answers] == [403, 403, 403]
