"""The archive through HTTP: opening, finding, masking, disclosing, changing, erasing."""

from datetime import timedelta

import asyncpg
import pytest

CUSTOMER = {
    "number": "DK00001",
    "name": "张三丽",
    "kind": "leader",
    "birthday": "1968-05-17",
    "employer": "成都市教育局",
    "confidential": {
        "mobile": "13800138000",
        "identity_number": "11010519491231002X",
        "smart_card_number": "8001000012345678",
        "address": "成都市金牛区人民路1号",
    },
}


async def opened(client, **changes):
    answer = await client.post("/api/v1/customers", json=CUSTOMER | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.rule("S07-24", "S10-3", "S14-2")
async def test_an_archive_is_opened_and_shown_masked(client):
    customer = await opened(client)

    shown = (await client.get(f"/api/v1/customers/{customer['id']}")).json()

    assert shown == customer | {"age": 57}
    assert shown["masked"] == {
        "address": ["成都市***"],
        "identity_number": ["110***********002X"],
        "mobile": ["138****8000"],
        "smart_card_number": ["800*********5678"],
    }


@pytest.mark.rule("S01-9", "S07-8")
async def test_nothing_confidential_stands_in_clear_in_the_database(client, tenant):
    await opened(client)

    async with tenant.scope() as scope:
        tables = await scope.connection.fetch(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
        )
        dump = ""
        for table in tables:
            dump += "".join(r["t"] for r in await scope.connection.fetch(f"select t::text from {table['relname']} t"))

    found = [v for v in CUSTOMER["confidential"].values() if v in dump or v.encode().hex() in dump]
    assert (found, "张三丽" in dump) == ([], True)


@pytest.mark.parametrize(
    "q",
    [
        "张三",
        "张三丽",
        "zhangsan",
        "ZhangSanLi",
        "zsl",
        "zs",
        "DK000",
        "13800138000",
        "138 0013 8000",
        "+86 13800138000",
        "１３８００１３８０００",
        "8000",
        "5678",
        "8001000012345678",
        "11010519491231002x",
    ],
)
async def test_staff_find_a_customer_as_they_type(client, q):
    customer = await opened(client)
    await opened(client, number="DK10002", name="李四", confidential={"mobile": "13911112222"})

    found = (await client.post("/api/v1/customers/searches", json={"q": q})).json()

    assert [one["id"] for one in found["items"] if one["number"] != "DK10002"] == [customer["id"]]


async def test_a_search_shows_only_what_matches(client):
    await opened(client)
    await opened(client, number="DK10002", name="李四", confidential={"mobile": "13911112222"})

    found = (await client.get("/api/v1/customers", params={"q": "lisi"})).json()

    assert [one["name"] for one in found["items"]] == ["李四"]


@pytest.mark.parametrize("name", ["𠮷野㛃", "买买提·艾力", "Anna Müller", "👑王"])
async def test_rare_names_survive(client, name):
    customer = await opened(client, name=name)

    assert (await client.get(f"/api/v1/customers/{customer['id']}")).json()["name"] == name


@pytest.mark.rule("S12-5")
async def test_a_disclosure_needs_a_purpose_and_is_on_record(client, tenant):
    customer = await opened(client)
    path = f"/api/v1/customers/{customer['id']}/disclosures"

    refused = await client.post(path, json={"purpose": " ", "leaves_to": "nobody", "fields": ["mobile"]})
    shown = await client.post(
        path, json={"purpose": "回访投诉 C1", "leaves_to": "nobody", "fields": ["mobile", "address"]}
    )
    entries = (await client.get("/api/v1/audit-entries", params={"action": "customer.disclose"})).json()["items"]

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "purpose")
    assert shown.json()["values"] == {"mobile": ["13800138000"], "address": ["成都市金牛区人民路1号"]}
    assert [(e["subject_id"], e["fields"], e["purpose"]) for e in entries] == [
        (customer["id"], ["mobile", "address"], "回访投诉 C1")
    ]


