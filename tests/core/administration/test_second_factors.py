"""A second factor: set up, asked after the password, each code once, demanded by role, reset for whoever lost it."""

from datetime import timedelta

import pyotp
import pytest

from guibin_tenants import sign_in_limits, staff
from guibin_tenants.scope import fetch
from guibin_tenants.second_factors import STEP_S
from support import PASSWORD

MINE, SIGN_IN, PROOF = "/api/v1/me/second-factor", "/api/v1/sessions", "/api/v1/sessions/second-factor"
STEP = timedelta(seconds=STEP_S)


def later(world, by=STEP):
    world.clock.set(world.clock() + by)


def shown_by(app, world):
    """What the app shows now."""
    return app.at(int(world.clock().timestamp()))


async def set_up(world, client):
    """The person's app and the recovery codes they were shown."""
    begun = (await client.post(MINE)).json()
    app = pyotp.TOTP(begun["secret"])
    done = await client.post(f"{MINE}/confirmation", json={"code": shown_by(app, world)})
    assert done.status_code == 201, done.text
    later(world)
    return app, done.json()["codes"]


async def by_password(world, tenant, login="li.wei", client=None):
    client = client or world.client()
    answer = await client.post(SIGN_IN, json={"company": tenant.slug, "login": login, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    client.answer = answer.json()
    return client


async def tells(client, code):
    answer = await client.post(PROOF, json={"code": code})
    if answer.status_code == 201:
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return answer


async def asked_of(admin, *roles):
    answer = await admin.put("/api/v1/sign-in-rules", json={"second_factor_roles": list(roles)})
    assert answer.status_code == 200, answer.text


@pytest.fixture
async def here(tenant):
    return await tenant.staff("li.wei", "agent")


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


async def test_after_the_password_a_code_is_asked_before_anything_else(world, tenant, here):
    app, _ = await set_up(world, here)

    client = await by_password(world, tenant)
    half = await client.get("/api/v1/me")
    wrong = await tells(client, "000000")
    right = await tells(client, shown_by(app, world))
    whole = await client.get("/api/v1/me")

    assert client.answer["owes"] == "second_factor"
    assert (half.status_code, half.json()["type"]) == (403, "/problems/second-factor-needed")
    assert "POST /api/v1/sessions/second-factor" in half.json()["detail"]
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "code")
    assert (right.status_code, right.json()["owes"], whole.json()["roles"]) == (201, "", ["agent"])


async def test_the_session_that_told_the_password_alone_gets_another_token(world, tenant, here):
    app, _ = await set_up(world, here)
    client = await by_password(world, tenant)
    half = client.cookies["guibin_session"]

    await tells(client, shown_by(app, world))
    stale = world.client()
    stale.cookies.set("guibin_session", half)

    assert ((await client.get("/api/v1/me")).status_code, (await stale.get("/api/v1/me")).status_code) == (200, 401)


async def test_each_code_is_good_once_also_in_two_sessions_at_once(world, tenant, here):
    app, _ = await set_up(world, here)
    one, other = await by_password(world, tenant), await by_password(world, tenant)
    code = shown_by(app, world)

    answers = [await tells(one, code), await tells(other, code)]

    assert [answer.status_code for answer in answers] == [201, 422]


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 201), (0, 201), (1, 201), (2, 422)])
async def test_a_clock_that_is_half_a_minute_off_does_not_matter(world, tenant, here, steps, status):
    app, _ = await set_up(world, here)
    later(world, 3 * STEP)
    client = await by_password(world, tenant)

    assert (await tells(client, app.at(int((world.clock() + steps * STEP).timestamp())))).status_code == status


async def test_a_recovery_code_stands_in_once_however_it_is_typed(world, tenant, here):
    _, codes = await set_up(world, here)
    one, other = await by_password(world, tenant), await by_password(world, tenant)

    first = await tells(one, f" {codes[0].upper().replace('-', ' ')} ")
    again = await tells(other, codes[0])
    second = await tells(other, codes[1])

    assert (len(codes), first.status_code, again.status_code, second.status_code) == (10, 201, 422, 201)
    assert (await other.get(MINE)).json()["codes_left"] == 8


async def test_nothing_of_it_is_kept_in_clear(world, tenant, here):
    begun = (await here.post(MINE)).json()
    app = pyotp.TOTP(begun["secret"])
    codes = (await here.post(f"{MINE}/confirmation", json={"code": shown_by(app, world)})).json()["codes"]

    async with tenant.scope():
        kept = [
            bytes(value)
            for table in ("second_factor", "recovery_code")
            for row in await fetch(f"select * from {table}")
            for value in row.values()
            if isinstance(value, bytes)
        ]

    assert len(kept) == 11
    assert not [value for value in kept if begun["secret"].encode() in value or app.byte_secret() in value]
    assert not [code for code in codes if any(code.replace("-", "").encode() in value for value in kept)]


