"""From the application to the opened card, and everything that may happen to it."""

import asyncio

import pytest
from cards import IDENTITY

GOLD, DIAMOND = "gold_card", "diamond_card"


async def test_a_card_is_applied_for_approved_in_two_steps_told_of_issued_and_opened(desk, clock):
    await desk.supply(GOLD, 3)
    customer = await desk.member()
    asked = await desk.apply(customer, GOLD)
    early = await desk.issue(asked, status=409)
    await desk.approve(asked["approval_id"], times=1)
    half = await desk.issue(asked, status=409)
    await desk.approve(asked["approval_id"])

    assert [row["id"] for row in (await desk.get("card-applications", waiting="telling"))["items"]] == [asked["id"]]
    await desk.post(
        f"card-applications/{asked['id']}/tellings", {"channel": "phone", "reached": False, "note": "无人接听"}
    )
    told = await desk.post(f"card-applications/{asked['id']}/tellings", {"channel": "phone", "reached": True})
    assert (told["tellings"], (await desk.get("card-applications", waiting="telling"))["items"]) == (2, [])
    card = await desk.issue(asked, "6225 8801 2345 6789", by=desk.outlet)
    opened = await desk.post(f"cards/{card['id']}/activation", by=desk.outlet)

    assert [refused["type"] for refused in (early, half)] == ["/problems/not-approved"] * 2
    assert (card["number"], card["state"], card["tier"]) == ("622*********6789", "issued", "gold")
    assert (card["issued_on"], card["expires_on"]) == ("2026-03-02", "2029-03-02")
    assert opened["state"] == "active"
    assert [event["kind"] for event in opened["events"]] == ["issued", "activated"]
    assert await desk.balance(GOLD) == {"made": 3, "in_stock": 2, "in_transit": 0, "issued": 1, "written_off": 0}
    again = await desk.issue(asked, status=409)
    assert again["type"].endswith("not-approved")


async def test_whoever_refused_or_withdrew_gets_no_card(desk):
    customer = await desk.customer(identity_number=IDENTITY)
    await desk.consent(customer, "personal")
    await desk.join(customer, "personal", "gold")
    await desk.consent(customer, "personal", "withdrawn")

    refused = await desk.apply(customer, GOLD, status=422)

    assert refused["type"].endswith("no-consent")


async def test_consent_withdrawn_after_the_approval_stops_the_issue(desk):
    await desk.supply(GOLD, 1)
    customer = await desk.member()
    asked = await desk.approved(customer, GOLD)
    await desk.consent(customer, "personal", "withdrawn")

    refused = await desk.issue(asked, status=422)

    assert refused["type"].endswith("no-consent")
    assert (await desk.stock(GOLD))["outlet"] == 1


async def test_the_card_is_that_of_the_tier_held(desk):
    customer = await desk.member(tier="gold")

    refused = await desk.apply(customer, DIAMOND, status=422)

    assert refused["type"].endswith("not-in-tier")


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"name": "王建军"}, ["name"]),
        ({"number": "110105194912310021"}, ["number"]),
        ({"name": "李四", "number": "1"}, ["name", "number"]),
        ({"name": " 王 建国 "}, []),
        ({"number": "１１０１０５１９４９１２３１００２ｘ"}, []),
    ],
)
async def test_name_and_number_must_match_the_archive(desk, changes, differs):
    customer = await desk.member()

    body = {"name": "王建国", "number": IDENTITY} | changes
    checked = await desk.post(f"customers/{customer}/identity-checks", body)
    asked = await desk.apply(customer, GOLD, identity_check_id=checked["id"], status=422 if differs else 201)

    assert (checked["differs"], checked["matches"]) == (differs, not differs)
    assert asked.get("type", "").endswith("not-identified") is bool(differs)
    entries = (await desk.get("audit-entries", customer_id=customer))["items"]
    checks = [entry["purpose"] for entry in entries if entry["action"] == "identity.check"]
    assert checks == [f"differs: {', '.join(differs)}" if differs else "matches"]


