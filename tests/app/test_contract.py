"""What callers were promised by name: addresses, the fields of a complaint, a page of documentation without network."""

import re
from html.parser import HTMLParser

import pytest

CUSTOMER, COMPLAINT = "/api/v1/customers/{customer_id}", "/api/v1/complaints/{complaint_id}"
PROMISED = (
    ("/api/v1/customers", "get post"),
    (CUSTOMER, "get patch delete"),
    (f"{CUSTOMER}/disclosures", "post"),
    ("/api/v1/facts", "post"),
    ("/api/v1/assessments", "get post"),
    (f"{CUSTOMER}/membership", "get"),
    ("/api/v1/applications", "get post"),
    ("/api/v1/approvals", "get"),
    ("/api/v1/approvals/{approval_id}/decision", "post"),
    ("/api/v1/service-items", "get"),
    (f"{CUSTOMER}/entitlements", "get"),
    ("/api/v1/redemptions", "get post"),
    ("/api/v1/interactions", "get post"),
    ("/api/v1/visits", "get post"),
    ("/api/v1/service-requests", "get post"),
    ("/api/v1/complaints", "get post"),
    (COMPLAINT, "get"),
    (f"{COMPLAINT}/hand-overs", "post"),
    (f"{COMPLAINT}/resolution", "post"),
    (f"{COMPLAINT}/callbacks", "post"),
    (f"{COMPLAINT}/level", "post"),
    ("/api/v1/timers", "get"),
    ("/api/v1/reminders", "get"),
    ("/api/v1/statistics", "get"),
    ("/api/v1/audit-entries", "get"),
    ("/api/v1/jobs", "get"),
    ("/api/v1/policy", "get"),
    ("/api/v1/me", "get"),
    ("/health/live", "get"),
    ("/health/ready", "get"),
)
COMPLAINT_HAS = {
    "id",
    "number",
    "customer_id",
    "level",
    "channel",
    "received_at",
    "warn_at",
    "due_at",
    "state",
    "owner_id",
    "clause",
}


class Page(HTMLParser):
    """What a page would load or lead to, and what it would run."""

    def __init__(self, text):
        super().__init__()
        self.loaded, self.links, self.run = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.run += [tag] if tag in ("script", "iframe", "object", "embed", "form", "base") else []
        self.run += [name for name in found if name.startswith("on") or name == "style"]
        for name in ("src", "srcset", "href", "action", "data", "poster", "background"):
            if name in found:
                (self.links if (tag, name) == ("a", "href") else self.loaded).append(found[name])


@pytest.fixture
async def document(client):
    return (await client.get("/api/v1/openapi.json")).json()


@pytest.mark.parametrize(("path", "methods"), PROMISED, ids=lambda value: value)
async def test_a_promised_address_is_there(document, path, methods):
    assert set(methods.split()) <= set(document["paths"].get(path, {}))


async def test_a_complaint_has_what_was_promised(client, document):
    taken_in = await client.post("/api/v1/complaints", json={"text": "没有信号", "channel": "phone", "level": "1"})

    complaint = taken_in.json()
    assert set(complaint) >= COMPLAINT_HAS
    assert complaint["clause"] == "S07-23"
    assert (await client.get("/api/v1/complaints")).json()["items"] == [complaint]
    assert (await client.get(f"/api/v1/complaints/{complaint['id']}")).json().items() >= complaint.items()
    assert set(document["components"]["schemas"]["ComplaintView"]["required"]) >= COMPLAINT_HAS


async def test_the_page_of_the_documentation_loads_nothing_from_outside_and_runs_nothing(world, document):
    caller = world.client()
    answer = await caller.get("/api/docs")
    page = Page(answer.text)
    style = await caller.get(page.loaded[0])

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (page.loaded, page.run) == (["/api/docs/style.css"], [])
    assert {link for link in page.links if not link.startswith("#")} == {"/api/v1/openapi.json"}
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert re.findall(r"url\(|@import|https?:", style.text) == []
    assert [path for path in document["paths"] if f"<code>{path}</code>" not in answer.text] == []


async def test_every_link_within_the_page_of_the_documentation_leads_somewhere(world):
    text = (await world.client().get("/api/docs")).text

    places = set(re.findall(r'id="([^"]+)"', text))
    assert {link[1:] for link in Page(text).links if link.startswith("#")} - places == set()
