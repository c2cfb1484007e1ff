"""What a customer shows to be served as a VIP, and what comes back at the counter (S03-4)."""

from datetime import timedelta

import pytest
from cards import IDENTITY

GOLD = "gold_card"


@pytest.fixture
async def holder(desk):
    """A gold member with an open card of a known number."""
    await desk.supply(GOLD, 3)
    customer = await desk.member(device_number="SIM-0042")
    return customer, await desk.card(customer, GOLD, "6225880123456789")


async def show(desk, kind, value, *, by=None, language="en", **more):
    caller = by or desk.head
    answer = await caller.post(
        "/api/v1/proofs", json={"kind": kind, "value": value, **more}, headers={"Accept-Language": language}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def e_card(desk, customer, **body):
    return await desk.post(f"customers/{customer}/e-cards", body)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("card", "6225 8801 2345 6789"),
        ("card", "６２２５８８０１２３４５６７８９"),
        ("device", "sim-0042"),
        ("identity_document", IDENTITY),
    ],
)
async def test_whatever_is_shown_tells_who_it_is_and_what_is_due(desk, holder, kind, value):
    customer, card = holder

    shown = await show(desk, kind, value)

    assert (shown["accepted"], shown["customer_id"], shown["name"]) == (True, customer, "王建国")
    assert (shown["scheme"], shown["tier"]) == ("personal", "gold")
    assert {item["item"]: item["left"] for item in shown["items"]} == {"priority_counter": None, "lounge": 2}
    assert shown["card_id"] == (card["id"] if kind == "card" else None)


async def test_what_is_used_up_is_not_due_any_more(desk, holder):
    customer, _ = holder
    shown = await show(desk, "card", "6225880123456789")
    for _ in range(2):
        used = {"customer_id": customer, "item": "lounge", "proof": shown["id"]}
        await desk.post("redemptions", used)

    after = await show(desk, "card", "6225880123456789")

    assert [item["item"] for item in after["items"]] == ["priority_counter"]


async def test_an_e_card_is_good_for_some_minutes_and_not_a_second_longer(desk, holder, clock):
    customer, _ = holder
    given = await e_card(desk, customer)

    now = await show(desk, "e_card", given["text"])
    clock.set(clock() + timedelta(minutes=5))
    late = await show(desk, "e_card", given["text"])

    assert (now["accepted"], now["customer_id"], now["tier"]) == (True, customer, "gold")
    assert (late["accepted"], late["reason"], late["items"]) == (False, "e_card_expired", [])


async def test_a_changed_or_foreign_e_card_is_refused(desk, holder, world):
    customer, _ = holder
    text = (await e_card(desk, customer))["text"]
    other = await world.tenant(packs=("lounge",))
    flipped = [text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :] for place in (0, 30, 50, 60, -2)]

    refused = [await show(desk, "e_card", value) for value in (*flipped, text[:-4], "x", "é" * 80)]
    abroad = await show(desk, "e_card", text, by=await other.client())

    assert {one["reason"] for one in (*refused, abroad)} == {"e_card_invalid"}
    assert {one["customer_id"] for one in (*refused, abroad)} == {None}


@pytest.mark.parametrize(
    ("verb", "reason", "zh"),
    [("loss", "card_lost", "该卡已挂失"), ("revocation", "card_ended", "该卡已失效")],
)
async def test_a_card_that_is_no_longer_good_is_refused_with_the_reason(desk, holder, verb, reason, zh):
    _, card = holder
    await desk.post(f"cards/{card['id']}/{verb}", {"reason": "客户来电"})

    refused = await show(desk, "card", "6225880123456789", language="zh-CN")

    assert (refused["accepted"], refused["reason"], refused["text"]) == (False, reason, zh)
    assert (refused["items"], refused["name"]) == ([], "")


async def test_a_card_that_was_not_opened_and_one_that_expired_are_refused(desk, holder, clock):
    customer = await desk.member(name="李丽")
    asked = await desk.approved(await desk.member(), GOLD)
    closed = await desk.issue(asked, "6225880199999999")

    unopened = await show(desk, "card", "6225880199999999")
    clock.set(clock().replace(year=2029))
    expired = await show(desk, "card", "6225880123456789")

    assert customer != closed["customer_id"]
    assert (unopened["reason"], expired["reason"]) == ("card_not_activated", "card_expired")


