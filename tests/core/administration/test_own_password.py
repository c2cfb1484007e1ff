"""People choose their password themselves, and a weak one is refused wherever one is given."""

import contextlib

import pytest
from running import come_round

from guibin.administration.jobs import ForgetSignIns
from guibin_tenants import devices, sign_in_limits, staff
from guibin_tenants.refusals import Invalid
from guibin_tenants.scope import fetch_value
from guibin_tenants.staff import NewStaff
from guibin_tenants.tables import new_id
from support import PASSWORD

NEW = "another horse battery"


async def sign_in(client, tenant, login, password):
    body = {"company": tenant.slug, "login": login, "password": password}
    return (await client.post("/api/v1/sessions", json=body)).status_code


async def test_somebody_chooses_another_and_their_other_sessions_end(world, tenant):
    here = await tenant.staff("li.wei", "agent")
    elsewhere = world.client()
    assert await sign_in(elsewhere, tenant, "li.wei", PASSWORD) == 201

    done = await here.put("/api/v1/me/password", json={"present": PASSWORD, "new": NEW})

    assert done.status_code == 204
    assert ((await here.get("/api/v1/me")).status_code, (await elsewhere.get("/api/v1/me")).status_code) == (200, 401)
    assert await sign_in(world.client(), tenant, "li.wei", PASSWORD) == 401
    assert await sign_in(world.client(), tenant, "li.wei", NEW) == 201


@pytest.mark.parametrize(
    ("present", "new", "field"),
    [("wrong horse battery", NEW, "present"), (PASSWORD, "short", "password"), (PASSWORD, "password1234", "password")],
)
async def test_the_password_stays_when_the_present_one_is_wrong_or_the_new_one_weak(world, tenant, present, new, field):
    here = await tenant.staff("li.wei", "agent")

    refused = await here.put("/api/v1/me/password", json={"present": present, "new": new})

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert await sign_in(world.client(), tenant, "li.wei", PASSWORD) == 201


async def test_an_open_browser_does_not_tell_the_password(world, tenant):
    here = await tenant.staff("li.wei", "agent")
    wrong = {"present": "wrong horse battery", "new": NEW}

    answers = [(await here.put("/api/v1/me/password", json=wrong)).status_code for _ in range(11)]
    right = await here.put("/api/v1/me/password", json=wrong | {"present": PASSWORD})

    assert (answers, right.status_code) == ([422] * 10 + [429], 429)


async def test_only_whoever_is_signed_in_and_meant_it_changes_a_password(world, tenant):
    here = await tenant.staff("li.wei", "agent")
    body = {"present": PASSWORD, "new": NEW}
    key = await (await tenant.client()).put("/api/v1/me/password", json=body)
    nobody = await world.client().put("/api/v1/me/password", json=body)
    del here.headers["X-CSRF-Token"]

    assert (key.status_code, nobody.status_code) == (401, 401)
    assert (await here.put("/api/v1/me/password", json=body)).status_code == 403


async def test_signing_out_ends_the_session_and_takes_the_cookie(world, tenant):
    client = await tenant.staff("li.wei")
    session = client.cookies["guibin_session"]

    answer = await client.delete("/api/v1/sessions")

    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("guibin_session="))
    assert (answer.status_code, "Max-Age=0" in cookie) == (204, True)
    client.cookies.set("guibin_session", session)
    assert (await client.get("/api/v1/me")).status_code == 401


async def test_a_cookie_alone_does_not_sign_out(tenant):
    client = await tenant.staff("li.wei")
    csrf = client.headers.pop("X-CSRF-Token")

    refused = await client.delete("/api/v1/sessions")
    client.headers["X-CSRF-Token"] = csrf

    assert (refused.status_code, (await client.get("/api/v1/me")).status_code) == (403, 200)


SOON_GUESSED = (
    "short pass",
    "x7#Kp2!mQ9z",
    "goldfish2026",
    "zhangxiaowei24680",
    "password1234",
    "qwertyuiop12",
    "123456789012",
    "aaaaaaaaaaaa",
    "Abc123456789!",
    "zhangxiaowei2026",
    "xiaowei.zhang1!",
    "zhangxiaoweizhangxiaowei",
    "golden-harbour-2026",
    "goldenharbour!!!",
    "张晓伟张晓伟2026",
)


async def test_a_password_that_is_soon_guessed_is_refused(world):
    company = await world.tenant(f"golden-harbour-{new_id().hex[-6:]}")
    taken = []
    async with company.scope():
        for password in SOON_GUESSED:
            new = NewStaff(login=f"zhang.xiaowei{len(taken)}", name="张晓伟", roles=("agent",), password=password)
            with contextlib.suppress(Invalid):
                await staff.add(new, now=world.clock())
                taken.append(password)

    assert taken == []


@pytest.mark.parametrize("password", [PASSWORD, "x7#Kp2!mQ9zL", "四时茶香书声月影山高水长", "guibin-demo-2026"])
async def test_a_good_one_is_taken(world, tenant, password):
    async with tenant.scope():
        taken = await staff.add(
            NewStaff(login="zhang.xiaowei", name="张晓伟", roles=("agent",), password=password), now=world.clock()
        )

    assert taken.login == "zhang.xiaowei"


async def test_what_sign_ins_leave_behind_goes_when_its_time_is_over(world, tenant):
    await tenant.staff("li.wei")
    await sign_in(world.client(), tenant, "nobody", PASSWORD)

    async def left():
        async with tenant.scope():
            return [
                await fetch_value(f"select count(*) from {table}")
                for table in ("staff_session", "sign_in_limit", "known_device")
            ]

    at_first = await left()
    counts = []
    for later in (sign_in_limits.HOUR * 2, staff.SESSION_LASTS, devices.KNOWN_FOR):
        world.clock.set(world.clock() + later)
        await come_round(tenant, ForgetSignIns())
        counts.append(await left())

    assert at_first == [1, 4, 1]
    assert counts == [[1, 0, 1], [0, 0, 1], [0, 0, 0]]
