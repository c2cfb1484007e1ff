"""Channels: checked, sealed, tested, never internal; notices to staff by mail and chat."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from running import work_off

from guibin.cases import Case
from guibin.gateways import smtp
from guibin.gateways.providers import Parcel
from guibin.gateways.smtp import SmtpSettings
from guibin.notices.actions import Notice, notify
from guibin.outbound.targets import Rules, use_rules
from guibin_tenants.scope import fetch, fetch_one
from guibin_tenants.tables import new_id

from .conftest import channel, gateway_settings

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SMTP = {"host": "mail.example.com", "sender": "vip@example.com", "username": "vip", "password": "canary-secret-9"}


def body(means="email", provider="smtp", settings=SMTP):
    return {"name": "one", "means": means, "provider": provider, "settings": settings}


async def test_settings_are_sealed_and_never_shown(tenant, client):
    made = await client.post("/api/v1/channels", json=body())
    shown = await client.get("/api/v1/channels")
    async with tenant.scope():
        row = await fetch_one("select t::text as whole, sealed from message_channel t")

    assert made.json()["shown"] == "vip@example.com · mail.example.com:465"
    for text in (made.text, shown.text, row["whole"], bytes(row["sealed"]).decode("latin-1")):
        assert "canary-secret-9" not in text


async def test_a_channel_takes_the_place_of_the_one_before(client):
    first = (await client.post("/api/v1/channels", json=body())).json()
    second = (await client.post("/api/v1/channels", json=body(settings=SMTP | {"host": "b.example.com"}))).json()

    assert [one["id"] for one in (await client.get("/api/v1/channels")).json()] == [second["id"]]
    assert (await client.get(f"/api/v1/channels/{first['id']}")).status_code == 404
    assert (await client.delete(f"/api/v1/channels/{second['id']}")).status_code == 204
    assert (await client.get("/api/v1/channels")).json() == []


async def test_channels_written_at_once_leave_one(client):
    written = await asyncio.gather(*(client.post("/api/v1/channels", json=body()) for _ in range(4)))

    assert [one.status_code for one in written] == [201] * 4
    assert len((await client.get("/api/v1/channels")).json()) == 1


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (body(settings=SMTP | {"tls": "none"}), "settings.tls"),
        (body(settings=SMTP | {"host": "2130706433"}), "settings.host"),
        (body(settings=SMTP | {"sender": "nobody"}), "settings.sender"),
        (body(settings=SMTP | {"sender": "a,b@c.com"}), "settings.sender"),
    ],
)
async def test_what_cannot_work_or_is_not_allowed_is_refused_with_the_field(client, sent, field):
    answer = await client.post("/api/v1/channels", json=sent)

    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])


async def test_a_test_message_arrives_or_says_why_not(client, mailbox, mail):
    path = f"/api/v1/channels/{mail['id']}/tests"
    fine = await client.post(path, json={"to": "me@example.com"})
    mailbox.refuse = "550 unknown"
    refused = await client.post(path, json={"to": "me@example.com"})

    assert (fine.status_code, mailbox.mails[0]["Subject"]) == (200, "测试消息")
    assert (refused.status_code, refused.json()["detail"].endswith("recipient_refused")) == (409, True)


async def test_an_internal_mail_server_is_not_called(mailbox, anyio_backend):
    async def here(host, port):
        return ["127.0.0.1"]

    use_rules(Rules(resolver=here))
    try:
        outcome = await smtp.send(
            SmtpSettings(host="mail.example.com", port=mailbox.port, tls="starttls", sender="a@example.com"),
            Parcel(new_id(), "b@example.com", "t", "x", NOW),
        )
    finally:
        use_rules(Rules())

    assert (outcome.error, mailbox.mails) == ("internal_address", [])


async def test_a_wrong_password_a_hanging_and_an_absent_server_are_told_apart(client, mailbox, allowed, monkeypatch):
    async def outcome(**more):
        settings = SmtpSettings(**(mailbox.settings | more))
        return (await smtp.send(settings, Parcel(new_id(), "b@example.com", "t", "x", NOW))).error

    assert await outcome(username="vip", password="right") == ""
    assert await outcome(username="vip", password="wrong") == "not_signed_in"
    mailbox.hang = True
    monkeypatch.setattr(smtp, "TIMEOUT_S", 0.3)
    assert await outcome() == "timeout"
    use_rules(Rules(["127.0.0.1"]))
    assert await outcome(port=9) == "not_reached"


@pytest.mark.parametrize("to", ["a@b.com\r\nBcc: x@y.com", "a@b.com,c@d.com", "nobody", "<a@b.com>", ""])
async def test_an_address_that_is_more_than_one_is_not_mailed(mailbox, allowed, to):
    outcome = await smtp.send(SmtpSettings(**mailbox.settings), Parcel(new_id(), to, "t", "x", NOW))

    assert (outcome.error, outcome.final, mailbox.mails) == ("bad_address", True, [])


async def test_deadlines_reach_staff_by_mail_and_the_chat_once(tenant, client, mailbox, gateway, mail):
    await channel(client, means="chat", provider="http", settings=gateway_settings(gateway, "/robot"))
    manager = await tenant.staff("manager", "manager")
    answer = await manager.put(f"/api/v1/staff-addresses/{manager.staff_id}", json={"email": "boss@example.com"})
    for kind, key in (("deadline_warned", "a"), ("deadline_warned", "a"), ("care_due", "b")):
        notice = Notice(
            kind,
            Case("complaint", new_id()),
            staff_ids=(manager.staff_id,),
            details={"number": "C1", "count": "3", "on": "2026-03-02"},
        )
        async with tenant.scope():
            await notify(notice, key=key, now=tenant.world.clock())
    await work_off(tenant)

    assert answer.json()["email"] == "b***@example.com"
    assert [(one["To"], one.get_content().strip()) for one in mailbox.mails] == [
        ("boss@example.com", "C1 即将到期，请尽快处理")
    ]
    assert [json.loads(one.body)["text"] for one in gateway.received] == ["C1 即将到期，请尽快处理"]


async def test_ones_address_is_ones_own(tenant, client):
    one, other = await tenant.staff("one"), await tenant.staff("other")
    path = f"/api/v1/staff-addresses/{one.staff_id}"

    assert (await other.put(path, json={"email": "x@example.com"})).status_code == 403
    assert (await other.get(path)).status_code == 403
    assert (await client.put(path, json={"email": "x@example.com"})).status_code == 200
    assert (await one.get(path)).json()["email"] == "x***@example.com"
    assert (await one.delete(path)).status_code == 204
    assert (await one.get(path)).json()["email"] == ""


async def test_who_left_gets_no_mail(tenant, client, mailbox, mail):
    person = await tenant.staff("one")
    await client.put(f"/api/v1/staff-addresses/{person.staff_id}", json={"email": "x@example.com"})
    notice = Notice("need_open", Case("x", new_id()), staff_ids=(person.staff_id,))
    async with tenant.scope():
        await notify(notice, key="k", now=tenant.world.clock())
    await client.post(f"/api/v1/staff/{person.staff_id}/leaving", json={})
    tenant.world.clock.set(tenant.world.clock() + timedelta(minutes=1))
    await work_off(tenant)

    assert mailbox.mails == []


async def test_only_admins_set_up_channels(tenant):
    manager = await tenant.staff("manager", "manager")

    assert (await manager.get("/api/v1/channels")).status_code == 403
    assert (await manager.post("/api/v1/channels", json=body())).status_code == 403


@pytest.mark.rule("S14-11")
async def test_an_outlets_complaint_is_mailed_to_leadership_at_the_head_office(tenant, client, mail):
    """Nobody at the outlet sees those who are told, nor what is sent to them."""
    await tenant.unit("east")
    lead = await tenant.staff("lead", "manager")
    address = {"email": "lead@company.example"}
    assert (await lead.put(f"/api/v1/staff-addresses/{lead.staff_id}", json=address)).status_code == 200
    agent = await tenant.staff("agent", "agent", unit="east")

    answer = await agent.post("/api/v1/complaints", json={"text": "没有信号", "channel": "phone"})
    await work_off(tenant, kind="send_notice")

    assert answer.status_code == 201, answer.text
    async with tenant.scope():
        row = await fetch_one("select kind, means from message where staff_id = $1", lead.staff_id)
    assert dict(row) == {"kind": "complaint_to_leadership", "means": "email"}


BY_MAIL = [
    *("deadline_warned", "deadline_breached", "deadline_escalated", "deadline_passed_up", "reply_late", "plan_late"),
    *("reply_escalated", "plan_escalated", "call_missed", "need_open", "signal_open", "signal_late"),
    *("signal_escalated", "survey_low", "survey_near_leap", "satisfaction_below", "satisfaction_not_better"),
    *("visit_overdue", "visit_unsigned", "case_unsigned", "service_step_skipped", "message_failed", "message_quota"),
    *("webhook_gone", "webhook_failing"),
]


@pytest.mark.rule("S01-3")
async def test_what_cannot_wait_reaches_staff_outside_and_what_can_waits_in_the_inbox(tenant, client, mailbox, mail):
    manager = await tenant.staff("manager", "manager")
    await manager.put(f"/api/v1/staff-addresses/{manager.staff_id}", json={"email": "boss@example.com"})
    for kind in (*BY_MAIL, "care_due", "assigned", "plan_missing"):
        notice = Notice(kind, Case("complaint", new_id()), staff_ids=(manager.staff_id,), details={"number": "C1"})
        async with tenant.scope():
            await notify(notice, key=kind, now=tenant.world.clock())
    await work_off(tenant)

    async with tenant.scope():
        rows = await fetch("select m.state, n.kind from message m join staff_notice n on n.id = m.subject_id")
    told = {state: {row["kind"] for row in rows if row["state"] == state} for state in ("sent", "dropped")}
    assert told == {"sent": {*BY_MAIL}, "dropped": {"care_due", "assigned", "plan_missing"}}
    assert len(mailbox.mails) == len(BY_MAIL)
