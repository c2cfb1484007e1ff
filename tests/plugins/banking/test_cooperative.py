"""VIPs of a rural credit cooperative with the pack's defaults, over HTTP (S12)."""

from datetime import UTC, datetime, timedelta

import pytest
from desk import open_desk
from running import come_round

from guibin.indicators import bounds
from guibin.tiers.jobs import EndExpiredMemberships

VIP = "cooperative_vip"


@pytest.fixture
async def desk(world):
    return await open_desk(world, "banking")


async def member(desk, number, *, demand=(), fixed=(), **more):
    """A personal customer: a figure of the demand deposit per month before March 2026, and fixed deposits in order."""
    customer = await desk.customer(number, "personal", **more)
    given = [("demand_deposit", f"{2025 + (n + 2) // 12}-{(n + 2) % 12 + 1:02d}-28", a) for n, a in enumerate(demand)]
    given += [("fixed_deposit", f"2026-02-{n + 1:02d}", amount) for n, amount in enumerate(fixed)]
    facts = [
        {"customer_id": customer, "metric": metric, "occurred_on": day, "amount": {"amount": amount}}
        for metric, day, amount in given
    ]
    if facts:
        answer = await desk.client.post("/api/v1/facts", json={"facts": facts})
        assert answer.status_code == 201, answer.text
    await desk.consent(customer, VIP)
    return customer


CASES = {
    "demand exactly": (["50000.00"] * 12, [], True),
    "demand one fen under in one month": (["50000.00"] * 11 + ["49999.99"], [], False),
    "fixed exactly": ([], ["100000.00"], True),
    "fixed one fen under": ([], ["99999.99"], False),
    "fixed now, less before": ([], ["1.00", "100000.00"], True),
    "fixed before, less now": ([], ["100000.00", "99999.99"], False),
    "either is enough": (["-1.00"] * 12, ["100000.00"], True),
    "both one fen under": (["49999.99"] * 12, ["99999.99"], False),
    "younger than the year, measured against the whole of it": (["50000.00"], [], False),
    "younger than the year, enough all the same": (["600000.00"], [], True),
    "nothing on the account": (["0.00"] * 12, ["0.00"], False),
    "overdrawn": (["-50000.00"] * 12, [], False),
    "no figure at all": ([], [], False),
}


@pytest.mark.rule("S12-1")
async def test_either_deposit_is_enough_and_exactly_at_the_bound_is_in(desk):
    customers = {
        case: await member(desk, f"C{n}", demand=demand, fixed=fixed)
        for n, (case, (demand, fixed, _)) in enumerate(CASES.items())
    }

    assessed = await desk.assess(VIP, "2026-03-01")

    results = await desk.results(assessed["id"])
    earned = {case: results.get(customer, {}).get("tier") == "vip" for case, customer in customers.items()}
    assert earned == {case: is_in for case, (*_, is_in) in CASES.items()}


@pytest.mark.rule("S12-4")
async def test_each_outlet_has_account_managers_of_its_own(desk):
    for code in ("east", "west"):
        await desk.tenant.unit(code)
    full_time = await desk.tenant.staff("full", "account_manager", unit="east")
    part_time = await desk.tenant.staff("part", "agent", "account_manager", unit="east")
    other = await desk.tenant.staff("other", "account_manager", unit="west")
    customers = [
        await member(
            desk,
            f"C{n}",
            fixed=["100000"],
            org_unit_id=str(desk.tenant.units["east"]),
            account_manager_id=str(manager.staff_id),
        )
        for n, manager in enumerate((full_time, part_time))
    ]
    await desk.assess(VIP, "2026-03-01")

    async def mine(who):
        answer = await who.get("/api/v1/customers", params={"account_manager_id": str(who.staff_id)})
        return [one["id"] for one in answer.json()["items"]]

    assert [await mine(who) for who in (full_time, part_time, other)] == [[customers[0]], [customers[1]], []]
    assert (await part_time.get(f"/api/v1/customers/{customers[1]}/membership")).status_code == 200
    assert (await other.get(f"/api/v1/customers/{customers[1]}/membership")).status_code == 404


