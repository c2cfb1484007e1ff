"""Passkeys: made, used after the password and instead of it; never twice, elsewhere, by another's, or without their holder."""

import html
import json
import re
from datetime import timedelta

import asyncpg
import pytest
from authenticator import Authenticator
from msgspec import structs

from guibin.web.public_address import use_public_address
from guibin_tenants import registry
from guibin_tenants.scope import fetch, fetch_value, tenant_scope
from support import PASSWORD

HERE = "http://vip.example.com"
MINE = "/api/v1/me/passkeys"
PROOF = "/api/v1/sessions/second-factor"
ALONE = "/api/v1/sessions/passkey"
AGAIN = "/api/v1/sessions/confirmation"


@pytest.fixture(autouse=True)
def public():
    use_public_address(HERE)
    yield
    use_public_address("")


async def asked(client, path, **body):
    answer = await client.post(path, json=body) if body else await client.post(path)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["options"]


async def with_passkey(client, name="电脑", **how):
    device = Authenticator(HERE, **how)
    answer = await client.post(
        MINE, json={"name": name, "credential": device.make(await asked(client, f"{MINE}/challenges"))}
    )
    device.answer = answer
    return device


async def signs_in(world, tenant, device, company="", options=None, **how):
    client, slug = world.client(), company or tenant.slug
    options = options or await asked(client, f"{ALONE}/challenges", company=slug)
    answer = await client.post(ALONE, json={"company": slug, "credential": device.sign(options, **how)})
    return client, answer


async def half(world, tenant, login="li.wei"):
    """Somebody told the password."""
    client = world.client()
    body = {"company": tenant.slug, "login": login, "password": PASSWORD}
    answer = await client.post("/api/v1/sessions", json=body)
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client, answer.json()["owes"]


@pytest.fixture
async def person(tenant):
    return await tenant.staff("li.wei", "agent")


async def test_made_it_signs_in_alone_and_nothing_is_owed(world, tenant, person):
    elsewhere = await tenant.sign_in("li.wei")
    device = await with_passkey(person)
    client, answer = await signs_in(world, tenant, device)
    seen = (await person.get(MINE)).json()

    assert (device.answer.status_code, len(device.answer.json()["codes"])) == (201, 10)
    assert (answer.status_code, answer.json()["owes"], answer.json()["staff"]["login"]) == (201, "", "li.wei")
    assert [(await each.get("/api/v1/me")).status_code for each in (client, person, elsewhere)] == [200, 200, 401]
    assert [(one["name"], one["synced"], one["used_at"] is not None) for one in seen] == [("电脑", False, True)]
    assert device.handle == tenant.id.bytes + person.staff_id.bytes


async def test_after_the_password_it_is_the_second_factor_and_nothing_else_opens(world, tenant, person):
    device = await with_passkey(person)
    client, owes = await half(world, tenant)
    before = (await client.get("/api/v1/me")).status_code
    options = await asked(client, f"{PROOF}/challenges")
    whole = await client.post(f"{PROOF}/passkey", json={"credential": device.sign(options)})

    assert (owes, before, whole.status_code, whole.json()["owes"]) == ("second_factor", 403, 201, "")
    assert [each["id"] for each in options["allowCredentials"]] != []
    assert (await client.get("/api/v1/me")).status_code == 200


async def test_a_recovery_code_stands_in_for_a_lost_one(world, tenant, person):
    device = await with_passkey(person)
    client, _ = await half(world, tenant)

    assert (await client.post(PROOF, json={"code": device.answer.json()["codes"][0]})).status_code == 201


async def test_what_was_signed_once_is_taken_once(world, tenant, person):
    device = await with_passkey(person)
    client = world.client()
    options = await asked(client, f"{ALONE}/challenges", company=tenant.slug)
    signed = device.sign(options)
    body = {"company": tenant.slug, "credential": signed}

    first, again = await client.post(ALONE, json=body), await world.client().post(ALONE, json=body)
    _, once_more = await signs_in(world, tenant, device, options=options)

    assert [each.status_code for each in (first, again, once_more)] == [201, 401, 401]


async def test_a_challenge_is_over_after_five_minutes_and_none_is_made_up(world, tenant, person):
    device = await with_passkey(person)
    options = await asked(world.client(), f"{ALONE}/challenges", company=tenant.slug)
    world.clock.set(world.clock() + timedelta(minutes=5))

    _, late = await signs_in(world, tenant, device, options=options)
    _, own = await signs_in(world, tenant, device, options=options | {"challenge": "A" * 43})

    assert (late.status_code, own.status_code) == (401, 401)


