"""Signing in by the company's own provider: a real one, and one that lies; what its claims bring, and what is never believed."""

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from joserfc.jwk import OctKey, RSAKey
from openid_provider import CLIENT, LIE, SECRET, missing, real_provider

from guibin.app import companies
from guibin.outbound.targets import Rules, use_rules
from guibin_tenants import registry
from guibin_tenants.scope import fetch, fetch_value, tenant_scope
from guibin_tenants.tables import new_id
from support import PASSWORD

# As conftest.py has it.
PUBLIC = "http://vip.example.com"
UNLOCKING = "/console/sign-in/provider/unlocking"
SETTINGS, GOING, BACK = "/api/v1/identity-provider", "/console/sign-in/provider/going", "/console/sign-in/provider/back"
RULES = [
    {"claim": "groups", "value": "vip-agents", "roles": ["agent"]},
    {"claim": "groups", "value": "vip-leads", "roles": ["manager"]},
]


@pytest.fixture(scope="module")
def real():
    if why := missing():
        pytest.skip(why)
    with real_provider(f"{PUBLIC}{BACK}") as provider:
        use_rules(Rules([provider.host]))
        yield provider
        use_rules(Rules())


@pytest.fixture(autouse=True)
def today(world, public):
    """A provider knows no other time."""
    world.clock.set(datetime.now(UTC))


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


async def write(admin, issuer, /, **more):
    body = {"client_id": CLIENT, "client_secret": SECRET, "rules": RULES} | {"issuer": issuer} | more
    return await admin.put(SETTINGS, json=body)


async def go(world, tenant, wanted="/console/"):
    client = world.client()
    answer = await client.get(GOING, params={"company": tenant.slug, "next": wanted})
    assert answer.status_code == 303, answer.text
    return client, answer.headers["location"]


async def through(world, tenant, real, wanted="/console/"):
    """A whole sign-in, as a browser does it."""
    client, address = await go(world, tenant, wanted)
    path = await asyncio.to_thread(real.pass_through, address, PUBLIC)
    return client, await client.get(path)


async def lied(world, tenant, liar, **claims):
    """A sign-in in which the provider says this."""
    client, address = await go(world, tenant)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    now = int(world.clock().timestamp())
    said = {"iss": LIE, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
    said |= {"preferred_username": "li.wei", "groups": ["vip-agents"]}
    liar.claims = {name: value for name, value in (said | claims).items() if value is not None}
    return client, await client.get(BACK, params={"state": asked["state"], "code": "c"}), asked


async def test_whoever_the_provider_names_is_signed_in_with_what_the_rules_give(world, tenant, admin, real):
    written = await write(admin, real.issuer)
    real.be(sub="7", preferred_username="li.wei", name="李伟", groups=["vip-agents"])
    client, inside = await through(world, tenant, real, "/console/customers")
    me = (await client.get("/api/v1/me")).json()
    real.be(sub="7", preferred_username="renamed", groups=["vip-leads", "other"])
    again, _ = await through(world, tenant, real)
    then = (await again.get("/api/v1/me")).json()

    assert (written.status_code, SECRET in written.text, SECRET in (await admin.get(SETTINGS)).text) == (
        200,
        False,
        False,
    )
    assert (inside.status_code, inside.headers["location"]) == (303, "/console/customers")
    assert (me["name"], me["roles"]) == ("李伟", ["agent"])
    assert (then["id"], then["name"], then["roles"]) == (me["id"], "李伟", ["manager"])
    async with tenant_scope(tenant.id):
        actions = [row["action"] for row in await fetch("select action from audit_entry order by id")]
        sealed = await fetch_value("select sealed from identity_provider")
    assert [each for each in actions if each.startswith(("session.provider", "staff.", "identity"))] == [
        "identity_provider.write",
        "staff.add",
        "session.provider",
        "staff.change",
        "session.provider",
    ]
    assert SECRET.encode() not in bytes(sealed)


async def test_a_new_key_of_the_provider_is_believed_at_once(world, tenant, admin, real):
    await write(admin, real.issuer)
    real.be(sub="7", preferred_username="li.wei", groups=["vip-agents"])
    first, before = await through(world, tenant, real)
    real.rotate()
    second, after = await through(world, tenant, real)

    assert (before.status_code, after.status_code) == (303, 303)
    assert (await second.get("/api/v1/me")).json()["id"] == (await first.get("/api/v1/me")).json()["id"]


async def test_whom_the_rules_give_nothing_is_refused_in_words(world, tenant, admin, real):
    await write(admin, real.issuer)
    real.be(sub="9", preferred_username="zhao", groups=["canteen"])
    client, address = await go(world, tenant)
    path = await asyncio.to_thread(real.pass_through, address, PUBLIC)
    refused = await client.get(path, headers={"Accept-Language": "zh-CN"})

    assert (refused.status_code, "没有任何权限" in refused.text) == (403, True)
    assert (await client.get("/api/v1/me")).status_code == 401
    async with tenant_scope(tenant.id):
        assert await fetch_value("select count(*) from staff where login = 'zhao'") == 0
        assert await fetch_value("select count(*) from audit_entry where action = 'session.provider_refused'") == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"aud": None},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 1},
        {"iat": None},
        {"iat": 4_000_000_000, "exp": 4_000_000_300},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "7" * 256},
        {"groups": None},
        {"groups": "vip-agents-not"},
        {"preferred_username": "A login, not"},
        {"preferred_username": None},
    ],
)
async def test_what_is_not_said_for_us_now_is_not_believed(world, tenant, admin, liar, claims):
    assert (await write(admin, LIE)).status_code == 200
    client, answer, _ = await lied(world, tenant, liar, **claims)

    assert 400 <= answer.status_code < 500
    assert (await client.get("/api/v1/me")).status_code == 401


