"""A day at the VIP desk of a company with five thousand customers and some hundred open cases: every task by keyboard alone.

Each test is one task of the list that was written before the pages; its first line says it. They follow one another in one window.
"""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("days")]
LOGIN = "desk"
NUMBER = re.compile(r"C\d{6}-\w{5}")


@pytest.fixture
def queue(day):
    """At the queue of what runs, reached by keys."""
    day.go("g", "c", to="#rows")
    day.go("g", "c", to="#rows tr[data-row]")
    return day


def analyse(hands):
    """What leaves the desk is analysed first (S07-33)."""
    hands.choose("#f-cause", steps=1)
    hands.write("#f-analysis", "片区光节点老化")


def case(hands, place, words=""):
    """Open the case at this place of the queue, of those with these words."""
    if words:
        hands.press("/")
        hands.type(words)
        hands.press("Enter")
        hands.page.wait_for_url("**q=**")
        hands.sees("#rows tr[data-row]")
    hands.press(*["j"] * place)
    hands.sees("tr.at")
    hands.go("Enter", to=".g-case")
    return NUMBER.search(hands.reads(".g-crumb"))[0]


def test_01_the_workbench_says_what_is_in_hand_and_what_is_late(day):
    """See at a glance how much is in hand, what falls due within the hour and what is late."""
    stats = day.reads(".g-stats")

    assert all(word in stats for word in ("我手上", "一小时内到期", "已逾期", "待我回复"))


def test_02_what_is_due_first_is_opened_by_its_number(day):
    """Open what is due first by one key."""
    day.press("1")
    day.page.wait_for_function("() => location.pathname !== '/console/' || document.querySelector('#dialog[open]')")


def test_03_the_keys_stand_on_one_sheet(day):
    """Ask which keys there are."""
    day.press("?")
    day.sees("#keys[open]")
    sheet = day.reads("#keys")
    day.press("Escape")

    assert "Ctrl" in sheet
    assert "新投诉" in sheet or "N" in sheet


def test_04_a_customer_is_found_by_pinyin(day):
    """Find a customer by the sound of a name among five thousand."""
    found = day.find("wangwei")

    assert found
    assert all("王" in each for each in found if "客户" not in each)


def test_05_a_customer_is_found_by_the_last_four_of_a_telephone(day):
    """Find a customer by the last four digits of a telephone number."""
    day.open_found("zhang", ".g-cust")
    last = re.search(r"\*{4}(\d{4})", day.reads(".g-cust"))[1]
    name = day.reads("h1").split()[0]

    assert any(name in each for each in day.find(last))
    day.press("Escape")


def test_06_a_case_is_found_by_its_number(queue):
    """Open a case by the number somebody reads out on the telephone."""
    number = case(queue, 3)
    queue.window.open("/console/")
    queue.open_found(number, ".g-case")

    assert number in queue.reads(".g-crumb")


def test_07_a_call_shows_who_it_is_and_what_to_say(day):
    """Take a call: who it is, tier, greeting, rights, open cases."""
    day.go("c", to="#counter-q")
    day.write("#counter-q", "DK00024")
    day.press("Enter")
    day.sees("#at-counter h2 a")

    assert "投诉" in day.reads("#at-counter")


def test_08_a_complaint_is_taken_in_at_a_call(day):
    """From the call to a new complaint of this customer: level, reason and deadline stand there before it is saved."""
    day.go("c", to="#counter-q")
    day.write("#counter-q", "DK00031")
    day.press("Enter")
    day.sees("#at-counter h2 a")
    name = day.reads("#at-counter h2 a")
    day.go("n", to="#intake")
    day.write("#f-text", "客厅电视从早上起没有信号，下午有客人")
    day.choose("#f-channel", words="电话")
    day.sees("#suggested .g-due")
    told = day.reads("#suggested")
    day.press("Control+Enter")
    day.sees(".g-case")

    assert name in told
    assert re.search(r"S07-\d+", told)
    assert name in day.reads("aside")
    assert "客厅电视从早上起没有信号" in day.reads("h1")


def test_09_an_intake_without_words_is_refused_at_its_field(day):
    """A wrong input says at its field what to do, and what was typed stays."""
    day.go("n", to="#intake")
    day.choose("#f-channel", words="电话")
    day.press("Control+Enter")
    day.sees("#f-text-error")

    assert day.reads("#f-text-error").strip() == "请填写。"
    assert "电话" in day.page.locator("#f-channel").evaluate("field => field.selectedOptions[0].innerText")


