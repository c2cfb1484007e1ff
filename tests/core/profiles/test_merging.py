"""Two archives of one customer become one, with both histories, and two again in time (S14-2)."""

from datetime import timedelta
from uuid import UUID

import pytest
from running import work_off

from guibin_tenants.scope import fetch, fetch_value

FIRST = {
    "number": "A1",
    "name": "张三",
    "kind": "leader",
    "employer": "教育局",
    "confidential": {"mobile": "13800138000"},
}
SECOND = {
    "number": "B1",
    "name": "张三",
    "kind": "leader",
    "employer": "财政局",
    "birthday": "1968-03-05",
    "confidential": {"mobile": "13911112222", "email": "zhang@example.com"},
}
CHOSEN = {"employer": "merged", "mobile": "both"}
LEAVES = {"purpose": "核对两份档案", "leaves_to": "nobody"}


@pytest.fixture
async def boss(tenant):
    return await tenant.staff("boss", "manager", "tenant_admin")


async def opened(client, body):
    answer = await client.post("/api/v1/customers", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.fixture
async def two(client):
    return await opened(client, FIRST), await opened(client, SECOND)


async def merged(boss, kept, other, choices=CHOSEN):
    body = {"merged_id": other, "reason": "同一身份证号", "choices": choices}
    return await boss.post(f"/api/v1/customers/{kept}/merges", json=body)


async def undone(boss, kept, merge):
    return await boss.post(f"/api/v1/customers/{kept}/merges/{merge['id']}/undoing", json={"reason": "是两个人"})


async def put(client, path, body):
    answer = await client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def clear(boss, customer, field):
    answer = await boss.post(f"/api/v1/customers/{customer}/disclosures", json=LEAVES | {"fields": [field]})
    assert answer.status_code == 201, answer.text
    return answer.json()["values"][field]


@pytest.mark.rule("S14-2")
async def test_what_differs_is_shown_masked_and_chosen_before_anything_moves(boss, two):
    kept, other = two

    shown = (await boss.get(f"/api/v1/customers/{kept}/merges/{other}/differences")).json()
    refused = await merged(boss, kept, other, {"employer": "merged"})

    assert [(one["field"], one["kept"], one["merged"]) for one in shown] == [
        ("employer", ["教育局"], ["财政局"]),
        ("mobile", ["138****8000"], ["139****2222"]),
    ]
    assert (refused.status_code, [one["field"] for one in refused.json()["errors"]]) == (422, ["choices.mobile"])
    assert (await boss.get(f"/api/v1/customers/{other}")).json()["closed_at"] is None


@pytest.mark.rule("S14-2")
async def test_both_histories_are_one_and_open_with_the_keys_they_were_sealed_by(client, boss, two):
    kept, other = two
    await put(client, f"customers/{other}/relatives", {"relation": "spouse", "name": "王芳", "phone": "13912345678"})
    contact = {"channel": "phone", "direction": "out", "content": "走访", "number": "13911112222"}
    for customer in two:
        await put(boss, "interactions", contact | {"customer_id": customer})
    case = await put(boss, "complaints", {"customer_id": other, "text": "没有画面", "channel": "phone"})

    merge = (await merged(boss, kept, other)).json()

    archive = (await boss.get(f"/api/v1/customers/{kept}")).json()
    assert (archive["employer"], archive["birthday"]) == ("财政局", "1968-03-05")
    assert await clear(boss, kept, "mobile") == ["13800138000", "13911112222"]
    relatives = await boss.post(f"/api/v1/customers/{kept}/relatives/disclosures", json=LEAVES)
    assert [one["phone"] for one in relatives.json()] == ["13912345678"]
    contacts = (await boss.get("/api/v1/interactions", params={"customer_id": kept})).json()["items"]
    assert len(contacts) == 2
    for one in contacts:
        shown = await boss.post(f"/api/v1/interactions/{one['id']}/number/disclosures", json=LEAVES)
        assert shown.status_code in (201, 404)
    assert (await boss.get(f"/api/v1/complaints/{case['id']}")).json()["customer_id"] == kept
    closed = (await boss.get(f"/api/v1/customers/{other}/closings")).json()[0]
    assert (closed["reason"], closed["note"], merge["merged_number"]) == ("merged", "A1", "B1")
    assert [one["number"] for one in (await boss.get("/api/v1/customers")).json()["items"]] == ["A1"]


@pytest.mark.rule("S14-2")
async def test_undone_in_time_each_has_again_what_was_theirs(client, two, clock):
    kept, other = two
    boss = client
    await put(client, f"customers/{other}/relatives", {"relation": "spouse", "name": "王芳", "phone": "13912345678"})
    case = await put(boss, "complaints", {"customer_id": other, "text": "没有画面", "channel": "phone"})
    before = {one: (await boss.get(f"/api/v1/customers/{one}")).json() for one in two}
    merge = (await merged(boss, kept, other)).json()
    later = await put(boss, "complaints", {"customer_id": kept, "text": "又没有了", "channel": "phone"})
    clock.set(clock() + timedelta(days=30))

    answer = await undone(boss, kept, merge)

    assert answer.status_code == 201, answer.text
    for one in two:
        after = (await boss.get(f"/api/v1/customers/{one}")).json()
        same = ("name", "employer", "birthday", "masked", "closed_at")
        assert {name: after[name] for name in same} == {name: before[one][name] for name in same}
    assert await clear(boss, kept, "mobile") == ["13800138000"]
    relatives = await boss.post(f"/api/v1/customers/{other}/relatives/disclosures", json=LEAVES)
    assert [one["phone"] for one in relatives.json()] == ["13912345678"]
    whose = {
        one: (await boss.get(f"/api/v1/complaints/{one}")).json()["customer_id"] for one in (case["id"], later["id"])
    }
    assert whose == {case["id"]: other, later["id"]: kept}
    again = await undone(boss, kept, merge)
    assert again.status_code == 409


async def test_after_the_policys_time_it_stays(boss, two, clock):
    kept, other = two
    merge = (await merged(boss, kept, other)).json()
    clock.set(clock() + timedelta(days=31))

    answer = await undone(boss, kept, merge)

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too-late-to-undo")


@pytest.mark.rule("S14-2")
@pytest.mark.parametrize(("choice", "tier"), [("kept", "key"), ("merged", "important")])
async def test_of_two_tiers_the_chosen_one_stays_and_both_are_back_when_undone(client, tenant, boss, choice, tier):
    kept, other = await opened(client, FIRST), await opened(client, SECOND | {"employer": "", "confidential": {}})
    other_boss = await tenant.staff("zhang", "manager")
    for customer, held in ((kept, "key"), (other, "important")):
        body = {"kind": "tier", "scheme": "key_account", "tier": held, "reason": "集团客户", "customer_id": customer}
        asked = await put(boss, "applications", body)
        decided = await other_boss.post(f"/api/v1/approvals/{asked['approval_id']}/decision", json={"approved": True})
        assert decided.status_code == 200, decided.text

    answer = await merged(boss, kept, other, {"tier.key_account": choice})
    assert answer.status_code == 201, answer.text
    one = await tiers(tenant, kept, other)
    await undone(boss, kept, answer.json())

    assert one == {kept: [tier], other: []}
    assert await tiers(tenant, kept, other) == {kept: ["key"], other: ["important"]}


async def tiers(tenant, *customers):
    found = "select tier from membership where customer_id = $1 and ends_on is null"
    async with tenant.scope():
        return {one: [row["tier"] for row in await fetch(found, UUID(one))] for one in customers}


async def test_who_does_not_see_both_merges_neither(client, tenant, two, boss):
    east = await tenant.unit("east")
    there = await opened(client, SECOND | {"number": "E1", "org_unit_id": str(east)})
    kept, other = two
    agent = await tenant.staff("zhou", "account_manager")
    leader = await tenant.staff("east.boss", "manager", unit="east")

    assert (await merged(agent, kept, other)).status_code == 403
    for one, two_ in ((there, kept), (kept, there)):
        assert (await merged(leader, one, two_)).status_code == 404
        assert (await leader.get(f"/api/v1/customers/{one}/merges/{two_}/differences")).status_code == 404
    assert (await merged(boss, kept, kept)).status_code == 422
    missing = "01890000-0000-7000-8000-000000000000"
    assert (await merged(boss, kept, missing)).status_code == 404


async def test_what_is_part_of_another_is_neither_opened_nor_erased_by_itself(boss, two):
    kept, other = two
    await merged(boss, kept, other)

    reopened = await boss.post(f"/api/v1/customers/{other}/reopenings", json={"reason": "回来"})
    erased = await boss.delete(f"/api/v1/customers/{other}")

    assert [answer.json()["type"] for answer in (reopened, erased)] == ["/problems/merged-away"] * 2


async def test_erasing_the_one_erases_what_became_one_with_it(client, tenant, boss, two):
    kept, other = two
    await put(client, f"customers/{other}/relatives", {"relation": "spouse", "name": "王芳", "phone": "13912345678"})
    await merged(boss, kept, other)

    assert (await boss.delete(f"/api/v1/customers/{kept}")).status_code == 204

    async with tenant.scope():
        names = await fetch("select name, erased_at is not null as gone from customer order by number")
        assert [(row["name"], row["gone"]) for row in names] == [("", True), ("", True)]
        assert await fetch_value("select count(*) from subject_key") == 0


async def test_both_account_managers_hear_of_it(client, tenant, boss, two):
    kept, other = two
    await merged(boss, kept, other)
    await work_off(tenant)

    told = [one["kind"] for one in (await boss.get("/api/v1/notices")).json()["items"]]

    assert told.count("archives_merged") == 2
