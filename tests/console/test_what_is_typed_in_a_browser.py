"""What is typed where things are looked for: a number never stands in an address; on the telephone the filters are one line."""

import pytest

pytestmark = pytest.mark.browser
NUMBER = "13912345678"
LISTS = ("/console/customers", "/console/complaints?running=true", "/console/requests")


def _sent(window):
    """Every request from here on: its address, and what it carries."""
    sent = []
    window.page.on("request", lambda request: sent.append((request.url, request.post_data or "")))
    return sent


def _carried(sent):
    return [body for _, body in sent if NUMBER in body.replace("+", "").replace("%20", "")]


@pytest.mark.parametrize("spelled", [NUMBER, "139 1234 5678", "139-1234-5678"])
@pytest.mark.parametrize("path", LISTS)
def test_a_number_typed_into_a_list_stands_in_no_address(window, path, spelled):
    window.sign_in("desk")
    window.open(path)
    sent = _sent(window)
    window.press("/")
    window.page.keyboard.type(spelled)
    with window.page.expect_response("**/console/find/whose"):
        window.press("Enter")
    window.page.wait_for_url("**q=5678")
    window.page.wait_for_load_state()

    assert [body for _, body in sent if spelled.replace(" ", "+") in body or spelled in body]
    assert [url for url, _ in sent if NUMBER in "".join(each for each in url if each.isdigit())] == []
    assert NUMBER not in "".join(each for each in window.page.url if each.isdigit())


def test_a_number_typed_into_the_box_of_ctrl_k_and_at_the_counter_stands_in_no_address(window):
    window.sign_in("desk")
    window.open("/console/")
    sent = _sent(window)
    window.press("Control+k")
    with window.page.expect_response("**/console/find"):
        window.page.keyboard.type(NUMBER)
    window.page.wait_for_timeout(500)
    box = len(_carried(sent))
    window.open("/console/counter")
    window.page.locator("#main input[type=search], #main input[type=text], #main input:not([type])").first.fill(NUMBER)
    window.press("Enter")
    window.page.wait_for_timeout(500)

    assert box >= 1
    assert len(_carried(sent)) > box
    assert [url for url, _ in sent if NUMBER in url] == []


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_on_the_telephone_what_narrows_a_list_is_one_line_until_it_is_opened(window_of, path, language):
    window = window_of(language=language, width=390, height=844)
    window.sign_in("desk")
    window.open(path)
    bar = window.page.locator("form[data-filters]")
    closed = bar.bounding_box()["height"]
    shown = bar.locator("select:visible").count()
    button = bar.locator("[data-act=filters]")
    button.click()
    opened = bar.locator("select:visible").count()

    assert closed <= 64
    assert (shown, button.get_attribute("aria-expanded")) == (0, "true")
    assert opened == bar.locator("select").count() > 1
    assert window.page.evaluate("document.documentElement.scrollWidth") <= 390
