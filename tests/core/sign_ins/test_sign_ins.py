"""How people sign in, as their admin sees it: whose second factor is missing, where they are signed in, what ends it."""

import pyotp
import pytest

from support import PASSWORD

ALL = "/api/v1/sign-ins"


async def signs_in(world, tenant, login):
    client = world.client()
    answer = await client.post("/api/v1/sessions", json={"company": tenant.slug, "login": login, "password": PASSWORD})
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


async def set_up(world, client):
    app = pyotp.TOTP((await client.post("/api/v1/me/second-factor")).json()["secret"])
    code = app.at(int(world.clock().timestamp()))
    assert (await client.post("/api/v1/me/second-factor/confirmation", json={"code": code})).status_code == 201


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


async def by_login(client, **asked):
    answer = await client.get(ALL, params=asked)
    assert answer.status_code == 200, answer.text
    return {one["login"]: one for one in answer.json()["items"]}


async def test_an_admin_sees_who_has_a_second_factor_and_who_should(world, tenant, admin):
    await set_up(world, await tenant.staff("has", "agent"))
    await tenant.staff("lacks", "agent")
    await tenant.staff("free", "manager")
    await admin.put("/api/v1/sign-in-rules", json={"second_factor_roles": ["agent"]})

    everybody = await by_login(admin)

    assert {login: one["state"] for login, one in everybody.items()} == {
        "admin": "none",
        "has": "set",
        "lacks": "missing",
        "free": "none",
    }
    assert everybody["has"]["codes_left"] == 10
    assert list(await by_login(admin, state="missing")) == ["lacks"]
    assert list(await by_login(admin, q="fre")) == ["free"]


async def test_one_place_is_ended_or_all_of_them_and_it_is_on_record(world, tenant, admin):
    first = await tenant.staff("li.wei", "agent")
    second, third = await signs_in(world, tenant, "li.wei"), await signs_in(world, tenant, "li.wei")
    path = f"{ALL}/{first.staff_id}/sessions"
    seen = (await by_login(admin, signed_in="true"))["li.wei"]
    latest = (await admin.get(path)).json()

    one = await admin.delete(f"{path}/{latest[0]['id']}")
    left = [(await each.get("/api/v1/me")).status_code for each in (first, second, third)]
    rest = await admin.delete(path)

    assert (seen["sessions"], len(latest)) == (3, 3)
    assert set(latest[0]) == {"id", "device", "address", "created_at", "used_at", "expires_at"}
    assert (one.status_code, sorted(left), rest.json()) == (204, [200, 200, 401], {"ended": 2})
    assert [(await each.get("/api/v1/me")).status_code for each in (first, second, third)] == [401] * 3
    entries = (
        await (await tenant.client()).get("/api/v1/audit-entries", params={"action": "staff.end_session"})
    ).json()["items"]
    assert [entry["subject_id"] for entry in entries] == [str(first.staff_id)] * 2


async def test_an_outlets_admin_sees_their_own_and_nobody_ends_whoever_holds_more(tenant, admin):
    await tenant.unit("east")
    await tenant.unit("west")
    local = await tenant.staff("local", "tenant_admin", unit="east")
    await tenant.staff("here", "agent", unit="east")
    there = await tenant.staff("there", "agent", unit="west")
    auditor = await tenant.staff("auditor", "auditor")

    paths = [f"{ALL}/{one.staff_id}/sessions" for one in (there, auditor)]

    assert list(await by_login(local)) == ["here", "local"]
    assert [(await local.get(path)).status_code for path in paths] == [404, 404]
    assert [(await local.delete(path)).status_code for path in paths] == [404, 404]
    assert (await admin.delete(paths[1])).status_code == 403


async def test_by_page_an_admin_says_who_must_resets_and_ends(world, tenant, admin):
    admin.headers["Accept-Language"] = "zh-CN"
    agent = await tenant.staff("li.wei", "agent")
    await set_up(world, agent)
    person = f"/console/sign-ins/{agent.staff_id}"

    form = await admin.get("/console/sign-ins/rules")
    wrong = await admin.post("/console/sign-ins/rules", data={"second_factor_roles": ["nobody"]})
    said = await admin.post("/console/sign-ins/rules", data={"second_factor_roles": ["agent", "manager"]})
    listed = await admin.get("/console/sign-ins?state=set")
    page = await admin.get(person)
    session = page.text.partition(f"{person}/sessions/")[2].partition("/")[0]
    ended = await admin.post(f"{person}/sessions/{session}/end")
    reset = await admin.post(f"{person}/do/reset")

    assert ("哪些角色与岗位" in form.text, wrong.status_code, said.status_code) == (True, 422, 200)
    assert (await admin.get("/api/v1/sign-in-rules")).json()["second_factor_roles"] == ["agent", "manager"]
    assert ("li.wei" in listed.text, "已启用" in listed.text) == (True, True)
    assert (ended.status_code, reset.status_code) == (200, 200)
    assert (await agent.get("/api/v1/me")).status_code == 401
    assert (await by_login(admin))["li.wei"]["state"] == "missing"
