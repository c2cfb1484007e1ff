"""Requests that are sent by halves or read slowly hold nothing that others need. A real server, callers by the byte."""

import asyncio
import contextlib
import time

import asyncpg
import httpx
import pytest
from serving import head, serving, status_of

from guibin_tenants import credentials

BODY_WITHIN_S = 3.0
COMPLAINT = {"text": "没有信号", "channel": "phone"}
CUSTOMER = {"number": "DK00001", "name": "王建国", "kind": "leader", "employer": "成都市教育局"}
# Far above what an answer takes on a busy machine, far below what the attack would make of it.
QUICK_S = 2.0


@pytest.fixture(scope="module")
def server(database, servers, tmp_path_factory):
    bounds = {"body_within_s": BODY_WITHIN_S, "request_within_s": 6, "turn_within_s": 1, "refused_after_s": 0.1}
    with serving(database, servers["superuser"], tmp_path_factory.mktemp("served"), **bounds) as found:
        yield found


@pytest.fixture
async def neighbour(server, other_tenant):
    headers = {"Authorization": f"Bearer {await other_tenant.key()}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, trust_env=False, timeout=20) as caller:
        assert (await caller.get("/api/v1/me")).status_code == 200
        yield caller


async def _served(neighbour, times=8):
    """The statuses of a company's reads and writes, and how long the slowest took."""
    statuses, slowest = set(), 0.0
    for number in range(times):
        began = time.monotonic()
        if number % 2:
            answer = await neighbour.post("/api/v1/complaints", json=COMPLAINT)
        else:
            answer = await neighbour.get("/api/v1/me")
        statuses.add(answer.status_code)
        slowest = max(slowest, time.monotonic() - began)
    return statuses, slowest


async def _known_key(server, tenant):
    """A key the server has seen: one it has not it looks up before it reads on."""
    token = await tenant.key()
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=20) as caller:
        answer = await caller.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    return token


async def _half_sent(server, token, number, first=b""):
    """So many requests of which the head was sent, and of the body only `first`."""
    opened = await asyncio.gather(*(server.open() for _ in range(number)))
    start = head("POST", "/api/v1/complaints", token, Content_Type="application/json", Content_Length="400")
    for _, writer in opened:
        writer.write(start + first)
    return opened


async def _hang_up(opened):
    for _, writer in opened:
        writer.close()
    for _, writer in opened:
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.parametrize("number", [16, 200])
async def test_withheld_bodies_hold_no_connection_and_are_refused(server, tenant, neighbour, number):
    began = time.monotonic()
    opened = await _half_sent(server, await _known_key(server, tenant), number)
    held = await server.in_transaction()
    statuses, slowest = await _served(neighbour)
    after = await server.in_transaction()
    answers = [await status_of(reader) for reader, _ in opened]
    took = time.monotonic() - began
    await _hang_up(opened)

    assert (held, after) == (0, 0)
    assert statuses == {200, 201}
    assert slowest < QUICK_S
    # Those beyond what one key may have in progress were refused at once, the rest when their time was over.
    assert sorted(answers) == [408] * min(number, 50) + [429] * max(number - 50, 0)
    assert took < BODY_WITHIN_S + 10


async def test_a_key_that_sends_by_halves_takes_nothing_from_its_company_s_other_keys(server, tenant):
    other = await tenant.key()
    opened = await _half_sent(server, await tenant.key(), 60)
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=20) as caller:
        answer = await caller.get("/api/v1/me", headers={"Authorization": f"Bearer {other}"})
    await _hang_up(opened)

    assert answer.status_code == 200


async def test_a_body_that_trickles_is_refused_when_its_time_is_over(server, tenant, neighbour):
    opened = await _half_sent(server, await _known_key(server, tenant), 40, b"{")

    async def trickle(writer):
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)

    trickling = [asyncio.create_task(trickle(writer)) for _, writer in opened]
    held = await server.in_transaction()
    statuses, slowest = await _served(neighbour)
    answers = {await status_of(reader) for reader, _ in opened}
    for task in trickling:
        task.cancel()
    await _hang_up(opened)

    assert (held, statuses, answers) == (0, {200, 201}, {408})
    assert slowest < QUICK_S


async def test_whoever_does_not_read_the_answer_holds_no_connection(server, tenant, neighbour):
    token = await tenant.key()
    opened = await asyncio.gather(*(server.open() for _ in range(40)))
    for _, writer in opened:
        writer.transport.pause_reading()
        writer.write(head("GET", "/api/v1/policy", token))
    statuses, slowest = await _served(neighbour)
    held = await server.until_in_transaction(0)
    await _hang_up(opened)

    assert (held, statuses) == (0, {200, 201})
    assert slowest < QUICK_S


async def test_a_company_whose_requests_wait_for_each_other_has_its_share_and_no_more(
    server, tenant, neighbour, database
):
    token = await tenant.key()
    async with httpx.AsyncClient(
        base_url=server.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=30
    ) as caller:
        customer = (await caller.post("/api/v1/customers", json=CUSTOMER)).json()
        path = f"/api/v1/customers/{customer['id']}"
        lock = await asyncpg.connect(database.owner)
        async with lock.transaction():
            await lock.execute("select set_config('guibin.tenant', $1, true)", str(tenant.id))
            await lock.execute("select set_config('guibin.units', '*', true)")
            await lock.execute("select 1 from customer where id = $1 for update", customer["id"])
            began = time.monotonic()
            asked = [
                asyncio.create_task(caller.patch(path, json={"name": "王小明"}, headers={"If-Match": '"1"'}))
                for _ in range(20)
            ]
            held = await server.until_in_transaction(4)
            statuses, slowest = await _served(neighbour)
            answers = [await one for one in asked]
            took = time.monotonic() - began
        await lock.close()
        again = await caller.patch(path, json={"name": "王小明"}, headers={"If-Match": '"1"'})

    kinds = sorted(answer.json()["type"] for answer in answers)
    assert (held, statuses) == (4, {200, 201})
    assert slowest < QUICK_S
    # Those that had a turn met the deadline of the whole request, the others waited for theirs in vain.
    assert kinds == ["/problems/too-many-at-once"] * 16 + ["/problems/took-too-long"] * 4
    assert {answer.status_code: answer.headers["retry-after"] for answer in answers} == {429: "1", 503: "1"}
    assert took < 15
    assert again.status_code == 200


async def test_made_up_keys_of_a_company_take_nothing_from_it(server, tenant, neighbour):
    good = await tenant.key()
    made_up = [credentials.issue("gb_live_", tenant.id)[0] for _ in range(60)]
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=20) as caller:
        forged = asyncio.gather(
            *(caller.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}) for token in made_up)
        )
        own = await caller.get("/api/v1/me", headers={"Authorization": f"Bearer {good}"})
        refused = {answer.status_code for answer in await forged}

    assert (own.status_code, refused <= {401, 429}) == (200, True)


async def test_the_document_anybody_may_ask_for_keeps_nobody_waiting(server, neighbour):
    """It takes seconds to make: once, beside the requests of others, however many ask."""
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=60) as anybody:
        await anybody.get("/api/v1/openapi.json")
        began = time.monotonic()
        answers = await asyncio.gather(
            *(anybody.get(path) for path in ("/api/v1/openapi.json", "/api/docs", "/api/docs/openapi.json") * 5)
        )
        took = time.monotonic() - began
        statuses, slowest = await _served(neighbour)

    assert {answer.status_code for answer in answers} == {200}
    assert statuses == {200, 201}
    # Made anew each time, fifteen take some forty seconds.
    assert (took < 5 * QUICK_S, slowest < QUICK_S) == (True, True), (took, slowest)
