"""Two reports side by side: of two org units, of two periods; within the wall, each side as its own report says it."""

import html
import io
import re

import openpyxl
import pytest
from desk import Desk

COMPARISON, PAGE = "/api/v1/reports/complaints/comparison", "/console/reports/compare"
MARCH = {"period": "2026-03"}


@pytest.fixture
async def desk(tenant, client):
    """A complaint in the east, two in the west, one of the head office's."""
    desk = Desk(tenant, client)
    for code in ("east", "west"):
        await tenant.unit(code)
    for number, code in enumerate(("east", "west", "west", "")):
        place = {"org_unit_id": str(tenant.units[code])} if code else {}
        customer = await desk.customer(f"P{number}", "leader", **place)
        body = {"customer_id": customer, "channel": "phone", "text": "机顶盒无信号"}
        assert (await client.post("/api/v1/complaints", json=body)).status_code == 201
    return desk


async def compared(client, status=200, **asked):
    answer = await client.get(COMPARISON, params=MARCH | asked)
    assert answer.status_code == status, answer.text
    return answer.json()


def received(found):
    line = next(each for each in found["figures"] if each["definition"]["name"] == "complaints_received")
    return line["first"]["value"], line["second"]["value"], line["change"]


async def test_two_units_stand_side_by_side_in_either_order(desk):
    units = {name: str(unit) for name, unit in desk.tenant.units.items()}

    across = await compared(desk.client, org_unit_id=units["east"], other_unit_id=units["west"], other_period="2026-03")
    beside_all = await compared(desk.client, org_unit_id=units["east"], other_period="2026-03")
    head = beside_all["first"]["org_unit_id"]
    all_first = await compared(desk.client, other_unit_id=units["west"], other_period="2026-03")

    assert received(across) == (1, 2, -1)
    assert [across[side]["org_unit_name"] for side in ("first", "second")] == ["east", "west"]
    assert (received(beside_all), head) == ((1, 1, 0), units["east"])
    assert received(all_first) == (4, 2, 2)


async def test_the_period_before_stands_beside_it_without_a_wish(desk):
    found = await compared(desk.client)

    assert [(found[side]["period"], found[side]["closed"]) for side in ("first", "second")] == [
        ("2026-03", False),
        ("2026-02", False),
    ]
    assert received(found) == (4, 0, 4)


async def test_a_share_says_which_side_does_better_and_a_number_does_not(desk):
    for number in range(6):
        await desk.customer(f"M{number}", "leader", org_unit_id=str(desk.tenant.units["east"]))
        await desk.customer(f"N{number}", "leader", org_unit_id=str(desk.tenant.units["west"]))
    units = {name: str(unit) for name, unit in desk.tenant.units.items()}
    found = await compared(desk.client, org_unit_id=units["east"], other_unit_id=units["west"], other_period="2026-03")
    better = {each["definition"]["name"]: each["better"] for each in found["figures"]}

    assert (better["complaint_rate"], better["complaints_received"]) == ("first", None)


async def test_nothing_behind_the_wall_stands_beside(desk):
    lead = await desk.tenant.staff("lead", "manager", unit="east")
    west = str(desk.tenant.units["west"])

    assert received(await compared(lead)) == (1, 0, 1)
    await compared(lead, 404, other_unit_id=west)
    await compared(lead, 404, org_unit_id=west)
    await compared(lead, 422, other_period="2026-13")


async def test_the_page_says_both_sides_and_leads_to_each(desk):
    units = {name: str(unit) for name, unit in desk.tenant.units.items()}
    lead = await desk.tenant.staff("lead", "manager")
    asked = {"org_unit_id": units["east"], "other_unit_id": units["west"], "other_period": "2026-03"}

    page = (await lead.get(PAGE, params=MARCH | asked, headers={"Accept-Language": "zh-CN"})).text

    assert "east 2026-03 比 west 2026-03" in page
    for unit in units.values():
        assert f"/console/reports/figures/complaints_received?period=2026-03&amp;org_unit_id={unit}" in page
    assert f"{PAGE}?period=" in (await lead.get("/console/reports/complaints", params=MARCH)).text


async def test_the_comparison_goes_out_as_a_workbook_and_on_paper_as_the_page_shows_it(desk):
    units = {name: str(unit) for name, unit in desk.tenant.units.items()}
    asked = MARCH | {"org_unit_id": units["east"], "other_unit_id": units["west"], "other_period": "2026-03"}
    shown = (await desk.tenant.staff("lead", "manager")).get
    page = (await shown(PAGE, params=asked)).text
    files = {form: html.unescape(re.search(rf'href="([^"]*/{form}\?[^"]*)"', page)[1]) for form in ("workbook", "page")}
    zh = {"Accept-Language": "zh-CN"}
    answers = {form: await desk.client.get(path, headers=zh) for form, path in files.items()}
    found = await compared(desk.client, **asked)

    sheets = openpyxl.load_workbook(io.BytesIO(answers["workbook"].content)).worksheets
    rows = list(sheets[0].values)
    by_title = {row[0]: row for row in rows}
    titles = {line["definition"]["title"]: line for line in found["figures"]}
    assert titles.keys() <= by_title.keys()
    assert titles.keys() <= {row[0] for row in sheets[1].values}
    assert by_title["投诉受理量"][1:4] == (1, 2, -1)
    assert rows[0][1:3] == ("east 2026-03", "west 2026-03")
    paper = answers["page"].text
    assert re.findall(
        r"<tr><td>投诉受理量</td><td class=\"n\">1</td><td class=\"n\">2</td><td class=\"n\">−1</td>", paper
    )
    assert "style-src 'sha256-" in answers["page"].headers["content-security-policy"]


async def test_the_files_of_a_comparison_stand_behind_the_same_wall(desk):
    lead = await desk.tenant.staff("lead", "manager", unit="east")
    for form in ("workbook", "page"):
        for wrong, status in (
            ({"other_unit_id": str(desk.tenant.units["west"])}, 404),
            ({"other_period": "2026-13"}, 422),
        ):
            answer = await lead.get(f"{COMPARISON}/{form}", params=MARCH | wrong)
            assert answer.status_code == status
