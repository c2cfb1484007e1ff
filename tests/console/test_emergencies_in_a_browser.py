"""An auditor judges an emergency access by hand, at a desk and on a telephone: what was looked at stands beside the form."""

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