async def test_a_check_counts_for_its_customer_and_its_day(desk, clock):
    await desk.supply(GOLD, 1)
    customer, stranger = await desk.member(), await desk.member()
    asked = await desk.approved(customer, GOLD)
    yesterday = await desk.identified(customer)
    others = await desk.identified(stranger)
    clock.set(clock().replace(day=3))

    for check in (None, yesterday, others):
        refused = await desk.issue(asked, identity_check_id=check, status=422)
        assert refused["type"].endswith("not-identified")
    await desk.issue(asked)


async def test_without_a_number_on_file_nobody_is_identified(desk):
    customer = await desk.customer()

    checked = await desk.post(f"customers/{customer}/identity-checks", {"name": "王建国", "number": IDENTITY})

    assert (checked["matches"], checked["differs"]) == (False, ["number_not_on_file"])


async def test_what_was_read_from_the_document_is_sealed(desk):
    customer = await desk.member()
    await desk.identified(customer)

    async with desk.tenant.scope() as scope:
        rows = await scope.connection.fetch("select t::text as row from identity_check t")

    assert rows
    assert [row["row"] for row in rows if IDENTITY in row["row"]] == []


async def test_the_last_card_in_stock_is_issued_once(desk):
    await desk.supply(GOLD, 1)
    applications = []
    for _ in range(4):
        applications.append(await desk.approved(await desk.member(), GOLD))
    bodies = [
        {
            "application_id": one["id"],
            "number": desk.number(),
            "unit_id": desk.units["outlet"],
            "identity_check_id": await desk.identified(one["customer_id"]),
        }
        for one in applications
    ]

    answers = await asyncio.gather(*(desk.head.post("/api/v1/cards", json=body) for body in bodies))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {"/problems/out-of-stock"}
    assert await desk.balance(GOLD) == {"made": 1, "in_stock": 0, "in_transit": 0, "issued": 1, "written_off": 0}


