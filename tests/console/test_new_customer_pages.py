"""Somebody new: who may be there already, what is missing, the tier to come, and the archive's pieces afterwards."""

import re

import pytest
from caring import customer

NEW = "/console/customers/new"
GIVEN = {"number": "N-9", "name": "陈玉兰", "kind": "leader", "sealed.mobile": "13912345678"}


async def foreseen(client, **given):
    answer = await client.post(f"{NEW}/foreseen", data=GIVEN | given)
    assert answer.status_code == 200, answer.text
    return answer.text


async def entries(client, **asked):
    return (await client.get("/api/v1/audit-entries", params=asked)).json()["items"]


async def test_an_archive_is_opened_with_the_companys_own_fields_and_a_lunar_birthday(client):
    form = (await client.get(NEW)).text
    sent = GIVEN | {"birthday.calendar": "lunar", "birthday.lunar": "1968年二月三十", "sex": "female"}

    answer = await client.post(NEW, data=sent)

    assert (answer.status_code, 'name="sealed.mobile"' in form) == (200, True), answer.text
    found = (await client.get("/api/v1/customers", params={"q": "陈玉兰"})).json()["items"]
    assert (found[0]["masked"]["mobile"], found[0]["birthday"]["day"]) == (["139****5678"], 30)
    assert f'"to": "/console/customers/{found[0]["id"]}/archive"'.replace(" ", "") in answer.headers["HX-Trigger"]


async def test_a_kind_that_is_no_person_is_asked_for_no_birthday(client):
    person, company = [(await client.post(f"{NEW}?again=1", data={"kind": kind})).text for kind in ("leader", "group")]

    assert ('name="birthday"' in person, 'name="birthday"' in company) == (True, False)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": ""}, "name"),
        ({"sealed.mobile": "12"}, "sealed.mobile"),
        ({"birthday.calendar": "lunar", "birthday.lunar": "十三月初一"}, "birthday"),
        ({"kind": ""}, "kind"),
    ],
)
async def test_what_is_wrong_stands_at_its_field_and_nobody_is_added(client, sent, field):
    answer = await client.post(NEW, data=GIVEN | sent)

    assert (answer.status_code, f'id="f-{field}-error"' in answer.text) == (422, True), answer.text
    assert (await client.get("/api/v1/customers")).json()["items"] == []


async def test_a_number_that_is_taken_is_said_and_nothing_is_written(client):
    await customer(client, "N-9")

    answer = await client.post(NEW, data=GIVEN)

    assert (answer.status_code, len((await client.get("/api/v1/customers")).json()["items"])) == (409, 1)


@pytest.mark.parametrize(
    "given",
    [{"number": "K-1"}, {"name": "张三", "number": "", "sealed.mobile": ""}, {"sealed.mobile": "+86 138 0000 0001"}],
)
async def test_whoever_may_be_there_already_is_told_and_the_look_is_on_record(client, given):
    there = await customer(client, "K-1", name="张三", confidential={"mobile": ["13800000001"]})

    same = await foreseen(client, **given)
    other = await foreseen(client)

    assert (f"/console/customers/{there}" in same, there in other) == (True, False)
    assert any(there in one["customer_ids"] for one in await entries(client, action="customer.search"))


async def test_nobody_behind_a_wall_is_told(tenant, client):
    await tenant.unit("north")
    await tenant.unit("south")
    there = await customer(client, "K-1", name="陈玉兰", org_unit_id=str(tenant.units["north"]))
    south = await tenant.staff("south", "account_manager", unit="south")

    assert there not in await foreseen(south)
    assert there in await foreseen(client)


async def test_what_is_missing_and_the_tier_to_come_are_told_with_the_clause(client):
    with_all = await foreseen(client)
    without = await foreseen(client, **{"sealed.mobile": ""})

    assert ("没有联系电话" in without, "没有联系电话" in with_all) == (True, False)
    assert re.search(r"S\d\d-\d+", without) is not None
    assert "大客户分级" in with_all


async def test_numbers_of_others_are_not_found_by_trying_without_end(tenant, client):
    own = await tenant.staff("own", "account_manager")
    await client.put("/api/v1/look-up-limits", json={"person_per_hour": 1, "key_per_hour": 1})

    first = await own.post(f"{NEW}/foreseen", data=GIVEN)
    second = await own.post(f"{NEW}/foreseen", data=GIVEN)

    assert (first.status_code, second.status_code) == (200, 429)


PIECES = [
    ("occasion", {"name": "结婚纪念日", "happened_on": "1990-10-01"}, "结婚纪念日", "occasions"),
    (
        "occasion",
        {"name": "母亲生日", "happened_on.calendar": "lunar", "happened_on.lunar": "02-29"},
        "农历二月廿九",
        "occasions",
    ),
    ("relative", {"relation": "child", "name": "李小明", "phone": "13800000001"}, "李**", "relatives"),
    ("contact_point", {"field": "email", "value": "chen@example.com"}, "c***@example.com", "contact-points"),
]


