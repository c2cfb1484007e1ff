"""Who else is at a case: shown to whoever may read it, kept in Valkey alone, gone when they leave."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from guibin.live.presence import GONE_AFTER_S, Presence
from guibin_tenants.scope import fetch_value

COMPLAINT = {"text": "没有信号", "channel": "phone"}


@pytest.fixture(autouse=True)
async def valkey(world):
    state = world.litestar.state
    before, state.presence = state.presence, Presence(world.redis_url)
    client = Redis.from_url(world.redis_url, decode_responses=True)
    yield client
    await client.aclose()
    await state.presence.close()
    state.presence = before


@pytest.fixture
async def company(world):
    return await world.tenant()


@pytest.fixture
async def complaint(company):
    answer = await (await company.client()).post("/api/v1/complaints", json=COMPLAINT)
    return answer.json()["id"]


async def says(client, complaint_id, doing="looks", language="zh-CN"):
    answer = await client.post(
        f"/console/presence/complaint/{complaint_id}", data={"doing": doing}, headers={"Accept-Language": language}
    )
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_two_at_a_case_see_each_other_and_whether_one_writes(company, complaint):
    one, other = await company.staff("wang", "agent"), await company.staff("li", "agent")

    alone = await says(one, complaint)
    with_one = await says(other, complaint, "writes")
    with_other = await says(one, complaint)
    english = await says(one, complaint, language="en")
    await says(other, complaint, "leaves")

    assert alone.strip() == ""
    assert "wang 正在看这个投诉" in with_one
    assert "li 正在写" in with_other
    assert "li is writing" in english
    assert (await says(one, complaint)).strip() == ""


async def test_who_says_nothing_any_more_is_gone(company, complaint, clock):
    one, other = await company.staff("wang", "agent"), await company.staff("li", "agent")
    await says(other, complaint)
    seen = await says(one, complaint)

    clock.set(clock() + timedelta(seconds=GONE_AFTER_S + 1))

    assert "li" in seen
    assert (await says(one, complaint)).strip() == ""


@pytest.mark.rule("S02-6")
async def test_behind_a_wall_without_the_right_or_at_another_company_nobody_is_shown(world, company):
    east, _ = await company.unit("east"), await company.unit("west")
    head = await company.client()
    customer = {"number": "1", "name": "张三", "kind": "leader", "org_unit_id": str(east)}
    customer_id = (await head.post("/api/v1/customers", json=customer)).json()["id"]
    case = (await head.post("/api/v1/complaints", json=COMPLAINT | {"customer_id": customer_id})).json()["id"]
    people = {
        "east": await company.staff("east", "agent", unit="east"),
        "west": await company.staff("west", "agent", unit="west"),
        "auditor": await company.staff("auditor", "auditor"),
        "stranger": await (await world.tenant()).staff("stranger", "agent"),
    }

    answers = {name: await one.post(f"/console/presence/complaint/{case}", data={}) for name, one in people.items()}

    assert {name: answer.status_code for name, answer in answers.items()} == {
        "east": 200,
        "west": 404,
        "auditor": 403,
        "stranger": 404,
    }
    assert "east" not in answers["west"].text


async def test_nothing_of_it_is_kept_but_ids_that_expire_under_the_companys_own_key(company, complaint, valkey):
    one = await company.staff("wang", "agent")
    await says(one, complaint, "writes")
    keys = [key async for key in valkey.scan_iter(f"presence:{company.id}:*")]
    held = {member for key in keys for member in await valkey.zrange(key, 0, -1)}
    lasts = [await valkey.ttl(key) for key in keys]
    async with company.scope():
        rows = await fetch_value("select count(*) from stream_event where type like 'presence%'")

    assert sorted(keys) == [f"presence:{company.id}:complaint:{complaint}:{what}" for what in ("looks", "writes")]
    assert held == {str(one.staff_id)}
    assert all(0 < seconds <= GONE_AFTER_S for seconds in lasts)
    assert rows == 0


async def test_without_valkey_pages_are_answered_and_show_nobody(world, company, complaint):
    one = await company.staff("wang", "agent")
    world.litestar.state.presence = Presence("redis://127.0.0.1:1/0")

    assert (await says(one, complaint)).strip() == ""
    assert (await one.get(f"/console/complaints/{complaint}")).status_code == 200


async def test_only_cases_have_people_at_them(company, complaint):
    one = await company.staff("wang", "agent")

    assert (await one.post(f"/console/presence/customer/{complaint}", data={})).status_code == 404
