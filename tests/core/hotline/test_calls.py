"""S01-7: a call opens a service record at once, whoever calls, and is nobody's forgotten business afterwards."""

import asyncio
from datetime import timedelta

import pytest
from hotline_calls import MOBILE, PATH, sent

from guibin_tenants.scope import fetch, fetch_value

STRANGER = "13911112222"


async def history(house):
    shown = await house.client.get("/api/v1/interactions", params={"customer_id": house.customer})
    return [(one["direction"], one["outcome"], one["content"]) for one in shown.json()["items"]]


async def calls(client, **asked):
    return (await client.get(PATH, params=asked)).json()["items"]


async def figures(client):
    shown = (await client.get("/api/v1/reports/service", params={"period": "2026-03"})).json()["figures"]
    return {one["definition"]["name"]: one for one in shown}


@pytest.mark.rule("S01-7")
async def test_a_call_answered_opens_a_contact_at_once_and_ends_in_the_customers_history(house):
    opened = await sent(house.east, PATH, phone=MOBILE)
    assert (opened["customer_id"], opened["state"], opened["staff_id"]) == (
        house.customer,
        "open",
        str(house.east.staff_id),
    )
    assert (await house.owed(house.east), await history(house)) == (["call"], [])

    house.clock.set(house.clock() + timedelta(minutes=7))
    ended = await sent(
        house.east, f"{PATH}/{opened['id']}/ending", outcome="served", content="问套餐", need="要一份资费表"
    )

    assert (ended["state"], await house.owed(house.east)) == ("done", [])
    assert await history(house) == [("in", "reached", "问套餐")]
    contact = (await house.client.get(f"/api/v1/interactions/{ended['interaction_id']}")).json()
    assert (contact["channel"], contact["duration_minutes"], contact["staff_id"], contact["number_masked"]) == (
        "phone",
        7,
        str(house.east.staff_id),
        "138****8000",
    )
    assert (contact["happened_at"], contact["handling_state"]) == (opened["rang_at"], "open")
    assert await house.owed(house.own) == ["question"]


@pytest.mark.rule("S01-7")
async def test_a_caller_nobody_knows_is_recorded_and_matched_later_by_somebody_on_record(house):
    opened = await sent(house.east, PATH, phone=STRANGER)
    await sent(house.east, f"{PATH}/{opened['id']}/ending", outcome="served", content="想开卡")

    assert ((await calls(house.east))[0]["state"], await house.owed(house.east)) == ("unmatched", ["call"])
    assert await house.owed(house.west) == []

    matched = await sent(house.lead, f"{PATH}/{opened['id']}/match", customer_id=house.customer)

    assert (matched["state"], matched["matched_by_name"], matched["customer_id"]) == ("done", "lead", house.customer)
    assert await history(house) == [("in", "reached", "想开卡")]
    assert await house.owed(house.east) == []
    async with house.tenant.scope():
        kept = await fetch(
            "select action, actor_name from audit_entry where subject = 'hotline_call' and subject_id = $1 order by id",
            opened["id"],
        )
    assert [(each["action"], each["actor_name"]) for each in kept][-1] == ("hotline_call.match", "lead")
    again = await sent(house.east, f"{PATH}/{opened['id']}/match", 409, customer_id=house.customer)
    assert again["type"].endswith("already-matched")


async def test_a_stranger_belongs_to_the_outlet_that_took_the_call(house):
    opened = await sent(house.east, PATH, phone=STRANGER)
    path = f"{PATH}/{opened['id']}"

    assert [len(await calls(person)) for person in (house.east, house.lead, house.head, house.west)] == [1, 1, 1, 0]
    assert (await house.west.get(path)).status_code == 404
    for verb, body in (
        ("match", {"customer_id": house.customer}),
        ("ending", {"outcome": "served", "content": "x"}),
        ("number", {"purpose": "回拨来电", "leaves_to": "nobody"}),
        ("unmatched", {"reason": "x"}),
    ):
        await sent(house.west, f"{path}/{verb}", 404, **body)
    await sent(house.west, PATH, 404, phone=STRANGER, customer_id=house.customer)


