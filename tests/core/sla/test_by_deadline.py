"""The order of a queue: what falls due first from the index of open timers, what has none after it, as sorting says."""

from datetime import timedelta

import pytest
from acting import acting

from guibin.complaints.queries import QUEUE, ComplaintFilter, queue
from guibin.sla.queries import DUE_FIRST
from guibin.web.listing import PageAsked
from guibin_tenants.scope import execute, fetch

RUNNING = ComplaintFilter(running=True)


@pytest.fixture
async def seven(tenant, client, clock):
    """Seven running complaints, of levels mixed; two have no clock that runs."""
    numbers = []
    for level in ("3", "1", "2", "1", "3", "2", "1"):
        answer = await client.post("/api/v1/complaints", json={"text": "没有信号", "channel": "phone", "level": level})
        numbers.append(answer.json()["number"])
        clock.set(clock() + timedelta(minutes=7))
    async with tenant.scope():
        await execute(
            "update timer set cancelled_at = started_at, next_at = null where milestone = 'resolution' and subject_id in"
            " (select id from complaint where number = any ($1))",
            numbers[1:3],
        )
    return acting(by=tenant.principal(), now=clock(), company=tenant.context()), numbers


async def pages(act, limit):
    found, cursor = [], None
    while True:
        page = await queue(RUNNING, PageAsked(limit, cursor), act)
        found.append([row.number for row in page.items])
        cursor = page.next
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 2, 5, 6, 7, 50])
async def test_pages_come_in_the_order_of_deadlines_and_what_has_none_comes_last(tenant, seven, limit):
    act, numbers = seven
    async with tenant.scope():
        found = await pages(act, limit)
        due = [
            row["number"]
            for row in await fetch(
                "select number from complaint x join timer t on t.subject_id = x.id"
                " and t.milestone = 'resolution' where t.cancelled_at is null order by t.due_at"
            )
        ]

    whole = [number for page in found for number in page]
    assert whole[:5] == due
    assert sorted(whole[5:]) == sorted(numbers[1:3])
    assert [len(page) for page in found] == [limit] * (7 // limit) + ([7 % limit] if 7 % limit else [])


async def test_whoever_sees_one_outlet_gets_theirs_in_the_same_order(tenant, client, clock):
    await tenant.unit("east")
    person = await tenant.staff("east", "agent", unit="east")
    numbers = {}
    for level in ("3", "1", "2"):
        for who in (person, client):
            answer = await who.post("/api/v1/complaints", json={"text": "没有信号", "channel": "phone", "level": level})
            numbers.setdefault(who, []).append(answer.json()["number"])

    page = (await person.get("/console/complaints?running=true")).text

    theirs = numbers[person]
    assert [page.index(theirs[place]) for place in (1, 2, 0)] == sorted(page.index(number) for number in theirs)
    assert not any(number in page for number in numbers[client])


async def test_both_orders_are_one_for_what_runs_by_its_clock(tenant, seven):
    act, _ = seven
    async with tenant.scope():
        sorted_anew = await QUEUE.ordered(DUE_FIRST).page(RUNNING, PageAsked(50), act)
        by_index = await queue(RUNNING, PageAsked(50), act)

    open_ones = [row.number for row in by_index.items][:5]
    assert [row.number for row in sorted_anew.items if row.number in open_ones] == open_ones
