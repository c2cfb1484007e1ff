"""The list of customers: who is shown with what, by which filters, to whom, and that it is on record."""

import re
from datetime import UTC, date, datetime

from caring import customer
from standing import contacted, member

ROWS = re.compile(r'<tr data-row="/console/customers/([^"]+)"')


async def _rows(client, **asked):
    answer = await client.get("/console/customers", params=asked)
    assert answer.status_code == 200, answer.text
    return ROWS.findall(answer.text)


async def test_a_row_says_tier_number_manager_last_contact_and_what_was_missed(client, tenant):
    manager = await tenant.staff("wang", "account_manager")
    missed = await customer(client, "K-1", name="甲某", account_manager_id=str(manager.staff_id))
    await member(tenant, missed)
    await contacted(client, missed, "2026-01-20T02:00:00Z")

    page = (await client.get("/console/customers")).text

    told = [word in page for word in ("核心大客户", "K-1", ">wang<", "1月20日 10:00", "上月欠 1 次", "S07-2")]
    assert told == [True] * 6


async def test_views_show_ones_own_customers_and_those_that_were_missed(client, tenant):
    manager = await tenant.staff("wang", "account_manager")
    own = await customer(client, "1", account_manager_id=str(manager.staff_id))
    missed = await customer(client, "2")
    await member(tenant, missed)

    mine, all_missed, everybody = (
        await _rows(manager, account_manager_id=str(manager.staff_id)),
        await _rows(manager, missed="true"),
        await _rows(manager),
    )

    assert (mine, all_missed, everybody) == ([own], [missed], [missed, own])


async def test_a_contact_of_this_month_settles_the_cadence(client, tenant):
    person = await customer(client)
    await member(tenant, person)
    await contacted(client, person, "2026-03-02T01:00:00Z")

    assert "本月已完成" in (await client.get("/console/customers")).text


async def test_the_list_is_on_record_and_so_is_a_value_that_was_asked_for(client):
    person = await customer(client, confidential={"mobile": ["13912345678"]})

    led = await client.post("/console/find/whose", data={"q": "13912345678", "list": "/console/customers"})
    assert f"/console/customers/{person}" in led.headers["HX-Trigger"]

    record = (await client.get("/api/v1/audit-entries", params={"customer_id": person})).json()["items"]
    assert (record[0]["action"], record[0]["asked"], record[0]["shown"]) == ("customer.search", True, 1)


async def test_a_filter_that_is_none_is_refused_and_shows_nobody(client):
    await customer(client)

    answer = await client.get("/console/customers", params={"account_manager_id": "x"})

    assert (answer.status_code, ROWS.findall(answer.text)) == (422, [])


async def test_another_outlets_customers_are_not_in_the_list(client, tenant):
    await tenant.unit("north")
    await tenant.unit("south")
    person = await customer(client, org_unit_id=str(tenant.units["north"]))
    north, south = [await tenant.staff(unit, "agent", unit=unit) for unit in ("north", "south")]

    assert [await _rows(who) for who in (north, south)] == [[person], []]


async def test_an_auditor_reads_no_list_of_customers(tenant):
    auditor = await tenant.staff("auditor", "auditor")

    assert (await auditor.get("/console/customers")).status_code == 403


async def test_a_second_page_follows_the_first(client):
    people = [await customer(client, str(number)) for number in range(51)]

    first = (await client.get("/console/customers")).text
    more = re.search(r'hx-get="(/console/customers\?cursor=[^"]+)"', first)
    rest = (await client.get(more[1], headers={"HX-Request-Type": "partial"})).text

    assert (len(ROWS.findall(first)), ROWS.findall(rest), "<html" in rest) == (50, [people[0]], False)


async def test_several_customers_are_handed_to_another_manager_at_once_or_none(client, tenant):
    manager = await tenant.staff("wang", "account_manager")
    people = [await customer(client, f"B-{n}") for n in range(3)]

    form = await client.get("/console/customers/bulk/assign", params={"id": people[:2]})
    wrong = await client.post(
        "/console/customers/bulk/assign",
        data={"id": [people[0], "01900000-0000-7000-8000-000000000000"], "account_manager_id": str(manager.staff_id)},
    )
    none = await _rows(client, account_manager_id=str(manager.staff_id))
    done = await client.post(
        "/console/customers/bulk/assign", data={"id": people[:2], "account_manager_id": str(manager.staff_id)}
    )

    assert (form.status_code, form.text.count('name="id"')) == (200, 2)
    assert wrong.status_code == 404
    assert none == []
    assert done.status_code == 200, done.text
    assert sorted(await _rows(client, account_manager_id=str(manager.staff_id))) == sorted(people[:2])


