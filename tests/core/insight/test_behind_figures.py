"""Behind each figure: the rows it counts are as many as it says, how it went, how units compare; within the wall, on record."""

from datetime import timedelta

import pytest
from desk import Desk

from guibin.insight.counts import CADENCE_COUNTS, COUNTS, REVIEW_COUNTS, count_of
from guibin.insight.figures import FIGURES
from guibin.periods.counts import COUNTED_ABOVE

MARCH = "2026-03"
FIGURE = "/api/v1/figures"


@pytest.fixture
async def desk(tenant, client):
    return Desk(tenant, client)


async def received(desk, customer):
    """A complaint of the customer's."""
    body = {"customer_id": customer, "channel": "phone", "text": "机顶盒无信号"}
    answer = await desk.client.post("/api/v1/complaints", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def got(client, name, what, status=200, **params):
    answer = await client.get(f"{FIGURE}/{name}/{what}", params={"period": MARCH, **params})
    assert answer.status_code == status, answer.text
    return answer.json()


async def report(client, kind, **params):
    answer = await client.get(f"/api/v1/reports/{kind}", params={"period": MARCH, **params})
    return {one["definition"]["name"]: one for one in answer.json()["figures"]}


def test_every_count_of_one_statement_says_what_it_counts():
    silent = [name for name in (*COUNTS, *COUNTED_ABOVE) if not count_of(name).rows]

    assert silent == []


@pytest.mark.rule("S10-5")
async def test_the_rows_are_as_many_as_the_figure_says(desk):
    for n in range(3):
        await received(desk, await desk.customer(f"P{n}", "leader"))
    shown = {}
    for kind in ("complaints", "retention", "service", "tiers"):
        shown |= await report(desk.client, kind)
    wrong = []
    for figure in FIGURES:
        for part in ("numerator", "denominator"):
            name = getattr(figure, part)
            count = count_of(name) or name in (*CADENCE_COUNTS, *REVIEW_COUNTS)
            if not getattr(figure, part):
                continue
            found = await got(desk.client, figure.name, "rows", 200 if count else 409, part=part, limit=200)
            if count and len(found["items"]) != shown[figure.name][part]:
                wrong.append((figure.name, part, len(found["items"]), shown[figure.name][part]))

    assert wrong == []
    assert shown["complaints_received"]["numerator"] == 3


@pytest.mark.rule("S07-9")
async def test_whom_a_rhythm_counts_is_named_with_the_spans(desk, tenant):
    first, second = [await desk.customer(f"P{n}", "leader") for n in range(2)]
    tenant.world.clock.set(tenant.world.clock() + timedelta(days=62))
    client = await tenant.staff("later", "manager")
    told = (await report(client, "service", period="2026-04"))["reviews_done"]

    due = await got(client, "reviews_done", "rows", period="2026-04", part="denominator")
    done = await got(client, "reviews_done", "rows", period="2026-04")

    spans = {each["id"]: each["number"].split(", ") for each in due["items"]}
    assert (told["numerator"], told["denominator"]) == (0, 8)
    assert (spans.keys(), sum(map(len, spans.values()))) == ({first, second}, 8)
    assert spans[first] == spans[second] == ["2026-W14", "2026-W15", "2026-W16", "2026-W17"]
    assert all(each["subject"] == "customer" and each["customer_name"] for each in due["items"])
    assert done["items"] == []


async def test_a_group_and_a_page_are_part_of_the_rows(desk):
    for n in range(3):
        await received(desk, await desk.customer(f"P{n}", "leader"))
    (share,) = (await report(desk.client, "complaints"))["complaints_received"]["shares"]

    grouped = await got(desk.client, "complaints_received", "rows", group=share["key"])
    other = await got(desk.client, "complaints_received", "rows", group="nothing")
    first = await got(desk.client, "complaints_received", "rows", limit=2)
    rest = await got(desk.client, "complaints_received", "rows", limit=2, cursor=first["next"])

    assert (len(grouped["items"]), other["items"]) == (3, [])
    assert len({each["id"] for each in first["items"] + rest["items"]}) == 3
    assert all(each["number"] and each["customer_name"] for each in grouped["items"])


async def test_an_outlet_sees_its_own_rows_and_they_are_on_record(tenant, desk):
    for code in ("east", "west"):
        await tenant.unit(code)
        body = {"number": code, "name": f"{code}客户", "kind": "leader", "org_unit_id": str(tenant.units[code])}
        await received(desk, (await desk.client.post("/api/v1/customers", json=body)).json()["id"])
    lead = await tenant.staff("lead", "manager", unit="east")

    mine = await got(lead, "complaints_received", "rows")
    theirs = await lead.get(
        f"{FIGURE}/complaints_received/rows", params={"period": MARCH, "org_unit_id": str(tenant.units["west"])}
    )
    units = await got(desk.client, "complaints_received", "units")
    entries = await (await tenant.staff("auditor", "auditor")).get(
        "/api/v1/audit-entries", params={"action": "figure_row.search"}
    )

    assert [each["customer_name"] for each in mine["items"]] == ["east客户"]
    assert theirs.status_code == 404
    assert {each["org_unit_name"]: each["numerator"] for each in units} == {"east": 1, "west": 1}
    assert [each["customer_ids"] for each in entries.json()["items"]] == [[mine["items"][0]["customer_id"]]]


async def test_a_trend_goes_back_period_by_period(desk):
    await received(desk, await desk.customer("P1", "leader"))

    found = await got(desk.client, "complaints_received", "trend", points=3)
    unknown = await got(desk.client, "nothing", "trend", 404)
    wrong = await got(desk.client, "complaints_received", "trend", 422, period="2026-13")

    assert [(each["period"], each["value"]) for each in found["points"]] == [
        ("2026-01", 0),
        ("2026-02", 0),
        ("2026-03", 1),
    ]
    assert unknown["status"] == 404
    assert wrong["errors"][0]["field"] == "period"
