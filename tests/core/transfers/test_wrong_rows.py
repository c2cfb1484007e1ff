"""A wrong file of every kind: what is wrong with its cells is told in the reader's language."""

import base64
import html
import io
import re

import pytest
from acting import COMPANY
from openpyxl import load_workbook
from running import work_off

from guibin.packs import Packs
from guibin.policies.queries import merged
from guibin.policy.packs import Overrides
from guibin.transfers.wording import Wording

PATH = "/console/imports"
LONG = "长" * 300
FILES = {
    "customers": [
        [
            "number",
            "name",
            "kind",
            "sex",
            "birthday",
            "birthday_calendar",
            "birthday_leap_month",
            "mobile",
            "org_unit",
            "account_manager",
            "employer",
            "network",
            "identity_number",
        ],
        [
            "K1",
            "张三",
            "group",
            "male",
            "1980-05-17",
            "solar",
            "",
            "138",
            "nowhere",
            "nobody",
            LONG,
            "wireless",
            "110105",
        ],
        ["K1", "", "", "other", "80-5-17", "lunar", "yes", "13800138000", "head-office", "", "", "", ""],
        [
            "K2",
            "李四",
            "person",
            "male",
            "二月三十",
            "solar",
            "",
            "139****0000",
            "",
            "",
            "",
            "two_way",
            "110105197201010010",
        ],
        ["K3", "王五", "leader", "female", "1700-01-01", "", "yes", "13800138000,abc", "", "", "", "", ""],
        ["K4", "赵六", "leader", "female", "2090-01-01", "", "", "", "", "", "", "", ""],
        ["K 5\u200b", "赵\u0007六", "leader", "female", "12345", "", "", "", "", "", "", "", ""],
    ],
    "facts": [
        ["customer_number", "metric", "occurred_on", "value", "source", "source_ref"],
        ["NOBODY", "height", "never", "much", "s" * 90, "r" * 200],
        ["OPEN", "spending", "2126-01-01", "1.234", "", "a"],
        ["OPEN", "terminals", "1700-01-01", "3.5", "", "b"],
        ["OPEN", "terminals", "2026-01-01", "99999999999999999999999", "", "c"],
        ["OPEN", "terminals", "2026-01-01", "5", "", "d"],
        ["OPEN", "terminals", "2026-01-01", "6", "", "d"],
        ["OPEN", "departed", "2026-01-01", "7", "", "e"],
    ],
    "interactions": [
        [
            "customer_number",
            "channel",
            "direction",
            "outcome",
            "happened_at",
            "duration_minutes",
            "number",
            "content",
            "need",
            "wants",
            "handling",
            "handling_state",
            "staff",
            "source",
            "source_number",
            "place",
        ],
        [
            "NOBODY",
            "smoke",
            "around",
            "lost",
            "soon",
            "long",
            "12",
            LONG * 40,
            "",
            "all",
            "",
            "maybe",
            "nobody",
            "s" * 60,
            "n" * 90,
            LONG,
        ],
        ["OPEN", "phone", "out", "reached", "2126-01-01T10:00:00+08:00", "-3", "", "", "", "", "", "", "", "", "", ""],
        [
            "OPEN",
            "phone",
            "in",
            "reached",
            "2026-01-01T10:00:00+08:00",
            "999999",
            "",
            "问价",
            "",
            "",
            "已答复",
            "done",
            "",
            "x",
            "1",
            "",
        ],
        [
            "OPEN",
            "phone",
            "in",
            "reached",
            "2026-01-01T10:00:00+08:00",
            "",
            "",
            "问价",
            "",
            "",
            "",
            "",
            "",
            "x",
            "2",
            "",
        ],
        [
            "OPEN",
            "phone",
            "in",
            "reached",
            "2026-01-01T10:00:00+08:00",
            "",
            "",
            "问价",
            "",
            "",
            "",
            "",
            "",
            "x",
            "2",
            "",
        ],
    ],
    "complaints": [
        [
            "source_number",
            "text",
            "channel",
            "kind",
            "level",
            "received_at",
            "customer_number",
            "customer_kind",
            "state",
            "on_behalf",
        ],
        ["", "", "smoke", "praise", "9", "soon", "NOBODY", "ghost", "half", "perhaps"],
        ["T2", LONG * 100, "phone", "complaint", "1", "2126-01-01T10:00:00+08:00", "", "", "open", "yes"],
        ["T2", "没有信号", "phone", "complaint", "1", "2020-01-01T10:00:00+08:00", "", "", "open", "no"],
        ["n" * 90, "没有信号", "", "complaint", "1", "", "", "", "open", "no"],
    ],
    "relatives": [
        ["customer_number", "relation", "name", "phone", "birthday", "calendar", "leap_month", "note", "removed"],
        ["NOBODY", "butler", LONG, "12", "soon", "moon", "maybe", LONG * 10, "perhaps"],
    ],
    "occasions": [
        ["customer_number", "name", "happened_on", "calendar", "leap_month", "removed"],
        ["NOBODY", LONG, "soon", "moon", "maybe", "perhaps"],
    ],
    "links": [
        ["customer_number", "of_customer_number", "role", "ended_on", "removed"],
        ["OPEN", "NOBODY", "butler", "soon", "perhaps"],
    ],
    "materials": [
        ["customer_number", "material", "quantity", "occasion", "note", "given_on"],
        ["NOBODY", "sauna", "many", "party", LONG * 10, "soon"],
        ["OPEN", "", "0", "", "", ""],
        ["OPEN", "sauna", "1", "visit", "", "2026-01-01"],
        ["OPEN", "sauna", "1", "visit", "", "2026-01-01"],
    ],
    "merchants": [
        ["code", "name", "since_on", "until_on"],
        ["NOT A CODE", LONG, "soon", "never"],
        ["", "", "", ""],
        ["yang", "阳光超市", "2026-02-01", ""],
        ["yang", "阳光超市", "2026-02-01", ""],
    ],
    "shifts": [
        ["unit", "duty", "staff", "from_at", "until_at", "call_order"],
        ["nowhere", "sauna", "nobody", "soon", "1700-01-01 08:00", "ten"],
        ["head-office", "on_call", "admin", "", "2026-03-06 18:00", "1"],
    ],
    "offers": [
        ["title", "text", "topic", "quantity", "per_customer", "price", "currency", "opens_at", "closes_at"],
        [LONG, LONG * 20, LONG, "many", "0", "cheap", "YUAN", "soon", ""],
        ["", "", "", "", "1.5", "1.234", "CNY", "1700-01-01 10:00", "2126-01-01"],
        ["首映", "", "", "5", "", "1", "", "2126-01-01 10:00", "2126-01-02 10:00"],
        ["首映", "", "", "5", "", "1", "", "2126-01-01 10:00", "2126-01-02 10:00"],
    ],
    "offers refused": [
        ["title", "topic", "quantity", "price", "currency", "opens_at", "closes_at"],
        ["机顶盒", "sauna", "5", "-1", "yen", "2020-01-01 10:00", "2020-01-02 10:00"],
    ],
    "qualifications": [
        ["staff", "qualification", "obtained_on", "valid_until", "certificate", "note"],
        ["nobody", LONG, "soon", "never", LONG, LONG * 10],
        ["admin", "", "", "", "", ""],
    ],
    "qualifications refused": [
        ["staff", "qualification", "obtained_on", "valid_until"],
        ["clerk", "sauna", "2126-01-01", "2026-01-01"],
    ],
    "orders": [
        ["customer_number", "number", "product", "price", "currency", "started_on", "ends_on"],
        ["NOBODY", "n" * 80, "p" * 300, "cheap", "YUAN", "never", "2026-13-01"],
        ["OPEN", "", "", "", "", "", ""],
        ["OPEN", "D1", "套餐", "1.234", "CNY", "2026-05-01", "2026-04-01"],
        ["OPEN", "D1", "套餐", "-5", "CNY", "2026-05-01", "2027-04-01"],
        ["OPEN", "D2", "套餐", "5", "CNY", "1700-05-01", "2027-04-01"],
    ],
}
# So many cells of each are wrong.
FAULTS = {
    "customers": 14,
    "facts": 11,
    "interactions": 16,
    "complaints": 12,
    "orders": 12,
    "relatives": 4,
    "occasions": 4,
    "links": 3,
    "materials": 8,
    "merchants": 4,
    "shifts": 7,
    "offers": 13,
    "offers refused": 4,
    "qualifications": 9,
    "qualifications refused": 3,
}
# Values that stand in a reason are the file's or the policy's own, not words of a sentence.
SHOWN = re.compile(
    r"“[^”]*”|open 或 closed|(?:可选|可用的列|其中之一)：.*|`[^`]*`|[a-z]+(?:_[a-z]+)+|\b(?:CNY|MiB|xlsx|csv|RFC)\b"
)


