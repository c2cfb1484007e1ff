"""S05-6: who is to be contacted how often, and who was missed, for the whole base at once."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from acting import acting
from msgspec.structs import replace
from running import come_round

from guibin.periods.spans import window_of
from guibin.policy.cadence import Cadence
from guibin.records.dues import CadenceFilter, cadence_counts, contacts_due
from guibin.records.jobs import TellMissedContacts
from guibin.records.requests import FACE_TO_FACE
from guibin.web.listing import PageAsked
from guibin_tenants.authentication import system_principal
from guibin_tenants.scope import execute, fetch
from guibin_tenants.tables import new_id

PATH = "/api/v1/contact-cadence"
ZONE = "Asia/Shanghai"
MONTHLY = Cadence("club", "diamond", "month", clause="S05-6")
QUARTERLY = Cadence("club", "silver", "quarter", clause="S05-6")
IN_PERSON = Cadence("club", "diamond", "quarter", face_to_face=True, clause="S05-6")


async def member(customer_id, tier="diamond", starts_on=date(2026, 1, 1), ends_on=None, scheme="club"):
    await execute(
        "insert into membership (id, customer_id, scheme, tier, starts_on, ends_on, since_on, basis, reason,"
        " ended_because, recorded_at) values ($1, $2, $3, $4, $5, $6, $5, 'exception', '', '', $7)",
        new_id(),
        customer_id,
        scheme,
        tier,
        starts_on,
        ends_on,
        datetime(2026, 1, 1, tzinfo=UTC),
    )


async def contact(customer_id, at, *, channel="phone", direction="out", outcome="reached"):
    await execute(
        "insert into interaction (id, customer_id, channel, direction, outcome, happened_at, place, number_masked,"
        " content, need, wants, handling_state, staff_id, staff_name, recorded_by, recorded_by_name, recorded_at)"
        " values ($1, $2, $3, $4, $5, $6, '', '', 'x', '', '', 'none', $1, '', $1, '', $6)",
        new_id(),
        customer_id,
        channel,
        direction,
        outcome,
        at,
    )


def asked(cadences, now):
    """An act under a policy with these cadences."""
    act = acting(by=system_principal(name="test", job_id=new_id()), now=now)
    return replace(act, policy=replace(act.policy, cadences=tuple(cadences)))


async def stands(cadences, *, on=date(2026, 3, 10), now=datetime(2026, 3, 10, 2, tzinfo=UTC), **wanted):
    """The state of every obligation, by customer number."""
    found = await contacts_due(CadenceFilter(**wanted), PageAsked(limit=200), asked(cadences, now), on=on)
    return {one.customer_number: [obligation.state for obligation in one.obligations] for one in found.items}


@pytest.mark.rule("S05-6", "S07-2")
async def test_due_while_the_month_runs_done_once_contacted_missed_when_it_is_over(tenant, new_customer):
    customer = await new_customer()
    async with tenant.scope():
        await member(customer)
        before = await stands((MONTHLY,))
        over = await stands((MONTHLY,), now=datetime(2026, 3, 31, 16, tzinfo=UTC))
        last_moment = await stands((MONTHLY,), now=datetime(2026, 3, 31, 15, 59, 59, tzinfo=UTC))
        await contact(customer, datetime(2026, 3, 31, 15, 59, 59, tzinfo=UTC))
        after = await stands((MONTHLY,), now=datetime(2026, 3, 31, 16, tzinfo=UTC))

    assert (before, last_moment, over, after) == (
        {"K1": ["due"]},
        {"K1": ["due"]},
        {"K1": ["missed"]},
        {"K1": ["done"]},
    )


@pytest.mark.rule("S05-6")
@pytest.mark.parametrize(
    ("changes", "cadence", "state"),
    [
        ({}, MONTHLY, "done"),
        ({"outcome": "not_reached"}, MONTHLY, "due"),
        ({"direction": "in"}, MONTHLY, "due"),
        ({"direction": "in"}, Cadence("club", "diamond", "month", inbound_counts=True), "done"),
        ({"direction": "in", "outcome": "missed"}, Cadence("club", "diamond", "month", inbound_counts=True), "due"),
        ({"channel": "phone"}, IN_PERSON, "due"),
        ({"channel": "visit"}, IN_PERSON, "done"),
        ({}, Cadence("club", "diamond", "month", times=2), "due"),
        ({"at": datetime(2026, 2, 28, 16, tzinfo=UTC)}, MONTHLY, "done"),
        ({"at": datetime(2026, 2, 28, 15, 59, 59, tzinfo=UTC)}, MONTHLY, "due"),
    ],
)
async def test_a_contact_counts_when_it_reached_the_customer_as_policy_asks(
    tenant, new_customer, changes, cadence, state
):
    customer = await new_customer()
    async with tenant.scope():
        await member(customer)
        await contact(customer, changes.pop("at", datetime(2026, 3, 5, tzinfo=UTC)), **changes)

        assert await stands((cadence,)) == {"K1": [state]}


@pytest.mark.rule("S05-6")
async def test_one_contact_counts_for_every_cadence_it_fits(tenant, new_customer):
    customer = await new_customer()
    async with tenant.scope():
        await member(customer)
        await contact(customer, datetime(2026, 3, 5, tzinfo=UTC), channel="visit")

        assert await stands((MONTHLY, QUARTERLY, IN_PERSON)) == {"K1": ["done", "done"]}


@pytest.mark.rule("S05-6")
async def test_who_joins_or_changes_tier_in_the_middle_comes_under_it_from_the_next_span(tenant, new_customer):
    joined, risen, left = [await new_customer(number) for number in ("joined", "risen", "left")]
    async with tenant.scope():
        await member(joined, starts_on=date(2026, 3, 2))
        await member(risen, "silver", ends_on=date(2026, 3, 15))
        await member(risen, starts_on=date(2026, 3, 15))
        await member(left, ends_on=date(2026, 3, 1))

        march = await stands((MONTHLY, QUARTERLY))
        april = await stands((MONTHLY, QUARTERLY), on=date(2026, 4, 10))

    assert march == {"risen": ["due"]}
    assert april == {"joined": ["due"], "risen": ["due"]}


@pytest.mark.rule("S02-2", "S02-3")
async def test_who_wants_no_contact_is_waived_and_not_missed(client, tenant, new_customer):
    customer = await new_customer()
    async with tenant.scope():
        await member(customer)
    path = f"/api/v1/customers/{customer}/consents"

    await client.post(path, json={"purpose": "contact", "answer": "refused"})
    async with tenant.scope():
        refused = await stands((MONTHLY,), now=datetime(2026, 4, 1, tzinfo=UTC))
    await client.post(path, json={"purpose": "contact", "answer": "granted"})
    async with tenant.scope():
        granted = await stands((MONTHLY,), now=datetime(2026, 4, 1, tzinfo=UTC))

    assert (refused, granted) == ({"K1": ["waived"]}, {"K1": ["missed"]})


@pytest.mark.rule("S05-6")
async def test_another_account_manager_takes_over_what_was_done(client, tenant, new_customer):
    one, other = await tenant.staff("one", "account_manager"), await tenant.staff("other", "account_manager")
    customer = await new_customer(account_manager_id=str(one.staff_id))
    async with tenant.scope():
        await member(customer)
        await contact(customer, datetime(2026, 3, 5, tzinfo=UTC))
    await client.post(f"/api/v1/customers/{customer}/assignment", json={"account_manager_id": str(other.staff_id)})

    async with tenant.scope():
        assert await stands((MONTHLY,), account_manager_id=one.staff_id) == {}
        assert await stands((MONTHLY,), account_manager_id=other.staff_id) == {"K1": ["done"]}


async def test_closed_and_erased_archives_are_owed_nothing(client, tenant, new_customer):
    erased = await new_customer()
    async with tenant.scope():
        await member(erased)
    await client.delete(f"/api/v1/customers/{erased}")

    async with tenant.scope():
        assert await stands((MONTHLY,)) == {}


@pytest.mark.rule("S05-6")
async def test_the_statement_agrees_with_counting_one_by_one(tenant, new_customer):
    """Two hundred contacts at random, many on the edge of a span, counted again in Python."""
    chance = random.Random(20260310)
    cadences = (
        MONTHLY,
        QUARTERLY,
        IN_PERSON,
        Cadence("club", "", "week", times=2),
        Cadence("club", "silver", "year", times=3, inbound_counts=True),
    )
    on, now = date(2026, 2, 18), datetime(2026, 3, 10, 2, tzinfo=UTC)
    edges = [window_of(cadence.span, on, ZONE) for cadence in cadences]
    moments = [edge for window in edges for edge in (window.starts_at, window.ends_at)]
    tiers, contacts = {}, []
    for number in range(12):
        customer = await new_customer(f"K{number:02d}")
        tiers[customer] = (f"K{number:02d}", chance.choice(("diamond", "silver", "gold")))
    async with tenant.scope():
        for customer, (_, tier) in tiers.items():
            await member(customer, tier, starts_on=date(2025, 12, 1))
        for _ in range(200):
            at = chance.choice(moments) + timedelta(seconds=chance.choice((-86_400, -1, 0, 1, 86_400)))
            made = {
                "channel": chance.choice(("phone", "visit", "hall", "sms")),
                "direction": chance.choice(("in", "out")),
                "outcome": "reached",
            }
            if chance.random() < 0.3:
                made["outcome"] = "missed" if made["direction"] == "in" else "not_reached"
            customer = chance.choice(list(tiers))
            contacts.append((customer, at, made))
            await contact(customer, at, **made)

        page = await contacts_due(CadenceFilter(), PageAsked(limit=200), asked(cadences, now), on=on)
        found = page.items
        counts = await cadence_counts(cadences, on=on, time_zone=ZONE, now=now)

    expected = {}
    for customer, (number, tier) in tiers.items():
        lines = []
        for cadence in cadences:
            if cadence.tier not in ("", tier):
                continue
            first, after = _days(cadence.span, on)
            made = sum(
                who == customer
                and first <= at.astimezone(ZoneInfo(ZONE)).date() < after
                and one["outcome"] == "reached"
                and (one["direction"] == "out" or cadence.inbound_counts)
                and (not cadence.face_to_face or one["channel"] in FACE_TO_FACE)
                for who, at, one in contacts
            )
            over = after <= now.astimezone(ZoneInfo(ZONE)).date()
            lines.append((cadence.span, made, "done" if made >= cadence.times else "missed" if over else "due"))
        expected[number] = lines
    spans = {window_of(cadence.span, on, ZONE).name: cadence.span for cadence in cadences}
    assert {
        one.customer_number: [(spans[line.window], line.made, line.state) for line in one.obligations] for one in found
    } == expected
    states = [line[2] for lines in expected.values() for line in lines]
    assert [(c.due, c.done, c.missed, c.waived) for c in counts] == [
        (states.count("due"), states.count("done"), states.count("missed"), 0)
    ]
    assert {"due", "done", "missed"} == set(states)


def _days(span, on):
    """The days of a span by another way than the product's."""
    if span == "week":
        year, week, _ = on.isocalendar()
        first = date.fromisocalendar(year, week, 1)
        return first, first + timedelta(days=7)
    months = {"month": 1, "quarter": 3, "year": 12}[span]
    start = (on.month - 1) // months * months
    after = start + months
    return date(on.year, start + 1, 1), date(on.year + after // 12, after % 12 + 1, 1)


@pytest.mark.rule("S05-6", "S07-2")
async def test_over_http_the_list_is_paged_filtered_and_on_record(client, tenant, new_customer):
    manager = await tenant.staff("own", "account_manager")
    for number in ("K1", "K2", "K3"):
        customer = await new_customer(number, account_manager_id=str(manager.staff_id))
        async with tenant.scope():
            await member(customer, "key", scheme="key_account")
            if number == "K2":
                await contact(customer, datetime(2026, 3, 1, tzinfo=UTC))

    first = (await client.get(PATH, params={"limit": 2})).json()
    second = (await client.get(PATH, params={"limit": 2, "cursor": first["next"]})).json()
    due = (await client.get(PATH, params={"state": "due"})).json()["items"]
    missed = (await client.get(PATH, params={"on": "2026-02-10", "state": "missed"})).json()["items"]
    counts = (await client.get(f"{PATH}/counts")).json()

    assert [one["customer_number"] for one in first["items"] + second["items"]] == ["K1", "K2", "K3"]
    assert [one["customer_number"] for one in due] == ["K1", "K3"]
    assert [one["customer_number"] for one in missed] == ["K1", "K2", "K3"]
    assert (due[0]["obligations"][0]["window"], due[0]["obligations"][0]["clause"]) == ("2026-03", "S07-2")
    assert [(one["account_manager_name"], one["due"], one["done"]) for one in counts] == [("own", 2, 1)]
    async with tenant.scope():
        rows = await fetch("select shown, customer_ids from audit_entry where action = 'contact_cadence.search'")
    assert sorted((row["shown"], len(row["customer_ids"])) for row in rows) == [(1, 1), (2, 2), (2, 2), (3, 3)]


async def test_a_day_outside_the_calendar_is_refused_by_name(client):
    answer = await client.get(PATH, params={"on": "9999-12-31"})

    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, ["day"])


