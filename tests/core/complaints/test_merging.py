"""The same matter came in twice: one case goes on, its clock counts from the earliest receipt, the other one stops."""

import asyncio
import json
from datetime import datetime, timedelta

import pytest

from guibin.sla.sweep import fire_due
from guibin_tenants.scope import fetch

from .test_over_http import received


async def form(client, complaint):
    return (await client.get(f"/api/v1/complaints/{complaint['id']}")).json()


async def merge(client, into, duplicate, status=201, reason="同一故障"):
    path = f"/api/v1/complaints/{into['id']}/merges"
    answer = await client.post(path, json={"complaint_id": duplicate["id"], "reason": reason})
    assert answer.status_code == status, answer.text
    return answer.json()


def later(clock, **time):
    clock.set(clock() + timedelta(**time))


async def customer_of(client, number="C-1", **more):
    body = {"number": number, "name": "张三丽", "kind": "leader", **more}
    return (await client.post("/api/v1/customers", json=body)).json()["id"]


@pytest.fixture
async def twice(client, clock):
    """By telephone, and an hour later in the hall, where it was written down as having come even earlier by letter."""
    customer = await customer_of(client)
    by_phone = await received(client, customer_id=customer, level="1", channel="phone")
    later(clock, hours=1)
    letter = (clock() - timedelta(hours=3)).isoformat()
    in_hall = await received(client, customer_id=customer, level="1", channel="hall", received_at=letter)
    await client.post(
        f"/api/v1/complaints/{in_hall['id']}/intakes",
        json={"channel": "web", "text": "再次催办", "received_at": letter},
    )
    return by_phone, in_hall


@pytest.mark.rule("S07-22", "S07-23")
async def test_one_case_goes_on_with_every_intake_from_the_earliest_receipt(client, tenant, clock, twice):
    by_phone, in_hall = twice

    merged = await merge(client, by_phone, in_hall)

    start = datetime.fromisoformat(in_hall["received_at"])
    assert datetime.fromisoformat(merged["received_at"]) == start
    assert datetime.fromisoformat(merged["due_at"]) == start + timedelta(hours=5)
    shown = await form(client, by_phone)
    assert sorted((one["channel"], one["from_complaint_id"]) for one in shown["intakes"]) == [
        ("hall", in_hall["id"]),
        ("web", in_hall["id"]),
    ]
    other = await form(client, in_hall)
    assert (other["state"], other["merged_into_id"], other["resolved_at"]) == ("closed", by_phone["id"], None)
    async with tenant.scope():
        audited = await fetch("select subject_id from audit_entry where action = 'complaint.merge'")
        reasons = await fetch("select reason, into_id from complaint_merge")
    assert {str(row["subject_id"]) for row in audited} == {by_phone["id"], in_hall["id"]}
    assert [(row["reason"], str(row["into_id"])) for row in reasons] == [("同一故障", by_phone["id"])]


async def test_other_systems_hear_which_case_goes_on(client, tenant, twice):
    by_phone, in_hall = twice
    asked = {"url": "https://hooks.example.com/guibin", "event_types": ["complaint_merged"]}
    assert (await client.post("/api/v1/webhooks", json=asked)).status_code == 201

    await merge(client, by_phone, in_hall)

    async with tenant.scope():
        sent = [json.loads(row["body"]) for row in await fetch("select body from webhook_event")]
    assert [(one["type"], one["data"]) for one in sent] == [
        ("complaint_merged", {"complaint_id": in_hall["id"], "into_id": by_phone["id"]})
    ]


@pytest.mark.rule("S07-16")
async def test_the_merged_one_never_warns_again_and_the_case_is_late_once(client, tenant, clock, twice):
    by_phone, in_hall = twice
    await merge(client, by_phone, in_hall)

    later(clock, days=2)
    async with tenant.scope():
        fired = await fire_due(clock())

    assert {str(step.subject_id) for step in fired} == {by_phone["id"]}
    late = [step.milestone.partition(":")[0] for step in fired if step.kind == "breach"]
    assert sorted(late) == ["first_reply", "resolution"]
    timers = (await client.get("/api/v1/timers", params={"subject_id": in_hall["id"]})).json()["items"]
    assert {one["state"] for one in timers} == {"cancelled"}


