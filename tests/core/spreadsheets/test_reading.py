"""Tables as people keep them: numbers, dates, encodings, damage."""

import datetime as dt
import zipfile

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from guibin.spreadsheets.mapping import Mapping, Moment, Values, load
from guibin.spreadsheets.reading import Fields, rows
from guibin.spreadsheets.writing import harmless, write
from guibin_tenants.refusals import Invalid

PLAIN = Mapping()


def one_cell(path, put, **options):
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet("客户")
        sheet.write_string(0, 0, "value")
        put(book, sheet)
    return list(rows(path, PLAIN))


def text(path, body, encoding="utf-8"):
    path.write_bytes(body.encode(encoding))
    return path


def values(file, mapping=PLAIN):
    return [row.fields for row in rows(file, mapping)]


@pytest.mark.parametrize(
    ("number", "kept"),
    [(13800138000, "13800138000"), (0, "0"), (-5, "-5"), (0.1, "0.1"), (100000000000000, "100000000000000")],
)
def test_numbers_stay_as_typed(tmp_path, number, kept):
    row = one_cell(tmp_path / "a.xlsx", lambda _, sheet: sheet.write_number(1, 0, number))[0]

    assert (row.fields["value"], row.problems) == (kept, ())


@pytest.mark.rule("S07-26")
def test_an_identity_number_kept_as_a_number_is_reported_not_guessed(tmp_path):
    row = one_cell(tmp_path / "a.xlsx", lambda _, sheet: sheet.write_number(1, 0, 110105194912310021))[0]

    assert [(one.sheet, one.row, one.column) for one in row.problems] == [("客户", 2, "value")]
    assert "format the column as text" in row.problems[0].reason


@pytest.mark.parametrize("since_1904", [False, True])
def test_dates_are_the_same_in_both_epochs(tmp_path, since_1904):
    def put(book, sheet):
        sheet.write_datetime(1, 0, dt.date(1968, 5, 17), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_datetime(
            2, 0, dt.datetime.fromisoformat("2026-03-02 14:05"), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        )

    found = one_cell(tmp_path / "a.xlsx", put, date_1904=since_1904)

    assert [row.fields["value"] for row in found] == ["1968-05-17", "2026-03-02 14:05:00"]


def test_rows_are_numbered_as_the_spreadsheet_numbers_them(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_string(3, 0, "name")
        sheet.write_string(6, 0, "张三")

    assert [row.number for row in rows(tmp_path / "a.xlsx", PLAIN)] == [7]


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        ("name,city\n𠮷野家,成都\n", "utf-8"),
        ("name,city\n𠮷野家,成都\n", "utf-8-sig"),
        ("name,city\n𠮷野家,成都\n", "gb18030"),
        ("name;city\r\n𠮷野家;成都\r\n", "utf-8"),
        ("name\tcity\n𠮷野家\t成都", "utf-8"),
        ('name,city\n"𠮷野家","成都"\n\n\n', "utf-8"),
    ],
)
def test_csv_of_every_kind(tmp_path, body, encoding):
    assert values(text(tmp_path / "a.csv", body, encoding)) == [{"name": "𠮷野家", "city": "成都"}]


def test_full_width_digits_become_ordinary_ones(tmp_path):
    assert values(text(tmp_path / "a.csv", "mobile\n１３８００１３８０００\n")) == [{"mobile": "13800138000"}]


def test_a_cell_beyond_the_heading_and_a_cell_of_a_book_are_reported(tmp_path):
    file = text(tmp_path / "a.csv", f"name\n张三,stray\n{'长' * 10_001}\n")

    assert [one.problems[0].row for one in rows(file, PLAIN)] == [2, 3]


@pytest.mark.parametrize("given_name", ["name,name\n1,2\n", "name,,name\n1,2,3\n"])
def test_a_heading_twice_is_refused(tmp_path, given_name):
    with pytest.raises(Invalid) as refused:
        values(text(tmp_path / "a.csv", given_name))

    assert [(one.field, one.value) for one in refused.value.fields] == [("heading", "name")]


