"""Classes VA to VD and CIP: who qualifies, who may apply and who approves (S11-1 to S11-5, S11-8)."""

import pytest
from receiving import PARTICULARS, PATH, decide, guest, kind, received, step

from .conftest import POSTS

ANSWERS = {"delegation": "省政府代表团", "contact_person": "陈秘书"}
# class → (reasons, who may apply, who approves), as S11-2 to S11-5 say
CLASSES = {
    "va": (
        ("head_of_state", "ministry_leader", "provincial_leader"),
        {"general_manager", "resident_manager", "pr_sales_manager"},
        {"group_chairman", "general_manager"},
    ),
    "vb": (
        (
            "government_department_leader",
            "city_leader",
            "investing_group_executive",
            "equal_star_hotel_head",
            "provincial_travel_agency_head",
            "merit_for_the_hotel",
            "guest_of_the_group",
            "business_customer_of_the_group",
        ),
        {"resident_manager", "pr_sales_manager"},
        {"general_manager"},
    ),
    "vc": (
        ("celebrity", "business_guest", "media_editor"),
        set(POSTS) - {"front_desk_supervisor"},
        {"resident_manager"},
    ),
    "vd": (("full_rate_stays", "invited_guest"), set(POSTS), {"pr_sales_manager"}),
    "cip": (("commercially_important",), set(POSTS) - {"front_desk_supervisor"}, {"resident_manager"}),
}


async def applies(hotel, name):
    """Who may apply for the class and who may approve it, found by everybody trying."""
    reasons, _, _ = CLASSES[name]
    body = {"protocol": name, "qualification": reasons[-1], "reason": "来访"}
    may_apply, may_approve = set(), set()
    reception = await hotel.confirmed()
    await step(hotel.sales, reception, "enquiries", {"asked": "陈秘书"})
    await step(hotel.sales, reception, "particulars", PARTICULARS)
    asked_by = None
    for post, person in hotel.people.items():
        answer = await person.post(f"{PATH}/{reception['id']}/applications", json=body)
        assert answer.status_code in (201, 403), answer.text
        if answer.status_code == 201:
            may_apply.add(post)
            asked_by, approval = post, answer.json()["applications"][-1]["approval_id"]
            await person.post(f"/api/v1/approvals/{approval}/withdrawal", json={})
    for post, person in hotel.people.items():
        # Somebody else asks, so that nobody is refused for having asked themselves.
        applicant = hotel.people[next(one for one in sorted(may_apply) if one != post)]
        asked = await step(applicant, reception, "applications", body)
        approval = asked["applications"][-1]["approval_id"]
        answer = await person.post(f"/api/v1/approvals/{approval}/decision", json={"approved": False, "reason": "试"})
        if answer.status_code == 200:
            may_approve.add(post)
        else:
            await applicant.post(f"/api/v1/approvals/{approval}/withdrawal", json={})
    assert asked_by
    return may_apply, may_approve


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("va", marks=pytest.mark.rule("S11-2")),
        pytest.param("vb", marks=pytest.mark.rule("S11-3")),
        pytest.param("vc", marks=pytest.mark.rule("S11-4")),
        pytest.param("vd", marks=pytest.mark.rule("S11-5")),
        pytest.param("cip", marks=pytest.mark.rule("S11-8")),
    ],
)
async def test_only_the_named_posts_apply_and_approve(hotel, name):
    _, applicants, approvers = CLASSES[name]

    assert await applies(hotel, name) == (applicants, approvers)


@pytest.mark.rule("S11-2", "S11-3", "S11-4", "S11-5", "S11-8")
async def test_a_class_is_applied_for_by_one_of_its_reasons(hotel):
    reception = await hotel.confirmed()

    for name, (reasons, _, _) in CLASSES.items():
        body = {"protocol": name, "qualification": "rich", "reason": "来访"}
        refused = await step(hotel.key, reception, "applications", body, 422)
        error = refused["errors"][0]
        assert (error["field"], error["fix"]) == ("qualification", f"one of: {', '.join(reasons)}")


@pytest.mark.rule("S11-2")
async def test_whoever_applies_for_va_does_not_approve_it(hotel):
    manager = hotel.people["general_manager"]
    reception = await hotel.confirmed()
    await step(hotel.sales, reception, "enquiries", {"asked": "陈秘书"})
    await step(hotel.sales, reception, "particulars", PARTICULARS)
    body = {"protocol": "va", "qualification": "head_of_state", "reason": "国事访问"}

    asked = await step(manager, reception, "applications", body)
    approval = asked["applications"][-1]["approval_id"]
    own = await decide(manager, approval, status=403)
    await decide(hotel.people["group_chairman"], approval)

    assert kind(own) == "own-application"
    shown = (await hotel.key.get(f"{PATH}/{reception['id']}")).json()
    assert (shown["state"], shown["protocol"], shown["clause"]) == ("approved", "va", "S11-2")