@pytest.mark.rule("S05-6")
async def test_the_day_after_the_month_missed_contacts_are_told_once(tenant, new_customer, clock, told):
    own, head = await tenant.staff("own", "account_manager"), await tenant.staff("head", "manager")
    customer = await new_customer(account_manager_id=str(own.staff_id))
    async with tenant.scope():
        await member(customer, "key", scheme="key_account")

    for day in (31, 32, 32, 33):
        clock.set(datetime(2026, 3, 1, 0, 15, tzinfo=UTC) + timedelta(days=day - 1))
        await come_round(tenant, TellMissedContacts())

    assert (await told(own), await told(head)) == (["contacts_missed"], ["contacts_missed"])


@pytest.mark.rule("S05-6")
async def test_two_outlets_count_only_their_own(tenant, new_customer):
    await tenant.unit("east")
    await tenant.unit("west")
    customer = await new_customer(org_unit_id=str(tenant.units["west"]))
    async with tenant.scope():
        await member(customer, "key", scheme="key_account")
    east, west = await tenant.staff("e", "agent", unit="east"), await tenant.staff("w", "agent", unit="west")

    assert [len((await who.get(PATH)).json()["items"]) for who in (east, west)] == [0, 1]
    assert [len((await who.get(f"{PATH}/counts")).json()) for who in (east, west)] == [0, 1]
