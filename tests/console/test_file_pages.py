"""Files on pages: on record as a look, added by form, opened with a purpose, removed with a reason; never what one may not see."""

import re
from datetime import timedelta

import pytest
from caring import customer
from papers import PDF, added, picture, send

PHOTO = picture()


@pytest.fixture
async def desk(tenant):
    return await tenant.staff("desk", "agent")


@pytest.fixture
async def own(tenant):
    return await tenant.staff("own", "account_manager")


@pytest.fixture
async def who(client):
    return await customer(client, name="方建华")


async def complaint(client, who):
    body = {"channel": "phone", "text": "昨晚没有信号", "customer_id": who}
    return (await client.post("/api/v1/complaints", json=body)).json()["id"]


def part_of(who):
    return f"/console/files/of/customer/{who}"


async def record(client, action):
    return (await client.get("/api/v1/audit-entries", params={"action": action})).json()["items"]


async def test_the_pages_of_cases_and_customers_have_their_files(client, own, clock, who):
    at = (clock() + timedelta(hours=3)).isoformat()
    visit = (await client.post("/api/v1/visits", json={"customer_id": who, "planned_at": at, "purpose": "走访"})).json()
    case = await complaint(client, who)
    pages = {
        f"/console/complaints/{case}": f"/api/v1/complaints/{case}/files",
        f"/console/visits/{visit['id']}": f"/api/v1/visits/{visit['id']}/files",
        f"/console/customers/{who}/files": f"/api/v1/customers/{who}/files",
    }
    for number, path in enumerate(pages.values()):
        await added(client, path, PHOTO, f"现场{number}.jpg")

    shown = [(await own.get(page)).text for page in pages]

    assert [f"现场{number}.jpg" in html for number, html in enumerate(shown)] == [True] * 3
    assert ["data:image/webp;base64," in html for html in shown] == [True] * 3
    # The customer's page has what their cases have.
    assert [f"现场{number}.jpg" in shown[2] for number in range(3)] == [True] * 3
    assert [entry["customer_ids"] for entry in (await record(client, "file.list"))[:3]] == [[who]] * 3


async def test_a_file_is_added_by_the_page_and_what_is_wrong_is_said_in_words(own, who):
    there = part_of(who)

    taken = await send(own, there, PHOTO, "现场.jpg", kind="evidence")
    html = (await own.get(there)).text
    refused = {
        name: await send(own, there, content, name)
        for name, content in (("假.png", b"<!doctype html><script>1</script>"), ("空.pdf", b""), ("现场2.jpg", PHOTO))
    }

    assert (taken.status_code, "现场.jpg" in html, "证据" in html) == (200, True, True)
    assert {name: answer.status_code for name, answer in refused.items()} == {
        "假.png": 422,
        "空.pdf": 422,
        "现场2.jpg": 409,
    }
    said = [answer.text.strip() for answer in refused.values()]
    assert [words[:4] for words in said] == ["不能接收", "文件是空", "这个文件"]


async def test_a_change_without_the_token_adds_nothing(own, who):
    token = own.headers.pop("X-CSRF-Token")
    without = await send(own, part_of(who), PHOTO)
    foreign = await own.post(
        part_of(who),
        files={"file": ("a.jpg", PHOTO)},
        headers={"X-CSRF-Token": token, "Sec-Fetch-Site": "cross-site"},
    )

    assert (without.status_code, foreign.status_code) == (403, 403)
    assert "data-file>" not in (await own.get(part_of(who))).text


async def test_what_is_confidential_is_not_in_the_page_and_comes_for_a_purpose_once(tenant, client, own, desk, who):
    file = await added(client, f"/api/v1/customers/{who}/files", PHOTO, "证件.jpg", kind="identity")
    path = f"/console/files/{file['id']}"

    html = (await own.get(part_of(who))).text
    direct = await own.get(f"{path}/content")
    form = await own.get(f"{path}/opening")
    unsaid = await own.post(f"{path}/opening", data={"purpose": "", "leaves_to": "nobody"})
    said = await own.post(f"{path}/opening", data={"purpose": "核对身份", "leaves_to": "nobody"})
    to = re.search(r'"to":"([^"]+)"', said.headers["hx-trigger"])[1]
    content = await own.get(to)
    elsewhere = await (await tenant.staff("other", "account_manager")).get(to)
    forged = await own.get(f"{path}/content?proof={'A' * 75}")
    (entry,) = await record(client, "file.disclose")

    assert ("data:image" in html, f"{path}/content" in html, f"{path}/opening" in html) == (False, False, True)
    assert (direct.status_code, form.status_code, unsaid.status_code, said.status_code) == (403, 200, 422, 200)
    assert content.content == PHOTO
    assert content.headers["content-disposition"].startswith("attachment")
    assert (elsewhere.status_code, forged.status_code) == (403, 403)
    assert (entry["purpose"], entry["customer_ids"], entry["actor_name"]) == ("核对身份", [who], "own")
    # An agent sees that it is there, and cannot open it.
    assert "证件.jpg" in (await desk.get(part_of(who))).text
    assert (await desk.get(f"{path}/opening")).status_code == 403


async def test_the_way_to_a_confidential_file_ends_after_a_minute(client, own, who, clock):
    file = await added(client, f"/api/v1/customers/{who}/files", PHOTO, confidential="true")
    said = await own.post(f"/console/files/{file['id']}/opening", data={"purpose": "核对身份", "leaves_to": "nobody"})
    to = re.search(r'"to":"([^"]+)"', said.headers["hx-trigger"])[1]
    clock.set(clock() + timedelta(minutes=2))

    assert (await own.get(to)).status_code == 403


