"""Guessing passwords: at once, from many places, at nobody's account, and to shut somebody else out."""

import asyncio
import threading
from datetime import timedelta

import httpx
import pytest

from guibin_tenants import devices, passwords, sign_in_limits
from guibin_tenants.rate_limits import Allowance, RateLimits
from guibin_tenants.scope import fetch
from support import PASSWORD

WRONG = "wrong horse battery"
SECOND = timedelta(seconds=1)


def caller(world, address="198.51.100.7", **headers):
    """Somebody at another address."""
    transport = httpx.ASGITransport(app=world.app, raise_app_exceptions=False, client=(address, 1234))
    return httpx.AsyncClient(transport=transport, base_url="http://guibin.test", headers=headers)


async def give(client, tenant, login="li.wei", password=WRONG):
    body = {"company": tenant.slug, "login": login, "password": password}
    return (await client.post("/api/v1/sessions", json=body)).status_code


@pytest.fixture
async def at_home(tenant):
    """Li Wei, signed in, whose browser is known from now on."""
    return await tenant.staff("li.wei")


async def test_wrong_passwords_given_at_once_are_counted_one_by_one(world, tenant, at_home, monkeypatch):
    looked_at = []
    right = passwords.is_right
    monkeypatch.setattr(passwords, "is_right", lambda *given: (looked_at.append(given), right(*given))[1])
    monkeypatch.setattr(passwords, "WAITING_MAX", 100)

    answers = await asyncio.gather(*(give(caller(world), tenant) for _ in range(40)))

    assert (answers.count(401), answers.count(429)) == (10, 30)
    assert len(looked_at) == 10


@pytest.mark.parametrize("login", ["li.wei", "nobody"])
async def test_a_place_that_gave_ten_wrong_ones_waits_a_quarter_of_an_hour(world, tenant, at_home, login):
    answers = [await give(caller(world), tenant, login) for _ in range(11)]
    right = await give(caller(world), tenant, login, PASSWORD)
    world.clock.set(world.clock() + sign_in_limits.QUARTER)
    later = await give(caller(world), tenant, login, PASSWORD)

    assert (answers, right) == ([401] * 10 + [429], 429)
    assert later == (201 if login == "li.wei" else 401)


async def test_strangers_shut_nobody_out(world, tenant, at_home):
    for number in range(11):
        for _ in range(10):
            await give(caller(world, f"198.51.100.{number}"), tenant)

    elsewhere = await give(caller(world, "203.0.113.9"), tenant, password=PASSWORD)
    known = await give(at_home, tenant, password=PASSWORD)
    colleague = await tenant.staff("wang.fang")

    # From anywhere else the account is shut after a hundred; the browser that its owner uses is not.
    assert (elsewhere, known, (await colleague.get("/api/v1/me")).status_code) == (429, 201, 200)


async def test_a_stranger_who_goes_on_at_one_place_does_not_shut_the_others(world, tenant, at_home):
    for _ in range(112):
        world.litestar.state.sign_in_limits.buckets.clear()
        await give(caller(world), tenant)

    assert await give(caller(world, "203.0.113.9"), tenant, password=PASSWORD) == 201


async def test_whoever_guesses_at_many_accounts_from_one_place_is_stopped_there(world, tenant, at_home):
    world.litestar.state.sign_in_limits.buckets.clear()
    answers = []
    for number in range(102):
        world.litestar.state.sign_in_limits.buckets.clear()
        answers.append(await give(caller(world), tenant, f"person{number}"))

    assert answers == [401] * 100 + [429] * 2


async def test_the_places_of_one_subscriber_are_one_place(world, tenant, at_home):
    answers = [await give(caller(world, f"2001:db8:1:2::{number:x}"), tenant) for number in range(1, 12)]

    assert answers == [401] * 10 + [429]


async def test_a_device_of_somebody_elses_opens_no_other_limit(world, tenant, at_home):
    await tenant.staff("wang.fang")
    for _ in range(10):
        await give(caller(world), tenant, "wang.fang")
    stolen = caller(world)
    stolen.cookies = at_home.cookies

    assert await give(stolen, tenant, "wang.fang", PASSWORD) == 429


