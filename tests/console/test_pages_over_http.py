"""What pages let in and give out: the same walls, rights and record as behind the API, and nothing that runs by itself."""

import re
from uuid import uuid4

import pytest

from support import PASSWORD

SAID = "昨晚开始没有信号 <script>alert(1)</script>"
FORM = {"text": SAID, "channel": "phone", "kind": "complaint"}


@pytest.fixture
async def company(world):
    return await world.tenant()


@pytest.fixture
async def desk(company):
    """An agent of the head office, signed in."""
    return await company.staff("desk", "agent")


async def _taken(client):
    answer = await client.post("/api/v1/complaints", json=FORM)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def _actions(company):
    admin = await company.client()
    entries = (await admin.get("/api/v1/audit-entries", params={"limit": 200})).json()["items"]
    return [(entry["action"], entry["subject_id"]) for entry in entries]


async def test_a_case_page_is_on_record_as_the_look_it_is(company, desk):
    complaint_id = await _taken(desk)

    page = await desk.get(f"/console/complaints/{complaint_id}")

    assert page.status_code == 200
    assert ("complaint.read", complaint_id) in await _actions(company)


async def test_a_case_page_says_what_was_taken_in_in_the_words_of_the_form(desk):
    taken = await desk.post("/api/v1/complaints", json={**FORM, "kind": "opinion", "on_behalf": True})
    path = f"/console/complaints/{taken.json()['id']}"

    said = {}
    for language in ("zh-CN", "en"):
        page = (await desk.get(path, headers={"Accept-Language": language})).text
        panel = page.split("登记内容" if language == "zh-CN" else "As taken in")[1].split("</dl>")[0]
        said[language] = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", panel)

    assert said == {
        "zh-CN": [("渠道", "电话"), ("类别", "意见"), ("有人代为反映", "是")],
        "en": [("Channel", "Phone"), ("Kind", "Opinion"), ("Somebody speaks for the customer", "Yes")],
    }


async def test_a_list_page_is_on_record_with_whoever_is_on_it(company, desk):
    await _taken(desk)

    page = await desk.get("/console/complaints?running=true")

    assert page.status_code == 200
    assert "complaint.search" in [action for action, _ in await _actions(company)]


async def test_what_people_write_is_shown_and_never_run(desk):
    complaint_id = await _taken(desk)

    pages = [
        (await desk.get(path)).text
        for path in (
            "/console/complaints?running=true",
            f"/console/complaints/{complaint_id}",
            f"/console/complaints/{complaint_id}/preview",
        )
    ]

    assert all("&lt;script&gt;alert(1)" in page for page in pages)
    assert not any("<script>alert" in page for page in pages)


@pytest.mark.parametrize(
    "path", ["/console/sign-in", "/console/complaints?running=true", "/console/nothing-there", "/console/"]
)
async def test_every_page_stands_under_a_policy_without_anything_inline(desk, path):
    page = await desk.get(path)
    policy = page.headers["content-security-policy"]

    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["cache-control"] == "private, no-store"
    assert not re.search(r"<script(?! src)|\sstyle=|\son\w+=", page.text)


async def test_a_change_without_the_token_or_from_another_site_changes_nothing(company, desk):
    complaint_id = await _taken(desk)
    path, given = f"/console/complaints/{complaint_id}/do/note", {"text": "a note", "kind": "note"}
    token = desk.headers.pop("X-CSRF-Token")

    without = await desk.post(path, data=given)
    foreign = await desk.post(path, data=given, headers={"X-CSRF-Token": token, "Sec-Fetch-Site": "cross-site"})
    before = (await desk.get(f"/api/v1/complaints/{complaint_id}")).json()["notes"]
    done = await desk.post(path, data=given, headers={"X-CSRF-Token": token})
    after = (await desk.get(f"/api/v1/complaints/{complaint_id}")).json()["notes"]

    assert (without.status_code, foreign.status_code, done.status_code) == (403, 403, 200)
    assert before == []
    assert [note["text"] for note in after] == ["a note"]


async def test_another_companys_and_another_outlets_case_is_as_one_that_there_is_not(world, company):
    await company.unit("east")
    await company.unit("west")
    east, west = await company.staff("east", unit="east"), await company.staff("west", unit="west")
    stranger = await (await world.tenant()).staff("stranger", "agent")
    complaint_id = await _taken(east)

    answers = {
        name: (await client.get(f"/console/complaints/{complaint_id}")).status_code
        for name, client in (("east", east), ("west", west), ("stranger", stranger))
    }
    nothing = await west.get(f"/console/complaints/{uuid4()}")
    behind = await west.get(f"/console/complaints/{complaint_id}")

    assert answers == {"east": 200, "west": 404, "stranger": 404}
    assert behind.text.replace(complaint_id, "") == nothing.text.replace(nothing.url.path.rsplit("/", 1)[1], "")
    assert SAID[:6] not in (await west.get("/console/complaints?running=true")).text


async def test_whoever_is_not_signed_in_is_led_to_where_they_can_and_back(world, company, desk):
    nobody = world.client()

    led = await nobody.get("/console/complaints?overdue=true")
    entered = await nobody.post(
        led.headers["location"], data={"company": company.slug, "login": "desk", "password": PASSWORD}
    )
    elsewhere = await world.client().post(
        "/console/sign-in?next=https://evil.example/console/",
        data={"company": company.slug, "login": "desk", "password": PASSWORD},
    )

    assert led.status_code == 303
    assert entered.headers["location"] == "/console/complaints?overdue=true"
    assert elsewhere.headers["location"] == "/console/"


async def test_nobody_becomes_somebody_by_a_click_where_there_is_no_demonstration(world, company, desk, monkeypatch):
    monkeypatch.delenv("GUIBIN_DEMONSTRATION", raising=False)

    answer = await world.client().post(
        "/console/sign-in/demonstration", data={"company": company.slug, "login": "desk"}
    )

    assert answer.status_code == 404
    assert "set-cookie" not in answer.headers


async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_written(desk):
    complaint_id = await _taken(desk)

    answer = await desk.post(f"/console/complaints/{complaint_id}/do/level", data={"level": "standard", "reason": " "})

    assert answer.status_code == 422
    assert 'id="f-reason-error"' in answer.text
    assert (await desk.get(f"/api/v1/complaints/{complaint_id}")).json()["levels"] == []


async def test_assets_are_kept_for_a_year_and_come_compressed(world):
    client = world.client()
    page = (await client.get("/console/sign-in")).text
    address = re.search(r'href="(/assets/console\.[^"]+\.css)"', page)[1]

    plain = await client.get(address, headers={"Accept-Encoding": "identity"})
    packed = await client.get(address, headers={"Accept-Encoding": "gzip"})

    assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 3
    assert packed.text == plain.text
