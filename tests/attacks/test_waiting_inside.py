"""Whoever makes the service wait for a machine outside keeps nobody else's connection: a pool of one serves on meanwhile."""

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest
from mailbox_server import mail_server
from receiver import receiving

from guibin.gateways import smtp
from guibin.gateways.providers import Parcel
from guibin.gateways.smtp import SmtpSettings
from guibin.outbound.carrier import Carrier
from guibin.outbound.gate import GATE
from guibin.outbound.targets import Rules, use_rules
from guibin_tenants.database import connected
from guibin_tenants.scope import (
    NoTenantScope,
    WaitsInside,
    current_scope,
    execute,
    fetch_value,
    step_outside,
    tenant_or_none,
)
from guibin_tenants.tables import new_id
from support import pool_put_aside

PARCEL = Parcel(new_id(), "b@example.com", "t", "x", datetime(2026, 3, 2, tzinfo=UTC))


@pytest.fixture
async def one_connection(database, world):
    with pool_put_aside():
        async with connected(database.app, pool_size=1) as pool:
            yield pool


@pytest.fixture
async def silent(anyio_backend):
    """A mail server that takes connections and says nothing; its port and how many came."""
    came, gone = asyncio.Semaphore(0), asyncio.Event()

    async def say_nothing(reader, writer):
        came.release()
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    use_rules(Rules([f"127.0.0.1:{port}"]))
    yield port, came, gone
    use_rules(Rules())
    gone.set()
    server.close()


async def mail_channel(client, port):
    settings = {"host": "127.0.0.1", "port": port, "tls": "none", "sender": "vip@example.com"}
    body = {"name": "mail", "means": "email", "provider": "smtp", "settings": settings}
    answer = await client.post("/api/v1/channels", json=body)
    assert answer.status_code == 201, answer.text
    return f"/api/v1/channels/{answer.json()['id']}/tests"


async def tests_on_record(client):
    entries = (await client.get("/api/v1/audit-entries", params={"action": "channel.test"})).json()["items"]
    return len(entries)


async def test_a_channel_test_that_hangs_keeps_no_connection(one_connection, client, silent):
    port, came, gone = silent
    path = await mail_channel(client, port)

    waiting = asyncio.create_task(client.post(path, json={"to": "me@example.com"}))
    await came.acquire()
    meanwhile = await asyncio.wait_for(client.get("/api/v1/channels"), 5)
    idle = one_connection.get_idle_size()
    gone.set()
    refused = await waiting

    assert (meanwhile.status_code, idle) == (200, 1)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/channel-test-refused")
    # The test was tried, so that it was stays on record though it was refused.
    assert await tests_on_record(client) == 1


async def test_tests_at_once_are_bounded_for_each_company(client, silent):
    port, came, gone = silent
    path = await mail_channel(client, port)

    waiting = [asyncio.create_task(client.post(path, json={"to": "me@example.com"})) for _ in range(7)]
    for _ in range(4):
        await came.acquire()
    first = asyncio.as_completed(waiting, timeout=10)
    turned_away = [await next(first) for _ in range(3)]
    gone.set()
    let_in = [await one for one in first]

    assert [answer.json()["detail"].rpartition(": ")[2] for answer in turned_away] == ["no_room"] * 3
    assert [answer.json()["detail"].rpartition(": ")[2] for answer in let_in] == ["not_reached"] * 4


async def test_tests_at_once_with_one_idempotency_key_leave_one_answer(client, monkeypatch):
    """Each went outside, where the lock of its key ended: nobody gets an error for it."""
    async with mail_server() as mailbox:
        use_rules(Rules([f"127.0.0.1:{mailbox.port}"]))
        path = await mail_channel(client, mailbox.port)
        body, key = {"to": "me@example.com"}, {"Idempotency-Key": "once"}
        came, go_on, take = asyncio.Semaphore(0), asyncio.Event(), mailbox.handle_DATA

        async def wait_and_take(*given):
            came.release()
            await go_on.wait()
            return await take(*given)

        monkeypatch.setattr(mailbox, "handle_DATA", wait_and_take)
        waiting = []
        for _ in range(2):
            waiting.append(asyncio.create_task(client.post(path, json=body, headers=key)))
            await came.acquire()
        go_on.set()
        answers = [await one for one in waiting]
        again = await client.post(path, json=body, headers=key)
        use_rules(Rules())

    assert [answer.status_code for answer in (*answers, again)] == [200] * 3
    assert len(mailbox.mails) == 2


