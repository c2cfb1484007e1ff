"""What supervisors have beside the board, in a browser: each page's main action, and one that is refused in its form."""

import pytest

pytestmark = pytest.mark.browser
LEAD, HOTEL = "lead1", "hongqi-hotel"


@pytest.fixture
def lead(window_of):
    """Whoever leads an outlet of the hotel."""
    return window_of().sign_in(LEAD, HOTEL)


def ask(window, button):
    """Press it; the form that it opens."""
    button.click()
    window.page.wait_for_selector("#dialog[open] form")
    return window.page.locator("#dialog form")


def send(form):
    form.locator("button.btn-primary").click()


def test_a_deputy_is_named_where_nobody_stands_in_and_never_oneself(lead):
    lead.open("/console/team")
    free = lead.page.locator("tr[data-row]").filter(has=lead.page.locator("button[hx-get$='/do/away']")).last
    name = free.locator("a.main").inner_text().strip()
    person = lead.page.locator("tr[data-row]").filter(has=lead.page.locator("a.main", has_text=name))
    form = ask(lead, person.locator("button[hx-get$='/do/away']"))
    form.locator("[name=until_at]").fill("2099-01-01T09:00")
    send(form)
    absent = lead.page.locator("section[aria-labelledby=absent] .g-rows > div").filter(
        has=lead.page.locator("b", has_text=name)
    )
    absent.get_by_text("无人代班").wait_for()
    form = ask(lead, absent.locator("button"))
    options = form.locator("[name=deputy_id] option")
    # Oneself comes first among colleagues.
    form.locator("[name=deputy_id]").select_option(index=1)
    send(form)
    lead.page.get_by_text("不能让自己代批").wait_for()
    form = lead.page.locator("#dialog form")
    unit = person.locator("td").nth(1).locator(".main").inner_text().strip()
    place = next(
        at for at, text in enumerate(options.all_inner_texts()) if at > 1 and unit in text and name not in text
    )
    form.locator("[name=deputy_id]").select_option(index=place)
    send(form)
    absent.get_by_text("无人代班").wait_for(state="detached")
    assert " 代班" in absent.inner_text()
    ask(lead, person.locator("button[hx-get$='/do/back']"))
    send(form)
    absent.wait_for(state="detached")
    assert lead.violations() == []


def test_a_figure_leads_to_what_was_missed_and_it_is_done_from_there(window_of):
    window = window_of().sign_in("admin", "hetian-bank")
    window.open("/console/supervision")
    figure = window.page.locator("a.g-stat", has_text="联系与走访")
    before = int(figure.locator("b").inner_text().split()[0])
    figure.click()
    window.page.wait_for_url("**/console/supervision?part=cadence")
    row = window.page.locator("tr[data-row]").filter(has_text="例行联系").first
    form = ask(window, row.get_by_role("button", name="记联系"))
    send(form)
    window.page.wait_for_selector("#dialog form .is-invalid, #dialog form [role=alert], #dialog form :invalid")
    form = window.page.locator("#dialog form")
    for select in form.locator("select[required]").all():
        select.select_option(index=1)
    form.locator("[name=content]").fill("电话问候，服务正常")
    send(form)
    window.page.wait_for_selector(".g-toast")
    window.open("/console/supervision?part=cadence")

    left = int(window.page.locator("a.g-stat", has_text="联系与走访").locator("b").inner_text().split()[0])
    assert left == before - 1
    assert window.violations() == []


def test_a_department_acknowledges_and_reports_on_the_reception_board(window_of):
    window = window_of(width=390, height=844).sign_in("admin", HOTEL)
    window.open("/console/reception-board")
    figures = window.page.locator("a.g-stat b")
    waits, tasks = (int(figures.nth(place).inner_text()) for place in (1, 2))
    send(ask(window, window.page.locator("button[hx-get$='/do/acknowledge']").first))
    window.page.wait_for_function(
        "before => Number(document.querySelectorAll('a.g-stat b')[1].innerText) === before - 1", arg=waits
    )
    form = ask(window, window.page.locator("button[hx-get$='/do/report']").first)
    form.locator("[name=cost]").fill("-5")
    form.evaluate("form => { form.noValidate = true }")
    send(form)
    window.page.wait_for_selector("#dialog form .invalid-feedback, #dialog form [role=alert]")
    window.page.locator("#dialog form [name=cost]").fill("80")
    send(window.page.locator("#dialog form"))
    window.page.wait_for_function(
        "before => Number(document.querySelectorAll('a.g-stat b')[2].innerText) === before - 1", arg=tasks
    )

    assert window.overflow() <= 0
    assert window.violations() == []
