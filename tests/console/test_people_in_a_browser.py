"""Org units, people and their rights, by hand in a browser: what is done, and what is refused in words."""

from uuid import uuid4

import pytest

pytestmark = pytest.mark.browser
COMPANY = "xiang-mobile"


@pytest.fixture
def admin(window):
    return window.sign_in("admin", COMPANY)


def _said(window):
    toast = window.page.locator(".g-toast span").first
    toast.wait_for()
    return toast.inner_text()


def _choose(window, selector):
    """The last of a list's entries; what it says."""
    field = window.page.locator(selector)
    field.select_option(index=field.locator("option").count() - 1)
    return field.evaluate("field => field.selectedOptions[0].innerText")


def test_a_unit_is_opened_moved_and_dissolved_with_what_goes_where_said_first(admin):
    page, suffix = admin.page, uuid4().hex[:6]
    name = f"高新营业厅 {suffix}"
    admin.open("/console/units")
    page.locator("td.act button").first.click()
    page.locator("#dialog[open] #f-name").fill(name)
    page.locator("#f-code").fill("高新")
    admin.press("Control+Enter")
    page.locator("#f-code[aria-invalid]").wait_for()
    kept = page.locator("#f-name").input_value()
    page.locator("#f-code").fill(f"gaoxin-{suffix}")
    admin.press("Control+Enter")
    opened = _said(admin)
    page.locator("tbody a", has_text=name).click()
    page.locator("a[href$='/moving']").click()
    _choose(admin, "#parent")
    page.locator("form .btn-primary").click()
    page.locator("#how").wait_for()
    page.locator(".btn-primary[data-key=t]").click()
    page.locator("#dialog[open] form").wait_for()
    admin.press("Control+Enter")
    moved = _said(admin)
    admin.open("/console/units")
    page.locator("tbody a", has_text=name).click()
    page.locator("a[href$='/dissolving']").click()
    successor = _choose(admin, "#successor")
    page.locator("form .btn-primary").click()
    page.locator("#sure").wait_for()
    page.locator("main .btn-danger").click()
    page.locator("#dialog[open] form").wait_for()
    admin.press("Control+Enter")
    gone = _said(admin)
    admin.open("/console/units")
    page.locator("details summary").last.click()

    assert (kept, opened, moved, gone) == (name, "机构已设立", "上级已调整", "机构已撤销，全部已移交")
    assert successor in page.locator("details .g-rows").inner_text()
    assert (admin.violations(), admin.axe()) == ([], [])


def test_somebody_is_added_given_a_post_after_the_difference_and_leaves(admin):
    page, login = admin.page, f"wang-{uuid4().hex[:6]}"
    admin.open("/console/people?q=")
    admin.press("n")
    page.locator("#dialog[open] #f-login").fill("王敏")
    page.locator("#f-name").fill("王敏")
    page.locator("#dialog input[value=agent]").check()
    admin.press("Control+Enter")
    page.locator("#f-login[aria-invalid]").wait_for()
    page.locator("#f-login").fill(login)
    admin.press("Control+Enter")
    page.locator("#first-password").wait_for()
    password = page.locator("#first-password").input_value()
    page.locator("#dialog footer a").click()
    page.locator("#holds").wait_for()
    admin.press("r")
    page.locator("#what").wait_for()
    page.locator("input[name=roles][value=manager]").check()
    page.locator("#asked button").click()
    page.locator("#difference").wait_for()
    told = page.locator("section[aria-labelledby=difference]").inner_text()
    looked = [*admin.violations(), *admin.axe()]
    page.locator("section[aria-labelledby=sure] .btn-primary").click()
    changed = _said(admin)
    page.locator("a[href$='/leaving']").click()
    page.locator("main .btn-danger").click()
    page.locator("#dialog[open] form").wait_for()
    admin.press("Control+Enter")
    gone = _said(admin)

    assert (len(password), "主管" in told, "从此可以" in told, looked) == (19, True, True, [])
    assert (changed, gone) == ("权限已调整", "账号已停用，全部已移交")
    admin.open(f"/console/people?q={login}")
    assert "已离职" in page.locator("tbody").inner_text()
    assert (admin.violations(), admin.axe()) == ([], [])


def test_posts_say_who_holds_them_and_lead_to_their_people(window):
    admin = window.sign_in("admin", "hetian-bank")
    page = admin.page
    admin.open("/console/posts")
    page.locator("details summary").first.click()
    rests = page.locator("details[open] .g-rows").first.inner_text()
    looked = [*admin.violations(), *admin.axe()]
    page.locator("a.g-chip").first.click()
    page.wait_for_selector("#holds")

    assert (bool(rests), looked) == (True, [])
    assert "/console/people/" in page.url


def test_a_role_is_copied_and_changed_once_it_was_seen_who_changes(admin):
    page, title = admin.page, f"质检员 {uuid4().hex[:6]}"
    admin.open("/console/roles")
    page.locator("a[href$='copied=agent']").click()
    page.locator("#f-title").fill("")
    page.locator("footer .btn-primary").click()
    page.locator("#f-title[aria-invalid]").wait_for()
    page.locator("#f-title").fill(title)
    page.locator("footer .btn-primary").click()
    page.wait_for_url("**/console/roles")
    made = _said(admin)
    page.locator("a", has_text=title).click()
    page.locator("input[name=permissions][value='complaints:write']").uncheck()
    page.locator("#asked button").click()
    page.locator("#sure").wait_for()
    looked = [*admin.violations(), *admin.axe()]
    page.locator("section[aria-labelledby=sure] .btn-primary").click()
    page.wait_for_url("**/console/roles")
    changed = _said(admin)

    assert (made, changed, looked) == ("角色已设立", "角色已修改，即时生效", [])
    page.locator("a", has_text=title).click()
    assert not page.locator("input[name=permissions][value='complaints:write']").is_checked()
    admin.open("/console/roles")
    page.locator(".g-rows > div", has_text=title).locator(".btn-danger").click()
    page.locator("#dialog[open] form").wait_for()
    admin.press("Control+Enter")
    assert _said(admin) == "角色已删除"
    assert page.locator("a", has_text=title).count() == 0
