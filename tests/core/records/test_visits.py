"""S07-12: visits are planned, carried out on time, recorded in detail, signed where they settle a problem, and filed."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from guibin.signatures.sealing import SIGNATURE_BYTES_MAX, media_type_of
from guibin_tenants.scope import fetch, fetch_value

PATH = "/api/v1/visits"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 40 + b"\x00\x00\x00\x00IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 40 + b"\xff\xd9"
PDF = b"%PDF-1.7\n1 0 obj\n" + b"\x00" * 40 + b"\n%%EOF\n"
RECORD = {"content": "了解收视情况", "need": "画面卡顿", "handling": "更换机顶盒", "handled": True}


def signature(content=PNG, **changes):
    return {"signed_by": "王伟", "content": base64.b64encode(content).decode()} | changes


async def planned(client, customer_id, status=201, **changes):
    body = {"customer_id": customer_id, "planned_at": "2026-03-04T10:00:00+08:00", "purpose": "例行走访"} | changes
    answer = await client.post(PATH, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def send(client, visit, what, body, status=201):
    answer = await client.post(f"{PATH}/{visit['id']}/{what}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def listed(client, **query):
    return (await client.get(PATH, params=query)).json()["items"]


def kind(answer):
    return answer["type"].rsplit("/", 1)[-1]


@pytest.mark.rule("S07-12", "S07-25")
async def test_a_visit_goes_from_plan_to_record_to_file(client, new_customer, clock):
    customer = await new_customer()
    visit = await planned(client, customer, place="客户单位")
    clock.set(datetime(2026, 3, 4, 3, tzinfo=UTC))

    done = await send(client, visit, "record", RECORD | {"number": "13800138000", "duration_minutes": 30})
    await send(client, visit, "signature", signature())
    filed = await send(client, visit, "filing", {"note": "材料齐全"})

    assert [one["state"] for one in (visit, done, filed)] == ["planned", "carried_out", "filed"]
    assert (done["in_time"], done["settles_problem"]) == (True, True)
    record = filed["record"]
    assert [record[name] for name in ("channel", "direction", "place", "content", "need", "handling_state")] == [
        "visit",
        "out",
        "客户单位",
        "了解收视情况",
        "画面卡顿",
        "done",
    ]
    assert record["number_masked"] == "138****8000"
    assert [line["text"] for line in record["handlings"]] == ["更换机顶盒"]
    history = (await client.get("/api/v1/interactions", params={"customer_id": customer})).json()["items"]
    assert [(one["id"], one["visit_id"]) for one in history] == [(filed["interaction_id"], visit["id"])]
    assert filed["filing"]["note"] == "材料齐全"


@pytest.mark.rule("S07-12")
async def test_a_visit_is_due_until_the_end_of_its_day_in_the_companys_zone(client, new_customer):
    visit = await planned(client, await new_customer(), planned_at="2026-03-04T23:30:00+08:00")

    assert visit["due_at"] == "2026-03-04T15:59:59.999999Z"


@pytest.mark.rule("S07-12")
@pytest.mark.parametrize(("happened_at", "in_time"), [("2026-03-04T15:59:59Z", True), ("2026-03-04T16:00:01Z", False)])
async def test_on_time_is_judged_by_when_it_took_place_not_when_it_was_written_down(
    client, new_customer, clock, fall_due, happened_at, in_time
):
    visit = await planned(client, await new_customer())
    clock.set(datetime(2026, 3, 6, tzinfo=UTC))
    await fall_due()

    done = await send(client, visit, "record", RECORD | {"happened_at": happened_at})

    assert done["in_time"] is in_time


@pytest.mark.rule("S07-12")
async def test_moving_keeps_the_plan_before_and_the_reason(client, new_customer):
    visit = await planned(client, await new_customer())

    moved = await send(client, visit, "changes", {"planned_at": "2026-03-09T10:00:00+08:00", "reason": "客户出差"})
    again = await send(client, visit, "changes", {"planned_at": "2026-03-10T10:00:00+08:00", "reason": "客户未归"})

    assert (moved["planned_at"], moved["due_at"]) == ("2026-03-09T02:00:00Z", "2026-03-09T15:59:59.999999Z")
    assert again["moved"] == 2
    assert [(one["from_at"], one["to_at"], one["reason"]) for one in again["changes"]] == [
        ("2026-03-04T02:00:00Z", "2026-03-09T02:00:00Z", "客户出差"),
        ("2026-03-09T02:00:00Z", "2026-03-10T02:00:00Z", "客户未归"),
    ]
    assert again["version"] == visit["version"] + 2


@pytest.mark.rule("S07-12")
async def test_a_visit_that_did_not_take_place_shows_up_and_is_told_once(
    client, tenant, new_customer, clock, fall_due, told
):
    goes, manager = await tenant.staff("goes", "account_manager"), await tenant.staff("head", "manager")
    customer = await new_customer()
    late = await planned(client, customer, staff_id=str(goes.staff_id))
    await planned(client, customer, planned_at="2026-03-05T10:00:00+08:00")
    clock.set(datetime(2026, 3, 4, 15, 59, 59, tzinfo=UTC))
    before = await listed(client, overdue=True)
    await fall_due()

    clock.set(datetime(2026, 3, 4, 16, tzinfo=UTC))
    steps = [await fall_due(), await fall_due()]

    assert before == []
    assert [one["id"] for one in await listed(client, overdue=True)] == [late["id"]]
    assert steps == [["breach", "escalation:manager"], []]
    assert await told(manager) == ["visit_overdue"]
    assert await told(goes) == ["visit_overdue", "visit_due"]


@pytest.mark.rule("S07-12")
async def test_one_that_is_moved_carried_out_or_cancelled_is_not_told_of(
    client, tenant, new_customer, clock, fall_due, told
):
    manager = await tenant.staff("head", "manager")
    customer = await new_customer()
    moved, done, cancelled = [await planned(client, customer) for _ in range(3)]
    await send(client, moved, "changes", {"planned_at": "2026-03-09T10:00:00+08:00", "reason": "改期"})
    await send(client, cancelled, "cancellation", {"reason": "客户婉拒"})
    clock.set(datetime(2026, 3, 4, 3, tzinfo=UTC))
    await send(client, done, "record", RECORD)

    clock.set(datetime(2026, 3, 5, 3, tzinfo=UTC))
    await fall_due()

    assert await told(manager) == []
    assert await listed(client, overdue=True) == []
    clock.set(datetime(2026, 3, 10, 3, tzinfo=UTC))
    await fall_due()
    assert await told(manager) == ["visit_overdue"]
    assert [one["id"] for one in await listed(client, overdue=True)] == [moved["id"]]


@pytest.mark.rule("S07-12")
async def test_what_settles_a_problem_is_filed_only_with_the_signature(client, new_customer, clock):
    visit = await planned(client, await new_customer())
    early = await send(client, visit, "signature", signature(), 409)
    clock.set(datetime(2026, 3, 4, 3, tzinfo=UTC))
    await send(client, visit, "record", {"content": "换了机顶盒", "settles_problem": True})

    unsigned = await send(client, visit, "filing", {}, 409)
    signed = await send(client, visit, "signature", signature())
    twice = await send(client, visit, "signature", signature(JPEG), 409)
    filed = await send(client, visit, "filing", {})
    afterwards = await send(client, visit, "signature", signature(), 409)

    assert [kind(one) for one in (early, unsigned, twice, afterwards)] == [
        "visit-not-carried-out",
        "signature-missing",
        "already-signed",
        "visit-not-carried-out",
    ]
    assert (signed["signature"]["signed_by"], signed["signature"]["media_type"]) == ("王伟", "image/png")
    assert filed["state"] == "filed"


@pytest.mark.rule("S07-12")
@pytest.mark.parametrize(
    ("said", "owed"),
    [
        (RECORD, True),
        (RECORD | {"handled": False}, False),
        (RECORD | {"need": " "}, False),
        (RECORD | {"settles_problem": False}, True),
    ],
)
async def test_a_need_that_was_met_is_signed_for_whatever_is_ticked(client, new_customer, clock, said, owed):
    visit = await planned(client, await new_customer())
    clock.set(datetime(2026, 3, 4, 3, tzinfo=UTC))
    await send(client, visit, "record", said)

    filed = await client.post(f"{PATH}/{visit['id']}/filing", json={})

    assert filed.status_code == (409 if owed else 201), filed.text


@pytest.mark.rule("S07-12")
async def test_without_a_signature_it_is_filed_with_the_reason_and_the_manager_hears(
    tenant, client, new_customer, clock
):
    signed, unsigned, plain = [await planned(client, await new_customer(f"K{n}")) for n in range(3)]
    clock.set(datetime(2026, 3, 4, 3, tzinfo=UTC))
    head = await tenant.staff("head", "manager")
    for visit in (signed, unsigned):
        await send(client, visit, "record", RECORD)
    await send(client, plain, "record", {"content": "例行走访"})
    await send(client, signed, "signature", signature())

    needless = [await send(client, one, "filing", {"unsigned_because": "出差"}, 422) for one in (signed, plain)]
    filed = await send(client, unsigned, "filing", {"unsigned_because": "客户出差，电话确认"})
    for visit in (signed, plain):
        await send(client, visit, "filing", {})

    assert (filed["state"], filed["unsigned_because"]) == ("filed", "客户出差，电话确认")
    assert [one["errors"][0]["field"] for one in needless] == ["unsigned_because"] * 2
    told = (await head.get("/api/v1/notices")).json()["items"]
    assert [(one["kind"], one["subject_id"]) for one in told] == [("visit_unsigned", unsigned["id"])]


@pytest.mark.rule("S07-12", "S07-8")
@pytest.mark.parametrize("content", [PNG, JPEG, PDF])
async def test_the_signature_is_sealed_and_shown_only_with_a_purpose_on_record(
    client, tenant, new_customer, clock, content
):
    visit = await planned(client, await new_customer())
    clock.set(datetime(2026, 3, 4, 3, tzinfo=UTC))
    await send(client, visit, "record", RECORD)
    signed = await send(client, visit, "signature", signature(content))

    shown = await send(client, visit, "signature/disclosures", {"purpose": "核对签名", "leaves_to": "nobody"})

    assert base64.b64decode(shown["content"]) == content
    assert "content" not in signed["signature"]
    async with tenant.scope():
        stored = bytes(await fetch_value("select sealed from visit_signature"))
        assert content not in stored
        assert base64.b64encode(content) not in stored
        assert await fetch_value("select fields from disclosure") == '["visit.signature"]'
        entries = await fetch("select action, purpose from audit_entry where subject = 'visit' order by id")
    assert [(one["action"], one["purpose"]) for one in entries] == [
        ("visit.plan", ""),
        ("visit.carry_out", ""),
        ("visit.sign", ""),
        ("visit.disclose", "核对签名"),
    ]


@pytest.mark.rule("S07-12")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + b"\x00" * 40,
        PNG[:-1],
        JPEG[:-2],
        b"%PDF-1.7 cut off",
        PNG + b"\x00" * SIGNATURE_BYTES_MAX,
    ],
)
async def test_anything_but_a_whole_image_or_scan_of_fair_size_is_no_signature(client, new_customer, clock, content):
    visit = await planned(client, await new_customer())
    clock.set(datetime(2026, 3, 4, 3, tzinfo=UTC))
    await send(client, visit, "record", RECORD)

    refused = await send(client, visit, "signature", signature(content), 422)

    assert [one["field"] for one in refused["errors"]] == ["content"]
    assert media_type_of(PNG) == "image/png"


async def test_what_is_not_base64_is_refused(client, new_customer):
    visit = await planned(client, await new_customer())

    await send(client, visit, "signature", signature(content=b"") | {"content": "~~~"}, 400)


async def test_after_erasure_the_signature_opens_no_more(client, new_customer, clock):
    customer = await new_customer()
    visit = await planned(client, customer)
    clock.set(datetime(2026, 3, 4, 3, tzinfo=UTC))
    await send(client, visit, "record", RECORD)
    await send(client, visit, "signature", signature())
    await client.delete(f"/api/v1/customers/{customer}")

    refused = await send(client, visit, "signature/disclosures", {"purpose": "核对签名", "leaves_to": "nobody"}, 409)

    assert kind(refused) == "archive-erased"


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("changes", {"planned_at": "2026-03-09T10:00:00+08:00", "reason": "改期"}),
        ("cancellation", {"reason": "x"}),
        ("record", RECORD),
    ],
)
async def test_a_cancelled_visit_stays_cancelled(client, new_customer, what, body):
    visit = await planned(client, await new_customer())
    await send(client, visit, "cancellation", {"reason": "客户婉拒"})

    assert kind(await send(client, visit, what, body, 409)) == "visit-not-planned"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"planned_at": "2026-03-02T01:59:59Z"}, "planned_at"),
        ({"planned_at": "2029-03-02T01:59:59Z"}, "planned_at"),
        ({"staff_id": "018f0000-0000-7000-8000-000000000000"}, "staff_id"),
    ],
)
async def test_a_wrong_plan_is_refused_by_name(client, new_customer, changes, field):
    refused = await planned(client, await new_customer(), 422, **changes)

    assert [one["field"] for one in refused["errors"]] == [field]
    assert await listed(client) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"method": "pigeon"}, "method"),
        ({"happened_at": "2026-03-02T02:06:00Z"}, "happened_at"),
        ({"handling": "", "handled": True}, "handling"),
    ],
)
async def test_a_wrong_record_is_refused_and_the_visit_stays_planned(client, new_customer, changes, field):
    visit = await planned(client, await new_customer())

    refused = await send(client, visit, "record", RECORD | changes, 422)

    assert [one["field"] for one in refused["errors"]] == [field]
    assert [one["state"] for one in await listed(client)] == ["planned"]


@pytest.mark.rule("S02-6")
async def test_another_outlets_visits_are_not_seen(client, tenant, new_customer):
    await tenant.unit("east")
    await tenant.unit("west")
    visit = await planned(client, await new_customer(org_unit_id=str(tenant.units["west"])))
    east, west = await tenant.staff("e", "agent", unit="east"), await tenant.staff("w", "agent", unit="west")

    assert [len(await listed(who)) for who in (east, west)] == [0, 1]
    for what, body in (("record", RECORD), ("cancellation", {"reason": "x"}), ("filing", {})):
        await send(east, visit, what, body, 404)


async def test_visits_are_paged_by_their_time(client, new_customer):
    customer = await new_customer()
    for days in (1, 2, 2, 3):
        at = datetime(2026, 3, 4, 2, tzinfo=UTC) + timedelta(days=days)
        await planned(client, customer, planned_at=at.isoformat())

    first = (await client.get(PATH, params={"limit": 3})).json()
    second = (await client.get(PATH, params={"limit": 3, "cursor": first["next"]})).json()

    days = [datetime.fromisoformat(one["planned_at"]).day for one in first["items"] + second["items"]]
    assert days == [7, 6, 6, 5]
    assert second["next"] is None