async def test_a_challenge_of_one_thing_serves_no_other(world, tenant, person):
    device = await with_passkey(person)
    client, _ = await half(world, tenant)
    proof = await asked(client, f"{PROOF}/challenges")
    alone = await asked(client, f"{ALONE}/challenges", company=tenant.slug)
    other = await tenant.staff("zhao", "agent")
    await with_passkey(other)
    theirs, _ = await half(world, tenant, "zhao")
    foreign = await asked(theirs, f"{PROOF}/challenges")

    making = await asked(person, f"{MINE}/challenges")

    _, as_sign_in = await signs_in(world, tenant, device, options=proof)
    as_made = await client.post(f"{PROOF}/passkey", json={"credential": device.sign(making)})
    as_proof = await client.post(f"{PROOF}/passkey", json={"credential": device.sign(alone)})
    of_another = await client.post(f"{PROOF}/passkey", json={"credential": device.sign(foreign)})

    assert [each.status_code for each in (as_sign_in, as_made, as_proof, of_another)] == [401, 422, 422, 422]


async def test_a_colleagues_passkey_is_no_second_factor_of_mine(world, tenant, person):
    await with_passkey(person)
    colleague = await with_passkey(await tenant.staff("zhao", "agent"))
    client, _ = await half(world, tenant)
    options = await asked(client, f"{PROOF}/challenges")

    answer = await client.post(f"{PROOF}/passkey", json={"credential": colleague.sign(options)})

    assert (answer.status_code, (await client.get("/api/v1/me")).status_code) == (422, 403)


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "http://vip.example.com.evil.example"},
        {"origin": "https://vip.example.com"},
        {"domain": "evil.example"},
        {"verifies": False},
    ],
)
async def test_made_or_used_elsewhere_or_without_its_holder_it_is_refused(world, tenant, person, lie):
    device = await with_passkey(person)
    for name, value in lie.items():
        setattr(device, name, value)
    _, used = await signs_in(world, tenant, device)
    liar = Authenticator(HERE)
    for name, value in lie.items():
        setattr(liar, name, value)
    options = await asked(person, f"{MINE}/challenges")
    made = await person.post(MINE, json={"name": "x", "credential": liar.make(options)})

    assert (used.status_code, made.status_code, len((await person.get(MINE)).json())) == (401, 422, 1)


async def test_a_copy_is_noticed_by_its_count(world, tenant, person):
    device = await with_passkey(person)
    counts = [(await signs_in(world, tenant, device))[1].status_code for _ in range(2)]
    _, copied = await signs_in(world, tenant, device, counts=False)

    assert (counts, copied.status_code) == ([201, 201], 401)


async def test_another_key_behind_the_same_id_opens_nothing(world, tenant, person):
    device = await with_passkey(person)
    thief = Authenticator(HERE)
    thief.id, thief.handle, thief.count = device.id, device.handle, 50

    assert (await signs_in(world, tenant, thief))[1].status_code == 401


async def test_of_one_company_it_opens_nothing_of_another(world, tenant, person):
    device = await with_passkey(person)
    other = await world.tenant()
    twin = await other.staff("li.wei", "agent")
    there = await with_passkey(twin)
    foreign = await asked(world.client(), f"{ALONE}/challenges", company=other.slug)

    _, elsewhere = await signs_in(world, tenant, device, company=other.slug)
    _, crossed = await signs_in(world, tenant, device, options=foreign)
    there.id = device.id
    _, same_id = await signs_in(world, other, there)

    assert [each.status_code for each in (elsewhere, crossed, same_id)] == [401, 401, 401]
    assert (await person.delete(f"{MINE}/{(await twin.get(MINE)).json()[0]['id']}")).status_code == 404


async def test_a_company_that_there_is_not_asks_and_refuses_like_any_other(world, tenant, person):
    device = await with_passkey(person)
    options = await asked(world.client(), f"{ALONE}/challenges", company="no-company")
    ours = await asked(world.client(), f"{ALONE}/challenges", company=tenant.slug)
    _, answer = await signs_in(world, tenant, device, company="no-company")
    _, stranger = await signs_in(world, tenant, Authenticator(HERE))

    assert {name: value for name, value in options.items() if name != "challenge"} == {
        name: value for name, value in ours.items() if name != "challenge"
    }
    assert (answer.status_code, answer.json()) == (401, stranger.json())


