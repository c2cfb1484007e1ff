"""What leaves the machine, when the process that sent it dies before it could say so. Real processes, real receivers."""

import asyncio
import json
import signal

import pytest
from mailbox_server import mail_server
from receiver import receiving

from guibin.cases import Case
from guibin.events import ComplaintReceived, record
from guibin.messages import staff_mail
from guibin.notices.actions import Notice, notify
from guibin.outbound.targets import Rules, use_rules
from guibin_tenants.scope import fetch
from guibin_tenants.tables import new_id

KINDS = ("deliver_webhook", "send_message")


@pytest.fixture
async def hook(anyio_backend, monkeypatch):
    async with receiving() as hook, mail_server() as mailbox:
        allowed = f"{hook.host},127.0.0.1:{mailbox.port}"
        use_rules(Rules(allowed.split(",")))
        monkeypatch.setenv("GUIBIN_OUTBOUND_ALLOWED", allowed)
        hook.mailbox = mailbox
        yield hook
        use_rules(Rules())


async def _happen(tenant, count):
    async with tenant.scope():
        for _ in range(count):
            await record(ComplaintReceived(complaint_id=new_id(), level="1"), now=tenant.world.clock())


async def _states(tenant, table):
    async with tenant.scope():
        return [row["state"] for row in await fetch(f"select state from {table}")]


async def test_a_worker_killed_after_sending_sends_again_with_the_same_id(workers, tenant, client, hook):
    await client.post("/api/v1/webhooks", json={"url": hook.url()})
    killed = []

    def kill_first(request):
        if not killed:
            killed.append(request.headers["webhook-id"])
            workers.processes[0].kill()
        return 200

    hook.answer = kill_first
    await _happen(tenant, 1)
    workers.start()

    async def delivered():
        return await _states(tenant, "webhook_delivery") == ["delivered"]

    await workers.until(delivered, "the delivery is written down", restart=True)

    assert workers.processes[0].returncode == -signal.SIGKILL
    assert [one.headers["webhook-id"] for one in hook.received] == killed * 2
    async with tenant.scope():
        log = await fetch("select attempt, status from webhook_attempt")
        tries = await fetch(
            "select a.outcome from job_attempt a join job j on j.tenant_id = a.tenant_id"
            " and j.id = a.job_id where j.kind = 'deliver_webhook' order by a.attempt"
        )
    assert [tuple(row.values()) for row in log] == [(1, 200)]
    assert [row["outcome"] for row in tries] == ["lost", "completed"]


async def test_a_worker_killed_after_the_mail_was_taken_mails_again_with_the_same_message_id(
    workers, tenant, client, hook, monkeypatch
):
    mailbox = hook.mailbox
    channel = {"name": "mail", "means": "email", "provider": "smtp", "settings": mailbox.settings}
    assert (await client.post("/api/v1/channels", json=channel)).status_code == 201
    person = await tenant.staff("one", "manager")
    await person.put(f"/api/v1/staff-addresses/{person.staff_id}", json={"email": "one@example.com"})
    taken = mailbox.handle_DATA

    async def kill_first(*given):
        answer = await taken(*given)
        if len(mailbox.mails) == 1:
            workers.processes[0].kill()
        return answer

    monkeypatch.setattr(mailbox, "handle_DATA", kill_first)
    notice = Notice("need_open", Case("x", new_id()), staff_ids=(person.staff_id,))
    async with tenant.scope():
        await notify(notice, key="k", now=tenant.world.clock())
    workers.start()

    async def sent():
        return await _states(tenant, "message") == ["sent"]

    await workers.until(sent, "the message is written down", restart=True)

    assert len(mailbox.mails) == 2
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1
    assert staff_mail.NOTICE == "staff_notice"


async def test_workers_killed_again_and_again_lose_no_delivery(workers, tenant, client, hook):
    await client.post("/api/v1/webhooks", json={"url": hook.url()})
    await _happen(tenant, 40)
    for arrived in (3, 12, 25):
        process = workers.start()

        async def so_many(least=arrived):
            return len(hook.received) >= least

        await workers.until(so_many, f"{arrived} arrived")
        process.kill()
        process.wait()
    workers.start()

    async def all_delivered():
        return await _states(tenant, "webhook_delivery") == ["delivered"] * 40

    await workers.until(all_delivered, "every delivery is written down")

    told = {one.headers["webhook-id"]: json.loads(one.body)["data"]["complaint_id"] for one in hook.received}
    assert (len(told), len(set(told.values()))) == (40, 40)


async def test_a_receiver_that_hangs_keeps_no_connection_and_nobody_else_waiting(
    workers, tenant, other_tenant, client, hook
):
    """Every worker's connection would be gone if a delivery kept its transaction open."""
    hook.answer = lambda request: "hang" if request.path == "/slow" else 200
    await client.post("/api/v1/webhooks", json={"url": hook.url("/slow")})
    quick = await other_tenant.client()
    await quick.post("/api/v1/webhooks", json={"url": hook.url("/quick")})
    await _happen(tenant, 30)
    workers.start()

    async def hanging():
        return hook.at_once >= 4

    await workers.until(hanging, "four deliveries hang")
    await _happen(other_tenant, 5)

    async def delivered():
        return await _states(other_tenant, "webhook_delivery") == ["delivered"] * 5

    took = await workers.until(delivered, "the other company's deliveries")
    async with tenant.scope():
        idle = await fetch(
            "select pid from pg_stat_activity where state = 'idle in transaction' and datname = current_database()"
            " and now() - state_change > interval '1 second'"
        )

    await asyncio.sleep(0)
    assert took < 10
    assert hook.at_once_max <= 4 + 5
    assert idle == []