def damaged(path):
    good = path.with_name("good.xlsx")
    write(good, ("name",), [("张三",)])
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w") as target:
        for entry in source.namelist():
            content = source.read(entry)
            target.writestr(entry, content[: len(content) // 2] if "sheet1" in entry else content)


def truncated(path):
    write(path, ("name",), [("张三",)])
    path.write_bytes(path.read_bytes()[:-200])


def no_sheets(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)


def two_bytes(path):
    path.write_bytes(b"PK")


@pytest.mark.parametrize("spoil", [damaged, truncated, no_sheets, bomb, two_bytes])
def test_a_spoilt_workbook_is_refused_in_a_sentence(tmp_path, spoil):
    file = tmp_path / "a.xlsx"
    spoil(file)

    with pytest.raises(Invalid) as refused:
        values(file)

    assert [one.field for one in refused.value.fields] == ["file"]


@pytest.mark.parametrize("body", [b"\x00\x01\x02\xff\xfe\xff", b"name\n\xff\xff\n", b"", b"\n\n\n"])
def test_bytes_that_are_no_table_are_refused(tmp_path, body):
    file = tmp_path / "a.csv"
    file.write_bytes(body)

    with pytest.raises(Invalid):
        values(file)


def test_date_and_twelve_hour_time_become_one_moment_in_the_mappings_zone(tmp_path):
    mapping = Mapping(
        moments={"received_at": Moment("Date", "%d-%m-%Y", "Time", "%I:%M:%S %p")}, time_zone="America/New_York"
    )
    file = text(tmp_path / "a.csv", "Date,Time\n22-04-2015,3:53:50 PM\n30-02-2015,3:53:50 PM\n")

    good, bad = rows(file, mapping)

    assert good.fields == {"received_at": "2015-04-22T19:53:50+00:00"}
    assert [(one.row, one.column, one.value) for one in bad.problems] == [(3, "Date", "30-02-2015 3:53:50 PM")]


def test_values_are_translated_or_reported(tmp_path):
    mapping = Mapping(values={"channel": Values("via", {"Internet": "web"}), "state": Values("st", {}, "open")})
    file = text(tmp_path / "a.csv", "via,st\nInternet,x\nPigeon,y\n")

    good, bad = rows(file, mapping)

    assert good.fields == {"channel": "web", "state": "open"}
    assert [(one.column, one.value) for one in bad.problems] == [("via", "Pigeon")]


def test_a_template_does_not_fill_what_a_cell_says(tmp_path):
    file = tmp_path / "m.toml"
    file.write_text('[templates.number]\ntext = "{a}-{b}"\n')

    assert values(text(tmp_path / "a.csv", "a,b\n{b},2\n"), load(file)) == [{"number": "{b}-2"}]


@pytest.mark.parametrize(
    "body", ["[columns", "[colums]\na = 'b'\n", "time_zone = 'Mars/Olympus'\n", "[columns]\nname = 7\n"]
)
def test_a_wrong_mapping_is_refused(tmp_path, body):
    file = tmp_path / "m.toml"
    file.write_text(body)

    with pytest.raises(Invalid) as refused:
        load(file)

    assert refused.value.fields[0].field.startswith("mapping")


@pytest.mark.rule("S07-26")
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("cell", ["=1+1", "+8613800138000", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "0138", "'quoted"])
def test_what_is_written_is_read_again_and_never_computed(tmp_path, ending, cell):
    file = tmp_path / f"a.{ending}"
    write(file, ("value",), [(cell,)])

    assert values(file) == [{"value": cell}]
    if ending == "xlsx":
        assert openpyxl.load_workbook(file).active["A2"].data_type == "s"
    else:
        assert not file.read_text("utf-8-sig").splitlines()[1].strip('"').startswith(("=", "+", "-", "@"))


@given(st.text())
def test_no_text_begins_a_formula(cell):
    assert not harmless(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_file_of_fixed_width_needs_no_heading(tmp_path):
    file = tmp_path / "till.txt"
    file.write_text(" 00004 19970101   29.33\n\n 00021 19970102    0.00 x\n 7\n", encoding="utf-8")
    mapping = Mapping(
        columns={"number": "customer", "value": "amount"},
        fixed_width={"customer": (2, 6), "day": (8, 15), "amount": (16, 23)},
    )

    found = list(rows(file, mapping))

    assert [(row.number, row.fields) for row in found] == [
        (1, {"number": "00004", "value": "29.33"}),
        (3, {"number": "00021", "value": "0.00"}),
        (4, {"number": "7", "value": ""}),
    ]
    assert [problem.reason for row in found for problem in row.problems] == ["a cell beyond the last heading"]


def test_a_column_of_fixed_width_that_ends_before_it_begins_is_refused(tmp_path):
    file = tmp_path / "map.toml"
    file.write_text("[fixed_width]\ncustomer = [6, 2]\n", encoding="utf-8")

    with pytest.raises(Invalid) as refused:
        load(file)

    assert [field.field for field in refused.value.fields] == ["mapping.fixed_width.customer"]


@pytest.mark.parametrize("body", ["x,y\n", "x,y\n1,2\n"])
def test_a_table_without_one_known_column_is_refused_once(tmp_path, body):
    file = text(tmp_path / "wrong.csv", body)

    with pytest.raises(Invalid) as refused:
        list(rows(file, PLAIN, Fields(known=frozenset({"number", "name"}))))

    (field,) = refused.value.fields
    assert (field.rule, field.value) == ("a heading row with one of the columns: name, number", "wrong.csv")


def test_a_table_of_known_columns_may_have_no_row(tmp_path):
    assert list(rows(text(tmp_path / "none.csv", "number,x\n"), PLAIN, Fields(known=frozenset({"number"})))) == []


def test_a_column_that_is_none_of_ours_is_named_once_where_it_first_says_something(tmp_path):
    file = text(tmp_path / "some.csv", "number,x,y,z\n1,,7,\n2,5,8,\n3,6,,\n")

    found = list(rows(file, PLAIN, Fields(known=frozenset({"number", "name"}))))

    rule = "not one of the columns: name, number"
    assert [[(one.row, one.column, one.value, one.reason) for one in row.problems] for row in found] == [
        [(2, "y", "7", rule)],
        [(3, "x", "5", rule)],
        [],
    ]


def test_the_first_row_says_which_fields_a_file_fills(tmp_path):
    file = text(tmp_path / "a.csv", "number,day\n\n1,x\n2,x\n")
    mapped = Mapping(columns={"name": "number"}, moments={"at": Moment(date="day")}, constants={"kind": "a"})

    assert [row.filled for row in rows(file, PLAIN)] == [{"number", "day"}, None]
    assert [row.filled for row in rows(file, mapped)] == [{"name", "at", "kind"}, None]
