"""Signing in, moving about, and the frame that every page stands in: by keyboard, in a real browser."""

import re

import pytest

pytestmark = pytest.mark.browser


def test_a_wrong_password_is_said_beside_it_and_the_right_one_leads_to_where_one_wanted(window):
    window.open("/console/complaints?overdue=true")
    page = window.page
    page.locator("#company").fill("sunrise-cable")
    page.locator("#login").fill("desk")
    page.locator("#password").fill("not this one at all")
    page.keyboard.press("Enter")
    page.wait_for_selector("#wrong")
    told, kept = page.locator("#wrong").inner_text(), page.locator("#login").input_value()
    page.locator("#password").fill("guibin-demo-2026")
    page.keyboard.press("Enter")
    page.wait_for_selector(".g-shell")

    assert "密码" in told
    assert kept == "desk"
    assert page.url.endswith("/console/complaints?overdue=true")


def test_on_a_demonstration_one_click_makes_somebody_of_it(window):
    window.open("/console/sign-in")
    window.page.get_by_role("button", name=re.compile("坐席")).nth(1).click()
    window.page.wait_for_selector(".g-shell")

    assert window.page.locator(".g-org").inner_text().strip().endswith("朝阳有线")


def test_signing_out_ends_the_session_at_once(window):
    window.sign_in("desk")
    window.page.locator("[popovertarget=me]").click()
    window.page.get_by_role("button", name="退出").click()
    window.page.wait_for_url("**/console/sign-in")
    window.open("/console/complaints")

    assert "/console/sign-in?next=/console/complaints" in window.page.url


def test_language_and_darkness_are_chosen_in_place_and_stay(window):
    window.sign_in("desk")
    window.open("/console/complaints")
    page = window.page
    page.locator("[popovertarget=me]").click()
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("html[lang=en]")
    page.get_by_role("button", name="Dark / light").click()
    page.wait_for_selector("html[data-bs-theme=dark]")
    page.reload()

    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    assert page.locator(".g-nav a[aria-current]").inner_text().splitlines()[0] == "Complaints"


def test_the_sheet_of_keys_opens_and_single_keys_can_be_turned_off(window):
    window.sign_in("desk")
    window.open("/console/complaints")
    window.press("?")
    window.page.wait_for_selector("#keys[open]")
    window.page.locator("[data-act=keys-off]").click()
    window.press("Escape", "?")

    assert window.page.locator("#keys[open]").count() == 0


def test_a_page_that_there_is_not_says_so_and_leads_back(window):
    window.sign_in("desk")
    answer = window.open("/console/complaints/0198c0de-0000-7000-8000-000000000000")

    assert answer.status == 404
    assert "没有找到" in window.page.locator("h1").inner_text()
    assert window.page.get_by_role("link", name="回到首页").is_visible()


def complain(window, text):
    window.open("/console/complaints/new")
    window.page.locator("#f-text").fill(text)
    window.page.locator("#f-channel").select_option("phone")
    window.press("Control+Enter")
    window.page.wait_for_selector(".g-case")


def test_what_somebody_else_does_shows_by_itself(window_of):
    """The list is asked again while it is only looked at; a row that came waits, is let in by a key, and lights up."""
    looking, working = window_of().sign_in("lead1"), window_of().sign_in("lead1")
    looking.page.clock.install()
    looking.open("/console/complaints?sort=received")
    complain(working, "全楼没有信号，请马上处理")
    looking.page.clock.fast_forward(21_000)
    looking.page.get_by_role("button", name="1 条新的").wait_for()
    looking.press("u")
    looking.page.wait_for_selector("tr.g-new")

    assert ["全楼没有信号" in each for each in looking.page.locator("tr.g-new").all_inner_texts()] == [True]


def test_a_countdown_that_goes_on_is_no_news(window_of):
    """Each countdown reads otherwise than what the product answers by now; that the list was asked again shows by a row that came."""
    looking, working = window_of().sign_in("lead1"), window_of().sign_in("lead1")
    looking.page.clock.install()
    looking.open("/console/complaints?sort=received")
    looking.page.locator("tr[data-row] time[data-due]").first.wait_for()
    complain(working, "整栋楼停网，客户要求马上回电")
    looking.page.eval_on_selector_all(
        "tr[data-row] time[data-due] span", "all => all.forEach(each => each.innerText = '…')"
    )
    looking.page.clock.fast_forward(21_000)
    looking.page.get_by_role("button", name="1 条新的").wait_for()
    looking.page.clock.run_for(1_000)

    assert looking.page.locator("tr.g-new").count() == 0


def test_on_a_telephone_the_menu_says_where_each_place_is(window_of):
    window = window_of(width=390, height=844).sign_in("desk")
    window.page.locator("[data-act=menu]").click()
    entry = window.page.locator('.g-nav a[href="/console/complaints"] span').first

    assert entry.evaluate("span => [span.innerText, span.getBoundingClientRect().width > 20]") == ["投诉", True]


PATHS = ("/console/", "/console/plan", "/console/complaints?running=true", "/console/requests", "/console/cards")


def test_the_sheet_tells_every_key_of_the_page(window):
    """Whatever button says a key, the sheet says it too, with the button's words; on lists and on what they lead to."""
    window.sign_in("manager11", "hetian-bank")
    page, seen, missing = window.page, 0, []
    waiting = list(PATHS)
    while waiting:
        window.open(path := waiting.pop(0))
        page.locator(".g-shell").wait_for()
        row = page.locator("[data-rows] tbody tr[data-row]").first
        if path in PATHS and row.count():
            waiting.append(row.get_attribute("data-row"))
        keys = page.eval_on_selector_all(
            "[data-key]", "all => all.filter(one => one.offsetParent).map(one => one.dataset.key.toUpperCase())"
        )
        window.press("?")
        page.locator("#keys[open]").wait_for()
        told = page.locator("#keys kbd").all_inner_texts()
        seen += len(keys)
        missing += [(path, key) for key in keys if key not in told and not (key.isdigit() and "1–9" in told)]

    assert missing == []
    assert seen > 20


def test_what_the_page_offers_is_found_and_done_by_name(window):
    window.sign_in("desk")
    window.open("/console/complaints?running=true")
    window.press("j", "Enter")
    window.page.locator(".g-casebar").wait_for()
    window.press("Control+k")
    window.page.keyboard.type("转交")
    window.page.locator("#found [role=option]", has_text="转交").wait_for()
    window.press("Enter")
    window.page.locator("#dialog[open] form").wait_for()

    assert "转交" in window.page.locator("#dialog-title").inner_text()


def test_on_paper_there_is_what_is_known_and_nothing_to_press(window_of):
    window = window_of(theme="dark").sign_in("desk")
    for path in ("/console/complaints?running=true", "/console/customers"):
        window.open(path)
        window.press("j", "Enter")
        window.page.locator("[data-back], .g-cust").first.wait_for()
        window.page.emulate_media(media="print")

        shown = "all => all.filter(one => one.checkVisibility()).map(one => one.outerHTML.slice(0, 80))"
        assert window.page.eval_on_selector_all("button:not(.g-linklike), .btn, input, select, nav", shown) == []
        assert "唐磊 打印于" in window.page.locator(".g-printed").inner_text()
        assert window.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert window.overflow() <= 0
        window.page.emulate_media(media="screen")
