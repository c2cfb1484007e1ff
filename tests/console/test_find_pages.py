"""Ctrl K and the customer field: what is found as staff type it, by whom, and that it is on record."""

import re

from caring import customer

FOUND = re.compile(r'<a role="option" id="[^"]+" href="([^"]+)"')


async def _find(client, text):
    answer = await client.post("/console/find", data={"q": text}, headers={"HX-Request-Type": "partial"})
    assert answer.status_code == 200, answer.text
    return answer.text


async def _complaint(client, person, text="信号中断"):
    body = {"customer_id": person, "channel": "phone", "text": text}
    answer = await client.post("/api/v1/complaints", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_customers_are_found_by_name_pinyin_initials_and_the_end_of_a_telephone_number(client):
    person = await customer(client, name="赵晓东", confidential={"mobile": ["13912345678"]})
    await customer(client, "2", name="欧阳靖")

    typed = ("晓东", "zhaoxiao", "zxd", "13912345678", "5678")
    found = [FOUND.findall(await _find(client, text)) for text in typed]

    assert found == [[f"/console/customers/{person}"]] * len(typed)


async def test_what_is_shown_beside_a_name_is_masked(client):
    await customer(client, name="赵晓东", confidential={"mobile": ["13912345678"]})

    html = await _find(client, "晓东")

    assert ("139****5678" in html, "13912345678" in html) == (True, False)


async def test_a_complaint_is_found_by_the_end_of_its_number(client):
    person = await customer(client)
    case = await _complaint(client, person)

    found = FOUND.findall(await _find(client, case["number"][-5:].lower()))

    assert found == [f"/console/complaints/{case['id']}"]


async def test_pages_are_found_by_whoever_may_open_them(tenant):
    agent, auditor = await tenant.staff("agent", "agent"), await tenant.staff("auditor", "auditor")

    found = [FOUND.findall(await _find(who, "tousu")) for who in (agent, auditor)]
    everywhere = [FOUND.findall(await _find(who, "")) for who in (agent, auditor)]

    assert found == [["/console/complaints", "/console/signals", "/console/complaints/new"], []]
    assert ["/console/complaints" in each for each in everywhere] == [True, False]


async def test_what_is_begun_anywhere_is_found_by_whoever_may_begin_it(tenant):
    people = [await tenant.staff(role, role) for role in ("agent", "auditor")]

    found = [[FOUND.findall(await _find(who, text)) for text in ("新投诉", "xkh")] for who in people]

    assert found == [[["/console/complaints/new"], ["/console/customers/new"]], [[], []]]


async def test_nobody_found_is_said_and_shows_no_customer(client):
    assert "没有找到“nobody”" in await _find(client, "nobody")


async def test_finding_is_on_record_as_the_search_of_the_api_is(client, tenant):
    person = await customer(client, confidential={"mobile": ["13912345678"]})
    case = await _complaint(client, person)

    await _find(client, "13912345678")
    await _find(client, case["number"])

    record = (await client.get("/api/v1/audit-entries", params={"customer_id": person})).json()["items"]
    seen = [(one["action"], one["asked"]) for one in record if one["action"].endswith(".search")]
    assert seen == [("complaint.search", False), ("customer.search", True)]


async def test_who_may_read_no_customer_finds_none(tenant, client):
    await customer(client)
    auditor = await tenant.staff("auditor", "auditor")

    assert FOUND.findall(await _find(auditor, "张三")) == []
    assert (await auditor.post("/console/find/customers", data={"who": "张三"})).status_code == 403


async def test_another_outlets_customer_is_not_found(tenant, client):
    await tenant.unit("north")
    await tenant.unit("south")
    person = await customer(client, org_unit_id=str(tenant.units["north"]))
    north, south = [await tenant.staff(unit, "agent", unit=unit) for unit in ("north", "south")]

    found = [FOUND.findall(await _find(who, "张三")) for who in (north, south)]

    assert found == [[f"/console/customers/{person}"], []]


async def test_the_field_of_a_form_offers_customers_with_id_and_name(client):
    person = await customer(client, name="赵晓东")

    html = (await client.post("/console/find/customers", data={"who": "zxd"})).text

    assert re.findall(r'data-id="([^"]+)" data-name="([^"]+)"', html) == [(person, "赵晓东")]


async def test_what_is_typed_is_escaped(client):
    html = await _find(client, "<script>alert(1)</script>")

    assert ("<script>" in html, "&lt;script&gt;" in html) == (False, True)