async def test_every_look_leaves_an_entry_and_no_entry_no_look(client, tenant, database):
    customer = await opened(client)
    owner = await asyncpg.connect(database.owner)
    try:
        await owner.execute("revoke insert on audit_entry from guibin_app")
        refused = await client.get(f"/api/v1/customers/{customer['id']}")
        me = await client.get("/api/v1/me")
    finally:
        await owner.execute("grant insert on audit_entry to guibin_app")
        await owner.close()
    await client.get(f"/api/v1/customers/{customer['id']}")
    entries = (await client.get("/api/v1/audit-entries", params={"action": "customer.read"})).json()["items"]

    assert (refused.status_code, refused.json()["type"], me.status_code) == (503, "/problems/audit-unavailable", 200)
    assert "name" not in refused.json()
    assert [e["customer_ids"] for e in entries] == [[customer["id"]]]


async def test_an_auditor_reads_the_record_and_no_file(client, tenant):
    customer = await opened(client)
    auditor = await tenant.staff("he.jing", "auditor")

    assert (await auditor.get("/api/v1/audit-entries")).status_code == 200
    assert (await auditor.get(f"/api/v1/customers/{customer['id']}")).status_code == 403
    assert (await auditor.get("/api/v1/customers")).status_code == 403


@pytest.mark.rule("S02-6")
async def test_another_outlets_staff_cannot_see_the_file(client, tenant):
    await tenant.unit("jinniu")
    await tenant.unit("wuhou")
    await tenant.unit("jinniu-north", parent="jinniu")
    customer = await opened(client, org_unit_id=str(tenant.units["jinniu-north"]))
    path = f"/api/v1/customers/{customer['id']}"
    own = await tenant.staff("own", "account_manager", unit="jinniu-north")
    above = await tenant.staff("above", "manager", unit="jinniu")
    other = await tenant.staff("other", "manager", unit="wuhou")

    assert [(await who.get(path)).status_code for who in (own, above, other)] == [200, 200, 404]
    assert (await other.get("/api/v1/customers", params={"q": "张三"})).json()["items"] == []
    assert (
        await other.post(
            f"{path}/disclosures", json={"purpose": "curious", "leaves_to": "nobody", "fields": ["mobile"]}
        )
    ).status_code == 404
    assert (await other.patch(path, json={"name": "x"})).status_code == 404


async def test_a_file_moves_with_its_customer(client, tenant):
    await tenant.unit("jinniu")
    await tenant.unit("wuhou")
    customer = await opened(client, org_unit_id=str(tenant.units["jinniu"]))
    path = f"/api/v1/customers/{customer['id']}"
    other = await tenant.staff("other", "manager", unit="wuhou")

    await client.post(f"{path}/assignment", json={"org_unit_id": str(tenant.units["wuhou"])})

    assert (await other.get(path)).status_code == 200


async def test_a_change_names_the_version_it_was_made_from(client):
    customer = await opened(client)
    path = f"/api/v1/customers/{customer['id']}"

    first = await client.patch(path, json={"position": "处长"}, headers={"If-Match": '"1"'})
    late = await client.patch(path, json={"position": "主任"}, headers={"If-Match": '"1"'})

    assert (first.status_code, first.headers["etag"], late.status_code) == (200, '"2"', 412)
    assert (await client.get(path)).json()["position"] == "处长"


async def test_a_changed_number_is_found_and_the_old_one_is_not(client):
    customer = await opened(client)
    path = f"/api/v1/customers/{customer['id']}"

    await client.patch(path, json={"confidential": {"mobile": ["13912345678", "13700001111"]}})

    assert (await client.get(path)).json()["masked"]["mobile"] == ["139****5678", "137****1111"]
    assert (await client.post("/api/v1/customers/searches", json={"q": "13800138000"})).json()["items"] == []
    assert len((await client.get("/api/v1/customers", params={"q": "1111"})).json()["items"]) == 1