@pytest.fixture
async def admin(tenant):
    await tenant.staff("clerk", "agent")
    client = await tenant.staff("admin", "tenant_admin")
    body = {"number": "OPEN", "kind": "leader", "name": "王伟"}
    assert (await client.post("/api/v1/customers", json=body)).status_code == 201
    return client


async def _place(tenant, admin, kind):
    content = "\r\n".join(",".join(f'"{cell}"' for cell in line) for line in FILES[kind]).encode()
    sent = {"kind": kind.partition(" ")[0], "file_name": f"{kind}.csv", "content": base64.b64encode(content).decode()}
    taken = await admin.post(PATH, data=sent, headers={"HX-Request-Type": "partial"})
    assert taken.status_code == 200, taken.text
    place = re.search(rf"{PATH}/[0-9a-f-]+", taken.headers["HX-Trigger"])[0]
    page = await admin.get(place)
    fields = {
        name: column
        for name, column in zip(FILES[kind][0], FILES[kind][0], strict=True)
        if f'name="field.{name}"' in page.text
    }
    run = await admin.post(
        f"{place}/runs",
        data={f"field.{name}": column for name, column in fields.items()} | {"how": "try"},
        headers={"HX-Request-Type": "partial"},
    )
    assert run.status_code == 200, run.text
    await work_off(tenant, kind="run_transfer")
    return place


