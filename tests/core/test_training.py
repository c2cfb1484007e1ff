"""S10-9: training that the policy asks for in each span: who had none is listed, told to whom it concerns, and counted."""

from datetime import UTC, datetime

import pytest
from running import come_round

from guibin.qualifications.jobs import TellTrainingDue
from guibin_tenants.scope import execute, fetch

NAME = "service_training"
NEW = datetime(2025, 6, 2, 2, 0, tzinfo=UTC)
KINDS = ("training_none", "training_wanted")


@pytest.fixture
async def house(tenant, client, clock):
    """An outlet whose people are there since 2024, a neighbour, and one who came in the course of 2025."""
    clock.set(datetime(2026, 1, 2, 2, 0, tzinfo=UTC))
    for code in ("east", "west"):
        await tenant.unit(code)
    people = {
        "trained": await tenant.staff("trained", "account_manager", unit="east"),
        "never": await tenant.staff("never", "account_manager", unit="east"),
        "lead": await tenant.staff("lead", "manager", unit="east"),
        "west": await tenant.staff("west", "manager", unit="west"),
        "new": await tenant.staff("new", "account_manager", unit="east"),
    }
    async with tenant.scope():
        for name, since in [*((name, datetime(2024, 11, 4, tzinfo=UTC)) for name in people), ("new", NEW)]:
            await execute("update staff set created_at = $2 where login = $1", name, since)
    asks = {"name": NAME, "posts": ["account_manager"], "valid_months": None, "asked_every": "year", "clause": "S10-9"}
    asks |= {"remind_days": 30}
    body = {"note": "年度培训", "overrides": {"qualifications": [asks]}}
    assert (await client.post("/api/v1/policy/versions", json=body)).status_code == 201
    await recorded(people, "trained", "2025-05-12")
    return people


async def recorded(people, whose, day):
    body = {"staff_id": str(people[whose].staff_id), "qualification": NAME, "obtained_on": day}
    answer = await people["lead"].post("/api/v1/qualification-records", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def told(tenant):
    async with tenant.scope():
        rows = await fetch(
            "select n.kind, s.name, n.details->>'who' as who, n.details->>'span' as span from staff_notice n"
            " join staff s on s.tenant_id = n.tenant_id and s.id = n.staff_id where n.kind = any ($1)"
            " order by n.kind, s.name",
            list(KINDS),
        )
    return [tuple(row) for row in rows]


async def untrained(who, **asked):
    answer = await who.get("/api/v1/qualifications/untrained", params={"qualification": NAME, **asked})
    return [one["staff_name"] for one in answer.json()["items"]] if answer.status_code == 200 else answer.status_code


@pytest.mark.rule("S10-9")
async def test_whoever_had_no_training_is_reminded_before_the_year_ends_and_told_to_the_leader_after(
    tenant, clock, house
):
    heard = {}
    for day in ("2025-11-30", "2025-12-05", "2025-12-06", "2026-01-02"):
        clock.set(datetime.fromisoformat(f"{day}T02:00:00+00:00"))
        await come_round(tenant, TellTrainingDue())
        heard[day] = await told(tenant)

    before = [("training_wanted", "never", "never", "2025")]
    assert heard["2025-11-30"] == []
    assert heard["2025-12-05"] == heard["2025-12-06"] == before
    assert heard["2026-01-02"] == [
        ("training_none", "lead", "never", "2025"),
        ("training_none", "never", "never", "2025"),
        *before,
    ]


@pytest.mark.rule("S10-9")
async def test_nobody_is_told_when_all_were_trained_or_a_record_was_made_up_for(tenant, clock, house):
    await recorded(house, "never", "2025-01-15")
    clock.set(datetime(2026, 1, 2, 2, 0, tzinfo=UTC))

    await come_round(tenant, TellTrainingDue())

    assert await told(tenant) == []
    assert await untrained(house["lead"]) == []


@pytest.mark.rule("S10-9")
async def test_the_list_is_of_the_span_asked_for_and_of_ones_own(client, clock, house):
    taken = await recorded(house, "never", "2025-01-15")
    await house["lead"].post(f"/api/v1/qualification-records/{taken}/withdrawal", json={"reason": "登记错人"})
    clock.set(datetime(2026, 1, 2, 2, 0, tzinfo=UTC))

    lists = {name: await untrained(house[name]) for name in ("lead", "west", "never", "trained")}

    assert lists == {"lead": ["never"], "west": [], "never": ["never"], "trained": []}
    assert await untrained(house["lead"], span="2026") == ["never", "new", "trained"]
    assert await untrained(house["lead"], span="2026-Q1") == 422
    assert await untrained(house["lead"], qualification="driving") == 422


@pytest.mark.rule("S10-9")
async def test_the_figure_counts_who_was_to_be_trained_in_a_year_that_ended(client, clock, house):
    clock.set(datetime(2026, 1, 2, 2, 0, tzinfo=UTC))

    async def figure(period):
        answer = await client.get("/api/v1/reports/service", params={"period": period})
        assert answer.status_code == 200, answer.text
        found = next(one for one in answer.json()["figures"] if one["definition"]["name"] == "staff_trained")
        return found["numerator"], found["denominator"]

    assert (await figure("2025"), await figure("2025-11")) == ((1, 2), (0, 0))


async def test_the_page_shows_who_had_none(clock, house):
    clock.set(datetime(2026, 1, 2, 2, 0, tzinfo=UTC))

    page = (await house["lead"].get("/console/qualifications", headers={"Accept-Language": "zh-CN"})).text

    assert page.count("没有参加") == 2
    assert "2025 没有参加" in page
    assert "从未" in page


@pytest.mark.rule("S10-9")
async def test_whoever_serves_is_trained_every_year_in_every_company(world, clock):
    clock.set(datetime(2026, 1, 2, 2, 0, tzinfo=UTC))
    company = await world.tenant(packs=())
    people = {role: await company.staff(role, role) for role in ("account_manager", "agent", "manager", "auditor")}
    async with company.scope():
        await execute("update staff set created_at = $1", datetime(2024, 11, 4, tzinfo=UTC))

    assert await untrained(people["manager"], span="2025") == ["account_manager", "agent"]
