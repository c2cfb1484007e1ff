"""Receptions, cards and activities by hand in a browser: each one's main work and a wrong input, and what is printed."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

pytestmark = pytest.mark.browser
BANK, HERE = "hetian-bank", ZoneInfo("Asia/Shanghai")


@pytest.fixture
def desk(window):
    """At the bank's desk."""
    return window.sign_in("desk", BANK)


def _first(window, path):
    """The first row of a list."""
    window.open(path)
    return window.page.locator("[data-rows] tr[data-row]").first.get_attribute("data-row")


def _choose(window, surname):
    """The customer who is found first."""
    window.page.locator("#who").fill(surname)
    window.page.locator("#who-found button").first.click()


def _said(window):
    told = window.page.locator(".g-toast span").first
    told.wait_for()
    return told.inner_text()


def _sent(window):
    """Ctrl Enter; what the page says when the dialog is gone."""
    window.press("Control+Enter")
    window.page.locator("#dialog:not([open])").wait_for(state="attached")
    return _said(window)


def _ahead(days):
    return (datetime.now(HERE) + timedelta(days=days)).strftime("%Y-%m-%dT10:00")


def test_a_visit_is_written_down_with_its_level_told_before_and_stands_in_the_list(desk):
    desk.open("/console/receptions/new")
    desk.press("Control+Enter")
    desk.page.locator("#f-source-error").wait_for()
    _choose(desk, "孙")
    desk.page.locator("#f-source").fill("办公室")
    desk.page.locator("#f-arrives_at").fill(_ahead(3))
    desk.page.locator("#suggested .g-panel").first.wait_for()
    desk.page.locator("#f-source").press("Control+Enter")
    desk.page.locator(".g-case").wait_for()

    assert "孙" in desk.page.locator("h1").inner_text()
    assert re.search(r"R\d{6}-", desk.page.locator(".g-crumb").inner_text())

    desk.open("/console/receptions?state=")
    assert "待确认" in desk.page.locator("#rows tr", has_text="孙").last.inner_text()


def test_a_notice_is_printed_on_its_sheet_with_who_printed_it(desk):
    desk.open(_first(desk, "/console/receptions?running=true"))
    with desk.page.context.expect_page() as opened:
        desk.page.locator("a[target=_blank]", has_text="通知单").click()
    sheet = opened.value
    sheet.locator("article").wait_for()
    sheet.emulate_media(media="print")

    assert "接待通知单" in sheet.locator("h1").inner_text()
    assert "唐磊" in sheet.locator(".foot").inner_text()
    assert sheet.evaluate("() => getComputedStyle(document.querySelector('article')).borderTopWidth") == "0px"
    assert sheet.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_a_card_is_reported_lost_and_found_again(desk):
    card = _first(desk, "/console/cards?state=active")
    desk.open(card)
    desk.press("l")
    desk.page.locator("#dialog[open] form").wait_for()
    note = desk.page.locator("#dialog[open] :is(textarea, input:not([type=hidden]))").first
    note.fill("客户来电，卡不在手边")
    _sent(desk)
    desk.page.locator(".g-chip", has_text="挂失").first.wait_for()
    desk.press("f")
    desk.page.locator("#dialog[open] form").wait_for()
    if desk.page.locator("#dialog[open] textarea").count():
        desk.page.locator("#dialog[open] textarea").first.fill("已找到")
    _sent(desk)

    desk.page.locator(".g-chip", has_text="在用").first.wait_for()
    assert desk.page.locator(".g-tl").inner_text().count("挂失") >= 2


def test_an_activity_is_planned_guests_are_chosen_and_looked_up_at_the_door(desk):
    title = f"理财讲座 {datetime.now(HERE):%H%M%S}"
    desk.open("/console/activities/new")
    desk.page.locator("#f-title").fill(title)
    desk.page.locator("#f-place").fill("三楼会议厅")
    desk.page.locator("#f-starts_at").fill(_ahead(-2))
    desk.page.locator("#f-ends_at").fill(_ahead(5))
    if not desk.page.locator("#f-kind").input_value():
        desk.page.locator("#f-kind").select_option(index=1)
    desk.press("Control+Enter")
    desk.page.locator("#f-starts_at-error").wait_for()
    desk.page.locator("#f-starts_at").fill(_ahead(4))
    desk.page.locator("#f-starts_at").press("Control+Enter")
    desk.page.locator("h1", has_text=title).wait_for()

    desk.press("i")
    boxes = desk.page.locator("#rows input[name=id]")
    boxes.first.wait_for()
    name = desk.page.locator("#rows tr:has(input[name=id]) a.m").first.inner_text()
    boxes.nth(0).check()
    boxes.nth(1).check()
    desk.page.locator("[data-bulk] button[type=submit]").click()
    said = _said(desk)
    assert said.startswith("已邀请 2 位")

    desk.page.locator("#main a[href$='/door']").click()
    desk.page.locator("#code").fill(name)
    desk.page.locator("#code").press("Enter")
    desk.page.locator("#guest b", has_text=name).first.wait_for()
    desk.page.locator("#code").fill("查无此人")
    desk.page.locator("#code").press("Enter")
    desk.page.locator("#guest [role=status]").wait_for()


def test_on_a_telephone_the_clause_and_who_decides_come_before_the_form(window_of):
    window = window_of(width=390, height=844).sign_in("manager11", "hetian-bank")
    window.open("/console/customers")
    row = window.page.locator("[data-rows] tbody tr[data-row]").nth(6).get_attribute("data-row")
    window.open(f"{row}/apply")
    window.open(window.page.locator("a[href*='/apply/']").first.get_attribute("href"))
    told, form = window.page.locator(".g-told-first > section"), window.page.locator(".g-told-first > form")

    assert told.bounding_box()["y"] < form.bounding_box()["y"]


def test_on_a_telephone_what_happened_does_not_cover_the_next_step(window_of):
    window = window_of(width=390, height=844).sign_in("manager12", "hetian-bank")
    window.open("/console/visits")
    rows = window.page.locator("[data-rows] tbody tr[data-row]", has_text="已计划")
    window.open(rows.first.get_attribute("data-row"))
    window.page.locator("#f-content").fill("按约走访")
    window.page.locator(".g-visit form button[type=submit]").last.click()
    window.page.locator(".g-toast").wait_for()
    foot, toast = (
        window.page.locator(".g-foot .btn-primary, form button[type=submit]").last,
        window.page.locator(".g-toast"),
    )

    assert toast.bounding_box()["y"] + toast.bounding_box()["height"] < foot.bounding_box()["y"]
