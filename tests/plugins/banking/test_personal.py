"""Personal VIPs of a bank with the pack's defaults, over HTTP: who becomes one, of their own will, and who sees it (S02, S08)."""

import asyncio

import pytest
from desk import open_desk

VIP = "personal_vip"
DAY = "2026-02-28"


@pytest.fixture
async def desk(world):
    return await open_desk(world, "banking")


async def known(desk, number, *, deposit="", transacted="", credit=60, willing=True, **more):
    """A personal customer with these figures, who has consented."""
    customer = await desk.customer(number, "personal", **more)
    given = [("deposit", {"amount": {"amount": deposit}}), ("transaction", {"amount": {"amount": transacted}})]
    facts = [(metric, value) for metric, value in given if value["amount"]["amount"]]
    facts += [("credit_score", {"value": credit})] if credit is not None else []
    body = [{"customer_id": customer, "metric": m, "occurred_on": DAY, **value} for m, value in facts]
    answer = await desk.client.post("/api/v1/facts", json={"facts": body}) if body else None
    assert answer is None or answer.status_code == 201, answer.text
    if willing:
        await desk.consent(customer, VIP)
    return customer


# deposit, transactions of a year, credit score → tier; a figure left out is one that nobody recorded
CASES = {
    "exactly at diamond": ("1000000.00", "", 60, "diamond"),
    "one fen under diamond": ("999999.99", "", 60, "platinum"),
    "exactly at platinum": ("200000.00", "", 60, "platinum"),
    "one fen under platinum": ("199999.99", "", 60, "gold"),
    "exactly at gold": ("50000.00", "", 60, "gold"),
    "one fen under gold": ("49999.99", "", 60, None),
    "transactions alone at diamond": ("", "10000000.00", 60, "diamond"),
    "transactions one fen under diamond": ("", "9999999.99", 60, "platinum"),
    "transactions at gold": ("0.00", "500000.00", 60, "gold"),
    "transactions one fen under gold": ("0.00", "499999.99", 60, None),
    "both under": ("49999.99", "499999.99", 100, None),
    "a credit score one point under": ("1000000.00", "", 59, None),
    "a credit score nobody knows": ("1000000.00", "", None, None),
    "an overdrawn account": ("-1000000.00", "", 100, None),
    "nothing": ("0.00", "0.00", 100, None),
    "no figure": ("", "", 100, None),
}


@pytest.mark.rule("S02-7", "S02-8", "S08-1")
async def test_any_one_of_the_criteria_and_credit_in_order_and_exactly_at_a_bound_is_in(desk):
    customers = {
        case: await known(desk, f"P{n}", deposit=deposit, transacted=transacted, credit=credit)
        for n, (case, (deposit, transacted, credit, _)) in enumerate(CASES.items())
    }

    assessed = await desk.assess(VIP, "2026-03-01")

    results = await desk.results(assessed["id"])
    assert {case: results[customer]["tier"] for case, customer in customers.items()} == {
        case: tier for case, (*_, tier) in CASES.items()
    }


@pytest.mark.rule("S02-7")
async def test_a_vip_is_served_first_and_at_lower_fees_and_others_are_not(desk):
    vip, other = await known(desk, "P1", deposit="50000"), await known(desk, "P2", deposit="49999.99")
    await desk.assess(VIP, "2026-03-01")

    async def entitled(customer):
        held = (await desk.client.get(f"/api/v1/customers/{customer}/entitlements")).json()["items"]
        return {one["item"]: one["granted"] for one in held}

    of_the_bank = {"priority_counter": None, "account_manager": None, "preferential_fee": 12}
    of_every_company = {"request": None, "priority_purchase": 3, "discount": 6, "gift": 1}
    assert await entitled(vip) == of_the_bank | of_every_company
    assert await entitled(other) == {}


@pytest.mark.rule("S02-1")
async def test_the_value_is_made_of_activity_credit_loyalty_and_contribution(desk):
    customer = await known(desk, "P1", deposit="500000", credit=80)
    for n in range(3):
        await desk.fact(customer, "transaction", f"2026-02-0{n + 1}", amount="100")
    for product in ("mortgage", "fund"):
        fact = {"customer_id": customer, "metric": "product", "occurred_on": DAY, "value": 1, "source_ref": product}
        assert (await desk.client.post("/api/v1/facts", json={"facts": [fact]})).status_code == 201
    await desk.fact(customer, "tenure", DAY, value=60)
    await desk.fact(customer, "profit", DAY, amount="5000")

    await desk.assess(VIP, "2026-03-01")
    answer = await desk.client.get(f"/api/v1/customers/{customer}/value-scores", headers={"Accept-Language": "en"})

    score = answer.json()["items"][0]
    assert {part["title"]: (part["value"], part["points"], part["weight"]) for part in score["dimensions"]} == {
        "Activity": (3, 2, 20),
        "Breadth of products": (2, 40, 10),
        "Credit standing": (80, 80, 20),
        "Loyalty": (60, 50, 10),
        "Deposits": (50_000_000, 50, 20),
        "Contribution": (500_000, 25, 20),
    }
    # 0.5 + 4 + 16 + 5 + 10 + 5
    assert score["score"] == 40


