"""A tenant admin writes an automation and a script in the console alone: tried on the past, switched on, it acts, taken back."""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("background")]
NUMBER = re.compile(r"[A-Z]{2}\d{4,5}")
SCRIPT = """def on_event(happened: Happened) -> list[Command]:
    who = happened.customer
    if who is not None and happened.data.get("level"):
        return [OpenTask(text="%s", role="manager", within_hours=24)]
    return []
"""


@pytest.fixture
def admin(window_of):
    return window_of().sign_in("admin")


@pytest.fixture
def desk(window_of):
    return window_of().sign_in("desk")


def vip(admin):
    """The number of somebody with a tier."""
    admin.open("/console/customers")
    row = admin.page.locator("#rows tr[data-row]").filter(has_not_text="未评级").first
    row.wait_for()
    found = NUMBER.search(row.inner_text())
    assert found is not None, row.inner_text()
    return found.group()


def complain(desk, number):
    """A complaint by this customer, taken in at the desk."""
    page = desk.page
    desk.open("/console/complaints/new")
    page.locator("#who").press_sequentially(number)
    page.locator("#who-found [data-id]").first.click()
    page.locator("#f-text").fill("客厅机顶盒又没有信号了")
    page.locator("#f-channel").select_option(index=1)
    page.locator("#f-text").press("Control+Enter")
    page.locator(".g-case").wait_for()


def until(window, path, selector):
    """Until it stands there: what acts does so a moment later."""
    for _ in range(30):
        window.open(path)
        if window.page.locator(selector).count():
            return window.page.locator(selector).first.inner_text()
        window.page.wait_for_timeout(1_000)
    raise AssertionError(f"{selector} never stands at {path}")


def answer(window, key, **typed):
    """Press a key, fill the dialog in and send it."""
    page = window.page
    page.keyboard.press(key)
    page.locator("#dialog[open] form").wait_for()
    for name, value in typed.items():
        field = page.locator(f"#dialog #f-{name}")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.locator("#dialog button[type=submit]").click()


def test_an_automation_is_written_tried_switched_on_acts_and_is_taken_back(admin, desk):
    page, path = admin.page, "/console/automations/third_complaint"
    number = vip(admin)
    admin.open("/console/automations")
    page.locator("[data-common=third_complaint] button").click()
    page.wait_for_url("**/console/policy/draft")
    page.locator("#f-note").fill("贵宾三次投诉，经理致电")
    page.locator("[value=send]").click()
    page.wait_for_url("**/console/policy/own")

    admin.open(f"{path}?days=30")
    tried = page.locator("[data-trial]").first.inner_text()
    sentence = page.locator("[data-sentence]").inner_text()
    page.locator("[data-switch]").click()
    page.get_by_text("已启用", exact=True).first.wait_for()
    for _ in range(3):
        complain(desk, number)
    until(admin, path, '[data-run="done"]')
    page.locator("[data-switch]").click()
    page.locator("[data-state]:not(.ok)").wait_for()
    off = page.locator("[data-state]").inner_text()

    assert re.search(r"看了 \d+ 次，会执行 \d+ 次", tried)
    assert "第 3 次" in sentence
    assert "24 小时" in sentence
    assert off == "已停用"
    assert admin.violations() == []


def test_a_script_is_written_tried_switched_on_acts_and_is_rolled_back(admin, desk):
    page = admin.page
    number = vip(admin)
    admin.open("/console/scripts")
    answer(admin, "n", name="来电即办", hook="on_event", event="complaint_received")
    page.wait_for_url(re.compile(r"/console/scripts$"))
    page.locator(".g-rows a", has_text="来电即办").first.click()
    page.locator("#source").wait_for()
    here = page.url.removeprefix(str(admin.site))
    for words in ("请经理回电", "请经理当天回电"):
        page.locator("#source").fill(SCRIPT % words)
        page.locator("[value=check]").click()
        page.locator("[data-checked]:not(.late)").wait_for()
        page.locator("[value=save]").click()
        page.locator(".g-toast").wait_for()
        admin.open(here)
    page.locator("button[hx-get$='/do/keep_case']").click()
    page.locator("#dialog #f-name").fill("没有等级也回电")
    given = page.locator("#dialog #f-given").input_value()
    page.locator("#dialog #f-expects").fill(
        '[{"type": "open_task", "text": "请经理当天回电", "role": "manager", "within_hours": 24}]'
    )
    page.locator("#dialog button[type=submit]").click()
    page.locator("#dialog:not([open])").wait_for(state="attached")
    admin.open(here)
    answer(admin, "h", days="30")
    page.locator("[data-replayed]").wait_for()
    replayed = page.locator("[data-replayed]").inner_text()
    page.keyboard.press("Escape")
    admin.open(here)
    page.locator("button[hx-get$='/do/activate']").click()
    page.locator("#dialog #f-note").fill("例会定的")
    page.locator("#dialog button[type=submit]").click()
    page.locator("#dialog:not([open])").wait_for(state="attached")
    complain(desk, number)
    until(admin, here, "a[href^='/console/script-runs/'] .ok")
    page.locator("a[href^='/console/script-runs/']").first.click()
    page.locator("[data-command=done]").wait_for()
    said = page.locator("[data-command=done]").inner_text()
    admin.open(here)
    page.locator("button[hx-get$='/do/deactivate']").click()
    page.locator("#dialog button[type=submit]").click()
    page.locator("#dialog:not([open])").wait_for(state="attached")
    admin.open(here)
    off = page.locator(".g-head").inner_text()

    assert "complaint_received" in given
    assert "请经理当天回电" in replayed
    assert "请经理当天回电" in said
    assert "未启用" in off
    assert admin.violations() == []
