"""One person in two parts: admin and auditor, maker of keys and their user, applicant and approver."""

from datetime import timedelta

import pytest
from deciding import asked, decide, principal_of

from guibin.approvals import queries
from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin_tenants import keys, staff
from guibin_tenants.authentication import recognise
from guibin_tenants.credentials import parse
from guibin_tenants.keys import NewKey
from guibin_tenants.principals import AUDITING, PERMISSIONS, ROLE_PERMISSIONS
from guibin_tenants.refusals import Invalid
from guibin_tenants.scope import fetch
from guibin_tenants.staff import NewStaff
from support import PASSWORD

ME = "/api/v1/me"
ACCOUNT = {"login": "he.jing", "name": "何静", "roles": ["auditor"], "password": PASSWORD}
NEW_PASSWORD = {"password": "another horse battery"}
# Of one role twice, so that only the person can be in the way.
FLOW = ApprovalFlow("twice", "test", (ApprovalStep("tenant_admin"), ApprovalStep("tenant_admin")), clause="S07-1")


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


@pytest.fixture
async def auditor(tenant):
    return await tenant.staff("auditor", "auditor")


async def key_of(client, world, *scopes, **restrictions):
    """A caller with a new key of the client's."""
    answer = await client.post("/api/v1/keys", json={"name": "k", "scopes": list(scopes), **restrictions})
    assert answer.status_code == 201, answer.text
    made = world.client(answer.json()["token"])
    made.key_id = answer.json()["key"]["id"]
    return made


def test_nobody_who_may_see_the_audit_may_do_anything_else():
    both = {role: held for role, held in ROLE_PERMISSIONS.items() if held & AUDITING and held - AUDITING}

    assert both == {}


async def test_an_admin_makes_neither_himself_nor_his_account_nor_a_key_an_auditor(admin, auditor, tenant):
    other = await tenant.staff("other", "agent")
    own = f"/api/v1/staff/{admin.staff_id}"

    answers = [
        await admin.post("/api/v1/staff", json=ACCOUNT),
        await admin.patch(own, json={"roles": ["tenant_admin", "auditor"]}),
        await admin.patch(own, json={"roles": ["auditor"]}),
        await admin.patch(f"/api/v1/staff/{other.staff_id}", json={"roles": ["auditor"]}),
        await admin.post(f"/api/v1/staff/{auditor.staff_id}/password", json=NEW_PASSWORD),
        await admin.post(f"/api/v1/staff/{auditor.staff_id}/leaving", json={}),
        await admin.patch(f"/api/v1/staff/{auditor.staff_id}", json={"roles": ["agent"]}),
        await admin.post("/api/v1/keys", json={"name": "log", "scopes": ["audit:read"]}),
        await admin.post("/api/v1/keys", json={"name": "log", "scopes": ["auditors:write"]}),
        await admin.post("/api/v1/keys", json={"name": "log", "scopes": ["*"]}),
    ]

    assert [(answer.status_code in (403, 422)) for answer in answers] == [True] * 10
    assert (await admin.get("/api/v1/audit-entries")).status_code == 403
    assert (await auditor.get("/api/v1/audit-entries")).status_code == 200


async def test_auditors_appoint_auditors_and_nobody_else(tenant, admin, auditor):
    made = await auditor.post("/api/v1/staff", json=ACCOUNT)
    colleague = f"/api/v1/staff/{made.json()['id']}"
    agent = await tenant.staff("agent", "agent")

    refused = [
        await auditor.post("/api/v1/staff", json=ACCOUNT | {"login": "x", "roles": ["agent"]}),
        await auditor.post("/api/v1/staff", json=ACCOUNT | {"login": "x", "roles": ["tenant_admin"]}),
        await auditor.patch(colleague, json={"roles": ["agent"]}),
        await auditor.patch(f"/api/v1/staff/{agent.staff_id}", json={"name": "x"}),
        await auditor.post(f"/api/v1/staff/{admin.staff_id}/password", json=NEW_PASSWORD),
        await auditor.post(f"/api/v1/staff/{agent.staff_id}/leaving", json={}),
    ]

    assert made.status_code == 201
    assert [answer.status_code for answer in refused] == [403] * 6
    assert (await auditor.post(f"{colleague}/password", json=NEW_PASSWORD)).status_code == 204
    assert (await auditor.post(f"{colleague}/leaving", json={})).status_code == 200


