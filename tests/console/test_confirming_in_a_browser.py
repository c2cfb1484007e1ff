"""What matters most asks again who it is, in the page it was begun in, and then goes on: by the keyboard, nothing typed twice."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pytest

from conftest import PASSWORD

pytestmark = pytest.mark.browser
COMPANY, LOGIN = "yu-mall", "admin"


@pytest.fixture
def long_ago(site, servers):
    """Makes everybody's last word of theirs a day old."""

    async def earlier():
        name = site.environment["GUIBIN_DATABASE_URL"].partition("?")[0].rpartition("/")[2]
        connection = await asyncpg.connect(servers["superuser"].replace("@/postgres?", f"@/{name}?"))
        try:
            await connection.execute("update staff_session set confirmed_at = confirmed_at - interval '1 day'")
        finally:
            await connection.close()

    def make():
        # The browser's own loop runs in this thread.
        with ThreadPoolExecutor(1) as beside:
            beside.submit(asyncio.run, earlier()).result(20)

    return make


@pytest.mark.parametrize(
    ("language", "theme", "width", "height"), [("zh-CN", "light", 1366, 768), ("en", "dark", 390, 844)]
)
def test_a_form_asks_who_it_is_and_is_sent_again_by_itself(window_of, long_ago, language, theme, width, height):
    window = window_of(language=language, theme=theme, width=width, height=height).sign_in(LOGIN, COMPANY)
    page = window.page
    window.open("/console/sign-ins")
    page.locator("button[hx-get='/console/sign-ins/rules']").click()
    page.locator("#f-session_hours").fill("12")
    long_ago()
    page.wait_for_timeout(2_500)  # so long a credential is remembered
    window.press("Control+Enter")
    page.wait_for_selector("#confirm-password")
    looked = [*window.axe(), *window.violations()]
    page.keyboard.type("another horse")
    window.press("Enter")
    page.wait_for_selector("#confirm-wrong")
    page.locator("#confirm-password").fill(PASSWORD)
    with page.expect_response("**/console/sign-ins/rules") as sent:
        window.press("Enter")
    page.wait_for_selector("dialog[open]", state="detached")

    assert sent.value.status == 200
    assert looked == []


def test_a_list_as_a_file_asks_and_then_comes(window_of, long_ago):
    window = window_of().sign_in(LOGIN, COMPANY)
    page = window.page
    window.open("/console/customers?q=")
    long_ago()
    page.wait_for_timeout(2_500)
    window.press("d")
    page.locator("#f-purpose").fill("核对名单")
    window.press("Control+Enter")
    page.locator("#confirm-password").fill(PASSWORD)
    with page.expect_download() as file:
        window.press("Enter")

    assert file.value.suggested_filename.endswith(".xlsx")
