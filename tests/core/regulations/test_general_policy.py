"""A company without any industry pack goes by the general regulations: S01, S10, S13 on their defaults."""

from datetime import UTC, datetime, timedelta

import pytest
from desk import open_desk

KEY = "key_customer"
FORM = {
    "yearly_spending": 8_000_000,
    "wishes_long_term_cooperation": True,
    "accepts_service_policy": True,
    "other_conditions": "",
}


@pytest.fixture
async def desk(world):
    return await open_desk(world)


async def spender(desk, number, amount, *, tenure=0, purchases=1, consents=True, **more):
    """A customer who spent so much in so many purchases over the last months."""
    person = await desk.customer(number, "customer", **more)
    each = f"{int(amount) / purchases:.2f}"
    for place in range(purchases):
        await desk.fact(person, "spending", f"2025-{4 + place % 9:02d}-{1 + place // 9:02d}", amount=each)
    if tenure:
        await desk.fact(person, "tenure", "2026-02-01", value=tenure)
    if consents:
        await desk.consent(person, KEY)
        await desk.registered(person, KEY)
    return person


async def quotas(desk, person):
    answer = await desk.client.get(f"/api/v1/customers/{person}/entitlements")
    return {entry["item"]: entry["granted"] for entry in answer.json()["items"]}


