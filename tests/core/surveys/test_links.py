"""The customer's link: signed, once, in time, for one company; a made-up one learns nothing, its holder what became of it."""

import asyncio
import base64
import re
from datetime import timedelta

import pytest
from desk import Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guibin.surveys import links
from guibin.web import signed_links
from guibin_tenants.tables import new_id

from .test_surveys import QUESTION, answers, hold, invitations, link


@pytest.fixture
async def desk(tenant, client):
    return Desk(tenant, client)


@pytest.fixture
async def path(desk):
    await desk.customer("L", "leader")
    held = await hold(desk, sample_percent=100)
    return await link(desk.client, (await invitations(desk, held["id"]))[0])


@pytest.mark.rule("S01-11")
async def test_the_page_speaks_the_readers_language_and_loads_nothing_but_our_sheet(world, path):
    answer = await world.client().get(path)
    english = await world.client().get(path, headers={"accept-language": "en-GB"})

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert ('lang="zh-CN"' in answer.text, 'lang="en"' in english.text) == (True, True)
    texts = ("您对我们的服务总体是否满意？", "How satisfied are you with our service?")
    assert [[text in one.text for text in texts] for one in (answer, english)] == [[True, False], [False, True]]
    assert not re.search(r"https?://|<script|<img|style=|url\(|客户L", answer.text)
    assert {
        one for one in re.findall(r'(?:href|src)="([^"]+)"', answer.text) if not one.startswith("/assets/")
    } == set()
    assert answer.headers.get_list("content-security-policy") == [answer.headers["content-security-policy"]]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; img-src 'self'")
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("private, no-store", "no-referrer")


@pytest.mark.rule("S01-11")
async def test_a_link_answers_once_even_when_pressed_many_times(world, desk, path):
    client = world.client()
    filled = {QUESTION: "100", "comment": "好"}

    pressed = await asyncio.gather(*(client.post(path, data=filled) for _ in range(6)))
    later = await client.get(path)

    assert sorted(one.status_code for one in pressed) == [200, 410, 410, 410, 410, 410]
    assert (later.status_code, "您已经答复过了" in later.text) == (410, True)
    assert len(await answers(desk)) == 1


async def test_what_is_left_out_is_asked_again_and_nothing_is_kept(world, desk, path):
    client = world.client()

    for wrong in ({}, {QUESTION: "101"}, {QUESTION: "-1"}, {QUESTION: "x"}, {"other": "100"}):
        answer = await client.post(path, data={**wrong, "comment": '"><b>'})
        assert (answer.status_code, "请回答每一个问题" in answer.text, "<b>" in answer.text) == (422, True, False)
    long = await client.post(path, data={QUESTION: "75", "comment": "长" * 1_001})
    assert (long.status_code, "checked" in long.text) == (422, True)
    assert (await client.post(path, content=b"x" * 40_000)).status_code in (400, 413)
    assert await answers(desk) == []
    assert (await client.post(path, data={QUESTION: "75"})).status_code == 200


async def test_unknown_foreign_and_made_up_links_look_the_same_and_only_a_holder_learns_why(
    world, tenant, desk, path, clock, other_tenant
):
    token = path.removeprefix("/s/")
    raw = bytearray(base64.urlsafe_b64decode(token + "="))
    foreign = bytes(other_tenant.id.bytes) + bytes(raw[16:])
    later = bytes(raw[:32]) + (int.from_bytes(raw[32:40]) + 86_400).to_bytes(8) + bytes(raw[40:])
    async with other_tenant.scope():
        signed_elsewhere = await links.issue(links.parse(token).invitation_id, clock() + timedelta(days=1))
    async with tenant.scope():
        never_drawn = await links.issue(new_id(), clock() + timedelta(days=1))
    bad = [
        "x",
        "A" * 75,
        token[:-1],
        "-" + token[1:],
        _text(foreign),
        _text(later),
        _text(new_id().bytes + bytes(raw[16:])),
        signed_elsewhere,
        never_drawn,
    ]
    client = world.client()
    assert (await client.get(path)).status_code == 200
    seen = {await _fingerprint(client, f"/s/{one}") for one in bad}
    now = clock()
    clock.set(now + timedelta(days=15))
    over = await client.get(path)
    clock.set(now)
    await client.post(path, data={QUESTION: "75"})
    used = await client.get(path)

    assert len(seen) == 1
    assert [(one.status_code, said in one.text) for one, said in ((over, "时间已过"), (used, "答复过"))] == [
        (410, True)
    ] * 2
    assert next(iter(seen))[0] == (404, 404)
    async with tenant.scope() as scope:
        # A made-up company gets no key of its own by being asked for.
        assert await scope.connection.fetchval("select count(*) from tenant_key") <= 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 447))
async def test_no_changed_bit_opens_a_link(tenant, clock, place):
    async with tenant.scope():
        token = await links.issue(new_id(), clock() + timedelta(days=1))
        raw = bytearray(base64.urlsafe_b64decode(token + "="))
        raw[place // 8] ^= 1 << (place % 8)
        changed = links.parse(_text(bytes(raw)))

        assert await signed_links.holds(links.parse(token), purpose=links.PURPOSE, now=clock())
        assert not await signed_links.holds(links.parse(token), purpose=links.PURPOSE, now=clock() + timedelta(days=1))
        assert changed is None or not await signed_links.holds(changed, purpose=links.PURPOSE, now=clock())


async def test_guessing_is_slowed_down(world):
    client = world.client()

    statuses = [(await client.get("/s/guess")).status_code for _ in range(70)]

    assert statuses[:50] == [404] * 50
    assert 429 in statuses
    assert int((await client.get("/s/guess")).headers["retry-after"]) >= 1


async def test_staff_take_a_link_only_while_it_can_be_answered(world, desk, path, clock):
    held = (await desk.client.get("/api/v1/survey-rounds")).json()["items"][0]
    drawn = (await invitations(desk, held["id"]))[0]
    assert await link(desk.client, drawn) == path
    assert (await world.client().post(path, data={QUESTION: "25"})).status_code == 200

    await link(desk.client, drawn, status=409)

    after = (await desk.client.get(f"/api/v1/survey-rounds/{held['id']}")).json()
    assert (after["answered"], after["under_floor"], after["score_avg"]) == (1, 1, 25.0)


def _text(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


async def _fingerprint(client, path):
    got, posted = await client.get(path), await client.post(path, data={QUESTION: "75"})
    return (got.status_code, posted.status_code), got.text, posted.text, str(sorted(got.headers.items()))