@pytest.mark.parametrize(("unused_for", "answered"), [(devices.KNOWN_FOR - SECOND, 201), (devices.KNOWN_FOR, 429)])
async def test_a_browser_that_was_not_used_for_long_is_as_any_other(world, tenant, at_home, unused_for, answered):
    world.clock.set(world.clock() + unused_for)
    for _ in range(10):
        await give(caller(world, "127.0.0.1"), tenant)

    assert await give(at_home, tenant, password=PASSWORD) == answered


async def test_the_browsers_used_last_are_known_and_none_once_they_are_forgotten(world, tenant, at_home):
    now = world.clock()
    async with tenant.scope():
        tokens = [
            await devices.remember(at_home.staff_id, "", now=now + number * SECOND)
            for number in range(1, devices.KNOWN_MAX + 2)
        ]
        known = [await devices.known(at_home.staff_id, token, now=now) is not None for token in tokens]
        await devices.forget_of(at_home.staff_id)
        forgotten = [await devices.known(at_home.staff_id, token, now=now) for token in tokens]

    assert known == [False] + [True] * devices.KNOWN_MAX
    assert forgotten == [None] * (devices.KNOWN_MAX + 1)


async def test_right_passwords_are_not_counted(world, tenant, at_home):
    answers = [await give(caller(world), tenant, password=PASSWORD) for _ in range(15)]

    assert answers == [201] * 15


async def test_one_address_waits_before_anything_is_looked_up(world, tenant, monkeypatch):
    monkeypatch.setattr(world.litestar.state, "sign_in_limits", RateLimits(Allowance(per_second=0.001, burst=2)))

    answers = [await give(caller(world), tenant) for _ in range(3)]
    beside = await give(caller(world, "203.0.113.9"), tenant)

    assert (answers, beside) == ([401, 401, 429], 401)


async def test_hashing_holds_nobody_up_and_has_an_end(world, tenant, at_home, monkeypatch):
    hashing = threading.Event()

    def slow(*_):
        hashing.wait(20)  # as argon2 does, outside the interpreter's lock
        return False

    monkeypatch.setattr(passwords, "_verify", slow)
    client = await tenant.client()
    tries = [asyncio.create_task(give(caller(world, f"192.0.2.{n}"), tenant, f"p{n}")) for n in range(60)]
    await asyncio.sleep(0)

    asked = 0
    while sum(one.done() for one in tries) < len(tries) - passwords.WAITING_MAX and asked < 1_000:
        assert (await client.get("/api/v1/me")).status_code == 200
        asked += 1
    hashing.set()
    await asyncio.gather(*tries)
    answers = [one.result() for one in tries]

    assert set(answers) == {401, 429}
    assert answers.count(401) == passwords.WAITING_MAX
    assert 0 < asked < 1_000


async def test_an_unknown_login_and_an_unknown_company_cost_the_same_hash(world, tenant, at_home, monkeypatch):
    verified = []
    verify = passwords._verify
    monkeypatch.setattr(passwords, "_verify", lambda *given: (verified.append(given[0]), verify(*given))[1])

    for company, login in ((tenant.slug, "li.wei"), (tenant.slug, "nobody"), ("no-such-company", "li.wei")):
        body = {"company": company, "login": login, "password": WRONG}
        await caller(world).post("/api/v1/sessions", json=body)

    assert verified == [WRONG] * 3


async def test_everything_about_signing_in_is_on_record_without_what_was_typed(world, tenant, at_home):
    auditor = await tenant.staff("auditor", "auditor")
    for _ in range(10):
        await give(caller(world), tenant)
    await give(caller(world), tenant, "hunter2 is my password")
    await at_home.delete("/api/v1/sessions")

    entries = (await auditor.get("/api/v1/audit-entries?limit=200")).json()["items"]
    told = [(e["action"], e["actor_name"], e["address"]) for e in reversed(entries) if e["subject"] == "session"]

    here, there = "127.0.0.1", "198.51.100.7"
    assert told == [
        ("session.sign_in", "li.wei", here),
        ("session.sign_in", "auditor", here),
        *[("session.failure", "li.wei", there)] * 10,
        ("session.lock_out", "li.wei", there),
        ("session.failure", "", there),
        ("session.sign_out", "li.wei", here),
    ]
    async with tenant.scope():
        kept = await fetch("select to_jsonb(l)::text as row from sign_in_limit l")
        kept += await fetch("select to_jsonb(e)::text as row from audit_entry e")
    assert len(kept) > 10
    assert [row for row in kept if "hunter2" in row["row"] or WRONG in row["row"]] == []