async def test_an_outlet_matches_a_call_to_no_customer_of_another(house):
    opened = await sent(house.west, PATH, phone=MOBILE)

    assert (opened["customer_id"], opened["state"]) == (None, "open")
    await sent(house.west, f"{PATH}/{opened['id']}/match", 404, customer_id=house.customer)


@pytest.mark.rule("S05-5")
async def test_a_missed_call_of_a_customer_is_told_and_called_back(house):
    missed = await sent(house.client, PATH, phone=MOBILE, missed=True)

    assert (await house.told(house.own), await house.owed(house.own)) == (["call_missed"], ["call_back"])
    assert await history(house) == [("in", "missed", "热线来电，无人接听")]

    await sent(house.own, f"{PATH}/{missed['id']}/ending", outcome="served", content="已回拨，约明天见面")

    assert await history(house) == [("out", "reached", "已回拨，约明天见面"), ("in", "missed", "热线来电，无人接听")]
    assert await house.owed(house.own) == []
    await house.pass_time(timedelta(days=2))
    assert await house.told(house.lead) == ["call_missed"]


@pytest.mark.rule("S01-7")
async def test_a_missed_call_of_a_stranger_waits_for_the_outlet_and_goes_up_when_nobody_calls_back(house):
    await sent(house.east, PATH, phone=STRANGER, missed=True)
    assert (await house.told(house.east), await house.told(house.west)) == (["call_missed"], [])
    assert (await house.owed(house.east, "desk"), await house.owed(house.west, "desk")) == (["call_back"], [])

    await house.pass_time(timedelta(hours=1, minutes=45))
    assert (await house.told(house.east), await house.told(house.lead)) == (["call_missed", "call_back_due"], [])
    await house.pass_time(timedelta(minutes=20))

    assert await house.told(house.lead) == ["call_back_late"]


async def test_a_missed_call_at_the_head_office_is_everybodys_there(house):
    await sent(house.head, PATH, phone=STRANGER, missed=True)

    assert (await house.owed(house.head), await house.owed(house.east)) == (["call_back"], [])


async def test_a_stranger_nobody_matches_goes_up_unless_somebody_says_why(house):
    waits, left, not_ours = [await sent(house.east, PATH, phone=f"1391111222{n}") for n in range(3)]
    for call, outcome in ((waits, "served"), (left, "cut_off"), (not_ours, "not_ours")):
        await sent(house.east, f"{PATH}/{call['id']}/ending", outcome=outcome, content="x")
    await sent(house.east, f"{PATH}/{left['id']}/unmatched", reason="没报姓名")

    await house.pass_time(timedelta(hours=25))

    assert [call["state"] for call in (await calls(house.client))] == ["done", "done", "unmatched"]
    assert (await house.told(house.lead)).count("caller_unknown_late") == 1
    assert (await calls(house.client, state="unmatched"))[0]["id"] == waits["id"]
    assert (await sent(house.client, f"{PATH}/{left['id']}/ending", 409, outcome="served", content="x"))[
        "status"
    ] == 409


async def test_the_number_is_sealed_shown_on_record_and_can_be_taken_away(house):
    opened = await sent(house.east, PATH, phone=STRANGER)
    path = f"{PATH}/{opened['id']}"
    async with house.tenant.scope():
        stored = await fetch_value("select number_sealed from hotline_call")
    assert STRANGER.encode() not in bytes(stored)

    shown = await sent(house.east, f"{path}/number", purpose="回拨来电", leaves_to="nobody")
    assert (shown["number"], opened["number_masked"]) == (STRANGER, "139****2222")
    assert (await sent(house.admin, f"{path}/erasure", 409, reason="本人要求"))["type"].endswith("call-runs")
    await sent(house.east, f"{path}/ending", outcome="not_ours", content="打错了，自称李四")
    await sent(house.east, f"{path}/erasure", 403, reason="本人要求")
    blanked = await sent(house.admin, f"{path}/erasure", reason="本人要求")

    assert (blanked["number_masked"], blanked["content"]) == ("—", "—")
    assert (await sent(house.east, f"{path}/number", purpose="回拨来电", leaves_to="nobody"))["number"] == ""


