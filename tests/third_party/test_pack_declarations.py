"""What a pack declares as its own, kinds of events and figures: there for the companies that have the pack and for nobody else."""

import json

import asyncpg
import pytest
from desk import open_desk
from receiver import receiving
from running import work_off

from guibin.outbound.targets import Rules, use_rules
from guibin.periods.counts import COUNTED_ABOVE, count
from guibin_tenants import registry

ENTERED = "airline_lounge.guest_entered"
FIGURE = "airline_lounge.stays"
STAYS = "/api/v1/packs/airline_lounge/stays"
HOOK = {"url": "https://example.com/hook", "event_types": [ENTERED]}
PACK = "/api/v1/enabled-packs/airline_lounge"
MARCH = {"period": "2026-03"}


@pytest.fixture
async def desk(world):
    return await open_desk(world, "airline_lounge")


@pytest.fixture
async def receiver(anyio_backend):
    async with receiving() as receiver:
        use_rules(Rules([receiver.host]))
        yield receiver
        use_rules(Rules())


async def kinds(client):
    return {one["name"]: one for one in (await client.get("/api/v1/event-types")).json()}


async def test_a_packs_kind_of_event_is_there_for_its_companies_and_in_its_words(world, desk):
    other = await open_desk(world)

    ours, theirs = await kinds(desk.client), await kinds(other.client)

    assert ours[ENTERED]["title"] == {"zh": "旅客进入休息室", "en": "A guest enters a lounge"}
    assert [field["name"] for field in ours[ENTERED]["payload"]] == ["customer_id"]
    assert set(ours) - set(theirs) == {ENTERED}
    assert ENTERED in (await desk.client.get("/api/v1/webhook-event-types")).json()
    assert ENTERED not in (await other.client.get("/api/v1/webhook-event-types")).json()


async def test_a_webhook_of_a_company_that_has_the_pack_is_told_and_another_is_refused_by_name(world, desk, receiver):
    other = await open_desk(world)
    person = await desk.customer("1", "flyer")

    taken = await desk.client.post("/api/v1/webhooks", json=HOOK | {"url": receiver.url()})
    refused = await other.client.post("/api/v1/webhooks", json=HOOK | {"url": receiver.url()})
    await desk.client.post(STAYS, json={"customer_id": person, "lounge": "T2"})
    await work_off(desk.tenant, kind="deliver_webhook")

    assert taken.status_code == 201, taken.text
    wrong = [(each["field"], each["value"]) for each in refused.json()["errors"]]
    assert (refused.status_code, wrong) == (422, [("event_types", ENTERED)])
    (told,) = [json.loads(each.body) for each in receiver.received]
    assert (told["type"], told["data"]) == (ENTERED, {"customer_id": person})


def following(event):
    automation = {
        "name": "greeting",
        "when": {"type": "happens", "event": event},
        "then": [{"type": "open_task", "text": "问候", "role": "manager", "within_hours": 1}],
    }
    return {
        "overrides": {"automations": [automation], "texts": {"automation.greeting": {"zh": "问候", "en": "Greeting"}}}
    }


async def test_an_automation_runs_after_it_where_the_company_has_the_pack(world, desk):
    other = await open_desk(world)
    ours, theirs = [await each.tenant.staff("admin-1", "tenant_admin", "manager") for each in (desk, other)]
    person = await desk.customer("1", "flyer")

    written = await ours.post("/api/v1/policy/versions", json=following(ENTERED))
    refused = await theirs.post("/api/v1/policy/versions", json=following(ENTERED))
    on = await ours.post("/api/v1/automations/greeting/activation")
    await desk.client.post(STAYS, json={"customer_id": person, "lounge": "T2"})
    await work_off(desk.tenant)
    runs = (await desk.client.get("/api/v1/automation-runs")).json()["items"]
    page = (await ours.get("/console/automations/greeting")).text

    assert (written.status_code, on.status_code) == (201, 201), on.text
    wrong = [(each["field"], each["value"]) for each in refused.json()["errors"]]
    assert (refused.status_code, wrong) == (422, [("automations.greeting.when.event", ENTERED)])
    assert [(one["automation"], one["outcome"]) for one in runs] == [("greeting", "done")]
    assert "旅客进入休息室" in page


SCRIPT = {"name": "greet", "hook": "on_event", "follows": ENTERED, "source": "def on_event(event):\n    return []\n"}


async def test_a_script_follows_it_where_the_company_has_the_pack(world, desk):
    other = await open_desk(world)
    answers = []
    for each in (desk, other):
        admin = await each.tenant.staff("admin-1", "tenant_admin")
        answers.append(await admin.post("/api/v1/scripts", json=SCRIPT))

    assert [one.status_code for one in answers] == [201, 422], [one.text for one in answers]
    assert [(one["field"], one["value"]) for one in answers[1].json()["errors"]] == [("follows", ENTERED)]