@pytest.mark.parametrize("what", ["carrier", "resolver", "mail", "room"])
async def test_waiting_inside_a_transaction_is_refused(tenant, what):
    """Everything by which the core reaches another machine."""
    async with receiving() as receiver:
        rules = Rules([receiver.host])
        carrier = Carrier(rules)
        reach = {
            "carrier": lambda: carrier.post(receiver.url(), b"{}", {}),
            "resolver": lambda: rules.addresses("127.0.0.1", receiver.port),
            "mail": lambda: smtp.send(SmtpSettings(host="mail.example.com", sender="a@example.com"), PARCEL),
            "room": lambda: _pass(),
        }[what]
        # A connection that is kept open asks no resolver: the carrier itself must refuse.
        await carrier.post(receiver.url(), b"{}", {})
        async with tenant.scope():
            with pytest.raises(WaitsInside):
                await reach()

        assert len(receiver.received) == 1


async def _pass():
    async with GATE.passing(new_id(), new_id()):
        pass


async def test_outside_there_is_no_transaction_and_afterwards_there_is_the_same_one(one_connection, tenant):
    async with tenant.scope() as scope:
        await execute("update org_unit set name = 'before' where code = 'head-office'")
        async with step_outside():
            outside = (tenant_or_none(), one_connection.get_idle_size())
            with pytest.raises(NoTenantScope):
                await fetch_value("select 1")
            written = await one_connection.fetchval("select count(*) from org_unit")
        inside = await fetch_value("select name from org_unit where code = 'head-office'")
        units = await fetch_value("select current_setting('guibin.units')")
        assert current_scope() is scope
        await execute("update org_unit set name = 'after' where code = 'head-office'")
        scope.rollback_only = True
    async with tenant.scope():
        left = await fetch_value("select name from org_unit where code = 'head-office'")

    assert outside == (None, 1)
    assert written == 0
    assert (inside, units, left) == ("before", "*", "before")


async def test_whoever_is_cancelled_outside_leaves_nothing_behind(one_connection, tenant):
    began = asyncio.Event()

    async def wait_outside():
        async with tenant.scope(), step_outside():
            began.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(wait_outside())
    await began.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

    assert (tenant_or_none(), one_connection.get_idle_size()) == (None, 1)
    async with tenant.scope():
        assert await fetch_value("select count(*) from org_unit") == 1


async def test_a_refusal_outside_comes_back_into_the_scope(one_connection, tenant):
    async with tenant.scope():
        with pytest.raises(LookupError):
            async with step_outside():
                raise LookupError
        assert await fetch_value("select count(*) from org_unit") == 1


async def test_a_mail_server_that_trickles_is_given_up_in_time(anyio_backend, monkeypatch):
    """Each line comes in time, the answer never ends."""
    monkeypatch.setattr(smtp, "TIMEOUT_S", 0.4)
    lines = 0

    async def trickle(reader, writer):
        nonlocal lines
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(b"220-wait\r\n")
                lines += 1
                await writer.drain()
                await asyncio.sleep(0.02)

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    use_rules(Rules([f"127.0.0.1:{port}"]))
    began = asyncio.get_running_loop().time()
    try:
        outcome = await smtp.send(SmtpSettings(host="127.0.0.1", port=port, tls="none", sender="a@example.com"), PARCEL)
    finally:
        use_rules(Rules())
        server.close()

    assert (outcome.error, lines > 3) == ("timeout", True)
    assert asyncio.get_running_loop().time() - began < 0.8
