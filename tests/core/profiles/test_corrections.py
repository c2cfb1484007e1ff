"""S07-10: what is put right leaves what stood there before, the reason, and who did it."""

import asyncio

import pytest

NEW = {
    "number": "1",
    "name": "张三",
    "kind": "leader",
    "employer": "成都市教育局",
    "confidential": {"mobile": "13800138000"},
}


@pytest.fixture
async def address(client):
    answer = await client.post("/api/v1/customers", json=NEW)
    assert answer.status_code == 201, answer.text
    return f"/api/v1/customers/{answer.json()['id']}"


async def history(client, address):
    items = (await client.get(f"{address}/corrections")).json()["items"]
    return [(one["field"], one["before"], one["after"], one["reason"]) for one in items]


@pytest.mark.rule("S07-10", "S07-26")
async def test_a_correction_keeps_before_after_reason_and_who(client, tenant, address):
    clerk = await tenant.staff("li.na", "account_manager")
    changes = {"name": "张三丽", "fields": {"network": "two_way"}, "confidential": {"mobile": ["13912345678"]}}

    answer = await clerk.post(f"{address}/corrections", json={"reason": "登记时写错", "changes": changes})

    assert (answer.status_code, answer.json()["name"], answer.headers["etag"]) == (201, "张三丽", '"2"')
    assert sorted(await history(client, address)) == [
        ("fields.network", None, "two_way", "登记时写错"),
        ("mobile", ["138****8000"], ["139****5678"], "登记时写错"),
        ("name", "张三", "张三丽", "登记时写错"),
    ]
    who = {one["corrected_by_name"] for one in (await client.get(f"{address}/corrections")).json()["items"]}
    assert who == {"li.na"}


@pytest.mark.rule("S07-10")
async def test_an_ordinary_change_is_kept_too_but_only_what_differs(client, address):
    await client.patch(address, json={"employer": "金沙物业", "name": "张三"})

    assert await history(client, address) == [("employer", "成都市教育局", "金沙物业", "")]


@pytest.mark.rule("S07-10")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "写错了名字", "changes": {"name": "张三"}}, "changes"),
        ({"reason": "  ", "changes": {"name": "李四"}}, "reason"),
        ({"changes": {"name": "李四"}}, "reason"),
        ({"reason": "写错了名字", "changes": {"kind": "emperor"}}, "kind"),
    ],
)
async def test_a_correction_corrects_something_and_says_why(client, address, body, field):
    answer = await client.post(f"{address}/corrections", json=body)

    assert answer.status_code in (400, 422)
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert (await client.get(address)).json()["name"] == "张三"
    assert await history(client, address) == []


async def test_of_two_who_correct_the_same_version_one_is_refused(client, address):
    headers = {"If-Match": '"1"'}

    answers = await asyncio.gather(
        *(
            client.post(
                f"{address}/corrections", json={"reason": "写错了名字", "changes": {"name": name}}, headers=headers
            )
            for name in ("李四", "王五")
        )
    )

    assert sorted(answer.status_code for answer in answers) == [201, 412]
    assert len(await history(client, address)) == 1


@pytest.mark.rule("S07-10")
async def test_an_order_is_put_right(client, address):
    order = {"number": "D1", "product": "体育包", "price": {"amount": "298.00", "currency": "CNY"}}
    made = await client.post(f"{address}/orders", json=order | {"started_on": "2026-01-01", "ends_on": "2027-01-01"})
    corrections = f"{address}/orders/{made.json()['id']}/corrections"

    right = await client.post(corrections, json={"reason": "到期日录错", "ends_on": "2026-12-01"})
    backwards = await client.post(corrections, json={"reason": "到期日录错", "ends_on": "2025-12-01"})
    same = await client.post(corrections, json={"reason": "到期日录错", "ends_on": "2026-12-01"})

    assert (right.status_code, right.json()["ends_on"]) == (201, "2026-12-01")
    assert [answer.json()["errors"][0]["field"] for answer in (backwards, same)] == ["ends_on", "changes"]
    assert await history(client, address) == [("ends_on", "2027-01-01", "2026-12-01", "到期日录错")]


@pytest.mark.rule("S07-10")
async def test_a_contact_is_put_right(client, address):
    new = {"customer_id": address.rpartition("/")[2], "channel": "phone", "direction": "out", "content": "回访机顶盒"}
    contact = (await client.post("/api/v1/interactions", json=new)).json()
    corrections = f"/api/v1/interactions/{contact['id']}/corrections"

    right = await client.post(corrections, json={"reason": "写错了设备", "content": "回访光猫"})
    later = await client.post(corrections, json={"reason": "写错了时间", "happened_at": "2030-01-01T10:00:00+08:00"})
    need = await client.post(corrections, json={"reason": "写错了需求", "need": "换机顶盒"})

    assert (right.status_code, right.json()["content"]) == (201, "回访光猫")
    assert [answer.json()["errors"][0]["field"] for answer in (later, need)] == ["happened_at", "need"]
    assert await history(client, address) == [("content", "回访机顶盒", "回访光猫", "写错了设备")]


async def test_the_history_of_an_erased_customer_is_closed_for_good(client, tenant, address):
    await client.post(f"{address}/corrections", json={"reason": "写错了名字", "changes": {"name": "李四"}})
    await client.delete(address)

    async with tenant.scope() as scope:
        dump = await scope.connection.fetchval("select string_agg(c::text, '') from correction c")

    assert await history(client, address) == [("name", None, None, "—")]
    assert [name for name in ("张三", "李四") if name in dump or name.encode().hex() in dump] == []


async def test_looking_at_the_history_is_on_record(client, address):
    await client.get(f"{address}/corrections")

    entries = (await client.get("/api/v1/audit-entries", params={"action": "correction.read"})).json()["items"]
    assert [entry["customer_ids"] for entry in entries] == [[address.rpartition("/")[2]]]


async def test_every_change_is_found_page_by_page(client, address):
    for name in ("李四", "王五", "赵六"):
        await client.patch(address, json={"name": name})

    first = (await client.get(f"{address}/corrections", params={"limit": 2})).json()
    second = (await client.get(f"{address}/corrections", params={"limit": 2, "cursor": first["next"]})).json()

    found = [one["after"] for one in (*first["items"], *second["items"])]
    assert (sorted(found), second["next"]) == (sorted(["李四", "王五", "赵六"]), None)
