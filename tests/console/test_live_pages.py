"""What browsers do by themselves: a form sent twice, a link from elsewhere, what others did, who else is there."""

import pytest

pytestmark = pytest.mark.browser
ELSEWHERE = "http://mail.example.test/"
PASSWORD = "guibin-demo-2026"


def _newest_case(window):
    window.open("/console/complaints?running=true")
    window.page.locator("[data-rows] tbody tr[data-row]").first.wait_for()
    return window.page.locator("[data-rows] tbody tr[data-row]").first.get_attribute("data-row")


def test_a_form_that_is_sent_again_is_told_what_the_first_one_was(window):
    """The answer is lost on its way; whoever sends the form again finds it done, and done once."""
    window.sign_in("desk")
    window.open(_newest_case(window))
    window.press("m")
    window.page.locator("#f-text").fill("客户说下午再打")
    sent = []

    def lose_the_first(route):
        sent.append(route.fetch())
        route.abort() if len(sent) == 1 else route.fulfill(response=sent[-1])

    window.page.route(
        "**/do/note", lambda route: lose_the_first(route) if route.request.method == "POST" else route.continue_()
    )
    window.press("Control+Enter")
    window.page.wait_for_function("() => !document.querySelector('dialog[open] button[type=submit]').disabled")
    window.wrong.clear()
    window.press("Control+Enter")
    window.page.locator(".g-toast").wait_for()

    assert [one.status for one in sent] == [200, 200]
    assert window.page.locator(".say.note", has_text="客户说下午再打").count() == 1


def test_a_link_from_a_mail_leads_whoever_is_signed_in_to_the_page(window):
    window.sign_in("desk")
    window.page.route(
        f"{ELSEWHERE}**",
        lambda route: route.fulfill(
            content_type="text/html", body=f'<a href="{window.site}/console/complaints?overdue=true">case</a>'
        ),
    )
    window.page.goto(ELSEWHERE)
    window.page.get_by_text("case").click()
    window.page.locator(".g-shell").wait_for()

    assert window.page.url.endswith("/console/complaints?overdue=true")


LISTENS = "body[data-stream=open]"


def _note(window, text):
    window.press("m")
    window.page.locator("#f-text").fill(text)
    window.press("Control+Enter")
    window.page.locator(".g-toast").wait_for()


@pytest.fixture
def two(window_of):
    """Two people at one case, each at a browser of their own that listens."""
    desk, lead = window_of().sign_in("desk"), window_of().sign_in("lead1")
    # What an outlet's lead sees the desk above it sees too.
    case = _newest_case(lead)
    for one in (desk, lead):
        one.open(case)
        one.page.locator(LISTENS).wait_for()
    return desk, lead


def test_what_somebody_writes_shows_at_the_others_within_two_seconds_and_disturbs_nothing(two):
    desk, lead = two
    lead.page.evaluate("window.here = true; document.querySelector('[data-back]').focus()")
    _note(desk, "两秒之内看得到")
    lead.page.locator(".say.note", has_text="两秒之内看得到").wait_for(timeout=2_000)

    assert lead.page.evaluate("window.here && document.activeElement.matches('[data-back]')")

    lead.press("m")
    lead.page.locator("#f-text").fill("我正在写的")
    _note(desk, "写的时候来的")
    lead.page.wait_for_timeout(1_500)
    assert lead.page.locator("#f-text").input_value() == "我正在写的"
    assert lead.page.locator(".say.note", has_text="写的时候来的").count() == 0
    lead.press("Escape")
    lead.page.locator(".say.note", has_text="写的时候来的").wait_for(timeout=4_000)


def test_whoever_else_is_at_the_case_is_shown_and_what_they_do(two):
    desk, lead = two
    told = desk.page.locator("[data-presence]")
    told.get_by_text("正在看这个投诉").wait_for()
    lead.press("m")
    lead.page.locator("#f-text").press_sequentially("写")
    writing = told.get_by_text("正在写")
    writing.wait_for(timeout=4_000)
    name = writing.inner_text().removesuffix("正在写").split()[-1]
    lead.press("Escape")
    lead.open("/console/")

    told.get_by_text(name).wait_for(state="detached", timeout=4_000)


def test_a_list_and_the_bell_follow_too_and_a_hidden_window_closes_its_stream(window_of):
    desk, other = window_of().sign_in("desk"), window_of().sign_in("desk")

    def take_in(text):
        desk.open("/console/complaints/new")
        desk.page.locator("#f-text").fill(text)
        desk.page.locator("#f-channel").select_option("phone")
        desk.page.locator("#f-text").press("Control+Enter")
        desk.page.locator(".g-toast").wait_for()

    take_in("看看列表动不动 一")
    other.open("/console/complaints?q=看看列表动不动")
    other.page.locator(LISTENS).wait_for()
    take_in("看看列表动不动 二")

    other.page.get_by_role("button", name="1 条新的").wait_for(timeout=5_000)
    assert other.page.locator("#rows tr[data-row]").count() == 1
    other.press("u")
    other.page.locator("#rows tr.g-new", has_text="看看列表动不动 二").wait_for(timeout=5_000)
    assert other.page.locator("[data-fresh]").is_hidden()
    other.page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    other.page.locator("body[data-stream=closed]").wait_for()


