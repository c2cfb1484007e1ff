"""docs/first-day.md, step by step: an admin sets a company up from nothing in the console alone; the workbench says what is left."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import PASSWORD

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
COMPANY, OWN = "first-day", "a-password-of-my-own-2026"
HELD = "[data-step={}][data-done]"


@pytest.fixture
def company(site):
    """What the operator does before: a company with a pack, and its admin. A product that runs already has one."""
    if os.environ.get("GUIBIN_TEST_SITE"):
        return COMPANY
    guibin = [sys.executable, "-P", "-m", "guibin.cli"]
    environment = site.environment | site.work | {"GUIBIN_PASSWORD": PASSWORD}
    for said in (
        ["tenant", "create", COMPANY, "--pack", "cable_tv", "--name", "我的有线"],
        ["staff", "add", COMPANY, "--login", "admin", "--name", "王敏", "--role", "tenant_admin"],
    ):
        subprocess.run([*guibin, *said], env=environment, check=True, timeout=120)
    return COMPANY


def _sent(window):
    window.press("Control+Enter")
    window.page.locator("#dialog:not([open])").wait_for(state="attached")


def _step(window, name):
    """From the workbench to where the step leads."""
    window.open("/console/")
    window.page.locator(f"[data-step={name}]").click()


def _is_done(window, name):
    window.open("/console/")
    window.page.locator(f"[data-step={name}]").wait_for()
    return window.page.locator(HELD.format(name)).count() == 1


def test_a_newcomer_sets_a_company_up_by_the_guide(window, background, company):
    page = window.page
    window.open("/console/sign-in")
    for field, text in (("company", company), ("login", "admin"), ("password", PASSWORD)):
        page.locator(f"#{field}").fill(text)
    window.press("Enter")
    page.locator("#new").wait_for()
    page.locator("#present").fill(PASSWORD)
    page.locator("#new").fill(OWN)
    window.press("Enter")
    page.locator("[data-step=units]").wait_for()
    assert page.locator("[data-step]").count() == 8
    assert page.locator("[data-step][data-done]").count() <= 1

    _step(window, "units")
    page.locator("#main button[hx-get*='/do/open']").first.click()
    page.locator("#f-name").fill("东区营业厅")
    page.locator("#f-code").fill("East 1")
    window.press("Control+Enter")
    page.locator("#f-code-error").wait_for()
    page.locator("#f-code").fill("east-1")
    _sent(window)
    assert _is_done(window, "units")

    _step(window, "people")
    page.locator("[data-key=n]").wait_for()
    window.press("n")
    page.locator("#f-login").fill("li.wei")
    page.locator("#f-name").fill("李伟")
    page.get_by_label("坐席", exact=True).check()
    window.press("Control+Enter")
    page.locator("#f-login").wait_for(state="detached")
    assert _is_done(window, "people")

    _step(window, "customers")
    page.locator("#t-file").set_input_files(ROOT / "examples/cable_tv/archive.csv")
    page.locator("form:has(#t-file) button[type=submit]:enabled").click()
    page.locator("#progress").wait_for()
    for button in ("先试运行", "导入"):
        page.evaluate("() => { document.body.dataset.before = 'yes' }")
        page.get_by_role("button", name=button, exact=True).click()
        page.locator("body:not([data-before]) #transfer:not([hx-trigger])").wait_for(timeout=60_000)
    assert _is_done(window, "customers")

    _step(window, "channel")
    page.locator("#main button:has-text('设置邮件服务器')").click()
    for field, text in (("name", "公司邮箱"), ("host", "mail.invalid"), ("sender", "vip@example.com")):
        page.locator(f"#f-{field}").fill(text)
    _sent(window)
    page.locator("[data-means=email] button:has-text('发测试消息')").click()
    page.locator("#f-to").fill("me@example.com")
    window.press("Control+Enter")
    page.locator("#said", has_text="没有发出").wait_for()
    assert not _is_done(window, "channel")

    _step(window, "complaint")
    page.locator("#f-text").fill("昨晚开始宽带和电视都断了，今天务必恢复")
    page.locator("#f-channel").select_option(index=1)
    page.locator("#f-text").press("Control+Enter")
    page.locator(".g-case").wait_for()
    assert _is_done(window, "complaint")
