"""What users of other systems report about their deadlines, each proved not to happen here."""

from datetime import UTC, datetime

import pytest
from targets import FIRST_CONTACT, NEXT_UPDATE, level, opened

# The clock stands on a working Monday at 10:00 in Shanghai; the desk opens 9 to 12 and 13:30 to 18.
DESK = {"kind": "business_hours", "calendar": "business"}


def local(text):
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


async def due_at(case, milestone="resolution"):
    lines = (await case.form())["deadlines"]
    return [datetime.fromisoformat(one["due_at"]) for one in lines if one["milestone"] == milestone][-1]


async def waited(case, since, until):
    """Wait for the customer between these hours after the receipt."""
    pause = await case.post("pauses", {"reason": "等客户回电"}, at=since)
    case.go_to(until)
    answer = await case.client.delete(f"/api/v1/complaints/{case.id}/pauses/{pause['id']}")
    assert answer.status_code == 204, answer.text


@pytest.mark.rule("S07-23")
async def test_glpi_6902_time_spent_waiting_is_kept_when_the_limit_changes(tenant, client):
    case = await opened(tenant, client, level("1", 5, milestones=()), level("2", 8, milestones=()))
    await waited(case, 1, 3)
    await case.post("level", {"level": "2", "reason": "需要其他部门"}, at=4)

    assert await case.due("resolution") == [10]


@pytest.mark.rule("S07-23")
async def test_glpi_15605_a_limit_changed_while_waiting_keeps_the_wait_that_goes_on(tenant, client):
    case = await opened(tenant, client, level("1", 5, milestones=()), level("2", 8, milestones=()))
    await waited(case, 1, 2)
    pause = await case.post("pauses", {"reason": "等客户回电"}, at=3)
    await case.post("level", {"level": "2", "reason": "需要其他部门"}, at=4)
    case.go_to(6)
    await client.delete(f"/api/v1/complaints/{case.id}/pauses/{pause['id']}")

    assert await case.due("resolution") == [8 + 1 + 3]


async def test_zammad_5177_the_next_update_does_not_overrule_the_first_contact(tenant, client):
    late_update = NEXT_UPDATE | {"within": {"type": "hours", "count": 9}}
    case = await opened(tenant, client, level("1", 24, milestones=(FIRST_CONTACT, late_update)))
    await case.message("in", at=0.5)

    assert (await case.due("first_contact"), await case.due("next_update")) == ([1], [9])
    assert ("first_contact", "breach") in await case.sweep(1)


async def test_zammad_3140_our_own_further_words_restart_nothing(tenant, client):
    case = await opened(tenant, client)
    await case.message("in", at=0.25)
    await case.message("out", at=0.5)
    for hours in (1, 1.5, 2):
        await case.message("out", at=hours)

    assert await case.running() == {"resolution"}
    assert await case.due("next_update") == [2]
    assert await case.sweep(3.9) == []


async def test_zammad_4432_nobody_is_reminded_outside_service_hours(tenant, client, clock):
    clock.set(local("2026-03-02T16:30:00"))
    chain = [{"role": "manager", "after_minutes": 30}, {"role": "tenant_admin", "after_minutes": 120}]
    case = await opened(tenant, client, level("1", 2, milestones=(), escalations=chain, **DESK))
    told = []
    for tenths in range(1, 200):
        told += [(case.at(tenths / 10), step) for _, step in await case.sweep(tenths / 10)]

    # Due on Tuesday at 9:30; what follows is counted in the desk's own minutes.
    assert await due_at(case) == local("2026-03-03T09:30:00")
    assert told == [
        (local("2026-03-03T09:06:00"), "warning"),
        (local("2026-03-03T09:30:00"), "breach"),
        (local("2026-03-03T10:00:00"), "escalation:manager"),
        (local("2026-03-03T11:30:00"), "escalation:tenant_admin"),
    ]


async def test_frappe_helpdesk_2212_the_clock_stands_over_lunch_and_while_waiting(tenant, client, clock):
    clock.set(local("2026-03-02T11:00:00"))
    case = await opened(tenant, client, level("1", 2, milestones=(), **DESK))

    assert await due_at(case) == local("2026-03-02T14:30:00")
    await waited(case, 0.5, 5.0)  # 11:30 to 16:00: half an hour before lunch, two and a half after
    assert await due_at(case) == local("2026-03-02T17:30:00")


async def test_osticket_3034_waiting_for_the_customer_stops_the_clock(tenant, client):
    case = await opened(tenant, client, level("1", 5, milestones=()))
    await case.post("pauses", {"reason": "等客户回电"}, at=1)

    assert await case.sweep(200) == []
    shown = (await client.get("/api/v1/timers", params={"state": "paused"})).json()["items"]
    assert [one["breached_at"] for one in shown] == [None]


@pytest.mark.parametrize(
    ("kind", "count", "due"),
    [
        ("business_hours", 24, "2026-03-05T11:30:00"),  # 6½ hours, two days of 7½, and 2½
        ("business_days", 3, "2026-03-05T18:00:00"),
        ("hours", 24, "2026-03-03T10:00:00"),
        ("days", 1, "2026-03-03T23:59:59.999999"),
    ],
)
async def test_zammad_390_a_working_day_is_not_24_hours(tenant, client, kind, count, due):
    case = await opened(tenant, client, level("1", count, kind=kind, calendar="business", milestones=()))

    assert await due_at(case) == local(due)


async def test_a_receipt_when_the_desk_is_closed_is_warned_of_when_it_opens(tenant, client, clock):
    clock.set(local("2026-03-07T20:00:00"))  # a Saturday
    case = await opened(tenant, client, level("1", 5, milestones=(), **DESK))

    # Whoever is on duty is called meanwhile (S07-2): that is a deadline of the call, and none of the complaint's own.
    assert await due_at(case) == local("2026-03-09T15:30:00")
    assert not {"resolution"} & {milestone for milestone, _ in await case.sweep(42.4)}
    assert await case.sweep(42.5) == [("resolution", "warning")]
