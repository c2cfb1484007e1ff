"""Facts in, assessment, membership and its explanation, over HTTP on a cable-TV company."""

from datetime import UTC, datetime

import pytest

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


async def new_customer(client, number="C-1", kind="group", **more):
    answer = await client.post("/api/v1/customers", json={"number": number, "name": "张三丽", "kind": kind, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def spend(client, customer, amount, day="2026-02-01", ref="", status=201):
    fact = {
        "customer_id": customer,
        "metric": "spending",
        "occurred_on": day,
        "amount": {"amount": amount, "currency": "CNY"},
        "source_ref": ref,
    }
    answer = await client.post("/api/v1/facts", json={"facts": [fact]})
    assert answer.status_code == status, answer.text
    return answer.json()


async def assess(client, as_of="2026-03-01", status=201, **more):
    answer = await client.post("/api/v1/assessments", json={"scheme": "key_account", "as_of": as_of, **more})
    assert answer.status_code == status, answer.text
    return answer.json()


async def membership(client, customer, language="zh-CN"):
    answer = await client.get(f"/api/v1/customers/{customer}/membership", headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def tier_of(client, customer):
    current = (await membership(client, customer))["current"]
    return current[0]["tier"] if current else None


@pytest.mark.rule("S01-1")
@pytest.mark.parametrize(
    ("amount", "tier"),
    [
        ("10000.00", "key"),
        ("9999.99", "important"),
        ("3000.00", "important"),
        ("2999.99", "standard"),
        ("0.00", "standard"),
        ("-0.01", None),
        ("10000000000000.00", "key"),
    ],
)
async def test_exactly_at_a_threshold_is_in_and_one_fen_below_is_out(client, amount, tier):
    customer = await new_customer(client)
    await spend(client, customer, amount)

    await assess(client)

    assert await tier_of(client, customer) == tier


@pytest.mark.rule("S01-2")
async def test_the_explanation_names_figures_clause_and_version_in_both_languages(client):
    customer = await new_customer(client)
    await spend(client, customer, "10000.00")
    await assess(client)

    english = (await membership(client, customer, "en"))["explanations"][0]
    chinese = (await membership(client, customer))["explanations"][0]

    assert (english["tier"], english["clause"], english["policy_version"]) == ("key", "S07-1", 0)
    assert english["measures"] == {"spending_1y": 1000000, "terminals": None, "tenure": None, "value_score": 33}
    assert "10,000.00 CNY" in english["sentence"]
    assert "Key account starts that day" in english["sentence"]
    assert "S07-1" in chinese["sentence"]
    assert [c["reached"] for c in chinese["criteria"]] == [True, True, True]


async def test_facts_sent_again_change_nothing_and_another_value_corrects(client):
    customer = await new_customer(client)

    first = await spend(client, customer, "10000.00", ref="inv-1")
    again = await spend(client, customer, "10000.00", ref="inv-1")
    corrected = await spend(client, customer, "2000.00", ref="inv-1")

    assert [first, again, corrected] == [
        {"recorded": 1, "corrected": 0, "unchanged": 0},
        {"recorded": 0, "corrected": 0, "unchanged": 1},
        {"recorded": 0, "corrected": 1, "unchanged": 0},
    ]
    await assess(client)
    assert await tier_of(client, customer) == "standard"


@pytest.mark.rule("S01-2")
async def test_a_correction_changes_the_next_decision_and_leaves_the_last_one_explained(client, clock):
    customer = await new_customer(client)
    await spend(client, customer, "10000.00", ref="inv-1")
    first = await assess(client)
    clock.set(datetime(2026, 3, 3, 2, 0, tzinfo=UTC))

    await spend(client, customer, "5000.00", ref="inv-1")
    second = await assess(client, as_of="2026-03-03")

    before = (await client.get(f"/api/v1/assessments/{first['id']}/results")).json()["items"][0]
    after = (await client.get(f"/api/v1/assessments/{second['id']}/results")).json()["items"][0]
    assert (before["tier"], before["measures"]["spending_1y"]) == ("key", 1000000)
    assert (after["tier"], after["move"], after["measures"]["spending_1y"]) == ("important", "downgrade", 500000)
    known_then = await assess(client, as_of="2026-03-03", dry_run=True, known_at=NOW.isoformat())
    assert [m["move"] for m in known_then["moves"]] == ["upgrade"]
    history = (await membership(client, customer))["history"]
    assert [(m["tier"], m["starts_on"], m["ends_on"], m["since_on"]) for m in history] == [
        ("important", "2026-03-03", None, "2026-03-01"),
        ("key", "2026-03-01", "2026-03-03", "2026-03-01"),
    ]


async def test_a_fact_taken_back_no_longer_counts(client):
    customer = await new_customer(client)
    await spend(client, customer, "10000.00", ref="inv-1")
    fact = {
        "customer_id": customer,
        "metric": "spending",
        "occurred_on": "2026-02-01",
        "taken_back": True,
        "source_ref": "inv-1",
    }

    answer = await client.post("/api/v1/facts", json={"facts": [fact]})

    assert answer.json()["corrected"] == 1
    await assess(client)
    assert await tier_of(client, customer) is None


@pytest.mark.parametrize(
    ("day", "counts"),
    [("2025-03-01", True), ("2025-02-28", False), ("2026-02-28", True), ("2026-03-01", False)],
)
async def test_the_window_holds_its_first_day_and_not_its_last(client, day, counts):
    customer = await new_customer(client)
    await spend(client, customer, "10000.00", day=day)

    await assess(client, as_of="2026-03-01")

    assert await tier_of(client, customer) == ("key" if counts else None)


@pytest.mark.parametrize(("day", "counts"), [("2023-02-28", True), ("2023-02-27", False)])
async def test_a_window_that_ends_on_a_leap_day_begins_on_the_last_of_february(client, day, counts):
    customer = await new_customer(client)
    await spend(client, customer, "10000.00", day=day)

    await assess(client, as_of="2024-02-29")

    assert await tier_of(client, customer) == ("key" if counts else None)


@pytest.mark.rule("S13-3")
async def test_a_simulation_says_who_would_move_and_changes_nobody(client):
    customer = await new_customer(client)
    await spend(client, customer, "5000.00")

    simulated = await assess(client, dry_run=True)

    assert simulated["id"] is None
    assert simulated["moves"] == [{"move": "start", "held": None, "becomes": "important", "customers": 1}]
    assert (await membership(client, customer))["history"] == []


async def test_a_changed_scheme_can_be_simulated_before_it_takes_effect(client):
    customer = await new_customer(client)
    await spend(client, customer, "5000.00")
    await assess(client)
    scheme = next(s for s in (await client.get("/api/v1/policy")).json()["schemes"] if s["name"] == "key_account")
    scheme["tiers"][0]["criterion"] = {"type": "at_least", "metric": "spending_1y", "bound": 500000}

    simulated = await assess(client, as_of="2026-03-02", dry_run=True, proposal=scheme)

    assert simulated["moves"] == [{"move": "upgrade", "held": "important", "becomes": "key", "customers": 1}]
    assert await tier_of(client, customer) == "important"


async def test_an_earlier_day_can_be_simulated_and_not_applied(client):
    await new_customer(client)
    await assess(client, as_of="2026-03-01")

    refused = await assess(client, as_of="2026-02-01", status=409)
    await assess(client, as_of="2026-02-01", dry_run=True)

    assert refused["type"].endswith("before-last-assessment")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"metric": "speending"}, "facts[0].metric"),
        ({"occurred_on": "2026-03-03"}, "facts[0].occurred_on"),
        ({"amount": {"amount": "1", "currency": "USD"}}, "facts[0].unit"),
        ({"amount": {"amount": "1.001", "currency": "CNY"}}, "facts[0].amount.amount"),
        ({"customer_id": "01890000-0000-7000-8000-000000000000"}, "facts[0].customer_id"),
        ({"value": 3}, "facts[0]"),
        ({"amount": {"amount": "10000000000000.01"}}, "facts[0].value"),
    ],
)
async def test_a_bad_fact_is_named_and_nothing_is_recorded(client, change, field):
    customer = await new_customer(client)
    good = {"customer_id": customer, "metric": "spending", "occurred_on": "2026-02-01", "amount": {"amount": "1"}}

    answer = await client.post("/api/v1/facts", json={"facts": [{**good, **change}, {**good, "source_ref": "2"}]})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await spend(client, customer, "1.00", ref="2") == {"recorded": 1, "corrected": 0, "unchanged": 0}


async def test_another_tenants_customer_is_unknown_everywhere(client, other_tenant):
    customer = await new_customer(client)
    stranger = await other_tenant.client()

    refused = await spend(stranger, customer, "1.00", status=422)
    read = await stranger.get(f"/api/v1/customers/{customer}/membership")

    assert refused["errors"][0]["field"] == "facts[0].customer_id"
    assert read.status_code == 404


@pytest.mark.rule("S02-4")
async def test_an_outlet_cannot_assess_by_itself(tenant):
    await tenant.unit("outlet")
    manager = await tenant.staff("outlet-manager", "manager", unit="outlet")

    refused = await assess(manager, status=403)

    assert refused["detail"].endswith("(tiers:assess and sight of the whole company)")


async def test_reading_a_membership_is_on_record(client, tenant):
    customer = await new_customer(client)
    await membership(client, customer)

    entries = (await client.get("/api/v1/audit-entries", params={"customer_id": customer})).json()["items"]

    assert "membership.read" in [entry["action"] for entry in entries]
