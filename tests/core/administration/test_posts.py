"""Posts of a company's policy: held by staff, they bring a role, ask, decide and are told."""

import pytest

from guibin.cases import Case
from guibin.notices.actions import Notice, notify
from guibin_tenants.tables import new_id
from support import PASSWORD

ACCOUNT = {"login": "zhao.min", "name": "赵敏", "roles": ["chief"], "password": PASSWORD}
APPLICATION = {
    "scheme": "key_account",
    "tier": "key",
    "reason": "special contribution",
    "form": "special_user_application",
    "answers": {
        "customer_kind": "leader",
        "reason": "special contribution",
        "special_contribution": "donated the ring line",
        "network": "two_way",
        "equipment": "set_top_box",
        "programmes": "all",
        "starts_on": "2026-03-03",
        "ends_on": "2027-03-03",
    },
}
OVERRIDES = {
    "posts": [{"name": "chief", "role": "manager"}, {"name": "clerk", "role": "agent"}],
    "approvals": [
        {"name": "special_user", "subject": "application", "applicants": ["clerk"], "steps": [{"role": "chief"}]}
    ],
    "texts": {"post.chief": {"zh": "总经理", "en": "General manager"}, "post.clerk": {"zh": "文员", "en": "Clerk"}},
}


async def write(client, overrides):
    return await client.post("/api/v1/policy/versions", json={"overrides": overrides})


@pytest.fixture
async def admin(tenant, client):
    written = await write(client, OVERRIDES)
    assert written.status_code == 201, written.text
    return await tenant.staff("admin", "tenant_admin")


async def test_a_post_brings_its_role_and_is_shown_with_its_title(tenant, admin):
    added = await admin.post("/api/v1/staff", json=ACCOUNT)
    chief = await tenant.staff("chief", "chief")
    me = (await chief.get("/api/v1/me", headers={"Accept-Language": "en"})).json()

    assert (added.status_code, added.json()["roles"]) == (201, ["chief", "manager"])
    assert (me["roles"], me["posts"]) == (["chief", "manager"], [{"name": "chief", "title": "General manager"}])
    assert {"approvals:decide", "customers:export"} <= set(me["permissions"])
    assert "staff:write" not in me["permissions"]


async def test_a_post_is_one_of_the_policys(admin):
    refused = await admin.post("/api/v1/staff", json=ACCOUNT | {"roles": ["emperor"]})

    error = refused.json()["errors"][0]
    assert (refused.status_code, error["field"], error["value"]) == (422, "roles", "emperor")
    assert "chief" in error["fix"]
    assert len((await admin.get("/api/v1/staff")).json()) == 1


async def test_a_post_goes_with_the_role_it_brought(tenant, admin, world):
    chief = await tenant.staff("chief", "chief")
    path = f"/api/v1/staff/{chief.staff_id}"

    renamed = await admin.patch(path, json={"name": "赵敏"})
    changed = await admin.patch(path, json={"roles": ["clerk"]})

    assert renamed.json()["roles"] == ["chief", "manager"]
    assert changed.json()["roles"] == ["clerk", "agent"]
    assert "approvals:decide" not in (await chief.get("/api/v1/me")).json()["permissions"]


async def test_nobody_hands_out_a_post_whose_role_is_beyond_them(tenant, admin):
    helper = await tenant.client("staff:write", "staff:read")

    refused = await helper.post("/api/v1/staff", json=ACCOUNT)

    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (403, "forbidden")
    assert len((await admin.get("/api/v1/staff")).json()) == 1


async def test_the_post_asks_and_the_post_decides(tenant, client, admin):
    clerk, other = await tenant.staff("clerk", "clerk"), await tenant.staff("agent", "agent")
    chief, manager = await tenant.staff("chief", "chief"), await tenant.staff("manager", "manager")
    answer = await client.post("/api/v1/customers", json={"number": "1", "name": "张三", "kind": "leader"})
    body = APPLICATION | {"customer_id": answer.json()["id"]}

    not_an_applicant = await other.post("/api/v1/applications", json=body)
    asked = await clerk.post("/api/v1/applications", json=body)
    decision = f"/api/v1/approvals/{asked.json()['approval_id']}/decision"
    refused = await manager.post(decision, json={"approved": True})
    waiting = (await chief.get("/api/v1/approvals")).json()["items"]
    decided = await chief.post(decision, json={"approved": True})

    assert (not_an_applicant.status_code, asked.status_code) == (403, 201), asked.text
    assert [step["role"] for step in waiting[0]["steps"]] == ["chief"]
    assert (refused.status_code, decided.status_code, decided.json()["outcome"]) == (403, 200, "approved")


async def test_a_post_is_told_like_a_role(tenant, admin):
    chief = await tenant.staff("chief", "chief")
    await tenant.staff("manager", "manager")

    async with tenant.scope():
        notice = Notice("deadline_escalated", Case("complaint", new_id()), roles=("chief",))
        told = await notify(notice, key="k", now=tenant.world.clock())

    assert told == (chief.staff_id,)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"posts": [{"name": "manager"}]}, "posts"),
        ({"posts": [{"name": "chief", "role": "emperor"}]}, "posts.chief.role"),
        ({"approvals": [{"name": "e", "subject": "application", "steps": [{"role": "nobody"}]}]}, "approvals.e"),
        ({"texts": {}}, "texts"),
    ],
)
async def test_posts_that_contradict_the_policy_are_refused(client, changes, place):
    refused = await write(client, OVERRIDES | changes)

    assert refused.status_code == 422
    assert place in [error["field"] for error in refused.json()["errors"]]
