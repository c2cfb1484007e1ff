"""Who gets in: keys, sessions, CSRF, allowances. Suspension: test_suspension.py."""

from datetime import timedelta

import pytest

from guibin_tenants import keys
from guibin_tenants.rate_limits import Allowance, RateLimits
from guibin_tenants.refusals import TooManyRequests
from guibin_tenants.scope import fetch_value
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
        "Login or password is wrong",
    )


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


async def test_a_company_that_asks_too_much_waits_and_no_other_does(world, tenant, other_tenant, monkeypatch):
    middleware = world.litestar.state.scope_middleware
    seconds = [0.0]
    monkeypatch.setattr(
        middleware, "limits", RateLimits(Allowance(per_second=0.5, burst=4), seconds=lambda: seconds[0])
    )
    keys_of_one = [await tenant.client(), await tenant.client()]
    neighbour = await other_tenant.client()

    # Two keys of one company share its allowance, although each has not used up its own.
    answers = [await keys_of_one[number % 2].get("/api/v1/me") for number in range(5)]
    beside = [(await neighbour.get("/api/v1/me")).status_code for _ in range(4)]
    refused = answers[-1]
    seconds[0] = float(refused.headers["retry-after"])
    again = await keys_of_one[0].get("/api/v1/me")

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert [answer.headers["ratelimit"].split(";")[3] for answer in answers[:4]] == ["r=3", "r=2", "r=1", "r=0"]
    assert (refused.headers["retry-after"], refused.json()["type"]) == ("3", "/problems/too-many-requests")
    assert beside == [200] * 4
    assert again.status_code == 200


async def test_each_key_has_an_allowance_of_its_own_within_the_company_s(world, tenant, monkeypatch):
    frozen = RateLimits(Allowance(per_second=1, burst=3), seconds=lambda: 0.0)
    monkeypatch.setattr(world.litestar.state.scope_middleware.admission, "caller_limits", frozen)
    hasty, calm = await tenant.client(), await tenant.client()

    answers = [await hasty.get("/api/v1/me") for _ in range(4)]
    beside = [await calm.get("/api/v1/me") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit"].split(";")[1] for answer in answers[:3]] == ["r=2", "r=1", "r=0"]
    assert answers[-1].json()["type"] == "/problems/too-many-requests"
    assert [answer.status_code for answer in beside] == [200] * 3


async def test_what_was_refused_for_asking_too_much_wrote_nothing(world, tenant, monkeypatch):
    monkeypatch.setattr(
        world.litestar.state.scope_middleware, "limits", RateLimits(Allowance(per_second=0.001, burst=3))
    )
    client = await tenant.client()
    body = {"text": "没有信号", "channel": "phone"}

    statuses = [(await client.post("/api/v1/complaints", json=body)).status_code for _ in range(2)]

    async with tenant.scope():
        kept = await fetch_value("select count(*) from complaint")
    assert (statuses, kept) == ([201, 429], 1)
