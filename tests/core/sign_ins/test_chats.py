"""Signing in by WeCom, DingTalk and Feishu, against fakes written from their documentation: what they say brings, and what never does."""

from datetime import UTC, datetime, timedelta

import pytest
from chats import APPS, CORP, SECRET, chats, settings

from guibin_tenants.scope import fetch, fetch_value, tenant_scope
from support import PASSWORD

SETTINGS, GOING, BACK = "/api/v1/identity-provider", "/console/sign-in/provider/going", "/console/sign-in/provider/back"
KINDS = ("wecom", "dingtalk", "feishu")
TOKENS = {
    "wecom": "/cgi-bin/gettoken",
    "dingtalk": "/gettoken",
    "feishu": "/open-apis/auth/v3/tenant_access_token/internal",
}
STEPS = [
    *(("wecom", path) for path in ("/cgi-bin/gettoken", "/cgi-bin/auth/getuserinfo", "/cgi-bin/user/get")),
    *(("dingtalk", path) for path in ("/v1.0/oauth2/userAccessToken", "/v1.0/contact/users/me", "/gettoken")),
    *(("dingtalk", path) for path in ("/topapi/user/getbyunionid", "/topapi/v2/user/get")),
    *(("feishu", f"/open-apis/{path}") for path in ("authen/v2/oauth/token", "authen/v1/user_info")),
    *(
        ("feishu", f"/open-apis/{path}")
        for path in ("auth/v3/tenant_access_token/internal", "contact/v3/users/on%2Fli")
    ),
]


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(autouse=True)
def today(world, public):
    """Tokens last by it."""
    world.clock.set(datetime.now(UTC))


@pytest.fixture
async def fake(today, tmp_path):
    async with chats(tmp_path) as fake:
        fake.person("li", "2", name="李伟")
        yield fake


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


async def write(admin, kind, **changes):
    answer = await admin.put(SETTINGS, json=settings(kind, **changes))
    assert answer.status_code == 200, answer.text
    return answer


async def go(world, tenant, **more):
    client = world.client()
    answer = await client.get(GOING, params={"company": tenant.slug} | more)
    assert answer.status_code == 303, answer.text
    return client, answer.headers["location"]


async def through(world, tenant, fake, kind, userid="li", **more):
    """A whole sign-in, as a browser does it."""
    client, address = await go(world, tenant, kind=kind, **more)
    return client, await client.get(BACK, params=fake.come_back(kind, address, userid))


async def actions_of(tenant, like):
    async with tenant_scope(tenant.id):
        rows = await fetch("select action from audit_entry where action like $1 order by id", like)
    return [row["action"] for row in rows]


async def is_out(client):
    return (await client.get("/api/v1/me")).status_code == 401


async def test_whoever_the_chat_names_is_signed_in_with_what_their_departments_give(world, tenant, admin, fake, kind):
    written = await write(admin, kind)
    client, inside = await through(world, tenant, fake, kind, next="/console/customers")
    me = (await client.get("/api/v1/me")).json()
    fake.person("li", "3", "9", name="改名")
    again, _ = await through(world, tenant, fake, kind)
    then = (await again.get("/api/v1/me")).json()

    assert (inside.status_code, inside.headers["location"]) == (303, "/console/customers")
    assert (me["name"], me["roles"]) == ("李伟", ["agent"])
    assert (then["id"], then["name"], then["roles"]) == (me["id"], "李伟", ["manager"])
    assert fake.paths.count(TOKENS[kind]) == 1
    async with tenant_scope(tenant.id):
        assert await fetch_value("select login from staff where id = $1", me["id"]) == "li"
        sealed = bytes(await fetch_value("select sealed from identity_provider"))
        kept = str(await fetch_value("select settings::text from identity_provider"))
    shown = (await admin.get(SETTINGS)).text
    assert [SECRET in text for text in (written.text, shown, kept, sealed.decode("latin-1"))] == [False] * 4
    assert await actions_of(tenant, "session.provider%") == ["session.provider"] * 2


