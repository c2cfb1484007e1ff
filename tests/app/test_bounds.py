"""What a request costs and what bounds it: dear operations cost as such and are few at once, settings are what they say."""

import asyncio

import pytest

from guibin.app.bounds import BadBound, Bounds, bounds_of
from guibin.app.costs import costs_of
from guibin_tenants.rate_limits import BULK, COSTS, Allowance, RateLimits
from guibin_tenants.turns import Turns

DEAR = {
    ("GET", "/api/v1/statistics"),
    ("GET", "/api/v1/statistics/workbook"),
    ("GET", "/api/v1/figures"),
    ("GET", "/api/v1/reports/{kind}"),
    ("GET", "/api/v1/reports/{kind}/workbook"),
    ("GET", "/api/v1/reports/{kind}/page"),
    ("GET", "/api/v1/reports/{kind}/comparison/workbook"),
    ("GET", "/api/v1/reports/{kind}/comparison/page"),
    ("POST", "/api/v1/facts"),
    ("POST", "/api/v1/assessments"),
    ("POST", "/api/v1/assessments/simulations"),
    ("POST", "/api/v1/campaigns"),
    ("GET", "/api/v1/tier-conversions"),
}


@pytest.fixture
def middleware(world, monkeypatch):
    found = world.litestar.state.scope_middleware
    limits = RateLimits(Allowance(per_second=1, burst=1_000), seconds=lambda: 0.0)
    monkeypatch.setattr(found, "limits", limits)
    return found


@pytest.mark.parametrize(("method", "path"), sorted(DEAR))
def test_what_goes_over_a_whole_customer_base_is_dear(world, method, path):
    costs = costs_of(world.litestar)

    found = [costs.of(method, path.replace("{kind}", "service") + end, b"") for end in ("", "/")]

    assert found == [BULK, BULK]


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", "/api/v1/customers", b"", "read"),
        ("GET", "/api/v1/customers", b"limit=50", "read"),
        ("GET", "/api/v1/customers", b"q=a&limit=51", "list"),
        ("GET", "/api/v1/customers", b"l%69mit=%32%30%30", "list"),
        ("GET", "/api/v1/customers", b"&".join([b"a=1"] * 200), "list"),
        ("GET", "/api/v1/customers", "limit=²".encode(), "read"),
        ("GET", "/api/v1/assessments", b"", "read"),
        ("GET", "/api/v1/reports/service/page/more", b"", "read"),
        ("PATCH", "/api/v1/statistics", b"", "write"),
        ("DELETE", "/api/v1/keys/1", b"limit=200", "write"),
    ],
)
def test_the_rest_costs_by_method_and_length(world, method, path, query, expected):
    assert costs_of(world.litestar).of(method, path, query) == expected


async def test_a_dear_request_takes_as_much_of_the_allowance(client, middleware):
    answers = [
        await client.get(f"/api/v1/{path}") for path in ("me", "statistics?period=2026-02", "customers?limit=200", "me")
    ]

    left = [int(answer.headers["ratelimit"].split(";")[3].removeprefix("r=")) for answer in answers]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert left == [999, 999 - COSTS[BULK], 994 - COSTS[BULK], 993 - COSTS[BULK]]


async def test_dear_requests_of_a_company_are_few_at_once_and_others_go_on(
    client, tenant, other_tenant, middleware, monkeypatch
):
    monkeypatch.setattr(middleware.admission, "bulk", Turns(1, waiting_max=0))
    neighbour = await other_tenant.client()
    path = "/api/v1/statistics?period=2026-02"

    async with middleware.admission.bulk.turn(tenant.id):
        dear, cheap, beside = [
            await caller.get(asked) for caller, asked in ((client, path), (client, "/api/v1/me"), (neighbour, path))
        ]
    after = await client.get(path)

    assert [answer.status_code for answer in (dear, cheap, beside, after)] == [429, 200, 200, 200]
    assert dear.json()["type"] == "/problems/too-many-at-once"


async def test_wrong_keys_from_one_address_are_limited_and_known_ones_are_not(
    world, client, tenant, middleware, monkeypatch
):
    from guibin_tenants import credentials

    await client.get("/api/v1/me")
    monkeypatch.setattr(
        middleware.admission, "stranger_limits", RateLimits(Allowance(per_second=0.001, burst=3), seconds=lambda: 0.0)
    )

    statuses = []
    for _ in range(5):
        async with world.client(credentials.issue("gb_live_", tenant.id)[0]) as stranger:
            statuses.append((await stranger.get("/api/v1/me")).status_code)
    known = await client.get("/api/v1/me")

    assert (statuses, known.status_code) == ([401, 401, 401, 429, 429], 200)


async def test_a_request_that_takes_too_long_is_ended_and_wrote_nothing(client, middleware, monkeypatch):
    body = {"text": "没有信号", "channel": "phone"}

    async def never(*_):
        await asyncio.Event().wait()

    tight = Bounds(request_within_s=0.3, caller_per_s=1_000, caller_burst=1_000)
    monkeypatch.setattr(middleware, "bounds", tight)
    with monkeypatch.context() as stuck:
        stuck.setattr("guibin.app.scope_middleware.repeats.once", never)
        refused = await client.post("/api/v1/complaints", json=body)
    monkeypatch.setattr(middleware, "bounds", Bounds())
    listed = await client.get("/api/v1/complaints")

    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/took-too-long")
    assert refused.headers["retry-after"] == "1"
    assert listed.json()["items"] == []


def test_settings_are_bounds_by_their_names():
    found = bounds_of({"GUIBIN_API_BODY_WITHIN_S": "0.5", "GUIBIN_API_COMPANY_SCOPES": "8", "GUIBIN_HOME": "x"})

    assert (found.body_within_s, found.company_scopes, found.body_bytes) == (0.5, 8, Bounds().body_bytes)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GUIBIN_API_BODY_WITHIN", "1"),
        ("GUIBIN_API_BODY_WITHIN_S", "0"),
        ("GUIBIN_API_BODY_WITHIN_S", "-1"),
        ("GUIBIN_API_BODY_WITHIN_S", "soon"),
        ("GUIBIN_API_BODY_WITHIN_S", ""),
        ("GUIBIN_API_BODY_WITHIN_S", "1e999"),
        ("GUIBIN_API_COMPANY_SCOPES", "1.5"),
    ],
)
def test_a_setting_that_is_no_bound_is_refused(name, value):
    with pytest.raises(BadBound, match="GUIBIN_API_"):
        bounds_of({name: value})