async def test_a_role_that_needs_a_second_factor_is_content_with_one_and_keeps_it(world, tenant, person):
    admin = await tenant.staff("admin", "tenant_admin")
    await admin.put("/api/v1/sign-in-rules", json={"second_factor_roles": ["agent"]})
    owing = (await person.get("/api/v1/customers")).json()["type"]
    device = await with_passkey(person)
    passkey = device.answer.json()["passkey"]["id"]
    free = (await person.get("/api/v1/me")).status_code
    last = await person.delete(f"{MINE}/{passkey}")
    second = await with_passkey(person, "钥匙")
    removed = await person.delete(f"{MINE}/{passkey}")

    assert (owing, free) == ("/problems/second-factor-missing", 200)
    assert (last.status_code, last.json()["type"]) == (409, "/problems/second-factor-required")
    assert (removed.status_code, (await signs_in(world, tenant, device))[1].status_code) == (204, 401)
    assert (await signs_in(world, tenant, second))[1].status_code == 201


async def test_an_admin_resets_them_and_leaving_ends_them(world, tenant, person):
    admin = await tenant.staff("admin", "tenant_admin")
    device = await with_passkey(person)
    (seen,) = [one for one in (await admin.get("/api/v1/sign-ins")).json()["items"] if one["login"] == "li.wei"]
    reset = await admin.delete(f"/api/v1/staff/{person.staff_id}/second-factor")
    _, refused = await signs_in(world, tenant, device)
    again = await tenant.sign_in("li.wei")
    device = await with_passkey(again)
    await admin.post(f"/api/v1/staff/{person.staff_id}/leaving", json={})

    assert ((seen["state"], seen["passkeys"]), reset.status_code, refused.status_code) == (("set", 1), 204, 401)
    assert (await signs_in(world, tenant, device))[1].status_code == 401
    async with tenant_scope(tenant.id):
        assert await fetch_value("select count(*) from passkey") == 0


async def test_ten_are_kept_and_each_has_a_name_of_its_holder(tenant, person):
    device = await with_passkey(person)
    passkey = device.answer.json()["passkey"]["id"]
    named = await person.patch(f"{MINE}/{passkey}", json={"name": "钥匙"})
    for number in range(9):
        await with_passkey(person, f"第 {number}")
    other = await tenant.staff("zhao", "agent")

    assert named.json()["name"] == "钥匙"
    assert (await person.post(f"{MINE}/challenges")).json()["type"] == "/problems/too-many-passkeys"
    assert (await other.patch(f"{MINE}/{passkey}", json={"name": "mine"})).status_code == 404


@pytest.mark.parametrize("address", ["", "https://192.0.2.7", "https://[2001:db8::1]"])
async def test_where_no_name_is_known_there_are_none(world, tenant, person, address):
    use_public_address(address)
    # Whoever asks may call us what they like.
    refused = await person.post(f"{MINE}/challenges", headers={"Host": "vip.example.com"})
    alone = await world.client().post(f"{ALONE}/challenges", json={"company": tenant.slug})

    assert [each.status_code for each in (refused, alone)] == [409, 409]


@pytest.mark.parametrize(
    "credential",
    ["x", "[]", "{}", '{"response": {"clientDataJSON": "e30"}}', '{"response": {"clientDataJSON": 7}}', "[" * 9000],
)
async def test_what_no_browser_gives_is_refused_like_a_wrong_one(world, tenant, person, credential):
    made = await person.post(MINE, json={"name": "x", "credential": credential})
    alone = await world.client().post(ALONE, json={"company": tenant.slug, "credential": credential})

    assert (made.status_code, alone.status_code) == (422, 401)


async def test_every_byte_of_a_credential_matters(world, tenant, person):
    device = await with_passkey(person)
    statuses = set()
    for place in range(40, 900, 61):
        options = await asked(world.client(), f"{ALONE}/challenges", company=tenant.slug)
        signed = device.sign(options)
        place = place % len(signed)
        bent = signed[:place] + ("B" if signed[place] != "B" else "C") + signed[place + 1 :]
        answer = await world.client().post(ALONE, json={"company": tenant.slug, "credential": bent})
        statuses.add(answer.status_code)

    # A letter of a name that nobody reads changes nothing.
    assert statuses <= {401, 201}
    assert 401 in statuses