async def test_what_is_not_signed_by_a_key_of_the_provider_is_not_believed(world, tenant, admin, liar):
    await write(admin, LIE)
    statuses = []
    for alg, key in (("RS256", RSAKey.generate_key(2048)), ("HS256", OctKey.import_key(SECRET)), ("none", None)):
        liar.alg, liar.signs_with = alg, key
        statuses.append((await lied(world, tenant, liar))[1].status_code)
    liar.alg, liar.signs_with, liar.calls_itself = "RS256", liar.key, "https://evil.example"
    going = await world.client().get(GOING, params={"company": tenant.slug})
    liar.calls_itself = LIE
    honest = (await lied(world, tenant, liar))[1].status_code

    assert (statuses, going.status_code, honest) == ([409, 409, 409], 409, 303)


async def test_the_code_is_proved_and_goes_to_nobody_else(world, tenant, admin, liar):
    await write(admin, LIE)
    _, _, asked = await lied(world, tenant, liar)
    ((url, body, headers),) = liar.posted
    form = {name: values[0] for name, values in parse_qs(body.decode()).items()}

    assert (url, headers["Authorization"].split()[0]) == (f"{LIE}/token_endpoint", "Basic")
    assert asked["code_challenge_method"] == "S256"
    assert len(form["code_verifier"]) >= 43
    assert form["code_verifier"] not in str(asked)
    assert form["redirect_uri"] == asked["redirect_uri"] == f"{PUBLIC}{BACK}"


async def test_what_was_begun_in_one_browser_ends_in_no_other_and_once(world, tenant, admin, liar):
    await write(admin, LIE)
    client, first, asked = await lied(world, tenant, liar)
    sent = {"state": asked["state"], "code": "c"}
    cookie = {"Cookie": f"guibin_going={asked['state']}:%2Fconsole%2F"}
    replayed = await world.client().get(BACK, params=sent, headers=cookie)
    victim, _ = await go(world, tenant)
    elsewhere, address = await go(world, tenant)
    other = parse_qs(urlsplit(address).query)["state"][0]
    # All else is right: it is the browser that is not.
    liar.claims["nonce"] = parse_qs(urlsplit(address).query)["nonce"][0]
    crossed = await victim.get(BACK, params={"state": other, "code": "c"})
    bare = await world.client().get(BACK, params={"state": other, "code": "c"})
    mixed = await elsewhere.get(BACK, params={"state": other, "code": "c", "iss": "https://evil.example"})

    assert (first.status_code, (await client.get("/api/v1/me")).status_code) == (303, 200)
    assert [each.status_code for each in (replayed, crossed, bare, mixed)] == [409] * 4


