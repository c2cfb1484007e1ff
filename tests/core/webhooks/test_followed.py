"""What people want to follow is told: every step is an event whose payload is described, narrowed by what it says."""

import json

import pytest
from receiving import PARTICULARS, guest, received, send, step
from standing import contacted

from guibin.events import all_events
from guibin.jobs.kinds import kind_of
from guibin.webhooks.kinds import known_kinds
from guibin_tenants.scope import fetch


@pytest.fixture
async def all_of_it(client):
    """A webhook that hears everything."""
    return await send(client, "/api/v1/webhooks", {"url": "https://hooks.example.com/guibin"})


async def told(tenant):
    """What was told since the company was made, in order: the kinds with their payloads."""
    async with tenant.scope():
        rows = await fetch("select type, body from webhook_event order by happened_at, id")
    return [(row["type"], json.loads(row["body"])["data"]) for row in rows]


async def told_of(tenant, kind):
    return [data for of, data in await told(tenant) if of == kind]


async def test_an_archive_that_is_opened_and_changed_is_told(tenant, client, all_of_it):
    customer_id = await guest(client, kind="leader")
    answer = await client.patch(
        f"/api/v1/customers/{customer_id}", json={"employer": "华兴"}, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 200, answer.text

    assert await told(tenant) == [
        ("customer_opened", {"customer_id": customer_id, "kind": "leader"}),
        ("customer_changed", {"customer_id": customer_id}),
    ]


async def test_a_contact_is_told_with_whether_something_was_left_open(tenant, client, all_of_it):
    customer_id = await guest(client, kind="leader")
    made = await contacted(client, customer_id, "2026-03-01T09:00:00+08:00", need="要一份账单")

    assert await told_of(tenant, "contact_recorded") == [
        {
            "interaction_id": made["id"],
            "customer_id": customer_id,
            "channel": "phone",
            "direction": "out",
            "outcome": "reached",
            "need": True,
        }
    ]


async def test_every_stage_of_a_complaint_is_told(tenant, client, all_of_it):
    complaint = await send(client, "/api/v1/complaints", {"channel": "phone", "text": "没有信号"})
    path = f"/api/v1/complaints/{complaint['id']}"
    await send(client, f"{path}/pauses", {"reason": "等客户"})
    await send(client, f"{path}/resolution", {"remedy": "换机顶盒", "cause": "equipment"})
    await send(client, f"{path}/callbacks", {"outcome": "not_reached"})
    await send(client, f"{path}/callbacks", {"outcome": "satisfied"})

    stages = [(one["stage"], one["state"]) for one in await told_of(tenant, "complaint_progressed")]

    assert stages == [("pause", "waiting"), ("callback", "resolved"), ("callback", "closed")]


async def test_every_stage_of_a_reception_is_told(tenant, client, all_of_it):
    reception = await received(client, await guest(client, kind="leader"))
    await step(client, reception, "confirmation")
    await step(client, reception, "enquiries", {"asked": "行程与人数"})
    await step(client, reception, "particulars", PARTICULARS)
    await step(client, reception, "cancellation", {"reason": "不来了"})

    assert [one["stage"] for one in await told_of(tenant, "reception_progressed")] == ["receive", "confirm", "cancel"]


async def test_figures_are_told_by_customer_and_metric_and_not_when_they_were_known(tenant, client, all_of_it):
    customer_id = await guest(client, kind="leader")
    metric = (await client.get("/api/v1/policy")).json()["schemes"][0]["metrics"][0]["fact"]
    fact = {"customer_id": customer_id, "metric": metric, "occurred_on": "2026-02-01", "value": 3}
    for _ in range(2):
        await send(client, "/api/v1/facts", {"facts": [fact]})

    assert await told_of(tenant, "fact_recorded") == [
        {"customer_id": customer_id, "metric": metric, "facts": 1, "on": "2026-02-01"}
    ]


async def test_what_is_narrowed_hears_only_that(tenant, client):
    new = {"url": "https://hooks.example.com/guibin", "narrowed_to": ["level=2"]}
    hook = await send(client, "/api/v1/webhooks", new)
    for level in ("1", "2"):
        await send(client, "/api/v1/complaints", {"channel": "phone", "text": "没有信号", "level": level})
    customer_id = await guest(client, kind="leader")

    assert hook["webhook"]["narrowed_to"] == ["level=2"]
    heard = await told(tenant)
    assert [(kind, data.get("level")) for kind, data in heard] == [
        ("complaint_received", "2"),
        ("customer_opened", None),
    ]
    assert heard[-1][1]["customer_id"] == customer_id


async def test_what_no_event_says_narrows_nothing_and_is_refused(client):
    new = {"url": "https://hooks.example.com/guibin", "narrowed_to": ["colour=red", "level"]}
    answer = await client.post("/api/v1/webhooks", json=new)

    assert answer.status_code == 422, answer.text
    assert [(one["field"], one["value"]) for one in answer.json()["errors"]] == [
        ("narrowed_to", "colour=red"),
        ("narrowed_to", "level"),
    ]


async def test_every_event_is_described_in_both_languages_with_all_that_it_says(client):
    described = (await client.get("/api/v1/event-types")).json()

    core = {kind_of(event): event for event in all_events() if event.__module__.startswith("guibin.")}
    of = {one["name"]: one for one in described if one["name"] in core}
    assert list(of) == sorted(core)
    for name, event in core.items():
        assert [field["name"] for field in of[name]["payload"]] == list(event.__struct_fields__)
        for text in (of[name]["title"], *(field["title"] for field in of[name]["payload"])):
            assert text["zh"] != text["en"], (name, text)
    level = next(kind for kind in known_kinds() if kind.name == "complaint_received").field("level")
    assert (level.kind, level.optional) == ("word", False)
