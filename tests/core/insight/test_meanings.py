"""Figures mean what their names say: each with a row of every state, and with what must not be counted (S09-1, S09-3)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from desk import Desk, open_desk

from guibin.cases.outcomes import OUTCOMES
from guibin.catalog import TABLES
from guibin.insight.counts import COUNTS
from guibin.insight.figures import Share
from guibin.insight.pages import basis
from guibin_tenants.scope import execute

MARCH = "2026-03"
_STATE = re.compile(r"\b(\w+)\.(outcome|state|direction|wants|kind) (?:=|<>|in) (\('[^)]*'\)|'[^']*')")
CHECKED = {table._meta.tablename: " ".join(table.keys.checks.values()) for table in TABLES if hasattr(table, "keys")}


@pytest.fixture
async def desk(tenant, client):
    return Desk(tenant, client)


async def figures(client, kind, period=MARCH):
    answer = await client.get(f"/api/v1/reports/{kind}", params={"period": period})
    assert answer.status_code == 200, answer.text
    return {one["definition"]["name"]: (one["numerator"], one["denominator"]) for one in answer.json()["figures"]}


async def send(client, path, body, status=201):
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def states_named():
    """Every word of a state that a count compares with, and the table of the column."""
    for name, count in COUNTS.items():
        for alias, column, words in _STATE.findall(count.sql):
            table = re.search(rf"\b(?:from|join) (\w+) {alias}\b", count.sql)
            for word in re.findall(r"'([^']*)'", words):
                yield name, table.group(1) if table else "", column, word


def test_a_word_of_a_state_that_is_counted_is_one_the_table_knows():
    found = list(states_named())

    assert len(found) > 8
    unknown = [
        one for one in found if one[1] in CHECKED and one[2] in CHECKED[one[1]] and f"'{one[3]}'" not in CHECKED[one[1]]
    ]
    assert unknown == []
    assert {one[1] for one in found} >= {"application", "interaction"}


@pytest.mark.rule("S08-4")
async def test_the_approval_rate_counts_who_was_refused_and_neither_who_withdrew_nor_who_waits(desk):
    manager = await desk.tenant.staff("li", "manager")
    applicant = await desk.tenant.staff("wang", "account_manager")
    asked = []
    for number in range(7):
        person = await desk.customer(f"C{number}", "leader")
        body = {"customer_id": person, "scheme": "key_account", "tier": "standard", "reason": "长期合作"}
        asked.append((await send(applicant, "/api/v1/applications", body))["approval_id"])
    for place, approved in enumerate((True, True, True, False, False)):
        decided = {"approved": approved, "reason": "不符合条件"}
        await send(manager, f"/api/v1/approvals/{asked[place]}/decision", decided, 200)
    await send(applicant, f"/api/v1/approvals/{asked[5]}/withdrawal", {"reason": "不需要了"}, 200)

    found = await figures(desk.client, "tiers")

    assert found["applications_filed"] == (7, None)
    assert found["applications_approved"] == (3, 5)
    assert set(OUTCOMES) == {"approved", "rejected", "withdrawn"}


async def contact(desk, customer, wants, **more):
    body = {
        "customer_id": customer,
        "channel": "phone",
        "direction": "in",
        "content": "来电",
        "need": "需要",
        "wants": wants,
    }
    await send(desk.client, "/api/v1/interactions", body | more)


async def order(desk, customer, number, product, started_on):
    body = {
        "number": number,
        "product": product,
        "price": {"amount": "50.00"},
        "started_on": started_on,
        "ends_on": "2027-01-01",
    }
    await send(desk.client, f"/api/v1/customers/{customer}/orders", body)


@pytest.mark.rule("S09-1")
async def test_a_broken_box_and_its_repair_are_no_intention_and_no_action(desk, clock):
    people = [await desk.customer(f"P{number}", "leader", fields={"network": "two_way"}) for number in range(7)]
    wants = ("help", "product", "product", "product", "membership", "membership", "product")
    for person, wanted in zip(people, wants, strict=True):
        await contact(desk, person, wanted)
    clock.set(clock() + timedelta(minutes=5))
    repair = {"item": "maintenance", "channel": "phone", "text": "机顶盒坏了"}
    for person in people[:2]:
        await send(desk.client, "/api/v1/service-requests", repair | {"customer_id": person})
    await order(desk, people[2], "O1", "高清", "2026-03-10")
    # Membership was wanted, a product ordered: not what was meant.
    await order(desk, people[4], "O2", "高清", "2026-03-10")
    applied = {"customer_id": people[5], "scheme": "key_account", "tier": "standard", "reason": "长期合作"}
    await send(desk.client, "/api/v1/applications", applied)

    found = await figures(desk.client, "retention")

    assert found["intention_to_action"] == (2, 6)


@pytest.mark.rule("S09-1")
async def test_an_imported_base_is_no_crowd_of_new_customers(desk):
    known = [await desk.customer(f"K{number}", "leader") for number in range(4)]
    fresh = [await desk.customer(f"N{number}", "leader") for number in range(2)]
    await order(desk, known[0], "O1", "基本", "2025-01-01")
    await desk.fact(known[1], "spending", "2026-01-10", amount="100.00")
    await desk.fact(known[2], "tenure", "2026-03-01", value=30)
    await contact(desk, known[3], "", happened_at="2026-02-01T02:00:00+00:00", need="")
    await order(desk, fresh[0], "O2", "基本", "2026-03-02")
    body = {"of_customer_id": known[0], "role": "referred_by"}
    await send(desk.client, f"/api/v1/customers/{fresh[1]}/links", body)
    await send(desk.client, f"/api/v1/customers/{known[1]}/links", body)

    found = await figures(desk.client, "retention")

    assert found["referrals"] == (1, 2)


@pytest.mark.rule("S09-1")
async def test_cross_selling_sees_what_was_bought_as_facts_say(world, clock):
    desk = await open_desk(world, "retail")
    people = [await desk.customer(f"M{number}", "member") for number in range(3)]

    async def bought(person, day, label, amount="100.00"):
        fact = {"customer_id": person, "metric": "spending", "occurred_on": day, "amount": {"amount": amount}}
        await send(desk.client, "/api/v1/facts", {"facts": [fact | {"label": label, "source_ref": f"{day}{label}"}]})

    for person in people:
        await bought(person, "2026-01-10", "女装")
    clock.set(datetime(2026, 3, 20, 2, tzinfo=UTC))
    await bought(people[0], "2026-03-15", "珠宝")
    await bought(people[1], "2026-03-15", "女装")
    await bought(people[2], "2026-03-15", "珠宝", "-100.00")

    found = await figures(desk.client, "retention")

    assert found["cross_sell"] == (1, 3)


@pytest.mark.rule("S09-1", "S06-6")
@pytest.mark.parametrize(("returned", "share"), [("珠宝", (0, 1)), ("", (0, 1)), ("女装", (0, 0)), ("鞋", (1, 1))])
async def test_what_was_brought_back_was_not_bought(world, clock, returned, share):
    desk = await open_desk(world, "retail")
    person = await desk.customer("M1", "member")

    async def bought(day, label, amount="100.00"):
        fact = {"customer_id": person, "metric": "spending", "occurred_on": day, "amount": {"amount": amount}}
        await send(desk.client, "/api/v1/facts", {"facts": [fact | {"label": label, "source_ref": f"{day}{label}"}]})

    await bought("2026-01-10", "女装")
    clock.set(datetime(2026, 3, 20, 2, tzinfo=UTC))
    await bought("2026-03-15", "珠宝")
    await bought("2026-03-16", returned, "-100.00")

    assert (await figures(desk.client, "retention"))["cross_sell"] == share


@pytest.mark.rule("S09-3")
async def test_a_visit_counts_when_somebody_was_met_there_and_we_went(desk, clock):
    people = [await desk.customer(f"V{number}", "leader") for number in range(5)]
    own = await desk.tenant.staff("own", "account_manager")
    for person, direction, outcome, channel in (
        (people[0], "out", "reached", "visit"),
        (people[1], "out", "not_reached", "visit"),
        (people[2], "in", "reached", "visit"),
        (people[3], "out", "reached", "phone"),
    ):
        await contact(
            desk, person, "", direction=direction, outcome=outcome, channel=channel, need="", staff_id=str(own.staff_id)
        )
    planned = {"customer_id": people[4], "planned_at": (clock() + timedelta(days=1)).isoformat(), "purpose": "季度拜访"}
    await desk.client.post("/api/v1/visits", json=planned)

    assert (await figures(desk.client, "service"))["visits_made"] == (1, None)


async def test_nothing_but_its_own_month_is_counted(desk, tenant):
    await desk.customer("A", "leader")
    async with tenant.scope():
        await execute("update customer set created_at = '2026-02-28 15:59:59.999999+00'")

    assert (await figures(desk.client, "retention"))["referrals"] == (0, 0)
    assert (await figures(desk.client, "retention", "2026-02"))["referrals"] == (0, 1)


def test_a_share_of_nothing_has_no_basis_to_show():
    shares = [
        Share(key="", title="", numerator=10, denominator=denominator, value=None) for denominator in (None, 0, 40)
    ]

    assert [basis(each) for each in shares] == ["", "—", "10/40"]
    assert basis(shares[2], " / ") == "10 / 40"
