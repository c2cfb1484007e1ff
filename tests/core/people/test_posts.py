"""Posts: who holds each, what of the policy rests on it, and which are vacant."""

import pytest
from desk import open_desk

POSTS, PAGE = "/api/v1/posts", "/console/posts"


@pytest.fixture
async def bank(world):
    return (await open_desk(world, "banking")).tenant


@pytest.fixture
async def admin(bank):
    admin = await bank.staff("admin", "tenant_admin")
    admin.headers["Accept-Language"] = "zh-CN"
    return admin


async def by_name(client):
    answer = await client.get(POSTS)
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.json()}


async def test_a_post_says_who_holds_it_and_what_rests_on_it(bank, admin):
    await bank.unit("moyu")
    head = await bank.staff("head", "corporate_department", unit="moyu")
    policy = (await admin.get("/api/v1/policy")).json()
    flows = [flow for flow in policy["approvals"] if "corporate_department" in str(flow["steps"])]

    post = (await by_name(admin))["corporate_department"]

    assert (post["vacant"], post["role"]) == (False, "manager")
    assert post["holders"] == [{"id": str(head.staff_id), "name": "head", "unit_name": "moyu"}]
    assert flows != []
    assert {flow["clause"] for flow in flows} <= {rest["clause"] for rest in post["rests"]}


async def test_a_vacant_post_stands_first_with_what_reaches_nobody(bank, admin):
    held = await bank.staff("head", "corporate_department")
    vacant = (await by_name(admin))["corporate_department"]["vacant"]
    before = (await admin.get(PAGE)).text
    await admin.post(f"/api/v1/staff/{held.staff_id}/leaving", json={})

    after = (await by_name(admin))["corporate_department"]
    page = (await admin.get(PAGE)).text

    assert (vacant, after["vacant"], after["holders"]) == (False, True, [])
    assert f"有 {len(after['rests'])} 处通知、审批或职责落不到人" in page
    assert f'href="/console/people/{held.staff_id}"' in before
    assert f'href="/console/people/{held.staff_id}"' not in page


async def test_holders_elsewhere_are_not_named_to_an_outlets_admin_and_the_post_is_not_vacant(bank):
    await bank.unit("moyu")
    await bank.staff("head", "corporate_department")
    local = await bank.staff("local", "tenant_admin", unit="moyu")

    post = (await by_name(local))["corporate_department"]

    assert (post["vacant"], post["holders"]) == (False, [])


async def test_posts_are_for_whoever_reads_staff(bank):
    agent = await bank.staff("agent", "agent")

    assert [(await agent.get(path)).status_code for path in (POSTS, PAGE)] == [403, 403]
