"""Two questions an auditor is asked, each answered within three clicks from the first page: what is typed is no click."""

import pytest

pytestmark = pytest.mark.browser
COMPANY, NUMBER = "hetian-bank", "DK00001"
CLICKS_MAX = 3


class Mouse:
    """Counts its clicks."""

    def __init__(self, window):
        self.page, self.clicks = window.page, 0

    def click(self, selector):
        self.clicks += 1
        self.page.locator(selector).first.click()

    def type(self, selector, words):
        self.page.focus(selector)
        self.page.keyboard.type(words)
        self.page.keyboard.press("Enter")


@pytest.fixture
def mouse(window):
    window.sign_in("auditor", COMPANY)
    return Mouse(window)


def test_who_looked_at_this_customer_last_month_why_and_what_was_shown(mouse):
    mouse.type("#main [data-search]", NUMBER)
    mouse.click('#main a[href*="/console/traces/customers/"]')
    name = mouse.page.locator("h1").inner_text()
    mouse.click('#main a[href*="span=last_month"]')
    mouse.page.wait_for_selector("#main tr[data-row]")

    rows = mouse.page.locator("#main tr[data-row]").all_inner_texts()
    heads = mouse.page.locator("thead").inner_text()

    assert mouse.clicks <= CLICKS_MAX
    assert any(name in row for row in rows)
    assert all(said in heads for said in ("谁", "看到了什么", "用途"))


def test_why_is_this_customer_of_this_tier(mouse):
    mouse.type("#main [data-search]", NUMBER)
    mouse.click('#main a[href*="/console/traces/customers/"]')
    mouse.click('#main a[href*="/console/traces/membership/"]')
    mouse.page.wait_for_selector("#why")

    assert mouse.clicks <= CLICKS_MAX
    assert all(said in mouse.page.locator("#main").inner_text() for said in (NUMBER, "依据的条款", "当时施行的制度"))