async def test_guesses_shut_it_and_are_on_record(world, tenant, here, admin):
    app, _ = await set_up(world, here)
    client = await by_password(world, tenant)
    answers = [(await tells(client, f"{number:06}")).status_code for number in range(6)]
    right = await tells(client, shown_by(app, world))

    assert answers == [422] * 5 + [429]
    assert right.status_code == 429
    entries = (
        await (await tenant.client()).get("/api/v1/audit-entries", params={"action": "session.second_factor_refused"})
    ).json()
    assert len(entries["items"]) == 5
    locked = (await (await tenant.client()).get("/api/v1/audit-entries", params={"action": "session.lock_out"})).json()[
        "items"
    ]
    assert [entry["actor_name"] for entry in locked] == ["li.wei"]


async def test_whoever_guesses_elsewhere_does_not_shut_the_browser_its_owner_uses(world, tenant, here):
    app, _ = await set_up(world, here)
    strange = await by_password(world, tenant)
    for number in range(7):
        await tells(strange, f"{number:06}")

    await by_password(world, tenant, client=here)

    assert (await tells(here, shown_by(app, world))).status_code == 201


async def test_from_all_strange_places_together_a_few_are_tried(world, tenant, here):
    await set_up(world, here)
    limits = [sign_in_limits.of_second_factor(here.staff_id, None, f"198.51.100.{number}") for number in range(1, 9)]
    shut = 0
    async with tenant.scope():
        for each in limits:
            for _ in range(4):
                try:
                    await sign_in_limits.attempt(each, now=world.clock())
                except sign_in_limits.TooManyAttempts:
                    shut += 1

    assert shut == 2


async def test_the_password_alone_changes_no_password(world, tenant, here):
    await set_up(world, here)
    client = await by_password(world, tenant)

    refused = await client.put("/api/v1/me/password", json={"present": PASSWORD, "new": "another horse battery"})

    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/second-factor-needed")


async def test_a_half_session_is_soon_over_and_makes_no_browser_known(world, tenant, here):
    app, _ = await set_up(world, here)
    client = await by_password(world, tenant)

    assert "guibin_device" not in client.cookies
    later(world, staff.OWING_LASTS)
    assert (await tells(client, shown_by(app, world))).status_code == 401


async def test_setting_it_up_ends_the_other_sessions_and_needs_a_code_of_the_new_app(world, tenant, here):
    elsewhere = await by_password(world, tenant)
    await here.post(MINE)
    wrong = await here.post(f"{MINE}/confirmation", json={"code": "000000"})
    not_yet = await by_password(world, tenant)

    await set_up(world, here)

    assert (wrong.status_code, not_yet.answer["owes"]) == (422, "")
    assert ((await elsewhere.get("/api/v1/me")).status_code, (await here.get("/api/v1/me")).status_code) == (401, 200)


async def test_another_telephone_replaces_the_first_once_it_works(world, tenant, here):
    first, _ = await set_up(world, here)
    await here.post(MINE)
    client = await by_password(world, tenant)
    still = (await tells(client, shown_by(first, world))).status_code
    later(world)
    second, _ = await set_up(world, here)
    other = await by_password(world, tenant)

    old, new = await tells(other, shown_by(first, world)), await tells(other, shown_by(second, world))

    assert (still, old.status_code, new.status_code) == (201, 422, 201)


async def test_in_a_role_that_must_one_is_set_up_before_anything_else(world, tenant, here, admin):
    other = await tenant.staff("manager", "manager")
    await asked_of(admin, "agent")

    refused, not_asked = await here.get("/api/v1/me"), await other.get("/api/v1/me")
    mine = (await here.get(MINE)).json()
    await set_up(world, here)
    done = await here.get("/api/v1/me")
    next_time = await by_password(world, tenant)
    kept = await here.delete(MINE)

    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/second-factor-missing")
    assert (not_asked.status_code, mine["required"], mine["since"]) == (200, True, None)
    assert (done.status_code, next_time.answer["owes"]) == (200, "second_factor")
    assert (kept.status_code, kept.json()["type"]) == (409, "/problems/second-factor-required")


async def test_a_post_of_the_company_can_be_what_is_asked_and_an_unknown_role_is_refused(world, tenant, admin):
    post = next(iter((await admin.get("/api/v1/policy")).json()["posts"]))["name"]
    await asked_of(admin, post)
    refused = await admin.put("/api/v1/sign-in-rules", json={"second_factor_roles": ["nobody"]})

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "second_factor_roles")
    assert (await admin.get("/api/v1/sign-in-rules")).json()["second_factor_roles"] == [post]


