"""Cards before anybody has one: asked for, made centrally, shipped level by level, counted, written off."""

import asyncio

import pytest

GOLD = "gold_card"


@pytest.mark.rule("S12-6")
async def test_cards_come_down_level_by_level_for_what_was_approved(desk):
    request = await desk.request(GOLD, 10)
    await desk.post("card-batches", {"kind": GOLD, "quantity": 25})
    first = await desk.ship(GOLD, 10, "head-office", "branch", request)

    assert await desk.stock(GOLD) == {"head-office": 15, "branch": 0}
    await desk.post(f"card-shipments/{first['id']}/receipt", {"received": 10}, by=desk.branch)
    second = await desk.ship(GOLD, 6, "branch", "outlet", request, by=desk.branch)
    received = await desk.post(f"card-shipments/{second['id']}/receipt", {"received": 6}, by=desk.outlet)

    assert (received["received"], received["missing"]) == (6, 0)
    assert await desk.stock(GOLD) == {"head-office": 15, "branch": 4, "outlet": 6}
    assert (await desk.get(f"card-requests/{request}"))["shipped"] == 6
    assert [row["id"] for row in (await desk.get("card-requests", waiting="true"))["items"]] == [request]
    assert await desk.balance(GOLD) == {"made": 25, "in_stock": 25, "in_transit": 0, "issued": 0, "written_off": 0}


@pytest.mark.rule("S12-6")
async def test_nothing_is_shipped_that_was_not_approved_or_past_a_level(desk):
    body = {"kind": GOLD, "quantity": 5, "reason": "开业", "unit_id": desk.units["outlet"]}
    asked = await desk.post("card-requests", body, by=desk.outlet)
    await desk.post("card-batches", {"kind": GOLD, "quantity": 50})

    unapproved = await desk.ship(GOLD, 5, "head-office", "branch", asked["id"], status=409)
    await desk.approve(asked["approval_id"])
    unasked = await desk.ship(GOLD, 5, "head-office", "branch", None, status=422)
    leap = await desk.ship(GOLD, 5, "head-office", "outlet", asked["id"], status=422)
    elsewhere = await desk.ship(GOLD, 6, "head-office", "branch", asked["id"], status=409)

    assert unapproved["type"].endswith("not-approved")
    assert [error["field"] for error in unasked["errors"]] == ["request_id"]
    assert [error["field"] for error in leap["errors"]] == ["to_unit_id"]
    assert elsewhere["type"].endswith("request-filled")
    assert await desk.stock(GOLD) == {"head-office": 50}


async def test_a_difference_is_written_off_with_its_reason_and_both_sides_hear_of_it(desk):
    request = await desk.request(GOLD, 10)
    await desk.post("card-batches", {"kind": GOLD, "quantity": 10})
    sender = await desk.tenant.staff("sender", "manager")
    keeper = await desk.tenant.staff("keeper", "manager", unit="branch")
    sent = await desk.ship(GOLD, 10, "head-office", "branch", request, by=sender)
    path = f"card-shipments/{sent['id']}/receipt"

    more = await desk.post(path, {"received": 11}, by=keeper, status=422)
    silent = await desk.post(path, {"received": 8}, by=keeper, status=422)
    own = await desk.post(path, {"received": 10}, by=sender, status=403)
    counted = await desk.post(path, {"received": 8, "reason": "封条破损"}, by=keeper)
    again = await desk.post(path, {"received": 8, "reason": "封条破损"}, by=keeper, status=409)

    assert [error["field"] for refused in (more, silent) for error in refused["errors"]] == ["received", "reason"]
    assert (own["type"], again["type"]) == ("/problems/own-shipment", "/problems/already-received")
    assert (counted["missing"], counted["reason"]) == (2, "封条破损")
    assert await desk.balance(GOLD) == {"made": 10, "in_stock": 8, "in_transit": 0, "issued": 0, "written_off": 2}
    assert "card_missing" in [n["kind"] for n in (await desk.get("notices", by=sender))["items"]]
    assert [n["kind"] for n in (await desk.get("notices", by=keeper))["items"]] == ["card_shipped"]
    # What got lost on the way may be shipped again for the same request.
    await desk.post("card-batches", {"kind": GOLD, "quantity": 2})
    await desk.ship(GOLD, 2, "head-office", "branch", request)