async def test_the_bar_offers_what_its_reader_may_do_with_a_selection_and_nothing_else(client, tenant):
    await customer(client, "B-1")
    offered = {}
    for scopes in (("*",), ("customers:read", "customers:write"), ("customers:read", "activities:write")):
        page = (await (await tenant.client(*scopes)).get("/console/customers")).text
        offered[scopes] = (re.findall(r'hx-get="/console/customers/bulk/(\w+)"', page), page.count('name="id"'))

    assert list(offered.values()) == [(["assign", "invite"], 1), (["assign"], 1), ([], 0)]


async def test_the_preview_shows_the_customer_and_is_on_record(client, tenant):
    person = await customer(client, "P-1", name="甲某")
    page = (await client.get("/console/customers")).text

    shown = await client.get(f"/console/customers/{person}/preview")

    record = (await client.get("/api/v1/audit-entries", params={"customer_id": person})).json()["items"]
    assert f'data-preview="/console/customers/{person}/preview"' in page
    assert "甲某" in shown.text
    assert "customer.read" in [entry["action"] for entry in record]


async def test_the_column_of_the_next_tier_is_shown_to_whoever_chose_it(client, tenant):
    await customer(client, "N-1")

    plain = (await client.get("/console/customers")).text
    chosen = (await client.get("/console/customers", params={"columns": "customer,next"})).text

    assert "离下一级" not in plain
    assert "离下一级" in chosen


async def test_a_tier_is_filtered_by_on_the_companys_day(client, tenant, clock):
    """In Shanghai the next day has begun while UTC still has the day before: a tier that begins there is held."""
    person = await customer(client, "T-1")
    await member(tenant, person, starts_on=date(2026, 3, 3))
    for path, body in (
        ("/api/v1/complaints", {"customer_id": person, "channel": "phone", "text": "没有信号"}),
        ("/api/v1/service-requests", {"customer_id": person, "channel": "phone", "item": "maintenance", "text": "x"}),
    ):
        answer = await client.post(path, json=body)
        assert answer.status_code == 201, answer.text
    clock.set(datetime(2026, 3, 2, 17, tzinfo=UTC))

    found = [
        len((await client.get(path, params={"tier": "key"})).json()["items"])
        for path in ("/api/v1/complaints", "/api/v1/service-requests", "/api/v1/customers")
    ]

    assert found == [1, 1, 1]


async def test_ones_own_customers_are_cards_with_contact_and_the_way_to_the_next_tier(client, tenant):
    manager = await tenant.staff("wang", "account_manager")
    own = await customer(client, "1", name="甲某", account_manager_id=str(manager.staff_id))
    other = await customer(client, "2", name="乙某")
    await member(tenant, own)
    await contacted(client, own, "2026-01-20T02:00:00Z")

    cards = (await manager.get("/console/customers/mine")).text
    none = (await manager.get("/console/customers/mine", params={"q": "没有这个人"})).text

    assert (f"/console/customers/{own}" in cards, other in cards) == (True, False)
    assert [word for word in ("甲某", "核心大客户", "1月20日 10:00", "上月欠 1 次") if word not in cards] == []
    assert own not in none


async def test_what_is_missing_to_the_next_tier_stands_on_the_card_and_the_look_on_record(world):
    tenant = await world.tenant(packs=())
    client = await tenant.client("*")
    manager = await tenant.staff("wang", "account_manager")
    own = await customer(client, kind="customer", name="甲某", account_manager_id=str(manager.staff_id))
    await client.post(f"/api/v1/customers/{own}/consents", json={"purpose": "key_customer", "answer": "granted"})
    fact = {"customer_id": own, "metric": "spending", "occurred_on": "2026-02-01", "amount": {"amount": "100.00"}}
    assert (await client.post("/api/v1/facts", json={"facts": [fact]})).status_code == 201
    assessed = await client.post("/api/v1/assessments", json={"scheme": "key_customer"})
    assert assessed.status_code == 201, assessed.text

    cards = (await manager.get("/console/customers/mine")).text

    auditor = await tenant.staff("auditor", "auditor")
    record = (await auditor.get("/api/v1/audit-entries", params={"customer_id": own})).json()["items"]
    assert "还差" in cards
    assert "membership.read" in {one["action"] for one in record}