@pytest.mark.rule("S02-2")
async def test_consent_can_be_refused_granted_and_withdrawn(client, clock):
    customer = await opened(client)
    path = f"/api/v1/customers/{customer['id']}/consents"

    early = await client.post(path, json={"purpose": "vip", "answer": "withdrawn"})
    for answer in ("refused", "granted", "withdrawn"):
        clock.set(clock() + timedelta(minutes=1))
        await client.post(path, json={"purpose": "vip", "answer": answer})

    assert early.status_code == 409
    assert [c["answer"] for c in (await client.get(path)).json()] == ["withdrawn", "granted", "refused"]


async def test_erasing_destroys_the_key_and_keeps_the_record(client, tenant):
    customer = await opened(client)
    path = f"/api/v1/customers/{customer['id']}"

    assert (await client.delete(path)).status_code == 204
    shown = (await client.get(path)).json()
    disclosed = await client.post(
        f"{path}/disclosures", json={"purpose": "look again", "leaves_to": "nobody", "fields": ["mobile"]}
    )

    assert (shown["name"], shown["masked"], disclosed.json()["type"]) == ("", {}, "/problems/archive-erased")
    async with tenant.scope() as scope:
        assert await scope.connection.fetchval("select count(*) from subject_key") == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "emperor"}, "kind"),
        ({"name": ""}, "name"),
        ({"number": "  "}, "number"),
        ({"fields": {"network": "fibre"}}, "fields.network"),
        ({"fields": {"shoe_size": 44}}, "fields.shoe_size"),
        ({"confidential": {"mobile": "call me"}}, "confidential.mobile"),
        ({"confidential": {"identity_number": "110105194912310021"}}, "confidential.identity_number"),
        ({"org_unit_id": "00000000-0000-0000-0000-000000000001"}, "org_unit_id"),
        ({"account_manager_id": "00000000-0000-0000-0000-000000000001"}, "account_manager_id"),
        ({"birthday": "1968-02-30"}, "birthday"),
        ({"unknown": 1}, "unknown"),
    ],
)
async def test_bad_input_names_the_field_and_writes_nothing(client, changes, field):
    answer = await client.post("/api/v1/customers", json=CUSTOMER | changes)

    assert answer.status_code in (400, 422)
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert (await client.get("/api/v1/customers")).json()["items"] == []


async def test_a_number_belongs_to_one_customer(client):
    await opened(client)

    answer = await client.post("/api/v1/customers", json=CUSTOMER)

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/number-taken")


async def test_the_same_request_twice_has_one_effect(client):
    headers = {"Idempotency-Key": "open-1"}

    first = await client.post("/api/v1/customers", json=CUSTOMER, headers=headers)
    again = await client.post("/api/v1/customers", json=CUSTOMER, headers=headers)
    other = await client.post("/api/v1/customers", json=CUSTOMER | {"name": "李四"}, headers=headers)

    assert (first.status_code, again.status_code, first.content == again.content) == (201, 201, True)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")


@pytest.mark.parametrize("count", [1, 3, 7])
async def test_pages_hold_every_customer_once(client, clock, count):
    for number in range(count):
        clock.set(clock() + timedelta(seconds=number % 2))
        await opened(client, number=f"DK{number}", confidential={})

    seen, cursor = [], None
    while True:
        page = (
            await client.get("/api/v1/customers", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        seen += [one["number"] for one in page["items"]]
        cursor = page.get("next")
        if not cursor:
            break

    assert sorted(seen) == [f"DK{number}" for number in range(count)]


@pytest.mark.rule("S07-25")
async def test_orders_are_kept_with_their_periods(client):
    customer = await opened(client)
    path = f"/api/v1/customers/{customer['id']}/orders"
    order = {
        "number": "DD1",
        "product": "体育包",
        "price": {"amount": "298.00", "currency": "CNY"},
        "started_on": "2026-01-01",
        "ends_on": "2027-01-01",
    }

    made = await client.post(path, json=order)
    backwards = await client.post(path, json=order | {"number": "DD2", "ends_on": "2026-01-01"})

    assert (made.status_code, made.json()["price"]) == (201, 29_800)
    assert (backwards.status_code, backwards.json()["errors"][0]["field"]) == (422, "ends_on")
    assert [o["number"] for o in (await client.get(path)).json()] == ["DD1"]
