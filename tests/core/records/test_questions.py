"""S13-5: what a customer asks is answered in time, or it goes up; S09-3: who visits is counted per level."""

from datetime import timedelta

import pytest

PATH = "/api/v1/interactions"


async def ask(client, customer, **changes):
    body = {"customer_id": customer, "channel": "phone", "direction": "in", "content": "来电", "need": "何时续费"}
    answer = await client.post(PATH, json=body | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def figures(client, period="2026-03", **params):
    answer = await client.get("/api/v1/reports/service", params={"period": period, **params})
    return {one["definition"]["name"]: one for one in answer.json()["figures"]}


@pytest.mark.rule("S13-5")
async def test_a_question_warns_and_goes_up_when_nobody_answers(tenant, client, new_customer, fall_due, told, clock):
    own, lead = await tenant.staff("own", "account_manager"), await tenant.staff("lead", "manager")
    customer = await new_customer(account_manager_id=str(own.staff_id))
    await ask(client, customer)

    clock.set(clock() + timedelta(hours=18))
    warned = await fall_due()
    clock.set(clock() + timedelta(hours=6))
    late = await fall_due()

    assert (warned, late) == (["warning"], ["breach", "escalation:manager"])
    assert await told(own) == ["question_overdue", "question_due", "need_open"]
    assert await told(lead) == ["question_overdue"]


@pytest.mark.rule("S13-5")
async def test_an_answer_stops_the_clock_and_is_counted_in_time(client, new_customer, fall_due, clock):
    customer = await new_customer()
    in_time, late = await ask(client, customer), await ask(client, customer)
    settled = await ask(client, customer, handling="已告知", handled=True)

    clock.set(clock() + timedelta(hours=2))
    await client.post(f"{PATH}/{in_time['id']}/handlings", json={"text": "正在查", "done": False})
    await client.post(f"{PATH}/{in_time['id']}/handlings", json={"text": "已答复"})
    clock.set(clock() + timedelta(hours=23))
    await client.post(f"{PATH}/{late['id']}/handlings", json={"text": "已答复"})

    found = (await figures(client))["questions_in_time"]
    assert (found["numerator"], found["denominator"], found["definition"]["clause"]) == (1, 2, "S13-5")
    timers = (await client.get("/api/v1/timers", params={"subject_id": settled["id"]})).json()["items"]
    assert timers == []
    assert "escalation:manager" not in await fall_due()


@pytest.mark.rule("S13-5")
async def test_a_question_written_down_later_counts_from_when_it_was_asked(client, new_customer, clock):
    asked_at = clock() - timedelta(hours=5)

    made = await ask(client, await new_customer(), happened_at=asked_at.isoformat())

    (timer,) = (await client.get("/api/v1/timers", params={"subject_id": made["id"]})).json()["items"]
    assert timer["due_at"] == (asked_at + timedelta(hours=24)).isoformat().replace("+00:00", "Z")


@pytest.mark.rule("S09-3")
async def test_visits_are_counted_per_level_of_staff_and_org_unit(tenant, client, new_customer):
    for code in ("east", "west"):
        await tenant.unit(code)
    people = {
        "manager": await tenant.staff("lead", "manager", "account_manager", unit="east"),
        "account_manager": await tenant.staff("own", "account_manager", unit="east"),
        "tenant_admin": await tenant.staff("head", "tenant_admin"),
    }
    east = await new_customer("K1", org_unit_id=str(tenant.units["east"]))
    west = await new_customer("K2", org_unit_id=str(tenant.units["west"]))
    seen = {"channel": "visit", "direction": "out", "need": ""}
    await ask(people["account_manager"], east, **seen)
    await ask(people["account_manager"], east, **seen)
    await ask(people["account_manager"], east, **seen, outcome="not_reached")
    await ask(people["account_manager"], east, **(seen | {"channel": "phone"}))
    await ask(people["manager"], east, **seen)
    await ask(people["tenant_admin"], west, **seen)

    whole = (await figures(client))["visits_made"]
    part = (await figures(client, org_unit_id=str(tenant.units["east"])))["visits_made"]

    assert {one["key"]: one["numerator"] for one in whole["shares"]} == {
        "account_manager": 2,
        "manager": 1,
        "tenant_admin": 1,
    }
    assert {one["key"]: one["numerator"] for one in part["shares"]} == {"account_manager": 2, "manager": 1}
    assert {one["title"] for one in part["shares"]} == {"客户经理", "经理"}


@pytest.mark.rule("S13-5", "S10-5")
async def test_what_an_erased_customer_is_owed_in_words_ends_and_the_complaint_is_still_settled(
    tenant, client, new_customer, fall_due, clock
):
    own = await tenant.staff("own", "account_manager")
    asked = []
    for number in ("E1", "E2"):
        customer = await new_customer(number, account_manager_id=str(own.staff_id))
        said = {"customer_id": customer, "text": "没有信号", "channel": "phone"}
        complaint = (await client.post("/api/v1/complaints", json=said)).json()
        asked.append((customer, await ask(client, customer), complaint))
    gone, question, complaint = asked[0]
    assert (await client.delete(f"/api/v1/customers/{gone}")).status_code in (200, 204)

    async def clocks(*matters):
        found = []
        for one in matters:
            timers = (await client.get("/api/v1/timers", params={"subject_id": one["id"], "limit": "50"})).json()[
                "items"
            ]
            found += [timer["milestone"] for timer in timers if timer["state"] not in ("completed", "cancelled")]
        return sorted(found)

    running = [await clocks(*matters) for _, *matters in asked]
    state = (await client.get(f"{PATH}/{question['id']}")).json()["handling_state"]
    done = {"remedy": "已修复", "cause": "equipment"}
    settled = await client.post(f"/api/v1/complaints/{complaint['id']}/resolution", json=done)
    clock.set(clock() + timedelta(hours=30))
    await fall_due()

    assert running == [["rectification", "resolution"], ["answer", "first_reply", "rectification", "resolution"]]
    assert (state, settled.status_code) == ("none", 201)
    assert "result" not in await clocks(complaint)
    notices = (await (await tenant.sign_in("own")).get("/api/v1/notices")).json()["items"]
    assert {one["subject_id"] for one in notices if one["kind"] == "question_overdue"} == {asked[1][1]["id"]}
