"""A day of an account manager in a company of five thousand customers: every task by keyboard alone.

Each test is one task of the list that was written before the pages; its first line says it. They follow one another in one window.
"""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("days")]
LOGIN = "manager11"
MASKED = re.compile(r"1\d{2}\*{4}(\d{4})")


@pytest.fixture
def mine(day):
    """At one's own customers, reached by keys."""
    day.go("g", "u", to="tr[data-row]")
    return day


@pytest.fixture
def customer(mine):
    """On the page of one of one's own customers."""
    mine.press("j", "j", "j")
    mine.sees("tr.at")
    mine.go("Enter", to=".g-cust")
    return mine


def owed(day, button):
    """The row of the day whose button says this: its words, with the focus on the button."""
    row = day.page.locator(".g-todo").filter(has=day.page.get_by_role("button", name=button, exact=True)).first
    said = str(row.locator(".what").inner_text())
    place = row.get_by_role("button", name=button, exact=True).get_attribute("hx-get")
    day.to(f'[hx-get="{place}"]')
    return said


def do(day, button):
    """Press it; the form asks."""
    said = owed(day, button)
    day.press("Enter")
    day.sees("#dialog[open] form")
    return said


def tab(customer, name):
    """One part of the customer's page, reached by Tab."""
    customer.to(f'.g-tabs a[href$="/{name}"]')
    customer.press("Enter")
    customer.sees(f'.g-tabs a[href$="/{name}"][aria-current]')


def test_01_the_day_is_one_list_late_first(day):
    """See what is owed today, what is late first, and how much is done."""
    text = day.reads("#main")

    assert day.count(".g-todo") > 10
    assert "我的今天" in text
    assert "农历" in text


def test_02_what_is_owed_first_is_one_key_away(day):
    """Begin with what is owed first: its button asks for what it needs, or leads to it."""
    day.to(".g-todo .btn")
    day.press("Enter")
    day.page.wait_for_function(
        "() => location.pathname !== '/console/' || document.querySelector('#dialog[open] form')"
    )


def test_03_a_birthday_is_told_by_both_calendars(customer):
    """Read a birthday, the lunar day beside the solar one."""
    assert re.search(r"生日\s*\d+月\d+日（农历.+）", customer.reads(".g-cust"))


def test_04_a_question_is_answered(day):
    """Answer a customer's question before its time is up."""
    before = day.page.get_by_role("button", name="回复", exact=True).count()
    do(day, "回复")
    day.write("#dialog textarea", "优惠方案已发给您，请查收")
    day.send()

    assert day.page.get_by_role("button", name="回复", exact=True).count() == before - 1


def test_05_the_log_of_the_day_is_written(day):
    """Write the day's log by one key."""
    day.ask("l")
    day.write("#dialog textarea", "走访两户，续约一户")
    day.send()

    assert "走访两户，续约一户" in day.reads("#main")


def test_06_a_log_without_words_is_refused_at_its_field(day):
    """A wrong input says at its field what to do."""
    day.ask("l")
    day.press("Control+Enter")
    day.sees("#dialog .g-error")

    assert "请填写" in day.reads("#dialog .g-error")
    day.press("Escape")


def test_07_ones_own_customers_are_a_list_with_what_is_missed(mine):
    """See one's customers with tier, last contact and what is due."""
    head = mine.reads("thead")

    assert all(word in head for word in ("客户", "客户经理"))
    assert mine.count("tr[data-row]") > 20


def test_08_customers_are_narrowed_by_tier_and_words(mine):
    """Narrow the list by words; the address keeps it."""
    mine.press("/")
    mine.type("王")
    mine.press("Enter")
    mine.page.wait_for_url("**q=**")
    mine.sees("tr[data-row]")

    assert all("王" in row for row in mine.page.locator("tr[data-row]").all_inner_texts())


def test_09_a_customer_is_found_by_pinyin(day):
    """Find a customer by the sound of the name."""
    assert day.find("lijun")
    day.press("Escape")


def test_10_a_customer_is_found_by_the_last_four(customer):
    """Find a customer by the last four digits of the telephone."""
    last = MASKED.search(customer.reads(".g-cust"))[1]
    name = customer.reads("h1").split()[0]

    assert any(name in each for each in customer.find(last))
    customer.press("Escape")


def test_11_one_page_tells_who_it_is_and_why_the_tier(customer):
    """Open a customer: who it is, tier and why, rights, what comes next, what happened."""
    text = customer.reads("#main")

    assert all(word in text for word in ("等级与依据", "权益", "接下来", "案件", "时间线"))


def test_12_a_contact_is_noted_from_the_customer(customer):
    """Note a contact from the customer's page by one key."""
    customer.ask("c")
    customer.choose("#f-channel", value="phone")
    customer.write("#f-content", "客户询问 4K 影视包")
    customer.send()

    assert "客户询问 4K 影视包" in customer.reads("#story")


def test_13_the_time_line_is_narrowed(customer):
    """Look at contacts only in what happened."""
    customer.to('#story a[href*="show=contact"], #story [hx-get*="show=contact"]')
    customer.press("Enter")
    customer.page.wait_for_function(
        "() => /show=contact/.test(location.search) || document.querySelector('#story [aria-current][href*=contact], #story [aria-pressed=true]')"
    )


