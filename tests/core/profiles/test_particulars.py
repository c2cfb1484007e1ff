"""Contact points, occasions, relatives and links of an archive, over HTTP."""

from uuid import uuid4

import pytest

from guibin_tenants.scope import fetch_value

NEW = {"number": "DK1", "name": "张三", "kind": "leader", "confidential": {"mobile": "13800138000"}}


@pytest.fixture
async def customer(client):
    answer = await client.post("/api/v1/customers", json=NEW)
    assert answer.status_code == 201, answer.text
    return f"/api/v1/customers/{answer.json()['id']}"


@pytest.mark.rule("S07-24", "S10-3")
async def test_a_second_mobile_is_masked_and_found(client, customer):
    added = await client.post(f"{customer}/contact-points", json={"field": "mobile", "value": "+86 139 1111 2222"})
    listed = (await client.get(f"{customer}/contact-points")).json()
    found = (await client.post("/api/v1/customers/searches", json={"q": "１３９１１１１２２２２"})).json()["items"]

    assert (added.status_code, added.json()["place"]) == (201, 1)
    assert [point["field"] for point in listed] == ["mobile", "mobile"]
    assert (added.json()["masked"], "13911112222" in added.text) == ("+86**********2222", False)
    assert [one["number"] for one in found] == ["DK1"]


async def test_a_removed_contact_point_is_no_longer_found(client, customer):
    point = (await client.get(f"{customer}/contact-points")).json()[0]["id"]

    first = await client.delete(f"{customer}/contact-points/{point}")
    again = await client.delete(f"{customer}/contact-points/{point}")
    found = (await client.post("/api/v1/customers/searches", json={"q": "13800138000"})).json()["items"]

    assert (first.status_code, again.status_code, found) == (204, 404, [])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"field": "mobile", "value": "call me"}, "value"),
        ({"field": "mobile", "value": "  "}, "value"),
        ({"field": "pager", "value": "13800138000"}, "field"),
        ({"field": "email", "value": "nobody"}, "value"),
    ],
)
async def test_a_wrong_contact_point_is_refused_without_repeating_it(client, customer, body, field):
    answer = await client.post(f"{customer}/contact-points", json=body)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert body["value"].strip() not in answer.text or not body["value"].strip()


@pytest.mark.rule("S07-24", "S07-6")
async def test_occasions_come_by_the_day_of_the_year(client, customer):
    for name, day in (("结婚纪念日", "1995-10-01"), ("母亲生日", {"year": 1944, "month": 3, "day": 8})):
        body = {"name": name, "happened_on": day}
        assert (await client.post(f"{customer}/occasions", json=body)).status_code == 201

    listed = (await client.get(f"{customer}/occasions")).json()
    gone = await client.delete(f"{customer}/occasions/{listed[0]['id']}")

    assert [one["name"] for one in listed] == ["母亲生日", "结婚纪念日"]
    assert gone.status_code == 204
    assert len((await client.get(f"{customer}/occasions")).json()) == 1


DAYS = (
    ({"year": 2023, "month": 2, "day": 10, "leap": True}, 201),  # 闰二月 2023
    ({"year": 2024, "month": 2, "day": 10, "leap": True}, 422),
    ({"year": 2024, "month": 12, "day": 30}, 422),  # the twelfth lunar month of 2024 has 29 days
    ({"year": 2025, "month": 2, "day": 29}, 201),  # 二月廿九, and 2025 is a common year
    ({"year": 1968, "month": 2, "day": 30}, 201),  # no solar February has it
    ({"month": 2, "day": 30}, 201),
    ({"month": 2, "day": 31}, 400),
    ({"month": 13, "day": 1}, 400),
    ({"month": 2, "day": 0}, 400),
    ({"year": 1800, "month": 1, "day": 1}, 400),
    ({"month": 2}, 400),
    ({"month": 2, "day": 1, "calendar": "lunar"}, 400),
    ("2024-02-29", 201),
    ("2023-02-29", 400),
    ("1800-01-01", 422),
)


