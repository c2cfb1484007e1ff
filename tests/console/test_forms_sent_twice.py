"""Every form of the pages acts once, however often it is sent: twice by a double click, again after a lost connection, or from
a page gone back to."""

import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

import guibin
from guibin.catalog import TABLES
from guibin.complaints import screens as complaints
from guibin.service_requests import screens as service_requests
from guibin.visits import screens as visits
from guibin_tenants.scope import fetch_value

# What only looks something up, or opens a form with what is known already; and what stands outside every scope.
LOOK = (
    "/console/counter/found",
    "{{ table.path }}/found",
    "/console/activities/{{ activity.id }}/door",
    "/console/complaints/new?again",
    "/console/customers/new?again",
    "/console/password",
    "/console/unlock",
    "/console/confirm",
    "/console/sign-in/code",
    # The one form of the three above.
    '{{ address }}"{% if part %}',
)
FORM = re.compile(r"<form[^>]*>")
SAID = "昨晚开始没有信号"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
# What no form tells by its fields: an image, and the reason why nobody signed, empty where no signature is missing.
ALSO = {"sign": {"signed_by": "张三", "content": PNG}, "call_back": {"outcome": "satisfied", "comment": "一句话"}}


class _Fields(HTMLParser):
    """A form as a browser would send it, filled in by somebody who takes the last of every choice."""

    def __init__(self, page, now):
        super().__init__()
        self.given, self.headers, self.chooses, self.now = {}, {}, "", now
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        known = dict(attrs)
        name = known.get("name", "")
        if tag == "form":
            self.headers |= json.loads(known.get("hx-headers:append", "{}"))
        elif tag == "select":
            self.chooses = name
        elif tag == "option" and self.chooses and known.get("value"):
            self.given[self.chooses] = known["value"]
        elif tag == "textarea":
            self.given[name] = "一句话"
        elif tag == "input" and name and known.get("type") not in ("checkbox", "radio"):
            self.given[name] = known.get("value") or self._value(known)

    def handle_endtag(self, tag):
        if tag == "select":
            self.chooses = ""

    def _value(self, known):
        match known.get("type"):
            case "number":
                return known.get("min") or "1"
            case "date":
                return (self.now + timedelta(days=9)).date().isoformat()
            case "datetime-local":
                return (self.now + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
            case "hidden":
                return ""
            case _:
                return "一句话"


def test_every_form_that_changes_something_says_that_it_is_sent_once():
    found = [
        (str(path), tag)
        for path in Path(guibin.__file__).parent.rglob("templates/*.html")
        for tag in FORM.findall(path.read_text(encoding="utf-8"))
        if ("hx-post" in tag or "sends(" in tag) and not any(f'hx-post="{place}' in tag for place in LOOK)
    ]

    assert len(found) >= 6
    assert [one for one in found if "{{ sends(" not in one[1]] == []


@pytest.fixture
async def company(world):
    return await world.tenant()


@pytest.fixture
async def lead(company):
    return await company.staff("lead", "manager")


async def _made(client, path, **body):
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def _rows(company):
    """How many rows the company has, the record aside: giving an answer again may be a look."""
    names = [
        table._meta.tablename
        for table in TABLES
        if table._meta.tablename not in ("audit_entry", "tenant", "cell", "placement")
    ]
    async with company.scope():
        return {name: await fetch_value(f'select count(*) from "{name}"') for name in names}


async def _acts_once(client, company, path, now, **given):
    """Fill the form in, send it twice; whether it acted, and what is wrong with the second."""
    asked = await client.get(path)
    form = _Fields(asked.text, now)
    assert form.headers["idempotency-key"], path
    form.given = given or form.given
    first = await client.post(path, data=form.given, headers=form.headers)
    if first.status_code != 200:
        return None
    before = await _rows(company)
    second = await client.post(path, data=form.given, headers=form.headers)
    assert (second.status_code, second.content) == (200, first.content), path
    assert second.headers["hx-trigger"] == first.headers["hx-trigger"]
    assert second.headers["content-security-policy"] == first.headers["content-security-policy"]
    assert await _rows(company) == before, path
    return True


async def test_every_command_on_a_case_acts_once(world, company, lead):
    customer = await _made(
        lead, "/api/v1/customers", number="1", name="张三", kind="leader", account_manager_id=str(lead.staff_id)
    )
    await company.staff("agent", "agent")
    acted = set()
    for commands, make in (
        (
            complaints.COMMANDS,
            lambda: _made(lead, "/api/v1/complaints", customer_id=customer, text=SAID, channel="phone"),
        ),
        (
            service_requests.COMMANDS,
            lambda: _made(
                lead,
                "/api/v1/service-requests",
                customer_id=customer,
                item="enquiry",
                channel="phone",
                text="套餐怎么换",
            ),
        ),
        (
            visits.COMMANDS,
            lambda: _made(
                lead,
                "/api/v1/visits",
                customer_id=customer,
                planned_at="2026-03-04T02:00:00Z",
                purpose="问候",
                place="东门",
            ),
        ),
    ):
        for name in commands.known:
            subject = await make()
            if name in ("resume", "call_back", "sign"):
                before = "pause" if name == "resume" else "resolve"
                path = f"{commands.path}/{subject}/do/{before}"
                given = _Fields((await lead.get(path)).text, world.clock()).given
                await lead.post(path, data=given)
            address = commands.address(subject, name)
            if await _acts_once(lead, company, address, world.clock(), **ALSO.get(name, {})):
                acted.add((commands.slice_name, name))

    # Merging needs another case, a follow-up one that was drawn.
    elsewhere = {"merge", "follow_up"}
    assert {name for place, name in acted if place == "complaints"} >= set(complaints.COMMANDS.known) - elsewhere
    assert len(acted) >= 12, acted


async def test_taking_a_case_in_by_its_page_acts_once(world, company, lead):
    assert await _acts_once(lead, company, "/console/complaints/new", world.clock(), text=SAID, channel="phone")


async def test_the_same_form_with_other_words_says_that_it_was_sent(company, lead):
    subject = await _made(lead, "/api/v1/complaints", text=SAID, channel="phone")
    path, key = f"/console/complaints/{subject}/do/note", {"Idempotency-Key": "1", "HX-Request-Type": "partial"}

    first = await lead.post(path, data={"text": "one", "kind": "note"}, headers=key)
    other = await lead.post(path, data={"text": "two", "kind": "note"}, headers={**key, "Accept-Language": "zh-CN"})

    assert (first.status_code, other.status_code) == (200, 422)
    assert "已经发送过" in other.text
    assert len((await lead.get(f"/api/v1/complaints/{subject}")).json()["notes"]) == 1
