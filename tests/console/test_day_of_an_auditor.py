"""A day of an auditor in a bank: every task by keyboard alone.

Each test is one task of the list that was written before the pages; its first line says it. They follow one another in one window.
"""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("days")]
COMPANY = "hetian-bank"
ROW = "#main tr[data-row]"
# A member who was looked at in each of the last weeks.
NUMBER = "DK00001"


@pytest.fixture(scope="module")
def hands(hands_of):
    return hands_of("auditor", COMPANY)


def place(day, path, sees):
    """A place of the menu, reached by Tab."""
    day.to(f'.g-nav a[href="{path}"]')
    day.press("Enter")
    day.page.wait_for_url(f"**{path}*")
    day.sees(sees)
    return day


def ask(day, name, value):
    """One filter of the list."""
    day.choose(f'[data-filters] [name="{name}"]', value=value)
    day.page.wait_for_url(f"**{name}={value}**")
    day.sees("#main table")


def view(day, said):
    """One of the views above the list."""
    href = day.page.locator(".g-views .tabs > a", has_text=said).first.get_attribute("href")
    day.to(f'.g-views .tabs > a[href="{href}"]')
    day.press("Enter")
    day.page.wait_for_function(
        "said => document.querySelector('.g-views [aria-current]')?.innerText.includes(said)", arg=said
    )


def search(day, words, field="q"):
    """Words into the search of the page, by its key."""
    day.press("/")
    day.press("Control+a")
    day.type(words)
    day.press("Enter")
    day.page.wait_for_url("**q=**")
    day.sees("#main")


@pytest.fixture
def looks(day):
    return place(day, "/console/looks", ROW)


@pytest.fixture
def customer(day):
    """What was decided about that customer."""
    place(day, "/console/traces", "#main [data-search]")
    search(day, NUMBER)
    day.to('#main a[href*="/console/traces/customers/"]')
    day.press("Enter")
    day.page.wait_for_url("**/traces/customers/**")
    return day


@pytest.fixture
def unusual(day):
    place(day, "/console/unusual-looks", ROW)
    view(day, "待处理")
    return day


def test_01_the_first_page_says_what_is_new(day):
    """See what is new since one last came."""
    text = day.reads()

    assert all(said in text for said in ("审计首页", "异常查看", "披露与导出", "紧急查阅", "你的查询也已记录"))
    assert day.count(".g-stat") == 10


def test_02_a_figure_leads_to_its_rows(day):
    """Open the rows behind a figure."""
    day.to('.g-stat[href*="clear=true"]')
    day.press("Enter")
    day.page.wait_for_url("**clear=true**")
    day.sees("#main")


def test_03_who_looked_at_whom_is_a_list_newest_first(looks):
    """See who looked at whom, when, why and what was shown."""
    heads = looks.reads("thead")

    assert all(said in heads for said in ("时间", "谁", "看到了什么", "谁的资料", "用途"))
    assert looks.count(ROW) > 10


def test_04_the_list_is_walked_by_j_and_opened(looks):
    """Walk the list and open one entry: every field of it."""
    looks.press("j", "j")
    looks.sees("tr.at")
    looks.press("Enter")
    looks.page.wait_for_url(re.compile(r"/console/looks/[0-9a-f-]{36}"))

    assert all(said in looks.reads() for said in ("谁的资料", "用途", "从哪里"))


def test_05_only_what_was_shown_in_clear(looks):
    """Narrow to what was shown in clear."""
    view(looks, "明文")

    assert all("明文" in row for row in looks.page.locator(ROW).all_inner_texts())


def test_06_today(looks):
    """Narrow to today."""
    ask(looks, "span", "today")

    assert looks.count(ROW) > 0


def test_07_by_one_person(looks):
    """Narrow to one person, by name."""
    who = looks.page.locator(f"{ROW} td:nth-child(2) .main").nth(5).inner_text()
    search(looks, who)

    assert all(who in row for row in looks.page.locator(ROW).all_inner_texts())


def test_08_by_one_customer(looks):
    """Narrow to one customer, by number."""
    search(looks, NUMBER)

    assert looks.count(ROW) > 0


def test_09_by_what_was_seen(looks):
    """Narrow by what was looked at."""
    looks.choose('[data-filters] [name="thing"]', steps=1)
    looks.page.wait_for_url("**thing=**")
    looks.sees("#main")

    assert looks.count("#main table") == 1


def test_10_counted_by_person_and_from_a_person_to_their_looks(looks):
    """Count by person, and go from a person to their customers."""
    looks.to('#main a[href*="part=person"]')
    looks.press("Enter")
    looks.page.wait_for_url("**part=person**")
    looks.to('#main tbody a[href*="actor_id="]')
    looks.press("Enter")
    looks.page.wait_for_url("**actor_id=**")

    assert looks.count(ROW) > 0


