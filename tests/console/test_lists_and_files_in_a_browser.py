"""Views, columns, files of lists and imports, by hand in a browser: what is chosen, saved, fetched and told."""

import csv
import io

import openpyxl
import pytest

pytestmark = pytest.mark.browser
QUEUE = "/console/complaints?running=true"


def _said(window):
    return window.page.locator(".g-toast span").first.inner_text()


def test_what_a_list_is_asked_is_saved_opened_again_and_taken_away(window):
    window.sign_in("desk")
    window.open(f"{QUEUE}&q=网")
    window.press("s")
    window.page.locator("#f-name").fill("网络投诉")
    window.press("Control+Enter")
    window.page.locator(".g-toast").wait_for()
    tab = window.page.locator(".g-views a", has_text="网络投诉")
    window.open(QUEUE)
    tab.click()
    window.page.wait_for_url("**view=*")

    assert tab.get_attribute("aria-current") == "true"
    assert window.page.locator("[data-search]").input_value() == "网"

    window.press("v")
    window.page.locator("#dialog[open] .btn-danger").first.click()
    window.page.locator("#dialog[open] form").wait_for()
    window.press("Control+Enter")
    window.page.locator(".g-toast").wait_for()
    window.open(QUEUE)
    assert tab.count() == 0


def test_columns_are_chosen_and_put_in_order_by_keyboard(window):
    window.sign_in("desk")
    window.open(QUEUE)
    heads = window.page.locator("thead th")
    before = heads.all_inner_texts()
    window.press("o")
    window.page.locator("#dialog[open] input[value=channel]").check()
    window.page.locator("#dialog[open] input[value=handler]").uncheck()
    window.press("Control+Enter")
    window.page.locator("th", has_text="渠道").wait_for()
    chosen = heads.all_inner_texts()
    window.press("o")
    window.page.locator("#dialog[open] button[value=reset]").click()
    window.page.locator("th", has_text="处理人").wait_for()

    assert (chosen[-1], "处理人" in "".join(chosen)) == ("渠道", False)
    assert heads.all_inner_texts() == before


def test_a_list_is_taken_as_a_file_for_a_purpose(window):
    window.sign_in("lead1")
    window.open("/console/customers?q=")
    rows = window.page.locator("#rows tr[data-row]").count()
    window.press("d")
    window.page.locator("#f-format").select_option("csv")
    window.press("Control+Enter")
    window.page.locator("#f-purpose-error").wait_for()
    window.page.locator("#f-purpose").fill("季度走访分工")
    with window.page.expect_download() as fetched:
        window.press("Control+Enter")

    text = fetched.value.path().read_text(encoding="utf-8-sig")
    found = list(csv.reader(io.StringIO(text)))
    assert fetched.value.suggested_filename.startswith("overview-")
    assert len(found) - 1 >= rows > 0
    assert str(len(found) - 1) in _said(window)


def test_a_file_is_imported_from_its_choice_to_the_end(window, background, tmp_path):
    """Uploaded, a column named, tried: what is wrong is told by row and fetched; mended it is imported."""
    window.sign_in("admin")
    wrong = tmp_path / "客户.csv"
    wrong.write_text("编号,姓名,类型\nIMP-1,韩梅,leader\nIMP-2,,leader\n", encoding="utf-8")

    def upload(file):
        window.open("/console/imports")
        window.page.locator("#t-file").set_input_files(file)
        window.page.locator("form:has(#t-file) button[type=submit]:enabled").click()
        window.page.locator("#progress").wait_for()
        window.page.locator("[name='field.kind']").select_option("类型")

    def run(button):
        """Until the page that was there before is gone and what was started has ended."""
        window.page.evaluate("() => { document.body.dataset.before = 'yes' }")
        window.page.get_by_role("button", name=button, exact=True).click()
        window.page.locator("body:not([data-before]) #transfer:not([hx-trigger])").wait_for(timeout=60_000)

    upload(wrong)
    run("先试运行")
    window.page.locator("#wrong").wait_for()
    row = window.page.locator("#wrong tbody tr").first.inner_text()
    with window.page.expect_download() as fetched:
        window.page.get_by_role("link", name="下载被拒的行").click()
    sheet = openpyxl.load_workbook(io.BytesIO(fetched.value.path().read_bytes())).active

    assert row.split(maxsplit=2) == ["3", "姓名或名称", "请写 1 到 200 个字。"]
    assert [cell.value for cell in sheet[2]][1:3] == ["3", "姓名或名称（姓名）"]

    wrong.write_text("编号,姓名,类型\nIMP-1,韩梅,leader\nIMP-2,李雷,leader\n", encoding="utf-8")
    upload(wrong)
    run("先试运行")
    tried = window.page.locator("#progress").inner_text()
    assert window.page.locator("#said > *").count() == 0
    run("导入")
    done = window.page.locator("#progress").inner_text()

    assert "没有写入任何内容" in tried
    assert "没有写入任何内容" not in done
    window.open("/console/customers?q=IMP-2")
    assert "李雷" in window.page.locator("#rows").inner_text()


def test_what_is_no_table_is_refused_in_words(window, tmp_path):
    window.sign_in("admin")
    window.open("/console/imports")
    file = tmp_path / "说明.csv"
    file.write_bytes(b"\x00\x01\x02")
    window.page.locator("#t-file").set_input_files(file)
    window.page.locator("form:has(#t-file) button[type=submit]:enabled").click()

    told = window.page.locator("#main [role=alert]")
    told.wait_for()
    assert told.inner_text().strip()
