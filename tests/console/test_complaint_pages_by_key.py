"""The work of a desk agent on complaints, by keyboard alone."""

import re
from itertools import pairwise

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def queue(window):
    """The queue of everything that runs."""
    window.sign_in("desk")
    window.open("/console/complaints?running=true")
    return window


def _open_first(window, place=1):
    window.press(*["j"] * place)
    number = window.page.locator("tr.at .sub").nth(1).inner_text().split()[0]
    window.press("Enter")
    window.page.wait_for_selector(".g-case")
    return number


def _do(window, key):
    window.press(key)
    window.page.wait_for_selector("#dialog[open] form")


def _analyse(window):
    """What leaves the desk is analysed first (S07-33)."""
    window.page.locator("#f-cause").select_option(index=1)
    window.page.locator("#f-analysis").fill("片区光节点老化")


def _send(window):
    window.page.evaluate("() => document.querySelector('#said').replaceChildren()")
    window.press("Control+Enter")
    window.page.wait_for_selector("#dialog:not([open])", state="attached")
    window.page.wait_for_selector(".g-toast")


def test_rows_are_walked_previewed_and_opened(queue):
    queue.press("j", "j")
    queue.page.wait_for_selector("#preview .g-tl")
    previewed = queue.page.locator("#preview .code").inner_text()
    queue.press("Enter")
    queue.page.wait_for_selector(".g-case")

    assert queue.page.locator(".g-crumb .num").inner_text() == previewed


def test_what_is_due_first_stands_on_top_and_words_narrow_the_list(queue):
    page = queue.page
    dues = [int(each.get_attribute("data-due")) for each in page.locator("#rows time[data-due]").all()]
    before = page.locator("#rows tr[data-row]").count()
    queue.press("/")
    page.keyboard.type("点播")
    queue.press("Enter")
    page.wait_for_url("**q=**")
    found = page.locator("#rows .main[href]").all_inner_texts()

    # Key accounts first, then others with a tier, then the rest: each by what is due (S07-33).
    assert sum(later < earlier for earlier, later in pairwise(dues)) <= 2
    assert len(dues) > 5
    assert 0 < page.locator("#rows tr[data-row]").count() < before
    assert all("点播" in text for text in found[1::2])


def test_a_note_stands_in_the_row_of_what_happened(queue):
    _open_first(queue)
    _do(queue, "m")
    queue.page.keyboard.type("片区光节点无告警")
    _send(queue)

    assert queue.page.locator(".g-tl .say.note").last.inner_text() == "片区光节点无告警"


def test_without_a_reason_nothing_is_handed_over_and_what_was_typed_stays(queue):
    _open_first(queue, 2)
    _do(queue, "t")
    queue.page.locator("#f-to_unit_id").select_option(index=1)
    queue.press("Control+Enter")
    queue.page.wait_for_selector("#f-reason-error")
    told = queue.page.locator("#f-reason-error").inner_text()
    kept = queue.page.locator("#f-to_unit_id").input_value()
    queue.page.locator("#f-reason").fill("需外线班上门")
    _analyse(queue)
    _send(queue)

    assert told == "请填写。"
    assert kept
    assert "需外线班上门" in queue.page.locator(".g-tl").inner_text()


def test_another_level_moves_the_deadline_and_says_why(queue):
    _open_first(queue, 3)
    before = queue.page.locator(".g-casebar time").get_attribute("title")
    _do(queue, "l")
    queue.page.locator("#f-level").select_option(index=2)
    queue.page.locator("#f-reason").fill("需其他部门配合")
    _analyse(queue)
    _send(queue)
    after = queue.page.locator(".g-casebar time").get_attribute("title")
    queue.page.get_by_role("button", name="为什么是这个时间").click()

    assert after != before
    assert "改级别" in queue.page.locator("#why-due").inner_text()


def test_a_pause_stops_the_clock_and_the_same_key_lets_it_run_again(queue):
    _open_first(queue, 4)
    _do(queue, "p")
    queue.page.keyboard.type("等客户确认在家时间")
    _send(queue)
    paused = queue.page.locator(".g-casebar .g-due").get_attribute("class")
    _do(queue, "p")
    _send(queue)

    assert "paused" in paused
    assert "paused" not in queue.page.locator(".g-casebar .g-due").get_attribute("class")


