"""Whoever sets somebody's password knows it: nothing is done with it but the choice of another."""

from datetime import timedelta

import pytest
from deciding import asked, decide, principal_of

from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin_tenants import keys, staff
from guibin_tenants.scope import execute
from guibin_tenants.staff import NewStaff
from guibin_tenants.tables import new_id
from support import PASSWORD

SET = "another horse battery"
OWN = "a third horse's battery"
ONCE = ApprovalFlow("once", "test", (ApprovalStep("manager"),), clause="S07-1")


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


@pytest.fixture
async def approver(tenant):
    return await tenant.staff("approver", "manager")


async def set_password(by, whose):
    answer = await by.post(f"/api/v1/staff/{whose.staff_id}/password", json={"password": SET})
    return answer.status_code


async def signed_in(world, tenant, login, password=SET, language="en"):
    client = world.client()
    client.headers["Accept-Language"] = language
    answer = await client.post("/api/v1/sessions", json={"company": tenant.slug, "login": login, "password": password})
    assert answer.status_code == 201, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    client.answer = answer.json()
    return client


async def chooses(client, present=SET, new=OWN):
    return (await client.put("/api/v1/me/password", json={"present": present, "new": new})).status_code


async def test_an_admin_decides_nothing_with_a_password_they_set(world, tenant, admin, approver):
    asker = await tenant.staff("asker", "manager")
    approval = await asked(tenant, await principal_of(tenant, asker), ONCE)
    assert await set_password(admin, approver) == 204

    posing = await signed_in(world, tenant, "approver")
    refused = await decide(posing, approval)
    looked = [(await posing.get(path)).status_code for path in ("/api/v1/me", "/api/v1/customers", "/api/v1/approvals")]
    key = await posing.post("/api/v1/keys", json={"name": "k", "scopes": ["approvals:decide"]})

    assert posing.answer["chooses_password"] is True
    assert refused == (403, "choose-password")
    assert (looked, key.status_code) == ([403] * 3, 403)


async def test_whoever_chose_their_own_decides(world, tenant, admin, approver):
    asker = await tenant.staff("asker", "manager")
    approval = await asked(tenant, await principal_of(tenant, asker), ONCE)
    await set_password(admin, approver)

    client = await signed_in(world, tenant, "approver")
    chosen = await chooses(client)

    assert chosen == 204
    assert (await client.get("/api/v1/me")).json()["roles"] == ["manager"]
    assert await decide(client, approval) == (200, "")
    assert (await signed_in(world, tenant, "approver", OWN)).answer["chooses_password"] is False


@pytest.mark.parametrize(("language", "says"), [("zh-CN", "请先修改为您自己的密码"), ("en", "choose one of your own")])
async def test_the_refusal_says_what_to_do(world, tenant, admin, approver, language, says):
    await set_password(admin, approver)
    client = await signed_in(world, tenant, "approver", language=language)

    assert says in (await client.get("/api/v1/me")).json()["detail"]


async def test_an_account_that_an_admin_made_begins_with_a_choice_too(world, tenant, admin):
    account = {"login": "he.jing", "name": "何静", "roles": ["manager"], "password": SET}
    assert (await admin.post("/api/v1/staff", json=account)).status_code == 201
    client = await signed_in(world, tenant, "he.jing")

    before = (await client.get("/api/v1/me")).status_code
    chosen = await chooses(client)

    assert (before, chosen, (await client.get("/api/v1/me")).status_code) == (403, 204, 200)


async def test_whoever_leaves_with_a_set_password_still_signs_out(world, tenant, admin, approver):
    await set_password(admin, approver)
    client = await signed_in(world, tenant, "approver")

    assert (await client.delete("/api/v1/sessions")).status_code == 204


@pytest.mark.parametrize("by_key", [False, True])
async def test_for_a_week_an_admin_and_whose_password_they_set_are_one_party(world, tenant, approver, by_key):
    """Whoever set a password can choose the next one as well."""
    admin = await tenant.staff("boss", "tenant_admin", "manager")
    second = await tenant.staff("second", "manager")
    by = admin
    if by_key:
        held = (await admin.get("/api/v1/me")).json()["permissions"]
        made = await admin.post("/api/v1/keys", json={"name": "k", "scopes": held})
        by = world.client(made.json()["token"])
    twice = ApprovalFlow("twice", "test", (ApprovalStep("manager"), ApprovalStep("manager")), clause="S07-1")
    own = await asked(tenant, await principal_of(tenant, admin), ONCE)
    steps = await asked(tenant, await principal_of(tenant, await tenant.staff("asker", "manager")), twice)
    assert await set_password(by, approver) == 204
    posing = await signed_in(world, tenant, "approver")
    await chooses(posing)

    early = [await decide(posing, own), await decide(admin, steps), await decide(posing, steps)]
    waiting = [one["id"] for one in (await posing.get("/api/v1/approvals")).json()["items"]]
    withdrawn = await admin.post(f"/api/v1/approvals/{steps}/withdrawal", json={"reason": "x"})
    world.clock.set(world.clock() + timedelta(days=7, minutes=1))
    posing, second = await signed_in(world, tenant, "approver", OWN), await signed_in(world, tenant, "second", PASSWORD)
    late = [await decide(posing, own), await decide(second, steps)]

    assert early == [(403, "own-application"), (200, ""), (409, "already-decided")]
    assert (waiting, withdrawn.status_code) == ([], 403)
    assert late == [(200, ""), (200, "")]


async def test_nobody_sets_the_password_of_an_account_that_holds_more_or_nothing(world, tenant, admin, approver):
    auditor = await tenant.staff("auditor", "auditor")
    agent = await tenant.staff("agent", "agent")
    made = await admin.post("/api/v1/keys", json={"name": "k", "scopes": ["staff:write"]})
    narrow = world.client(made.json()["token"])
    async with tenant.scope():
        await execute("update staff set roles = '{}' where id = $1", agent.staff_id)

    assert await set_password(auditor, agent) == 403
    assert await set_password(narrow, approver) == 403
    assert await set_password(admin, agent) == 204


async def test_a_password_of_the_operators_is_another_persons_too(world, tenant):
    async with tenant.scope():
        new = NewStaff(login="li", name="李", roles=("manager",), password=SET, password_set_by=new_id())
        await staff.add(new, now=world.clock())

    assert (await (await signed_in(world, tenant, "li")).get("/api/v1/me")).status_code == 403


async def test_two_improvers_of_whom_one_set_the_others_password_are_one(world, tenant, admin, approver):
    await set_password(admin, approver)
    by = await principal_of(tenant, admin)
    async with tenant.scope():
        hands = await keys.hands_of(by, now=world.clock())
        own = await keys.ids_of(by)
        later = await keys.hands_of(by, now=world.clock() + timedelta(days=8))

    assert (hands, own, later) == ({admin.staff_id, approver.staff_id}, {admin.staff_id}, {admin.staff_id})
