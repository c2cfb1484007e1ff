"""Who gets in: keys, sessions, CSRF, suspension, limits."""

from datetime import timedelta

import asyncpg
import pytest

from guibin_tenants import keys, registry
from guibin_tenants.rate_limits import Allowance, RateLimits
from guibin_tenants.refusals import TooManyRequests
from support import PASSWORD


async def test_a_key_opens_its_own_company(world, tenant):
    client = await tenant.client("customers:read")

    me = (await client.get("/api/v1/me")).json()

    assert (me["company"], me["permissions"]) == (tenant.slug, ["customers:read"])


@pytest.mark.parametrize("token", ["", "gb_live_", "gb_live_" + "x" * 60, "nonsense", "gb_live_é" + "0" * 59])
async def test_a_wrong_key_opens_nothing(world, token):
    answer = await world.client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}".encode()})

    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


async def test_a_key_with_a_changed_character_is_not_looked_up(world, tenant):
    token = await tenant.key()
    changed = token[:-1] + ("a" if token[-1] != "a" else "b")

    assert (await world.client(changed).get("/api/v1/me")).status_code == 401


async def test_a_revoked_key_is_refused(world, tenant):
    token = await tenant.key()
    async with tenant.scope():
        await keys.revoke((await keys.all_keys())[0].id, now=world.clock())

    assert (await world.client(token).get("/api/v1/me")).status_code == 401


async def test_a_key_ends_at_its_expiry(world, tenant):
    async with tenant.scope():
        token, _ = await keys.create(
            keys.NewKey(name="short", scopes=("*",), expires_at=world.clock() + timedelta(hours=1)), now=world.clock()
        )
    world.clock.set(world.clock() + timedelta(hours=1))

    assert (await world.client(token).get("/api/v1/me")).status_code == 401


async def test_a_key_without_the_scope_is_refused(world, tenant):
    client = await tenant.client("customers:read")

    answer = await client.get("/api/v1/audit-entries")

    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")


async def test_staff_sign_in_and_out(world, tenant):
    client = await tenant.staff("li.wei", "manager")

    assert (await client.get("/api/v1/me")).json()["roles"] == ["manager"]
    assert (await client.delete("/api/v1/sessions")).status_code == 204
    assert (await client.get("/api/v1/me")).status_code == 401


async def test_a_change_without_the_csrf_token_is_refused(world, tenant):
    client = await tenant.staff("admin", "tenant_admin")
    del client.headers["X-CSRF-Token"]

    answer = await client.post("/api/v1/policy/versions", json={"overrides": {}})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("company", "login", "password"),
    [("{}", "li.wei", "wrong password"), ("{}", "nobody", PASSWORD), ("no-such-company", "li.wei", PASSWORD)],
)
async def test_every_failed_sign_in_says_the_same(world, tenant, company, login, password):
    await tenant.staff("li.wei")

    answer = await world.client().post(
        "/api/v1/sessions", json={"company": company.format(tenant.slug), "login": login, "password": password}
    )

    assert (answer.status_code, answer.json()["detail"]) == (
        401,
        "Login or password is wrong, or the account is locked for a while",
    )


async def test_ten_failures_lock_the_account_for_a_quarter_of_an_hour(world, tenant):
    await tenant.staff("li.wei")
    caller = world.client()
    right = {"company": tenant.slug, "login": "li.wei", "password": PASSWORD}
    for _ in range(10):
        await caller.post("/api/v1/sessions", json=right | {"password": "wrong password"})

    locked = await caller.post("/api/v1/sessions", json=right)
    world.clock.set(world.clock() + timedelta(minutes=15))
    opened = await caller.post("/api/v1/sessions", json=right)

    assert (locked.status_code, opened.status_code) == (401, 201)


async def test_a_suspended_company_gets_403_everywhere(world, tenant, database):
    token = await tenant.key()
    owner = await asyncpg.connect(database.owner)
    try:
        await registry.suspend(owner, tenant.slug, because="unpaid", now=world.clock())
        refused = await world.client(token).get("/api/v1/me")
        await registry.resume(owner, tenant.slug)
        served = await world.client(token).get("/api/v1/me")
    finally:
        await owner.close()

    assert (refused.status_code, refused.json()["type"], served.status_code) == (403, "/problems/tenant-suspended", 200)


def test_an_allowance_flows_back_with_time():
    seconds = [0.0]
    limits = RateLimits(Allowance(per_second=1, burst=2), seconds=lambda: seconds[0])
    owner = object()
    limits.take(owner, "read")
    limits.take(owner, "read")
    with pytest.raises(TooManyRequests) as refused:
        limits.take(owner, "read")
    seconds[0] = 1.0

    assert (refused.value.retry_after, limits.take(owner, "read")) == (2, (0, 3))


async def test_answers_carry_security_headers(world):
    answer = await world.client().get("/health/live")

    assert {k: v for k, v in answer.headers.items() if k not in ("content-length",)} == {
        "content-type": "application/json",
        "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "permissions-policy": "interest-cohort=()",
        "cross-origin-resource-policy": "same-origin",
    }
