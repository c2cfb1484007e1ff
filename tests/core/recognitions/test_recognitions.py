"""A call comes in: who it is, where it goes, and what is said first (S03-5, S03-6)."""

import asyncio
from datetime import UTC, datetime

import pytest
from desk import open_desk

PATH = "/api/v1/recognitions"
MOBILE = "13800138000"


@pytest.fixture
async def desk(world):
    return await open_desk(world, "telecom")


async def member(desk, number, *, bill="120", tenure=60, mobile=MOBILE, **more):
    person = await desk.customer(number, "subscriber", confidential={"mobile": mobile}, **more)
    for month in range(1, 13):
        await desk.fact(person, "bill", f"2025-{month:02d}-15", amount=bill)
    await desk.fact(person, "tenure", "2026-01-31", value=tenure)
    return person


async def recognise(client, phone, status=200, language="zh-CN"):
    answer = await client.post(PATH, json={"phone": phone}, headers={"Accept-Language": language})
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.rule("S03-5", "S03-6")
@pytest.mark.parametrize(
    ("bill", "tier", "queue", "skips", "greeting", "english"),
    [
        ("120", "diamond", "diamond_desk", True, "尊敬的全球通钻石卡客户，全球通钻石卡专席为您服务", "Diamond card"),
        ("90", "gold", "gold_desk", True, "尊敬的全球通金卡客户，全球通金卡专席为您服务", "Gold card"),
        ("60", "silver", "vip_desk", False, "尊敬的全球通银卡客户，全球通银卡专席为您服务", "Silver card"),
    ],
)
async def test_a_member_is_known_at_any_hour_by_tier_and_then_by_name(
    desk, clock, bill, tier, queue, skips, greeting, english
):
    person = await member(desk, "1", bill=bill, name="张三丽", sex="female")
    await desk.assess("vip_club", "2026-03-01")
    clock.set(datetime(2026, 3, 7, 19, 12, tzinfo=UTC))

    found = await recognise(desk.client, MOBILE)
    in_english = await recognise(desk.client, MOBILE, language="en")

    assert (found["outcome"], found["customer"]["customer_id"]) == ("recognised", person)
    assert (found["customer"]["tier"], found["customer"]["title"]) == (tier, "女士")
    assert (found["route"]["queue"], found["route"]["skips_menu"], found["route"]["clause"]) == (queue, skips, "S03-5")
    assert found["greetings"] == [greeting, "张女士，您好"]
    assert in_english["greetings"] == [
        f"Dear {english} member, your {english} desk is at your service",
        "Good day, Ms Zhang",
    ]


@pytest.mark.rule("S03-5")
async def test_the_better_card_is_answered_first_and_who_has_none_goes_through_the_menu(desk):
    for number, bill in (("1", "120"), ("2", "90"), ("3", "60"), ("4", "10")):
        await member(desk, number, bill=bill, mobile=f"1380013800{number}")
    await desk.assess("vip_club", "2026-03-01")

    routes = [(await recognise(desk.client, f"1380013800{n}"))["route"] for n in (1, 2, 3, 4)]

    priorities = [route["priority"] for route in routes]
    assert priorities == sorted(set(priorities), reverse=True)
    assert [route["skips_menu"] for route in routes] == [True, True, False, False]
    assert routes[3]["queue"] == "general"


@pytest.mark.parametrize("written", ["+86 138-0013-8000", "0086 13800138000", "013800138000", "１３８００１３８０００"])
async def test_prefixes_hyphens_and_full_width_digits_make_no_difference(desk, written):
    person = await member(desk, "1")

    assert (await recognise(desk.client, written))["customer"]["customer_id"] == person
    assert (await recognise(desk.client, f"sip:{written}@10.0.0.1"))["customer"]["customer_id"] == person


