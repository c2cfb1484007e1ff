"""Posts with their days: they begin and end by themselves, bring a role and take it back, and stay on record."""

from datetime import timedelta

import pytest
from running import come_round

from guibin.administration.jobs import KeepTerms
from guibin_tenants.scope import execute, fetch, fetch_value

ZH = {"Accept-Language": "zh-CN"}


@pytest.fixture
async def tenant(world):
    return await world.tenant(packs=("hotel",))


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


@pytest.fixture
async def desk(tenant):
    return await tenant.staff("desk", "agent")


@pytest.fixture
async def post(admin):
    """A post of the company's policy that brings a role which an agent does not have."""
    return next(each["name"] for each in (await admin.get("/api/v1/posts")).json() if each["role"] == "manager")


async def roles_of(admin, person):
    answer = await admin.get(f"/api/v1/staff/{person.staff_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()["roles"]


async def on(world, tenant, days):
    """Midnight of that many days from now has come, and what is to be done then is done."""
    world.clock.set(world.clock() + timedelta(days=days))
    await come_round(tenant, KeepTerms())
    async with tenant.scope():
        # Whoever is signed in stays so for the days of the test.
        await execute("update staff_session set expires_at = $1", world.clock() + timedelta(days=30))
    world.litestar.state.scope_middleware.remembered.forget_all()


async def given(admin, person, **asked):
    return await admin.post(f"/api/v1/staff/{person.staff_id}/terms", json=asked)


async def states(admin, person):
    answer = await admin.get(f"/api/v1/staff/{person.staff_id}/terms")
    assert answer.status_code == 200, answer.text
    return [each["state"] for each in answer.json()]


async def test_a_post_begins_on_its_day_brings_its_role_and_both_go_after_the_last(world, tenant, admin, desk, post):
    answer = await given(admin, desk, post=post, capacity="acting", from_on="2026-03-04", until_on="2026-03-05")
    before = (await roles_of(admin, desk), await states(admin, desk), (await desk.get("/console/board")).status_code)
    await on(world, tenant, 2)
    begun = (await roles_of(admin, desk), await states(admin, desk), (await desk.get("/console/board")).status_code)
    await on(world, tenant, 1)
    last_day = await states(admin, desk)
    await on(world, tenant, 1)
    over = (await roles_of(admin, desk), await states(admin, desk), (await desk.get("/console/board")).status_code)

    assert answer.status_code == 201, answer.text
    assert before == (["agent"], ["comes"], 403)
    assert begun == (["agent", post, "manager"], ["runs"], 200)
    assert last_day == ["runs"]
    assert over == (["agent"], ["over"], 403)


async def test_one_that_begins_today_holds_at_once_and_ends_by_hand(admin, desk, post):
    term = (await given(admin, desk, post=post)).json()
    held = await roles_of(admin, desk)
    ended = await admin.delete(f"/api/v1/staff/{desk.staff_id}/terms/{term['id']}")
    again = await admin.delete(f"/api/v1/staff/{desk.staff_id}/terms/{term['id']}")

    assert (held, await roles_of(admin, desk)) == (["agent", post, "manager"], ["agent"])
    assert (ended.json()["state"], again.status_code) == ("over", 409)


async def test_a_role_they_had_before_stays_when_the_post_goes(world, tenant, admin, post):
    lead = await tenant.staff("lead", "manager")
    await given(admin, lead, post=post, until_on="2026-03-02")
    held = await roles_of(admin, lead)
    await on(world, tenant, 1)

    assert (held, await roles_of(admin, lead)) == (["manager", post], ["manager"])


async def test_whoever_would_be_left_with_customers_keeps_the_role_that_looks_after_them(
    world, tenant, admin, desk, post
):
    await given(admin, desk, post=post, until_on="2026-03-02")
    client = await tenant.client()
    customer = {"number": "1", "name": "张三", "kind": "guest", "account_manager_id": str(desk.staff_id)}
    assert (await client.post("/api/v1/customers", json=customer)).status_code == 201
    await on(world, tenant, 1)

    assert await roles_of(admin, desk) == ["agent", "manager"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from_on": "2026-03-01"}, "from_on"),
        ({"from_on": "2026-03-09", "until_on": "2026-03-08"}, "until_on"),
        ({"post": "nobody"}, "post"),
    ],
)
async def test_what_cannot_be_is_refused_at_its_field(admin, desk, post, asked, field):
    answer = await given(admin, desk, **({"post": post} | asked))

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_post_is_not_given_twice_for_the_same_days_nor_to_oneself(tenant, admin, desk, post):
    first = await given(admin, desk, post=post, from_on="2026-03-04", until_on="2026-03-08")
    inside = await given(admin, desk, post=post, from_on="2026-03-08")
    after = await given(admin, desk, post=post, from_on="2026-03-09")
    own = await given(admin, admin, post=post)
    beyond = await given(await tenant.staff("lead", "manager"), desk, post=post)

    assert [each.status_code for each in (first, inside, after, own, beyond)] == [201, 422, 201, 403, 403]


async def test_leaving_and_taking_by_hand_end_it(world, tenant, admin, desk, post):
    other = await tenant.staff("other", "agent")
    await given(admin, desk, post=post)
    await given(admin, other, post=post, from_on="2026-03-05")
    await admin.patch(f"/api/v1/staff/{desk.staff_id}", json={"roles": ["agent"]})
    await admin.post(f"/api/v1/staff/{other.staff_id}/leaving", json={})
    await on(world, tenant, 5)

    assert (await states(admin, desk), await states(admin, other)) == (["over"], ["over"])
    async with tenant.scope():
        assert await fetch_value("select count(*) from staff where $1 = any (roles)", post) == 0


async def test_pages_show_it_and_the_record_says_who_gave_and_what_was_taken(world, tenant, admin, desk, post):
    await given(admin, desk, post=post, capacity="acting", until_on="2026-03-03")
    person = (await admin.get(f"/console/people/{desk.staff_id}", headers=ZH)).text
    holders = (await admin.get("/console/posts", headers=ZH)).text
    await on(world, tenant, 2)

    assert "任职中" in person
    assert "代理 · 到明天" in holders.replace("\n", "")
    async with tenant.scope():
        rows = await fetch("select given, taken, changed_by_name from role_change order by changed_at")
    assert [(row["given"], row["taken"]) for row in rows][-2:] == [([post, "manager"], []), ([], [post, "manager"])]
    assert [row["changed_by_name"] for row in rows][-2:] == ["admin", "keep_terms"]
