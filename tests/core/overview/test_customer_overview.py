"""A customer in one answer: every part that the reader may read, and on record as each of them."""

from caring import customer
from standing import contacted, member


async def _overview(client, person):
    answer = await client.get(f"/api/v1/customers/{person}/overview")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_one_answer_holds_archive_tier_rights_contacts_cases_and_consents(client, tenant):
    person = await customer(client, name="陈玉兰", confidential={"mobile": ["13912345678"]})
    await member(tenant, person)
    await contacted(client, person, "2026-01-20T02:00:00Z")
    await client.post("/api/v1/complaints", json={"customer_id": person, "channel": "phone", "text": "信号中断"})
    await client.post(f"/api/v1/customers/{person}/consents", json={"purpose": "contact", "answer": "granted"})

    shown = await _overview(client, person)

    assert shown["customer"]["masked"] == {"mobile": ["139****5678"]}
    assert [(line["scheme"], line["tier"]) for line in shown["tiers"]] == [("key_account", "核心大客户")]
    assert [line["purpose"] for line in shown["consents"]] == ["contact"]
    assert [case["matter"] for case in shown["cases"]["complaints"]] == ["信号中断"]
    assert [missed["window"] for missed in shown["contact"]["missed"]] == ["2026-02"]
    assert shown["contact"]["last_at"] == "2026-01-20T02:00:00Z"


async def test_what_one_may_not_read_is_null(client, tenant):
    person = await customer(client)
    narrow = await tenant.client("customers:read")

    shown = await _overview(narrow, person)

    parts = ("tiers", "rights", "contact", "ahead", "cases", "looks")
    assert {part: shown[part] for part in parts} == dict.fromkeys(parts)


async def test_a_customer_behind_a_wall_is_nobody(client, tenant):
    await tenant.unit("north")
    await tenant.unit("south")
    person = await customer(client, org_unit_id=str(tenant.units["north"]))
    south = await tenant.staff("south", "account_manager", unit="south")

    assert (await south.get(f"/api/v1/customers/{person}/overview")).status_code == 404


async def test_the_way_to_the_next_tier_is_told_in_figures(client, tenant):
    person = await customer(client, kind="group", name="蜀汉商贸")
    fact = {
        "customer_id": person,
        "metric": "spending",
        "occurred_on": "2026-01-10",
        "amount": {"amount": "2000.00", "currency": "CNY"},
    }
    assert (await client.post("/api/v1/facts", json={"facts": [fact]})).status_code == 201
    assert (await client.post("/api/v1/assessments", json={"scheme": "key_account"})).status_code == 201

    (line,) = (await _overview(client, person))["tiers"]

    assert (line["tier"], line["ladder"]["tier"]) == ("一般大客户", "重要大客户")
    gauges = [(gauge["title"], gauge["value"], gauge["bound"], gauge["short"]) for gauge in line["ladder"]["gauges"]]
    assert gauges == [("近一年消费额", "2,000 元", "3,000 元", "1,000 元"), ("在网终端数", "—", "10 台", "10 台")]
    assert [way["short"] for way in line["ladder"]["ways"]] == [["近一年消费额 1,000 元"], ["在网终端数 10 台"]]
