"""Reminders, renewals, occasions and new services through HTTP and the daily jobs."""

from datetime import date, timedelta

import pytest
from caring import RENEWED, TODAY, customer, on, open_ones, ordered
from hypothesis import given
from hypothesis import strategies as st
from running import come_round

from guibin.care.jobs import FilterRenewals, PrepareCare
from guibin.care.renewals import filter_day, horizon
from guibin.policy.care import RenewalPolicy
from guibin.policy.occasions import festivals_on, kept_on
from guibin_tenants.scope import fetch


@pytest.mark.rule("S07-4")
async def test_an_order_is_reminded_of_at_each_lead_once(tenant, client, clock):
    await ordered(client, await customer(client), TODAY + timedelta(days=16))
    seen = []
    for ahead in range(17):
        on(clock, TODAY + timedelta(days=ahead))
        await come_round(tenant, PrepareCare())
        await come_round(tenant, PrepareCare())
        seen.append(len((await client.get("/api/v1/reminders")).json()["items"]))

    assert seen == [0, *[1] * 12, *[2] * 4]
    found = (await client.get("/api/v1/reminders")).json()["items"]
    assert [(one["lead_days"], one["due_on"]) for one in found] == [(15, "2026-03-03"), (3, "2026-03-15")]


@pytest.mark.rule("S07-4")
async def test_a_reminder_missed_is_made_up_for_but_not_after_the_end(tenant, client, clock):
    person = await customer(client)
    await ordered(client, person, TODAY + timedelta(days=10))
    await ordered(client, person, TODAY, "ended today")

    await come_round(tenant, PrepareCare())

    assert [one["lead_days"] for one in await open_ones(client, "reminders")] == [15]


@pytest.mark.rule("S07-4")
async def test_telling_is_recorded_once(tenant, client):
    await ordered(client, await customer(client), TODAY + timedelta(days=3))
    await come_round(tenant, PrepareCare())
    reminder = (await open_ones(client, "reminders"))[0]
    path = f"/api/v1/reminders/{reminder['id']}/result"

    done = await client.post(path, json={"channel": "phone", "result": "客户同意续订"})
    again = await client.post(path, json={"channel": "sms", "result": "重复"})

    assert (done.json()["state"], done.json()["channel"], again.status_code) == ("done", "phone", 409)


@pytest.mark.rule("S07-18")
async def test_a_renewal_is_put_up_a_week_before_approved_and_carried_out_without_a_gap(tenant, client, clock):
    chief = await tenant.staff("chief", "manager")
    order = await ordered(client, await customer(client), TODAY + timedelta(days=10))
    await ordered(client, await customer(client, "2"), TODAY + timedelta(days=40), "N9")
    await come_round(tenant, PrepareCare())
    await come_round(tenant, FilterRenewals())
    await come_round(tenant, FilterRenewals())
    renewal = (await client.get("/api/v1/renewals")).json()["items"]
    assert [(one["order_id"], one["state"]) for one in renewal] == [(order, "asked")]
    path = f"/api/v1/renewals/{renewal[0]['id']}/order"

    early = await client.post(path, json=RENEWED)
    decided = await chief.post(
        f"/api/v1/approvals/{renewal[0]['approval_id']}/decision", json={"approved": True, "step": 0, "reason": "同意"}
    )
    assert decided.status_code in (200, 201), decided.text
    foreign = await client.post(path, json=RENEWED | {"price": {"amount": "1.00", "currency": "€"}})
    done = await client.post(path, json=RENEWED)
    twice = await client.post(path, json=RENEWED | {"number": "N3"})

    assert (foreign.status_code, [problem["field"] for problem in foreign.json()["errors"]]) == (
        422,
        ["price.currency"],
    )
    assert (early.status_code, done.json()["state"], twice.status_code) == (409, "renewed", 409)
    assert await open_ones(client, "reminders") == []
    orders = (await client.get(f"/api/v1/customers/{renewal[0]['customer_id']}/orders")).json()
    assert {(one["number"], one["started_on"]) for one in orders} >= {("N2", "2026-03-12")}
    # It is an order like any other: on record, and what else waited to follow the first is withdrawn.
    async with tenant.scope():
        entries = await fetch("select action from audit_entry where action in ('order.open', 'renewal.carry_out')")
        reasons = await fetch("select reason from renewal")
    assert sorted(entry["action"] for entry in entries)[-2:] == ["order.open", "renewal.carry_out"]
    assert len(entries) == 2 + 2
    assert [row["reason"] for row in reasons] == ["同意"]


@pytest.mark.rule("S07-18")
@given(
    weekday=st.integers(1, 7),
    lead=st.integers(1, 30),
    ends_on=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
)
def test_nobody_falls_between_two_filters(weekday, lead, ends_on):
    policy = RenewalPolicy(weekday=weekday, lead_days=lead)
    put_up_on = next(
        day
        for day in (ends_on - timedelta(days=back) for back in range(lead + 10, -1, -1))
        if ends_on < horizon(policy, filter_day(policy, day))
    )

    assert ends_on - put_up_on >= timedelta(days=lead)
    assert ends_on - put_up_on < timedelta(days=lead + 7)
    assert put_up_on.isoweekday() == weekday


