"""A company's own words that would be more than words: formulas in cells and charts, names no sheet has, second lines in heads."""

import csv
import email
import email.policy
import io
import re
from datetime import UTC, datetime
from xml.etree import ElementTree
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mailbox_server import mail_server
from running import work_off

from guibin.cases import Case
from guibin.gateways.lines import one_line
from guibin.gateways.providers import Parcel
from guibin.gateways.smtp import SmtpSettings, letter
from guibin.notices.actions import Notice, notify
from guibin.outbound.targets import Rules, use_rules
from guibin.spreadsheets.texts import CELL_CHARS_MAX, cell_text, chart_text, sheet_name
from guibin.spreadsheets.writing import write
from guibin_tenants.tables import new_id

# Only in charts.
REFERENCES = ("Sheet1!$A$1", "A!B1")
FORMULAS = (
    "=1+1",
    "=Sheet1!$A$1",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
)
NAMES = (
    "a/b",
    "[x]:*?\\",
    "'quoted'",
    "等级" * 40,
    "😀" * 31,
    "",
    "  ",
    "History",
    "a\x00b",
    "=1+1",
    "a\u2028b",
    "x" * 32,
)
BREAKS = ("\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
AT = datetime(2026, 3, 2, tzinfo=UTC)
words = st.text(max_size=60) | st.sampled_from(FORMULAS + REFERENCES + NAMES)


def parts(content):
    """Every XML part of a workbook; each is well-formed, or Excel calls the file damaged."""
    with ZipFile(io.BytesIO(content)) as archive:
        return {
            name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist() if name.endswith(".xml")
        }


def formulas(content):
    """Whatever a program would compute: in cells, and in the titles and names of charts."""
    found = []
    for name, root in parts(content).items():
        for element in root.iter():
            tag = element.tag.rpartition("}")[2]
            if tag == "f" and (name.startswith("xl/worksheets/")):
                found.append(element.text)
            if tag == "tx":
                found += [inner.text for inner in element.iter() if inner.tag.endswith("}f")]
    return found


async def set_words(client, **texts):
    body = {"overrides": {"texts": {key: {"zh": word, "en": word} for key, word in texts.items()}}, "note": "words"}
    answer = await client.post("/api/v1/policy/versions", json=body)
    assert answer.status_code == 201, answer.text


KEYS = (
    "report.complaints",
    "insight.comparison",
    "insight.figures",
    "insight.groups",
    "insight.definitions",
    "insight.figure",
    "insight.before",
)


@pytest.mark.parametrize("word", FORMULAS + REFERENCES + NAMES)
async def test_a_workbook_comes_whatever_the_company_calls_its_parts(client, word):
    if "\x00" in word:
        pytest.skip("PostgreSQL stores no such text")
    await client.post("/api/v1/complaints", json={"text": "没有信号", "channel": "phone"})
    await set_words(client, **dict.fromkeys(KEYS, word))

    reports = [f"/api/v1/reports/{kind}/workbook" for kind in ("complaints", "retention", "service", "tiers")]
    compared = "/api/v1/reports/complaints/comparison/workbook"
    for path in ("/api/v1/statistics/workbook", compared, *reports):
        answer = await client.get(path, params={"period": "2026-03"})
        assert answer.status_code == 200, answer.text
        assert formulas(answer.content) == []
        names = openpyxl.load_workbook(io.BytesIO(answer.content)).sheetnames
        assert len({name.lower() for name in names}) == len(names)


@given(st.lists(words, min_size=1, max_size=8))
def test_any_words_make_names_of_sheets(wanted):
    taken = []
    for word in wanted:
        name = sheet_name(word, taken)
        assert 1 <= len(name.encode("utf-16-le")) // 2 <= 31
        assert re.search(r"[\[\]:*?/\\\x00-\x1f]", name) is None
        assert name[0] != "'" != name[-1]
        assert name.lower() not in {other.lower() for other in taken} | {"history"}
        taken.append(name)


@given(words)
def test_a_charts_text_is_never_a_reference_and_a_cells_is_whole(word):
    assert not chart_text(word).startswith("=")
    assert re.match(r"^=?[^!]+!\$?[A-Z]+\$?\d+", chart_text(word)) is None
    assert len(chart_text(word)) <= 256
    if word.isprintable():
        assert cell_text(word) == word


def test_a_cell_holds_as_much_as_excel_takes():
    assert len(cell_text("长" * 40_000)) == CELL_CHARS_MAX
    assert cell_text("a\x00b\ud800c\tx") == "abc\tx"


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_no_cell_and_no_heading_of_a_table_is_computed(tmp_path, ending):
    file = tmp_path / f"out.{ending}"

    write(file, FORMULAS, [FORMULAS], sheet="a/b")

    if ending == "xlsx":
        assert formulas(file.read_bytes()) == []
        (sheet,) = openpyxl.load_workbook(file).worksheets
        assert [cell.data_type for row in sheet.iter_rows() for cell in row] == ["s"] * 2 * len(FORMULAS)
    else:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            cells = [cell for row in csv.reader(stream) for cell in row]
        assert [cell[0] for cell in cells] == ["'"] * 2 * len(FORMULAS)


@given(title=words, text=st.text(max_size=200), name=st.text(max_size=40))
def test_whatever_a_mail_says_it_has_the_heads_we_gave_it(title, text, name):
    settings = SmtpSettings(host="mail.example.com", sender="vip@example.com", sender_name=name)
    content = letter(settings, Parcel(new_id(), "a@example.com", title, text.replace("\x00", ""), AT)).as_bytes()

    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert [key.lower() for key in mail] == [
        "from",
        "to",
        "subject",
        "message-id",
        "auto-submitted",
        "content-type",
        "content-transfer-encoding",
        "mime-version",
    ]
    assert mail["To"] == "a@example.com"


@pytest.mark.parametrize("separator", BREAKS)
def test_a_line_is_one_line(separator):
    assert one_line(f"问候{separator}Bcc: x@y.com") == "问候 Bcc: x@y.com"
    assert len(one_line(f"a{separator}b").splitlines()) == 1


@pytest.mark.parametrize("separator", BREAKS)
async def test_a_subject_of_two_lines_is_sent_as_one(tenant, client, separator):
    await set_words(client, **{"message.staff_notice.subject": f"通知{separator}Bcc: x@example.com"})
    async with mail_server() as mailbox:
        use_rules(Rules([f"127.0.0.1:{mailbox.port}"]))
        body = {"name": "mail", "means": "email", "provider": "smtp", "settings": mailbox.settings}
        assert (await client.post("/api/v1/channels", json=body)).status_code == 201
        person = await tenant.staff("one", "manager")
        await person.put(f"/api/v1/staff-addresses/{person.staff_id}", json={"email": "one@example.com"})
        async with tenant.scope():
            notice = Notice(
                "deadline_warned", Case("x", new_id()), staff_ids=(person.staff_id,), details={"number": "C1"}
            )
            await notify(notice, key="k", now=tenant.world.clock())
        done = await work_off(tenant)
        use_rules(Rules())

    assert set(done) == {"completed"}
    (mail,) = mailbox.mails
    assert (mail["Subject"], mail["Bcc"]) == ("通知 Bcc: x@example.com", None)
