"""The parts of a customer's page: lists of what its slices keep, the archive, and changing it."""

import re

import pytest
from caring import customer, ordered
from standing import member

MONEY = {"amount": "12345.67", "currency": "CNY"}
TABS = ("archive", "tier", "rights", "cards", "cases", "files", "orders", "facts", "plan", "looks")


async def _tab(client, person, tab):
    answer = await client.get(f"/console/customers/{person}/{tab}")
    assert answer.status_code == 200, answer.text
    return answer.text


async def _record(client, person):
    entries = (await client.get("/api/v1/audit-entries", params={"customer_id": person})).json()["items"]
    return [one["action"] for one in entries]


@pytest.fixture
async def person(client):
    return await customer(client, "K-1", name="陈玉兰", sex="female", confidential={"mobile": ["13912345678"]})


async def test_every_part_is_led_to_and_opens(client, person):
    page = (await client.get(f"/console/customers/{person}")).text

    led_to = re.findall(rf'href="/console/customers/{person}/(\w+)"', page[page.index("g-tabs") :])
    assert sorted(set(led_to)) == sorted(TABS)
    for tab in TABS:
        assert 'aria-current="true"' in await _tab(client, person, tab)


async def test_the_archive_shows_every_field_masked_with_days_relatives_and_links(client, person):
    company = await customer(client, "G-1", kind="group", name="蜀汉商贸")
    base = f"/api/v1/customers/{person}"
    await client.post(f"{base}/occasions", json={"name": "结婚纪念日", "happened_on": "1990-10-01"})
    lunar = {"month": 2, "day": 29}
    await client.post(f"{base}/occasions", json={"name": "母亲生日", "happened_on": lunar})
    await client.post(f"{base}/relatives", json={"relation": "child", "name": "李小明", "phone": "13800000001"})
    await client.post(f"{base}/links", json={"of_customer_id": company, "role": "executive"})

    page = await _tab(client, person, "archive")

    told = (
        "陈玉兰",
        "女",
        "139****5678",
        "1990年10月1日（农历八月十三）",
        "农历二月廿九",
        "李**",
        "子女",
        "蜀汉商贸",
        "高管",
    )
    assert [word for word in told if word not in page] == []
    assert [word for word in ("13912345678", "李小明", "13800000001") if word in page] == []
    added = set(await _record(client, person))
    assert {"customer.read", "contact-point.read", "occasion.read", "relative.read", "link.read"} <= added


async def test_only_what_differs_is_changed_and_kept_in_the_history(client, person):
    form = await client.get(f"/console/customers/{person}/archive/edit")
    fields = dict(re.findall(r'name="([^"]+)" type="\w+" value="([^"]*)"', form.text))
    sent = fields | {"kind": "leader", "sex": "female", "employer": "成都市教育局", "sealed.mobile": "13800000002"}

    answer = await client.post(f"/console/customers/{person}/archive/edit", data=sent)

    assert answer.status_code == 200, answer.text
    shown = (await client.get(f"/api/v1/customers/{person}")).json()
    assert (shown["employer"], shown["masked"]["mobile"], shown["name"]) == ("成都市教育局", ["138****0002"], "陈玉兰")
    history = (await client.get(f"/api/v1/customers/{person}/corrections")).json()["items"]
    assert sorted(one["field"] for one in history) == ["employer", "mobile"]
    assert "成都市教育局" in await _tab(client, person, "archive")


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"name": ""}, "name"), ({"sealed.mobile": "12"}, "sealed.mobile"), ({"birthday": "2099-01-01"}, "birthday")],
)
async def test_what_is_wrong_comes_back_at_its_field_and_nothing_is_written(client, person, sent, field):
    before = (await client.get(f"/api/v1/customers/{person}")).json()

    answer = await client.post(f"/console/customers/{person}/archive/edit", data={"name": "陈玉兰"} | sent)

    assert (answer.status_code, f'id="f-{field}-error"' in answer.text) == (422, True), answer.text
    assert (await client.get(f"/api/v1/customers/{person}")).json() == before


async def test_a_form_that_changes_nothing_says_so(client, person):
    answer = await client.post(f"/console/customers/{person}/archive/edit", data={"name": "陈玉兰"})

    assert (answer.status_code, "没有要改的内容" in answer.text) == (422, True)


async def test_facts_stand_in_words_to_the_last_digit(client, person):
    facts = [
        {"customer_id": person, "metric": "terminals", "occurred_on": "2026-02-01", "value": 12},
        {"customer_id": person, "metric": "spending", "occurred_on": "2026-02-01", "amount": MONEY},
    ]
    for place, fact in enumerate(facts):
        fact |= {"source": "billing", "source_ref": str(place)}
    answer = await client.post("/api/v1/facts", json={"facts": facts})
    assert answer.status_code == 201, answer.text

    page = await _tab(client, person, "facts")

    assert [word for word in ("终端数", "12 台", "消费", "12,345.67 元") if word not in page] == []


async def test_lists_show_tiers_rights_cases_and_orders_in_words(client, tenant, person):
    await member(tenant, person)
    await ordered(client, person, "2027-01-01")
    case = await client.post("/api/v1/complaints", json={"customer_id": person, "channel": "phone", "text": "信号中断"})

    tier, cases, orders = [await _tab(client, person, tab) for tab in ("tier", "cases", "orders")]

    assert [word for word in ("核心大客户", "大客户分级", "2026年1月1日", "例外") if word not in tier] == []
    assert f'href="/console/complaints/{case.json()["id"]}"' in cases
    assert [word for word in ("高清套餐", "1,200 元", "2027年1月1日", "在用") if word not in orders] == []
    added = set(await _record(client, person))
    assert {"membership.read", "complaint.search", "order.read"} <= added


async def test_a_part_is_for_whoever_may_read_it(tenant, client, person):
    narrow = await tenant.client("customers:read")

    answers = [(await narrow.get(f"/console/customers/{person}/{tab}")).status_code for tab in TABS]

    assert dict(zip(TABS, answers, strict=True)) == {
        "archive": 200,
        "files": 200,
        "tier": 403,
        "rights": 403,
        "cards": 403,
        "cases": 403,
        "orders": 200,
        "facts": 403,
        "plan": 403,
        "looks": 403,
    }
    assert (await narrow.get(f"/console/customers/{person}/archive/edit")).status_code == 403


@pytest.mark.parametrize("place", [*TABS, "archive/edit", "nothing"])
async def test_another_outlets_customer_has_no_parts(tenant, client, place):
    await tenant.unit("north")
    await tenant.unit("south")
    person = await customer(client, org_unit_id=str(tenant.units["north"]))
    south = await tenant.staff("south", "account_manager", unit="south")

    assert (await south.get(f"/console/customers/{person}/{place}")).status_code == 404


async def test_another_outlets_archive_is_not_changed(tenant, client):
    await tenant.unit("north")
    await tenant.unit("south")
    person = await customer(client, org_unit_id=str(tenant.units["north"]))
    south = await tenant.staff("south", "account_manager", unit="south")

    answer = await south.post(f"/console/customers/{person}/archive/edit", data={"name": "别人"})

    assert answer.status_code == 404
    assert (await client.get(f"/api/v1/customers/{person}")).json()["name"] == "张三"