async def test_a_code_counts_once_and_what_was_begun_ends_in_one_browser(world, tenant, admin, fake, kind):
    await write(admin, kind)
    client, address = await go(world, tenant)
    brought = fake.come_back(kind, address, "li")
    elsewhere = await world.client().get(BACK, params=brought)
    first = await client.get(BACK, params=brought)
    replayed = await client.get(BACK, params=brought)
    other, second = await go(world, tenant)
    state = fake.come_back(kind, second, "li")["state"]
    used_code = await other.get(BACK, params=brought | {"state": state})
    given_up, third = await go(world, tenant)
    state = fake.come_back(kind, third, "li")["state"]
    without = await given_up.get(BACK, params={"state": state})

    assert [each.status_code for each in (elsewhere, first, replayed, used_code, without)] == [409, 303, 409, 409, 409]
    assert (await is_out(other), await is_out(given_up)) == (True, True)
    assert await actions_of(tenant, "session.provider%") == ["session.provider", "session.provider_refused"]


async def test_what_was_begun_too_long_ago_is_not_believed(world, tenant, admin, fake, kind):
    await write(admin, kind)
    client, address = await go(world, tenant)
    world.clock.set(world.clock() + timedelta(minutes=11))

    assert (await client.get(BACK, params=fake.come_back(kind, address, "li"))).status_code == 409


@pytest.mark.parametrize(("kind", "path"), STEPS)
@pytest.mark.parametrize(
    "answer",
    [
        (200, {"errcode": -1, "errmsg": "system busy"}),
        (200, {"code": 1, "msg": "failed"}),
        (200, {"errcode": "x"}),
        (200, {"errcode": [1]}),
        (200, {}),
        (500, {}),
    ],
    ids=str,
)
async def test_a_refusal_with_http_200_lets_nobody_in(world, tenant, admin, fake, kind, path, answer):
    await write(admin, kind)
    fake.refuses[path] = answer
    client, refused = await through(world, tenant, fake, kind)
    fake.refuses.clear()
    _, inside = await through(world, tenant, fake, kind)

    assert path in fake.paths
    assert (refused.status_code in (403, 409), await is_out(client), inside.status_code) == (True, True, 303)
    assert (await actions_of(tenant, "session.provider%"))[0] == "session.provider_refused"


@pytest.mark.parametrize(
    ("kind", "path", "said"),
    [
        ("wecom", "/cgi-bin/auth/getuserinfo", {"errcode": 40029, "errmsg": "invalid code", "userid": "li"}),
        ("feishu", "/open-apis/authen/v1/user_info", {"code": 20005, "data": {"union_id": "on/li"}}),
    ],
)
async def test_an_error_is_an_error_whatever_stands_beside_it(world, tenant, admin, fake, kind, path, said):
    await write(admin, kind)
    fake.refuses[path] = (200, said)
    client, refused = await through(world, tenant, fake, kind)

    assert (refused.status_code, await is_out(client)) == (409, True)


@pytest.mark.parametrize("shown", [{"works": False}, {"hidden": True}], ids=str)
async def test_whoever_left_or_is_not_shown_gets_in_no_more_with_their_account(world, tenant, admin, fake, kind, shown):
    await write(admin, kind)
    await through(world, tenant, fake, kind)
    fake.person("li", "2", **shown)
    client, refused = await through(world, tenant, fake, kind)
    told = await client.get(BACK)

    assert (refused.status_code, "已不在单位" in refused.text, await is_out(client)) == (403, True, True)
    assert told.status_code == 409
    assert await actions_of(tenant, "session.provider%") == ["session.provider", "session.provider_refused"]


async def test_a_stranger_is_nobody_of_the_company(world, tenant, admin, fake, kind):
    await write(admin, kind)
    client, refused = await through(world, tenant, fake, kind, "stranger")

    assert (refused.status_code, await is_out(client)) == (403, True)


@pytest.mark.parametrize("shown", [{"corp": "dingother"}, {"contact": 1}], ids=str)
async def test_another_company_chosen_at_dingtalk_or_an_outside_contact_is_not_ours(world, tenant, admin, fake, shown):
    await write(admin, "dingtalk")
    fake.person("li", "2", **shown)
    client, refused = await through(world, tenant, fake, "dingtalk")

    assert (refused.status_code, await is_out(client)) == (403, True)


