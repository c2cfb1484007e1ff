"""Passkeys as people make and use them, with the browser's own authenticator; under a name, since no passkey holds under a number."""

import pytest

from conftest import PASSWORD

pytestmark = pytest.mark.browser
COMPANY = "yu-mall"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def at_home(window_of, site):
    """A window that asks the site as its own machine's name does, with an authenticator: switched on and off by its second."""

    def opened(**how):
        window = window_of(**how)
        window.site = site.replace("127.0.0.1", "localhost")
        session = window.page.context.new_cdp_session(window.page)
        session.send("WebAuthn.enable")
        made = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]

        def verifies(answer):
            session.send("WebAuthn.setUserVerified", {"authenticatorId": made, "isUserVerified": answer})

        return window, verifies

    return opened


def enter(window, login):
    """By the password; whatever is asked next."""
    window.page.goto(f"{window.site}/console/sign-in")
    for field, text in (("company", COMPANY), ("login", login), ("password", PASSWORD)):
        window.page.locator(f"#{field}").fill(text)
    window.press("Enter")


@pytest.mark.parametrize(
    ("login", "language", "theme", "width", "height"),
    [("manager12", "zh-CN", "light", 1366, 768), ("manager21", "en", "dark", 390, 844)],
)
def test_made_named_used_after_the_password_and_alone_and_removed(at_home, login, language, theme, width, height):
    window, verifies = at_home(language=language, theme=theme, width=width, height=height)
    page, looked = window.page, []

    def look():
        looked.extend([*window.axe(), *window.violations(), *(["wide"] if window.overflow() > 0 else [])])

    enter(window, login)
    page.wait_for_selector(".g-shell")
    window.open("/console/passkeys")
    look()
    window.press("Tab")
    page.locator("#name").press("Enter")
    page.wait_for_selector("#name-wrong")
    page.locator("#name").fill("desk")
    window.press("Enter")
    page.wait_for_selector("[data-passkey=make]")
    assert page.locator("[data-failed]").is_hidden()
    look()
    verifies(False)
    window.press("Enter")
    page.wait_for_selector("[data-failed]:not([hidden])")
    look()
    verifies(True)
    page.locator("[data-passkey=make]").click()
    page.wait_for_selector("#codes li")
    page.locator("footer .btn-primary").click()
    page.wait_for_selector(".g-shell")

    page.context.clear_cookies(name="guibin_session")
    enter(window, login)
    page.wait_for_selector("#code")
    page.locator("a[href^='/console/sign-in/code/passkey']").click()
    page.wait_for_selector("[data-passkey=sign]")
    look()
    window.press("Enter")
    page.wait_for_selector(".g-shell")

    page.context.clear_cookies(name="guibin_session")
    window.open("/console/customers")
    page.locator("a[href^='/console/sign-in/passkey']").click()
    page.wait_for_selector("[data-passkey=sign]")
    look()
    window.press("Enter")
    page.wait_for_selector(".g-shell")
    there = page.url

    window.open("/console/passkeys")
    page.locator("#name-1").fill("key")
    window.press("Enter")
    page.wait_for_function("() => document.querySelector('#name-1')?.defaultValue === 'key'")
    look()
    page.locator(".btn-danger").click()
    page.wait_for_selector("#name-1", state="detached")

    assert there.endswith("/console/customers")
    assert looked == []


def test_one_that_was_removed_signs_nobody_in_and_the_page_says_so(at_home):
    window, _ = at_home()
    page = window.page
    enter(window, "manager22")
    page.wait_for_selector(".g-shell")
    window.open("/console/passkeys")
    page.locator("#name").fill("desk")
    window.press("Enter")
    page.locator("[data-passkey=make]").click()
    page.wait_for_selector("#codes li")
    window.open("/console/passkeys")
    page.locator(".btn-danger").click()
    page.wait_for_selector("#name-1", state="detached")
    page.context.clear_cookies(name="guibin_session")
    window.open("/console/sign-in/passkey")
    page.locator("[data-passkey=sign]").click()
    page.wait_for_selector("#wrong")

    assert "没有通过" in page.locator("#wrong").inner_text()
    assert page.url.split("?")[0].endswith("/console/sign-in/passkey")


def test_under_a_number_it_is_said_that_there_are_none(window_of):
    window = window_of().sign_in("manager31", COMPANY)
    window.open("/console/passkeys")
    window.page.locator("#name").fill("desk")
    window.press("Enter")
    window.page.wait_for_selector("#wrong")

    assert "不能使用通行密钥" in window.page.locator("#wrong").inner_text()