async def test_what_the_pages_offer_and_show_of_it_is_for_its_companies(world, desk):
    other = await open_desk(world)
    shown = {}
    for each in (desk, other):
        reader = await each.tenant.staff("reader-1", "tenant_admin", "manager")
        addresses = (f"/console/webhooks/secrets/{reader.staff_id}/do/make", "/console/reports/service?period=2026-03")
        shown[each] = [(await reader.get(address)).text for address in addresses]
        shown[each].append((await reader.get(f"/console/reports/figures/{FIGURE}?period=2026-03")).status_code)

    assert ["旅客进入休息室" in shown[desk][0], "休息室接待" in shown[desk][1], shown[desk][2]] == [True, True, 200]
    assert ["旅客进入休息室" in shown[other][0], "休息室接待" in shown[other][1], shown[other][2]] == [
        False,
        False,
        404,
    ]


async def test_a_pack_that_ends_and_comes_back_takes_all_with_it_and_brings_it_back(world, desk):
    connection = await asyncpg.connect(world.owner_url)
    await registry.allow_packs(connection, desk.tenant.view.slug, ("airline_lounge",))
    await connection.close()
    person = await desk.customer("1", "flyer")
    await desk.client.post(STAYS, json={"customer_id": person, "lounge": "T2"})
    hook = (await desk.client.post("/api/v1/webhooks", json=HOOK)).json()["webhook"]

    async def there():
        return (ENTERED in await kinds(desk.client), (await figures(desk.client)).get(FIGURE, {}).get("numerator"))

    before = await there()
    ended = await desk.client.post(f"{PACK}/ending", json={})
    without = await there()
    renamed = await desk.client.patch(f"/api/v1/webhooks/{hook['id']}", json={"description": "大屏"})
    back = await desk.client.put(PACK, json={})
    after = await there()

    assert (ended.status_code, back.status_code) == (200, 200), (ended.text, back.text)
    assert (before, without, after) == ((True, 1), (False, None), (True, 1))
    assert (renamed.status_code, renamed.json()["event_types"]) == (200, [ENTERED])


async def test_a_pack_whose_event_an_automation_follows_is_not_taken_away_before_it(world, desk):
    connection = await asyncpg.connect(world.owner_url)
    await registry.allow_packs(connection, desk.tenant.view.slug, ("airline_lounge",))
    await connection.close()
    admin = await desk.tenant.staff("admin-1", "tenant_admin")
    await admin.post("/api/v1/policy/versions", json=following(ENTERED))

    refused = await desk.client.post(f"{PACK}/ending", json={})
    await admin.post("/api/v1/policy/versions", json={"overrides": {}})
    ended = await desk.client.post(f"{PACK}/ending", json={})

    wrong = [(each["field"], each["value"]) for each in refused.json()["errors"]]
    assert (refused.status_code, wrong, ended.status_code) == (422, [("automations.greeting.when.event", ENTERED)], 200)


async def figures(client):
    answer = await client.get("/api/v1/reports/service", params=MARCH)
    return {one["definition"]["name"]: one for one in answer.json()["figures"]}


async def test_a_packs_figure_stands_in_the_reports_of_its_companies_with_the_rows_behind_it(world, desk):
    other = await open_desk(world)
    person = await desk.customer("1", "flyer")
    await desk.client.post(STAYS, json={"customer_id": person, "lounge": "T2"})

    ours, theirs = await figures(desk.client), await figures(other.client)
    rows = await desk.client.get(f"/api/v1/figures/{FIGURE}/rows", params=MARCH)

    assert (ours[FIGURE]["numerator"], ours[FIGURE]["value"]) == (1, 1.0)
    assert ours[FIGURE]["definition"]["title"] == "休息室接待"
    assert ours[FIGURE]["definition"]["numerator_says"] == "期间进入休息室的人次"
    assert (FIGURE in theirs, set(theirs) == set(ours) - {FIGURE}) == (False, True)
    assert [one["customer_id"] for one in rows.json()["items"]] == [person], rows.text
    assert (await other.client.get(f"/api/v1/figures/{FIGURE}/rows", params=MARCH)).status_code == 404


async def test_a_kpi_counts_what_a_pack_counts_where_the_company_has_it(world, desk):
    other = await open_desk(world)
    kpi = {"name": "lounge_use", "numerator": FIGURE, "denominator": "customers"}
    said = {"kpis": [kpi], "texts": {"kpi.lounge_use": {"zh": "休息室使用", "en": "Use of lounges"}}}
    for each in (desk, other):
        await each.client.post("/api/v1/policy/versions", json={"overrides": said})

    assert [("lounge_use" in await figures(each.client)) for each in (desk, other)] == [True, False]


async def test_a_figure_that_cannot_be_counted_is_left_out_and_the_others_stand(desk, monkeypatch, caplog):
    monkeypatch.setitem(COUNTED_ABOVE, FIGURE, count("airline_lounge_stay s", "s.nothing"))

    found = await figures(desk.client)

    assert (FIGURE in found, "visits_made" in found) == (False, True)
    assert [one for one in caplog.messages if FIGURE in one] != []
