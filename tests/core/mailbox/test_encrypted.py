"""Mails are fetched over TLS from a server that is who it says, and a mailbox says in words why it does not work (S01-7)."""

import pytest
from imap_server import PROGRAM, imap_server
from mails import ADDRESS, BOXES, PATH, mail
from running import work_off

from guibin.outbound.targets import Rules, use_rules

pytestmark = pytest.mark.skipif(not PROGRAM, reason="dovecot is not installed: apt-get install dovecot-imapd")


@pytest.fixture(scope="module")
def running_server():
    with imap_server(tls=True) as server:
        yield server


@pytest.fixture
def server(running_server):
    use_rules(Rules([f"127.0.0.1:{running_server.port}"]))
    yield running_server
    use_rules(Rules())


async def tried(client, server, **more):
    body = {"name": "服务邮箱", "address": ADDRESS, "imap": server.settings(tls="starttls", **more)}
    made = await client.post(BOXES, json=body)
    assert made.status_code == 201, made.text
    box = f"{BOXES}/{made.json()['mailbox']['id']}"
    answer = await client.post(f"{box}/tests", headers={"Accept-Language": "zh"})
    assert answer.status_code == 201, answer.text
    return box, answer.json()


async def titles(house):
    await work_off(house.tenant, kind="fetch_mails")
    return [one["title"] for one in (await house.client.get(PATH)).json()["items"]]


@pytest.mark.rule("S01-7")
async def test_a_server_nobody_vouches_for_gets_no_password_unless_its_certificate_is_given(house, server):
    server.deliver(mail(subject="加密的信", message_id="<tls@qq.com>"))

    refused_box, refused = await tried(house.client, server)
    before = await titles(house)
    _, believed = await tried(house.client, server, ca=server.certificate)
    after = await titles(house)

    assert (refused["works"], refused["error"], believed["works"]) == (False, "tls", True)
    assert "证书" in refused["said"]
    assert (before, after) == ([], ["加密的信"])
    assert (await house.client.get(refused_box)).json()["last_error"] == "tls"


@pytest.mark.rule("S01-7")
async def test_another_servers_certificate_is_not_believed_and_what_is_none_is_refused(house, server, tmp_path):
    from certificates import certificate

    certificate(tmp_path, "mail.example", address="127.0.0.1")
    text = (tmp_path / "both.pem").read_text()
    other = text[: text.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"

    _, refused = await tried(house.client, server, ca=other)
    body = {"name": "x", "address": ADDRESS, "imap": server.settings(tls="starttls", ca="no certificate")}
    wrong = await house.client.post(BOXES, json=body)

    assert (refused["works"], refused["error"]) == (False, "tls")
    assert [each["field"] for each in wrong.json()["errors"]] == ["imap.ca"]


@pytest.mark.rule("S01-7")
async def test_a_test_says_what_is_wrong_and_a_paused_mailbox_is_left_alone(house, server):
    _, refused = await tried(house.client, server, ca=server.certificate, password="wrong")
    good, works = await tried(house.client, server, ca=server.certificate)
    await house.client.post(f"{good}/pause")
    server.deliver(mail(subject="暂停时到的信", message_id="<paused@qq.com>"))

    paused = await titles(house)
    not_now = await house.client.post(f"{good}/fetches")
    resumed = await house.client.delete(f"{good}/pause")
    after = await titles(house)

    assert (refused["error"], works["error"]) == ("not_signed_in", "")
    assert "用户名或密码" in refused["said"]
    assert ("暂停时到的信" in paused, "暂停时到的信" in after) == (False, True)
    assert (not_now.status_code, resumed.json()["paused_at"]) == (409, None)
    page = await house.client.get("/console/mailboxes")
    assert page.status_code == 200, page.text
    assert "用户名或密码不对" in page.text
