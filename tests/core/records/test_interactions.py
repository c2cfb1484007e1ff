"""Every contact with a customer is kept, found again, and seen only on record."""

from datetime import datetime, timedelta

import pytest

from guibin_tenants.scope import fetch, fetch_value

PATH = "/api/v1/interactions"


async def customer(client, number="K1", **more):
    answer = await client.post("/api/v1/customers", json={"number": number, "kind": "leader", "name": "王伟", **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def contact(client, customer_id, status=201, **changes):
    body = {"customer_id": customer_id, "channel": "phone", "direction": "out", "content": "介绍新节目"} | changes
    answer = await client.post(PATH, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def history(client, **query):
    answer = await client.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def told(client):
    return [one["kind"] for one in (await client.get("/api/v1/notices")).json()["items"]]


@pytest.mark.rule("S07-25", "S10-3")
async def test_a_contact_keeps_method_number_time_place_content_need_and_handling(client, clock):
    someone = await customer(client)
    happened_at = (clock() - timedelta(hours=2)).isoformat()

    made = await contact(
        client,
        someone,
        channel="visit",
        happened_at=happened_at,
        duration_minutes=40,
        place="客户单位三楼",
        number="138 0013 8000",
        need="加装机顶盒",
        handling="已约周三上门",
        handled=True,
    )

    shown = (await client.get(f"{PATH}/{made['id']}")).json()
    assert shown == made
    assert [shown[name] for name in ("channel", "place", "content", "need", "handling_state", "duration_minutes")] == [
        "visit",
        "客户单位三楼",
        "介绍新节目",
        "加装机顶盒",
        "done",
        40,
    ]
    assert datetime.fromisoformat(shown["happened_at"]) == datetime.fromisoformat(happened_at)
    assert "0013" not in shown["number_masked"]
    assert [line["text"] for line in shown["handlings"]] == ["已约周三上门"]


@pytest.mark.rule("S07-2", "S01-7")
@pytest.mark.parametrize("channel", ["phone", "sms", "email", "visit", "hall", "social", "web", "letter", "fax"])
async def test_a_contact_comes_through_any_channel(client, channel):
    made = await contact(client, await customer(client), channel=channel, direction="in")

    assert made["channel"] == channel


@pytest.mark.rule("S10-3")
async def test_a_history_is_paged_newest_first_and_nothing_is_lost_between_pages(client, clock):
    someone, another = await customer(client), await customer(client, "K2")
    # Three of them happened in the very same moment.
    for hours in (5, 3, 3, 3, 1):
        at = (clock() - timedelta(hours=hours)).isoformat()
        await contact(client, someone, happened_at=at, content=f"{hours}")
    await contact(client, another)

    pages, cursor = [], None
    while True:
        query = {"customer_id": someone, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = await history(client, **query)
        pages.append(page["items"])
        cursor = page["next"]
        if cursor is None:
            break

    ids = [one["id"] for page in pages for one in page]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert len(set(ids)) == 5
    assert [one["content"] for page in pages for one in page] == ["1", "3", "3", "3", "5"]


@pytest.mark.parametrize(
    "query",
    [
        {"channel": "sms"},
        {"direction": "in"},
        {"outcome": "missed"},
        {"handling_state": "open"},
        {"happened_from": "2026-03-02T01:00:00Z", "happened_before": "2026-03-02T02:00:00Z"},
    ],
)
async def test_a_list_holds_what_its_filter_says_and_nothing_else(client, query):
    someone = await customer(client)
    await contact(client, someone)
    wanted = await contact(
        client,
        someone,
        channel="sms",
        direction="in",
        outcome="missed",
        need="回电",
        happened_at="2026-03-02T01:00:00Z",
    )

    assert [one["id"] for one in (await history(client, **query))["items"]] == [wanted["id"]]


@pytest.mark.rule("S13-5")
async def test_a_customer_who_asks_is_brought_to_the_account_manager_and_stays_open_until_answered(client, tenant):
    manager = await tenant.staff("own", "account_manager")
    someone = await customer(client, account_manager_id=str(manager.staff_id))
    asked = await contact(client, someone, direction="in", need="何时续费")
    path = f"{PATH}/{asked['id']}/handlings"

    looked_into = (await client.post(path, json={"text": "正在查询", "done": False})).json()
    answered = (await manager.post(path, json={"text": "六月底到期", "done": True})).json()
    again = await client.post(path, json={"text": "x"})

    assert await told(manager) == ["need_open"]
    assert [one["handling_state"] for one in (asked, looked_into, answered)] == ["open", "open", "done"]
    assert answered["handlings"][1]["handled_by"] == str(manager.staff_id)
    assert (again.status_code, again.json()["type"].rsplit("/", 1)[-1]) == (409, "nothing-open")


@pytest.mark.rule("S05-5")
async def test_a_call_nobody_took_is_on_record_and_told_to_the_manager(client, tenant):
    manager = await tenant.staff("head", "manager")
    await contact(client, await customer(client), direction="in", outcome="missed", content="夜间来电未接")

    assert await told(manager) == ["call_missed"]
    assert len((await history(client, outcome="missed"))["items"]) == 1


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"channel": "pigeon"}, 422, "channel"),
        ({"happened_at": "2026-03-02T02:05:01Z"}, 422, "happened_at"),
        ({"outcome": "missed"}, 422, "outcome"),
        ({"outcome": "not_reached", "direction": "in"}, 422, "outcome"),
        ({"handled": True}, 422, "handling"),
        ({"staff_id": "018f0000-0000-7000-8000-000000000000"}, 422, "staff_id"),
        ({"content": " "}, 400, None),
        ({"content": "a\x00b"}, 400, None),
        ({"happened_at": "2026-03-02T02:00:00"}, 400, None),
        ({"duration_minutes": -1}, 400, None),
        ({"number": "call me"}, 422, "number"),
        ({"surprise": 1}, 400, None),
    ],
)
async def test_what_is_wrong_is_refused_by_name_and_nothing_is_kept(client, changes, status, field):
    answer = await contact(client, await customer(client), status, **changes)

    assert (await history(client))["items"] == []
    if field:
        assert [one["field"] for one in answer["errors"]] == [field]