@pytest.mark.parametrize(("day", "status"), DAYS)
async def test_only_days_the_calendar_has(client, customer, day, status):
    occasion = await client.post(f"{customer}/occasions", json={"name": "纪念日", "happened_on": day})
    born = await client.patch(customer, json={"birthday": day})
    relative = await client.post(f"{customer}/relatives", json={"relation": "x", "name": "王", "birthday": day})

    accepted = status == 201
    assert (occasion.status_code, relative.status_code) == (status, status)
    assert born.status_code == (200 if accepted else status)
    if accepted:
        shown = [occasion.json()["happened_on"], (await client.get(customer)).json()["birthday"]]
        shown += [one["happened_on"] for one in (await client.get(f"{customer}/occasions")).json()]
        kept = day if isinstance(day, str) else {"year": None, "leap": False} | day
        assert shown == [kept] * 3


@pytest.mark.rule("S07-24")
async def test_relatives_are_sealed_and_shown_only_for_a_purpose(client, customer, tenant):
    body = {"relation": "spouse", "name": "王小芳", "phone": "13712345678", "birthday": "1970-02-03"}
    added = await client.post(f"{customer}/relatives", json=body)
    listed = await client.get(f"{customer}/relatives")
    refused = await client.post(f"{customer}/relatives/disclosures", json={"purpose": " ", "leaves_to": "nobody"})
    shown = await client.post(
        f"{customer}/relatives/disclosures", json={"purpose": "invitation to the gala", "leaves_to": "nobody"}
    )

    assert added.json()["masked"] == "王**"
    assert "13712345678" not in added.text + listed.text
    assert refused.status_code == 422
    assert [(one["name"], one["phone"], one["birthday"]) for one in shown.json()] == [
        ("王小芳", "13712345678", "1970-02-03")
    ]
    async with tenant.scope():
        stored = await fetch_value("select string_agg(r::text, '') from relative r")
        entries = await fetch_value("select count(*) from audit_entry where action = 'customer.disclose'")
    assert "王小芳" not in stored
    assert "小芳".encode().hex() not in stored
    assert entries == 1


async def test_erasing_a_customer_takes_relatives_occasions_and_links_along(client, customer, tenant):
    await client.post(f"{customer}/relatives", json={"relation": "child", "name": "张小三"})
    await client.post(f"{customer}/occasions", json={"name": "纪念日", "happened_on": "1995-10-01"})

    assert (await client.delete(customer)).status_code == 204

    async with tenant.scope():
        for table in ("relative", "occasion", "customer_link", "sealed_value", "subject_key"):
            assert await fetch_value(f"select count(*) from {table}") == 0, table


async def test_an_executive_is_linked_to_the_company_once(client, customer):
    company = (
        await client.post("/api/v1/customers", json=NEW | {"number": "DK2", "name": "某公司", "kind": "group"})
    ).json()
    body = {"of_customer_id": company["id"], "role": "executive"}

    first, again = [await client.post(f"{customer}/links", json=body) for _ in range(2)]
    itself = await client.post(f"{customer}/links", json={"of_customer_id": customer[-36:], "role": "executive"})
    nobody = await client.post(f"{customer}/links", json={"of_customer_id": str(uuid4()), "role": "executive"})

    assert [one.status_code for one in (first, again, itself, nobody)] == [201, 409, 422, 422]
    assert [one["role"] for one in (await client.get(f"{customer}/links")).json()] == ["executive"]


async def test_every_look_at_particulars_is_on_record(client, customer, tenant):
    for part in ("contact-points", "occasions", "relatives", "links"):
        assert (await client.get(f"{customer}/{part}")).status_code == 200

    async with tenant.scope():
        actions = await fetch_value("select array_agg(action order by happened_at, id) from audit_entry")
    assert actions[-4:] == ["contact-point.read", "occasion.read", "relative.read", "link.read"]


async def test_particulars_of_nobody_are_not_found(client):
    for part in ("contact-points", "occasions", "relatives", "links"):
        assert (await client.get(f"/api/v1/customers/{uuid4()}/{part}")).status_code == 404