async def test_one_application_issued_five_times_at_once_gives_one_card(desk):
    await desk.supply(GOLD, 5)
    customer = await desk.member()
    asked, check = await desk.approved(customer, GOLD), await desk.identified(customer)
    body = {"application_id": asked["id"], "identity_check_id": check, "unit_id": desk.units["outlet"]}

    answers = await asyncio.gather(
        *(desk.head.post("/api/v1/cards", json=body | {"number": desk.number()}) for _ in range(5))
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 4
    assert (await desk.stock(GOLD))["outlet"] == 4


async def test_nobody_has_two_live_cards_of_a_kind(desk):
    await desk.supply(GOLD, 5)
    customer = await desk.member()
    await desk.card(customer, GOLD)

    refused = await desk.apply(customer, GOLD, status=409)
    async with desk.tenant.scope() as scope:
        counted = await scope.connection.fetchval(
            "select count(*) from card where customer_id = $1 and ended_at is null", customer
        )

    assert (refused["type"], counted) == ("/problems/live-card", 1)


async def test_two_applications_at_once_are_one(desk):
    customer = await desk.member()
    body = {
        "customer_id": customer,
        "kind": GOLD,
        "reason": "申领",
        "identity_check_id": await desk.identified(customer),
    }

    answers = await asyncio.gather(*(desk.head.post("/api/v1/card-applications", json=body) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_a_number_belongs_to_one_card_for_ever(desk):
    await desk.supply(GOLD, 5)
    first = await desk.card(await desk.member(), GOLD, "6225880123456789")
    await desk.post(f"cards/{first['id']}/revocation", {"reason": "客户注销"})

    refused = await desk.issue(await desk.approved(await desk.member(), GOLD), "6225-8801-2345-6789", status=409)

    assert refused["type"].endswith("card-number-taken")
    assert (await desk.stock(GOLD))["outlet"] == 4


@pytest.mark.parametrize("number", ["6225880123456788", "622588012345678A"])
async def test_a_misread_number_is_noticed_by_its_check_digit(desk, number):
    asked = await desk.approved(await desk.member(tier="diamond"), DIAMOND)

    refused = await desk.issue(asked, number, status=422)

    assert [error["field"] for error in refused["errors"]] == ["number"]
    assert number not in str(refused)


async def test_a_lost_card_is_found_again_or_replaced(desk):
    await desk.supply(GOLD, 3)
    customer = await desk.member()
    card = await desk.card(customer, GOLD)
    await desk.post(f"cards/{card['id']}/loss", {"reason": "地铁上丢失"})
    found = await desk.post(f"cards/{card['id']}/recovery", {"reason": "家中找到"})
    lost = await desk.post(f"cards/{card['id']}/loss", {"reason": "再次丢失"})
    body = {"cause": "lost", "number": desk.number(), "unit_id": desk.units["outlet"]}

    unproved = await desk.post(f"cards/{card['id']}/replacement", body, status=422)
    body["identity_check_id"] = await desk.identified(customer)
    following = await desk.post(f"cards/{card['id']}/replacement", body)
    again = await desk.post(f"cards/{card['id']}/replacement", body | {"number": desk.number()}, status=409)

    old = await desk.look(card)
    assert (found["state"], lost["state"], unproved["type"]) == ("active", "lost", "/problems/not-identified")
    assert (old["state"], old["ended_because"], following["state"]) == ("ended", "replaced", "issued")
    assert (following["replaces"], following["expires_on"]) == (card["id"], card["expires_on"])
    assert again["type"].endswith("card-state")
    assert [e["kind"] for e in old["events"]] == ["issued", "activated", "lost", "found", "lost", "ended"]
    assert await desk.balance(GOLD) == {"made": 3, "in_stock": 1, "in_transit": 0, "issued": 2, "written_off": 0}


async def test_five_who_replace_a_card_at_once_make_one(desk):
    await desk.supply(GOLD, 6)
    customer = await desk.member()
    card, check = await desk.card(customer, GOLD), await desk.identified(customer)
    body = {"cause": "damaged", "identity_check_id": check, "unit_id": desk.units["outlet"]}

    answers = await asyncio.gather(
        *(
            desk.head.post(f"/api/v1/cards/{card['id']}/replacement", json=body | {"number": desk.number()})
            for _ in range(5)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 4
    assert (await desk.stock(GOLD))["outlet"] == 4


async def test_a_replacement_without_stock_leaves_the_old_card_alive(desk):
    await desk.supply(GOLD, 1)
    customer = await desk.member()
    card = await desk.card(customer, GOLD)
    body = {"cause": "damaged", "number": desk.number(), "unit_id": desk.units["outlet"]}

    refused = await desk.post(
        f"cards/{card['id']}/replacement", body | {"identity_check_id": await desk.identified(customer)}, status=409
    )

    assert (refused["type"], (await desk.look(card))["state"]) == ("/problems/out-of-stock", "active")


async def test_states_follow_each_other_as_they_may(desk):
    await desk.supply(GOLD, 1)
    card = await desk.card(await desk.member(), GOLD)
    path = f"cards/{card['id']}"

    await desk.post(f"{path}/activation", status=409)
    await desk.post(f"{path}/recovery", {"reason": "没有丢"}, status=409)
    await desk.post(f"{path}/revocation", {"reason": "违规使用"})
    for verb in ("activation", "loss", "recovery", "revocation"):
        refused = await desk.post(f"{path}/{verb}", {"reason": "再来"} if verb != "activation" else {}, status=409)
        assert refused["detail"].startswith("The card is ended: revoked")


async def test_an_outlet_takes_from_its_own_stock(desk):
    await desk.supply(GOLD, 1)
    asked = await desk.approved(await desk.member(), GOLD)
    check = await desk.identified(asked["customer_id"])

    behind_the_wall = await desk.issue(asked, by=desk.other, identity_check_id=check, status=404)
    foreign_stock = await desk.issue(
        asked, by=desk.outlet, identity_check_id=check, unit_id=desk.units["other"], status=403
    )

    assert behind_the_wall["type"].endswith("not-found")
    assert foreign_stock["type"].endswith("other-unit")


async def test_the_outlet_hears_when_its_stock_gets_low(desk):
    keeper = await desk.tenant.staff("keeper", "manager", unit="outlet")
    await desk.supply(GOLD, 3)

    for _ in range(3):
        await desk.card(await desk.member(), GOLD)

    told = [n["text"] for n in (await desk.get("notices", by=keeper))["items"] if n["kind"] == "card_stock_low"]
    # The words that this test's pack has for it.
    assert told == ["card.gold_card 库存仅剩 1 张"]


async def test_a_card_is_found_by_its_whole_number_only_on_this_side_of_the_wall(desk):
    await desk.supply(GOLD, 1)
    card = await desk.card(await desk.member(), GOLD, "6225880123456789")

    found = await desk.post("cards/searches", {"number": "6225 8801 2345 6789"}, status=200)
    part = await desk.post("cards/searches", {"number": "6225880"}, status=200)
    hidden = await desk.post("cards/searches", {"number": "6225880123456789"}, by=desk.other, status=200)

    assert [one["id"] for one in found["items"]] == [card["id"]]
    assert (part["items"], hidden["items"]) == ([], [])
    assert "6225880123456789" not in str(found)


async def test_an_application_is_withdrawn_before_or_after_its_approval(desk):
    customer = await desk.member()
    first = await desk.apply(customer, GOLD)
    withdrawn = await desk.post(f"card-applications/{first['id']}/withdrawal", {"reason": "不想要了"}, status=200)
    second = await desk.approved(customer, GOLD)
    closed = await desk.post(f"card-applications/{second['id']}/withdrawal", {"reason": "改主意"}, status=200)

    assert (withdrawn["outcome"], withdrawn["closed_because"]) == ("withdrawn", "withdrawn")
    assert (closed["outcome"], closed["closed_because"]) == ("approved", "withdrawn")
    again = await desk.post(f"card-applications/{second['id']}/withdrawal", {"reason": "改主意"}, status=409)
    assert again["type"].endswith("not-approved")


async def test_the_number_is_shown_in_clear_only_with_a_purpose_on_record(desk):
    await desk.supply(GOLD, 1)
    customer = await desk.member()
    card = await desk.card(customer, GOLD, "6225880123456789")
    path = f"cards/{card['id']}/disclosure"

    silent = await desk.head.post(f"/api/v1/{path}", json={"purpose": "      ", "leaves_to": "nobody"})
    hidden = await desk.post(path, {"purpose": "核对卡号", "leaves_to": "nobody"}, by=desk.other, status=404)
    shown = await desk.post(path, {"purpose": "客户来电核对卡号", "leaves_to": "nobody"})

    assert (silent.status_code, hidden["type"]) == (422, "/problems/not-found")
    assert shown["number"] == "6225880123456789"
    entries = (await desk.get("audit-entries", customer_id=customer, action="card.disclose"))["items"]
    assert [(entry["fields"], entry["purpose"]) for entry in entries] == [(["card_number"], "客户来电核对卡号")]


@pytest.mark.rule("S08-3")
@pytest.mark.parametrize("said", [{}, {"field": "passport"}])
@pytest.mark.parametrize(("number", "status"), [("E12345678", 201), ("E12345679", 422)])
async def test_whoever_has_no_identity_card_applies_by_another_document(desk, number, status, said):
    customer = await desk.customer(passport="E12345678")
    await desk.consent(customer, "personal")
    await desk.join(customer, "personal", "gold")

    checked = await desk.post(f"customers/{customer}/identity-checks", {"name": "王建国", "number": number} | said)

    assert (checked["field"], checked["matches"]) == ("passport", status == 201)
    await desk.apply(customer, GOLD, identity_check_id=checked["id"], status=status)
