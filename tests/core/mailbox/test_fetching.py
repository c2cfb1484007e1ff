"""Mails are fetched from a real server, each once, whatever ends in the middle; a server that fails is told of and left alone (S01-7)."""

from datetime import timedelta

import pytest
from imap_server import PROGRAM, imap_server
from mails import ADDRESS, BOXES, PATH, mail
from running import come_round, work_off

from guibin.mailbox import imap
from guibin.mailbox.jobs import KeepMailboxes
from guibin.outbound.targets import Rules, use_rules
from guibin_tenants.scope import execute, fetch

pytestmark = pytest.mark.skipif(not PROGRAM, reason="dovecot is not installed: apt-get install dovecot-imapd")


@pytest.fixture(scope="module")
def running_server():
    with imap_server() as server:
        yield server


@pytest.fixture
def server(running_server):
    """Its folder is empty at first."""
    with running_server.signed_in() as client:
        client.select("INBOX")
        if client.search(None, "ALL")[1][0]:
            client.store("1:*", "+FLAGS", r"(\Deleted)")
            client.expunge()
    use_rules(Rules([f"127.0.0.1:{running_server.port}"]))
    yield running_server
    use_rules(Rules())


async def set_up(client, server, status=201, **more):
    body = {"name": "服务邮箱", "address": ADDRESS, "imap": server.settings(**more)}
    answer = await client.post(BOXES, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def box_of(client):
    return (await client.get(BOXES)).json()[-1]


async def fetched(house, after=timedelta(0)):
    """The turns that are due by then are taken."""
    house.clock.set(house.clock() + after)
    await work_off(house.tenant, kind="fetch_mails")
    return [one["title"] for one in (await house.client.get(PATH, params={"limit": 100})).json()["items"]]


@pytest.mark.rule("S01-7")
async def test_mails_are_fetched_in_turns_each_once_and_stay_unread_on_the_server(house, server):
    server.deliver(*(mail(subject=f"第{n}封", message_id=f"<{n}@qq.com>") for n in range(3)))
    made = await set_up(house.client, server)
    assert "right" not in str(made["mailbox"])

    assert sorted(await fetched(house)) == ["第0封", "第1封", "第2封"]
    server.deliver(mail(subject="后来的", message_id="<later@qq.com>"))
    assert len(await fetched(house)) == 3
    assert (await fetched(house, timedelta(minutes=3)))[0] == "后来的"
    assert len(await fetched(house, timedelta(minutes=3))) == 4
    assert server.unread() == 4
    assert (await box_of(house.client))["failing_since"] is None


async def test_numbers_that_begin_anew_bring_no_mail_twice(house, server):
    server.deliver(mail(subject="一", message_id="<a@qq.com>"), mail(subject="二", message_id="<b@qq.com>"))
    await set_up(house.client, server)
    assert len(await fetched(house)) == 2

    server.number_anew()
    server.deliver(mail(subject="三", message_id="<c@qq.com>"))

    assert (await fetched(house, timedelta(minutes=3)))[0] == "三"
    assert len(await fetched(house)) == 3


async def test_what_was_not_committed_is_fetched_again(house, server):
    """A worker that dies between the server's answer and its own commit."""
    server.deliver(mail(subject="一", message_id="<a@qq.com>"))
    await set_up(house.client, server)
    assert await fetched(house) == ["一"]
    async with house.tenant.scope():
        await execute("update mailbox set uid_last = 0, uid_validity = null where sealed is not null")
    assert await fetched(house, timedelta(minutes=3)) == ["一"]


async def test_more_than_a_turn_takes_comes_in_the_next_at_once(house, server, monkeypatch):
    monkeypatch.setattr(imap, "MAILS_MAX", 2)
    server.deliver(*(mail(subject=f"{n}", message_id=f"<{n}@qq.com>") for n in range(5)))
    await set_up(house.client, server)

    assert len(await fetched(house)) == 5
    async with house.tenant.scope():
        turns = await fetch("select id from job where kind = 'fetch_mails' and ended_at is not null")
    assert len(turns) == 3


async def test_a_mail_that_is_too_large_or_none_at_all_stops_none_behind_it(house, server, monkeypatch):
    monkeypatch.setattr(imap, "MAIL_BYTES_MAX", 4_000)
    server.deliver(
        mail("长" * 4_000, subject="太大", message_id="<big@qq.com>"),
        b"\xff\xfe\x00 broken",
        mail(subject="正常", message_id="<ok@qq.com>"),
    )
    await set_up(house.client, server)

    assert (await fetched(house))[0] == "正常"
    states = {one["because"] for one in (await house.client.get(PATH, params={"state": "unreadable"})).json()["items"]}
    assert states == {"too_large", "not_a_mail"}
    assert (await house.told(house.admin)).count("mail_unreadable") == 1


@pytest.mark.rule("S01-7")
async def test_a_server_that_fails_is_left_alone_ever_longer_told_once_and_comes_back(house, server):
    server.deliver(mail(subject="一", message_id="<a@qq.com>"))
    made = await set_up(house.client, server, password="wrong")
    box = made["mailbox"]["id"]

    await fetched(house)
    assert (await box_of(house.client))["last_error"] == "not_signed_in"
    assert await house.told(house.admin) == []
    for pause in (3, 5, 15, 30):
        await fetched(house, timedelta(minutes=pause))
    shown = await box_of(house.client)
    assert (shown["failures"], (await house.told(house.admin)).count("mailbox_failing")) == (5, 1)
    await fetched(house, timedelta(minutes=30))
    assert (await box_of(house.client))["failures"] == 5

    answer = await house.client.post(f"{BOXES}/{box}/settings", json=server.settings())
    assert answer.status_code == 201, answer.text
    assert await fetched(house) == ["一"]
    assert (await box_of(house.client))["failing_since"] is None


async def test_a_mailbox_whose_job_was_lost_goes_on_the_next_morning(house, server):
    await set_up(house.client, server)
    async with house.tenant.scope():
        await execute("delete from job where kind = 'fetch_mails'")
    server.deliver(mail(subject="一", message_id="<a@qq.com>"))
    assert await fetched(house, timedelta(hours=2)) == []

    await come_round(house.tenant, KeepMailboxes())

    assert await fetched(house) == ["一"]


async def test_a_removed_mailbox_is_asked_no_more(house, server):
    made = await set_up(house.client, server)
    await fetched(house)
    assert (await house.client.delete(f"{BOXES}/{made['mailbox']['id']}")).status_code == 204
    server.deliver(mail(subject="一", message_id="<a@qq.com>"))

    assert await fetched(house, timedelta(hours=1)) == []
    async with house.tenant.scope():
        assert (
            await fetch(
                "select id from mailbox where sealed is not null or secret is not null and removed_at is not null"
            )
            == []
        )
