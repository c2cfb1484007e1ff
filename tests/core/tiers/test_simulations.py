"""What a changed scheme would do, the value score and its history, conversion: over HTTP, on a company's own scheme."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from desk import Desk

from guibin.tiers.queries import SCORES_IN_FILE
from guibin_tenants.scope import fetch

CLUB = "club"
TEXT = {"zh": "文", "en": "text"}


def scheme(**more):
    return {
        "name": CLUB,
        "customer_kinds": ["partner"],
        "metrics": [
            {"name": "spent", "fact": "spending", "months": 12, "none_is_zero": True},
            {"name": "visits", "fact": "visits", "aggregate": "count", "unit": "times"},
        ],
        "tiers": [
            {
                "name": "top",
                "criterion": {"type": "at_least", "metric": "spent", "bound": "top_spending"},
                "expectation": {"type": "at_least", "metric": "visits", "bound": 2},
                "strategy": ["care"],
            },
            {"name": "plain", "criterion": {"type": "at_least", "metric": "spent", "bound": 10_000}},
        ],
        "value_score": [
            {"metric": "spent", "weight": 60, "low": 0, "high": 100_000, "name": "contribution"},
            {"metric": "visits", "weight": 40, "low": 0, "high": 4},
        ],
        **more,
    }


OVERRIDES = {
    "settings": [{"name": "top_spending", "value": 50_000}],
    "schemes": [scheme()],
    "texts": dict.fromkeys(
        (
            "scheme.club",
            "tier.top",
            "tier.plain",
            "metric.spent",
            "metric.visits",
            "dimension.contribution",
            "strategy.care",
            "setting.top_spending",
        ),
        TEXT,
    ),
}


@pytest.fixture
async def desk(tenant, client):
    answer = await client.post("/api/v1/policy/versions", json={"overrides": OVERRIDES, "note": "a club"})
    assert answer.status_code == 201, answer.text
    return Desk(tenant, client)


async def member(desk, number, amount, *, visits=0):
    customer = await desk.customer(number, "partner")
    if amount:
        await desk.fact(customer, "spending", "2026-02-01", amount=amount)
    for day in range(1, visits + 1):
        await desk.fact(customer, "visits", f"2026-02-{day:02}", value=1)
    return customer


async def simulate(desk, status=200, **more):
    answer = await desk.client.post("/api/v1/assessments/simulations", json={"scheme": CLUB, **more})
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.rule("S13-3")
async def test_a_lower_setting_shows_who_would_rise_by_how_much_and_moves_nobody(desk):
    low, middle, high = [await member(desk, n, a) for n, a in (("1", "50.00"), ("2", "200.00"), ("3", "500.00"))]
    await desk.assess(CLUB, "2026-03-01")

    found = await simulate(desk, as_of="2026-03-02", settings=[{"name": "top_spending", "value": 20_000}])

    assert (found["customers"], found["up"], found["down"]) == (3, 1, 0)
    assert found["populations"] == [
        {"tier": "top", "before": 1, "after": 2},
        {"tier": "plain", "before": 1, "after": 0},
        {"tier": None, "before": 1, "after": 1},
    ]
    assert [(m["customer_id"], m["held"], m["becomes"], m["steps"]) for m in found["movers"]] == [
        (middle, "plain", "top", 1)
    ]
    assert [await desk.tier(customer, CLUB) for customer in (low, middle, high)] == [None, "plain", "top"]


@pytest.mark.rule("S13-3")
async def test_a_stricter_proposal_shows_who_would_fall_and_out_of_all_tiers_is_the_furthest(desk):
    top = await member(desk, "1", "500.00")
    await desk.assess(CLUB, "2026-03-01")
    proposal = scheme(grace_days=0)
    proposal["tiers"] = [{"name": "top", "criterion": {"type": "more_than", "metric": "spent", "bound": 50_000}}]

    found = await simulate(desk, as_of="2026-03-02", proposal=proposal)

    assert [(m["customer_id"], m["move"], m["steps"]) for m in found["movers"]] == [(top, "end", -1)]
    assert (found["up"], found["down"]) == (0, 1)


async def test_a_change_is_compared_with_the_scheme_in_force_on_the_same_facts(desk):
    await member(desk, "1", "200.00")
    stranger = await member(desk, "2", "300.00")

    held = await simulate(desk, settings=[{"name": "top_spending", "value": 30_000}])
    change = await simulate(desk, settings=[{"name": "top_spending", "value": 30_000}], against="policy")

    assert sorted(m["move"] for m in held["movers"]) == ["start", "start"]
    assert [(m["customer_id"], m["held"], m["becomes"], m["move"]) for m in change["movers"]] == [
        (stranger, "plain", "top", "upgrade")
    ]


async def test_a_past_day_is_simulated_with_what_was_held_and_known_then(desk, clock):
    customer = await member(desk, "1", "200.00")
    await desk.assess(CLUB, "2026-02-15")
    before = clock().isoformat()
    clock.set(datetime(2026, 4, 1, 2, 0, tzinfo=UTC))
    await desk.fact(customer, "spending", "2026-02-10", amount="900.00")
    await desk.assess(CLUB, "2026-04-01")

    as_known = await simulate(desk, as_of="2026-03-01", known_at=before)
    in_hindsight = await simulate(desk, as_of="2026-03-01")
    earlier = await simulate(desk, as_of="2026-02-01")

    assert as_known["movers"] == []
    assert [(m["held"], m["becomes"]) for m in in_hindsight["movers"]] == [("plain", "top")]
    assert earlier["movers"] == []


async def test_movers_come_in_pages(desk):
    customers = [await member(desk, str(n), "200.00") for n in range(5)]

    first = await simulate(desk, limit=3)
    second = await simulate(desk, limit=3, cursor=first["next"])

    shown = [m["customer_id"] for page in (first, second) for m in page["movers"]]
    assert (shown, second["next"]) == (sorted(customers), None)
    assert (first["up"], second["up"]) == (5, 5)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scheme": "nothing"}, "scheme"),
        ({"proposal": {**scheme(), "name": "other"}}, "proposal.name"),
        ({"proposal": scheme(metrics=[])}, "proposal.schemes.club.tiers.plain"),
        ({"as_of": "2026-03-03"}, "as_of"),
        ({"cursor": "x"}, "cursor"),
        ({"limit": 0}, "limit"),
    ],
)
async def test_what_cannot_be_simulated_is_named(desk, body, field):
    refused = await simulate(desk, status=422 if field != "limit" else 400, **body)

    assert field in [error["field"] for error in refused["errors"]]


@pytest.mark.rule("S02-4")
async def test_an_outlet_does_not_simulate_the_whole_company(desk):
    await desk.tenant.unit("outlet")
    manager = await desk.tenant.staff("outlet-manager", "manager", unit="outlet")

    answer = await manager.post("/api/v1/assessments/simulations", json={"scheme": CLUB})

    assert answer.status_code == 403


@pytest.mark.rule("S01-1", "S09-4")
async def test_the_value_score_and_its_history_are_seen_by_those_who_serve(desk, clock):
    customer = await member(desk, "1", "500.00", visits=3)
    await desk.assess(CLUB, "2026-03-01")
    clock.set(datetime(2026, 4, 1, 2, 0, tzinfo=UTC))
    await desk.fact(customer, "spending", "2026-03-20", amount="500.00")
    await desk.assess(CLUB, "2026-04-01")
    await desk.tenant.unit("outlet")
    serving = await desk.tenant.staff("serving", "account_manager")

    found = (await serving.get(f"/api/v1/customers/{customer}/value-scores")).json()["items"]

    assert [(one["as_of"], one["score"]) for one in found] == [("2026-04-01", 90), ("2026-03-01", 60)]
    assert [(d["name"], d["value"], d["points"], d["weight"]) for d in found[0]["dimensions"]] == [
        ("contribution", 100_000, 100, 60),
        ("visits", 3, 75, 40),
    ]


@pytest.mark.rule("S09-4", "S12-1")
async def test_the_value_of_a_customer_who_was_assessed_on_the_spot_is_known_at_once(desk, clock):
    customer, other = [await member(desk, number, "500.00", visits=3) for number in "12"]
    before = (await desk.client.get(f"/api/v1/customers/{customer}/value-scores")).json()["items"]
    appraised = await desk.client.post(f"/api/v1/customers/{customer}/appraisals", json={"scheme": CLUB})
    assert appraised.status_code == 201, appraised.text
    clock.set(datetime(2026, 4, 1, 2, 0, tzinfo=UTC))
    await desk.assess(CLUB, "2026-04-01")

    found, others = [
        (await desk.client.get(f"/api/v1/customers/{one}/value-scores")).json()["items"] for one in (customer, other)
    ]

    assert before == []
    assert [(one["as_of"], one["score"]) for one in found] == [("2026-04-01", 60), ("2026-03-03", 60)]
    assert [one["as_of"] for one in others] == ["2026-04-01"]
    assert [d["points"] for d in found[1]["dimensions"]] == [50, 75]
    async with desk.tenant.scope():
        kept = await fetch(SCORES_IN_FILE, UUID(customer), date(2026, 1, 1), date(2027, 1, 1))
    assert [(str(row["as_of"]), row["score"]) for row in kept] == [("2026-03-03", 60), ("2026-04-01", 60)]


@pytest.mark.rule("S09-4")
async def test_equal_scores_of_one_day_are_one_and_another_figure_of_the_day_is_another(desk, clock):
    customer = await member(desk, "1", "500.00", visits=3)

    async def appraised():
        clock.set(clock() + timedelta(minutes=1))
        answer = await desk.client.post(f"/api/v1/customers/{customer}/appraisals", json={"scheme": CLUB})
        assert answer.status_code == 201, answer.text
        found = (await desk.client.get(f"/api/v1/customers/{customer}/value-scores")).json()["items"]
        async with desk.tenant.scope():
            kept = await fetch(SCORES_IN_FILE, UUID(customer), date(2026, 1, 1), date(2027, 1, 1))
        return [(one["as_of"], one["score"]) for one in found], [row["score"] for row in kept]

    first, again = await appraised(), await appraised()
    await desk.fact(customer, "spending", "2026-03-01", amount="500.00")
    other = await appraised()

    assert first == again == ([("2026-03-03", 60)], [60])
    assert other == ([("2026-03-03", 90), ("2026-03-03", 60)], [60, 90])


async def test_whoever_does_not_see_amounts_gets_neither_scores_nor_figures_of_movers(desk):
    customer = await member(desk, "1", "500.00", visits=3)
    await desk.assess(CLUB, "2026-03-01")
    leading, admin = [await desk.tenant.staff(role, role) for role in ("manager", "tenant_admin")]
    asked = {"scheme": CLUB, "settings": [{"name": "top_spending", "value": 60_000}]}

    async def seen():
        answers = [
            await leading.get(f"/api/v1/customers/{customer}/value-scores"),
            await leading.post("/api/v1/assessments/simulations", json=asked),
        ]
        (score,), (mover,) = answers[0].json()["items"], answers[1].json()["movers"]
        figures = [score["score"], len(score["dimensions"]), mover["value_score"], mover["measures"]]
        return figures, mover["becomes"], ["50000" in answer.text for answer in answers]

    before = await seen()
    changed = await admin.put("/api/v1/field-rights/manager", json={"rights": {"amounts": "masked"}})
    assert changed.status_code == 204, changed.text

    assert before == ([60, 2, 60, {"spent": 50_000, "visits": 3, "value_score": 60}], "plain", [True, True])
    assert await seen() == ([None, 0, None, {}], "plain", [False, False])


async def test_reading_a_value_score_is_on_record_and_a_stranger_has_none(desk, other_tenant):
    customer = await member(desk, "1", "500.00")
    await desk.client.get(f"/api/v1/customers/{customer}/value-scores")

    entries = (await desk.client.get("/api/v1/audit-entries", params={"customer_id": customer})).json()["items"]
    stranger = await (await other_tenant.client()).get(f"/api/v1/customers/{customer}/value-scores")

    assert "value_score.read" in [entry["action"] for entry in entries]
    assert stranger.status_code == 404


async def test_the_explanation_says_what_is_hoped_for_and_how_the_tier_is_served(desk):
    customer = await member(desk, "1", "500.00", visits=1)
    await desk.assess(CLUB, "2026-03-01")

    found = (await desk.membership(customer))["explanations"][0]

    assert (found["expectation"]["tier"], found["expectation"]["reached"]) == ("top", False)
    assert found["strategy"] == [{"name": "care", "title": "text"}]


@pytest.mark.rule("S06-4")
async def test_conversion_between_two_days_counts_every_pair_of_tiers(desk, clock):
    riser, stayer, leaver = [await member(desk, n, "200.00") for n in "123"]
    await desk.assess(CLUB, "2026-03-01")
    clock.set(datetime(2026, 4, 1, 2, 0, tzinfo=UTC))
    newcomer = await member(desk, "4", "100.00")
    await desk.fact(riser, "spending", "2026-03-20", amount="300.00")
    await desk.fact(leaver, "spending", "2026-03-20", amount="-200.00")
    await desk.assess(CLUB, "2026-04-01")

    path = "/api/v1/tier-conversions"
    found = await desk.client.get(path, params={"scheme": CLUB, "from": "2026-03-01", "to": "2026-04-01"})

    assert [(c["held"], c["becomes"], c["customers"], c["per_mille"]) for c in found.json()] == [
        ("plain", "plain", 1, 333),
        ("plain", "top", 1, 333),
        ("plain", None, 1, 333),
        (None, "plain", 1, None),
    ]
    assert await desk.tier(newcomer, CLUB) == await desk.tier(stayer, CLUB) == "plain"


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ({"from": "2026-03-01", "to": "2026-03-01"}, None),
        ({"from": "2026-03-01"}, None),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "to"),
        ({"from": "2026-03-01", "scheme": "unknown"}, "scheme"),
    ],
)
async def test_conversion_is_of_a_scheme_there_is_from_a_day_to_no_earlier_one(desk, asked, refused):
    await member(desk, "1", "200.00")
    await desk.assess(CLUB, "2026-03-01")

    answer = await desk.client.get("/api/v1/tier-conversions", params={"scheme": CLUB} | asked)

    if refused:
        assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [refused])
    else:
        assert [(c["held"], c["becomes"], c["customers"]) for c in answer.json()] == [("plain", "plain", 1)]


@pytest.mark.parametrize(("on", "ended"), [({"on": "2026-03-01"}, "2026-03-01"), ({}, "2026-03-02")])
async def test_a_membership_ends_on_the_day_that_is_said_and_else_today(desk, on, ended):
    customer = await member(desk, "1", "200.00")
    await desk.assess(CLUB, "2026-03-01")

    path = f"/api/v1/customers/{customer}/membership/{CLUB}/ending"
    answer = await desk.client.post(path, json={"reason": "at their own wish", **on})

    assert [(one["tier"], one["ends_on"]) for one in answer.json()] == [("plain", ended)]


async def test_a_proposal_without_end_is_not_simulated(desk):
    criterion = {"type": "kind_is", "kinds": ["leader"]}
    for _ in range(20):
        criterion = {"type": "all_of", "criteria": [criterion]}
    proposal = scheme()
    deep = proposal | {"tiers": [tier | {"expectation": criterion} for tier in proposal["tiers"]]}
    large = proposal | {"tiers": [tier | {"clause": "x" * 200} for tier in proposal["tiers"] * 1_000]}

    refused = [await simulate(desk, 422, proposal=one) for one in (deep, large)]

    assert [one["errors"][0]["field"] for one in refused] == ["proposal", "proposal"]
    assert [one["errors"][0]["rule"] for one in refused] == ["nested at most 32 deep", "at most 262144 bytes of JSON"]


PAGES = "/console/assessments"


async def read(client, path="", status=200, **params):
    answer = await client.get(f"{PAGES}{path}", params=params)
    assert answer.status_code == status, answer.text
    return answer.text


async def test_a_simulation_is_a_page_with_the_migration_and_whoever_would_move(desk, client, tenant):
    rises, stays = await member(desk, "1", "600.00"), await member(desk, "2", "200.00")
    lead = await tenant.staff("chief", "manager")

    page = await read(lead, "/simulation", scheme=CLUB)
    entering = await read(lead, "/simulation", scheme=CLUB, move="start", becomes="top")

    assert all(
        said in page for said in ('<svg class="g-flows"', f"/console/customers/{rises}", f"/console/customers/{stays}")
    )
    assert f"/console/customers/{rises}" in entering
    assert f"/console/customers/{stays}" not in entering
    assert await _assessments(client) == []


async def test_an_assessment_is_made_on_the_page_and_shows_who_moved(desk, client, tenant):
    rises = await member(desk, "1", "600.00")
    lead = await tenant.staff("chief", "manager")

    answer = await lead.post(f"{PAGES}/new", data={"scheme": CLUB})
    (made,) = await _assessments(client)
    page = await read(lead, f"/{made['id']}")

    assert answer.status_code == 200
    assert f"{PAGES}/{made['id']}" in answer.headers["HX-Trigger"]
    assert f"/console/customers/{rises}" in page
    assert f"/console/customers/{rises}" not in await read(lead, f"/{made['id']}", held="top")
    assert f"{PAGES}/{made['id']}" in await read(lead)


@pytest.mark.rule("S02-4")
async def test_an_outlet_neither_simulates_nor_assesses(desk, client, tenant):
    await member(desk, "1", "600.00")
    await tenant.unit("east")
    outlet = await tenant.staff("head", "manager", unit="east")

    await read(outlet, "/simulation", status=403, scheme=CLUB)
    refused = await outlet.post(f"{PAGES}/new", data={"scheme": CLUB})

    assert refused.status_code == 403
    assert await _assessments(client) == []
    assert "/simulation" not in await read(outlet)


async def test_each_scheme_is_shown_with_its_last_assessment_alone(desk, client, tenant):
    await member(desk, "1", "600.00")
    await desk.assess(CLUB, "2026-03-01")
    await desk.assess(CLUB, "2026-03-02")
    latest, earlier = await _assessments(client)
    lead = await tenant.staff("chief", "manager")

    schemes, _, past = (await read(lead)).partition('id="done"')

    assert f"{PAGES}/{latest['id']}" in schemes
    assert f"{PAGES}/{earlier['id']}" not in schemes
    assert f"{PAGES}/{earlier['id']}" in past


async def test_a_company_without_such_a_scheme_is_told_so(world):
    company = await world.tenant(packs=())
    new = {"overrides": {"enabled_schemes": []}, "note": "none"}
    made = await (await company.client()).post("/api/v1/policy/versions", json=new)
    assert made.status_code == 201, made.text
    lead = await company.staff("chief", "manager")

    shown = await read(lead)

    assert "公司的规定里没有按条件评定的方案" in shown
    await read(lead, "/simulation", status=422)


@pytest.mark.parametrize("given", [{"scheme": "nothing"}, {"scheme": ""}, {"scheme": CLUB, "as_of": "yesterday"}])
async def test_what_cannot_be_assessed_is_said_in_the_form(desk, client, tenant, given):
    lead = await tenant.staff("chief", "manager")

    answer = await lead.post(f"{PAGES}/new", data=given)

    assert answer.status_code == 422
    assert "data-form" in answer.text
    assert await _assessments(client) == []


async def _assessments(client):
    return (await client.get("/api/v1/assessments")).json()["items"]
