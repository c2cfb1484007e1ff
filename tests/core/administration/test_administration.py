"""Admins run their own company, and nobody hands out more than they hold."""

from datetime import timedelta
from uuid import uuid4

import pytest
from running import come_round

from guibin.administration.jobs import ForgetSignIns
from guibin_tenants.scope import fetch_value
from support import PASSWORD

ACCOUNT = {"login": "wang.fang", "name": "王芳", "roles": ["account_manager"], "password": PASSWORD}


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


async def sign_in(tenant, login, password=PASSWORD):
    client = tenant.world.client()
    body = {"company": tenant.slug, "login": login, "password": password}
    return await client.post("/api/v1/sessions", json=body)


async def test_an_admin_adds_somebody_who_then_signs_in(tenant, admin):
    added = await admin.post("/api/v1/staff", json=ACCOUNT)

    assert added.status_code == 201, added.text
    assert (await sign_in(tenant, "wang.fang")).status_code == 201
    assert "password" not in added.text
    assert [one["login"] for one in (await admin.get("/api/v1/staff")).json()] == ["admin", "wang.fang"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"roles": ["emperor"]}, "roles"),
        ({"password": "short"}, "password"),
        ({"login": "admin"}, "login"),
        ({"org_unit_id": str(uuid4())}, "org_unit_id"),
        ({"login": "Wang Fang"}, "login"),
        ({"roles": []}, "roles"),
    ],
)
async def test_a_wrong_account_is_refused_whole(admin, changes, field):
    answer = await admin.post("/api/v1/staff", json=ACCOUNT | changes)

    assert answer.status_code in (400, 422)
    assert answer.json()["errors"][0]["field"] == field
    assert len((await admin.get("/api/v1/staff")).json()) == 1


async def test_a_managers_session_does_not_administer(tenant):
    manager = await tenant.staff("manager", "manager")

    assert (await manager.post("/api/v1/staff", json=ACCOUNT)).status_code == 403
    assert (await manager.post("/api/v1/keys", json={"name": "x", "scopes": ["customers:read"]})).status_code == 403


async def test_a_key_that_may_add_staff_cannot_make_an_admin(tenant):
    client = await tenant.client("staff:write", "staff:read", "keys:write")

    refused = await client.post("/api/v1/staff", json=ACCOUNT | {"roles": ["tenant_admin"]})
    auditor = await client.post("/api/v1/staff", json=ACCOUNT | {"roles": ["auditor"]})
    key = await client.post("/api/v1/keys", json={"name": "more", "scopes": ["customers:read"]})

    assert (refused.status_code, auditor.status_code, key.status_code) == (403, 403, 403)


async def test_an_admin_makes_no_auditors_and_reads_no_log(admin):
    assert (await admin.post("/api/v1/staff", json=ACCOUNT | {"roles": ["auditor"]})).status_code == 403
    assert (await admin.get("/api/v1/audit-entries")).status_code == 403
    assert (await admin.post("/api/v1/keys", json={"name": "log", "scopes": ["audit:read"]})).status_code == 403


async def test_an_admin_of_a_branch_stays_in_the_branch(tenant):
    await tenant.unit("east")
    west = await tenant.unit("west")
    east_admin = await tenant.staff("east-admin", "tenant_admin", unit="east")

    elsewhere = await east_admin.post("/api/v1/staff", json=ACCOUNT | {"org_unit_id": str(west)})
    head = await east_admin.post("/api/v1/staff", json=ACCOUNT)
    here = await east_admin.post("/api/v1/staff", json=ACCOUNT | {"org_unit_id": str(tenant.units["east"])})
    key = await east_admin.post("/api/v1/keys", json={"name": "k", "scopes": ["customers:read"]})

    assert [a.status_code for a in (elsewhere, head, here, key)] == [403, 403, 201, 403]


async def test_roles_change_with_the_next_request_but_not_the_last_admins(tenant, admin, world):
    agent = await tenant.staff("agent", "agent")

    changed = await admin.patch(f"/api/v1/staff/{agent.staff_id}", json={"roles": ["account_manager"]})

    assert changed.json()["roles"] == ["account_manager"]
    assert (await agent.get("/api/v1/me")).json()["roles"] == ["account_manager"]
    last = await admin.patch(f"/api/v1/staff/{admin.staff_id}", json={"roles": ["agent"]})
    assert (last.status_code, last.json()["type"].rsplit("/", 1)[-1].rsplit(":", 1)[-1]) == (409, "last-admin")