async def test_a_pause_of_the_duplicate_ends_and_whatever_is_done_to_it_says_where_the_matter_is(client, clock, twice):
    by_phone, in_hall = twice
    await client.post(f"/api/v1/complaints/{in_hall['id']}/pauses", json={"reason": "等客户回电"})
    await merge(client, by_phone, in_hall)

    path = f"/api/v1/complaints/{in_hall['id']}"
    refused = [
        await client.post(f"{path}/callbacks", json={"outcome": "not_satisfied"}),
        await client.post(f"{path}/resolution", json={"remedy": "更换", "cause": "equipment"}),
        await client.post(f"{path}/merges", json={"complaint_id": by_phone["id"], "reason": "同一故障"}),
        await client.post(
            f"/api/v1/complaints/{by_phone['id']}/merges", json={"complaint_id": in_hall["id"], "reason": "再次"}
        ),
    ]

    assert {(one.status_code, one.json()["type"]) for one in refused} == {(409, "/problems/complaint-merged")}
    assert [pause["ended_at"] is not None for pause in (await form(client, in_hall))["pauses"]] == [True]


async def test_only_open_complaints_of_one_customer_are_merged_and_an_anonymous_one_into_a_known_one(client, twice):
    by_phone, _ = twice
    others = await received(client, customer_id=await customer_of(client, "C-2"))
    anonymous = await received(client)
    settled = await received(client, customer_id=by_phone["customer_id"])
    await client.post(f"/api/v1/complaints/{settled['id']}/resolution", json={"remedy": "更换", "cause": "equipment"})

    wrong = [
        (await merge(client, by_phone, others, 409))["type"],
        (await merge(client, anonymous, by_phone, 409))["type"],
        (await merge(client, by_phone, settled, 409))["type"],
        (await merge(client, by_phone, by_phone, 422))["type"],
    ]
    await merge(client, by_phone, anonymous)

    assert [one.rpartition("/")[2] for one in wrong] == [
        "complaints-of-others",
        "complaints-of-others",
        "already-resolved",
        "invalid",
    ]
    assert (await form(client, anonymous))["merged_into_id"] == by_phone["id"]


@pytest.mark.rule("S02-6")
async def test_what_lies_behind_a_wall_or_in_another_company_is_not_there_to_merge(tenant, client, other_tenant):
    await tenant.unit("east")
    await tenant.unit("west")
    east = await tenant.client(org_unit_id=tenant.units["east"])
    here = await customer_of(client, "E-1", org_unit_id=str(tenant.units["east"]))
    there = await customer_of(client, "W-1", org_unit_id=str(tenant.units["west"]))
    mine, hidden = await received(client, customer_id=here), await received(client, customer_id=there)
    stranger = await other_tenant.client()
    foreign = await received(stranger)

    answers = [await merge(east, mine, one, 404) for one in (hidden, foreign)]
    from_hidden = await merge(east, hidden, mine, 404)
    from_abroad = await merge(stranger, mine, foreign, 404)

    assert {one["type"] for one in (*answers, from_hidden, from_abroad)} == {"/problems/not-found"}
    assert [(await form(client, one))["state"] for one in (mine, hidden)] == ["open", "open"]
    assert (await form(stranger, foreign))["merged_into_id"] is None


async def test_two_who_merge_the_same_pair_at_once_make_one_case(client, twice):
    by_phone, in_hall = twice
    paths = [(by_phone, in_hall), (in_hall, by_phone)]

    answers = await asyncio.gather(
        *(
            client.post(f"/api/v1/complaints/{into['id']}/merges", json={"complaint_id": one["id"], "reason": "重复"})
            for into, one in paths
        )
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert [one["merged_into_id"] for one in (await form(client, by_phone), await form(client, in_hall))].count(
        None
    ) == 1


async def test_a_merged_complaint_is_counted_once(client, twice):
    by_phone, in_hall = twice
    await merge(client, by_phone, in_hall)

    found = (await client.get("/api/v1/statistics", params={"period": "2026-W10"})).json()
    assert {name: found[name] for name in ("received", "open", "resolved")} == {"received": 1, "open": 1, "resolved": 0}
