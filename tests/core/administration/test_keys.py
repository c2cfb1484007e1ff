"""Keys as their owner keeps them: when one was last used, and another put in its place while the one before works on."""

from datetime import timedelta

import pytest

KEYS = "/api/v1/keys"
PAGE = "/console/keys"


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


async def made(client, **body):
    answer = await client.post(KEYS, json={"name": "crm", "scopes": ["customers:read", "keys:write"], **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


def using(world, token):
    client = world.client()
    client.headers["Authorization"] = f"Bearer {token}"
    return client


async def named(client, key_id):
    return next(key for key in (await client.get(KEYS)).json() if key["id"] == key_id)


async def test_a_key_says_when_it_was_last_used_to_the_minute(world, admin, clock):
    created = await made(admin)
    unused = await named(admin, created["key"]["id"])
    crm = using(world, created["token"])
    first = clock.now
    await crm.get("/api/v1/customers")
    clock.set(first + timedelta(seconds=40))
    await crm.get("/api/v1/customers")
    within = await named(admin, created["key"]["id"])
    clock.set(first + timedelta(seconds=61))
    await crm.get("/api/v1/customers")
    after = await named(admin, created["key"]["id"])

    assert unused["used_at"] is None
    assert within["used_at"] == first.isoformat().replace("+00:00", "Z")
    assert after["used_at"] == (first + timedelta(seconds=61)).isoformat().replace("+00:00", "Z")


async def test_another_key_takes_the_place_and_the_one_before_works_for_the_overlap(world, admin, clock, tenant):
    before = await made(admin, service="CRM", addresses=["127.0.0.0/8"])
    old = using(world, before["token"])
    answer = await admin.post(f"{KEYS}/{before['key']['id']}/rotations", json={"overlap_hours": 2})
    after = answer.json()
    new = using(world, after["token"])
    meanwhile = [(await each.get("/api/v1/customers")).status_code for each in (old, new)]
    clock.set(clock.now + timedelta(hours=2, seconds=1))
    later = [(await each.get("/api/v1/customers")).status_code for each in (old, new)]

    assert answer.status_code == 201
    assert {name: after["key"][name] for name in ("name", "scopes", "service", "addresses", "owner_id")} == {
        name: before["key"][name] for name in ("name", "scopes", "service", "addresses", "owner_id")
    }
    assert (meanwhile, later) == ([200, 200], [401, 200])
    found = await (await tenant.client()).get("/api/v1/audit-entries", params={"action": "key.rotate"})
    assert [entry["subject_id"] for entry in found.json()["items"]] == [before["key"]["id"]]


async def test_an_end_before_the_overlap_stays_and_what_has_ended_is_not_replaced(admin, clock):
    ends = clock.now + timedelta(hours=1)
    key_id = (await made(admin, expires_at=ends.isoformat()))["key"]["id"]
    await admin.post(f"{KEYS}/{key_id}/rotations", json={"overlap_hours": 24})
    kept = (await named(admin, key_id))["expires_at"]
    await admin.delete(f"{KEYS}/{key_id}")
    refused = await admin.post(f"{KEYS}/{key_id}/rotations", json={})

    assert kept == ends.isoformat().replace("+00:00", "Z")
    assert (refused.status_code, refused.json()["type"].rsplit("/", 1)[-1]) == (409, "key-ended")


async def test_nobody_gets_the_text_of_a_key_that_acts_as_somebody_else(admin, tenant):
    key_id = (await made(admin))["key"]["id"]
    other = await tenant.staff("other", "tenant_admin")
    refused = await other.post(f"{KEYS}/{key_id}/rotations", json={})

    assert refused.status_code == 403
    assert len((await admin.get(KEYS)).json()) == 1


async def test_a_key_puts_another_in_its_own_place(world, admin):
    created = await made(admin)
    crm = using(world, created["token"])
    answer = await crm.post(f"{KEYS}/{created['key']['id']}/rotations", json={"overlap_hours": 0})

    assert answer.status_code == 201, answer.text
    assert (await using(world, answer.json()["token"]).get("/api/v1/customers")).status_code == 200


async def test_the_page_says_what_each_key_may_do_and_never_its_text(admin, tenant):
    created = await made(admin, service="CRM", addresses=["10.1.0.0/16"])
    shown = (await admin.get(PAGE)).text
    form = (await admin.get(f"{PAGE}/texts/{created['key']['id']}/do/make")).text
    wrong = await admin.post(
        f"{PAGE}/texts/{created['key']['id']}/do/make",
        data={"name": "x", "scopes": "customers:read", "addresses": "10.1.0.0/16\nnot-a-network"},
    )
    outsider = await tenant.staff("desk", "agent")

    assert all(said in shown for said in ("crm", "查看客户", "供 CRM 使用", "10.1.0.0/16", "没有用过"))
    assert created["token"] not in shown
    assert "查看客户" in form
    assert wrong.status_code == 422
    assert "须是 IP 地址或网段" in wrong.text
    assert len((await admin.get(KEYS)).json()) == 1
    assert (await outsider.get(PAGE)).status_code == 403
