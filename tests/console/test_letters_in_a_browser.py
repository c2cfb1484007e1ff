"""Pages behind signed links, as customers open them: on a telephone and at a desk, in their language, light or dark as their system is."""

import httpx
import pytest

pytestmark = pytest.mark.browser
COMPANY, PASSWORD = "xiang-mobile", "guibin-demo-2026"
SEEN = [
    ("zh-CN", "light", 390, 844),
    ("en", "dark", 390, 844),
    ("zh-CN", "dark", 1366, 768),
    ("en", "light", 1366, 768),
]


@pytest.fixture(scope="module")
def links(site):
    """A survey and an invitation that nobody has answered."""
    with httpx.Client(base_url=str(site), timeout=30) as client:
        signed_in = client.post("/api/v1/sessions", json={"company": COMPANY, "login": "admin", "password": PASSWORD})
        client.headers["X-CSRF-Token"] = signed_in.json()["csrf"]
        found = {}
        for kind in ("survey", "activity"):
            rows = client.get(f"/api/v1/{kind}-invitations", params={"limit": 100}).json()["items"]
            taken = (
                client.post(f"/api/v1/{kind}-invitations/{row['id']}/sendings", json={"channel": "sms"}) for row in rows
            )
            found[kind] = next(answer.json()["path"] for answer in taken if answer.status_code < 300)
        return found


@pytest.mark.parametrize("kind", ["survey", "activity"])
@pytest.mark.parametrize(("language", "theme", "width", "height"), SEEN)
def test_a_letter_is_whole_legible_and_as_light_as_its_reader_has_it(
    window_of, links, kind, language, theme, width, height
):
    window = window_of(language=language, width=width, height=height)
    window.page.context.clear_cookies()
    window.page.emulate_media(color_scheme=theme)
    answer = window.open(links[kind])

    assert answer.status == 200
    assert window.page.locator("html").get_attribute("lang") == language
    assert window.overflow() <= 0
    assert window.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == theme
    assert min(each.bounding_box()["height"] for each in window.page.locator(".g-scale > label, button").all()) >= 44
    assert window.axe() == []
    assert window.violations() == []