INDICATOR = {
    "scheme": VIP,
    "tier": "vip",
    "metric": {"name": "tea_loans", "fact": "tea_loan", "aggregate": "sum", "months": 12},
    "at_least": 3_000_000,
    "title": {"zh": "近一年茶叶贷款", "en": "Tea loans over a year"},
    "org_unit": "east",
    "reason": "本网点以茶农为主",
}


@pytest.fixture
async def outlets(desk):
    """Two outlets with a sub-outlet, their people, and the card department of the county."""
    for code in ("east", "west"):
        await desk.tenant.unit(code)
    await desk.tenant.unit("east-market", parent="east")
    return {
        "lead": await desk.tenant.staff("lead", "manager", unit="east"),
        "second": await desk.tenant.staff("second", "manager", unit="east"),
        "cards": await desk.tenant.staff("cards", "card_department"),
    }


async def decide(who, approval, approved=True, reason="同意"):
    path = f"/api/v1/approvals/{approval}/decision"
    return await who.post(path, json={"approved": approved, "reason": reason})


async def judged(desk, day, customers):
    results = await desk.results((await desk.assess(VIP, day))["id"])
    return {name: results.get(customer, {}).get("tier") for name, customer in customers.items()}


@pytest.mark.rule("S12-2", "S02-4")
async def test_an_outlets_indicator_counts_for_its_own_customers_once_the_card_department_approved(
    desk, outlets, clock
):
    customers = {
        name: await desk.customer(name, "personal", org_unit_id=str(desk.tenant.units[unit]))
        for name, unit in (("east", "east"), ("under", "east"), ("market", "east-market"), ("west", "west"))
    }
    unknown = await desk.client.post(
        "/api/v1/facts",
        json={
            "facts": [{"customer_id": customers["east"], "metric": "tea_loan", "occurred_on": "2026-02-01", "value": 1}]
        },
    )

    asked = await outlets["lead"].post("/api/v1/indicators", json=INDICATOR)
    waiting = (await desk.client.get("/api/v1/policy")).json()
    own = await decide(outlets["second"], asked.json()["approval_id"])
    decided = await decide(outlets["cards"], asked.json()["approval_id"])
    policy = (await desk.client.get("/api/v1/policy")).json()
    for name, amount in (("east", "30000.00"), ("under", "29999.99"), ("market", "30000.00"), ("west", "90000.00")):
        await desk.fact(customers[name], "tea_loan", "2026-02-01", amount=amount)
        await desk.consent(customers[name], VIP)
    tiers = await judged(desk, "2026-03-01", customers)

    assert (unknown.status_code, asked.status_code, own.status_code, decided.status_code) == (422, 201, 403, 200)
    assert (waiting["version"], policy["version"]) == (0, 1)
    assert "tea_loan" not in str(waiting["schemes"])
    assert tiers == {"east": "vip", "under": None, "market": "vip", "west": None}
    explained = (await desk.membership(customers["market"], "zh-CN"))["explanations"][0]
    assert explained["policy_version"] == 1
    assert explained["measures"]["tea_loans"] == 3_000_000
    assert [v["note"] for v in (await desk.client.get("/api/v1/policy/versions")).json()] == [
        "indicator tea_loans of cooperative_vip approved"
    ]