async def test_a_customers_number_opens_only_to_whoever_may_and_goes_with_the_archive(house):
    opened = await sent(house.east, PATH, phone=MOBILE)
    path = f"{PATH}/{opened['id']}"
    await sent(house.east, f"{path}/ending", outcome="served", content="私事")

    await sent(house.east, f"{path}/disclosures", 403, purpose="回拨来电", leaves_to="nobody")
    await sent(house.east, f"{path}/number", 409, purpose="回拨来电", leaves_to="nobody")
    assert (await sent(house.own, f"{path}/disclosures", purpose="回拨来电", leaves_to="nobody"))["number"] == MOBILE
    erased = await house.client.delete(f"/api/v1/customers/{house.customer}")
    assert erased.status_code in (200, 204), erased.text

    left = (await house.own.get(path)).json()
    assert (left["content"], left["number_masked"], MOBILE in str(left)) == ("—", "—", False)
    assert (
        await house.own.post(f"{path}/disclosures", json={"purpose": "回拨来电", "leaves_to": "nobody"})
    ).status_code == 409


async def test_the_same_call_said_twice_is_one_contact_also_at_the_same_moment(house):
    switch = await house.tenant.client("recognitions:write")
    said = {"phone": STRANGER, "reference": "call-17", "staff_id": str(house.east.staff_id)}

    answers = await asyncio.gather(*(switch.post(PATH, json=said) for _ in range(4)))

    assert len({answer.json().get("id") for answer in answers}) == 1, [answer.text for answer in answers]
    (call,) = await calls(house.east)
    assert (call["staff_id"], call["org_unit_id"]) == (
        str(house.east.staff_id),
        str(house.tenant.units["east"]),
    )
    assert (await switch.get(PATH)).status_code == 403


async def test_withheld_numbers_are_recorded_and_nonsense_is_refused(house):
    opened = await sent(house.east, PATH)

    assert (opened["number_masked"], opened["state"]) == ("", "open")
    await sent(house.east, PATH, 422, phone="no number at all")
    ahead = (house.clock() + timedelta(hours=1)).isoformat()
    await sent(house.east, PATH, 422, phone=STRANGER, rang_at=ahead)
    await sent(house.east, f"{PATH}/{opened['id']}/ending", 422, outcome="served", content="x", handled=True)
    assert len(await calls(house.east)) == 1


@pytest.mark.rule("S01-7")
async def test_calls_are_counted_answered_missed_and_unmatched(house):
    for phone, missed, outcome in (
        (MOBILE, False, "served"),
        (STRANGER, False, "served"),
        (STRANGER, False, "not_ours"),
        (STRANGER, True, ""),
    ):
        call = await sent(house.east, PATH, phone=phone, missed=missed)
        if outcome:
            await sent(house.east, f"{PATH}/{call['id']}/ending", outcome=outcome, content="x")

    found = await figures(house.client)

    assert (found["calls_answered"]["numerator"], found["calls_answered"]["denominator"]) == (3, 4)
    assert found["calls_unmatched"]["numerator"] == 1


async def test_two_companies_hear_nothing_of_each_others_calls(house, other_tenant):
    opened = await sent(house.east, PATH, phone=STRANGER)
    theirs = await other_tenant.client()

    assert await calls(theirs) == []
    assert (await theirs.get(f"{PATH}/{opened['id']}")).status_code == 404
    await sent(theirs, f"{PATH}/{opened['id']}/ending", 404, outcome="served", content="x")
