"""VIPs are invited regularly: whom a rhythm concerns, what counts, the figure, the page, and the wall (S13-7)."""

from datetime import UTC, datetime, timedelta

import pytest
from desk import open_desk
from running import come_round

from guibin.activities.jobs import TellInvitations

KEY = "key_customer"
RHYTHM = {
    "name": "gatherings",
    "kinds": ["forum"],
    "scheme": KEY,
    "tiers": ["gold"],
    "span": "quarter",
    "plan_days": 10,
    "clause": "S13-7",
}


@pytest.fixture
async def desk(world, clock):
    clock.set(datetime(2026, 3, 30, 2, 0, tzinfo=UTC))
    desk = await open_desk(world)
    overrides = {"invitations": [RHYTHM], "activities": [{"name": "forum", "clause": "S13-7"}]}
    body = {"note": "rhythm", "overrides": overrides, "effective_from": clock().isoformat()}
    answer = await desk.client.post("/api/v1/policy/versions", json=body)
    assert answer.status_code == 201, answer.text
    return desk


async def gold(desk, number, **more):
    person = await desk.customer(number, "customer", **more)
    await desk.consent(person, KEY)
    body = {
        "customer_id": person,
        "scheme": KEY,
        "tier": "gold",
        "kind": "exception",
        "reason": "重点",
        "expires_on": "2027-03-01",
    }
    asked = (await desk.client.post("/api/v1/applications", json=body)).json()
    other = await desk.tenant.client("approvals:decide")
    await other.post(f"/api/v1/approvals/{asked['approval_id']}/decision", json={"approved": True})
    return person


async def forum(desk, *people, starts="2026-05-20T06:00:00+00:00"):
    begins = datetime.fromisoformat(starts)
    body = {
        "kind": "forum",
        "title": "客户座谈会",
        "starts_at": starts,
        "ends_at": (begins + timedelta(hours=2)).isoformat(),
    }
    made = await desk.client.post("/api/v1/activities", json=body)
    assert made.status_code == 201, made.text
    if people:
        await desk.client.post(
            f"/api/v1/activities/{made.json()['id']}/invitations", json={"customer_ids": list(people)}
        )
    return made.json()


async def left(desk, **asked):
    found = (await desk.client.get("/api/v1/uninvited-members", params=asked)).json()["items"]
    return {one["customer_id"]: one["state"] for one in found}


@pytest.mark.rule("S13-7")
async def test_who_joins_in_a_span_is_invited_from_the_next_on_and_an_invitation_of_before_does_not_count(desk, clock):
    early = await gold(desk, "1")
    await forum(desk, early)
    clock.set(datetime(2026, 4, 2, 2, 0, tzinfo=UTC))
    late = await gold(desk, "2")

    second = await left(desk)
    clock.set(datetime(2026, 7, 1, 2, 0, tzinfo=UTC))

    assert second == {early: "due"}
    assert await left(desk) == {early: "due", late: "due"}
    assert await left(desk, on="2026-06-30") == {early: "missed"}


@pytest.mark.rule("S13-7")
async def test_the_figure_says_how_many_of_those_to_be_invited_were(desk, clock):
    one, other = await gold(desk, "1"), await gold(desk, "2")
    clock.set(datetime(2026, 4, 2, 2, 0, tzinfo=UTC))
    await forum(desk, one)
    clock.set(datetime(2026, 7, 3, 2, 0, tzinfo=UTC))

    found = await desk.client.get("/api/v1/reports/service", params={"period": "2026-06"})

    assert found.status_code == 200, found.text
    figure = next(each for each in found.json()["figures"] if each["definition"]["name"] == "vips_invited")
    assert (figure["numerator"], figure["denominator"]) == (1, 2)
    assert other


@pytest.mark.rule("S13-7")
async def test_the_page_shows_what_is_unplanned_and_who_is_left(desk, clock):
    person = await gold(desk, "1")
    clock.set(datetime(2026, 4, 2, 2, 0, tzinfo=UTC))
    before = (await desk.client.get("/console/activities/regular")).text
    await forum(desk, person)

    after = (await desk.client.get("/console/activities/regular")).text

    assert [word for word in ("未安排", "客户1", "2026", "待邀请") if word not in before] == []
    assert ("客户座谈会" in after, "未安排" in after, person in after) == (True, False, False)


@pytest.mark.rule("S13-7")
async def test_a_job_that_comes_late_still_tells_of_its_day_and_only_once(desk, clock):
    await gold(desk, "1")
    clock.set(datetime(2026, 4, 11, 1, 0, tzinfo=UTC))
    manager = await desk.tenant.staff("manager", "manager")

    for _ in range(2):
        await come_round(desk.tenant, TellInvitations())

    told = await manager.get("/api/v1/notices")
    assert told.status_code == 200, told.text
    assert [one["kind"] for one in told.json()["items"]] == ["invitation_unplanned"]


async def test_another_outlets_members_are_not_among_those_who_are_left(desk, clock):
    await desk.tenant.unit("north")
    await desk.tenant.unit("south")
    await gold(desk, "1", org_unit_id=str(desk.tenant.units["north"]))
    clock.set(datetime(2026, 4, 2, 2, 0, tzinfo=UTC))
    south = await desk.tenant.staff("south", "account_manager", unit="south")
    north = await desk.tenant.staff("north", "account_manager", unit="north")

    seen = [len((await who.get("/api/v1/uninvited-members")).json()["items"]) for who in (north, south)]
    rhythms = [(await who.get("/api/v1/invitation-rhythms")).json()[0]["members"] for who in (north, south)]

    assert (seen, rhythms) == ([1, 0], [1, 0])
