"""Posts with their days: they begin and end by themselves, bring a role and take it back, and stay on record."""

import re
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


async def checked(admin, person, path="checks", **asked):
    answer = await admin.post(f"/api/v1/staff/{person.staff_id}/terms/{path}", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def days(found):
    return found["from_on"], found["until_on"]


async def test_who_gains_what_from_when_until_when_is_said_before_it_is_given(admin, desk, post):
    found = await checked(admin, desk, post=post, from_on="2026-03-04", until_on="2026-03-05")

    assert (found["given"], found["taken"], days(found)) == ([post, "manager"], [], ("2026-03-04", "2026-03-05"))
    assert ("approvals:decide" in found["permissions_given"], found["permissions_taken"]) == (True, [])
    assert (await states(admin, desk), await roles_of(admin, desk)) == ([], ["agent"])


async def test_what_another_post_brings_that_day_is_no_gain(admin, desk, post):
    await given(admin, desk, post=post, from_on="2026-03-04", until_on="2026-03-05")
    found = await checked(admin, desk, post=post, from_on="2026-03-06")
    other = next(
        each["name"]
        for each in (await admin.get("/api/v1/posts")).json()
        if each["role"] == "manager" and each["name"] != post
    )
    beside = await checked(admin, desk, post=other, from_on="2026-03-04", until_on="2026-03-05")

    assert (found["given"], days(found)) == ([post, "manager"], ("2026-03-06", None))
    assert (beside["given"], beside["permissions_given"]) == ([other], [])


async def test_ending_says_what_goes_now_or_what_will_not_come(admin, desk, post):
    runs = (await given(admin, desk, post=post, until_on="2026-03-05")).json()["id"]
    comes = (await given(admin, desk, post=post, from_on="2026-03-08", until_on="2026-03-09")).json()["id"]
    now, later = [await checked(admin, desk, f"{each}/end/checks") for each in (runs, comes)]

    assert (now["taken"], days(now)) == ([post, "manager"], ("2026-03-02", "2026-03-05"))
    assert (later["taken"], days(later)) == ([post, "manager"], ("2026-03-08", "2026-03-09"))
    assert (await states(admin, desk)) == ["comes", "runs"]


async def test_another_last_day_says_what_is_had_for_longer_or_less_long_and_holds(world, tenant, admin, desk, post):
    path = f"/api/v1/staff/{desk.staff_id}/terms"
    term = (await given(admin, desk, post=post, until_on="2026-03-05")).json()["id"]
    longer = await checked(admin, desk, f"{term}/checks", until_on="2026-03-08")
    shorter = await checked(admin, desk, f"{term}/checks", until_on="2026-03-03")
    same = await checked(admin, desk, f"{term}/checks", until_on="2026-03-05")
    past = await admin.patch(f"{path}/{term}", json={"until_on": "2026-03-01"})
    own = await admin.post(f"/api/v1/staff/{admin.staff_id}/terms/{term}/checks", json={})
    changed = await admin.patch(f"{path}/{term}", json={"until_on": "2026-03-03"})
    await on(world, tenant, 2)

    assert (longer["given"], days(longer)) == ([post, "manager"], ("2026-03-06", "2026-03-08"))
    assert (shorter["taken"], days(shorter)) == ([post, "manager"], ("2026-03-04", "2026-03-05"))
    assert (same["given"], same["taken"]) == ([], [])
    assert (past.status_code, past.json()["errors"][0]["field"], own.status_code) == (422, "until_on", 404)
    assert (changed.json()["until_on"], await states(admin, desk)) == ("2026-03-03", ["over"])


async def test_a_last_day_does_not_reach_into_another_term_of_the_post(admin, desk, post):
    term = (await given(admin, desk, post=post, until_on="2026-03-05")).json()["id"]
    await given(admin, desk, post=post, from_on="2026-03-08")
    answer = await admin.patch(f"/api/v1/staff/{desk.staff_id}/terms/{term}", json={"until_on": "2026-03-08"})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "until_on")


async def test_going_elsewhere_leaving_and_coming_back_say_how_many_customers_are_seen(tenant, admin):
    await tenant.unit("east")
    east = next(unit for unit in (await admin.get("/api/v1/org-units")).json() if unit["code"] == "east")
    client = await tenant.client()
    for number, unit in (("1", "east"), ("2", None)):
        customer = {"number": number, "name": "张三", "kind": "guest"} | ({"org_unit_id": east["id"]} if unit else {})
        assert (await client.post("/api/v1/customers", json=customer)).status_code == 201
    person = f"/api/v1/staff/{(await tenant.staff('li.wei', 'agent', unit='east')).staff_id}"
    up = (await admin.post(f"{person}/checks", json={"org_unit_id": None})).json()
    leaving = (await admin.post(f"{person}/leaving/checks")).json()
    early = await admin.post(f"{person}/return/checks")
    assert (await admin.post(f"{person}/leaving", json={})).status_code == 200
    back = (await admin.post(f"{person}/return/checks")).json()

    assert (up["whole_given"], up["customers_given"], up["customers_taken"]) == (True, 1, 0)
    assert (leaving["taken"], leaving["customers_taken"], leaving["units_taken"]) == (["agent"], 1, [east["name"]])
    assert {(one["before"], one["after"]) for one in leaving["sight_taken"]} == {("clear", "hidden")}
    assert early.status_code == 409
    assert (back["given"], back["customers_given"]) == (["agent"], 1)


async def test_a_post_brings_sight_of_fields_that_other_roles_do_not_have(admin, desk, post):
    said = {"rights": {"birthday": "hidden", "class.confidential": "masked"}}
    assert (await admin.put("/api/v1/field-rights/agent", json=said)).status_code == 204
    found = await checked(admin, desk, post=post, until_on="2026-03-05")

    assert {"part": "birthday", "before": "hidden", "after": "clear"} in found["sight_given"]
    assert (found["sight_taken"], found["customers_given"]) == ([], 0)


async def test_by_page_it_is_done_once_what_comes_of_just_that_was_seen(admin, desk, post):
    path = f"/console/people/{desk.staff_id}/do/assign"
    asked = {"post": post, "capacity": "held", "until_on": "2026-03-05"}
    first = await admin.post(path, data=asked, headers=ZH)
    seen = re.search(r'name="seen" value="(\w+)"', first.text)[1]
    other = await admin.post(path, data=asked | {"seen": seen, "until_on": "2026-03-06"}, headers=ZH)
    none = await states(admin, desk)
    done = await admin.post(path, data=asked | {"seen": seen}, headers=ZH)
    term = (await admin.get(f"/api/v1/staff/{desk.staff_id}/terms")).json()[0]["id"]
    ending = await admin.get(f"/console/people/terms/{term}/do/end_term", headers=ZH)
    ended = await admin.post(f"/console/people/terms/{term}/do/end_term", headers=ZH)
    again = await admin.get(f"/console/people/terms/{term}/do/end_term", headers=ZH)

    assert (
        "可以" in first.text,
        "今天 至 周四" in first.text or "3月5日" in first.text,
        'name="seen"' in other.text,
    ) == (
        True,
        True,
        True,
    )
    assert (none, done.status_code, "不能" in ending.text) == ([], 200, True)
    assert (ended.status_code, await states(admin, desk), again.status_code) == (200, ["over"], 409)