async def test_a_provider_of_one_company_opens_no_other(world, tenant, admin, liar):
    other = await world.tenant()
    await write(admin, LIE)
    await write(await other.staff("admin", "tenant_admin"), LIE, client_id="other")
    await other.staff("li.wei", "agent")
    client, address = await go(world, tenant)
    state = parse_qs(urlsplit(address).query)["state"][0]
    # Somebody writes another company's number into what they were given.
    bent = f"{other.id.hex}.{state[32:]}"
    answer = await world.client().get(
        BACK, params={"state": bent, "code": "c"}, headers={"Cookie": f"guibin_going={bent}:"}
    )
    made_up = await world.client().get(
        BACK, params={"state": "x.y", "code": "c"}, headers={"Cookie": "guibin_going=x.y:"}
    )

    assert (answer.status_code, made_up.status_code, (await client.get("/api/v1/me")).status_code) == (409, 409, 401)


async def test_an_account_that_is_there_is_taken_over_only_where_the_admin_says_so_and_it_holds_no_more(
    world, tenant, admin, liar
):
    await tenant.staff("li.wei", "agent")
    await tenant.staff("boss", "manager")
    await write(admin, LIE)
    _, refused, _ = await lied(world, tenant, liar)
    await write(admin, LIE, takes_over=True)
    _, taken, _ = await lied(world, tenant, liar)
    _, second, _ = await lied(world, tenant, liar, sub="8")
    _, more, _ = await lied(world, tenant, liar, sub="9", preferred_username="boss")
    _, top, _ = await lied(world, tenant, liar, sub="10", preferred_username="admin")

    assert [each.status_code for each in (refused, taken, second, more, top)] == [403, 303, 403, 403, 403]


async def test_whoever_left_comes_back_by_no_provider(world, tenant, admin, liar):
    await write(admin, LIE)
    client, _, _ = await lied(world, tenant, liar)
    me = (await client.get("/api/v1/me")).json()["id"]
    await admin.post(f"/api/v1/staff/{me}/leaving", json={})
    _, answer, _ = await lied(world, tenant, liar)

    assert (answer.status_code, (await client.get("/api/v1/me")).status_code) == (403, 401)


async def test_a_role_that_needs_a_second_factor_needs_it_after_the_provider_too(world, tenant, admin, liar):
    await admin.put("/api/v1/sign-in-rules", json={"second_factor_roles": ["agent"]})
    await write(admin, LIE)
    client, answer, _ = await lied(world, tenant, liar)

    assert answer.headers["location"].startswith("/console/second-factor")
    assert (await client.get("/api/v1/customers")).json()["type"] == "/problems/second-factor-missing"


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example/console/", "/console/\\evil"])
async def test_nobody_is_led_elsewhere(world, tenant, admin, liar, wanted):
    await write(admin, LIE)
    client, address = await go(world, tenant, wanted)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    now = int(world.clock().timestamp())
    liar.claims = {"iss": LIE, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
    liar.claims |= {"preferred_username": "li.wei", "groups": ["vip-agents"]}

    answer = await client.get(BACK, params={"state": asked["state"], "code": "c"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"issuer": "http://id.company.example"}, 422),
        ({"issuer": "https://127.0.0.1"}, 422),
        ({"issuer": "https://10.0.0.1"}, 422),
        ({"issuer": "https://user:pass@id.company.example"}, 422),
        ({"rules": []}, 400),
        ({"rules": [RULES[0] | {"roles": ["nobody"]}]}, 422),
        ({"rules": [RULES[0] | {"roles": ["auditor"]}]}, 403),
    ],
)
async def test_what_an_admin_writes_is_checked(tenant, admin, changed, status):
    answer = await write(admin, LIE, **changed)

    assert answer.status_code == status
    assert (await admin.get(SETTINGS)).json()["type"] == "/problems/no-provider"


