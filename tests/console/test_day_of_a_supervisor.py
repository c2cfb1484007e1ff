"""A supervisor's day: the morning's board, what was missed, campaigns and surveys, figures and their rows, an assessment tried,
receptions, faults found and corrected, work and customers handed over, several decided at once, an assessment approved, and what waits for a decision, on the telephone. Who is absent is in `test_supervisor_pages.py`.

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


def pick(window, count):
    """So many rows of the list, from the first on."""
    for _ in range(count):
        window.press("j", "x")


def several(window, name):
    """What the bar below does to all that are picked: its form."""
    return ask(window, window.page.locator(f"[data-bulk] [hx-get$='/bulk/{name}']"))


def test_13_several_requests_are_decided_at_once(window_of):
    """Say yes to two requests at once: both leave what waits and stand among what was decided."""
    cards = window_of().sign_in("cards", COMPANY)
    cards.open("/console/approvals")
    before = [each.get_attribute("data-row") for each in cards.page.locator(ROW).all()]
    pick(cards, 2)
    send(cards, several(cards, "approve"))
    cards.page.wait_for_function(
        "count => document.querySelectorAll('#main tr[data-row]').length === count", arg=len(before) - 2
    )
    cards.open("/console/approvals?whose=decided")
    decided = [each.get_attribute("data-row") for each in cards.page.locator(ROW).all()]

    assert len(before) >= 2
    assert [row for row in before[:2] if row.split("?")[0] not in [each.split("?")[0] for each in decided]] == []


def test_14_a_fault_is_found_corrected_and_closed(window_of):
    """Go through a sample, find a fault, have it corrected by whoever owns it, and close it."""
    inspector, owner = (window_of().sign_in(login, COMPANY) for login in ("personal", LOGIN))
    inspector.open("/console/inspections")
    waiting = inspector.page.locator("section[aria-labelledby=waiting] .g-rows > div")
    before = waiting.count()
    form = ask(inspector, waiting.first.locator("button[hx-get$='/do/find']"))
    form.locator("button.btn-primary, button.btn-danger").first.click()
    inspector.page.locator("#f-text-error").wait_for()
    inspector.page.locator("#f-criterion").select_option(index=1)
    inspector.page.locator("#f-text").fill("档案里没有第二联系人")
    send(inspector, inspector.page.locator("#dialog form"))
    fault = "section[aria-labelledby=faults] .g-rows > div:has-text('档案里没有第二联系人')"
    inspector.page.locator(fault).wait_for()
    owner.open("/console/inspections")
    form = ask(owner, owner.page.locator(fault).locator("button[hx-get$='/do/correct']"))
    form.locator("[name=text]").fill("已补第二联系人")
    send(owner, form)
    inspector.page.locator(f"{fault} >> button[hx-get$='/do/accept']").wait_for()
    send(inspector, ask(inspector, inspector.page.locator(fault).locator("button[hx-get$='/do/accept']")))
    inspector.page.locator(fault).get_by_text("已办结").first.wait_for()

    assert waiting.count() == before - 1
    assert "已补第二联系人" in inspector.page.locator(fault).inner_text()
    assert inspector.violations() == owner.violations() == []


def test_15_several_complaints_change_hands_at_once(day):
    """Hand several complaints over to a unit at once; without a reason the form says so."""
    day.open("/console/complaints")
    pick(day, 2)
    form = several(day, "hand_over")
    form.locator("[name=to_unit_id]").select_option(index=1)
    form.locator("button.btn-primary").first.click()
    day.page.locator("#f-reason-error").wait_for()
    day.page.locator("#f-reason").fill("同一片区，一并处理")
    send(day, day.page.locator("#dialog form"))

    assert "2 件" in day.page.locator(".g-toast").first.inner_text()


def test_16_all_that_somebody_has_is_handed_over_after_how_much_was_said(day):
    """Hand over what somebody has: first to whom, then how much moves, then it moves."""
    day.open("/console/team")
    person = day.page.locator(ROW).filter(has=day.page.locator("td[data-label] b:not(:text-is('0'))")).first
    name = person.locator("a.main").inner_text().strip()
    person.locator("a.btn[href$='/moving']").click()
    day.page.wait_for_selector("#successor")
    day.page.locator("#successor").select_option(index=2)
    successor = day.page.locator("#successor").evaluate("field => field.selectedOptions[0].innerText").strip()
    day.page.locator("section[aria-labelledby=who] button").click()
    day.page.wait_for_url("**successor_id=**")
    moves = [int(each) for each in day.page.locator("section[aria-labelledby=how] b.num").all_inner_texts()]
    send(day, ask(day, day.page.locator("section[aria-labelledby=sure] button")))
    day.open(day.page.url.replace(day.site, "").split("?")[0])

    assert sum(moves) > 0
    assert name not in successor
    assert day.page.locator("section[aria-labelledby=how] b.num").count() == 0


def test_17_an_assessment_is_approved_and_takes_effect(window_of):
    """Approve an assessment that waits, named by its scheme: once all have, the page says that it is in effect."""
    matter, listed = "", ""
    for login in ("corporate", "president"):
        window = window_of().sign_in(login, COMPANY)
        window.open("/console/approvals")
        row = window.page.locator(ROW).filter(has_text="年度对公VIP客户名单")
        if not row.count():
            continue
        listed = listed or row.first.inner_text()
        window.open(row.first.locator("a.main").get_attribute("href"))
        window.page.wait_for_selector("[hx-get$='/do/approve']")
        link = window.page.locator("#main a[href^='/console/assessments/']")
        matter = matter or str(link.first.get_attribute("href"))
        send(window, ask(window, window.page.locator("[hx-get$='/do/approve']").first))
    window.open(matter)
    window.page.get_by_text("已生效").first.wait_for()

    assert "对公VIP客户" in listed
    assert "corporate_vip" not in listed
    assert "等审批" not in window.page.locator("#main").inner_text()
