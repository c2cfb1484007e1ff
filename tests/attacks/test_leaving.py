"""S12-5: one gate before everything confidential, by whatever door: to whom it leaves the company, by which law or permission."""

import pytest
from caring import customer
from papers import PDF, added

from guibin_tenants.scope import fetch, fetch_value

pytestmark = pytest.mark.rule("S12-5")

OUTSIDE = {"purpose": "协助调查", "leaves_to": "outside", "recipient": "县税务局"}
BASIS = {"legal_basis": "协助查询通知书（2026）15 号"}
NOT_CONFIDENTIAL = {"/api/v1/list-exports": "asks where a column is confidential"}


@pytest.fixture
async def who(client):
    return await customer(client, confidential={"mobile": ["13912345678"]})


async def _disclosable(client, who):
    """Something sealed behind every kind of door, by where it is shown in clear and with what beside the purpose."""
    relative = {"relation": "spouse", "name": "王芳", "phone": "13900000001"}
    await client.post(f"/api/v1/customers/{who}/relatives", json=relative)
    contact = {"customer_id": who, "channel": "phone", "direction": "in", "content": "问网速", "number": "13800138000"}
    called = (await client.post("/api/v1/interactions", json=contact)).json()["id"]
    paper = {"kind": "identity", "name": "身份证.pdf"}
    file = await added(client, f"/api/v1/customers/{who}/files", PDF, **paper)
    return {
        "archive": (f"/api/v1/customers/{who}/disclosures", {"fields": ["mobile"]}),
        "relatives": (f"/api/v1/customers/{who}/relatives/disclosures", {}),
        "number": (f"/api/v1/interactions/{called}/disclosures", {}),
        "file": (f"/api/v1/files/{file['id']}/disclosures", {}),
    }


async def test_every_route_that_shows_something_sealed_asks_whether_it_leaves(client):
    document = (await client.get("/api/v1/openapi.json")).json()
    asked = {}
    for path, operations in document["paths"].items():
        if path.rsplit("/", 1)[-1] not in ("disclosure", "disclosures", "exports") or "post" not in operations:
            continue
        body = operations["post"]["requestBody"]["content"]["application/json"]["schema"]
        asked[path] = document["components"]["schemas"][body["$ref"].rsplit("/", 1)[-1]]["required"]

    assert len(asked) >= 8
    assert {path for path, required in asked.items() if not {"purpose", "leaves_to"} <= set(required)} == set()


async def test_nothing_leaves_by_any_door_without_law_or_permission(tenant, client, who):
    doors = await _disclosable(client, who)
    got = {}
    for door, (path, body) in doors.items():
        got[door] = (await client.post(path, json=OUTSIDE | body)).json()["type"]
    async with tenant.scope():
        before = await fetch_value("select count(*) from disclosure")
    for path, body in doors.values():
        answer = await client.post(path, json=OUTSIDE | BASIS | body)
        assert answer.status_code in (200, 201), answer.text

    assert got == dict.fromkeys(doors, "/problems/no-basis")
    assert before == 0
    async with tenant.scope():
        kept = await fetch("select recipient, legal_basis, leaves_to from disclosure")
        entries = await fetch("select purpose from audit_entry where action like '%.disclose'")
    assert [tuple(row) for row in kept] == [("县税务局", BASIS["legal_basis"], "outside")] * len(doors)
    assert [row["purpose"] for row in entries] == ["协助调查 → 县税务局 (协助查询通知书（2026）15 号)"] * len(doors)


async def test_the_customers_permission_opens_every_door_while_it_lasts(client, who):
    doors, consents = await _disclosable(client, who), f"/api/v1/customers/{who}/consents"
    for answer, status in (("granted", 201), ("withdrawn", 422)):
        await client.post(consents, json={"purpose": "disclosure", "answer": answer})
        for path, body in doors.values():
            shown = await client.post(path, json=OUTSIDE | body)
            assert shown.status_code in (200, 201) if status == 201 else shown.status_code == 422, (path, shown.text)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"recipient": " "}, "recipient"),
        ({"leaves_to": "nobody"}, "recipient"),
        ({"purpose": "查"}, "purpose"),
        ({"leaves_to": "everybody"}, "leaves_to"),
    ],
)
async def test_what_is_not_said_is_named(tenant, client, who, wrong, field):
    answer = await client.post(
        f"/api/v1/customers/{who}/disclosures", json=OUTSIDE | BASIS | {"fields": ["mobile"]} | wrong
    )

    assert answer.status_code in (400, 422)
    assert [error["field"] for error in answer.json()["errors"]][:1] == [field]
    async with tenant.scope():
        assert await fetch_value("select count(*) from disclosure") == 0


@pytest.mark.parametrize("kind", ["customers", "facts", "complaints", "interactions", "orders"])
async def test_a_whole_base_leaves_by_law_only(tenant, client, who, kind):
    await client.post(f"/api/v1/customers/{who}/consents", json={"purpose": "disclosure", "answer": "granted"})
    without = await client.post("/api/v1/exports", json={"kind": kind, **OUTSIDE})
    silent = await client.post("/api/v1/exports", json={"kind": kind, "purpose": "年度核对"})
    lawful = await client.post("/api/v1/exports", json={"kind": kind, **OUTSIDE, **BASIS})

    assert (without.status_code, without.json()["type"]) == (422, "/problems/no-basis")
    assert (silent.status_code, "leaves_to" in silent.text) == (400, True)
    assert lawful.status_code in (201, 202)
    async with tenant.scope():
        entries = await fetch("select purpose from audit_entry where action = 'export.ask' and refused = ''")
    assert [row["purpose"] for row in entries] == ["协助调查 → 县税务局 (协助查询通知书（2026）15 号)"]


async def test_a_list_leaves_when_everybody_in_it_allows_it_or_the_law_does(client, who):
    other = await customer(client, number="2")
    body = {"list": "overview", "columns": ["customer"], "format": "csv", **OUTSIDE}

    async def status(**more):
        return (await client.post("/api/v1/list-exports", json=body | more)).status_code

    got = [await status()]
    for each in (who, other):
        await client.post(f"/api/v1/customers/{each}/consents", json={"purpose": "disclosure", "answer": "granted"})
        got.append(await status())

    assert got == [422, 422, 200]
    assert await status(**BASIS, purpose="协助调查二") == 200
