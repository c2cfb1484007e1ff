"""What a new company still needs, on its admin's first page: told from what there is."""

import re

import pytest

from guibin_tenants.scope import execute

PAGE = "/console/"


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


async def done(client):
    """The names of the steps that are done; None where nothing is asked any more."""
    page = (await client.get(PAGE)).text
    steps = re.findall(r'data-step="(\w+)"( data-done)?', page)
    return {name for name, is_done in steps if is_done} if steps else None


async def test_each_step_is_done_by_what_there_is(admin, tenant):
    begun = await done(admin)
    head = (await admin.get("/api/v1/org-units")).json()[0]
    await admin.post("/api/v1/org-units", json={"code": "east", "name": "东区", "parent": head["code"]})
    await tenant.staff("desk", "agent")
    await admin.post("/api/v1/customers", json={"number": "S-1", "name": "张三", "kind": "leader"})
    after = await done(admin)
    await admin.post("/api/v1/complaints", json={"text": "没有信号", "channel": "phone"})
    settings = {"closing": {"reasons": ["left"], "restored_days": 20}}
    await admin.post("/api/v1/policy/versions", json={"overrides": settings, "note": "起步"})

    assert {"units", "people", "customers", "complaint", "policy"} & begun == set()
    assert {"units", "people", "customers"} <= after
    assert {"complaint", "policy"} & after == set()
    assert {"complaint", "policy"} <= await done(admin)


async def test_a_channel_counts_once_it_took_a_test_and_no_more_when_another_takes_its_place(admin, tenant):
    smtp = {"host": "mail.example.com", "sender": "vip@example.com"}
    body = {"name": "one", "means": "email", "provider": "smtp", "settings": smtp}
    await admin.post("/api/v1/channels", json=body)
    untested = await done(admin)
    async with tenant.scope():
        await execute("update message_channel set tested_at = now()")
    tested = await done(admin)
    await admin.post("/api/v1/channels", json=body)

    assert "channel" not in untested
    assert "channel" in tested
    assert "channel" not in await done(admin)


async def test_nobody_else_is_asked(tenant):
    assert await done(await tenant.staff("desk", "agent")) is None