@pytest.mark.rule("S02-2", "S08-2")
async def test_nobody_is_made_a_vip_and_whoever_takes_the_consent_back_is_none(desk):
    answers = {"asked by nobody": None, "refused": "refused", "granted": "granted"}
    customers = {}
    for n, (case, answer) in enumerate(answers.items()):
        customers[case] = await known(desk, f"P{n}", deposit="1000000", willing=False)
        if answer:
            await desk.consent(customers[case], VIP, answer)

    await desk.assess(VIP, "2026-03-01")
    held = {case: await desk.tier(customer, VIP) for case, customer in customers.items()}
    await desk.consent(customers["granted"], VIP, "withdrawn")

    assert held == {"asked by nobody": None, "refused": None, "granted": "diamond"}
    assert await desk.tier(customers["granted"], VIP) is None
    assert (await desk.client.get(f"/api/v1/customers/{customers['granted']}/entitlements")).json()["items"] == []


@pytest.mark.rule("S02-4")
async def test_an_outlet_neither_assesses_nor_alters_the_standard(desk):
    await desk.tenant.unit("hetian")
    lead = await desk.tenant.staff("lead", "manager", unit="hetian")
    lower = {"overrides": {"settings": [{"name": "deposit_gold", "value": 1}]}}

    assessed = await lead.post("/api/v1/assessments", json={"scheme": VIP})
    written = await lead.post("/api/v1/policy/versions", json=lower)

    assert (assessed.status_code, written.status_code) == (403, 403)
    settings = (await desk.client.get("/api/v1/policy")).json()["settings"]
    assert [s["value"] for s in settings if s["name"] == "deposit_gold"] == [5_000_000]


@pytest.mark.rule("S02-6", "S08-2")
async def test_another_outlet_sees_nothing_of_a_vip(desk):
    for code in ("hetian", "moyu"):
        await desk.tenant.unit(code)
    customer = await known(desk, "P1", deposit="1000000", org_unit_id=str(desk.tenant.units["hetian"]))
    await desk.assess(VIP, "2026-03-01")
    own = await desk.tenant.staff("own", "account_manager", unit="hetian")
    other = await desk.tenant.staff("other", "manager", unit="moyu")
    paths = [f"/api/v1/customers/{customer}{part}" for part in ("", "/membership", "/value-scores", "/entitlements")]

    assert [(await own.get(path)).status_code for path in paths] == [200] * 4
    assert [(await other.get(path)).status_code for path in paths] == [404] * 4


@pytest.mark.rule("S08-5")
async def test_each_department_owns_its_part_and_is_late_by_its_own_time(desk):
    await desk.tenant.unit("branch")
    asking = await desk.tenant.staff("asking", "account_manager", unit="branch")
    parts = (
        "publicity",
        "executive_card_review",
        "card_ordering",
        "systems",
        "accounting",
        "cost_management",
        "training",
    )

    owners = {}
    for part in parts:
        await desk.tenant.unit(part)
        owners[part] = await desk.tenant.staff(f"lead-{part}", "manager", unit=part)
        body = {"task": part, "to_unit_id": str(desk.tenant.units[part]), "text": "请办理"}
        asked = await asking.post("/api/v1/department-requests", json=body)
        assert asked.status_code == 201, asked.text
        assert (asked.json()["owner_id"], asked.json()["clause"]) == (
            str(owners[part].staff_id),
            "S08-7" if part == "training" else "S08-5",
        )
        # Asked on Monday 2 March: three working days end with Thursday.
        if part == "executive_card_review":
            assert asked.json()["due_at"].startswith("2026-03-05T")

    told = {part: (await owner.get("/api/v1/notices")).json()["items"] for part, owner in owners.items()}
    assert {part: [notice["kind"] for notice in items] for part, items in told.items()} == {
        part: ["department_asked"] for part in parts
    }


@pytest.mark.rule("S02-3", "S02-2")
async def test_who_wants_no_contact_is_left_alone_and_it_is_seen(desk):
    asked = await known(desk, "P1", deposit="1000000")
    left_alone = await known(desk, "P2", deposit="1000000", preferences={"contact": "none"})
    await desk.assess(VIP, "2026-03-01")

    items = (await desk.client.get("/api/v1/contact-cadence")).json()["items"]

    states = {item["customer_id"]: [one["state"] for one in item["obligations"]] for item in items}
    assert states == {asked: ["due"], left_alone: ["waived"]}


@pytest.mark.rule("S08-4")
async def test_whoever_puts_a_customer_up_does_not_decide_and_two_at_once_decide_once(desk):
    await desk.tenant.unit("branch")
    heads = [await desk.tenant.staff(f"head{n}", "branch_head", unit="branch") for n in range(3)]
    customer = await known(desk, "P1", org_unit_id=str(desk.tenant.units["branch"]))
    body = {"customer_id": customer, "scheme": VIP, "tier": "gold", "reason": "重点发展"}
    body |= {"form": "personal_vip_application", "answers": {"applies_voluntarily": True}}
    approval = (await heads[0].post("/api/v1/applications", json=body)).json()["approval_id"]
    path = f"/api/v1/approvals/{approval}/decision"

    own = await heads[0].post(path, json={"approved": True})
    answers = await asyncio.gather(*(head.post(path, json={"approved": True, "step": 0}) for head in heads[1:]))

    assert (own.status_code, own.json()["type"]) == (403, "/problems/own-application")
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await desk.tier(customer, VIP) is None