def test_10_what_the_customer_has_open_already_stands_beside_an_intake(day):
    """Before it is taken in twice: other open cases of the same customer."""
    day.go("n", to="#intake")
    day.write("#who", "DK00024")
    day.sees("#who-found [data-id]")
    day.to("#who-found [data-id]")
    day.press("Enter")
    day.write("#f-text", "同一件事又打来")
    day.page.wait_for_function("() => document.querySelectorAll('#suggested a').length > 0")

    assert NUMBER.search(day.reads("#suggested"))


def test_11_the_queue_is_narrowed_by_level_and_words(queue):
    """Narrow the queue by level and by words; the address keeps it."""
    before = queue.count("#rows tr[data-row]")
    queue.choose('[name="level"]', steps=1)
    queue.page.wait_for_url("**level=**")
    queue.sees("#rows tr[data-row]")
    queue.press("/")
    queue.type("机顶盒")
    queue.press("Enter")
    queue.page.wait_for_url("**q=**")
    queue.sees("#rows tr[data-row]")

    assert queue.count("#rows tr[data-row]") <= before
    assert "level=" in queue.page.url


def test_12_rows_are_walked_and_previewed(queue):
    """Walk the queue; the case stands beside the list."""
    queue.press("j", "j", "j")
    queue.sees("#preview .g-tl")

    assert NUMBER.search(queue.reads("#preview"))


def test_13_a_reply_is_written(queue):
    """Reply to the customer."""
    case(queue, 6)
    queue.ask("r")
    queue.write("#f-text", "已安排师傅今天下午四点上门")
    queue.send()

    assert "已安排师傅今天下午四点上门" in queue.reads(".g-tl")


def test_14_a_note_stays_inside(queue):
    """Note what colleagues have to know."""
    case(queue, 6)
    queue.ask("m")
    queue.write("#f-text", "客户要求先电话后上门")
    queue.send()

    assert "客户要求先电话后上门" in queue.reads(".g-tl")
    queue.ask("m")
    assert queue.page.locator("#f-text").input_value() == ""
    queue.press("Escape")


def test_15_a_higher_level_moves_the_deadline_and_says_why(queue):
    """Raise the level with a reason; the deadline moves and says what moved it."""
    case(queue, 8)
    before = queue.page.locator(".g-casebar time").first.get_attribute("title")
    queue.ask("l")
    queue.choose("#f-level", steps=2)
    queue.write("#f-reason", "影响整栋楼")
    analyse(queue)
    queue.send()

    assert queue.page.locator(".g-casebar time").first.get_attribute("title") != before
    assert "影响整栋楼" in queue.reads(".g-tl")


def test_16_the_reason_of_a_level_and_a_deadline_is_one_key_away(queue):
    """Ask why this level and why this deadline: the clause stands there."""
    case(queue, 9)
    queue.to('[popovertarget="why-level"]')
    queue.press("Enter")
    queue.sees("#why-level:popover-open")

    assert re.search(r"S07-\d+", queue.reads("#why-level"))
    queue.press("Escape")


def test_17_a_pause_stops_the_clock_until_it_runs_again(queue):
    """Pause while the customer is away, resume when they are back."""
    case(queue, 10)
    queue.ask("p")
    queue.write("#f-reason", "客户出差，周五后联系")
    queue.send()
    paused = queue.page.locator(".g-casebar .g-due").get_attribute("class")
    queue.ask("p")
    queue.send()

    assert "paused" in paused
    assert "paused" not in queue.page.locator(".g-casebar .g-due").get_attribute("class")


def test_18_a_case_is_handed_over_with_a_reason(queue):
    """Hand a case to a branch; without a reason it is refused at the field."""
    case(queue, 11)
    queue.ask("t")
    unit = queue.choose("#f-to_unit_id", steps=1)
    queue.press("Control+Enter")
    queue.sees("#f-reason-error")
    queue.write("#f-reason", "需要外线班上门")
    analyse(queue)
    queue.send()

    assert "需要外线班上门" in queue.reads(".g-tl")
    assert unit in queue.reads(".g-casebar")


def test_19_several_are_handed_over_at_once(queue):
    """Hand several over at once from the list."""
    queue.press("j", "x", "j", "x", "j", "x")
    queue.to("[data-bulk] .btn-primary", back=True)
    queue.press("Enter")
    queue.sees("#dialog[open] form")
    queue.choose("#f-to_unit_id", steps=1)
    queue.write("#f-reason", "同一片区，一并处理")
    analyse(queue)

    assert "3 件" in queue.send()


