"""A value stays what it was when it was sealed: no change of the policy opens it, anywhere."""

import openpyxl
import pytest
from acting import acting

from guibin.policies.queries import effective_policy
from guibin.profiles.importing import export_customers

NUMBER, OTHER = "8510012345678901", "8510098765432109"
FIELD = "smart_card_number"
NEW = {"number": "1", "name": "张三", "kind": "leader", "confidential": {FIELD: NUMBER}}


async def dropped(client):
    """The field is not in the policy any more."""
    await write(client, lambda fields: [one for one in fields if one["name"] != FIELD])


async def made_internal(client):
    """The field is one that everybody reads."""
    await write(client, lambda fields: [as_internal(one) for one in fields])


async def made_another(client):
    """The field keeps its confidentiality and becomes a mail address."""
    await write(client, lambda fields: [one | ({"type": "email"} if one["name"] == FIELD else {}) for one in fields])


def as_internal(field):
    if field["name"] != FIELD:
        return field
    return field | {"confidentiality": "internal", "searchable": False}


async def write(client, change):
    fields = (await client.get("/api/v1/policy")).json()["fields"]
    body = {"overrides": {"fields": change(fields)}, "note": "改字段"}
    answer = await client.post("/api/v1/policy/versions", json=body)
    assert answer.status_code == 201, answer.text


@pytest.fixture
async def address(client):
    answer = await client.post("/api/v1/customers", json=NEW)
    address = f"/api/v1/customers/{answer.json()['id']}"
    assert (await client.patch(address, json={"confidential": {FIELD: OTHER}})).status_code == 200
    return address


async def test_the_history_shows_what_was_sealed_masked_for_as_long_as_there_is_one(client, address, change):
    await change(client)

    (one,) = (await client.get(f"{address}/corrections")).json()["items"]

    assert (one["before"], one["after"]) == (["851*********8901"], ["851*********2109"])


async def test_no_answer_shows_it_in_clear(client, address, change):
    await change(client)
    paths = ("", "/corrections", "/contact-points", "/disclosures", "/consents", "/orders")
    answers = [await client.get(f"{address}{path}") for path in paths]
    answers += [await client.get(path) for path in ("/api/v1/customers?q=1", "/api/v1/audit-entries")]
    changed = await client.patch(address, json={"employer": "成都市教育局"})

    assert {answer.status_code for answer in (*answers, changed)} == {200}
    shown = "".join(answer.text for answer in (*answers, changed))
    assert [number for number in (NUMBER, OTHER) if number in shown] == []
    assert changed.json()["masked"][FIELD] == ["851*********2109"]


async def test_it_is_disclosed_for_a_purpose_on_record_and_otherwise_not(client, address, change):
    await change(client)

    answer = await client.post(
        f"{address}/disclosures", json={"purpose": "核对卡号", "leaves_to": "nobody", "fields": [FIELD]}
    )

    assert (answer.status_code, answer.json()["values"]) == (201, {FIELD: [OTHER]})
    entries = (await client.get("/api/v1/audit-entries", params={"action": "customer.disclose"})).json()["items"]
    assert [entry["fields"] for entry in entries] == [[FIELD]]


async def test_a_file_that_is_not_asked_for_in_clear_has_it_masked(client, tenant, address, change, tmp_path):
    await change(client)
    now = tenant.world.clock()
    async with tenant.scope():
        policy = await effective_policy(tenant.world.packs, tenant.context(), at=now)
        await export_customers(tmp_path / "c.xlsx", acting(by=tenant.principal(), now=now, policy=policy))

    cells = [str(cell) for row in openpyxl.load_workbook(tmp_path / "c.xlsx").active.values for cell in row]

    assert OTHER not in cells


@pytest.fixture(params=[dropped, made_internal, made_another], ids=lambda change: change.__name__)
def change(request):
    """What somebody who may write the policy does to the field."""
    return request.param