@pytest.mark.rule("S12-2")
async def test_a_refused_indicator_changes_nothing_and_an_ended_one_no_longer_counts(desk, outlets, clock):
    customer = await desk.customer("C1", "personal", org_unit_id=str(desk.tenant.units["east"]))
    await desk.consent(customer, VIP)
    refused = await outlets["lead"].post("/api/v1/indicators", json=INDICATOR)
    await decide(outlets["cards"], refused.json()["approval_id"], approved=False, reason="标准统一")
    after_refusal = (await desk.client.get("/api/v1/policy")).json()["version"]
    asked = await outlets["lead"].post("/api/v1/indicators", json=INDICATOR)
    twice = await outlets["second"].post("/api/v1/indicators", json=INDICATOR)
    await decide(outlets["cards"], asked.json()["approval_id"])
    await desk.fact(customer, "tea_loan", "2026-02-01", amount="30000.00")
    in_force = await judged(desk, "2026-03-01", {"C1": customer})
    # The company's own version, written whole, does not lose what the card department approved.
    clock.set(clock() + timedelta(minutes=1))
    own = {"overrides": {"settings": [{"name": "demand_deposit_vip", "value": 6_000_000}]}}
    await desk.client.post("/api/v1/policy/versions", json=own)
    kept = (await desk.client.get("/api/v1/policy")).json()

    clock.set(clock() + timedelta(minutes=1))
    path = f"/api/v1/indicators/{asked.json()['id']}/ending"
    by_outlet = await outlets["lead"].post(path, json={"reason": "不再需要"})
    ended = await desk.client.post(path, json={"reason": "试行期满"})
    again = await desk.client.post(path, json={"reason": "试行期满"})
    last = (await desk.client.get("/api/v1/policy")).json()

    assert (after_refusal, twice.status_code, in_force) == (0, 409, {"C1": "vip"})
    assert "tea_loans" in str(kept["schemes"])
    assert (by_outlet.status_code, ended.status_code, again.status_code) == (403, 200, 409)
    assert (last["version"], "tea_loans" in str(last["schemes"])) == (3, False)
    assert [one["value"] for one in last["settings"] if one["name"] == "demand_deposit_vip"] == [6_000_000]


@pytest.mark.rule("S02-4", "S12-2")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scheme": "personal_vip", "tier": "gold"}, "scheme"),
        ({"scheme": "nonesuch"}, "scheme"),
        ({"tier": "nonesuch"}, "tier"),
        ({"org_unit": "west"}, "org_unit"),
        ({"org_unit": "nonesuch"}, "org_unit"),
        ({"metric": {"name": "fixed_deposit_now", "fact": "tea_loan"}}, "metric.name"),
        ({"metric": {"name": "x" * 61, "fact": "tea_loan"}}, "schemes.cooperative_vip.metrics." + "x" * 61),
        (
            {"metric": {"name": "tea_loans", "fact": "tea_loan", "months": -1}},
            "schemes.cooperative_vip.metrics.tea_loans",
        ),
        ({"title": {"zh": "茶叶贷款", "en": ""}}, "texts"),
    ],
)
async def test_what_cannot_be_asked_for_is_named(desk, outlets, change, field):
    answer = await outlets["lead"].post("/api/v1/indicators", json={**INDICATOR, **change})

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])
    assert (await desk.client.get("/api/v1/indicators")).json()["items"] == []