async def _said(admin, place, language):
    shown = (await admin.get(place, headers={"Accept-Language": language})).text
    table = shown.partition('id="wrong"')[2].partition("</table>")[0]
    return [html.unescape(each) for each in re.findall(r'<td><span class="t13">(.*?)</span></td></tr>', table)]


@pytest.mark.parametrize("kind", sorted(FILES))
async def test_what_is_wrong_with_a_file_is_told_in_chinese(tenant, admin, kind):
    reasons = await _said(admin, await _place(tenant, admin, kind), "zh-CN")

    left = sorted({each for each in reasons if re.search(r"[A-Za-z]{3,}", SHOWN.sub("", each))})
    assert reasons
    assert left == [], "\n".join(left)


@pytest.mark.parametrize("kind", sorted(FILES))
async def test_the_workbook_of_refused_rows_says_the_same_as_the_page(tenant, admin, kind):
    place = await _place(tenant, admin, kind)

    file = await admin.get(f"{place}/file", headers={"Accept-Language": "zh-CN"})

    (heading, *lines) = [[cell.value or "" for cell in line] for line in load_workbook(io.BytesIO(file.content)).active]
    assert heading == ["工作表", "行", "列", "填的内容", "原因"]
    assert len(lines) >= FAULTS[kind]
    alike = dict.fromkeys((line[2], line[4]) for line in lines)
    assert [reason for _, reason in alike][:20] == await _said(admin, place, "zh-CN")


CHOICES = {
    ("customers", "network"): (
        "请填其中之一：已双向改造（two_way）、未双向改造（one_way）、非本公司网络（off_network）",
        "One of: Two-way network (two_way), Not yet two-way (one_way), Not on our network (off_network)",
    ),
    ("interactions", "wants"): (
        "请从列出的选项里选，可选：帮助、维修（help）、入会（membership）、产品或服务（product）",
        "Choose one of those listed; one of: Help, a repair (help), membership, A product or service (product)",
    ),
    ("facts", "metric"): (
        "请填其中之一：离开（departed）、消费（spending）、合作月数（tenure）、在网终端数（terminals）",
        "One of: Left (departed), spending, Months with us (tenure), Terminals on the network (terminals)",
    ),
}


@pytest.mark.parametrize(("kind", "column"), CHOICES)
async def test_what_may_stand_in_a_cell_is_said_in_words(tenant, admin, kind, column):
    place = await _place(tenant, admin, kind)

    chinese, english = [await _said(admin, place, language) for language in ("zh-CN", "en")]

    assert CHOICES[kind, column][0] in chinese
    assert CHOICES[kind, column][1] in english


def test_what_was_probably_meant_is_said_by_its_name():
    policy = merged(Packs({}), COMPANY, Overrides(), version=0)
    reason = "a field of what is imported: did you mean birthday? the fields are age, birthday, name"

    said = {
        language: Wording(kind="customers", policy=policy, language=language).reason("mapping.columns", reason)
        for language in ("zh-CN", "en")
    }

    assert said == {
        "zh-CN": "要导入的内容里没有这个字段。是不是要写“生日（birthday）”？",
        "en": "There is no such field in what is imported. Did you mean birthday?",
    }
