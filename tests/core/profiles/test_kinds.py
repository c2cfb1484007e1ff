"""S07-1: leaders and partners are persons, groups are organisations."""

import openpyxl
import pytest
from acting import acting

from guibin.policies.queries import effective_policy
from guibin.profiles.importing import import_customers
from guibin.spreadsheets.importing import BadRows
from guibin.spreadsheets.mapping import Mapping
from support import company_of

PERSON = {"sex": "female", "birthday": "1968-05-17", "confidential": {"identity_number": "11010519491231002X"}}
PERSONAL = {"sex", "birthday", "confidential.identity_number"}


def faults(answer):
    assert answer.status_code == 422, answer.text
    return {error["field"] for error in answer.json()["errors"]}


@pytest.mark.rule("S07-1")
@pytest.mark.parametrize("kind", ["leader", "partner"])
async def test_special_users_are_persons(client, kind):
    opened = await client.post("/api/v1/customers", json={"number": "1", "name": "张三丽", "kind": kind} | PERSON)

    assert opened.status_code == 201, opened.text
    assert (opened.json()["sex"], opened.json()["birthday"]) == ("female", "1968-05-17")


@pytest.mark.rule("S07-1")
async def test_a_group_has_no_sex_birthday_or_identity_number(client):
    group = {"number": "1", "name": "锦江宾馆", "kind": "group"}

    refused = await client.post("/api/v1/customers", json=group | PERSON)
    opened = await client.post("/api/v1/customers", json=group | {"confidential": {"phone": "02888886666"}})

    assert faults(refused) == PERSONAL
    assert opened.status_code == 201, opened.text
    assert [one["number"] for one in (await client.get("/api/v1/customers")).json()["items"]] == ["1"]


@pytest.mark.rule("S07-1")
async def test_no_other_kind_exists(client):
    refused = await client.post("/api/v1/customers", json={"number": "1", "name": "张三丽", "kind": "member"})

    assert refused.json()["errors"] == [
        {
            "field": "kind",
            "rule": "a customer kind",
            "fix": "one of: leader, partner, group, employee",
            "value": "member",
        }
    ]


@pytest.mark.rule("S07-1")
async def test_a_person_becomes_an_organisation_only_without_what_a_person_has(client):
    opened = await client.post("/api/v1/customers", json={"number": "1", "name": "张三丽", "kind": "leader"} | PERSON)
    address = f"/api/v1/customers/{opened.json()['id']}"

    refused = await client.patch(address, json={"kind": "group"})
    emptied = {"kind": "group", "sex": "", "birthday": None, "confidential": {"identity_number": []}}
    changed = await client.patch(address, json=emptied)

    assert faults(refused) == PERSONAL
    assert (changed.status_code, changed.json()["kind"], changed.json()["masked"]) == (200, "group", {})


@pytest.mark.rule("S07-1")
async def test_a_group_is_given_no_identity_number_afterwards(client):
    opened = await client.post("/api/v1/customers", json={"number": "1", "name": "锦江宾馆", "kind": "group"})
    address = f"/api/v1/customers/{opened.json()['id']}"

    point = {"field": "identity_number", "value": "11010519491231002X"}
    added = await client.post(f"{address}/contact-points", json=point)
    changed = await client.patch(address, json={"sex": "male"})

    assert (faults(added), faults(changed)) == ({"field"}, {"sex"})


@pytest.mark.rule("S07-1")
async def test_an_import_tells_persons_from_organisations(client, tenant, world, tmp_path):
    await client.post("/api/v1/customers", json={"number": "1", "name": "张三丽", "kind": "leader"} | PERSON)
    book = openpyxl.Workbook()
    for row in (
        ("number", "name", "kind", "sex", "birthday", "identity_number"),
        ("1", "张三丽", "group", "", "", ""),
        ("2", "锦江宾馆", "集团客户", "女", "1968-05-17", "11010519491231002X"),
    ):
        book.active.append(row)
    book.save(tmp_path / "archive.xlsx")

    async with tenant.scope():
        policy = await effective_policy(world.packs, company_of(tenant), at=world.clock())
        with pytest.raises(BadRows) as refusal:
            await import_customers(
                tmp_path / "archive.xlsx", Mapping(), acting(by=tenant.principal(), now=world.clock(), policy=policy)
            )

    assert [(one.row, one.column) for one in refusal.value.problems] == [
        (2, "kind"),
        (3, "sex"),
        (3, "birthday"),
        (3, "identity_number"),
    ]


@pytest.mark.rule("S07-1")
async def test_the_policy_says_which_kinds_are_organisations(client):
    policy = (await client.get("/api/v1/policy")).json()

    found = policy.get("policy", policy)
    assert (found["customer_kinds"], found["organisations"]) == (
        ["leader", "partner", "group", "employee"],
        ["group"],
    )