async def test_of_a_suspended_company_none_opens_anything(world, tenant, person, database):
    device = await with_passkey(person)
    client, _ = await half(world, tenant)
    options = await asked(client, f"{PROOF}/challenges")
    owner = await asyncpg.connect(database.owner)
    await registry.suspend(owner, tenant.slug, because="unpaid", now=world.clock())
    await owner.close()

    _, alone = await signs_in(world, tenant, device)
    proof = await client.post(f"{PROOF}/passkey", json={"credential": device.sign(options)})
    asks = await client.post(f"{PROOF}/challenges")
    again = await person.post(f"{AGAIN}/challenges")
    confirms = await person.post(f"{AGAIN}/passkey", json={"credential": device.sign(options)})

    assert [(each.status_code, each.json()["type"]) for each in (alone, proof, asks, again, confirms)] == [
        (403, "/problems/tenant-suspended")
    ] * 5


async def test_all_of_it_is_on_record(world, tenant, person):
    device = await with_passkey(person)
    await signs_in(world, tenant, device)
    await signs_in(world, tenant, Authenticator(HERE))
    async with tenant_scope(tenant.id):
        rows = await fetch("select action, actor_id from audit_entry where action like '%passkey%' order by id")

    assert [(row["action"], row["actor_id"] == person.staff_id) for row in rows] == [
        ("passkey.keep", True),
        ("session.passkey", True),
        ("session.passkey_refused", False),
    ]


async def test_by_page_it_is_made_named_used_and_removed(world, tenant, person):
    person.headers["Accept-Language"] = "zh-CN"
    page, device = "/console/passkeys", Authenticator(HERE)
    empty = await person.get(page)
    nameless = await person.post(f"{page}/asked", data={"name": " "})
    made_of = options_in(await person.post(f"{page}/asked", data={"name": "电脑"}))
    lost = await person.post(page, data={"name": "电脑", "credential": "x"})
    made = await person.post(page, data={"name": "电脑", "credential": device.make(made_of)})
    client, _ = await half(world, tenant)
    code = await client.get("/console/sign-in/code")
    proof = options_in(await client.get("/console/sign-in/code/passkey"))
    wrong = await client.post("/console/sign-in/code/passkey", data={"credential": "x"})
    whole = await client.post("/console/sign-in/code/passkey", data={"credential": device.sign(proof)})
    stranger = world.client()
    asks = await stranger.get("/console/sign-in/passkey?next=/console/customers")
    alone = options_in(await stranger.post("/console/sign-in/passkey", data={"company": tenant.slug}))
    sent = {"company": tenant.slug, "credential": device.sign(alone)}
    inside = await stranger.post("/console/sign-in/passkey?next=/console/customers", data=sent)
    astray = await world.client().post("/console/sign-in/passkey?next=//evil.example", data=sent)
    kept = (await person.get(MINE)).json()[0]["id"]
    named = await person.post(f"{page}/{kept}/name", data={"name": "钥匙"})
    removed = await person.post(f"{page}/{kept}/removal")

    assert [each.status_code for each in (empty, nameless, lost, made, code, wrong, whole)] == [
        200, 422, 422, 200, 200, 422, 200
    ]  # fmt: skip
    assert ("没有添加" in lost.text, "codes" in made.text, "/code/passkey" in code.text) == (True, True, True)
    assert (asks.status_code, inside.status_code, inside.headers["location"]) == (200, 303, "/console/customers")
    assert (astray.status_code, "没有通过" in astray.text or "Refused" in astray.text) == (401, True)
    assert ("钥匙" in named.text, removed.status_code, "钥匙" in removed.text) == (True, 200, False)


@pytest.fixture
def asks_soon(world, monkeypatch):
    """As installed: a quarter of an hour, and half an hour."""
    middleware = world.litestar.state.scope_middleware
    monkeypatch.setattr(middleware, "bounds", structs.replace(middleware.bounds, confirm_minutes=15, idle_minutes=30))


async def makes_key(client):
    return (await client.post("/api/v1/keys", json={"name": "n", "scopes": ["staff:read"]})).status_code


