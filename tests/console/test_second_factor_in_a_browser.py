"""A second factor as people set one up, use it and take it away: by the pages, at a desk and on a telephone."""

import time

import pyotp
import pytest

from conftest import PASSWORD

pytestmark = pytest.mark.browser
COMPANY, LOGIN, PAGE = "yu-mall", "manager11", "/console/second-factor"
STEP_S = 30


@pytest.mark.parametrize(
    ("language", "theme", "width", "height"), [("zh-CN", "light", 1366, 768), ("en", "dark", 390, 844)]
)
def test_set_up_asked_at_the_next_sign_in_and_taken_away(window_of, language, theme, width, height):
    window = window_of(language=language, theme=theme, width=width, height=height).sign_in(LOGIN, COMPANY)
    page, looked = window.page, []

    def look():
        looked.extend([*window.axe(), *window.violations(), *(["wide"] if window.overflow() > 0 else [])])

    window.open(PAGE)
    look()
    page.locator("footer .btn-primary").click()
    app = pyotp.TOTP(page.locator("#secret").inner_text().replace(" ", ""))
    look()
    page.locator("#code").fill("000000")
    window.press("Enter")
    page.wait_for_selector("#wrong")
    page.locator("#code").fill(app.now())
    window.press("Enter")
    page.wait_for_selector("#codes li")
    codes = page.locator("#codes li").all_inner_texts()
    look()
    page.locator("footer .btn-primary").click()
    page.wait_for_selector(".g-shell")

    page.context.clear_cookies(name="guibin_session")
    window.open("/console/customers")
    for field, text in (("company", COMPANY), ("login", LOGIN), ("password", PASSWORD)):
        page.locator(f"#{field}").fill(text)
    window.press("Enter")
    page.wait_for_selector("#code")
    half = page.url
    look()
    page.locator("#code").fill("000000")
    window.press("Enter")
    page.wait_for_selector("#wrong")
    page.locator("#code").fill(app.at(int(time.time()) + STEP_S))
    window.press("Enter")
    page.wait_for_selector(".g-shell")
    there = page.url
    window.open(PAGE)
    look()
    page.locator("footer .btn-danger").click()
    page.wait_for_selector("footer .btn-danger", state="detached")

    assert len(set(codes)) == 10
    assert half.endswith("/console/sign-in/code?next=/console/customers")
    assert "/console/customers" in there
    assert looked == []