@pytest.mark.rule("S07-6")
async def test_a_birthday_is_prepared_with_flowers_cake_and_card_once_a_year(tenant, client, clock):
    await customer(client, birthday="1970-03-07")
    await customer(client, "2", birthday="1970-03-20")
    for ahead in range(4):
        on(clock, TODAY + timedelta(days=ahead))
        await come_round(tenant, PrepareCare())

    tasks = await open_ones(client, "care-tasks")

    assert [(t["occasion"], t["occurs_on"], t["gifts"], t["visit"], t["messages"]) for t in tasks] == [
        ("birthday", "2026-03-07", ["flowers", "cake", "card"], True, ["sms"])
    ]
    assert "1970-03-07" not in str(tasks)


@pytest.mark.rule("S07-6")
async def test_a_lunar_birthday_falls_where_the_lunar_calendar_says(tenant, client, clock):
    # Lunar 1970-01-18 is kept on 2026-03-06: the first day of 丙午 is 2026-02-17.
    await customer(client, birthday={"year": 1970, "month": 1, "day": 18})

    await come_round(tenant, PrepareCare())

    assert [task["occurs_on"] for task in await open_ones(client, "care-tasks")] == ["2026-03-06"]


@pytest.mark.rule("S07-6")
@pytest.mark.parametrize(
    ("born", "today", "keeps"),
    [
        (
            {"year": 1968, "month": 2, "day": 30},
            date(2026, 4, 14),
            "2026-04-16",
        ),  # the second month of 2026 has 29 days
        ({"month": 2, "day": 30}, date(2026, 4, 14), "2026-04-16"),
        ({"year": 1970, "month": 2, "day": 29}, date(2027, 4, 3), "2027-04-05"),
        ({"month": 2, "day": 30}, date(2027, 4, 4), "2027-04-06"),  # in 2027 it has 30
        ({"year": 2023, "month": 2, "day": 10, "leap": True}, date(2026, 3, 27), "2026-03-28"),
    ],
)
async def test_a_lunar_day_that_no_solar_month_has_is_kept_as_birthday_and_anniversary(
    tenant, client, clock, born, today, keeps
):
    person = await customer(client, birthday=born)
    await client.post(f"/api/v1/customers/{person}/occasions", json={"name": "结婚纪念日", "happened_on": born})
    on(clock, today)

    await come_round(tenant, PrepareCare())

    tasks = await open_ones(client, "care-tasks")
    assert sorted((one["occasion"], one["occurs_on"]) for one in tasks) == [("anniversary", keeps), ("birthday", keeps)]


@pytest.mark.rule("S07-6")
async def test_a_task_goes_when_the_day_the_customer_or_the_consent_goes(tenant, client):
    moved, unwilling = [await customer(client, str(n), birthday="1970-03-07") for n in range(2)]
    await come_round(tenant, PrepareCare())
    assert len(await open_ones(client, "care-tasks")) == 2
    shown = await client.get(f"/api/v1/customers/{moved}")
    changed = await client.patch(
        f"/api/v1/customers/{moved}", json={"birthday": "1970-09-09"}, headers={"If-Match": shown.headers["etag"]}
    )
    assert changed.status_code == 200, changed.text
    refused = await client.post(
        f"/api/v1/customers/{unwilling}/consents", json={"purpose": "care", "answer": "refused"}
    )
    assert refused.status_code == 201, refused.text

    await come_round(tenant, PrepareCare())

    assert await open_ones(client, "care-tasks") == []


@pytest.mark.rule("S07-6")
async def test_anniversaries_and_festivals_are_kept(tenant, client, clock):
    person = await customer(client)
    await client.post(
        f"/api/v1/customers/{person}/occasions",
        json={"name": "结婚纪念日", "happened_on": "2000-06-20"},
    )
    on(clock, date(2026, 6, 17))

    await come_round(tenant, PrepareCare())

    tasks = await open_ones(client, "care-tasks")
    assert {(t["occasion"], t["occurs_on"]) for t in tasks} == {
        ("festivals", "2026-06-19"),
        ("anniversary", "2026-06-20"),
    }


@pytest.mark.rule("S07-6")
async def test_the_account_manager_is_told_once_a_day_and_reports_what_was_done(tenant, client):
    manager = await tenant.staff("manager", "account_manager")
    await customer(client, birthday="1970-03-03", account_manager_id=str(manager.staff_id))
    await come_round(tenant, PrepareCare())
    await come_round(tenant, PrepareCare())

    told = (await manager.get("/api/v1/notices")).json()["items"]
    task = (await manager.get("/api/v1/care-tasks", params={"account_manager_id": str(manager.staff_id)})).json()[
        "items"
    ][0]
    done = await manager.post(f"/api/v1/care-tasks/{task['id']}/result", json={"result": "鲜花蛋糕已送达"})
    again = await manager.post(f"/api/v1/care-tasks/{task['id']}/cancellation", json={"reason": "重复"})

    assert [one["kind"] for one in told] == ["care_due"]
    assert (done.json()["state"], done.json()["done_by_name"], again.status_code) == ("done", "manager", 409)


