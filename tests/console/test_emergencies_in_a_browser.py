"""A manager is refused a file, opens an emergency access, reads it and ends it; an auditor judges it: by hand, at a desk and on a
telephone."""

import pytest

pytestmark = pytest.mark.browser
COMPANY = "hetian-bank"
PAGES = "/console/emergency-accesses"
# Whoever is signed in opens one of a customer out of their sight, and ends it; the first number of those there are.
OPENS = """async () => {
    const headers = {"content-type": "application/json", ...JSON.parse(document.body.getAttribute("hx-headers:inherited"))}
    const post = (path, body) => fetch(`/api/v1/emergency-accesses${path}`, {method: "POST", headers, body: JSON.stringify(body)})
    for (let place = 1; place <= 60; place++) {
        const known_by = `DK${String(place).padStart(5, "0")}`
        const answer = await post("", {known_by, reason: "客户在本网点突发疾病，需联系家属"})
        if (answer.status !== 201) continue
        const access = await answer.json()
        await fetch(`/api/v1/customers/${access.customer_id}`)
        await post(`/${access.id}/ending`, undefined)
        return access.id
    }
}"""


@pytest.mark.parametrize(
    ("language", "theme", "width", "height"), [("zh-CN", "light", 1366, 768), ("en", "dark", 390, 844)]
)
def test_an_auditor_judges_what_is_owed(window_of, language, theme, width, height):
    leader = window_of().sign_in("lead1", COMPANY)
    opened = leader.page.evaluate(OPENS)
    window = window_of(language=language, theme=theme, width=width, height=height).sign_in("auditor", COMPANY)
    page = window.page
    window.open(f"{PAGES}?review=owed")
    found = [*window.axe(), *window.violations(), window.overflow()]
    page.locator(f"#rows a[href='{PAGES}/{opened}']").click()
    page.wait_for_selector("#looked")
    found += [*window.axe(), *window.violations(), window.overflow()]
    window.press("e")
    page.locator("#f-verdict").select_option("justified")
    window.press("Control+Enter")
    page.wait_for_selector("#dialog .g-error")
    found += [*window.axe(), *window.violations(), window.overflow()]
    page.locator("#f-reason").fill("家属已证实当日住院")
    window.press("Control+Enter")
    page.wait_for_selector("dialog[open]", state="detached")
    page.locator("#main", has_text="家属已证实当日住院").wait_for()

    assert opened
    assert [each for each in found if each and not (isinstance(each, (int, float)) and each <= 0)] == []
    assert page.locator("button[hx-get$='/do/review']").count() == 0


# The customers there are, by id, as whoever is signed in sees them.
SEEN = """async () => {
    const headers = JSON.parse(document.body.getAttribute("hx-headers:inherited"))
    const found = []
    for (let cursor = ""; cursor !== null;) {
        const page = await (await fetch(`/api/v1/customers?limit=200${cursor && `&cursor=${cursor}`}`, {headers})).json()
        found.push(...page.items.map(each => each.id))
        cursor = page.next ?? null
    }
    return found
}"""


@pytest.mark.parametrize(
    ("login", "language", "theme", "width", "height"),
    [("lead2", "zh-CN", "light", 1366, 768), ("lead3", "en", "dark", 390, 844)],
)
def test_a_manager_is_refused_a_file_opens_it_in_an_emergency_and_ends_it(
    window_of, login, language, theme, width, height
):
    everybody = window_of().sign_in("admin", COMPANY).page.evaluate(SEEN)
    window = window_of(language=language, theme=theme, width=width, height=height).sign_in(login, COMPANY)
    page, own = window.page, set(window.page.evaluate(SEEN))
    customer = next(each for each in everybody if each not in own)
    found = []

    def looked_over(name):
        found.extend([*window.axe(), *window.violations(), window.overflow()])

    refused = window.open(f"/console/customers/{customer}").status
    looked_over("refused")
    page.locator(f"a[href='{PAGES}/new?customer_id={customer}']").click()
    page.wait_for_selector("#opening")
    looked_over("form")
    page.locator("#f-reason").fill("急")
    window.press("Control+Enter")
    page.wait_for_selector("#opening .g-error")
    looked_over("wrong")
    page.locator("#f-reason").fill("客户在本网点突发疾病，需联系家属")
    window.press("Control+Enter")
    page.wait_for_url(f"**/console/customers/{customer}")
    page.wait_for_selector(".g-cust[data-over]")
    looked_over("lent")
    eyes = page.locator("#main [hx-get*='/reveal/']").count()
    offered = page.locator("#main [hx-get*='/customers/'][hx-get*='/do/']").count()
    page.locator("#main a[href$='/archive']").first.click()
    page.wait_for_selector(".g-cust[data-over]")
    looked_over("archive")
    window.press("b")
    page.wait_for_selector("#dialog[open]")
    looked_over("ending")
    window.press("Control+Enter")
    page.wait_for_selector("#verdict")
    looked_over("ended")
    again = window.open(f"/console/customers/{customer}").status

    assert (refused, again, eyes, offered) == (404, 404, 0, 0)
    assert [each for each in found if each and not (isinstance(each, (int, float)) and each <= 0)] == []


def test_a_file_whose_time_is_over_is_shown_no_longer(window_of):
    everybody = window_of().sign_in("admin", COMPANY).page.evaluate(SEEN)
    window = window_of().sign_in("lead1", COMPANY)
    page, own = window.page, set(window.page.evaluate(SEEN))
    customer = next(each for each in everybody if each not in own)
    window.open(f"{PAGES}/new?customer_id={customer}")
    page.locator("#f-reason").fill("客户在本网点突发疾病，需联系家属")
    window.press("Control+Enter")
    page.wait_for_selector(".g-cust[data-over]")
    # As a browser whose half an hour is over: what it shows then is what it asks for anew.
    # Again and again, since what is followed live is drawn anew meanwhile.
    with page.expect_navigation():
        page.evaluate(
            """setInterval(() => { for (const e of document.querySelectorAll('[data-over]')) e.dataset.over = '1' }, 200)"""
        )

    assert page.locator(".g-cust").count() == 1
