"""Each kind of event in a company without any pack: what it uses, who may come along, until when one answers, and what is asked
afterwards (S01-6, S10-6, S13-7)."""

from datetime import UTC, datetime, timedelta

import pytest
from desk import open_desk
from standing import member

ACTIVITIES, INVITATIONS = "/api/v1/activities", "/api/v1/activity-invitations"
STARTS = datetime(2026, 3, 20, 6, 0, tzinfo=UTC)
# What attending uses, how many may come along, how many hours before the start one answers.
KINDS = [
    ("lecture", "vip_event", 1, 24),
    ("seminar", "vip_event", 0, 24),
    ("round_table", "vip_event", 0, 24),
    ("forum", "vip_event", 0, 24),
    ("gala", "vip_event", 1, 24),
    ("travel", "vip_event", 1, 72),
    ("promotion", "", 2, 24),
    ("bespoke_event", "bespoke_event", 5, 24),
]


@pytest.fixture
async def desk(world):
    return await open_desk(world)


async def post(desk, path, body, status=201):
    answer = await desk.client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def invited(desk, kind, tier="diamond"):
    """The invitation of a customer to an event of this kind."""
    person = await desk.customer("1", "customer")
    await member(desk.tenant, person, scheme="key_customer", tier=tier)
    ends = STARTS + timedelta(hours=2)
    event = {"kind": kind, "title": "答谢", "starts_at": STARTS.isoformat(), "ends_at": ends.isoformat()}
    activity = await post(desk, ACTIVITIES, event)
    await post(desk, f"{ACTIVITIES}/{activity['id']}/invitations", {"customer_ids": [person]})
    found = await desk.client.get(INVITATIONS, params={"activity_id": activity["id"]})
    return person, f"{INVITATIONS}/{found.json()['items'][0]['id']}"


async def used(desk, person):
    items = (await desk.client.get(f"/api/v1/customers/{person}/entitlements")).json()["items"]
    return {one["item"]: one["consumed"] for one in items if one["consumed"]}


@pytest.mark.rule("S10-6", "S13-7", "S01-6")
@pytest.mark.parametrize(("kind", "item"), [each[:2] for each in KINDS])
async def test_attending_uses_what_the_tier_is_entitled_to_and_one_question_is_asked(desk, clock, kind, item):
    person, invitation = await invited(desk, kind)
    await post(desk, f"{invitation}/answers", {"accepted": True})
    clock.set(STARTS + timedelta(minutes=5))
    await post(desk, f"{invitation}/attendance", {"persons": 1})

    nothing = await post(desk, f"{invitation}/feedback", {"scores": {}}, 422)
    await post(desk, f"{invitation}/feedback", {"scores": {"overall_satisfaction": 75}}, 200)

    assert await used(desk, person) == ({item: 1} if item else {})
    assert [error["field"] for error in nothing["errors"]] == ["scores"]


@pytest.mark.rule("S10-6", "S13-7", "S01-6")
@pytest.mark.parametrize(("kind", "companions_max"), [(kind, most) for kind, _, most, _ in KINDS])
async def test_so_many_may_come_along_and_not_one_more(desk, kind, companions_max):
    _, invitation = await invited(desk, kind)

    await post(desk, f"{invitation}/answers", {"accepted": True, "companions": companions_max + 1}, 422)
    await post(desk, f"{invitation}/answers", {"accepted": True, "companions": companions_max})


@pytest.mark.rule("S10-6", "S13-7")
@pytest.mark.parametrize(("kind", "answer_hours"), [(kind, hours) for kind, _, _, hours in KINDS])
async def test_one_says_yes_until_so_many_hours_before_the_start(desk, clock, kind, answer_hours):
    _, invitation = await invited(desk, kind)
    last = STARTS - timedelta(hours=answer_hours)

    clock.set(last - timedelta(minutes=1))
    await post(desk, f"{invitation}/answers", {"accepted": True})
    await post(desk, f"{invitation}/answers", {"accepted": False})
    clock.set(last + timedelta(minutes=1))
    await post(desk, f"{invitation}/answers", {"accepted": True}, 409)
