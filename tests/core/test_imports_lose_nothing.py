"""What an import takes, refuses or leaves: never another customer's, never emptied by an error, never dropped unsaid."""

import datetime as dt
import re
import zipfile

import pytest
from tables import KINDS, Tables, counts, workbook, wrong

from guibin.spreadsheets.importing import BadRows
from guibin.spreadsheets.mapping import Mapping, Moment
from guibin_tenants.refusals import Invalid

PURPOSE = {"purpose": "compare with the workbook", "leaves_to": "nobody", "fields": ["mobile", "address"]}
ORDER = ("customer_number", "number", "product", "price", "started_on", "ends_on")
CONTACT = ("customer_number", "source", "source_number", "channel", "happened_at", "content")
COMPLAINT = ("customer_number", "source", "source_number", "channel", "received_at", "text", "state")
FACT = ("customer_number", "metric", "occurred_on", "value")


@pytest.fixture
async def tables(world, tenant, client, tmp_path):
    for number in ("A1", "B1"):
        archive = {"number": number, "name": "张三", "kind": "leader", "employer": "教育局"}
        archive |= {"confidential": {"mobile": ["13800138000", "13911112222"], "address": "人民路1号"}}
        answer = await client.post("/api/v1/customers", json=archive)
        assert answer.status_code == 201, answer.text
    return Tables(world, tenant, tmp_path)


async def archive(client, number="A1"):
    found = (await client.get("/api/v1/customers")).json()["items"]
    customer = next(one["id"] for one in found if one["number"] == number)
    clear = (await client.post(f"/api/v1/customers/{customer}/disclosures", json=PURPOSE)).json()["values"]
    return (await client.get(f"/api/v1/customers/{customer}")).json() | {"clear": clear}


@pytest.mark.parametrize(
    ("kind", "heading", "row", "column"),
    [
        ("orders", ORDER, ("ORD-7", "体育包", "10", "2026-01-01", "2027-01-01"), "number"),
        ("interactions", CONTACT, ("crm", "7", "phone", "2026-02-01T10:00:00+08:00", "报修"), "source_number"),
        ("complaints", COMPLAINT, ("crm", "7", "phone", "2026-02-01T10:00:00+08:00", "没有信号", ""), "source_number"),
    ],
)
async def test_what_one_customer_has_is_not_taken_over_by_another(tables, kind, heading, row, column):
    assert (await tables.table(kind, heading, ("A1", *row))).created == 1

    with pytest.raises(BadRows) as refused:
        await tables.table(kind, heading, ("B1", *row))
    again = await tables.table(kind, heading, ("A1", *row))

    assert wrong(refused) == [(2, column)]
    assert "already" in refused.value.problems[0].reason
    assert counts(again) == (0, 0, 1, 0)


async def test_a_fact_of_the_same_reference_is_each_customers_own(tables):
    row = ("spending", "2026-02-01", "10")

    done = await tables.table("facts", FACT, ("A1", *row), ("B1", *row))

    assert counts(done) == (2, 0, 0, 0)


@pytest.mark.parametrize(("column", "value"), [("text", "画面也没有了"), ("state", "closed"), ("channel", "web")])
async def test_a_complaint_that_says_something_else_is_not_called_unchanged(tables, column, value):
    row = dict(
        zip(COMPLAINT, ("A1", "crm", "7", "phone", "2026-02-01T10:00:00+08:00", "没有信号", "open"), strict=True)
    )
    await tables.table("complaints", COMPLAINT, tuple(row.values()))

    done = await tables.table("complaints", COMPLAINT, tuple((row | {column: value}).values()))

    assert counts(done) == (0, 0, 0, 1)
    assert [(one.row, one.column, one.value) for one in done.not_taken] == [(2, column, value)]