async def test_what_a_chat_does_not_say_of_whoever_works_there_is_not_taken_for_yes(world, tenant, admin, fake):
    await write(admin, "feishu")
    user = {"user_id": "li", "name": "李伟", "department_ids": ["2"]}
    fake.refuses["/open-apis/contact/v3/users/on%2Fli"] = (200, {"code": 0, "data": {"user": user}})
    client, refused = await through(world, tenant, fake, "feishu")

    assert (refused.status_code, await is_out(client)) == (409, True)


async def test_a_token_that_the_vendor_forgot_is_asked_for_anew_once(world, tenant, admin, fake, kind):
    await write(admin, kind)
    await through(world, tenant, fake, kind)
    fake.forget_tokens()
    _, inside = await through(world, tenant, fake, kind)
    world.clock.set(world.clock() + timedelta(hours=2))
    _, later = await through(world, tenant, fake, kind)

    assert (inside.status_code, later.status_code, fake.paths.count(TOKENS[kind])) == (303, 303, 3)


async def test_a_vendor_that_is_down_is_said_and_locks_nobody_out_of_the_password(world, tenant, admin, fake, kind):
    await write(admin, kind)
    fake.down = True
    client, refused = await through(world, tenant, fake, kind)
    body = {"company": tenant.slug, "login": "admin", "password": PASSWORD}
    inside = await client.post("/api/v1/sessions", json=body)

    assert (refused.status_code, "没有正常答复" in refused.text, "改用密码登录" in refused.text) == (409, True, True)
    assert inside.status_code == 201


async def test_what_one_company_began_opens_no_other_though_both_use_one_app(world, tenant, admin, fake, kind):
    other = await world.tenant()
    await write(admin, kind)
    await write(await other.staff("admin", "tenant_admin"), kind)
    await other.staff("li", "agent")
    client, address = await go(world, tenant)
    brought = fake.come_back(kind, address, "li")
    bent = f"{other.id.hex}{brought['state'][32:]}"
    client.cookies.set("guibin_going", f"{bent}::", domain="", path="/")
    answer = await client.get(BACK, params=brought | {"state": bent})

    assert (answer.status_code, await is_out(client)) == (409, True)
    assert await actions_of(other, "session.provider%") == []


async def test_an_account_of_that_login_is_not_theirs_by_its_name_alone(world, tenant, admin, fake, kind):
    await tenant.staff("li", "agent")
    await tenant.staff("boss", "manager")
    fake.person("boss", "2")
    await write(admin, kind)
    _, refused = await through(world, tenant, fake, kind)
    await write(admin, kind, takes_over=True)
    _, taken = await through(world, tenant, fake, kind)
    _, more = await through(world, tenant, fake, kind, "boss")

    assert [each.status_code for each in (refused, taken, more)] == [403, 303, 403]


async def test_a_company_of_another_chat_is_told_as_one_without_any(world, tenant, admin, fake, kind):
    await write(admin, kind)
    another = KINDS[KINDS.index(kind) - 1]
    client = world.client()
    there, nowhere = [
        await client.get(GOING, params={"company": slug, "kind": another}) for slug in (tenant.slug, "no-company")
    ]

    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert there.text.replace(tenant.slug, "") == nowhere.text.replace("no-company", "")


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        ("wecom", {"corp_id": ""}, "corp_id"),
        ("dingtalk", {"corp_id": ""}, "corp_id"),
        ("feishu", {"rules": [{"claim": "name", "value": "李伟", "roles": ["agent"]}]}, "claim"),
        ("wecom", {"rules": [{"claim": "mobile", "value": "1", "roles": ["agent"]}]}, "claim"),
        ("wecom", {"login_claim": "name"}, "login_claim"),
    ],
)
async def test_nothing_rests_on_what_people_may_write_there_themselves(admin, kind, changes, field):
    answer = await admin.put(SETTINGS, json=settings(kind, **changes))

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_the_secret_stays_with_the_same_app_and_goes_with_no_other(world, tenant, admin, fake, kind):
    await write(admin, kind)
    kept = settings(kind)
    del kept["client_secret"]
    same = await admin.put(SETTINGS, json=kept)
    _, inside = await through(world, tenant, fake, kind)
    other = await admin.put(SETTINGS, json=kept | {"client_id": "another"})

    assert [each.status_code for each in (same, inside, other)] == [200, 303, 422]
    assert (await admin.get(SETTINGS)).json()["issuer"] == f"{kind}:{APPS['feishu'] if kind == 'feishu' else CORP}"