@pytest.mark.rule("S12-5")
async def test_nothing_leaves_the_cooperative_without_permission_or_law(desk):
    identity = {"confidential": {"identity_number": "11010519491231002X"}}
    customer = await desk.customer("C1", "personal", **identity)
    path = f"/api/v1/customers/{customer}/disclosures"

    async def told(**more):
        body = {"purpose": "协助查询账户", "leaves_to": "outside", "fields": ["identity_number"], **more}
        answer = await desk.client.post(path, json=body)
        return answer.status_code, answer.json().get("type", answer.json().get("values"))

    unasked = await told(recipient="县税务局")
    await desk.consent(customer, "disclosure", "refused")
    refused = await told(recipient="县税务局")
    by_law = await told(recipient="县人民法院", legal_basis="(2026)新3223执15号协助执行通知书")
    await desk.consent(customer, "disclosure")
    permitted = await told(recipient="县税务局")
    await desk.consent(customer, "disclosure", "withdrawn")
    withdrawn = await told(recipient="县税务局")
    nobody = await told(legal_basis="商业银行法第二十九条")
    inside = await told(leaves_to="nobody", recipient="县税务局")
    unsaid = await desk.client.post(path, json={"purpose": "协助查询账户", "fields": ["identity_number"]})

    values = {"identity_number": ["11010519491231002X"]}
    assert [unasked, refused, withdrawn] == [(422, "/problems/no-basis")] * 3
    assert [nobody, inside] == [(422, "/problems/invalid")] * 2
    assert (unsaid.status_code, "leaves_to" in unsaid.text) == (400, True)
    assert [by_law, permitted] == [(201, values)] * 2
    kept = (await desk.client.get(path)).json()["items"]
    assert [(one["recipient"], one["legal_basis"], one["fields"]) for one in kept] == [
        ("县税务局", "", ["identity_number"]),
        ("县人民法院", "(2026)新3223执15号协助执行通知书", ["identity_number"]),
    ]
    entries = (await desk.client.get("/api/v1/audit-entries", params={"action": "customer.disclose"})).json()["items"]
    assert [entry["purpose"] for entry in entries] == [
        "协助查询账户 → 县税务局 (客户同意 with permission)",
        "协助查询账户 → 县人民法院 ((2026)新3223执15号协助执行通知书)",
    ]


@pytest.mark.rule("S12-3")
async def test_a_threshold_is_relaxed_for_one_customer_by_the_card_department_until_its_last_day(desk, outlets, clock):
    east = str(desk.tenant.units["east"])
    star, other = await member(desk, "C1", org_unit_id=east), await member(desk, "C2", org_unit_id=east)
    body = {"customer_id": star, "kind": "exception", "scheme": VIP, "tier": "vip", "reason": "县内知名企业家"}

    endless = await outlets["lead"].post("/api/v1/applications", json=body)
    applied = await outlets["lead"].post("/api/v1/applications", json={**body, "expires_on": "2026-09-01"})
    approval = applied.json()["approval_id"]
    before = await desk.tier(star, VIP)
    own = [(await decide(outlets[who], approval)).status_code for who in ("lead", "second")]
    decided = await decide(outlets["cards"], approval)
    again = await decide(outlets["cards"], approval)
    assessed = await desk.assess(VIP, "2026-03-02")

    assert (endless.status_code, [e["field"] for e in endless.json()["errors"]]) == (422, ["expires_on"])
    assert (before, own, decided.status_code, again.status_code) == (None, [403, 403], 200, 409)
    assert (await desk.tier(star, VIP), await desk.tier(other, VIP)) == ("vip", None)
    assert [(m["move"], m["becomes"]) for m in assessed["moves"]] == [("locked", "vip")]
    clock.set(datetime(2026, 8, 31, 16, 30, tzinfo=UTC))
    await come_round(desk.tenant, EndExpiredMemberships())
    assert await desk.tier(star, VIP) is None
    assert [(m["ends_on"], m["ended_because"]) for m in (await desk.membership(star))["history"]] == [
        ("2026-09-01", "expired")
    ]


@pytest.mark.rule("S12-2")
async def test_an_indicator_is_small_and_there_are_so_many(desk, outlets, monkeypatch):
    """Each one is part of every later version of the policy, for everybody who asks."""
    monkeypatch.setattr(bounds, "INDICATORS_MAX", 2)
    lead = outlets["lead"]
    large = INDICATOR | {"title": {"zh": "茶" * 5_000, "en": "tea"}}
    named = [INDICATOR | {"metric": INDICATOR["metric"] | {"name": f"tea_{n}"}} for n in range(3)]

    refused = await lead.post("/api/v1/indicators", json=large)
    asked = [await lead.post("/api/v1/indicators", json=one) for one in named]

    assert (refused.status_code, refused.json()["errors"][0]["rule"]) == (422, "at most 8192 bytes of JSON")
    assert [one.status_code for one in asked] == [201, 201, 409]
    assert asked[2].json()["type"] == "/problems/too-many-indicators"