def test_without_a_stream_pages_are_asked_again_every_twenty_seconds(window_of):
    desk, lead = window_of().sign_in("desk"), window_of().sign_in("lead1")
    case = _newest_case(lead)
    lead.page.route("**/api/v1/events/stream", lambda route: route.fulfill(status=503, body=""))
    lead.page.clock.install()
    lead.open(case)
    lead.page.locator("body[data-stream=polled]").wait_for()
    lead.wrong.clear()
    desk.open(case)
    _note(desk, "没有流也看得到")
    lead.page.clock.run_for(25_000)

    lead.page.locator(".say.note", has_text="没有流也看得到").wait_for(timeout=4_000)
    lead.wrong[:] = [one for one in lead.wrong if "503" not in one]


def _ask(window, case):
    window.open(case)
    window.press("m")
    window.page.locator("#f-text").fill("写到一半")


def test_what_was_being_typed_is_there_again_after_signing_in_anew_and_gone_after_signing_out(window):
    window.sign_in("desk")
    case = _newest_case(window)
    _ask(window, case)
    window.page.context.clear_cookies(name="guibin_session")
    window.press("Control+Enter")
    window.page.locator("#password").fill(PASSWORD)
    window.page.locator("#login").fill("desk")
    window.page.locator("#password").press("Enter")

    window.page.locator("dialog[open] #f-text").wait_for()
    assert window.page.locator("#f-text").input_value() == "写到一半"
    assert window.page.url.endswith(case)
    assert PASSWORD not in window.page.evaluate("JSON.stringify(sessionStorage)")

    window.press("Escape")
    window.page.locator("[popovertarget=me]").click()
    window.page.locator("[data-act=sign-out]").click()
    window.page.locator("#password").wait_for()
    assert "写到一半" not in window.page.evaluate("JSON.stringify(sessionStorage)")


def test_a_screen_that_is_locked_shows_nothing_until_the_same_person_tells_their_password(window):
    window.sign_in("desk")
    case = _newest_case(window)
    _ask(window, case)
    window.press("Escape")
    window.page.locator("[popovertarget=me]").click()
    window.page.locator("[data-act=lock]").click()
    window.page.locator("#password").wait_for()
    assert window.page.locator(".g-shell").count() == 0
    window.page.go_back()
    window.page.locator("#password").wait_for()
    assert window.page.locator(".g-shell").count() == 0

    window.page.locator("#password").fill("not the password")
    window.page.locator("#password").press("Enter")
    window.page.locator("#wrong").wait_for()
    window.page.locator("#password").fill(PASSWORD)
    window.page.locator("#password").press("Enter")
    window.page.locator(".g-shell").wait_for()


def test_what_was_done_is_taken_back_by_one_key(window):
    window.sign_in("desk")
    window.open(_newest_case(window))
    window.press("p")
    window.page.locator("#f-reason").fill("等客户回电")
    window.press("Control+Enter")
    window.page.locator("#said [data-undo]:not([hidden])").wait_for()
    before = window.page.locator(".g-chip").first.inner_text()
    window.press("z")
    window.page.wait_for_function("was => document.querySelector('.g-chip').innerText !== was", arg=before)


def test_the_menu_counts_what_waits_and_forgets_what_was_done(window):
    """Who wrote is told beside the menu, on the next page at once; answered, it is gone without a page being asked for."""
    window.sign_in("desk")
    window.page.locator(LISTENS).wait_for()
    letters = window.page.locator(".g-nav a[href='/console/complaints'] .g-count")
    letters.wait_for()
    window.page.locator(".g-nav a[href='/console/'] .g-count").wait_for()
    before = int(letters.locator("[aria-hidden]").inner_text())
    window.open("/console/?show=reply")
    assert window.page.locator(".g-nav a[href='/console/complaints'] .g-count [aria-hidden]").inner_text() == str(
        before
    )

    window.page.evaluate("window.here = true")
    window.press("1")
    window.page.locator("#f-text").fill("今晚八点前恢复，给您添麻烦了")
    window.press("Control+Enter")
    window.page.locator(".g-toast").wait_for()
    if before > 1:
        letters.get_by_text(str(before - 1), exact=True).wait_for(timeout=4_000)
    else:
        letters.wait_for(state="detached", timeout=4_000)

    assert window.page.evaluate("window.here")