async def test_the_tier_held_today_counts_and_not_the_cards(desk, holder):
    customer, _ = holder
    await desk.join(customer, "personal", "diamond")
    raised = await show(desk, "card", "6225880123456789")
    await desk.post(f"customers/{customer}/membership/personal/ending", {"reason": "客户要求"}, status=200)

    ended = await show(desk, "card", "6225880123456789")
    none = await desk.post(f"customers/{customer}/e-cards", {}, status=422)

    assert (raised["tier"], [item["item"] for item in raised["items"]]) == ("diamond", ["priority_counter"])
    assert (ended["reason"], ended["tier"]) == ("not_a_member", "")
    assert none["type"].endswith("not-in-tier")


async def test_a_withdrawn_consent_ends_the_service_at_once(desk, holder):
    customer, _ = holder
    text = (await e_card(desk, customer))["text"]
    await desk.consent(customer, "personal", "withdrawn")

    shown = [await show(desk, kind, value) for kind, value in (("card", "6225880123456789"), ("e_card", text))]

    assert [one["reason"] for one in shown] == ["not_a_member"] * 2


async def test_another_outlet_is_told_the_tier_and_nothing_of_the_archive(desk, holder):
    customer, _ = holder
    text = (await e_card(desk, customer))["text"]

    by_card = await show(desk, "card", "6225880123456789", by=desk.other)
    by_e_card = await show(desk, "e_card", text, by=desk.other)
    by_document = await show(desk, "identity_document", IDENTITY, by=desk.other)

    for shown in (by_card, by_e_card):
        assert (shown["accepted"], shown["tier"], shown["customer_id"]) == (True, "gold", None)
        assert (shown["name"], shown["card_id"]) == ("", None)
        assert [(item["item"], item["left"]) for item in shown["items"]] == [
            ("priority_counter", None),
            ("lounge", None),
        ]
    assert (by_document["accepted"], by_document["reason"]) == (False, "unknown")
    assert customer not in str(by_card | by_e_card)
    entries = (await desk.get("audit-entries", action="proof.show"))["items"]
    assert [entry["customer_ids"] for entry in entries] == [[], [customer], []]


async def test_one_document_under_two_numbers_leads_to_the_member_and_two_members_are_told_apart(desk, holder):
    await desk.customer(identity_number=IDENTITY)
    single = await show(desk, "identity_document", IDENTITY)
    await desk.member()

    double = await show(desk, "identity_document", IDENTITY)

    assert (single["accepted"], single["customer_id"]) == (True, holder[0])
    assert (double["accepted"], double["reason"]) == (False, "ambiguous")


async def test_every_showing_is_kept_and_audited_refused_or_not(desk, holder):
    customer, _ = holder
    await show(desk, "card", "6225880123456789")
    await show(desk, "card", "0000000000")

    async with desk.tenant.scope() as scope:
        kept = await scope.connection.fetch(
            "select accepted, reason, customer_id::text from entitlement_proof order by id"
        )
    entries = (await desk.get("audit-entries", action="proof.show"))["items"]

    assert [tuple(row) for row in kept] == [(True, "", customer), (False, "unknown", None)]
    assert [(entry["purpose"], entry["customer_ids"]) for entry in entries] == [
        ("unknown", []),
        ("accepted", [customer]),
    ]


async def test_another_company_knows_nothing_of_the_card(desk, holder, world):
    other = await world.tenant(packs=("lounge",))
    stranger = await other.client()

    shown = [
        await show(desk, kind, value, by=stranger)
        for kind, value in (("card", "6225880123456789"), ("device", "SIM-0042"))
    ]

    assert [one["reason"] for one in shown] == ["unknown", "unknown"]


@pytest.mark.parametrize(("kind", "value"), [("passport", "E123"), ("", "E123")])
async def test_a_kind_of_proof_the_policy_does_not_know_is_refused(desk, kind, value):
    answer = await desk.head.post("/api/v1/proofs", json={"kind": kind, "value": value})

    assert answer.status_code in (400, 422)