async def test_a_file_is_removed_with_a_reason_and_stays_as_a_line(client, own, who):
    file = await added(client, f"/api/v1/customers/{who}/files", PHOTO, "误.jpg")
    path = f"/console/files/{file['id']}/do/remove"

    form = (await own.get(path)).text
    unsaid = await own.post(path, data={"reason": ""})
    done = await own.post(path, data={"reason": "拍错了人"})
    html = (await own.get(part_of(who))).text

    assert ("不能恢复" in form, unsaid.status_code, done.status_code) == (True, 422, 200)
    assert ("<s>误.jpg</s>" in html, "拍错了人" in html, f"{file['id']}/content" in html) == (True, True, False)


async def test_pages_show_files_to_whoever_may_read_what_they_are_about(world, tenant, client, who):
    case = await complaint(client, who)
    file = await added(client, f"/api/v1/complaints/{case}/files", PDF, "a.pdf")
    paths = [f"/console/files/of/complaint/{case}", f"/console/files/{file['id']}/content"]
    await tenant.unit("east")
    callers = {
        "agent": await tenant.staff("agent", "agent"),
        "auditor": await tenant.staff("auditor", "auditor"),
        "outlet": await tenant.staff("east", "agent", unit="east"),
        "stranger": await (await world.tenant()).staff("stranger", "agent"),
    }

    found = {name: [(await caller.get(path)).status_code for path in paths] for name, caller in callers.items()}
    nowhere = await callers["agent"].get(f"/console/files/of/poem/{case}")

    assert found == {"agent": [200] * 2, "auditor": [403] * 2, "outlet": [404] * 2, "stranger": [404] * 2}
    assert nowhere.status_code == 404


async def test_a_case_that_is_over_offers_no_file_to_be_added(client, own, who, clock):
    at = (clock() + timedelta(hours=3)).isoformat()
    visit = (await client.post("/api/v1/visits", json={"customer_id": who, "planned_at": at, "purpose": "走访"})).json()
    page = f"/console/visits/{visit['id']}"

    before = (await own.get(page)).text
    await client.post(f"/api/v1/visits/{visit['id']}/cancellation", json={"reason": "出差"})
    after = (await own.get(page)).text

    assert ("choose-files" in before, "choose-files" in after) == (True, False)


def opened(window, path):
    window.open(path)
    window.page.wait_for_selector("#files")


def taken_away(page, link, *, tries=3):
    """The file behind a link, by key; pressed again where the case showed itself anew under the key."""
    late = pytest.importorskip("playwright.sync_api").TimeoutError
    try:
        with page.expect_download(timeout=6_000) as download:
            link.press("Enter")
    except late:
        if tries == 1:
            raise
        return taken_away(page, link, tries=tries - 1)
    return download.value


@pytest.mark.browser
def test_a_photograph_is_added_to_a_visit_on_the_telephone(window_of, tmp_path):
    photo = tmp_path / "现场.jpg"
    photo.write_bytes(picture(size=(3000, 2000)))
    window = window_of(width=390, height=844).sign_in("manager11", "hetian-bank")
    page = window.page
    window.open("/console/visits?view=all&sort=newest")
    page.locator("[data-row]").first.wait_for()
    planned = page.eval_on_selector_all("[data-row]", "all => all.map(one => one.getAttribute('data-row'))")
    for path in planned:
        opened(window, path)
        if page.locator("[data-act=photograph]").count():
            break

    with page.expect_file_chooser() as chooser:
        page.locator("[data-act=photograph]").press("Enter")
    chooser.value.set_files(photo)
    page.wait_for_selector("#files img")

    assert page.locator("#files a[download]").first.inner_text() == "现场.jpg"
    assert chooser.value.element.get_attribute("capture") == "environment"
    assert page.locator("#files img").first.evaluate("image => image.complete && image.naturalWidth > 0")
    assert (window.overflow(), window.axe()) == (0, [])


@pytest.mark.browser
def test_papers_are_added_to_a_complaint_opened_and_removed_by_keyboard(window, tmp_path):
    files = {"合同.pdf": PDF, "假.png": b"<!doctype html><script>alert(1)</script>", "证件.jpg": picture()}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    window.sign_in("admin")
    page = window.page
    window.open("/console/complaints?running=true")
    opened(window, page.locator("[data-row]").first.get_attribute("data-row"))

    page.set_input_files("[data-chosen]", [tmp_path / "合同.pdf", tmp_path / "假.png"])
    page.wait_for_selector("#files a[download]")
    page.wait_for_selector("[data-sending] .late")
    refused = page.locator("[data-sending] .late").inner_text()
    page.locator("[data-act=dismiss]").press("Enter")
    page.select_option("#files select[name=kind]", "identity")
    page.set_input_files("[data-chosen]", tmp_path / "证件.jpg")
    confidential = page.locator("#files .g-linklike")
    confidential.wait_for()
    plain = taken_away(page, page.locator("#files a[download]"))
    confidential.press("Enter")
    page.wait_for_selector("#f-purpose")
    page.keyboard.type("核对身份")
    with page.expect_download() as sealed:
        page.keyboard.press("Control+Enter")
    closed = page.locator("dialog[open]").count()
    page.locator("#files [data-file]", has_text="合同.pdf").locator("button").press("Enter")
    page.wait_for_selector("dialog[open] textarea, dialog[open] input[name=reason]")
    page.keyboard.type("传错了")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#files details")

    assert "不能接收" in refused
    assert (plain.suggested_filename, plain.path().read_bytes()) == ("合同.pdf", PDF)
    assert (sealed.value.suggested_filename, sealed.value.path().read_bytes()) == ("证件.jpg", files["证件.jpg"])
    assert (closed, page.locator("#files a[download]").count()) == (0, 0)
    assert (window.overflow(), window.axe()) == (0, [])
