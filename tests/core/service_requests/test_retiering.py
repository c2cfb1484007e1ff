"""A tier that begins or ends while a request runs: another limit, the time already spent stays spent."""

from datetime import datetime, timedelta

import msgspec
import pytest
from running import run_job, work_off

from guibin.events import MembershipEnded, MembershipStarted
from guibin.tiers.moves import AnnounceMoves
from guibin_tenants.scope import fetch, fetch_one

PATH = "/api/v1/service-requests"


@pytest.fixture
async def customer(client):
    body = {"number": "DK1", "name": "王建国", "kind": "leader"}
    return (await client.post("/api/v1/customers", json=body)).json()["id"]


async def asked(client, customer):
    body = {"customer_id": customer, "item": "maintenance", "channel": "phone", "text": "无信号"}
    answer = await client.post(PATH, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def hours(client, request):
    shown = (await client.get(f"{PATH}/{request['id']}")).json()
    spent = datetime.fromisoformat(shown["due_at"]) - datetime.fromisoformat(request["received_at"])
    return shown["situation"], spent / timedelta(hours=1)


async def becomes_vip(tenant, client, customer):
    fact = {"customer_id": customer, "metric": "spending", "occurred_on": "2026-02-01", "amount": {"amount": "20000"}}
    await client.post("/api/v1/facts", json={"facts": [fact]})
    assessed = await client.post("/api/v1/assessments", json={"scheme": "key_account", "as_of": "2026-03-01"})
    assert assessed.status_code == 201, assessed.text
    await react(tenant, "announce_moves", AnnounceMoves)
    await react(tenant, "service_requests.retier_after_start", MembershipStarted)


async def react(tenant, kind, event):
    async with tenant.scope():
        row = await fetch_one("select payload from job where kind = $1 order by id desc limit 1", kind)
    await run_job(tenant, msgspec.json.decode(row["payload"], type=event), kind=kind)


@pytest.mark.rule("S07-5")
async def test_a_customer_who_becomes_a_vip_gets_the_shorter_limit_from_the_same_start(tenant, client, customer, clock):
    request = await asked(client, customer)
    assert await hours(client, request) == ("ordinary_fault", 24)
    clock.set(clock() + timedelta(hours=2))

    await becomes_vip(tenant, client, customer)

    assert await hours(client, request) == ("vip_fault", 12)
    async with tenant.scope():
        changes = await fetch("select reason, due_before - due_after as earlier from timer_change")
    assert [(c["reason"], c["earlier"]) for c in changes] == [("tier", timedelta(hours=12))]


async def test_one_who_is_a_vip_no_longer_gets_the_ordinary_one(tenant, client, customer, clock):
    await becomes_vip(tenant, client, customer)
    request = await asked(client, customer)
    assert await hours(client, request) == ("vip_fault", 12)
    async with tenant.scope() as scope:
        held = await fetch_one("select id, tier from membership where customer_id = $1", customer)
        await scope.connection.execute("update membership set ends_on = date '2026-03-02' where id = $1", held["id"])

    event = MembershipEnded(
        membership_id=held["id"],
        customer_id=customer,
        scheme="key_account",
        tier=held["tier"],
        on=clock().date(),
    )
    await run_job(tenant, event, kind="service_requests.retier_after_end")

    assert await hours(client, request) == ("ordinary_fault", 24)


async def test_the_same_tier_again_moves_nothing(tenant, client, customer):
    await becomes_vip(tenant, client, customer)
    request = await asked(client, customer)

    await react(tenant, "service_requests.retier_after_start", MembershipStarted)

    assert await hours(client, request) == ("vip_fault", 12)
    async with tenant.scope():
        assert await fetch("select id from timer_change") == []


async def test_the_worker_gives_the_ordinary_limit_after_a_tier_that_ended(tenant, client, customer):
    await becomes_vip(tenant, client, customer)
    request = await asked(client, customer)
    ended = await client.post(
        f"/api/v1/customers/{customer}/membership/key_account/ending", json={"reason": "客户要求"}
    )
    assert ended.status_code == 200, ended.text
    before = await hours(client, request)

    await work_off(tenant, kind="service_requests.retier_after_end")

    assert (before, await hours(client, request)) == (("vip_fault", 12), ("ordinary_fault", 24))
