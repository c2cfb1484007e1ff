"""Whoever forgot their password asks for a link where they sign in: at a desk and on a telephone, by keyboard."""

import pytest

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("language", "theme", "width", "height", "asked"),
    [("zh-CN", "light", 1366, 768, "已受理"), ("en", "dark", 390, 844, "Done.")],
)
def test_asked_from_the_sign_in_page_and_told_nothing(window_of, language, theme, width, height, asked):
    window = window_of(language=language, theme=theme, width=width, height=height)
    page, looked = window.page, []

    def look():
        looked.extend([*window.axe(), *window.violations(), *(["wide"] if window.overflow() > 0 else [])])

    window.open("/console/sign-in")
    look()
    page.locator("a[href='/console/sign-in/forgotten']").click()
    page.locator("#company").fill("yu-mall")
    look()
    page.locator("#login").fill("nobody")
    window.press("Enter")
    page.wait_for_selector("[role=status]")
    look()

    assert asked in page.locator("main").inner_text()
    assert looked == []


def test_an_admin_invites_and_hears_that_there_is_no_mail(window_of):
    window = window_of().sign_in("admin", "yu-mall")
    page = window.page
    window.open("/console/sign-ins")
    page.locator("[hx-get='/console/sign-ins/invitations']").click()
    page.wait_for_selector("#dialog-body [name=email]")
    for name, text in (("login", "zhao.min"), ("name", "赵敏"), ("email", "zhao@company.example")):
        page.locator(f"#dialog-body [name={name}]").fill(text)
    page.locator("#dialog-body [name=roles]").first.check()
    page.locator("#dialog-body .btn-primary").click()
    page.wait_for_selector("#dialog-body .late")

    assert "没有可用的邮件通道" in page.locator("#dialog-body").inner_text()
    assert [*window.axe(), *window.violations()] == []