async def test_without_a_secret_it_stays_and_another_provider_gets_none(world, tenant, admin, liar):
    await write(admin, LIE)
    client, address = await go(world, tenant)
    again = await admin.put(SETTINGS, json={"issuer": LIE, "client_id": CLIENT, "rules": RULES})
    state = parse_qs(urlsplit(address).query)["state"][0]
    begun_before = await client.get(BACK, params={"state": state, "code": "c"})
    _, works, _ = await lied(world, tenant, liar)
    other = await admin.put(SETTINGS, json={"issuer": "https://evil.example", "client_id": CLIENT, "rules": RULES})
    removed = await admin.delete(SETTINGS)
    gone = await world.client().get(GOING, params={"company": tenant.slug})
    nobody = await world.client().get(GOING, params={"company": "no-company"})

    assert [each.status_code for each in (again, begun_before, works, other, removed, gone, nobody)] == [
        200, 409, 303, 422, 204, 404, 404
    ]  # fmt: skip
    assert gone.text.replace(tenant.slug, "") == nobody.text.replace("no-company", "")


async def test_who_sees_an_outlet_alone_writes_no_provider(tenant, admin):
    await tenant.unit("east")
    local = await tenant.staff("local", "tenant_admin", unit="east")
    agent = await tenant.staff("agent", "agent")

    assert [(await write(each, LIE)).status_code for each in (local, agent)] == [403, 403]


async def test_somebody_whom_the_provider_made_has_no_password(world, tenant, admin, liar):
    await write(admin, LIE)
    await lied(world, tenant, liar)
    body = {"company": tenant.slug, "login": "li.wei", "password": PASSWORD}

    assert (await world.client().post("/api/v1/sessions", json=body)).status_code == 401


async def test_by_page_a_company_is_named_and_left_for(world, tenant):
    stranger = world.client()
    page = "/console/sign-in/provider?next=/console/customers"
    asks = await stranger.get(page)
    named = await stranger.post(page, data={"company": f' {tenant.slug}"><'})
    leads = await stranger.get("/console/sign-in")

    assert [each.status_code for each in (asks, named, leads)] == [200, 200, 200]
    assert ('id="go"' in asks.text, f"company={tenant.slug}%22" in named.text, f'{tenant.slug}"><' in named.text) == (
        False,
        True,
        False,
    )
    assert "/console/sign-in/provider?" in leads.text


CONFIRMING, EXPORTS = "/console/sign-in/provider/confirming", "/api/v1/list-exports"
LIST = {"list": "overview", "leaves_to": "nobody", "purpose": "核对客户名单"}


async def _asked_anew(world, admin, client):
    """Somebody without a password, some time after they came from the provider."""
    await admin.put("/api/v1/sign-in-rules", json={"second_factor_roles": [], "confirm_minutes": 5})
    world.clock.set(world.clock() + timedelta(minutes=6))
    client.headers["X-CSRF-Token"] = client.csrf
    return (await client.post(EXPORTS, json=LIST)).status_code


async def test_whoever_has_no_password_confirms_at_the_provider(world, tenant, admin, real):
    await write(admin, real.issuer)
    real.be(sub="7", preferred_username="li.wei", groups=["vip-leads"])
    client, _ = await through(world, tenant, real)
    client.csrf = await _csrf(client)
    refused = await _asked_anew(world, admin, client)
    page = (await client.get("/console/confirm?next=/console/customers")).text
    begun = await client.get(CONFIRMING, params={"next": "/console/customers"})
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    path = await asyncio.to_thread(real.pass_through, begun.headers["location"], PUBLIC)
    back = await client.get(path)

    allowed = await client.post(EXPORTS, json=LIST)
    theirs = (await admin.get("/console/confirm")).text
    assert (refused, f"{CONFIRMING}?next=" in page, CONFIRMING in theirs) == (403, True, False)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
    assert (back.status_code, back.headers["location"], allowed.status_code) == (303, "/console/customers", 200)
    async with tenant_scope(tenant.id):
        told = await fetch_value("select count(*) from audit_entry where action = 'session.confirm'")
    assert told == 1