def test_14_a_number_opens_for_a_purpose_and_the_look_is_on_record(customer):
    """See a number in clear for a purpose; who looked says so afterwards."""
    customer.to(".g-cust .g-mask button")
    customer.press("Enter")
    customer.sees("#dialog[open] form")
    customer.write("#dialog [name=purpose]", "上门前确认电话")
    customer.press("Control+Enter")
    customer.sees("[data-closes]")
    shown = customer.reads("[data-closes]")
    tab(customer, "looks")

    assert re.search(r"1\d{10}", shown)
    assert "上门前确认电话" in customer.reads("#main")


def test_15_the_archive_stands_whole(customer):
    """Read the whole archive."""
    tab(customer, "archive")

    assert "单位" in customer.reads("#main")


def test_16_a_value_of_the_archive_is_changed(customer):
    """Change where the customer works; the old value stays in the history."""
    tab(customer, "archive")
    customer.to('[hx-get$="/archive/edit"]')
    customer.press("Enter")
    customer.sees("#dialog[open] form")
    customer.write("#f-position", "副总经理")
    customer.send()

    assert "副总经理" in customer.reads("#main")


def test_17_a_relative_is_added(customer):
    """Add a relative to the archive."""
    tab(customer, "archive")
    customer.to('[hx-get$="/do/relative"]')
    customer.press("Enter")
    customer.sees("#dialog[open] form")
    customer.write("#f-name", "李小红")
    customer.choose("#f-relation", steps=1)
    customer.send()

    assert re.search(r"李\*", customer.reads("#main"))


def test_18_what_the_customer_agreed_to_is_recorded(customer):
    """Record what the customer agrees to."""
    customer.ask("s")
    customer.to("#f-purpose input[value=contact]")
    customer.press("Space")
    customer.choose("#f-answer", value="granted")
    customer.send()

    assert "已同意" in customer.reads("#main") or "同意" in customer.reads(".g-cust")


def test_19_rights_and_what_is_left_stand_together(customer):
    """See the rights of the tier and what is left of each."""
    tab(customer, "rights")

    assert "权益" in customer.reads("#main")


def test_20_the_tier_and_every_period_before(customer):
    """See every period of every scheme, and why."""
    tab(customer, "tier")

    assert "等级" in customer.reads("#main")


def test_21_what_the_customer_ordered(customer):
    """See what the customer has and when it ends."""
    tab(customer, "orders")

    assert "DD0" in customer.reads("#main")


def test_22_packages_that_run_out_are_a_page(day):
    """See whose packages run out, the first first, and open one."""
    day.to('.g-nav a[href="/console/packs/cable_tv/expiring"]')
    day.press("Enter")
    day.sees("tr[data-row]")
    left = [int(each) for each in re.findall(r"还有 (\d+) 天", day.reads("#main"))]
    day.press("j")
    day.go("Enter", to=".g-cust")

    assert left == sorted(left)
    assert len(left) > 20


def test_23_visits_of_these_days_are_a_list(day):
    """See the visits of these days, open one, and write down what came of it."""
    day.to('.g-nav a[href="/console/visits"]')
    day.press("Enter")
    day.sees("#main [data-row^='/console/visits/']")
    day.press("j")
    day.go("Enter", to=".g-visit")
    day.write("#f-content", "按约走访，客户想了解新的影视包")
    day.press("Control+Enter")
    day.page.locator("#main", has_text="按约走访，客户想了解新的影视包").wait_for()

    assert day.count("#f-content") == 0


def test_24_a_new_customer_is_added_and_the_tier_told_first(mine):
    """Add a customer; who may be the same stands there before it is saved."""
    mine.go("n", to="#intake")
    mine.write("#f-number", "DK90001")
    mine.write("#f-name", "欧阳明月")
    mine.press("Control+Enter")
    mine.sees(".g-cust, #main .g-error")
    if mine.count("#main .g-error"):
        mine.choose("#f-kind", steps=1)
        mine.write("#f-name", "欧阳明月")
        mine.press("Control+Enter")
        mine.sees(".g-cust")

    assert "欧阳明月" in mine.reads("h1")


def test_25_an_application_for_a_tier_says_its_clause_and_its_approvers(customer):
    """Apply for a tier by exception: the clause and who approves stand there first."""
    customer.to('[popovertarget="more"]')
    customer.press("Enter")
    customer.to('[hx-get$="/do/exception"], a[href*="apply"]')
    customer.press("Enter")
    customer.page.wait_for_url("**/apply")

    assert re.search(r"S07-\d+", customer.reads("#main"))


def test_26_the_week_s_plan_is_handed_in_or_worked_off(day):
    """See the week's plan with what is done of it."""
    plan = day.reads('section[aria-labelledby="plan"]')

    assert "计划" in plan
    done = plan.count("完成")
    do(day, "完成") if day.count(".g-todo button:text-is('完成')") else None
    if day.count("#dialog[open] form"):
        day.send()
        assert day.reads("#main")
    assert done >= 1


def test_27_notices_are_read(day):
    """Read the notices with whom they are about, and mark all as read."""
    day.go("g", "n", to="#main .g-rows > a")
    named = day.count("#main .told b")
    day.to('#main [hx-post="/console/notices/readings"]')
    day.press("Enter")
    day.page.wait_for_function("() => !document.querySelector('#main .g-rows .g-chip')")

    assert named > 0
    day.page.locator(".g-bell b").wait_for(state="detached")
