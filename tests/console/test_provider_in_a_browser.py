"""A company's own provider as its admin sets it up and its people sign in by it: a real one, in a real browser, from the sign-in page.

Under a name: the address to come back to is never a number.
"""

import pytest
from openid_provider import CLIENT, SECRET, missing, real_provider

from conftest import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def real(site):
    if why := missing():
        pytest.skip(why)
    here = site.replace("127.0.0.1", "localhost")
    with real_provider(f"{here}/console/sign-in/provider/back", site.provider_port) as provider:
        yield provider


@pytest.fixture
def at_home(window_of, site):
    def opened(**how):
        window = window_of(**how)
        window.site = site.replace("127.0.0.1", "localhost")
        return window

    return opened


def send(window, name):
    """What stands in the dialog."""
    with window.page.expect_response(lambda answer: name in answer.url and answer.request.method == "POST") as sent:
        window.press("Control+Enter")
    assert sent.value.status == 200
    window.page.wait_for_selector("#dialog:not([open])", state="attached")


def connect(window, company, real, look):
    """The company's admin signs in and sets it up, with a rule for one group; `look` at each page that is passed."""
    page = window.page
    page.goto(f"{window.site}/console/sign-in")
    for field, text in (("company", company), ("login", "admin"), ("password", PASSWORD)):
        page.locator(f"#{field}").fill(text)
    window.press("Enter")
    page.wait_for_selector(".g-shell")
    window.open("/console/identity-provider")
    look()
    page.locator("button[hx-get*='/settings/'][hx-get$='/do/connect']").click()
    page.locator("#f-issuer").fill(real.issuer)
    page.locator("#f-client_id").fill(CLIENT)
    page.locator("#f-client_secret").fill(SECRET)
    page.locator("#f-claim").fill("groups")
    page.locator("#f-value").fill("vip-agents")
    page.locator("input[name=roles][value=agent]").check()
    look()
    send(window, "/do/connect")
    page.wait_for_selector("[data-rule]")


@pytest.mark.parametrize(
    ("company", "language", "theme", "width", "height"),
    [("yu-mall", "zh-CN", "light", 1366, 768), ("sunrise-cable", "en", "dark", 390, 844)],
)
def test_set_up_tried_out_and_signed_in_by(at_home, real, company, language, theme, width, height):
    window = at_home(language=language, theme=theme, width=width, height=height)
    page, looked = window.page, []

    def look():
        looked.extend([*window.axe(), *window.violations(), *(["wide"] if window.overflow() > 0 else [])])

    connect(window, company, real, look)
    page.locator("button[hx-get$='/do/add_rule']").click()
    page.locator("#f-claim").fill("groups")
    page.locator("#f-value").fill("vip-leads")
    page.locator("input[name=roles][value=manager]").check()
    send(window, "/do/add_rule")
    page.wait_for_selector("[data-rule] >> nth=1")
    page.locator("#discover").click()
    page.wait_for_selector("#discovered")
    answered = page.locator("#discovered").inner_text()
    page.locator("#claims").fill('{"sub": "7", "preferred_username": "li.wei", "groups": ["vip-agents"]}')
    page.locator("#foretell").click()
    page.wait_for_selector("#foretold")
    told = page.locator("#foretold").inner_text()
    page.locator("#claims").fill("nothing")
    page.locator("#foretell").click()
    page.wait_for_selector("#wrong")
    look()

    real.be(sub=f"7-{company}", preferred_username="li.wei", name="李伟", groups=["vip-agents"])
    page.context.clear_cookies(name="guibin_session")
    page.goto(f"{window.site}/console/sign-in?next=/console/customers")
    page.locator("a[href^='/console/sign-in/provider?']:not([href*='kind='])").click()
    page.wait_for_selector("#go")
    look()
    page.locator("#go").click()
    page.wait_for_selector(".g-shell")

    assert page.url == f"{window.site}/console/customers"
    assert "李伟" in page.content()
    assert (real.issuer in answered, "RS256" in answered, "li.wei" in told) == (True, True, True)
    assert looked == []


def test_somebody_whom_no_rule_knows_reads_why(at_home, real):
    # A company that no other test of these sets up.
    window, company = at_home(), "hongqi-hotel"
    connect(window, company, real, look=lambda: None)
    window.page.context.clear_cookies(name="guibin_session")
    real.be(sub="9", preferred_username="zhao", groups=["canteen"])
    window.page.goto(f"{window.site}/console/sign-in/provider/going?company={company}")
    window.page.wait_for_selector("#wrong")

    assert "没有任何权限" in window.page.locator("#wrong").inner_text()