def test_20_the_same_matter_becomes_one_case(queue):
    """Merge what one customer said twice."""
    for words in ("客厅机顶盒又没有信号了", "同一件事，刚才打过电话"):
        queue.window.open("/console/counter")
        queue.sees("#counter-q")
        queue.write("#counter-q", "DK00047")
        queue.press("Enter")
        queue.sees("#at-counter h2 a")
        queue.go("n", to="#intake")
        queue.write("#f-text", words)
        queue.choose("#f-channel", words="电话")
        queue.press("Control+Enter")
        queue.sees(".g-case")
    queue.ask("o")
    queue.choose("#f-complaint_id", steps=1)
    queue.write("#f-reason", "同一客户同一件事")
    queue.send()

    assert "客厅机顶盒又没有信号了" in queue.reads(".g-tl")
    assert "又经电话反映" in queue.reads(".g-tl")


def test_21_a_case_is_resolved_called_back_and_closed(queue):
    """Resolve with what was done, call back, close."""
    case(queue, 12)
    queue.ask("e")
    queue.write("#f-remedy", "更换入户接头，信号恢复")
    queue.send()
    resolved = queue.reads(".g-casebar .g-chip")
    queue.ask("b")
    queue.choose("#f-outcome", value="satisfied")
    queue.send()

    assert (resolved, queue.reads(".g-casebar .g-chip")) == ("已办结，待回访", "已关闭")


def test_22_a_number_is_shown_in_parts_to_whoever_may_not_see_it(queue):
    """Check a caller's number by its last four digits, without being shown the whole of it."""
    case(queue, 2, words="机顶盒")

    assert re.search(r"1\d{2}\*{4}\d{4}", queue.reads("aside"))
    assert queue.count("aside .g-mask button") == 0


def test_23_a_service_request_is_taken_in(day):
    """Take in a service request of a customer at the counter."""
    day.go("c", to="#counter-q")
    day.write("#counter-q", "DK00040")
    day.press("Enter")
    day.sees("#at-counter h2 a")
    name = day.reads("#at-counter h2 a")
    day.go("q", to="#intake")
    item = (
        day.choose("#f-item", words="专属活动")
        if day.count("#f-item option:text-matches('^专属活动')")
        else day.choose("#f-item", steps=1)
    )
    day.choose("#f-channel", words="电话")
    day.write("#f-text", "下周想参加，请安排")
    day.press("Control+Enter")
    day.sees(".g-case")

    assert name in day.reads("aside")
    assert item.split("：")[0] in day.reads("h1")
    assert "下周想参加，请安排" in day.reads(".g-case")


def test_24_a_notice_leads_to_what_it_is_about(day):
    """Open the notices, and from one what it is about."""
    day.go("g", "n", to="#main .g-rows > a")
    told = day.page.locator("#main .g-rows > a").first
    matter = told.locator(".told .ink3")
    said = matter.inner_text() if matter.count() else ""
    day.to(f'[href="{told.get_attribute("href")}"]')
    day.press("Enter")
    day.page.wait_for_url(lambda address: "/console/notices" not in address)

    assert said in day.reads("#main")


def test_25_words_and_light_are_chosen(day):
    """Change to English and back, to dark and back."""
    day.to('button[aria-label="深色 / 浅色"]')
    day.press("Enter")
    day.sees('html[data-bs-theme="dark"]')
    day.to('button[aria-label="深色 / 浅色"]')
    day.press("Enter")
    day.sees('html[data-bs-theme="light"]')
    for language in ("en", "zh-CN"):
        day.to('[popovertarget="me"]')
        day.press("Enter")
        day.to('#me [hx-vals*="guibin_language"]')
        day.press("Enter")
        day.sees(f'html[lang="{language}"]')


def test_26_a_right_is_redeemed_at_the_counter_and_taken_back(day):
    """Give what the tier entitles to, see what is left, and take back what was given by mistake."""
    day.go("c", to="#counter-q")
    day.write("#counter-q", "DK00047")
    day.press("Enter")
    day.sees("#at-counter h2 a")
    before = day.reads("#at-counter")
    day.ask("r")
    day.choose("#f-item", words="新业务免费体验")
    day.send()
    day.sees("#at-counter .g-chip")
    given = day.reads("#at-counter")
    day.ask("b")
    day.choose("#f-redemption", steps=1)
    day.write("#f-reason", "登记错了客户")
    day.send()

    assert given != before
    assert "登记错了客户" in day.reads("#at-counter")