async def test_a_shipment_counted_twice_at_once_arrives_once(desk):
    request = await desk.request(GOLD, 10)
    await desk.post("card-batches", {"kind": GOLD, "quantity": 10})
    sent = await desk.ship(GOLD, 10, "head-office", "branch", request)
    path = f"/api/v1/card-shipments/{sent['id']}/receipt"

    answers = await asyncio.gather(*(desk.head.post(path, json={"received": 10}) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert await desk.stock(GOLD) == {"head-office": 0, "branch": 10}


async def test_two_who_ship_the_last_cards_at_once_ship_what_there_is(desk):
    request = await desk.request(GOLD, 100)
    await desk.post("card-batches", {"kind": GOLD, "quantity": 10})
    body = {
        "kind": GOLD,
        "quantity": 4,
        "from_unit_id": desk.units["head-office"],
        "to_unit_id": desk.units["branch"],
        "request_id": request,
    }

    answers = await asyncio.gather(*(desk.head.post("/api/v1/card-shipments", json=body) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 6
    assert await desk.balance(GOLD) == {"made": 10, "in_stock": 2, "in_transit": 8, "issued": 0, "written_off": 0}


async def test_cards_go_back_up_and_what_is_spoilt_is_written_off(desk):
    await desk.supply(GOLD, 10)
    back = await desk.ship(GOLD, 3, "outlet", "branch", None, by=desk.outlet)
    await desk.post(f"card-shipments/{back['id']}/receipt", {"received": 3}, by=desk.branch)
    gone = {"kind": GOLD, "unit_id": desk.units["outlet"], "quantity": 2, "cause": "spoilt", "reason": "打印错误"}
    await desk.post("card-write-offs", gone, by=desk.outlet)

    too_many = await desk.post("card-write-offs", gone | {"quantity": 6}, by=desk.outlet, status=409)

    assert too_many["detail"] == "5 of gold_card in stock there, 6 asked for"
    assert await desk.stock(GOLD) == {"head-office": 0, "branch": 3, "outlet": 5}


async def test_each_unit_moves_its_own_stock_and_sees_what_is_under_it(desk):
    await desk.supply(GOLD, 5)
    body = {"kind": GOLD, "quantity": 1, "from_unit_id": desk.units["branch"], "to_unit_id": desk.units["outlet"]}
    sent = (await desk.get("card-shipments"))["items"][0]

    await desk.post("card-batches", {"kind": GOLD, "quantity": 1}, by=desk.branch, status=403)
    await desk.post("card-shipments", body, by=desk.outlet, status=403)
    gone = {"kind": GOLD, "unit_id": desk.units["outlet"], "quantity": 1, "cause": "missing", "reason": "盘点"}
    await desk.post("card-write-offs", gone, by=desk.other, status=403)
    asked = {"kind": GOLD, "quantity": 1, "reason": "多要", "unit_id": desk.units["branch"]}
    await desk.post("card-requests", asked, by=desk.outlet, status=403)

    assert (await desk.other.get(f"/api/v1/card-shipments/{sent['id']}")).status_code == 404
    assert await desk.get("card-stocks", by=desk.other) == []
    assert (await desk.get("card-stocks/movements", by=desk.other))["items"] == []
    assert (await desk.branch.get("/api/v1/card-stocks/balances")).status_code == 403


async def test_the_ledger_tells_every_movement(desk):
    await desk.supply(GOLD, 5)

    lines = (await desk.get("card-stocks/movements"))["items"]

    assert [(line["from_account"], line["to_account"], line["quantity"], line["subject"]) for line in lines] == [
        ("transit", "stock", 5, "card_receipt"),
        ("stock", "transit", 5, "card_shipment"),
        ("transit", "stock", 5, "card_receipt"),
        ("stock", "transit", 5, "card_shipment"),
        ("made", "stock", 5, "card_batch"),
    ]


@pytest.mark.parametrize("kind", ["diamond_card", "library_card"])
async def test_a_kind_without_stock_is_not_supplied(desk, kind):
    refused = await desk.post("card-batches", {"kind": kind, "quantity": 1}, status=422)

    assert [error["field"] for error in refused["errors"]] == ["kind"]


async def test_a_refused_request_is_not_shipped_and_its_asker_hears_of_it(desk):
    asker = await desk.tenant.staff("asker", "manager", unit="outlet")
    admin = await desk.tenant.staff("admin", "tenant_admin")
    asked = await desk.post("card-requests", {"kind": GOLD, "quantity": 500, "reason": "储备"}, by=asker)

    refusal = {"approved": False, "reason": "超出发卡计划"}
    await desk.post(f"approvals/{asked['approval_id']}/decision", refusal, by=admin, status=200)

    assert asked["unit_id"] == desk.units["outlet"]
    assert (await desk.get(f"card-requests/{asked['id']}"))["outcome"] == "rejected"
    assert [n["kind"] for n in (await desk.get("notices", by=asker))["items"]] == ["card_request_refused"]