async def test_no_account_is_an_auditor_beside_something_else(world, tenant):
    async with tenant.scope():
        for role in ("agent", "tenant_admin"):
            with pytest.raises(Invalid):
                await staff.add(
                    NewStaff(login="x", name="x", roles=("auditor", role), password=PASSWORD), now=world.clock()
                )
        assert await staff.by_login("x") is None


async def test_a_star_is_all_but_the_audit(world, tenant):
    async with tenant.scope():
        token, _ = await keys.create(NewKey(name="all", scopes=("*",)), now=world.clock())
        held = (await recognise(parse(token), now=world.clock())).principal.permissions

    assert held == PERMISSIONS - AUDITING


async def test_a_key_does_what_its_owner_may_now(world, tenant, admin):
    boss = await tenant.staff("boss", "tenant_admin")
    key = await key_of(admin, world, "customers:read", "staff:write", "keys:write")
    before = (await key.get(ME)).json()["permissions"]

    await boss.patch(f"/api/v1/staff/{admin.staff_id}", json={"roles": ["agent"]})
    demoted = (await key.get(ME)).json()["permissions"]
    await boss.patch(f"/api/v1/staff/{admin.staff_id}", json={"roles": ["tenant_admin"]})
    again = (await key.get(ME)).json()["permissions"]
    await boss.post(f"/api/v1/staff/{admin.staff_id}/leaving", json={})

    assert before == again == ["customers:read", "keys:write", "staff:write"]
    assert demoted == ["customers:read"]
    assert (await key.get(ME)).status_code == 401
    assert [one["revoked_at"] is None for one in (await boss.get("/api/v1/keys")).json()] == [False]


async def test_a_key_ends_with_its_owners_account_whoever_ended_that(world, tenant, admin):
    key = await key_of(admin, world, "customers:read")
    before = (await key.get(ME)).status_code

    async with tenant.scope():
        await staff.leave(admin.staff_id, now=world.clock())

    assert (before, (await key.get(ME)).status_code) == (200, 401)


async def test_a_key_sees_what_its_owner_sees_now(world, tenant, admin):
    east, west = await tenant.unit("east"), await tenant.unit("west")
    chief = await tenant.staff("chief", "tenant_admin")
    wide = await key_of(chief, world, "customers:read")
    narrow = await key_of(chief, world, "customers:read", org_unit_id=str(east))
    tokens = [one.headers["Authorization"].removeprefix("Bearer ") for one in (wide, narrow)]

    await admin.patch(f"/api/v1/staff/{chief.staff_id}", json={"org_unit_id": str(west)})

    async with tenant.scope():
        seen = [(await recognise(parse(token), now=world.clock())).principal.units for token in tokens]
    assert seen == [(west,), ()]


async def test_a_restricted_key_makes_no_unrestricted_one(world, tenant, admin):
    until = (world.clock() + timedelta(days=30)).isoformat()
    later = (world.clock() + timedelta(days=31)).isoformat()
    bound = {"addresses": ["127.0.0.0/24"], "expires_at": until}
    key = await key_of(admin, world, "keys:write", "customers:read", **bound)
    beyond = [
        {"scopes": ["customers:write"]},
        {"addresses": ["0.0.0.0/0"]},
        {"addresses": ["127.0.0.0/24", "10.0.0.0/8"]},
        {"addresses": ["::/0"]},
        {"expires_at": later},
    ]

    refused = [
        (await key.post("/api/v1/keys", json={"name": "k", "scopes": ["customers:read"], **one})).status_code
        for one in beyond
    ]
    made = (await key.post("/api/v1/keys", json={"name": "k", "scopes": ["customers:read"]})).json()["key"]
    narrower = await key.post(
        "/api/v1/keys", json={"name": "k", "scopes": ["customers:read"], "addresses": ["127.0.0.0/28"]}
    )

    assert refused == [403] * 5
    assert (made["addresses"], made["expires_at"] is not None) == (["127.0.0.0/24"], True)
    assert made["owner_id"] == str(admin.staff_id)
    assert narrower.status_code == 201


async def test_a_key_ends_with_the_one_that_made_it(world, tenant, admin):
    first = await key_of(admin, world, "keys:write", "customers:read")
    second = await key_of(first, world, "keys:write", "customers:read")
    third = await key_of(second, world, "customers:read")
    beside = await key_of(admin, world, "customers:read")
    before = [(await one.get(ME)).status_code for one in (first, second, third, beside)]

    await admin.delete(f"/api/v1/keys/{first.key_id}")

    after = [(await one.get(ME)).status_code for one in (first, second, third, beside)]
    assert (before, after) == ([200] * 4, [401, 401, 401, 200])


