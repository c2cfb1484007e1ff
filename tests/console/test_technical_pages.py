"""What a tenant admin sets up by hand in a browser: each page's main work and a wrong input."""

import pytest

pytestmark = pytest.mark.browser
COMPANY, LOGIN = "xiang-mobile", "admin"


@pytest.fixture
def admin(window):
    """The company's admin."""
    return window.sign_in(LOGIN, COMPANY)


def _asked(window, name):
    """The dialog of a command, by the words on its button."""
    window.page.locator(f"#main button:has-text('{name}')").first.click()
    window.page.locator("#dialog[open] form").wait_for()


def _sent(window):
    """Ctrl Enter; what the page says when the dialog is gone."""
    window.page.evaluate("() => document.querySelector('#said').replaceChildren()")
    window.press("Control+Enter")
    window.page.locator("#dialog:not([open])").wait_for(state="attached")
    told = window.page.locator(".g-toast span").first
    told.wait_for()
    return told.inner_text()


def test_a_key_is_made_and_shown_once_then_replaced_and_revoked(admin):
    page = admin.page
    admin.open("/console/keys")
    admin.press("n")
    page.locator("#f-name").fill("客服系统")
    page.locator("#f-addresses").fill("10.1.0.0/99")
    page.get_by_label("查看客户", exact=True).check()
    admin.press("Control+Enter")
    page.locator("#f-addresses-error").wait_for()
    wrong = page.locator("#f-addresses-error").inner_text()
    page.locator("#f-addresses").fill("10.1.0.0/16")
    admin.press("Control+Enter")
    page.locator("#token").wait_for()
    token = page.locator("#token").input_value()
    page.locator("text=已复制").click()
    row = page.locator("[data-key-of]", has_text="客服系统").first
    row.wait_for()
    said = row.inner_text()

    assert "IP 地址或网段" in wrong
    assert token.startswith("gb_live_")
    assert all(words in said for words in ("查看客户", "10.1.0.0/16", "没有用过", "长期有效"))
    assert token not in page.content()

    row.locator("button:has-text('更换')").click()
    page.locator("#f-overlap_hours").fill("0")
    admin.press("Control+Enter")
    page.locator("#token").wait_for()
    assert page.locator("#token").input_value() not in ("", token)
    page.locator("text=已复制").click()
    page.locator("[data-key-of]", has_text="客服系统").first.locator("button:has-text('吊销')").click()
    page.locator("#dialog[open] form").wait_for()

    assert _sent(admin) == "已吊销，即时生效"
    assert page.locator("details summary", has_text="已失效").count() == 1


def test_a_webhook_is_made_tested_and_paused(admin):
    page = admin.page
    admin.open("/console/webhooks")
    admin.press("n")
    page.locator("#f-url").fill("http://10.0.0.1/in")
    admin.press("Control+Enter")
    page.locator("#f-url-error").wait_for()
    page.locator("#f-url").fill("https://hooks.example.com/in")
    page.get_by_label("受理投诉", exact=True).check()
    admin.press("Control+Enter")
    page.locator("#token").wait_for()
    secret = page.locator("#token").input_value()
    page.locator("text=已复制").click()
    page.locator("h1", has_text="hooks.example.com").wait_for()
    _asked(admin, "发测试消息")
    tested = _sent(admin)
    page.locator("[data-delivery]").first.wait_for()
    sent = page.locator("[data-delivery]").first.inner_text()
    _asked(admin, "暂停")

    assert secret.startswith("whsec_")
    assert tested == "测试消息已排队，马上发出"
    assert "测试消息" in sent
    assert _sent(admin) == "已暂停"
    page.locator(".g-chip", has_text="已暂停").wait_for()
    assert page.locator("#main button:has-text('恢复')").count() == 1