@pytest.mark.parametrize("claims", [{"auth_time": None}, {"auth_time": -1_000}, {"sub": "8"}, {"auth_time": "now"}])
async def test_only_the_same_person_asked_anew_confirms(world, tenant, admin, liar, claims):
    await write(admin, LIE)
    client, inside, _ = await lied(world, tenant, liar, groups=["vip-leads"])
    client.csrf = await _csrf(client)
    refused = await _asked_anew(world, admin, client)

    backs = [await _confirmed(world, client, liar, claims), await _confirmed(world, client, liar, {})]

    assert (inside.status_code, refused) == (303, 403)
    assert ([each[0] for each in backs], [each[1] for each in backs]) == ([409, 303], [403, 200])


async def _confirmed(world, client, liar, claims):
    address = (await client.get(CONFIRMING)).headers["location"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    now = int(world.clock().timestamp())
    said = {"iss": LIE, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
    said |= {"auth_time": now}
    if isinstance(claims.get("auth_time"), int):
        claims = {"auth_time": now + claims["auth_time"]}
    liar.claims = {name: value for name, value in (said | claims).items() if value is not None}
    back = await client.get(BACK, params={"state": asked["state"], "code": "c"})
    return back.status_code, (await client.post(EXPORTS, json=LIST)).status_code


async def _csrf(client):
    return (await client.get("/console/")).text.split('"x-csrf-token": "')[1].split('"')[0]


async def test_a_locked_session_goes_on_once_the_same_person_proved_it_at_the_provider(world, tenant, admin, liar):
    await write(admin, LIE)
    client, _, _ = await lied(world, tenant, liar)
    client.headers["X-CSRF-Token"] = await _csrf(client)
    before = (await client.get("/api/v1/me")).status_code
    await client.post("/console/lock")
    locked, page = (await client.get("/api/v1/me")).status_code, (await client.get("/console/unlock")).text
    wrong = [
        await _unlocked(world, client, liar, **claims)
        for claims in (
            {"sub": "8"},
            {"auth_time": None},
            {"aud": "another"},
            {"nonce": "another"},
            {"iss": "https://x.example"},
        )
    ]
    right = await _unlocked(world, client, liar)

    assert (before, locked, f"{UNLOCKING}?next=" in page or UNLOCKING in page) == (200, 401, True)
    assert (wrong, right) == ([(409, 401)] * 5, (303, 200))
    async with tenant_scope(tenant.id):
        assert await fetch_value("select count(*) from audit_entry where action = 'session.unlock'") == 1


async def _unlocked(world, client, liar, **claims):
    begun = await client.get(UNLOCKING)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(begun.headers["location"]).query).items()}
    now = int(world.clock().timestamp())
    said = {"iss": LIE, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
    said |= {"auth_time": now, "preferred_username": "li.wei", "groups": ["vip-agents"]}
    liar.claims = {name: value for name, value in (said | claims).items() if value is not None}
    back = await client.get(BACK, params={"state": asked["state"], "code": "c"})
    return back.status_code, (await client.get("/api/v1/me")).status_code


async def test_a_session_by_the_provider_ends_with_the_account_and_unlocks_no_more(world, tenant, admin, liar):
    await write(admin, LIE)
    client, _, _ = await lied(world, tenant, liar)
    staff_id = (await client.get("/api/v1/me")).json()["id"]
    left = await admin.post(f"/api/v1/staff/{staff_id}/leaving", json={})
    after = (await client.get("/api/v1/me")).status_code
    unlocks = await client.get(UNLOCKING)
    again = (await lied(world, tenant, liar))[1].status_code

    assert (left.status_code, after) == (200, 401)
    assert unlocks.status_code == 303
    assert again in (403, 409)
    assert (await client.get("/api/v1/me")).status_code == 401


async def test_wrong_passwords_lock_nobody_out_of_the_provider(world, tenant, admin, liar):
    person = await tenant.staff("li.wei", "agent")
    await write(admin, LIE, takes_over=True)
    tries = [
        (
            await world.client().post(
                "/api/v1/sessions", json={"company": tenant.slug, "login": "li.wei", "password": "not the password"}
            )
        ).status_code
        for _ in range(12)
    ]
    right = await world.client().post(
        "/api/v1/sessions", json={"company": tenant.slug, "login": "li.wei", "password": PASSWORD}
    )
    client, inside, _ = await lied(world, tenant, liar)

    assert (tries[0], tries[-1], right.status_code) == (401, 429, 429)
    assert (inside.status_code, (await client.get("/api/v1/me")).json()["id"]) == (303, str(person.staff_id))


async def test_a_key_that_the_provider_gave_up_signs_nothing_any_more(world, tenant, admin, liar):
    await write(admin, LIE)
    first = (await lied(world, tenant, liar))[1].status_code
    old, liar.key = liar.key, RSAKey.generate_key(2048)
    by_old = (await lied(world, tenant, liar))[1].status_code
    liar.signs_with = liar.key
    by_new = (await lied(world, tenant, liar))[1].status_code
    liar.signs_with = old
    by_old_again = (await lied(world, tenant, liar))[1].status_code

    assert (first, by_old, by_new, by_old_again) == (303, 409, 303, 409)


@pytest.fixture
async def own_address(world, tenant, monkeypatch):
    """The company's domain for its mail, and its own host."""
    monkeypatch.setattr(companies, "REMEMBERED_FOR_S", 0.0)
    domain = f"hetian-{new_id().hex[-8:]}.example"
    connection = await asyncpg.connect(world.owner_url)
    for each in (domain, f"vip.{domain}"):
        await registry.add_domain(connection, tenant.slug, each)
    await connection.close()
    return domain


async def test_a_mail_address_or_the_companys_own_host_tells_whose_provider_it_is(
    world, tenant, admin, liar, own_address
):
    await write(admin, LIE)
    there = {"Host": f"vip.{own_address}"}
    by_mail = await world.client().get(GOING, params={"company": f"li.wei@{own_address}"})
    by_stranger = await world.client().get(GOING, params={"company": "li.wei@nowhere.example"})
    page = (await world.client().get("/console/sign-in/provider", headers=there)).text
    client = world.client(**there)
    begun = await client.get(GOING)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(begun.headers["location"]).query).items()}
    now = int(world.clock().timestamp())
    liar.claims = {"iss": LIE, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
    liar.claims |= {"preferred_username": "li.wei", "groups": ["vip-agents"]}
    inside = await client.get(BACK, params={"state": asked["state"], "code": "c"})

    assert (by_mail.status_code, by_mail.headers["location"].startswith(LIE), by_stranger.status_code) == (
        303,
        True,
        404,
    )
    assert (f'name="company" value="{tenant.slug}"' in page, 'id="company"' in page) == (True, False)
    # Whoever comes by the company's own host comes back there.
    assert urlsplit(asked["redirect_uri"]).hostname == f"vip.{own_address}"
    assert (inside.status_code, (await client.get("/api/v1/me")).status_code) == (303, 200)


async def test_what_was_begun_for_one_company_does_not_end_at_anothers_own_host(
    world, tenant, admin, liar, own_address
):
    other = await world.tenant()
    await write(await other.staff("admin", "tenant_admin"), LIE)
    client, address = await go(world, other)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    now = int(world.clock().timestamp())
    liar.claims = {"iss": LIE, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
    liar.claims |= {"preferred_username": "li.wei", "groups": ["vip-agents"]}
    back = await client.get(BACK, params={"state": asked["state"], "code": "c"}, headers={"Host": f"vip.{own_address}"})

    assert 400 <= back.status_code < 500
    assert (await client.get("/api/v1/me")).status_code == 401
