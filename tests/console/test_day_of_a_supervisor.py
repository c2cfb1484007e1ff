"""A supervisor's day: the morning's board, what was missed, campaigns and surveys, figures and their rows, an assessment tried,
receptions, and what waits for a decision, on the telephone. Who is absent is in `test_supervisor_pages.py`.

Each test is one task of the list that was written before the pages; its first line says it. They follow one another in one window.
"""

import io
import re

import pytest
from openpyxl import load_workbook

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("days")]
COMPANY, LOGIN = "hetian-bank", "admin"
ROW = "#main tr[data-row]"


@pytest.fixture(scope="module")
def day(hands_of):
    return hands_of(LOGIN, COMPANY).window


def ask(window, button):
    """Press it; the form that it opens."""
    button.click()
    window.page.wait_for_selector("#dialog[open] form")
    return window.page.locator("#dialog form")


def send(window, form):
    form.locator("button.btn-primary, button.btn-danger").first.click()
    window.page.wait_for_selector("#dialog[open]", state="detached")


def leads(window, link, to):
    """A link of the page, and where it leads."""
    window.page.locator(f"#main {link}").first.click()
    window.page.wait_for_url(to)
    window.page.wait_for_selector("#main h1, #main table")


def figures(window):
    return [int(each.split()[0].replace(",", "")) for each in window.page.locator("a.g-stat b").all_inner_texts()]


def test_01_the_morning_begins_with_the_board(day):
    """See what is open, late and due within the hour, and who waits longest."""
    day.open("/console/board")
    text = day.page.locator("#main").inner_text()

    assert all(said in text for said in ("等得最久的", "各服务台"))
    assert day.page.locator(".g-stat").count() == 6
    day.press("w")
    day.page.wait_for_url("**/console/board/wall")
    assert day.page.locator(".g-wall").count() == 1


def test_02_a_figure_of_the_board_leads_to_its_rows(day):
    """Open what is late of one's units."""
    day.open("/console/board")
    leads(day, '.g-stat[href*="show=late"]', "**show=late**")

    assert day.page.locator("#main").inner_text()


def test_03_what_was_missed_is_counted_and_leads_on(day):
    """Go through supervision: each part leads to its rows, and back."""
    day.open("/console/supervision")
    first = figures(day)
    leads(day, 'a.g-stat[href*="part=measures"]', "**part=measures**")

    assert figures(day) == first
    assert day.page.locator(ROW).count() == min(first[4], 25)


def test_04_the_boards_stand_beside_supervision(day):
    """Open the board of campaigns and go from a figure to its members."""
    day.open("/console/supervision")
    leads(day, 'a[href="/console/campaigns/board"]', "**/console/campaigns/board")
    shown = day.page.locator("a.g-stat b").first.inner_text().replace(",", "")
    leads(day, 'a.g-stat[href*="part=contacted"]', "**part=contacted**")

    assert int(shown) >= day.page.locator("#main tbody tr:not(.more)").count() > 0


def test_05_a_cost_is_recorded_beside_the_budget(day):
    """Record what a campaign cost."""
    day.open("/console/campaigns/board")
    leads(day, 'a[href$="/results"]', "**/results")
    form = ask(day, day.page.locator("button[hx-get$='/do/spend']"))
    form.locator("[name=what]").fill("短信")
    form.locator("[name=amount]").fill("120.50")
    send(day, form)
    day.page.get_by_text("120.50 CNY").first.wait_for()

    assert day.violations() == []


def test_06_who_was_dissatisfied_is_listed_with_what_came_of_it(day):
    """Open the board of surveys; a figure opens its answers."""
    day.open("/console/survey-board")
    low = figures(day)[0]
    leads(day, 'a.g-stat[href*="improvement=none"]', "**improvement=none**")

    assert day.page.locator(ROW).count() <= low
    assert "还没有改进" in day.page.locator("#main").inner_text()


def test_07_a_figure_of_a_report_leads_to_its_rows(day):
    """From the report to a figure, and to the cases behind it."""
    day.open("/console/reports/complaints")
    leads(day, 'tr[data-row] a[href*="figures/complaints_received"]', "**/figures/complaints_received**")
    said = day.page.locator("#main h1 b").inner_text()
    leads(day, 'a[href*="/rows"]', "**/rows**")

    assert day.page.locator("#main tbody tr:not(.more)").count() == min(int(said), 50)


def test_08_two_units_stand_side_by_side(day):
    """Compare one outlet with another."""
    day.open("/console/reports/complaints")
    leads(day, 'a[href*="/reports/compare"]', "**/reports/compare**")
    unit = day.page.locator("#main [name=other_unit_id]")
    unit.select_option(index=1)
    name = unit.evaluate("field => field.selectedOptions[0].innerText").strip()
    day.page.locator("#main form.g-filters button").click()
    day.page.wait_for_url("**other_unit_id=**")

    assert name in day.page.locator("#main h1").inner_text()
    assert day.overflow() <= 0


def test_09_the_report_goes_out_as_a_workbook(day):
    """Take the report as an Excel file: its figures are those of the page."""
    day.open("/console/reports/complaints")
    href = day.page.locator("#main a[download]").get_attribute("href")
    titles = day.page.locator(f"{ROW} a.main").all_inner_texts()
    answer = day.page.request.get(f"{day.site}{href}")
    cells = [str(cell) for sheet in load_workbook(io.BytesIO(answer.body())) for row in sheet.values for cell in row]

    assert answer.status == 200
    assert [title for title in titles if title not in cells] == []


def test_10_who_moves_is_tried_before_it_is_put_into_effect(day):
    """Try an assessment: who would move from where to where, before anything takes effect."""
    day.open("/console/assessments")
    leads(day, 'a[href*="/simulation"]', "**/simulation**")

    assert day.page.locator("#main svg").count() > 0
    assert re.search(r"\d", day.page.locator("#main").inner_text())


def test_11_receptions_say_who_has_read_what(day):
    """See the receptions by department and task."""
    day.open("/console/reception-board")

    assert day.page.locator("#main h1").count() == 1
    assert day.violations() == []


def test_12_what_waits_for_a_decision_fits_on_the_telephone(window_of):
    """See what waits for one's decision, on a telephone: the page is no wider than it."""
    phone = window_of(width=390, height=844).sign_in(LOGIN, COMPANY)
    phone.open("/console/approvals")

    assert phone.overflow() <= 0
    assert phone.page.locator("#main").inner_text()
    assert phone.violations() == []