def test_a_complaint_is_resolved_called_back_and_closed(queue):
    number = _open_first(queue, 5)
    _do(queue, "e")
    queue.page.locator("#f-remedy").fill("已更换入户接头，信号正常")
    _send(queue)
    resolved = queue.page.locator(".g-casebar .g-chip").first.inner_text()
    _do(queue, "b")
    queue.page.locator("#f-outcome").select_option("satisfied")
    _send(queue)
    closed = queue.page.locator(".g-casebar .g-chip").first.inner_text()
    queue.open(f"/console/complaints?running=true&q={number}")

    assert (resolved, closed) == ("已办结，待回访", "已关闭")
    assert queue.page.locator("#rows tr[data-row]").count() == 0


def test_a_new_complaint_is_taken_in_and_its_clock_runs(queue):
    queue.press("n")
    queue.page.wait_for_selector("#intake")
    queue.page.locator("#f-text").fill("昨晚开始宽带和电视都断了，今天务必恢复")
    queue.page.locator("#f-channel").select_option("phone")
    queue.press("Control+Enter")
    queue.page.wait_for_selector(".g-case")

    assert re.fullmatch(r"C\d{6}-\w{5}", queue.page.locator(".g-crumb .num").inner_text())
    assert queue.page.locator(".g-casebar .g-due").is_visible()
    assert "已登记" in queue.page.locator(".g-toast").inner_text()


def test_an_intake_without_words_is_refused_beside_the_field(queue):
    queue.open("/console/complaints/new")
    queue.press("Control+Enter")
    queue.page.locator("#f-text").focus()
    queue.press("Control+Enter")
    queue.page.wait_for_selector("#f-text-error")

    assert queue.page.locator("#f-channel-error").is_visible()
    assert queue.page.locator("[role=alert]").inner_text().startswith("没有保存：2 处要改")


def test_several_are_handed_over_at_once(queue):
    queue.press("j", "x", "j", "x")
    queue.page.get_by_role("toolbar").get_by_role("button", name="转交").click()
    queue.page.wait_for_selector("#dialog[open] form")
    queue.page.locator("#f-to_unit_id").select_option(index=1)
    queue.page.locator("#f-reason").fill("同一片区，一并处理")
    _analyse(queue)
    unit = queue.page.locator("#f-to_unit_id option:checked").inner_text()
    _send(queue)

    assert "（2 件）" in queue.page.locator(".g-toast").inner_text()
    assert queue.page.locator("#rows").inner_text().count(unit) >= 2


def test_the_deadline_is_told_before_a_complaint_is_taken_in(queue):
    queue.open("/console/complaints/new")
    queue.page.locator("#f-channel").select_option("phone")
    queue.page.locator("#f-text").fill("机顶盒没有信号")
    queue.page.wait_for_selector("#suggested .g-due")

    assert "S07-23" in queue.page.locator("#suggested").inner_text()
    queue.open("/console/complaints?q=机顶盒没有信号")
    assert queue.page.locator("#rows tr[data-row]").count() == 0


def test_the_plan_against_repetition_is_reported_where_leadership_was_told(queue):
    _open_first(queue, 3)
    before = queue.page.locator(".g-case").inner_text()
    _do(queue, "h")
    given = queue.page.locator("#f-reported_to").input_value()
    queue.page.locator("#f-plan").fill("每周巡检片区光节点，月底前完成")
    if not given:
        queue.page.locator("#f-reported_to").fill("周敏")
    _send(queue)
    queue.page.reload()
    queue.page.wait_for_selector(".g-case")

    after = queue.page.locator(".g-case").inner_text()
    assert "已即时报公司领导" in before
    assert "整改方案已报" not in before
    assert "整改方案已报" in after
    assert "每周巡检片区光节点" in after
    assert queue.page.locator("[data-key='z']").count() == 0
    assert queue.overflow() <= 0
    assert queue.violations() == []