def test_11_counted_by_customer_and_from_a_customer_to_who_looked(looks):
    """Count by customer, and go from a customer to who looked."""
    looks.to('#main a[href*="part=customer"]')
    looks.press("Enter")
    looks.page.wait_for_url("**part=customer**")
    looks.to('#main tbody a[href*="customer_id="]')
    looks.press("Enter")
    looks.page.wait_for_url("**customer_id=**")

    assert looks.count(ROW) > 0


def test_12_counted_by_purpose(looks):
    """Count by purpose."""
    looks.to('#main a[href*="part=purpose"]')
    looks.press("Enter")
    looks.page.wait_for_url("**part=purpose**")

    assert "处理投诉" in looks.reads() or "没有写用途" in looks.reads()


def test_13_a_view_is_saved(looks):
    """Save what is asked as a view for every month."""
    view(looks, "明文")
    looks.ask("s")
    looks.write("#dialog [name=name]", "每月明文")
    looks.press("Control+Enter")
    looks.page.locator(".g-views", has_text="每月明文").wait_for()


def test_14_the_list_asks_for_a_purpose_before_it_leaves(looks):
    """Taking the list as a file asks why."""
    looks.ask("d")
    looks.press("Control+Enter")
    looks.sees("#dialog .g-error")
    looks.press("Escape")


def test_15_ones_own_looks_are_on_record(looks):
    """See one's own looks among the others."""
    assert any("查阅了查看记录" in row for row in looks.page.locator(ROW).all_inner_texts())


def test_16_unusual_looks_say_why_each_is_there(unusual):
    """See what looks unusual, each with its reason and its figures."""
    text = unusual.reads()

    assert "制度定" in text
    assert "下班时间" in text


def test_17_an_unusual_look_shows_what_is_behind_it(unusual):
    """Open one: rule, clause, figures and the looks behind it."""
    unusual.press("j")
    unusual.go("Enter", to="#behind")

    assert all(said in unusual.reads() for said in ("背后的查看", "制度的数字", "S02-6"))


def test_18_a_word_is_needed(unusual):
    """A wrong input says at its field what to do."""
    unusual.press("j")
    unusual.go("Enter", to="#behind")
    unusual.ask("e")
    unusual.press("Control+Enter")
    unusual.sees("#dialog .g-error")
    unusual.press("Escape")


def test_19_one_is_to_be_followed_up(unusual):
    """Mark one to be followed up, with a note."""
    unusual.press("j")
    unusual.go("Enter", to="#behind")
    unusual.ask("f")
    unusual.write("#dialog textarea", "请主管核实当晚情况")
    unusual.send()
    unusual.page.locator("#main", has_text="请主管核实当晚情况").wait_for()

    assert "跟进中" in unusual.reads()


def test_20_and_explained_when_it_is(day):
    """Say how it was explained; it waits no more."""
    place(day, "/console/unusual-looks", "#main")
    view(day, "跟进中")
    day.press("j")
    day.go("Enter", to="#behind")
    day.ask("e")
    day.write("#dialog textarea", "当晚系统切换后集中核对，有主管签字")
    day.send()
    day.page.locator("#main", has_text="有主管签字").wait_for()

    assert "已说明" in day.reads()


def test_21_what_left_and_to_whom(day):
    """See what left the company, to whom and on which basis."""
    place(day, "/console/departures", ROW)
    view(day, "给了外面")

    assert all(said in day.reads() for said in ("市公安局", "调取证据通知书"))


def test_22_files_that_were_made(day):
    """See which files were made, and what for."""
    place(day, "/console/departures", ROW)
    view(day, "成文件")

    assert "季度走访名单核对" in day.reads()


def test_23_who_did_not_get_in(day):
    """See failures and lock-outs."""
    place(day, "/console/rights", ROW)
    view(day, "失败与锁定")

    assert day.count(ROW) >= 6


def test_24_keys_that_were_made_and_revoked(day):
    """See which keys were made and revoked."""
    place(day, "/console/rights", ROW)
    view(day, "密钥")

    assert all(said in day.reads() for said in ("数据核对", "吊销"))


def test_25_what_was_decided_about_a_customer(customer):
    """Find a customer, and see what was decided."""
    assert "等级" in customer.reads()


def test_26_why_this_tier(customer):
    """See why a customer has the tier: figures, clause, version, what changed it."""
    customer.to('#main a[href*="/console/traces/membership/"]')
    customer.press("Enter")
    customer.sees("#why")

    assert all(said in customer.reads() for said in ("为什么", "依据的条款", "当时施行的制度", "后来的变化"))


def test_27_who_looked_at_that_customer_last_month(customer):
    """From the customer to who looked last month, why and what was shown, by one key."""
    customer.press("l")
    customer.page.wait_for_url("**span=last_month**")

    assert customer.count(ROW) > 0


def test_28_nothing_else_can_be_changed(day):
    """No page of the menu offers a change."""
    for path in ("/console/looks", "/console/departures", "/console/rights", "/console/traces"):
        day.window.open(path)
        assert day.count("#main [hx-post], #main form[method=post]") == 0
