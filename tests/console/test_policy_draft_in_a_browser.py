"""A draft of the policy by hand in a browser: gathered from two parts, one wrong input, a condition nested, then sent."""

from uuid import uuid4

import pytest

pytestmark = pytest.mark.browser
COMPANY = "xiang-mobile"


@pytest.fixture
def admin(window):
    window = window.sign_in("admin", COMPANY)
    window.open("/console/policy/draft")
    if window.page.locator("[value=give_up]").count():
        window.page.locator("[value=give_up]").click()
        window.page.locator(".g-empty").wait_for()
    return window


def _days(window):
    window.open("/console/policy/own/closing")
    return window.page.locator("[name=restored_days]")


def test_two_changes_are_gathered_a_wrong_one_is_said_and_both_are_sent(admin):
    page = admin.page
    field = _days(admin)
    before = int(field.input_value())
    field.fill("soon")
    page.locator("[value=draft]").click()
    page.locator("[name=restored_days][aria-invalid]").wait_for()
    field.fill(str(before + 1))
    page.locator("[value=draft]").click()
    page.locator("#gathered").wait_for()
    admin.open("/console/policy/own/questions")
    page.locator("[name=warn_at_percent]").fill(str(50 + before % 20))
    page.locator("[value=draft]").click()
    page.locator("#gathered").wait_for()
    gathered = page.locator("section[aria-labelledby=gathered] a").all_inner_texts()
    page.locator("[value=send]").click()
    page.locator("#f-note[aria-invalid]").wait_for()
    page.locator("#f-note").fill(f"草稿 {uuid4().hex[:6]}")
    page.locator("[value=send]").click()
    page.wait_for_url("**/console/policy/own")

    assert gathered == ["关闭档案", "客户提问"]
    assert _days(admin).input_value() == str(before + 1)
    assert admin.violations() == []


def test_a_condition_is_nested_by_choosing_its_kind(admin):
    page = admin.page
    admin.open("/console/policy/own/schemes")
    page.locator("main .g-rows a").first.click()
    kind = page.locator("select[name$='criterion.type']").first
    kind.wait_for()
    name = kind.get_attribute("name").removesuffix(".type")
    held = page.locator(f"[name='{name}.criteria.#']")
    count = int(held.input_value()) if held.count() else 1
    kind.select_option("any_of")
    page.locator(f"[value='shape:{name}']").click()
    page.locator(f"[value='add:{name}.criteria']").click()
    page.locator(f"[name='{name}.criteria.#'][value='{count + 1}']").wait_for(state="attached")
    page.locator(f"[name='{name}.criteria.{count}.type']").select_option("all_of")
    page.locator(f"[value='shape:{name}.criteria.{count}']").click()
    inner = page.locator(f"[name='{name}.criteria.{count}.criteria.0.bound']")
    inner.fill("7")
    page.locator("[value=draft]").click()
    page.locator("#gathered").wait_for()

    assert page.locator("section[aria-labelledby=changes] tbody tr").count() > 0
    assert admin.violations() == []