async def test_only_an_admin_of_the_whole_company_says_who_must(tenant, here):
    await tenant.unit("east")
    local = await tenant.staff("local", "tenant_admin", unit="east")

    answers = [await one.put("/api/v1/sign-in-rules", json={}) for one in (here, local)]

    assert [answer.status_code for answer in answers] == [403, 403]


async def test_an_admin_resets_a_lost_one_and_its_owner_is_told(world, tenant, here, admin):
    await set_up(world, here)
    path = f"/api/v1/staff/{here.staff_id}/second-factor"

    done, again = await admin.delete(path), await admin.delete(path)

    assert (done.status_code, again.status_code) == (204, 409)
    assert (await here.get("/api/v1/me")).status_code == 401
    client = await by_password(world, tenant)
    assert client.answer["owes"] == ""
    assert [told["kind"] for told in (await client.get("/api/v1/notices")).json()["items"]] == ["second_factor_reset"]
    entries = (
        await (await tenant.client()).get("/api/v1/audit-entries", params={"action": "staff.second_factor_reset"})
    ).json()["items"]
    assert [(entry["actor_name"], entry["subject_id"]) for entry in entries] == [("admin", str(here.staff_id))]


async def test_nobody_resets_their_own_or_that_of_somebody_who_holds_more(world, tenant, here, admin):
    await set_up(world, admin)
    auditor = await tenant.staff("auditor", "auditor")
    await set_up(world, auditor)

    answers = [await admin.delete(f"/api/v1/staff/{one.staff_id}/second-factor") for one in (admin, auditor)]
    answers.append(await here.delete(f"/api/v1/staff/{admin.staff_id}/second-factor"))

    assert [answer.status_code for answer in answers] == [403, 403, 403]


async def test_another_companys_codes_and_people_are_unknown(world, tenant, other_tenant, here):
    app, codes = await set_up(world, here)
    theirs = await other_tenant.staff("li.wei", "agent")
    await set_up(world, theirs)
    boss = await other_tenant.staff("boss", "tenant_admin")
    client = await by_password(world, other_tenant)

    assert [(await tells(client, code)).status_code for code in (shown_by(app, world), codes[0])] == [422, 422]
    assert (await boss.delete(f"/api/v1/staff/{here.staff_id}/second-factor")).status_code == 404


async def test_by_page_the_code_follows_the_password(world, tenant, here):
    app, _ = await set_up(world, here)
    client = world.client(**{"Accept-Language": "zh-CN"})
    given = {"company": tenant.slug, "login": "li.wei", "password": PASSWORD}

    answer = await client.post("/console/sign-in?next=/console/sessions", data=given)
    led = await client.get("/console/sessions")
    page = await client.get(answer.headers["location"])
    csrf = page.text.partition('"x-csrf-token": "')[2].partition('"')[0]
    wrong = await client.post("/console/sign-in/code", data={"code": "000000"}, headers={"X-CSRF-Token": csrf})
    right = await client.post(
        answer.headers["location"], data={"code": shown_by(app, world)}, headers={"X-CSRF-Token": csrf}
    )

    assert answer.headers["location"] == "/console/sign-in/code?next=/console/sessions"
    assert (led.status_code, led.headers["location"]) == (303, answer.headers["location"])
    assert "第二验证因子" in page.text
    assert (wrong.status_code, "验证码不对" in wrong.text) == (422, True)
    assert (right.status_code, right.headers["hx-redirect"]) == (200, "/console/sessions")
    assert (await client.get("/console/sessions")).status_code == 200


async def test_by_page_too_it_is_set_up_before_anything_else(world, tenant, here, admin):
    await asked_of(admin, "agent")

    led = await here.get("/console/sessions")
    page = await here.get(led.headers["location"])
    scan = await here.post("/console/second-factor?next=/console/sessions")
    secret = scan.text.partition('id="secret">')[2].partition("<")[0].replace(" ", "")
    wrong = await here.post("/console/second-factor/confirmation", data={"code": "000000"})
    done = await here.post("/console/second-factor/confirmation", data={"code": shown_by(pyotp.TOTP(secret), world)})

    assert led.headers["location"] == "/console/second-factor?next=/console/sessions"
    assert (page.status_code, "<svg" in scan.text, wrong.status_code) == (200, True, 422)
    assert (done.status_code, done.text.count("<li>")) == (200, 10)
    assert (await here.get("/console/sessions")).status_code == 200
