"""A post is given with its days by hand in a browser, shown with them where people look, and ended."""

import pytest

pytestmark = pytest.mark.browser
COMPANY = "hongqi-hotel"
DAY = "days => new Date(Date.now() + days * 864e5).toISOString().slice(0, 10)"


def test_a_post_is_given_acting_until_a_day_shown_on_both_pages_and_ended(window):
    page = window.sign_in("admin", COMPANY).page
    window.open("/console/people?q=desk")
    page.locator("tbody a").first.click()
    page.locator("button[data-key=p]").wait_for()
    window.press("p")
    page.locator("#dialog[open] #f-until_on").wait_for()
    chosen = page.locator("#dialog label", has=page.locator("input[name=post]")).last
    post = chosen.inner_text().strip()
    chosen.click()
    page.locator("#f-capacity").select_option("acting")
    page.locator("#f-until_on").fill(page.evaluate(DAY, -3))
    window.press("Control+Enter")
    page.locator("#f-until_on[aria-invalid]").wait_for()
    kept = page.locator("#f-capacity").input_value()
    page.locator("#f-until_on").fill(page.evaluate(DAY, 20))
    window.press("Control+Enter")
    page.locator("#dialog [data-foreseen]").wait_for()
    foreseen = page.locator("#dialog [data-foreseen]").inner_text()
    clean_dialog = window.axe()
    window.press("Control+Enter")
    page.locator("[data-term]").first.wait_for()
    runs = page.locator("[data-term]").first.inner_text()
    clean = (window.violations(), window.axe())
    window.open("/console/posts")
    shown = page.locator(".g-chip", has_text="代理").count()
    page.go_back()
    page.locator("[data-term] [data-end]").first.click()
    page.locator("#dialog [data-foreseen]").wait_for()
    lost = page.locator("#dialog [data-foreseen]").inner_text()
    window.press("Control+Enter")
    page.locator("[data-term]", has_text="已结束").first.wait_for()

    assert kept == "acting"
    assert post.split(" · ")[0] in runs
    assert "任职中" in runs
    assert "代理" in runs
    assert shown == 1
    assert clean == ([], [])
    assert clean_dialog == []
    assert ("增加" in foreseen, post.split(" · ")[0] in foreseen, "至" in foreseen) == (True, True, True)
    assert ("去掉" in lost, post.split(" · ")[0] in lost) == (True, True)