async def test_a_contact_that_says_something_else_is_not_called_unchanged(tables):
    row = ("A1", "crm", "7", "phone", "2026-02-01T10:00:00+08:00")
    await tables.table("interactions", CONTACT, (*row, "报修"))

    done = await tables.table("interactions", CONTACT, (*row, "投诉"))

    assert (counts(done), [one.column for one in done.not_taken]) == ((0, 0, 0, 1), ["content"])


async def test_a_new_number_beside_a_masked_one_is_taken(tables, client):
    done = await tables.table(
        "customers", ("number", "name", "kind", "mobile"), ("A1", "张三", "leader", "138****8000;13900139000")
    )

    assert counts(done) == (0, 1, 0, 0)
    assert (await archive(client))["clear"]["mobile"] == ["13800138000", "13900139000"]


async def test_a_masked_number_nobody_has_is_refused(tables, client):
    with pytest.raises(BadRows) as refused:
        await tables.table("customers", ("number", "name", "kind", "mobile"), ("A1", "张三", "leader", "137****0000"))

    assert wrong(refused) == [(2, "mobile")]
    assert (await archive(client))["clear"]["mobile"] == ["13800138000", "13911112222"]


@pytest.mark.parametrize("shown", ["#N/A", "#REF!", "#VALUE!"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_an_error_empties_nothing(tables, client, shown, ending):
    with pytest.raises(BadRows) as refused:
        await tables.table(
            "customers", ("number", "name", "kind", "employer"), ("A1", "张三", "leader", shown), ending=ending
        )

    assert wrong(refused) == [(2, "employer")]
    assert (await archive(client))["employer"] == "教育局"


@pytest.mark.parametrize("formula", ["=VLOOKUP(1,A1:B2,2)", "=NA()"])
async def test_a_formula_that_was_never_computed_empties_nothing(tables, tmp_path, client, formula):
    file = workbook(tmp_path / "a.xlsx", ("number", "name", "kind", "employer"), ("A1", "张三", "leader", formula))

    with pytest.raises(BadRows) as refused:
        await tables.brings("customers", file)

    assert wrong(refused) == [(2, "employer")]


def came_to_nothing(file, cell):
    """As Excel writes a formula whose result is an empty text."""
    with zipfile.ZipFile(file) as before:
        parts = {name: before.read(name) for name in before.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = re.sub(rb'<c r="%s"( [^>]*)?>' % cell.encode(), b'<c r="%s" t="str">' % cell.encode(), parts[sheet])
    with zipfile.ZipFile(file, "w") as after:
        for name, content in parts.items():
            after.writestr(name, content)


async def test_a_formula_that_came_to_nothing_leaves_what_is_known_and_says_so(tables, tmp_path, client):
    heading = ("number", "name", "kind", "employer", "position")
    formula = '=IFERROR(VLOOKUP("x",A1:B2,2),"")'
    file = workbook(tmp_path / "a.xlsx", heading, ("A1", "张三", "leader", formula, "主任"))
    came_to_nothing(file, "D2")

    done = await tables.brings("customers", file)
    after = await archive(client)

    assert (after["employer"], after["position"]) == ("教育局", "主任")
    assert [(one.row, one.column) for one in done.not_taken] == [(2, "employer")]


async def test_a_merged_cell_empties_nothing(tables, tmp_path, client):
    rows = (("number", "name", "kind", "employer"), ("A1", "张三", "leader", "水务局"), ("B1", "张三", "leader", None))
    file = workbook(tmp_path / "a.xlsx", *rows, change=lambda sheet, _: sheet.merge_cells("D2:D3"))

    with pytest.raises(BadRows) as refused:
        await tables.brings("customers", file)

    assert (wrong(refused), "D2:D3" in refused.value.problems[0].reason) == ([(3, "employer")], True)


async def test_an_empty_cell_still_empties(tables, client):
    await tables.table("customers", ("number", "name", "kind", "employer"), ("A1", "张三", "leader", ""))

    assert (await archive(client))["employer"] == ""


@pytest.mark.parametrize("day", ["26/3/1", "0026-03-01", "1899-12-31", "9999-12-31", "2200-01-01", "2026-02-30"])
async def test_a_day_nobody_means_is_refused_everywhere(tables, client, day):
    cases = [
        ("customers", ("number", "name", "kind", "birthday"), ("A1", "张三", "leader", day)),
        ("orders", ORDER, ("A1", "D1", "体育包", "10", day, "2199-12-30")),
        ("facts", FACT, ("A1", "spending", day, "10")),
        ("interactions", CONTACT, ("A1", "crm", "7", "phone", f"{day}T10:00:00+08:00", "报修")),
        ("complaints", COMPLAINT, ("A1", "crm", "7", "phone", f"{day}T10:00:00+08:00", "没有信号", "")),
    ]
    assert [kind for kind, _, _ in cases if kind in KINDS] == [kind for kind, _, _ in cases]
    for kind, heading, row in cases:
        with pytest.raises(BadRows) as refused:
            await tables.table(kind, heading, row)
        assert wrong(refused)[0][0] == 2, kind


async def test_a_complaint_from_next_month_is_refused_in_the_words_of_the_api(tables, client):
    row = ("A1", "crm", "7", "phone", "2026-04-01T10:00:00+08:00", "没有信号", "")
    body = {"text": "没有信号", "channel": "phone", "received_at": "2026-04-01T10:00:00+08:00"}

    with pytest.raises(BadRows) as refused:
        await tables.table("complaints", COMPLAINT, row)
    answer = await client.post("/api/v1/complaints", json=body)

    assert [(one.column, one.reason) for one in refused.value.problems] == [
        (error["field"], error["rule"]) for error in answer.json()["errors"]
    ]


@pytest.mark.parametrize("number", ["8.30012E+15", "3月4日", "4-Mar", "2026/3/4"])
async def test_a_number_the_spreadsheet_made_something_else_of_makes_no_customer(tables, client, number):
    with pytest.raises(BadRows) as refused:
        await tables.table("customers", ("number", "name", "kind"), (number, "李四", "leader"))
    answer = await client.post("/api/v1/customers", json={"number": number, "name": "李四", "kind": "leader"})

    assert wrong(refused)[0] == (2, "number")
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, ["number"])


async def test_a_cell_that_was_made_a_date_makes_no_customer(tables, tmp_path):
    file = workbook(tmp_path / "a.xlsx", ("number", "name", "kind"), (dt.date(2026, 3, 4), "李四", "leader"))

    with pytest.raises(BadRows) as refused:
        await tables.brings("customers", file)

    assert wrong(refused) == [(2, "number")]


@pytest.mark.parametrize("typed", ["000123", '="000123"', "'000123", "\u200b000123\u202c", "０００１２３"])
async def test_a_number_is_the_same_customer_however_it_is_written(tables, client, tmp_path, typed):
    await client.post("/api/v1/customers", json={"number": "000123", "name": "李四", "kind": "leader"})
    file = tmp_path / "a.csv"
    quoted = typed.replace('"', '""')
    file.write_bytes(f'number,name,kind\n"{quoted}",李四,leader\n'.encode())

    done = await tables.brings("customers", file)
    again = await client.post("/api/v1/customers", json={"number": typed, "name": "李四", "kind": "leader"})

    assert (counts(done), again.status_code) == ((0, 0, 1, 0), 409)


async def test_a_number_shown_with_leading_zeros_keeps_them(tables, client, tmp_path):
    await client.post("/api/v1/customers", json={"number": "000123", "name": "李四", "kind": "leader"})

    def padded(sheet, _):
        sheet["A2"].number_format = "000000"

    done = await tables.brings(
        "customers", workbook(tmp_path / "a.xlsx", ("number", "name", "kind"), (123, "李四", "leader"), change=padded)
    )

    assert counts(done) == (0, 0, 1, 0)


@pytest.mark.parametrize("kind", ["customers", "facts", "orders", "interactions", "complaints"])
async def test_a_column_nobody_knows_is_not_dropped(tables, kind):
    heading, row = {
        "customers": (("number", "name", "kind"), ("A1", "张三", "leader")),
        "facts": (FACT, ("A1", "spending", "2026-02-01", "10")),
        "orders": (ORDER, ("A1", "D1", "体育包", "10", "2026-01-01", "2027-01-01")),
        "interactions": (CONTACT, ("A1", "crm", "7", "phone", "2026-02-01T10:00:00+08:00", "报修")),
        "complaints": (COMPLAINT, ("A1", "crm", "7", "phone", "2026-02-01T10:00:00+08:00", "没有信号", "")),
    }[kind]

    with pytest.raises(BadRows) as refused:
        await tables.table(kind, (*heading, "remark"), (*row, "urgent"))

    assert wrong(refused) == [(2, "remark")]


async def test_a_second_sheet_is_named_or_refused(tables, tmp_path):
    def second(_, book):
        book.create_sheet("二月").append(("number",))

    file = workbook(tmp_path / "a.xlsx", ("number", "name", "kind"), ("C1", "李四", "leader"), change=second)

    with pytest.raises(Invalid) as refused:
        await tables.brings("customers", file)
    done = await tables.brings("customers", file, Mapping(sheet="Sheet"))

    assert ("二月" in refused.value.fields[0].fix, done.created) == (True, 1)


async def test_hidden_rows_and_columns_are_refused_until_somebody_says_what_to_do(tables, tmp_path):
    lines = (("number", "name", "kind", "employer"), ("C1", "李四", "leader", "x"), ("C2", "王五", "leader", "y"))

    def hide(sheet, _):
        sheet.row_dimensions[3].hidden = True

    def hide_column(sheet, _):
        sheet.column_dimensions["D"].hidden = True

    row, column = (workbook(tmp_path / f"{n}.xlsx", *lines, change=one) for n, one in enumerate((hide, hide_column)))

    with pytest.raises(BadRows) as refused:
        await tables.brings("customers", row)
    with pytest.raises(Invalid) as unseen:
        await tables.brings("customers", column)
    skipped = await tables.brings("customers", row, Mapping(hidden="skip"))
    read = await tables.brings("customers", row, Mapping(hidden="read"))

    assert ([one.row for one in refused.value.problems], unseen.value.fields[0].value) == ([3], "employer")
    assert (counts(skipped), counts(read)) == ((1, 0, 0, 0), (1, 0, 1, 0))


async def test_one_format_reads_every_moment_of_a_column(tables, tmp_path):
    moments = [
        dt.datetime.fromisoformat(one)
        for one in ("2026-02-01 00:00:00", "2026-02-01 14:05:00", "2026-02-01 14:05:00.499999")
    ]
    lines = [("A1", "crm", str(n), "phone", moment, "没有信号") for n, moment in enumerate(moments)]
    heading = ("customer_number", "source", "source_number", "channel", "when", "text")
    file = workbook(tmp_path / "a.xlsx", heading, *lines)
    columns = {name: name for name in heading if name != "when"}
    when = Mapping(columns=columns, moments={"received_at": Moment(date="when", date_format="%Y-%m-%d %H:%M:%S")})

    done = await tables.brings("complaints", file, when)

    assert done.created == 3


async def test_an_order_keeps_its_currency(tables):
    heading = (*ORDER, "currency")
    row = ("A1", "D1", "体育包", "1000", "2026-01-01", "2027-01-01")
    await tables.table("orders", heading, (*row, "JPY"))

    assert counts(await tables.table("orders", ORDER, row)) == (0, 0, 1, 0)
    assert counts(await tables.table("orders", heading, (*row, "CNY"))) == (0, 1, 0, 0)
