"""A company's admin says where checkpoints go, at a desk and on a telephone, and has one sent at once: the page tells how it went."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from guibin.evidence.verify import COSIGNATURE, Key

pytestmark = pytest.mark.browser
COMPANY, PAGE = "hetian-bank", "/console/evidence/targets"


def witness(name):
    return str(Key(name, COSIGNATURE, Ed25519PrivateKey.generate().public_key().public_bytes_raw()))


def looked_at(window):
    return [*window.axe(), *window.violations(), window.overflow()]


@pytest.mark.parametrize(
    ("language", "theme", "width", "height", "sent"),
    [("zh-CN", "light", 1366, 768, "试送"), ("en", "dark", 390, 844, "Sent by")],
)
def test_a_witness_is_added_tried_out_and_stopped(window_of, site, background, language, theme, width, height, sent):
    window = window_of(language=language, theme=theme, width=width, height=height).sign_in("admin", COMPANY)
    page, name = window.page, f"{theme}.example"
    window.open(PAGE)
    found = looked_at(window)
    window.press("n")
    page.locator("#f-url").fill("http://10.0.0.1/")
    page.locator("#f-key").fill("x")
    window.press("Control+Enter")
    page.locator("#f-key-error").wait_for()
    found += looked_at(window)
    page.locator("#f-url").fill(f"http://127.0.0.1:{site.provider_port}")
    page.locator("#f-key").fill(witness(name))
    window.press("Control+Enter")
    panel = page.locator("section.g-panel", has_text=name).first
    panel.wait_for()
    panel.locator("button[hx-get$='/do/send']").click()
    page.locator("#dialog[open] form").wait_for()
    window.press("Control+Enter")
    page.locator("#dialog:not([open])").wait_for(state="attached")
    # How it went: nothing is signed yet, or nobody answers there; while it is under way the page asks again.
    panel.locator("[role=status]:not([hx-get])", has_text=sent).wait_for(timeout=60_000)
    window.open(PAGE)
    found += looked_at(window)
    said = panel.inner_text()
    panel.locator("button[hx-get$='/do/take_away']").click()
    page.locator("#dialog[open] form").wait_for()
    window.press("Control+Enter")
    panel.wait_for(state="detached")

    assert [each for each in found if each and not (isinstance(each, (int, float)) and each <= 0)] == []
    assert said.count(sent) == 1