async def test_unknown_and_withheld_numbers_go_the_ordinary_way(desk):
    await member(desk, "1")

    unknown = await recognise(desk.client, "13900000000")
    withheld = [await recognise(desk.client, phone) for phone in (None, "", "anonymous", "sip:anonymous@host")]

    assert (unknown["outcome"], unknown["customer"], unknown["candidates"]) == ("unknown", None, [])
    assert unknown["greetings"] == ["您好，很高兴为您服务"]
    assert (unknown["route"]["queue"], unknown["route"]["skips_menu"]) == ("general", False)
    assert [one["outcome"] for one in withheld] == ["withheld"] * 4
    assert all(one | {"outcome": "unknown"} == unknown for one in withheld)


@pytest.mark.parametrize("wrong", ["call me", "12", "1" * 30, "'; --", "١٣٨٠٠١٣٨٠٠٠", 13800138000])
async def test_what_is_no_number_is_refused_by_name(desk, wrong):
    refused = await recognise(desk.client, wrong, status=400 if isinstance(wrong, int) else 422)

    assert [error["field"] for error in refused["errors"]] == ["phone"]


async def test_a_shared_number_says_so_and_goes_the_best_way_any_of_them_has(desk):
    diamond = await member(desk, "1", bill="120", name="张三", sex="male")
    other = await member(desk, "2", bill="10", name="李四", sex="male")
    await desk.assess("vip_club", "2026-03-01")

    found = await recognise(desk.client, MOBILE)

    assert (found["outcome"], found["customer"], found["more"]) == ("several", None, False)
    assert {one["customer_id"] for one in found["candidates"]} == {diamond, other}
    assert (found["route"]["queue"], found["greetings"]) == ("diamond_desk", ["您好，很高兴为您服务"])


async def test_a_closed_archive_is_not_recognised_and_a_landline_is(desk):
    person = await desk.customer("1", "subscriber", confidential={"phone": "0577-88881234"})
    assert (await recognise(desk.client, "+8657788881234"))["customer"]["customer_id"] == person

    closed = await desk.client.delete(f"/api/v1/customers/{person}")

    assert closed.status_code in (200, 204), closed.text
    assert (await recognise(desk.client, "+8657788881234"))["outcome"] == "unknown"


async def test_a_preferred_language_is_used_unless_the_switch_says_otherwise(desk):
    await member(desk, "1", name="John Smith", sex="male", preferences={"language": "en"})

    assert (await recognise(desk.client, MOBILE))["greetings"][1] == "Good day, Mr Smith"
    asked = await desk.client.post(PATH, json={"phone": MOBILE, "language": "zh-CN"})
    assert asked.json()["greetings"][1] == "Smith先生，您好"


async def test_every_look_is_on_record_and_names_no_number(desk):
    person = await member(desk, "1")
    await recognise(desk.client, MOBILE)
    await recognise(desk.client, "13900000000")

    auditor = await desk.tenant.staff("auditor", "auditor")
    entries = (await auditor.get("/api/v1/audit-entries", params={"action": "recognition.look_up"})).json()["items"]

    assert [entry["customer_ids"] for entry in entries] == [[], [person]]
    assert MOBILE not in str(entries)
    assert "13900000000" not in str(entries)


async def test_another_company_and_another_outlet_recognise_nobody(world, desk):
    await desk.tenant.unit("west")
    west = await desk.tenant.client(org_unit_id=desk.tenant.units["west"])
    await member(desk, "1")
    elsewhere = await open_desk(world, "telecom")
    namesake = await elsewhere.customer("1", "subscriber", confidential={"mobile": MOBILE})

    assert (await recognise(west, MOBILE))["outcome"] == "unknown"
    assert (await recognise(elsewhere.client, MOBILE))["customer"]["customer_id"] == namesake


async def test_a_switchs_key_can_do_nothing_else(desk):
    await member(desk, "1")
    switch = await desk.tenant.client("recognitions:write")

    assert (await recognise(switch, MOBILE))["outcome"] == "recognised"
    assert (await switch.get("/api/v1/customers")).status_code == 403


async def test_many_calls_at_once_are_all_answered(desk):
    person = await member(desk, "1")

    answers = await asyncio.gather(*(recognise(desk.client, MOBILE) for _ in range(20)))

    assert {one["customer"]["customer_id"] for one in answers} == {person}
