"""What people keep in their tables, tried with every kind of import: taken in exactly, or refused with the place."""

import csv
import datetime as dt
import json
import zipfile

import openpyxl
import pytest
import xlsxwriter

from guibin_tenants.scope import fetch

# Of each kind: its columns, a row, the column of free text, of the record's number and of a day or moment (or none).
KINDS = {
    "customers": (
        {"number": "A1", "name": "王伟", "kind": "leader", "birthday": "1968-05-17"},
        "name",
        "number",
        "birthday",
    ),
    "orders": (
        {
            "customer_number": "007",
            "number": "A1",
            "product": "体育包",
            "price": "12.50",
            "started_on": "2016-01-01",
            "ends_on": "2027-01-01",
        },
        "product",
        "number",
        "started_on",
    ),
    "complaints": (
        {"source_number": "A1", "text": "没有信号", "channel": "phone", "received_at": "2026-03-01T10:00:00+08:00"},
        "text",
        "source_number",
        "",
    ),
    "interactions": (
        {
            "customer_number": "007",
            "channel": "phone",
            "happened_at": "2026-03-01T10:00:00+08:00",
            "content": "走访",
            "source_number": "A1",
        },
        "content",
        "source_number",
        "",
    ),
    "facts": (
        {
            "customer_number": "007",
            "metric": "spending",
            "occurred_on": "2026-02-28",
            "value": "10",
            "source_ref": "A1",
        },
        "label",
        "source_ref",
        "occurred_on",
    ),
}
KEPT = {
    "customers": "select number, name as text, birthday as day from customer where number <> '007' order by 1",
    "orders": "select number, product as text, started_on as day from product_order order by 1",
    "complaints": "select source_number as number, text, null as day from complaint order by 1",
    "interactions": "select source_number as number, content as text, null as day from interaction order by 1",
    "facts": "select source_ref as number, label as text, occurred_on as day from fact order by 1",
}
RARE = "买买提·艾力 𠮷㛃 🀄"


class Table:
    """Rows of one kind, to be written in one way or another."""

    def __init__(self, kind, *changes):
        self.row, self.text, self.number, self.day = KINDS[kind]
        self.columns = [*dict.fromkeys([*self.row, self.text])]
        self.rows = [
            self.row
            | {{"text": self.text, "number": self.number}.get(name, name): value for name, value in change.items()}
            for change in changes or ({},)
        ]

    def lines(self):
        return [self.columns, *([row.get(name, "") for name in self.columns] for row in self.rows)]

    def csv(self, path, encoding="utf-8"):
        with path.open("w", encoding=encoding, newline="") as stream:
            csv.writer(stream).writerows(self.lines())
        return path

    def xlsx(self, path, put=None, **options):
        """Every cell as text, but what `put` writes into the first row's columns."""
        with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, **options}) as book:
            sheet = book.add_worksheet()
            for place, cells in enumerate(self.lines()):
                for column, cell in enumerate(cells):
                    sheet.write_string(place, column, cell)
            if put:
                put(book, sheet, lambda name: self.columns.index(name))
        return path


@pytest.fixture
async def bring(tenant, client, guibin, tmp_path):
    """Import a file; exit code, what was said, and what is kept since. The customer 007 is there."""
    body = {"number": "007", "kind": "leader", "name": "李娜"}
    assert (await client.post("/api/v1/customers", json=body)).status_code == 201

    async def run(kind, file):
        code, out, err = await guibin("import", tenant.slug, kind, file.name, "--json")
        async with tenant.scope():
            kept = [tuple(row.values()) for row in await fetch(KEPT[kind])]
        assert "Traceback" not in err, err
        return code, (json.loads(out) if code == 0 else err), kept

    return run


@pytest.mark.parametrize("kind", KINDS)
async def test_rare_characters_formulas_and_numbers_come_in_as_they_are(bring, tmp_path, kind):
    table = Table(
        kind,
        {"number": "0012", "text": RARE},
        {"number": "110105194912310021", "text": "=1+1"},
        {"number": "３３", "text": "@SUM(A1)"},
    )
    wanted = [("0012", RARE), ("110105194912310021", "=1+1"), ("33", "@SUM(A1)")]

    found = {}
    for name, file in (
        ("utf-8", table.csv(tmp_path / "a.csv")),
        ("utf-8-sig", table.csv(tmp_path / "b.csv", "utf-8-sig")),
        ("gb18030", table.csv(tmp_path / "c.csv", "gb18030")),
        ("xlsx", table.xlsx(tmp_path / "d.xlsx")),
    ):
        code, said, kept = await bring(kind, file)
        found[name] = (code, said, [row[:2] for row in kept])

    # The same rows again and again: every way of writing them is the same to us.
    assert {name: (code, kept) for name, (code, _, kept) in found.items()} == dict.fromkeys(found, (0, wanted)), found


