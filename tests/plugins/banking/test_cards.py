"""Cards of a bank and of a cooperative with the pack's defaults, over HTTP: real names, two offices, stock level by level."""

import pytest
from cards import IDENTITY, open_card_desk

BANK, COOPERATIVE, LIST = "personal_vip", "cooperative_vip", "corporate_vip"


@pytest.fixture
async def desk(world):
    return await open_card_desk(world, "banking")


@pytest.fixture
async def offices(desk):
    """Who decides, each by their post; `lead` heads an outlet and may decide nothing here."""
    staff = desk.tenant.staff
    return {
        "manager": await staff("manager", "account_manager", unit="outlet"),
        "lead": await staff("lead", "branch_head", unit="outlet"),
        "branch": await staff("branch", "branch_head", unit="branch"),
        "personal": await staff("personal", "personal_department"),
        "corporate": await staff("corporate", "corporate_department"),
        "cards": await staff("cards", "card_department"),
    }


async def decide(offices, application, *order):
    """Each in turn says yes; the answers' status codes."""
    path = f"/api/v1/approvals/{application['approval_id']}/decision"
    return [(await offices[who].post(path, json={"approved": True})).status_code for who in order]


async def earns(desk, figures, scheme, *, kind="personal", day="2026-02-15"):
    """A customer of the outlet whose figures earn a tier of the scheme."""
    customer = await desk.customer(kind, **({"identity_number": IDENTITY} if kind == "personal" else {}))
    facts = [
        {"customer_id": customer, "metric": metric, "occurred_on": day, **given} for metric, given in figures.items()
    ]
    await desk.post("facts", {"facts": facts})
    if kind == "personal":
        await desk.consent(customer, scheme)
    return customer


async def tier(desk, customer, scheme):
    current = (await desk.get(f"customers/{customer}/membership"))["current"]
    return next((held["tier"] for held in current if held["scheme"] == scheme), None)


@pytest.mark.rule("S02-7", "S08-1", "S08-3", "S08-4")
@pytest.mark.parametrize(
    ("deposit", "kind"), [("1000000", "diamond_card"), ("200000", "platinum_card"), ("50000", "gold_card")]
)
async def test_a_vip_gets_the_card_of_the_tier_by_real_name_and_by_two_offices(desk, offices, deposit, kind):
    customer = await earns(desk, {"deposit": {"amount": {"amount": deposit}}, "credit_score": {"value": 60}}, BANK)
    await desk.post("assessments", {"scheme": BANK, "as_of": "2026-03-01"})

    unidentified = await desk.apply(customer, kind, identity_check_id=None, status=422)
    other = await desk.identified(customer, name="王建军")
    wrong_name = await desk.apply(customer, kind, identity_check_id=other, status=422)
    check = await desk.identified(customer, by=offices["manager"])
    asked = await desk.post(
        "card-applications",
        {"customer_id": customer, "kind": kind, "reason": "申领", "identity_check_id": check},
        by=offices["manager"],
    )
    answers = await decide(offices, asked, "lead", "personal", "branch", "branch", "personal")
    issued = await desk.issue(asked)
    opened = await desk.post(f"cards/{issued['id']}/activation")
    served = await desk.post(
        "redemptions", {"customer_id": customer, "item": "priority_counter", "reference": "counter-1"}
    )

    assert [problem["type"] for problem in (unidentified, wrong_name)] == ["/problems/not-identified"] * 2
    assert answers == [403, 403, 200, 409, 200]
    assert (issued["kind"], opened["state"], served["item"]) == (kind, "active", "priority_counter")


@pytest.mark.rule("S08-1")
async def test_a_card_is_of_the_customers_own_tier(desk):
    customer = await earns(desk, {"deposit": {"amount": {"amount": "50000"}}, "credit_score": {"value": 60}}, BANK)
    await desk.post("assessments", {"scheme": BANK, "as_of": "2026-03-01"})

    refused = [await desk.apply(customer, kind, status=422) for kind in ("diamond_card", "platinum_card")]

    assert len({problem["type"] for problem in refused}) == 1
    assert (await desk.get("card-applications", customer_id=customer))["items"] == []