async def test_what_matters_most_is_confirmed_by_one_too(world, tenant, asks_soon):
    admin = await tenant.staff("admin", "tenant_admin")
    device = await with_passkey(admin)
    world.clock.set(world.clock() + timedelta(minutes=16))
    before = await makes_key(admin)
    wrong = await admin.post(f"{AGAIN}/passkey", json={"credential": "x"})
    options = await asked(admin, f"{AGAIN}/challenges")
    right = await admin.post(f"{AGAIN}/passkey", json={"credential": device.sign(options)})
    twice = await admin.post(f"{AGAIN}/passkey", json={"credential": device.sign(options)})

    assert (before, wrong.status_code, right.status_code, twice.status_code) == (403, 422, 204, 422)
    assert await makes_key(admin) == 201
    async with tenant_scope(tenant.id):
        said = await fetch("select action from audit_entry where action like 'session.%' order by id")
    assert [row["action"] for row in said][-3:] == [
        "session.passkey_refused",
        "session.confirm",
        "session.passkey_refused",
    ]


async def test_only_ones_own_over_what_was_asked_for_this_confirms(world, tenant, person, asks_soon):
    device = await with_passkey(person)
    other = await tenant.staff("zhao", "agent")
    theirs = await with_passkey(other)
    client, _ = await half(world, tenant)
    proof = await asked(client, f"{PROOF}/challenges")
    alone = await asked(client, f"{ALONE}/challenges", company=tenant.slug)
    unlocking = options_in(await person.get("/console/unlock"))
    mine, foreign = await asked(person, f"{AGAIN}/challenges"), await asked(other, f"{AGAIN}/challenges")
    signed = [
        *(device.sign(each) for each in (proof, alone, unlocking, foreign)),
        theirs.sign(mine),
        theirs.sign(foreign),
    ]

    refused = [(await person.post(f"{AGAIN}/passkey", json={"credential": one})).status_code for one in signed]
    as_proof = await client.post(f"{PROOF}/passkey", json={"credential": device.sign(mine)})
    in_half = await client.post(f"{AGAIN}/challenges")
    none = await (await tenant.staff("wang", "agent")).post(f"{AGAIN}/challenges")
    stranger = await world.client().post(f"{AGAIN}/passkey", json={"credential": device.sign(mine)})
    person.headers.pop("X-CSRF-Token")
    forged = await person.post(f"{AGAIN}/challenges")

    assert refused == [422] * 6
    assert (as_proof.status_code, in_half.status_code, none.status_code) == (422, 403, 404)
    assert (none.json()["type"], in_half.json()["type"]) == ("/problems/no-passkey", "/problems/second-factor-needed")
    assert (stranger.status_code, forged.status_code) == (401, 403)


async def test_a_locked_session_goes_on_by_one_too(world, tenant, person, asks_soon):
    device, other = await with_passkey(person), await tenant.staff("zhao", "agent")
    theirs = await with_passkey(other)
    world.clock.set(world.clock() + timedelta(minutes=31))
    locked = await person.get("/api/v1/me")
    confirming = options_in(await person.get("/console/confirm"))
    for_confirming = await person.post("/console/unlock", data={"credential": device.sign(confirming)})
    colleague = await person.post(
        "/console/unlock", data={"credential": theirs.sign(options_in(await person.get("/console/unlock")))}
    )
    still = await person.get("/api/v1/me")
    options = options_in(await person.get("/console/unlock?next=/console/customers"))
    opened = await person.post("/console/unlock?next=//evil.example", data={"credential": device.sign(options)})

    assert (locked.status_code, locked.json()["type"]) == (401, "/problems/session-locked")
    assert (for_confirming.status_code, colleague.status_code, still.status_code) == (422, 422, 401)
    assert (opened.status_code, opened.headers["hx-redirect"]) == (200, "/console/")
    assert (await person.get("/api/v1/me")).status_code == 200
    async with tenant_scope(tenant.id):
        assert await fetch_value("select count(*) from audit_entry where action = 'session.unlock'") == 1


async def test_whoever_has_none_is_asked_the_password_alone(tenant, person):
    unlock, confirm = await person.get("/console/unlock"), await person.get("/console/confirm")

    assert ("data-passkey" in unlock.text, "data-passkey" in confirm.text) == (False, False)
    assert ('name="password"' in unlock.text, 'name="password"' in confirm.text) == (True, True)


def options_in(answer):
    assert answer.status_code == 200, answer.text
    return json.loads(html.unescape(re.search(r'data-options="([^"]+)"', answer.text)[1]))
