"""A script in a browser, by an admin's hand: written, tried on cases and past data, switched on, seen at work, rolled back."""

from uuid import uuid4

import pytest

pytestmark = pytest.mark.browser
COMPANY = "chaoyang-cable"
SOURCE = """def suggest_level(draft: ComplaintDraft) -> LevelSuggestion | None:
    if "{word}" in draft.text:
        return LevelSuggestion("{level}", because="脚本")
    return None
"""


@pytest.fixture
def admin(window):
    return window.sign_in("admin", COMPANY)


def do(page, name, **fields):
    """Open a command's form, fill it in and send it."""
    page.locator(f"button[hx-get$='/do/{name}']").first.click()
    page.locator("#dialog-body form").wait_for()
    for field, value in fields.items():
        page.locator(f"#dialog-body [name={field}]").fill(value)
    page.locator("#dialog-body button[type=submit]").click()


def save(page, word, level):
    page.locator("#source").fill(SOURCE.format(word=word, level=level))
    page.locator("[value=save]").click()


def taken_in(admin, text):
    """The level that a new complaint gets."""
    answer = admin.page.evaluate(
        "async text => { const token = document.querySelector('meta[name=csrf]')?.content"
        " ?? JSON.parse(document.body.getAttribute('hx-headers') || '{}')['X-CSRF-Token'];"
        " const answer = await fetch('/api/v1/complaints', {method: 'POST', headers: {'content-type': 'application/json',"
        " 'x-csrf-token': token}, body: JSON.stringify({text, channel: 'phone'})}); return [answer.status, await answer.json()]; }",
        text,
    )
    assert answer[0] == 201, answer
    return answer[1]["level"]


def test_a_script_is_tried_switched_on_seen_at_work_and_rolled_back(admin):
    page, word = admin.page, f"顶楼{uuid4().hex[:6]}"
    admin.open("/console/scripts")
    page.locator("button[hx-get$='/do/begin']").click()
    page.locator("#dialog-body [name=name]").fill(word)
    page.locator("#dialog-body [name=hook]").select_option("suggest_level")
    page.locator("#dialog-body button[type=submit]").click()
    page.get_by_text(word).first.wait_for()
    page.locator(f"main .g-rows a:has-text('{word}')").click()
    page.locator("#source").fill(
        "def suggest_level(draft: ComplaintDraft) -> LevelSuggestion | None:\n    return draft.txt\n"
    )
    page.locator("[value=check]").click()
    page.locator("[data-checked]").wait_for()
    mistake = page.locator("[data-checked]").inner_text()
    save(page, word, "3")
    page.get_by_text("已存为新版").first.wait_for()
    given = f'{{"draft": {{"text": "{word}", "channel": "phone", "customer_kind": null}}}}'
    do(page, "keep_case", name="一", given=given, expects='{"level": "3", "because": "脚本"}')
    page.locator("#cases ~ div, section[aria-labelledby=cases] .m").first.wait_for()
    do(page, "try_cases")
    page.locator("[data-tried]").wait_for()
    tried = page.locator("[data-tried]").inner_text()
    page.keyboard.press("Escape")
    do(page, "ask_history", days="30")
    page.locator("[data-replayed]").wait_for()
    replayed = page.locator("[data-replayed]").inner_text()
    page.keyboard.press("Escape")
    before = taken_in(admin, word)
    do(page, "activate", note="经理会议定的")
    page.locator(".g-chip:has-text('在用')").first.wait_for()
    during = taken_in(admin, word)
    address = page.url
    admin.open(address.removeprefix(admin.base) if hasattr(admin, "base") else address)
    page.locator("section[aria-labelledby=runs] a").first.click()
    page.locator("#given").wait_for()
    run = page.locator("#main").inner_text()

    assert "第 2 行" in mistake
    assert "通过" in tried
    assert "结果不同的 0 件" in replayed
    assert (before, during) == ("1", "3")
    assert word in run
    assert admin.violations() == []