@pytest.mark.rule("S12-6")
async def test_the_cooperatives_cards_are_asked_for_made_shipped_stocked_and_given_out(desk, offices):
    customer = await earns(desk, {"fixed_deposit": {"amount": {"amount": "100000"}}}, COOPERATIVE)
    await desk.post("assessments", {"scheme": COOPERATIVE, "as_of": "2026-03-01"})
    kind, units = "cooperative_card", desk.units
    empty = await desk.approved(customer, kind)
    none_there = await desk.issue(empty, status=409)

    wanted = await desk.post("card-requests", {"kind": kind, "quantity": 20, "reason": "开卡需要"}, by=offices["lead"])
    path = f"/api/v1/approvals/{wanted['approval_id']}/decision"
    answers = [(await offices[who].post(path, json={"approved": True})).status_code for who in ("branch", "cards")]
    await desk.post("card-batches", {"kind": kind, "quantity": 20}, status=409)
    order = await desk.post("card-orders", {"kind": kind, "quantity": 20})
    await desk.post(f"card-orders/{order['id']}/sending", {"by": "机要"})
    await desk.post(f"card-orders/{order['id']}/deliveries", {"received": 20})
    for start, end in (("head-office", "branch"), ("branch", "outlet")):
        sent = await desk.ship(kind, 20, start, end, wanted["id"])
        await desk.post(f"card-shipments/{sent['id']}/receipt", {"received": 20})
    told = await desk.post(f"card-applications/{empty['id']}/tellings", {"channel": "phone", "reached": True})
    card = await desk.issue(empty, unit_id=units["outlet"])

    assert (none_there["type"], answers) == ("/problems/out-of-stock", [403, 200])
    assert (told["id"], card["kind"]) == (empty["id"], kind)
    assert {code: left for code, left in (await desk.stock(kind)).items() if left} == {"outlet": 19}
    assert await desk.balance(kind) == {"made": 20, "in_stock": 19, "in_transit": 0, "issued": 1, "written_off": 0}


@pytest.mark.rule("S04-5", "S08-5")
async def test_executives_of_a_listed_company_get_cards_the_corporate_department_reviews(desk, offices):
    company = await earns(desk, {"influence": {"value": 75}}, LIST, kind="corporate")
    listed = await desk.post("assessments", {"scheme": LIST, "as_of": "2026-03-01"})
    await desk.approve(listed["approval_id"], times=2)
    people = [await earns(desk, {"credit_score": {"value": 60}}, BANK) for _ in range(3)]
    for person in people:
        await desk.post(f"customers/{person}/links", {"of_customer_id": company, "role": "executive"})
    asked = [await desk.apply(person, "executive_card", of_customer_id=company) for person in people[:2]]

    answers = await decide(offices, asked[0], "personal", "corporate", "personal")
    await decide(offices, asked[1], "corporate", "personal")
    for one in asked:
        await desk.issue(one)
    third = await desk.apply(people[2], "executive_card", of_customer_id=company, status=409)

    assert (await tier(desk, company, LIST), answers) == ("platinum", [403, 200, 200])
    # Platinum gives two: the third has neither the card nor the tier.
    assert [await tier(desk, person, BANK) for person in people] == ["diamond", "diamond", None]
    assert third["status"] == 409


@pytest.mark.rule("S08-7")
async def test_the_small_business_centre_reviews_executives_cards_and_nobody_else_does(desk, offices):
    offices["small"] = await desk.tenant.staff("small", "small_business_centre")
    company = await earns(desk, {"influence": {"value": 75}}, LIST, kind="corporate")
    listed = await desk.post("assessments", {"scheme": LIST, "as_of": "2026-03-01"})
    await desk.approve(listed["approval_id"], times=2)
    person = await earns(desk, {"credit_score": {"value": 60}}, BANK)
    await desk.post(f"customers/{person}/links", {"of_customer_id": company, "role": "executive"})
    asked = await desk.apply(person, "executive_card", of_customer_id=company)

    answers = await decide(offices, asked, "branch", "small", "small", "personal")
    await desk.issue(asked)

    assert answers == [403, 200, 409, 200]
