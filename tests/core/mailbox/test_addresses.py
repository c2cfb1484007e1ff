"""A mailbox's server is a public one, or one the operator allows: nobody reaches into the house through it."""

import pytest
from mails import ADDRESS, BOXES
from running import work_off

from guibin.mailbox import imap
from guibin.mailbox.requests import ImapSettings
from guibin.outbound.targets import Rules, use_rules


def settings(**more):
    return {"host": "imap.example.com", "username": "vip", "password": "geheim", **more}


async def asked(client, status, **more):
    body = {"name": "邮箱", "address": ADDRESS, "imap": settings(**more)}
    answer = await client.post(BOXES, json=body)
    assert answer.status_code == status, answer.text
    assert "geheim" not in answer.text
    return answer.json()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.0.0.1",
        "169.254.169.254",
        "2130706433",
        "0x7f.1",
        "::1",
        "fd00::1",
        "intranet",
        "a b",
    ],
)
async def test_internal_hosts_are_refused_when_they_are_written(client, host):
    refused = await asked(client, 422, host=host)

    assert [field["field"] for field in refused["errors"]] == ["imap.host"]


async def test_mail_without_tls_is_refused_unless_the_operator_allows_the_host(client):
    refused = await asked(client, 422, tls="none")
    assert [field["field"] for field in refused["errors"]] == ["imap.tls"]

    use_rules(Rules(["imap.example.com"]))
    try:
        await asked(client, 201, tls="none")
    finally:
        use_rules(Rules())


async def test_a_name_that_leads_inside_is_not_called(tenant, client):
    async def inside(host, port):
        return ["10.1.2.3"]

    use_rules(Rules(resolver=inside))
    try:
        await asked(client, 201)
        await work_off(tenant, kind="fetch_mails")
        caught = await imap.fetch(ImapSettings(**settings()), uid_validity=None, after=0)
    finally:
        use_rules(Rules())

    assert caught.error == "internal_address"
    assert (await client.get(BOXES)).json()[0]["last_error"] == "internal_address"


async def test_settings_are_shown_to_nobody_again_and_set_by_who_may(tenant, client):
    await asked(client, 201)
    await tenant.unit("west")
    manager = await tenant.staff("manager", "manager")
    outlet = await tenant.client("channels:write", org_unit_id=tenant.units["west"])

    shown = (await client.get(BOXES)).json()[0]
    assert shown["shown"] == "vip · imap.example.com:993"
    for person in (manager, outlet):
        assert (await person.get(BOXES)).status_code == 403
        assert (await person.post(BOXES, json={"name": "x", "address": ADDRESS})).status_code == 403