@pytest.mark.rule("S11-1")
async def test_the_classes_are_four_from_high_to_low_and_standing_ones_go_by_the_same_approvers(hotel):
    policy = (await hotel.key.get("/api/v1/policy")).json()
    scheme = next(one for one in policy["schemes"] if one["name"] == "guests_of_honour")
    person = await guest(hotel.key, kind="guest")
    body = {"customer_id": person, "scheme": "guests_of_honour", "reason": "多次来访"}

    wrong = await hotel.people["front_desk_supervisor"].post("/api/v1/applications", json=body | {"tier": "vc"})
    low = await hotel.people["front_desk_supervisor"].post("/api/v1/applications", json=body | {"tier": "vd"})
    await decide(hotel.sales, low.json()["approval_id"])
    high = await hotel.people["resident_manager"].post(
        "/api/v1/applications", json=body | {"tier": "vb", "kind": "upgrade"}
    )
    await decide(hotel.sales, high.json()["approval_id"], status=403)
    await decide(hotel.people["general_manager"], high.json()["approval_id"])
    lower = await hotel.people["resident_manager"].post(
        "/api/v1/applications", json=body | {"tier": "vc", "kind": "upgrade"}
    )

    assert [tier["name"] for tier in scheme["tiers"]] == ["va", "vb", "vc", "vd"]
    assert (wrong.status_code, low.status_code, high.status_code) == (403, 201, 201)
    # VC is below VB: no upgrade.
    assert lower.status_code == 422
    held = (await hotel.key.get(f"/api/v1/customers/{person}/membership")).json()["current"]
    assert [one["tier"] for one in held] == ["vb"]


@pytest.mark.rule("S11-8")
async def test_commercially_important_persons_are_a_class_beside_the_four(hotel):
    reception = await hotel.approved("cip", "commercially_important")
    person = await guest(hotel.key, "G-2", kind="company", name="远洋贸易公司")
    body = {"customer_id": person, "scheme": "commercial", "tier": "cip", "reason": "年订房千间夜"}

    asked = await hotel.people["department_manager"].post("/api/v1/applications", json=body)
    await decide(hotel.people["resident_manager"], asked.json()["approval_id"])

    shown = (await hotel.key.get(f"{PATH}/{reception['id']}")).json()
    assert (shown["terms"]["name"], shown["clause"]) == ("cip", "S11-8")
    held = (await hotel.key.get(f"/api/v1/customers/{person}/membership")).json()["current"]
    assert [(one["scheme"], one["tier"]) for one in held] == [("commercial", "cip")]


async def stayed(hotel, person, *stays):
    """Stays at a rate in a kind of room: `suite` and `deluxe` are deluxe rooms by default, 680.00 is full rate."""
    facts = [
        {
            "customer_id": person,
            "metric": "stay",
            "occurred_on": "2026-02-01",
            "amount": {"amount": rate},
            "label": room,
            "source_ref": str(place),
        }
        for place, (room, rate) in enumerate(stays)
    ]
    answer = await hotel.key.post("/api/v1/facts", json={"facts": facts})
    assert answer.status_code == 201, answer.text


@pytest.mark.rule("S11-5")
@pytest.mark.parametrize(
    ("stays", "qualified"),
    [
        ([("deluxe", "680.00"), ("suite", "680.00"), ("deluxe", "900.00")], True),
        ([("deluxe", "680.00"), ("suite", "680.00"), ("deluxe", "679.99")], False),
        ([("deluxe", "680.00"), ("suite", "680.00"), ("standard", "900.00")], False),
        ([("standard", "680.00")] * 10, True),
        ([("standard", "680.00")] * 9 + [("standard", "679.99")], False),
        ([("standard", "680.00")] * 9 + [("deluxe", "680.00")], True),
        ([("standard", "680.00")] * 9, False),
    ],
)
async def test_vd_by_stays_at_exactly_three_and_ten(hotel, stays, qualified):
    person = await guest(hotel.key, kind="guest")
    await stayed(hotel, person, *stays)
    assessed = await hotel.key.post("/api/v1/assessments", json={"scheme": "stays", "as_of": "2026-03-01"})
    assert assessed.status_code == 201, assessed.text
    reception = await received(hotel.key, person)
    await step(hotel.sales, reception, "confirmation", {"protocol": "vd"})
    body = {"protocol": "vd", "qualification": "full_rate_stays", "reason": "常客"}

    asked = await step(
        hotel.people["front_desk_supervisor"], reception, "applications", body, 201 if qualified else 422
    )

    if qualified:
        assert reception["protocol"] == "vd"
        await decide(hotel.sales, asked["applications"][0]["approval_id"])
    else:
        assert [one["field"] for one in asked["errors"]] == ["qualification"]
    invited = body | {"qualification": "invited_guest"}
    await step(hotel.key, reception, "applications", invited, 422 if qualified else 201)


@pytest.mark.rule("S11-5")
async def test_the_hotel_sets_its_own_full_rate_and_deluxe_rooms(hotel):
    person = await guest(hotel.key, kind="guest")
    await stayed(hotel, person, ("E", "300.00"), ("F", "300.00"), ("E", "310.00"), ("A", "310.00"))
    settings = [{"name": "full_rate", "value": 30_000}, {"name": "deluxe_rooms", "unit": "rooms", "words": ["E", "F"]}]

    before = await hotel.key.post("/api/v1/assessments", json={"scheme": "stays", "dry_run": True})
    written = await hotel.key.post("/api/v1/policy/versions", json={"overrides": {"settings": settings}})
    await hotel.key.post("/api/v1/assessments", json={"scheme": "stays"})

    assert (before.status_code, written.status_code) == (201, 201)
    shown = (await hotel.key.get(f"/api/v1/customers/{person}/membership")).json()
    assert [one["tier"] for one in shown["current"]] == ["qualified"]
    figures = shown["explanations"][0]["measures"]
    assert (figures["deluxe_stays"], figures["full_rate_stays"]) == (3, 4)


async def test_a_setting_without_words_names_no_rooms(hotel):
    settings = [{"name": "deluxe_rooms", "unit": "rooms", "words": []}]

    refused = await hotel.key.post("/api/v1/policy/versions", json={"overrides": {"settings": settings}})

    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["errors"]] == ["schemes.stays.metrics.deluxe_stays"]
