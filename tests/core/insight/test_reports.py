"""Reports over HTTP: each figure with its definition, per org unit, frozen, as JSON, workbook and page."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import openpyxl
import pytest
from desk import Desk

from guibin_tenants.scope import execute

from .test_statistics import closed, received, resolved

MARCH = "2026-03"
TEXT = {"zh": "等级", "en": "tier"}


@pytest.fixture
async def desk(tenant, client):
    return Desk(tenant, client)


async def report(client, kind, period=MARCH, status=200, **params):
    answer = await client.get(f"/api/v1/reports/{kind}", params={"period": period, **params})
    assert answer.status_code == status, answer.text
    return answer.json()


async def figures(client, kind, period=MARCH, **params):
    found = await report(client, kind, period, **params)
    return {one["definition"]["name"]: one for one in found["figures"]}


def fraction(figure):
    return figure["numerator"], figure["denominator"]


async def order(desk, customer, number, product, price, started_on):
    body = {
        "number": number,
        "product": product,
        "price": {"amount": price},
        "started_on": started_on,
        "ends_on": "2027-01-01",
    }
    answer = await desk.client.post(f"/api/v1/customers/{customer}/orders", json=body)
    assert answer.status_code == 201, answer.text


async def need(desk, customer, wants="product"):
    body = {"customer_id": customer, "channel": "phone", "direction": "in", "content": "想了解套餐", "need": "高清套餐"}
    body |= {"wants": wants}
    assert (await desk.client.post("/api/v1/interactions", json=body)).status_code == 201


@pytest.mark.rule("S09-1")
async def test_referrals_conversion_cross_sell_and_up_sell(desk, clock):
    people = [await desk.customer(f"P{n}", "leader") for n in range(6)]
    for customer in people[:2]:
        body = {"of_customer_id": people[5], "role": "referred_by"}
        assert (await desk.client.post(f"/api/v1/customers/{customer}/links", json=body)).status_code == 201
    for n, customer in enumerate(people):
        await order(desk, customer, f"O{n}", "基本", "100.00", "2026-01-01")
    clock.set(clock() + timedelta(minutes=1))
    for customer in people:
        await need(desk, customer)
    await order(desk, people[0], "N0", "高清", "50.00", "2026-03-10")
    await order(desk, people[1], "N1", "高清", "50.00", "2026-03-11")
    await order(desk, people[1], "N2", "基本", "120.00", "2026-03-12")
    await order(desk, people[2], "N3", "基本", "100.00", "2026-03-12")
    await order(desk, people[3], "N4", "高清", "50.00", "2026-04-01")

    found = await figures(desk.client, "retention")

    # Whoever had an order in January is no new customer of March, however their archive came about.
    assert fraction(found["referrals"]) == (0, 0)
    assert fraction(found["intention_to_action"]) == (4, 6)
    assert fraction(found["cross_sell"]) == (2, 6)
    assert fraction(found["up_sell"]) == (1, 6)
    assert (found["cross_sell"]["value"], found["cross_sell"]["few"]) == (333.3, False)


@pytest.mark.rule("S09-1")
async def test_every_figure_says_what_is_divided_by_what_in_both_languages(client):
    definitions = {}
    for language in ("zh-CN", "en"):
        answer = await client.get("/api/v1/figures", headers={"Accept-Language": language})
        definitions[language] = answer.json()
        for one in definitions[language]:
            says = [one["title"], one["numerator_says"], *([one["denominator_says"]] if one["denominator"] else [])]
            assert not [text for text in says if not text or re.fullmatch(r"[a-z_.]+\.[a-z_]+", text)], one
            assert re.fullmatch(r"S\d\d-\d+", one["clause"])
            assert one["unit"] == ("per_mille" if one["denominator"] else "count")

    names = [one["name"] for one in definitions["en"]]
    assert len(names) == len(set(names)) >= 20
    assert [one["title"] for one in definitions["zh-CN"]] != [one["title"] for one in definitions["en"]]
    in_time = next(one for one in definitions["en"] if one["name"] == "complaints_in_time")
    assert (in_time["target_per_mille"], in_time["clause"]) == (950, "S07-16")


async def test_too_few_are_counted_and_no_share_is_shown(client):
    for _ in range(4):
        await resolved(client, await received(client))

    found = (await figures(client, "complaints"))["complaints_in_time"]

    assert (fraction(found), found["value"], found["few"], found["met"]) == ((4, 4), None, True, None)


@pytest.mark.rule("S09-1")
async def test_a_closed_month_keeps_its_figures_and_shows_what_was_corrected(desk, tenant, clock):
    await desk.customer("P1", "leader")
    clock.set(datetime(2026, 4, 1, 1, tzinfo=UTC))
    await closed(tenant, "month")
    async with tenant.scope():
        await execute("update customer set created_at = '2026-02-01'")

    march, february = await figures(desk.client, "retention"), await figures(desk.client, "retention", "2026-02")

    assert (march["referrals"]["denominator"], march["referrals"]["restated"]["denominator"]) == (1, 0)
    assert (february["referrals"]["denominator"], february["referrals"]["restated"]) == (1, None)
    assert (await report(desk.client, "retention"))["closed_at"].startswith("2026-04-01")


@pytest.mark.rule("S09-1", "S02-6")
async def test_a_branch_manager_gets_the_own_subtree_only(desk, tenant):
    for unit in ("east", "west"):
        await tenant.unit(unit)
    for number, unit in enumerate(("east", "east", "west")):
        await desk.customer(f"B{number}", "leader", org_unit_id=str(tenant.units[unit]))
    manager = await tenant.staff("east-manager", "manager", unit="east")
    west = str(tenant.units["west"])

    own = await figures(manager, "retention")
    whole, branch = await figures(desk.client, "retention"), await figures(desk.client, "retention", org_unit_id=west)

    assert [one["referrals"]["denominator"] for one in (own, whole, branch)] == [2, 3, 1]
    await report(manager, "retention", status=404, org_unit_id=west)
    await report(manager, "retention", status=404, org_unit_id=str(tenant.id))
    page = await manager.get("/api/v1/reports/retention/page", params={"period": MARCH, "org_unit_id": west})
    assert page.status_code == 404
    entries = (await desk.client.get("/api/v1/audit-entries")).json()["items"]
    assert [one["action"] for one in entries].count("statistics.retention") == 3


def scheme(name, fact):
    return {
        "name": name,
        "customer_kinds": ["partner"],
        "metrics": [{"name": fact, "fact": fact, "aggregate": "sum", "months": 12}],
        "tiers": [
            {"name": f"{name}_high", "criterion": {"type": "at_least", "metric": fact, "bound": 10_000}},
            {"name": f"{name}_low", "criterion": {"type": "at_least", "metric": fact, "bound": 1_000}},
        ],
    }


@pytest.mark.rule("S04-4", "S04-6", "S08-4")
async def test_each_scheme_beside_the_other_has_statistics_of_its_tiers(desk, clock):
    keys = [f"{kind}.{name}" for name in ("corporate", "international") for kind in ("scheme",)]
    keys += [f"tier.{name}_{level}" for name in ("corporate", "international") for level in ("high", "low")]
    overrides = {
        "schemes": [scheme("corporate", "deposits"), scheme("international", "remitted")],
        "texts": dict.fromkeys([*keys, "metric.deposits", "metric.remitted"], TEXT),
    }
    answer = await desk.client.post("/api/v1/policy/versions", json={"overrides": overrides, "note": "two schemes"})
    assert answer.status_code == 201, answer.text
    rising, falling, both = [await desk.customer(f"K{n}", "partner") for n in range(3)]
    for customer, amount in ((rising, "20.00"), (falling, "200.00"), (both, "200.00")):
        await desk.fact(customer, "deposits", "2025-12-31", amount=amount)
    await desk.fact(both, "remitted", "2025-12-31", amount="20.00")
    for name in ("corporate", "international"):
        await desk.assess(name, "2026-01-10")
    await desk.fact(rising, "deposits", "2026-02-15", amount="200.00")
    await desk.fact(falling, "deposits", "2026-02-15", amount="-180.00")
    await desk.assess("corporate", "2026-03-01")
    clock.set(clock() + timedelta(days=60))

    january, march = await figures(desk.client, "tiers", "2026-01"), await figures(desk.client, "tiers")

    def groups(figure):
        return {one["key"]: one["numerator"] for one in figure["shares"]}

    assert groups(january["members_joined"]) == {
        "corporate/corporate_high": 2,
        "corporate/corporate_low": 1,
        "international/international_low": 1,
    }
    assert groups(march["members_raised"]) == {"corporate/corporate_high": 1}
    assert groups(march["members_lowered"]) == {"corporate/corporate_low": 1}
    assert groups(march["members_ended"]) == {}
    assert groups(march["members_at_end"]) == groups(january["members_at_end"])


@pytest.mark.rule("S09-1")
async def test_contacts_kept_and_deadlines_met(desk, tenant, clock):
    people = [await desk.customer(f"M{n}", "leader") for n in range(6)]
    async with tenant.scope():
        await execute(
            "insert into membership (id, customer_id, scheme, tier, starts_on, since_on, basis, reason, ended_because,"
            " recorded_at) select gen_random_uuid(), id, 'key_account', 'key_account', '2026-02-01', '2026-02-01',"
            " 'assessment', '', '', '2026-02-01' from customer"
        )
    for customer in people[:4]:
        body = {"customer_id": customer, "channel": "phone", "direction": "out", "content": "问候"}
        assert (await desk.client.post("/api/v1/interactions", json=body)).status_code == 201
    complaints = [await received(desk.client) for _ in range(6)]
    for complaint in complaints[:5]:
        await resolved(desk.client, complaint)
    running = (await figures(desk.client, "service"))["cadence_met"]
    clock.set(datetime(2026, 4, 2, tzinfo=UTC))

    found = await figures(desk.client, "service")

    assert fraction(running) == (0, 0)
    assert (fraction(found["cadence_met"]), found["cadence_met"]["value"]) == ((4, 6), 666.7)
    # Of each complaint the resolution, the first reply and the plan against repetition, which none has.
    assert (fraction(found["deadlines_met"]), found["deadlines_met"]["shares"][0]["key"]) == ((10, 18), "complaint")


async def test_the_page_is_chinese_whole_in_itself_and_prints_its_definitions(desk):
    for n in range(6):
        await desk.customer(f"<b>{n}", "leader")

    answer = await desk.client.get("/api/v1/reports/retention/page", params={"period": MARCH})

    text, policy = answer.text, answer.headers["content-security-policy"]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert text.startswith('<!doctype html><html lang="zh-CN">')
    assert "客户流失率" in text
    assert "降级、到期未续、考评终止不算流失" in text
    assert not re.search(r"https?://|<script|<link|<img|url\(", text)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    english = await desk.client.get(
        "/api/v1/reports/retention/page", params={"period": MARCH}, headers={"Accept-Language": "en"}
    )
    assert '<html lang="en">' in english.text
    assert "a lower tier, an expiry and an end by assessment are no churn" in english.text


@pytest.mark.parametrize("kind", ["complaints", "retention", "service", "tiers"])
async def test_the_workbook_holds_figures_charts_and_definitions(client, kind):
    await resolved(client, await received(client))

    answer = await client.get(f"/api/v1/reports/{kind}/workbook", params={"period": MARCH})
    found = await figures(client, kind)

    book = openpyxl.load_workbook(BytesIO(answer.content))
    cells = {row[0]: row[1] for row in book["指标"].iter_rows(min_row=4, values_only=True)}
    assert cells == {one["definition"]["title"]: one["value"] for one in found.values()}
    explained = {row[0]: row[1] for row in book["指标定义"].iter_rows(min_row=2, values_only=True)}
    assert explained == {one["definition"]["title"]: one["definition"]["numerator_says"] for one in found.values()}
    assert any(name.startswith("xl/charts/chart") for name in ZipFile(BytesIO(answer.content)).namelist())


async def test_an_unknown_kind_or_period_is_refused(client):
    await report(client, "weather", status=400)
    await report(client, "retention", "2026-W99", status=422)
