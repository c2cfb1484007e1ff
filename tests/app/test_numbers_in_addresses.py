"""A telephone, card or identity number and a mail address stand in no address: addresses are written into logs and histories."""

import re

import pytest

from guibin.sealing.values import names_somebody

PHONE = "13800138000"
NUMBERS = (
    PHONE,
    "+86 138-0013-8000",
    "１３８００１３８０００",
    "028-87654321转801",
    "11010519491231002X",
    "a@example.com",
)
ELSEWHERE = (
    "",
    "王建国",
    "wjg",
    "8000",
    "C151123-7K3QF",
    "c151123-12345",
    "2026-03-01",
    "N-12",
    "客厅电视没有信号",
    "@展厅",
)
ADDRESSES = ("/api/v1/customers", "/api/v1/complaints", "/api/v1/service-requests", "/api/v1/receptions")
PAGES = (
    "/console/customers",
    "/console/customers/mine",
    "/console/complaints",
    "/console/requests",
    "/console/receptions",
)


@pytest.fixture
async def customer(client):
    given = {"number": "DK1", "name": "王建国", "kind": "leader", "confidential": {"mobile": PHONE}}
    return (await client.post("/api/v1/customers", json=given)).json()


@pytest.mark.parametrize("text", NUMBERS)
def test_what_one_person_is_known_by(text):
    assert names_somebody(text)


@pytest.mark.parametrize("text", ELSEWHERE)
def test_what_many_may_be_called(text):
    assert not names_somebody(text)


@pytest.mark.parametrize("path", ADDRESSES)
async def test_the_api_takes_no_such_number_in_an_address_and_says_where_it_belongs(client, customer, path):
    refused = [await client.get(path, params={"q": number}) for number in NUMBERS]
    told = [answer.json()["errors"] for answer in refused]

    assert {answer.status_code for answer in refused} == {422}
    assert {(error["field"], error.get("value")) for errors in told for error in errors} == {("q", None)}
    assert all("/searches" in errors[0]["fix"] for errors in told)
    assert (await client.get(path, params={"q": "王建国"})).status_code == 200


@pytest.mark.parametrize("number", [PHONE, "+86 138-0013-8000", "8000"])
async def test_whoever_has_the_number_is_found_by_a_body(client, customer, number):
    answer = await client.post("/api/v1/customers/searches", json={"q": number, "limit": 5})
    entries = (await client.get("/api/v1/audit-entries", params={"customer_id": customer["id"]})).json()["items"]

    assert [each["id"] for each in answer.json()["items"]] == [customer["id"]]
    assert answer.status_code == 200
    assert entries[0]["action"] == "customer.search"
    assert PHONE not in str(entries)


async def test_another_outlet_finds_nobody_by_the_number(tenant, customer):
    await tenant.unit("north")
    person = await tenant.staff("north", "account_manager", unit="north")

    found = await person.post("/api/v1/customers/searches", json={"q": PHONE})

    assert (found.status_code, found.json()["items"]) == (200, [])


async def test_a_search_is_refused_to_whoever_reads_no_customers(tenant, customer):
    key = await tenant.client("cards:read")

    assert (await key.post("/api/v1/customers/searches", json={"q": PHONE})).status_code == 403


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_takes_no_such_number_in_its_address(client, customer, path):
    answer = await client.get(path, params={"q": PHONE}, headers={"Accept-Language": "zh-CN"})

    assert answer.status_code == 422
    assert "王建国" not in answer.text


async def _leads(client, text, path):
    answer = await client.post("/console/find/whose", data={"q": text, "list": path})
    assert answer.status_code == 200, answer.text
    return re.search(r'"to":\s*"([^"]*)"', answer.headers["HX-Trigger"])[1]


async def test_typed_into_a_list_it_leads_to_whoever_has_it(client, customer):
    there = f"/console/customers/{customer['id']}"

    led = [await _leads(client, PHONE, path) for path in ("/console/customers", "/console/customers/mine")]
    cases = await _leads(client, PHONE, "/console/complaints")

    assert led == [there, there]
    assert cases == f"/console/complaints?customer_id={customer['id']}"
    assert (await client.get(cases)).status_code == 200


async def test_where_several_have_it_the_list_shows_all_that_end_with_its_last_four(client, customer):
    given = {"number": "DK2", "name": "李秀英", "kind": "leader", "confidential": {"mobile": PHONE}}
    assert (await client.post("/api/v1/customers", json=given)).status_code == 201

    to = await _leads(client, PHONE, "/console/customers")
    page = (await client.get(to)).text

    assert to == "/console/customers?q=8000"
    assert [name in page for name in ("王建国", "李秀英")] == [True, True]


@pytest.mark.parametrize("path", ["https://example.com/", "//example.com", "/console/../evil", "javascript:alert(1)"])
async def test_it_leads_nowhere_else(client, customer, path):
    assert await _leads(client, "13900000000", path) == "/console/customers?q=0000"


async def test_no_view_is_saved_that_asks_for_a_number(tenant, customer):
    person = await tenant.staff("zhou", "account_manager")

    answer = await person.post("/api/v1/views", json={"list": "overview", "name": "mine", "asks": {"q": PHONE}})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "asks.q"
