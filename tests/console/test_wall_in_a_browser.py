"""A wall's screen in a browser: made by a supervisor, opened by its code, follows what happens, and goes dark when it is ended."""

from uuid import uuid4

import pytest

pytestmark = pytest.mark.browser
COMPANY = "sunrise-cable"
NAME = f"一楼大厅 {uuid4().hex[:6]}"


def _made(lead):
    """A display made by hand; its link."""
    page = lead.page
    lead.open("/console/board")
    page.locator("a[href='/console/wall-displays']").click()
    page.locator("button[data-key=n]").wait_for()
    lead.press("n")
    page.locator("#dialog[open] #f-name").fill(NAME)
    lead.press("Control+Enter")
    page.locator("#f-ends_on[aria-invalid]").wait_for()
    kept = page.locator("#f-name").input_value()
    page.locator("#f-ends_on").fill(
        page.locator("#f-ends_on").evaluate("() => new Date(Date.now() + 9 * 864e5).toISOString().slice(0, 10)")
    )
    lead.press("Control+Enter")
    page.locator("#display-code").wait_for()
    assert kept == NAME
    assert (lead.violations(), lead.axe()) == ([], [])
    return page.locator("#display-link").input_value()


def test_a_screen_is_opened_by_its_code_follows_the_board_and_goes_dark(window_of):
    lead, screen = window_of().sign_in("lead1", COMPANY), window_of(width=1920, height=1080)
    link = _made(lead)
    wall = screen.page

    wall.goto(screen.site + "/console/wall/code")
    wall.fill("#company", COMPANY)
    wall.fill("#code", "ABCD-EFGH-JKLM")
    screen.press("Enter")
    wall.locator("#wrong").wait_for()
    assert screen.axe() == []
    wall.goto(screen.site + "/console/wall/code?" + link.partition("?")[2])
    wall.locator("#code").press("Enter")
    wall.locator(".g-wall").wait_for()
    wall.locator("body[data-stream=open]").wait_for()
    shown = int(wall.locator(".g-stat b").first.inner_text().split()[0].replace(",", ""))

    token = lead.page.evaluate("() => JSON.parse(document.body.getAttribute('hx-headers:inherited'))['x-csrf-token']")
    taken_in = lead.page.request.post(
        f"{lead.site}/api/v1/complaints",
        data={"text": "昨晚开始没有信号", "channel": "phone"},
        headers={"x-csrf-token": token},
    )
    wall.wait_for_function(
        "count => parseInt(document.querySelector('.g-stat b').innerText.replaceAll(',', '')) > count", arg=shown
    )
    whole = (screen.violations(), screen.axe(), wall.locator(".g-nav, .g-top").count())
    screen.wrong.clear()

    lead.open("/console/wall-displays")
    lead.page.locator("[data-display]", has_text=NAME).first.locator("form button").click()
    lead.page.locator(".g-toast").wait_for()
    wall.wait_for_url("**/console/wall/code", timeout=70_000)

    assert taken_in.status == 201
    assert whole == ([], [], 0)