async def test_a_clock_that_runs_five_minutes_ahead_is_believed(client):
    assert await contact(client, await customer(client), happened_at="2026-03-02T02:05:00Z")


@pytest.mark.rule("S07-8", "S01-9")
async def test_every_look_and_every_word_leaves_an_audit_entry(client, tenant):
    someone = await customer(client)
    made = await contact(client, someone, direction="in", need="x")
    await client.post(f"{PATH}/{made['id']}/handlings", json={"text": "done"})
    await client.get(f"{PATH}/{made['id']}")
    await history(client)

    async with tenant.scope():
        rows = await fetch("select action, customer_ids from audit_entry where subject = 'interaction' order by id")
    assert [row["action"] for row in rows] == [
        "interaction.record",
        "interaction.handle",
        "interaction.read",
        "interaction.search",
    ]
    assert {tuple(map(str, row["customer_ids"])) for row in rows} == {(someone,)}


@pytest.mark.rule("S07-8")
async def test_the_number_is_sealed_and_shown_only_with_a_purpose_on_record(client, tenant):
    someone = await customer(client)
    made = await contact(client, someone, number="13800138000")
    path = f"{PATH}/{made['id']}/disclosures"

    unsaid = await client.post(path, json={"purpose": "   ", "leaves_to": "nobody"})
    shown = (await client.post(path, json={"purpose": "回电核对", "leaves_to": "nobody"})).json()

    assert unsaid.status_code == 422
    assert (made["number_masked"], shown["number"]) == ("138****8000", "13800138000")
    async with tenant.scope():
        assert b"13800138000" not in bytes(await fetch_value("select number_sealed from interaction"))
        assert await fetch_value("select fields from disclosure") == '["interaction.number"]'
        assert await fetch_value("select purpose from audit_entry where action = 'interaction.disclose'") == "回电核对"


async def test_after_erasure_the_number_opens_no_more_and_nothing_new_is_kept(client):
    someone = await customer(client)
    made = await contact(client, someone, number="13800138000")
    await client.delete(f"/api/v1/customers/{someone}")

    shown = await client.post(f"{PATH}/{made['id']}/disclosures", json={"purpose": "回电核对", "leaves_to": "nobody"})
    new = await contact(client, someone, 409)

    assert (shown.status_code, shown.json()["type"].rsplit("/", 1)[-1]) == (409, "archive-erased")
    assert new["type"].rsplit("/", 1)[-1] == "archive-erased"


@pytest.mark.rule("S02-6")
async def test_another_outlets_contacts_are_not_seen(client, tenant):
    await tenant.unit("east")
    await tenant.unit("west")
    there = await customer(client, org_unit_id=str(tenant.units["west"]))
    made = await contact(client, there)
    east, west = await tenant.staff("e", "agent", unit="east"), await tenant.staff("w", "agent", unit="west")

    assert [len((await history(who))["items"]) for who in (east, west)] == [0, 1]
    assert (await east.get(f"{PATH}/{made['id']}")).status_code == 404
    await contact(east, there, 404)
    assert (await east.post(f"{PATH}/{made['id']}/handlings", json={"text": "x"})).status_code == 404


async def test_who_may_not_disclose_sees_no_number(client, tenant):
    made = await contact(client, await customer(client), number="13800138000")
    agent = await tenant.staff("agent", "agent")

    answer = await agent.post(f"{PATH}/{made['id']}/disclosures", json={"purpose": "curious"})

    assert answer.status_code == 403
