"""What once went wrong in care: dates that move back, renewals overtaken, corrected birthdays, races, and refusals."""

import asyncio
from datetime import date, timedelta

import pytest
from acting import acting
from caring import RENEWED, TODAY, customer, on, open_ones, ordered
from running import come_round

from guibin.care.jobs import FilterRenewals, PrepareCare
from guibin.profiles.importing import import_orders
from guibin.spreadsheets.mapping import Mapping


async def moved(tenant, tmp_path, ends_on, number="N1", *, started_on="2025-03-01"):
    """The order gets another end, as the billing system's file says."""
    file = tmp_path / "orders.csv"
    head = "customer_number,number,product,price,started_on,ends_on"
    file.write_text(f"{head}\n1,{number},高清套餐,1200.00,{started_on},{ends_on}\n", encoding="utf-8")
    async with tenant.scope():
        await import_orders(file, Mapping(), acting(by=tenant.principal(), now=tenant.world.clock()))


async def states(client, what):
    return sorted(
        (one["occurs_on" if what == "care-tasks" else "ends_on"], one["state"]) for one in await all_of(client, what)
    )


async def all_of(client, what):
    found = (await client.get(f"/api/v1/{what}")).json()
    return found["items"] if isinstance(found, dict) else found


async def corrected(client, person, **birthday):
    shown = await client.get(f"/api/v1/customers/{person}")
    answer = await client.patch(
        f"/api/v1/customers/{person}", json=birthday, headers={"If-Match": shown.headers["etag"]}
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.rule("S07-4")
async def test_an_end_that_moves_away_and_back_keeps_its_reminder_and_its_renewal(tenant, client, clock, tmp_path):
    await customer(client)
    first, later = TODAY + timedelta(days=10), TODAY + timedelta(days=90)
    await moved(tenant, tmp_path, first)
    for ends_on, hour in ((first, 9), (later, 10), (first, 11)):
        await moved(tenant, tmp_path, ends_on)
        on(clock, TODAY, hour)
        await come_round(tenant, PrepareCare())
        await come_round(tenant, FilterRenewals())

    assert await states(client, "reminders") == [(str(first), "open")]
    assert await states(client, "renewals") == [(str(first), "asked")]
    assert len((await client.get("/api/v1/approvals")).json()["items"]) == 1


@pytest.mark.rule("S07-4")
async def test_another_order_of_the_product_ends_the_reminder_and_one_beside_it_does_not(tenant, client):
    person = await customer(client)
    await ordered(client, person, TODAY + timedelta(days=10))
    await ordered(client, person, TODAY + timedelta(days=12), "second set")
    await come_round(tenant, PrepareCare())
    assert len(await open_ones(client, "reminders")) == 2

    body = {
        "number": "N2",
        "product": "高清套餐",
        "price": {"amount": "1200.00", "currency": "CNY"},
        "started_on": str(TODAY + timedelta(days=12)),
        "ends_on": str(TODAY + timedelta(days=377)),
    }
    other = body | {"number": "N3", "product": "体育包", "started_on": str(TODAY)}
    assert (await client.post(f"/api/v1/customers/{person}/orders", json=other)).status_code == 201
    assert len(await open_ones(client, "reminders")) == 2
    assert (await client.post(f"/api/v1/customers/{person}/orders", json=body)).status_code == 201

    assert await open_ones(client, "reminders") == []
    await come_round(tenant, PrepareCare())
    assert await open_ones(client, "reminders") == []


@pytest.mark.rule("S07-4", "S07-18")
async def test_an_order_that_is_imported_ends_reminder_and_renewal_as_one_that_is_typed_does(tenant, client, tmp_path):
    first = TODAY + timedelta(days=10)
    for number in ("1", "2"):
        await ordered(client, await customer(client, number), first, f"N{number}")
    await come_round(tenant, PrepareCare())
    await come_round(tenant, FilterRenewals())

    await moved(tenant, tmp_path, "2027-03-12", "N9", started_on=first)

    assert await states(client, "reminders") == [(str(first), "open"), (str(first), "withdrawn")]
    assert await states(client, "renewals") == [(str(first), "asked"), (str(first), "withdrawn")]


@pytest.mark.rule("S07-18")
@pytest.mark.parametrize("decided", [False, True])
async def test_a_renewal_that_is_overtaken_waits_for_nobody(tenant, client, decided):
    chief = await tenant.staff("chief", "manager")
    person = await customer(client)
    await ordered(client, person, TODAY + timedelta(days=10))
    await come_round(tenant, FilterRenewals())
    renewal = (await all_of(client, "renewals"))[0]
    decision = f"/api/v1/approvals/{renewal['approval_id']}/decision"
    if decided:
        await chief.post(decision, json={"approved": True, "step": 0, "reason": "同意"})
    body = {
        "number": "N5",
        "product": "高清套餐",
        "price": {"amount": "1200.00", "currency": "CNY"},
        "started_on": renewal["ends_on"],
        "ends_on": "2027-03-12",
    }

    assert (await client.post(f"/api/v1/customers/{person}/orders", json=body)).status_code == 201

    late = await chief.post(decision, json={"approved": True, "step": 0, "reason": "同意"})
    carried = await client.post(f"/api/v1/renewals/{renewal['id']}/order", json=RENEWED)
    assert [one["state"] for one in await all_of(client, "renewals")] == ["withdrawn"]
    assert (late.status_code, carried.status_code) == (409, 409)
    await come_round(tenant, FilterRenewals())
    assert [one["state"] for one in await all_of(client, "renewals")] == ["withdrawn"]


@pytest.mark.rule("S07-18")
async def test_an_order_that_was_ended_takes_its_renewal_along(tenant, client):
    order = await ordered(client, await customer(client), TODAY + timedelta(days=10))
    await come_round(tenant, FilterRenewals())
    assert len((await client.get("/api/v1/approvals")).json()["items"]) == 1
    async with tenant.scope() as scope:
        await scope.connection.execute("update product_order set ended_at = now() where id = $1", order)

    await come_round(tenant, FilterRenewals())

    assert [one["state"] for one in await all_of(client, "renewals")] == ["withdrawn"]
    assert (await client.get("/api/v1/approvals")).json()["items"] == []


@pytest.mark.rule("S07-6")
async def test_a_birthday_corrected_moves_its_task_the_same_day(tenant, client):
    person = await customer(client, birthday="1970-03-07")
    await come_round(tenant, PrepareCare())
    await corrected(client, person, birthday="1970-03-05")

    await come_round(tenant, PrepareCare())

    assert await states(client, "care-tasks") == [("2026-03-05", "open")]


@pytest.mark.rule("S07-6")
async def test_a_birthday_corrected_after_the_wrong_day_has_passed_is_not_lost(tenant, client, clock):
    person = await customer(client, birthday="1970-03-03")
    await come_round(tenant, PrepareCare())
    on(clock, date(2026, 3, 4))
    await corrected(client, person, birthday="1970-03-06")

    await come_round(tenant, PrepareCare())

    assert await states(client, "care-tasks") == [("2026-03-06", "open")]


@pytest.mark.rule("S07-6")
async def test_a_task_called_off_because_the_day_was_wrong_comes_back_on_the_right_one(tenant, client):
    person = await customer(client, birthday="1970-03-03")
    await come_round(tenant, PrepareCare())
    task = (await open_ones(client, "care-tasks"))[0]
    await client.post(f"/api/v1/care-tasks/{task['id']}/cancellation", json={"reason": "生日有误"})
    await come_round(tenant, PrepareCare())
    assert await open_ones(client, "care-tasks") == []
    await corrected(client, person, birthday="1970-03-06")

    await come_round(tenant, PrepareCare())

    assert await states(client, "care-tasks") == [("2026-03-06", "open")]


@pytest.mark.rule("S07-6")
async def test_a_birthday_kept_before_it_was_corrected_into_another_year_is_not_kept_twice(tenant, client, clock):
    on(clock, date(2025, 12, 29))
    person = await customer(client, birthday="1970-12-30")
    await come_round(tenant, PrepareCare())
    task = (await open_ones(client, "care-tasks"))[0]
    await client.post(f"/api/v1/care-tasks/{task['id']}/result", json={"result": "已送达"})
    await corrected(client, person, birthday="1970-01-02")

    await come_round(tenant, PrepareCare())

    assert [one for one in await states(client, "care-tasks") if one[1] == "open"] == [("2026-01-01", "open")]
    assert {one["occasion"] for one in await open_ones(client, "care-tasks")} == {"festivals"}


@pytest.mark.rule("S07-6")
async def test_two_workers_prepare_one_task_and_two_people_finish_it_once(tenant, client):
    person = await customer(client, birthday="1970-03-07")
    await ordered(client, person, TODAY + timedelta(days=10))

    await asyncio.gather(*(come_round(tenant, job()) for job in (PrepareCare, FilterRenewals) * 3))

    assert [len(await all_of(client, what)) for what in ("care-tasks", "reminders", "renewals")] == [1, 1, 1]
    for what in ("care-tasks", "reminders"):
        path = f"/api/v1/{what}/{(await all_of(client, what))[0]['id']}/result"
        body = {"result": "已完成"} | ({"channel": "phone"} if what == "reminders" else {})
        answers = await asyncio.gather(*(client.post(path, json=body) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


@pytest.mark.rule("S07-7")
async def test_two_requests_at_once_for_a_trial_a_renewed_order_or_an_announcement_end_in_one(tenant, client, clock):
    person = await customer(client)
    await _member(tenant, person)
    body = {"name": "8K 频道", "general_from": "2026-03-12"}
    announced = await asyncio.gather(*(client.post("/api/v1/new-services", json=body) for _ in range(3)))
    assert sorted(answer.status_code for answer in announced) == [201, 422, 422]
    service = (await all_of(client, "new-services"))[0]
    on(clock, date(2026, 3, 5))

    path = f"/api/v1/new-services/{service['id']}/trials"
    tried = await asyncio.gather(*(client.post(path, json={"customer_id": person}) for _ in range(3)))

    assert sorted(answer.status_code for answer in tried) == [201, 409, 409]
    endless = await client.post(path, json={"customer_id": await customer(client, "2"), "starts_on": "9999-12-31"})
    assert endless.status_code == 422


@pytest.mark.rule("S07-6", "S02-3")
@pytest.mark.parametrize(
    ("purpose", "answer", "said"),
    [
        ("care", "refused", "care: refused"),
        ("contact", "refused", "contact: refused"),
        ("occasion:birthday", "refused", "occasion:birthday: refused"),
        ("", "", "preference: none"),
    ],
)
async def test_who_wants_no_greeting_gets_a_waiver_that_everybody_sees(tenant, client, purpose, answer, said):
    preferences = {} if purpose else {"preferences": {"contact": "none"}}
    person = await customer(client, birthday="1970-03-07", **preferences)
    await customer(client, "2", birthday="1970-03-07")
    if purpose:
        await _answers(client, person, purpose, answer)

    await come_round(tenant, PrepareCare())

    found = {one["customer_id"]: (one["state"], one["result"]) for one in await all_of(client, "care-tasks")}
    assert len(found) == 2
    assert found[person] == ("waived", said)
    assert sorted(state for state, _ in found.values()) == ["open", "waived"]


@pytest.mark.rule("S07-4")
async def test_a_refusal_waives_what_is_open_at_once_and_a_consent_opens_it_again(tenant, client):
    person = await customer(client, birthday="1970-03-07")
    await ordered(client, person, TODAY + timedelta(days=10))
    await come_round(tenant, PrepareCare())

    await _answers(client, person, "care", "refused")
    only_greetings = [(await states(client, what))[0][1] for what in ("care-tasks", "reminders")]
    await _answers(client, person, "contact", "refused")
    both = [(await states(client, what))[0][1] for what in ("care-tasks", "reminders")]
    task = (await all_of(client, "reminders"))[0]
    told = await client.post(f"/api/v1/reminders/{task['id']}/result", json={"channel": "phone", "result": "已告知"})
    for purpose in ("care", "contact"):
        await _answers(client, person, purpose, "granted")
    await come_round(tenant, PrepareCare())

    assert (only_greetings, both, told.status_code) == (["waived", "open"], ["waived", "waived"], 409)
    assert [(await states(client, what))[0][1] for what in ("care-tasks", "reminders")] == ["open", "open"]


async def _answers(client, person, purpose, answer):
    given = await client.post(f"/api/v1/customers/{person}/consents", json={"purpose": purpose, "answer": answer})
    assert given.status_code == 201, given.text


async def _member(tenant, person):
    async with tenant.scope() as scope:
        await scope.connection.execute(
            "insert into membership (id, customer_id, scheme, tier, starts_on, since_on, basis, reason, ended_because,"
            " recorded_at) values (gen_random_uuid(), $1, 'key_account', 'standard', $2, $2, 'assessment', '', '', now())",
            person,
            TODAY,
        )