def test_what_a_webhook_is_narrowed_to_is_written_in_words_and_changed(admin):
    page = admin.page
    admin.open("/console/webhooks")
    page.locator("#main a[href^='/console/webhooks/']", has_text="hooks.example.com").first.click()
    page.locator("h1", has_text="hooks.example.com").wait_for()
    _asked(admin, "修改")
    page.locator("#f-narrowed_to").fill("投诉等级")
    admin.press("Control+Enter")
    refused = page.locator("#f-narrowed_to-error").inner_text()
    page.locator("#f-narrowed_to").fill("投诉等级=3\n level ＝ 2\n\nchannel=phone")
    changed = _sent(admin)
    told = page.locator("#main", has_text="投诉等级=3").inner_text()
    _asked(admin, "修改")
    kept = page.locator("#f-narrowed_to").input_value()
    page.locator("#f-narrowed_to").fill("")

    assert "字段=值" in refused
    assert changed == "已修改"
    assert "投诉等级=3、投诉等级=2、渠道=phone" in told
    assert kept == "投诉等级=3\n投诉等级=2\n渠道=phone"
    assert _sent(admin) == "已修改"
    page.locator("#main", has_text="投诉等级").wait_for(state="detached")


def test_a_channel_is_set_up_and_a_test_says_why_it_did_not_go_out(admin):
    page = admin.page
    admin.open("/console/channels")
    _asked(admin, "设置邮件服务器")
    page.locator("#f-name").fill("公司邮箱")
    page.locator("#f-host").fill("mail.invalid")
    page.locator("#f-sender").fill("vip")
    admin.press("Control+Enter")
    page.locator("#f-sender-error").wait_for()
    page.locator("#f-sender").fill("vip@example.com")

    assert _sent(admin) == "已启用，请发一条测试消息"
    page.locator("[data-means=email] .g-chip.on").wait_for()
    _asked(admin, "发测试消息")
    page.locator("#f-to").fill("me@example.com")
    admin.press("Control+Enter")
    told = page.locator("#said", has_text="没有发出")
    told.wait_for()
    assert "：" in told.inner_text()


def test_a_recurring_job_is_moved_run_and_stopped(admin):
    page = admin.page
    admin.open("/console/jobs")
    row = page.locator("[data-rhythm=close_week]")
    row.locator("button:has-text('改时间')").click()
    page.locator("#f-at").fill("9点")
    admin.press("Control+Enter")
    page.locator("#f-at-error").wait_for()
    page.locator("#f-at").fill("09:30")
    moved = _sent(admin)
    page.locator("[data-rhythm=close_week]", has_text="原为").wait_for()
    row.locator("button:has-text('停')").click()
    page.locator("#dialog[open] form").wait_for()
    stopped = _sent(admin)
    page.locator("[data-rhythm=close_week] .g-chip", has_text="已停").wait_for()
    row.locator("button:has-text('恢复')").click()
    page.locator("#dialog[open] form").wait_for()

    assert (moved, stopped) == ("已更改", "已停")
    assert _sent(admin) == "已恢复，按原定时间"


def test_a_day_of_the_year_is_changed_by_a_click_after_what_moves_is_said(admin):
    page = admin.page
    admin.open("/console/calendars")
    page.locator("#main a", has_text="工作时间").click()
    page.locator(".g-year").wait_for()
    admin.open(f"{page.url.removeprefix(admin.site)}?year=2027")
    page.locator("[data-day='2027-06-23']").click()
    page.locator("#f-how").select_option("hours")
    page.locator("#f-windows").fill("上午")
    page.locator("#f-note").fill("盘点")
    admin.press("Control+Enter")
    page.locator("#f-windows-error").wait_for()
    page.locator("#f-windows").fill("9:00-12:00")
    admin.press("Control+Enter")
    told = page.locator("#dialog .g-callout.note")
    told.wait_for()

    assert "个时限会变" in told.inner_text()
    assert "已保存" in _sent(admin)
    page.locator(".g-day.hours[data-day='2027-06-23']").wait_for()


def test_tables_of_rights_say_on_a_telephone_what_each_role_sees(window_of):
    phone = window_of(width=390, height=844).sign_in(LOGIN, COMPANY)
    for path, cell in (("/console/field-rights", "tbody td"), ("/console/policy/rights", "tbody tr:nth-child(2) td")):
        phone.open(path)
        row = phone.page.locator(f"#main .g-matrix {cell}").first

        assert row.is_visible()
        assert phone.page.locator("#main .g-matrix thead th").nth(1).is_visible()
        assert phone.overflow() <= 0
