"""The record as auditors read it: who looked at whom, why and what was shown, counted and one by one; their own looks too."""

from datetime import timedelta

import pytest
from looking import CUSTOMER, PURPOSE
from running import come_round

from guibin.oversight.jobs import ListCustomers
from guibin_tenants.scope import fetch_value

ENTRIES = "/api/v1/audit-entries"


@pytest.fixture
async def auditor(tenant):
    return await tenant.staff("auditor", "auditor")


@pytest.fixture
async def opened(client):
    answer = await client.post("/api/v1/customers", json=CUSTOMER)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def got(client, path, **params):
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_looks_are_counted_by_person_customer_purpose_and_action(client, tenant, auditor, opened):
    desk = await tenant.staff("desk", "account_manager")
    await desk.get(f"/api/v1/customers/{opened}")
    await desk.post(f"/api/v1/customers/{opened}/disclosures", json=PURPOSE)

    found = {
        by: (await got(auditor, f"{ENTRIES}/groups", part=by))["rows"]
        for by in ("person", "customer", "purpose", "action")
    }

    people = {each["name"]: (each["looks"], each["files"], each["clear"]) for each in found["person"]}
    assert people["desk"] == (2, 2, 1)
    assert [(each["name"], each["detail"], each["clear"]) for each in found["customer"]] == [("王建国", "DK00001", 1)]
    assert {each["name"]: each["looks"] for each in found["purpose"]}[PURPOSE["purpose"]] == 1
    assert sum(each["clear"] for each in found["action"]) == 1


async def test_the_auditors_own_looks_are_on_record_and_name_whom_they_asked_about(auditor, opened):
    await got(auditor, ENTRIES, customer_id=opened)
    await got(auditor, f"{ENTRIES}/groups")

    mine = (await got(auditor, ENTRIES, actor_id=str(auditor.staff_id), looked="true"))["items"]

    assert [(each["action"], each["customer_ids"]) for each in mine] == [
        ("audit.count", []),
        ("audit.search", [opened]),
    ]


async def test_one_entry_says_all_there_is_and_was_itself_a_look(auditor, opened):
    entry = (await got(auditor, ENTRIES, customer_id=opened))["items"][-1]

    whole = await got(auditor, f"{ENTRIES}/{entry['id']}")

    assert (whole["customer_names"], whole["action"]) == (["王建国"], entry["action"])
    assert (await got(auditor, ENTRIES, action="audit.entry"))["items"][0]["subject_id"] == entry["id"]
    assert (await auditor.get(f"{ENTRIES}/{opened}")).status_code == 404


async def test_who_saw_a_customer_on_a_list_is_found_before_and_after_lists_are_gone_through(
    client, tenant, auditor, opened, clock
):
    second = (
        await client.post("/api/v1/customers", json=CUSTOMER | {"number": "2", "name": "李强", "confidential": {}})
    ).json()["id"]
    await client.get("/api/v1/customers", params={"q": ""})
    before = (await got(auditor, ENTRIES, customer_id=second, action="customer.search"))["items"]
    clock.set(clock.now + timedelta(hours=3))
    await come_round(tenant, ListCustomers())
    async with tenant.scope():
        listed = await fetch_value("select count(*) from listed_customer")

    after = (await got(auditor, ENTRIES, customer_id=second, action="customer.search"))["items"]

    assert listed == 1
    assert [each["id"] for each in before] == [each["id"] for each in after]
    assert len(after) == 1


async def test_an_outlets_auditor_sees_its_own_people_and_customers_alone(client, tenant):
    for code in ("east", "west"):
        await tenant.unit(code)
        body = CUSTOMER | {"number": code, "name": code, "org_unit_id": str(tenant.units[code]), "confidential": {}}
        customer = (await client.post("/api/v1/customers", json=body)).json()["id"]
        person = await tenant.staff(f"agent-{code}", "agent", unit=code)
        await person.get(f"/api/v1/customers/{customer}")
    theirs = await tenant.staff("auditor-east", "auditor", unit="east")

    people = {each["name"] for each in (await got(theirs, f"{ENTRIES}/groups", part="person"))["rows"]}
    customers = [each["name"] for each in (await got(theirs, f"{ENTRIES}/groups", part="customer"))["rows"]]

    assert ("agent-east" in people, "agent-west" in people) == (True, False)
    assert customers == ["east"]


async def test_nobody_but_auditors_reads_any_of_it(client, tenant):
    admin = await tenant.staff("admin", "tenant_admin")
    paths = (f"{ENTRIES}/groups", "/api/v1/departures", "/api/v1/rights-changes", "/console/looks", "/console/looks/by")

    assert [(await admin.get(path)).status_code for path in paths] == [403] * len(paths)