async def test_the_admin_asks_whether_app_and_secret_hold(admin, fake, kind):
    await write(admin, kind)
    right = await admin.post(f"{SETTINGS}/discoveries")
    page = await admin.post("/console/identity-provider/discoveries")
    await write(admin, kind, client_secret="wrong")
    wrong = await admin.post(f"{SETTINGS}/discoveries")

    assert (right.status_code, page.status_code, "应用编号与密钥有效" in page.text) == (200, 200, True)
    assert (wrong.status_code, wrong.json()["type"]) == (409, "/problems/provider-fails")


async def test_by_page_a_chat_is_set_up_with_its_first_rule_and_changed(tenant, admin, kind):
    page, form = "/console/identity-provider", {"kind": kind, "corp_id": CORP, "client_id": APPS[kind]}
    at = f"{page}/chats/{admin.staff_id}/do"
    without = await admin.post(f"{at}/connect", data=form | {"department": "2", "roles": "agent"})
    secret = {"client_secret": SECRET}
    made = await admin.post(f"{at}/connect", data=form | secret | {"department": "2", "roles": "agent"})
    changed = await admin.post(f"{at}/change", data=form | {"takes_over": "true"})
    shown, filled = (await admin.get(page)).text, (await admin.get(f"{at}/change")).text
    written = (await admin.get(SETTINGS)).json()

    assert [each.status_code for each in (without, made, changed)] == [422, 200, 200], made.text
    assert (written["kind"], written["takes_over"], written["rules"][0]["claim"]) == (kind, True, "departments")
    assert (SECRET in shown, SECRET in filled, f'value="{APPS[kind]}"' in filled) == (False, False, True)
    assert {"wecom": "企业微信", "dingtalk": "钉钉", "feishu": "飞书"}[kind] in shown


async def test_the_sign_in_page_leads_to_each_chat(world, tenant, kind):
    stranger = world.client()
    page = (await stranger.get("/console/sign-in?next=/console/customers")).text
    asks = await stranger.post(
        f"/console/sign-in/provider?kind={kind}&next=/console/customers", data={"company": tenant.slug}
    )

    assert f"/console/sign-in/provider?kind={kind}&amp;next=" in page
    assert f"going?company={tenant.slug}&amp;kind={kind}&amp;next=" in asks.text


async def test_a_locked_session_goes_on_by_the_chat_for_the_same_person_alone(world, tenant, admin, fake, kind):
    await write(admin, kind)
    fake.person("wang", "2")
    client, _ = await through(world, tenant, fake, kind)
    csrf = (await client.get("/console/")).text.split('"x-csrf-token": "')[1].split('"')[0]
    await client.post("/console/lock", headers={"X-CSRF-Token": csrf})
    locked = (await client.get("/api/v1/me")).status_code
    page = (await client.get("/console/unlock?next=/console/customers")).text

    async def unlocked(userid):
        begun = await client.get("/console/sign-in/provider/unlocking", params={"next": "/console/customers"})
        back = await client.get(BACK, params=fake.come_back(kind, begun.headers["location"], userid))
        return back.status_code, (await client.get("/api/v1/me")).status_code

    assert (locked, "/console/sign-in/provider/unlocking?next=" in page) == (401, True)
    assert (await unlocked("wang"), await unlocked("li")) == ((409, 401), (303, 200))
    assert (await actions_of(tenant, "session.unlock%"))[-1:] == ["session.unlock"]
