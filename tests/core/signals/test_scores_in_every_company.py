"""A low or falling score warns in a company without any pack, too, and goes up where nobody acts on it (S09-2, S07-32)."""

from datetime import timedelta

import pytest
from desk import open_desk
from running import come_round, work_off
from standing import member

from guibin.signals.jobs import FindSignals
from guibin.sla.sweep import fire_due
from guibin_tenants.scope import fetch

QUESTION = "overall_satisfaction"


@pytest.fixture
async def desk(world):
    return await open_desk(world)


async def says(world, desk, score):
    """The only customer is asked and answers by the link."""
    body = {"sample_percent": 100}
    held = (await desk.client.post("/api/v1/surveys/satisfaction/rounds", json=body)).json()
    drawn = await desk.client.get("/api/v1/survey-invitations", params={"round_id": held["id"]})
    sending = f"/api/v1/survey-invitations/{drawn.json()['items'][0]['id']}/sendings"
    link = (await desk.client.post(sending, json={"channel": "sms"})).json()["path"]
    answer = await world.client().post(link, data={QUESTION: str(score)})
    assert answer.status_code == 200, answer.text


async def heard(desk, person):
    async with desk.tenant.scope():
        rows = await fetch("select kind from staff_notice where staff_id = $1", person.staff_id)
    return {row["kind"] for row in rows}


@pytest.mark.rule("S07-32", "S09-2")
@pytest.mark.parametrize(
    ("rule", "scores", "hours"), [("score_low", (50,), 24), ("score_falls", (100, 75), 62), ("", (75,), 62)]
)
async def test_the_account_manager_hears_then_the_manager_and_eight_hours_later_the_company(
    world, desk, clock, rule, scores, hours
):
    """A low score is acted on within a day, a fall by the end of the second day after: found at ten, that is 62 hours."""
    own, lead, boss = [
        await desk.tenant.staff(name, role)
        for name, role in (("gu", "account_manager"), ("zhang", "manager"), ("boss", "tenant_admin"))
    ]
    person = await desk.customer("1", "customer", account_manager_id=str(own.staff_id))
    for place, score in enumerate(scores):
        clock.set(clock() + timedelta(days=91 if place else 0))
        await says(world, desk, score)
    await member(desk.tenant, person, scheme="key_customer", tier="gold", starts_on=clock().date())
    await come_round(desk.tenant, FindSignals())
    opened = [one["rule"] for one in (await desk.client.get("/api/v1/signals")).json()["items"]]
    found = clock()

    steps = []
    for later in (timedelta(hours=hours, minutes=-1), timedelta(hours=hours), timedelta(hours=hours + 8)):
        clock.set(found + later)
        async with desk.tenant.scope():
            await fire_due(clock())
        await work_off(desk.tenant)
        steps.append(["signal_escalated" in await heard(desk, each) for each in (own, lead, boss)])

    assert (opened, "signal_open" in await heard(desk, own)) == (([rule], True) if rule else ([], False))
    gone_up = [[False, False, False], [False, True, False], [False, True, True]]
    assert steps == (gone_up if rule else [[False] * 3] * 3)