async def apply(desk, person, status=201, scheme=KEY, tier="gold", **more):
    body = {"customer_id": person, "scheme": scheme, "tier": tier, "reason": "主动注册", **more}
    answer = await desk.client.post("/api/v1/applications", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def approve(desk, application):
    manager = await desk.tenant.staff(f"manager-{application['id'][-6:]}", "manager")
    answer = await manager.post(
        f"/api/v1/approvals/{application['approval_id']}/decision", json={"approved": True, "reason": "符合条件"}
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.rule("S01-4", "S01-1")
async def test_screening_looks_at_loyalty_behaviour_and_further_factors_beside_spending(desk):
    rich_stranger = await spender(desk, "1", "60000", purchases=1)
    loyal = await spender(desk, "2", "60000", tenure=60, purchases=1)
    frequent = await spender(desk, "3", "60000", purchases=24)
    for month in (5, 6, 7, 8, 9):
        await desk.fact(recommending := await _once(desk, "4"), "referral", f"2025-{month:02d}-01", value=1)
    poor_but_loyal = await spender(desk, "5", "1000", tenure=60, purchases=24)

    await desk.assess(KEY, "2026-03-01")

    tiers = [await desk.tier(one, KEY) for one in (rich_stranger, loyal, frequent, recommending, poor_but_loyal)]
    assert tiers == [None, "gold", "gold", None, None]
    explained = (await desk.membership(loyal, "zh-CN"))["explanations"][0]
    assert explained["policy_version"] == 0
    score = await desk.client.get(f"/api/v1/customers/{loyal}/value-scores", headers={"Accept-Language": "zh-CN"})
    assert all(word in score.text for word in ("消费水平", "品牌忠诚度", "消费行为", "推荐")), score.text


@pytest.mark.rule("S01-4")
async def test_whom_a_customer_recommended_is_said_once_in_the_archive_and_weighs(desk, clock):
    recommending = await spender(desk, "1", "60000", tenure=30)
    silent = await spender(desk, "2", "60000", tenure=30)
    linked_otherwise = await spender(desk, "3", "60000", tenure=30)
    recommended = []
    for number in range(5):
        recommended.append(await desk.customer(f"R{number}", "customer"))
        await refer(desk, recommended[-1], recommending)
        await refer(desk, recommended[-1], linked_otherwise, role="relative")
    clock.set(clock() + timedelta(days=1))

    await desk.assess(KEY, "2026-03-03")

    tiers = [await desk.tier(one, KEY) for one in (recommending, silent, linked_otherwise)]
    assert tiers == ["gold", None, None]
    score = (await desk.client.get(f"/api/v1/customers/{recommending}/value-scores")).json()["items"][0]
    parts = {part["metric"]: (part["value"], part["points"]) for part in score["dimensions"]}
    assert parts["referrals_1y"] == (5, 100)


@pytest.mark.rule("S14-8")
async def test_a_recommended_customer_has_no_share_of_whoever_recommended_them(desk, clock):
    invested = await spender(desk, "1", "1000")
    await desk.fact(invested, "capital_share", "2026-02-01", value=200)
    recommended = await spender(desk, "2", "1000")
    director = await spender(desk, "3", "1000")
    await refer(desk, recommended, invested)
    await refer(desk, director, invested, role="executive")
    clock.set(clock() + timedelta(days=1))

    await desk.assess(KEY, "2026-03-03")

    tiers = [await desk.tier(one, KEY) for one in (invested, director, recommended)]
    assert tiers == ["diamond", "diamond", None]


async def refer(desk, person, to, role="referred_by"):
    answer = await desk.client.post(f"/api/v1/customers/{person}/links", json={"of_customer_id": to, "role": role})
    assert answer.status_code == 201, answer.text


async def _once(desk, number):
    known = await desk.numbers()
    return known.get(number) or await spender(desk, number, "1000")


@pytest.mark.rule("S13-1", "S13-4")
async def test_the_higher_the_tier_the_more_benefits_and_each_right_is_there(desk):
    gold = await spender(desk, "1", "60000", tenure=60, purchases=12)
    platinum = await spender(desk, "2", "300000", tenure=60, purchases=12)
    diamond = await spender(desk, "3", "600000", tenure=60, purchases=24)
    await desk.assess(KEY, "2026-03-01")

    assert [await desk.tier(one, KEY) for one in (gold, platinum, diamond)] == ["gold", "platinum", "diamond"]
    low, middle, high = [await quotas(desk, one) for one in (gold, platinum, diamond)]
    for item in ("vip_event", "discount", "gift", "priority_purchase"):
        assert low[item] < middle[item] < high[item], item
    assert low.keys() < middle.keys() == high.keys()
    assert {"account_manager", "vip_event", "discount", "gift", "bespoke_product"} <= high.keys()
    assert (high["account_manager"], high["bespoke_product"], middle["bespoke_product"]) == (None, None, 2)


@pytest.mark.rule("S13-4")
async def test_gifts_and_discounts_are_used_up_and_no_further(desk):
    gold = await spender(desk, "1", "60000", tenure=60, purchases=12)
    await desk.assess(KEY, "2026-03-01")

    async def redeem(item):
        return await desk.client.post("/api/v1/redemptions", json={"customer_id": gold, "item": item})

    assert [(await redeem("gift")).status_code for _ in range(2)] == [201, 409]
    assert [(await redeem("discount")).status_code for _ in range(7)] == [201] * 6 + [409]
    assert (await redeem("bespoke_event")).status_code == 422


@pytest.mark.rule("S13-2")
async def test_registration_takes_the_form_the_acceptance_and_an_approval(desk):
    person = await desk.customer("1", "customer")

    without_form = await apply(desk, person, status=422)
    assert without_form["type"].endswith(("no-consent", "invalid"))
    await desk.consent(person, KEY)
    without_form = await apply(desk, person, status=422)
    unwilling = await apply(
        desk, person, status=422, form="vip_registration", answers=FORM | {"accepts_service_policy": False}
    )
    silent = {key: value for key, value in FORM.items() if key != "wishes_long_term_cooperation"}
    incomplete = await apply(desk, person, status=422, form="vip_registration", answers=silent)
    manager = await desk.tenant.staff("recognising", "manager")
    path = f"/api/v1/customers/{person}/endorsements"
    await apply(desk, person, status=409, form="vip_registration", answers=FORM)
    assert (await manager.post(path, json={"scheme": KEY, "reason": "有购买力"})).status_code == 201
    filed = await apply(desk, person, form="vip_registration", answers=FORM)
    assert await desk.tier(person, KEY) is None
    await approve(desk, filed)

    assert [e["field"] for e in without_form["errors"]] == ["form"]
    assert [e["field"] for e in unwilling["errors"]] == ["answers.accepts_service_policy"]
    assert [e["field"] for e in incomplete["errors"]] == ["answers.wishes_long_term_cooperation"]
    assert await desk.tier(person, KEY) == "gold"


@pytest.mark.rule("S13-2")
async def test_nobody_becomes_a_key_customer_without_having_asked_for_it(desk):
    people = [await spender(desk, name, "600000", tenure=60, purchases=24, consents=False) for name in "1234"]
    _, unregistered, unwilling, willing = people
    for person in (unregistered, willing):
        await desk.consent(person, KEY)
    for person in (unwilling, willing):
        await desk.registered(person, KEY)

    await desk.assess(KEY, "2026-03-01")

    assert [await desk.tier(person, KEY) for person in people] == [None, None, None, "diamond"]


@pytest.mark.rule("S10-1", "S10-2")
async def test_customers_employees_and_partners_are_classes_with_a_standard_each(desk):
    employee, partner = await desk.customer("1", "employee"), await desk.customer("2", "partner")
    for person, scheme, tier in ((employee, "key_employee", "honoured"), (partner, "key_partner", "strategic")):
        await approve(desk, await apply(desk, person, scheme=scheme, tier=tier))
    refused = await apply(desk, employee, status=422, scheme="key_partner", tier="strategic")
    stranger = await desk.client.post("/api/v1/customers", json={"number": "3", "name": "x", "kind": "alien"})

    standards = (await desk.client.get("/api/v1/service-standards", headers={"Accept-Language": "zh-CN"})).json()

    assert [e["field"] for e in refused["errors"]] == ["customer_id"]
    assert stranger.status_code == 422
    assert (await quotas(desk, employee)).keys() == {"request", "vip_event", "gift"}
    assert (await quotas(desk, partner)).keys() == {"account_manager", "request", "priority_passage", "vip_event"}
    assert [(one["scheme"], one["customer_kinds"]) for one in standards] == [
        (KEY, ["customer"]),
        ("key_employee", ["employee"]),
        ("key_partner", ["partner"]),
    ]
    tiers = {tier["tier"]: tier for one in standards for tier in one["tiers"]}
    assert set(tiers["honoured"]["scope"]) == (await quotas(desk, employee)).keys()
    assert all(tier["rights"] and tier["scope"] and tier["time_limits"] for tier in tiers.values())


@pytest.mark.rule("S10-2")
async def test_the_time_limit_of_the_class_is_the_one_a_request_runs_under(desk, clock):
    employee, partner = await desk.customer("1", "employee"), await desk.customer("2", "partner")
    nobody = await desk.customer("3", "customer")
    diamond = await spender(desk, "4", "600000", tenure=60, purchases=24)
    await desk.assess(KEY, "2026-03-01")
    for person, scheme, tier in ((employee, "key_employee", "honoured"), (partner, "key_partner", "strategic")):
        await approve(desk, await apply(desk, person, scheme=scheme, tier=tier))

    due = []
    for person in (diamond, partner, employee, nobody):
        body = {"customer_id": person, "item": "request", "channel": "phone", "text": "咨询"}
        answer = await desk.client.post("/api/v1/service-requests", json=body)
        assert answer.status_code == 201, answer.text
        due.append(datetime.fromisoformat(answer.json()["due_at"]).astimezone(UTC))

    assert due == [
        datetime(2026, 3, 2, 4, 0, tzinfo=UTC),
        *(datetime(2026, 3, day, 16, 0, tzinfo=UTC) - timedelta(microseconds=1) for day in (3, 4, 5)),
    ]


@pytest.mark.rule("S01-3")
async def test_every_part_of_the_policy_and_every_figure_is_the_work_of_one_workstream(desk):
    gold = await spender(desk, "1", "60000", tenure=60, purchases=12)
    await desk.assess(KEY, "2026-03-01")
    await desk.client.post("/api/v1/complaints", json={"customer_id": gold, "text": "等太久", "channel": "phone"})

    report = (
        await desk.client.get("/api/v1/workstreams", params={"period": "2026-03"}, headers={"Accept-Language": "zh-CN"})
    ).json()
    defined = [figure["name"] for figure in (await desk.client.get("/api/v1/figures")).json()]

    streams = {one["name"]: one for one in report["workstreams"]}
    assert {name: one["title"] for name, one in streams.items()} == {
        "identification": "客户识别",
        "relationship": "关系建立",
        "service": "优质服务",
    }
    assert {"schemes", "forms", "cards", "approvals"} <= {*streams["identification"]["parts"]}
    assert {"cadences", "visits", "care", "surveys", "activities"} <= {*streams["relationship"]["parts"]}
    assert {"service_items", "entitlements", "complaints", "hotline"} <= {*streams["service"]["parts"]}
    figures = {name: {line["definition"]["name"]: line for line in one["figures"]} for name, one in streams.items()}
    assert sorted(name for lines in figures.values() for name in lines) == sorted(defined)
    assert figures["identification"]["members_joined"]["numerator"] == 1
    kept = {"retention", "churn", "cadence_met", "vips_invited", "reviews_done", "visits_made"}
    assert figures["relationship"].keys() >= kept
    assert figures["service"]["complaints_received"]["numerator"] == 1


@pytest.mark.rule("S01-6", "S01-7")
async def test_a_dedicated_account_manager_is_named_and_the_hotline_knows_the_customer(desk):
    manager = await desk.tenant.staff("own", "account_manager")
    person = await spender(
        desk,
        "1",
        "600000",
        tenure=60,
        purchases=24,
        name="张三丽",
        sex="female",
        confidential={"mobile": "13800138000"},
        account_manager_id=str(manager.staff_id),
    )
    await desk.assess(KEY, "2026-03-01")

    found = (await desk.client.post("/api/v1/recognitions", json={"phone": "13800138000"})).json()

    assert found["customer"]["account_manager_id"] == str(manager.staff_id)
    assert found["greetings"] == ["尊敬的钻石客户，VIP专席为您服务", "张女士，您好"]
    assert (found["customer"]["customer_id"], found["route"]["skips_menu"]) == (person, True)