async def test_an_outlets_admin_sees_and_ends_the_outlets_keys_only(world, tenant, admin):
    await tenant.unit("east")
    local = await tenant.staff("local", "tenant_admin", unit="east")
    theirs = await key_of(local, world, "customers:read", org_unit_id=str(tenant.units["east"]))
    head = await key_of(admin, world, "customers:read")

    assert [one["id"] for one in (await local.get("/api/v1/keys")).json()] == [theirs.key_id]
    assert (await local.delete(f"/api/v1/keys/{head.key_id}")).status_code == 404
    assert (await head.get(ME)).status_code == 200


async def test_whoever_has_a_new_password_is_told_that_it_was_set(tenant, admin, world):
    colleague = await tenant.staff("colleague", "agent")

    for password in ("another horse battery", "yet another horse battery"):
        body = {"password": password}
        assert (await admin.post(f"/api/v1/staff/{colleague.staff_id}/password", json=body)).status_code == 204
        world.clock.set(world.clock() + timedelta(minutes=1))

    async with tenant.scope():
        told = await fetch("select staff_id, kind from staff_notice")
    assert [tuple(row) for row in told] == [(colleague.staff_id, "password_set")] * 2


async def test_nobodys_own_password_is_set_without_the_present_one(world, admin):
    key = await key_of(admin, world, "staff:write")
    path = f"/api/v1/staff/{admin.staff_id}/password"

    assert [(await one.post(path, json=NEW_PASSWORD)).status_code for one in (admin, key)] == [403, 403]


async def test_one_persons_keys_pass_one_step(world, tenant, admin):
    asker = await tenant.staff("asker", "tenant_admin")
    second = await tenant.staff("second", "tenant_admin")
    first_key = await key_of(admin, world, "approvals:decide", "approvals:read")
    service = await key_of(admin, world, "approvals:decide", "approvals:read", service="OA")
    approval = await asked(tenant, await principal_of(tenant, asker), FLOW)

    own = await decide(await key_of(asker, world, "approvals:decide"), approval)
    steps = [await decide(client, approval) for client in (first_key, admin, service)]
    waiting = [
        [one["id"] for one in (await client.get("/api/v1/approvals")).json()["items"]]
        for client in (admin, service, second)
    ]
    other = await decide(await key_of(second, world, "approvals:decide"), approval)

    assert own == (403, "own-application")
    assert steps == [(200, ""), (409, "already-decided"), (409, "already-decided")]
    assert waiting == [[], [], [str(approval)]]
    assert other == (200, "")


async def test_a_persons_key_decides_what_the_person_may(world, tenant, admin):
    """An admin may make a key with `approvals:decide`; the step is a manager's all the same."""
    manager_step = ApprovalFlow("once", "test", (ApprovalStep("manager"),), clause="S07-1")
    asker = await tenant.staff("asker", "manager")
    key = await key_of(admin, world, "approvals:decide")
    approval = await asked(tenant, await principal_of(tenant, asker), manager_step)

    assert await decide(key, approval) == (403, "not-yours-to-decide")


@pytest.mark.parametrize("service", [None, "OA"])
async def test_the_keys_of_one_system_are_one(world, tenant, service):
    scopes = ("approvals:decide", "approvals:read")
    async with tenant.scope():
        tokens = [
            (await keys.create(NewKey(name="k", scopes=scopes, service=service), now=world.clock()))[0]
            for _ in range(3)
        ]
    keys_of_one = [world.client(token) for token in tokens]
    another = await tenant.client(*scopes)
    asker = await tenant.staff("asker", "tenant_admin")
    approval = await asked(tenant, await principal_of(tenant, asker), FLOW)
    theirs = await asked(tenant, await principal_of(tenant, keys_of_one[0]), FLOW)

    steps = [await decide(client, approval) for client in keys_of_one]

    assert steps == [(200, ""), (409, "already-decided"), (409, "already-decided")]
    assert [await decide(client, theirs) for client in keys_of_one] == [(403, "own-application")] * 3
    assert await decide(another, approval) == (200, "")
    async with tenant.scope():
        assert (await queries.by_id(approval)).outcome == "approved"