@pytest.mark.parametrize("kind", KINDS)
async def test_gbk_comes_in(bring, tmp_path, kind):
    code, said, kept = await bring(kind, Table(kind, {"text": "简体中文"}).csv(tmp_path / "a.csv", "gbk"))

    assert (code, [row[:2] for row in kept]) == (0, [("A1", "简体中文")]), said


@pytest.mark.parametrize("since_1904", [False, True])
@pytest.mark.parametrize("kind", [kind for kind, (*_, day) in KINDS.items() if day])
async def test_days_of_either_epoch_are_the_same(bring, tmp_path, kind, since_1904):
    def put(book, sheet, column):
        form = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_datetime(1, column(table.day), dt.date(2016, 2, 29), form)

    table = Table(kind)
    code, said, kept = await bring(kind, table.xlsx(tmp_path / "a.xlsx", put, date_1904=since_1904))

    assert (code, [row[2] for row in kept]) == (0, [dt.date(2016, 2, 29)]), said


@pytest.mark.parametrize("kind", KINDS)
async def test_a_computed_cell_counts_with_its_value(bring, tmp_path, kind):
    def put(book, sheet, column):
        sheet.write_formula(1, column(table.text), '=CONCATENATE("a","b")', None, "ab")

    table = Table(kind)
    code, said, kept = await bring(kind, table.xlsx(tmp_path / "a.xlsx", put))

    assert (code, [row[:2] for row in kept]) == (0, [("A1", "ab")]), said


def _bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)


def _corrupt(path):
    whole = Table("customers").xlsx(path).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _no_rows(path):
    openpyxl.Workbook().save(path)


FILES = {
    "not UTF-8.csv": lambda path: path.write_bytes(b"number,name\n\xff\xfe\xff,\xff\n"),
    "empty.csv": lambda path: path.write_bytes(b""),
    "empty.xlsx": lambda path: path.write_bytes(b""),
    "no rows.xlsx": _no_rows,
    "corrupt.xlsx": _corrupt,
    "bomb.xlsx": _bomb,
    "a picture.xlsx": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" * 40),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_that_is_no_table_is_refused_in_a_sentence(bring, tmp_path, kind):
    found = {}
    for name, spoil in FILES.items():
        spoil(tmp_path / name)
        code, said, kept = await bring(kind, tmp_path / name)
        found[name] = (code, f"given: {name}" in said, kept)

    assert found == dict.fromkeys(FILES, (1, True, []))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_bad_row_is_named_and_nothing_comes_in(bring, tmp_path, kind):
    table = Table(kind)
    lost = Table(kind, {}, {"number": "A2"})
    spoilt = {
        "twice.csv": (Table(kind, {}, {"text": "另一个"}).csv(tmp_path / "twice.csv"), "row 3", table.number),
        "long.csv": (
            Table(kind, {}, {"number": "A2", "text": "长" * 3_500_000}).csv(tmp_path / "long.csv"),
            "row 3",
            table.text,
        ),
        "lost.xlsx": (
            lost.xlsx(
                tmp_path / "lost.xlsx",
                lambda _, sheet, column: sheet.write_number(2, column(lost.number), 110105194912310021),
            ),
            "row 3",
            lost.number,
        ),
    }

    found = {}
    for name, (file, row, column) in spoilt.items():
        code, said, kept = await bring(kind, file)
        found[name] = (code, f"{row}, {column}" in said, kept, (tmp_path / f"{name}.errors.xlsx").is_file())
        assert len(said) < 2_000, said[:400]

    assert found == dict.fromkeys(spoilt, (1, True, [], True))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_column_there_is_not_is_named_once_with_those_there_are(bring, tmp_path, kind):
    table = Table(kind, *({"number": f"A{each}", "shoe_size": "43"} for each in range(1, 13)))
    table.columns.append("shoe_size")

    code, said, kept = await bring(kind, table.csv(tmp_path / "a.csv"))

    first, *rest = [line.strip() for line in said.splitlines() if "shoe_size" in line]
    assert (code, rest, kept) == (1, [], []), said
    told, _, columns = first.partition("not one of the columns: ")
    assert told == "row 2, shoe_size: '43': "
    assert set(table.row) <= set(columns.split(", "))
    assert "1 problems in 12 rows" in said