async def test_whoever_leaves_hands_customers_over_and_is_signed_out(tenant, admin, world, client):
    leaver = await tenant.staff("leaver", "account_manager")
    heir = await tenant.staff("heir", "account_manager")
    customer = {"number": "1", "kind": "leader", "name": "张三", "account_manager_id": str(leaver.staff_id)}
    created = (await client.post("/api/v1/customers", json=customer)).json()
    path = f"/api/v1/staff/{leaver.staff_id}/leaving"

    refused = await admin.post(path, json={})
    done = await admin.post(path, json={"successor_id": str(heir.staff_id)})

    assert (refused.status_code, done.status_code) == (409, 200)
    shown = (await client.get(f"/api/v1/customers/{created['id']}")).json()
    assert shown["account_manager_id"] == str(heir.staff_id)
    assert (await leaver.get("/api/v1/me")).status_code == 401
    assert (await sign_in(tenant, "leaver")).status_code == 401


async def test_what_nobody_gave_a_reason_for_is_said_in_the_companys_language(tenant, admin, client):
    first, second, third = [await tenant.staff(name, "account_manager") for name in ("first", "second", "third")]
    customer = {"number": "1", "kind": "leader", "name": "张三", "account_manager_id": str(first.staff_id)}
    path = f"/api/v1/customers/{(await client.post('/api/v1/customers', json=customer)).json()['id']}"

    await admin.post(f"/api/v1/staff/{first.staff_id}/hand-over", json={"successor_id": str(second.staff_id)})
    await admin.post(f"/api/v1/staff/{second.staff_id}/leaving", json={"successor_id": str(third.staff_id)})

    lines = (await client.get(f"{path}/assignments")).json()
    assert [line["reason"] for line in lines][:2] == ["离职", "交接"]


async def test_a_new_password_ends_every_session(tenant, admin, world):
    agent = await tenant.staff("agent", "agent")

    done = await admin.post(f"/api/v1/staff/{agent.staff_id}/password", json={"password": "another battery staple"})

    assert done.status_code == 204
    assert (await agent.get("/api/v1/me")).status_code == 401
    assert (await sign_in(tenant, "agent")).status_code == 401
    assert (await sign_in(tenant, "agent", "another battery staple")).status_code == 201


async def test_a_key_works_until_it_is_revoked_and_is_shown_once(tenant, admin, world):
    created = (await admin.post("/api/v1/keys", json={"name": "crm", "scopes": ["customers:read"]})).json()
    caller = world.client(created["token"])

    assert (await caller.get("/api/v1/customers")).status_code == 200
    assert created["token"] not in (await admin.get("/api/v1/keys")).text
    await admin.delete(f"/api/v1/keys/{created['key']['id']}")
    assert (await caller.get("/api/v1/customers")).status_code == 401


async def test_units_grow_under_a_parent(admin):
    opened = await admin.post("/api/v1/org-units", json={"code": "east", "name": "东区营业厅", "parent": "head-office"})
    again = await admin.post("/api/v1/org-units", json={"code": "east", "name": "东区", "parent": "head-office"})
    nowhere = await admin.post("/api/v1/org-units", json={"code": "west", "name": "西区", "parent": "moon"})

    assert [a.status_code for a in (opened, again, nowhere)] == [201, 422, 422]
    assert {unit["code"] for unit in (await admin.get("/api/v1/org-units")).json()} == {"head-office", "east"}


async def test_what_signing_in_leaves_behind_is_forgotten_once_it_counts_no_more(tenant, admin, clock):
    began = clock()
    await admin.post("/api/v1/staff", json=ACCOUNT)
    await sign_in(tenant, "nobody", "wrong password")
    await sign_in(tenant, "wang.fang")

    async def left(after):
        clock.set(began + after)
        await come_round(tenant, ForgetSignIns())
        async with tenant.scope():
            counts = [
                await fetch_value(f"select count(*) from {table}")
                for table in ("staff_session", "sign_in_limit", "known_device")
            ]
        return [count > 0 for count in counts]

    # A session lasts half a day, an attempt counts for an hour, a browser is known for half a year.
    assert await left(timedelta(0)) == [True, True, True]
    assert await left(timedelta(hours=2)) == [True, False, True]
    assert await left(timedelta(hours=13)) == [False, False, True]
    assert await left(timedelta(days=181)) == [False, False, False]