@pytest.mark.rule("S07-7")
async def test_a_new_service_is_told_first_and_tried_free_by_entitlement(tenant, client, clock):
    special = await customer(client)
    other = await customer(client, "2")
    await _member(tenant, special, "standard")
    body = {"name": "8K 频道", "general_from": "2026-03-12"}
    service = (await client.post("/api/v1/new-services", json=body)).json()
    path = f"/api/v1/new-services/{service['id']}"
    assert (service["told_from"], service["to_tell"], service["trial_days"]) == ("2026-03-05", 2, 30)

    early = await client.post(f"{path}/tellings", json={"customer_id": special, "channel": "phone"})
    on(clock, date(2026, 3, 5))
    told = await client.post(f"{path}/tellings", json={"customer_id": special, "channel": "phone"})
    trial = await client.post(f"{path}/trials", json={"customer_id": special})
    again = await client.post(f"{path}/trials", json={"customer_id": special})
    not_entitled = await client.post(f"{path}/trials", json={"customer_id": other})

    assert (early.status_code, told.status_code, again.status_code, not_entitled.status_code) == (409, 204, 409, 422)
    assert (trial.json()["starts_on"], trial.json()["ends_on"]) == ("2026-03-05", "2026-04-04")
    second = (await client.post("/api/v1/new-services", json=body | {"name": "云游戏"})).json()
    used_up = await client.post(f"/api/v1/new-services/{second['id']}/trials", json={"customer_id": special})
    assert used_up.json()["type"] == "/problems/quota-used-up"
    assert (await client.get(f"/api/v1/customers/{special}/orders")).json() == []


async def _member(tenant, person, tier):
    async with tenant.scope() as scope:
        await scope.connection.execute(
            "insert into membership (id, customer_id, scheme, tier, starts_on, since_on, basis, reason, ended_because,"
            " recorded_at) values (gen_random_uuid(), $1, 'key_account', $2, $3, $3, 'assessment', '', '', now())",
            person,
            tier,
            TODAY,
        )


@pytest.mark.parametrize("birthday", [(12, 30, False), (1, 1, False), (6, 15, False), (6, 15, True)])
def test_a_lunar_birthday_is_kept_once_in_every_lunar_year(birthday):
    """2025 has a sixth leap month; the twelfth month has 29 days from 2024 to 2028."""
    first = date(2024, 2, 10)
    years = [
        one.year
        for day in (first + timedelta(days=n) for n in range(1_100))
        for one in kept_on(day)
        if (one.calendar, one.month, one.day, one.leap_month) == ("lunar", *birthday)
    ]

    assert years == sorted(set(years))
    assert set(years) >= {2024, 2025, 2026}


@pytest.mark.parametrize(
    ("day", "festival"),
    [
        (date(2026, 2, 17), "spring_festival"),
        (date(2026, 6, 19), "dragon_boat"),
        (date(2026, 9, 25), "mid_autumn"),
        (date(2026, 10, 1), "national_day"),
    ],
)
def test_festivals_of_2026(day, festival):
    assert festival in festivals_on(day)


@pytest.mark.parametrize(("year", "kept"), [(2025, date(2025, 2, 28)), (2028, date(2028, 2, 29))])
def test_the_29th_of_february_is_kept_on_the_28th_in_other_years(year, kept):
    days = [
        day
        for day in (date(year, 2, 27), date(year, 2, 28), kept, date(year, 3, 1))
        if any((one.calendar, one.month, one.day) == ("solar", 2, 29) for one in kept_on(day))
    ]

    assert set(days) == {kept}


@pytest.mark.rule("S02-3", "S07-7")
async def test_nobody_who_declined_the_topic_hears_of_a_new_service(client, clock):
    wants, declined, later = [await customer(client, str(number)) for number in (1, 2, 3)]
    topic = {"purpose": "topic:broadband", "answer": "refused"}
    await client.post(f"/api/v1/customers/{declined}/consents", json=topic)
    body = {"name": "千兆宽带", "general_from": "2026-03-12", "topic": "broadband"}

    service = (await client.post("/api/v1/new-services", json=body)).json()
    other = (await client.post("/api/v1/new-services", json=body | {"name": "4K 点播", "topic": "programmes"})).json()
    unknown = await client.post("/api/v1/new-services", json=body | {"name": "x", "topic": "weather"})
    on(clock, date(2026, 3, 5))
    await client.post(f"/api/v1/customers/{later}/consents", json=topic)
    path = f"/api/v1/new-services/{service['id']}/tellings"
    answers = [
        (await client.post(path, json={"customer_id": one, "channel": "phone"})).status_code
        for one in (wants, declined, later)
    ]

    assert (service["to_tell"], other["to_tell"]) == (2, 3)
    assert [error["field"] for error in unknown.json()["errors"]] == ["topic"]
    # Who declined is not on the list; who declined since is refused by their last word.
    assert answers == [204, 409, 409]