@pytest.mark.parametrize(("piece", "sent", "shown", "kept"), PIECES)
async def test_a_piece_is_added_shown_and_taken_out_again(client, piece, sent, shown, kept):
    person = await customer(client)
    base, api = f"/console/customers/{person}", f"/api/v1/customers/{person}/{kept}"
    form = await client.get(f"{base}/do/{piece}")
    added = await client.post(f"{base}/do/{piece}", data=sent)
    page = (await client.get(f"{base}/archive")).text
    row = (await client.get(api)).json()[0]["id"]

    asked = await client.get(f"{base}/do/remove_{piece}", params={"row_id": row})
    removed = await client.post(f"{base}/do/remove_{piece}", data={"row_id": row})

    assert [answer.status_code for answer in (form, added, asked, removed)] == [200] * 4, added.text
    assert (shown in page, row in asked.text, (await client.get(api)).json()) == (True, True, [])


async def test_a_part_elsewhere_begins_ends_and_stands_on_both_archives(client, clock):
    person = await customer(client, name="陈玉兰")
    company = await customer(client, "G-1", kind="group", name="蜀汉商贸")
    begun = await client.post(
        f"/console/customers/{person}/do/link", data={"of_customer_id": company, "role": "executive"}
    )
    here, there = [(await client.get(f"/console/customers/{one}/archive")).text for one in (person, company)]
    row = (await client.get(f"/api/v1/customers/{person}/links")).json()[0]["id"]

    ended = await client.post(f"/console/customers/{person}/do/end_link", data={"row_id": row})
    again = await client.post(f"/console/customers/{person}/do/end_link", data={"row_id": row})

    assert ("蜀汉商贸" in here, "陈玉兰" in there) == (True, True)
    assert [answer.status_code for answer in (begun, ended, again)] == [200, 200, 409]
    assert (await client.get(f"/api/v1/customers/{company}/linked")).json() == []


async def test_who_has_a_part_behind_a_wall_is_left_out(tenant, client):
    for unit in ("north", "south"):
        await tenant.unit(unit)
    person = await customer(client, name="陈玉兰", org_unit_id=str(tenant.units["north"]))
    company = await customer(client, "G-1", kind="group", org_unit_id=str(tenant.units["south"]))
    await client.post(f"/api/v1/customers/{person}/links", json={"of_customer_id": company, "role": "executive"})
    south = await tenant.staff("south", "account_manager", unit="south")
    path = f"/api/v1/customers/{company}/linked"

    seen, behind = [(await who.get(path)).json() for who in (client, south)]

    assert ([one["customer_id"] for one in seen], behind) == ([person], [])


async def test_preferences_are_changed_in_words_and_kept_in_the_history(client):
    person = await customer(client, preferences={"drink": "绿茶"})
    path = f"/console/customers/{person}/archive/preferences"
    form = (await client.get(path)).text

    done = await client.post(path, data={"preference.drink": "普洱", "preference.contact": "phone"})
    idle = await client.post(path, data={"preference.drink": "普洱", "preference.contact": "phone"})

    assert ("绿茶" in form, done.status_code, idle.status_code) == (True, 200, 422)
    shown = (await client.get(f"/api/v1/customers/{person}")).json()["preferences"]
    history = (await client.get(f"/api/v1/customers/{person}/corrections")).json()["items"]
    assert (shown, history[0]["field"]) == ({"drink": "普洱", "contact": "phone"}, "preferences")


async def test_what_was_wrong_is_corrected_with_its_reason(client):
    person = await customer(client, name="陈玉蓝")
    sent = {"name": "陈玉兰", "kind": "leader", "reason": "身份证上是兰"}

    answer = await client.post(f"/console/customers/{person}/archive/edit", data=sent)

    history = (await client.get(f"/api/v1/customers/{person}/corrections")).json()["items"]
    assert (answer.status_code, history[0]["field"], history[0]["reason"]) == (200, "name", "身份证上是兰")
    assert "更正：身份证上是兰" in (await client.get(f"/console/customers/{person}/archive")).text


async def test_a_lunar_birthday_is_changed_in_its_calendar(client):
    person = await customer(client, birthday={"month": 2, "day": 29, "year": 1968})
    form = (await client.get(f"/console/customers/{person}/archive/edit")).text
    sent = {"name": "张三", "kind": "leader", "birthday.calendar": "lunar", "birthday.lunar": "二月三十"}

    answer = await client.post(f"/console/customers/{person}/archive/edit", data=sent)

    shown = (await client.get(f"/api/v1/customers/{person}")).json()["birthday"]
    assert ("1968年2月29" in form, answer.status_code) == (True, 200), answer.text
    assert (shown["day"], shown["year"]) == (30, None)


async def test_only_whoever_may_write_adds_somebody(tenant):
    reader = await tenant.client("customers:read")

    assert [(await reader.get(NEW)).status_code, (await reader.post(NEW, data=GIVEN)).status_code] == [403, 403]
