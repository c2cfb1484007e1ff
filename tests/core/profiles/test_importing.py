"""S07-26: the Excel archive comes in whole or not at all, and goes out as it came."""

import csv
import zipfile

import openpyxl
import pytest
from acting import acting

from guibin.cases.requests import NewDisclosure
from guibin.policies.queries import effective_policy
from guibin.profiles.importing import export_customers, import_customers, import_orders
from guibin.spreadsheets.importing import BadRows
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.writing import write_problems
from guibin_tenants.refusals import Invalid
from guibin_tenants.scope import fetch, fetch_value

YEARLY = NewDisclosure(purpose="yearly check", leaves_to="nobody")

HEADING = ("number", "name", "kind", "birthday", "mobile", "smart_card_number", "network")
ROWS = [
    ("DK1", "张三", "leader", "1968-05-17", "013800138000", "800100001234567890", "two_way"),
    ("DK2", "=1+1", "partner", "1970/1/2", "13911112222", "", ""),
    ("DK3", "买买提·艾力", "特约用户(领导类)", "", "１３７００００１１１１", "", "off_network"),
]


def workbook(path, rows, heading=HEADING):
    book = openpyxl.Workbook()
    book.active.append(heading)
    for row in rows:
        book.active.append(row)
        for cell in book.active[book.active.max_row]:
            cell.data_type = "s"
    book.save(path)
    return path


def table(path, rows, heading=HEADING, encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows([heading, *rows])
    return path


@pytest.fixture
async def importer(world, tenant):
    """Imports inside the tenant's scope, as the command line does."""

    async def run(file, mapping=None, *, using=import_customers, **options):
        async with tenant.scope():
            act = acting(by=tenant.principal(), now=world.clock(), policy=await policy())
            if using is export_customers:
                return await using(file, act, **options)
            return await using(file, mapping or Mapping(), act, **options)

    async def policy():
        from guibin.context import Company

        company = Company(tenant.id, tenant.slug, tenant.view.packs, "Asia/Shanghai", "zh-CN", False)
        return await effective_policy(world.packs, company, at=world.clock())

    return run


@pytest.mark.rule("S07-26")
async def test_an_excel_archive_comes_in_and_again_changes_nothing(importer, client, tmp_path):
    file = workbook(tmp_path / "archive.xlsx", ROWS)

    first, again = await importer(file), await importer(file)
    found = (await client.post("/api/v1/customers/searches", json={"q": "13700001111"})).json()["items"]

    assert (first.created, first.updated) == (3, 0)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 3)
    assert [(one["name"], one["kind"]) for one in found] == [("买买提·艾力", "leader")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_csv_comes_in_whatever_its_encoding(importer, client, tmp_path, encoding):
    await importer(table(tmp_path / "archive.csv", ROWS, encoding=encoding))

    found = (await client.get("/api/v1/customers", params={"q": "张三"})).json()["items"]

    assert [one["number"] for one in found] == ["DK1"]


@pytest.mark.rule("S07-26")
async def test_what_goes_out_comes_in_again_the_same(importer, client, tmp_path):
    await importer(workbook(tmp_path / "in.xlsx", ROWS))
    out = tmp_path / "out.xlsx"
    again = tmp_path / "again.xlsx"

    count = await importer(out, using=export_customers, clear=YEARLY)
    await importer(out)
    await importer(again, using=export_customers, clear=YEARLY)

    assert count == 3
    assert cells(out) == cells(again)
    assert cells(out)[1][:2] == ("DK1", "张三")
    assert {"013800138000", "800100001234567890"} <= set(cells(out)[1])


async def test_no_cell_goes_out_as_a_formula(importer, tmp_path):
    await importer(workbook(tmp_path / "in.xlsx", ROWS))
    xlsx, text = tmp_path / "out.xlsx", tmp_path / "out.csv"
    await importer(xlsx, using=export_customers)
    await importer(text, using=export_customers)

    kinds = {cell.data_type for row in openpyxl.load_workbook(xlsx).active.iter_rows() for cell in row}

    assert "f" not in kinds
    assert "\nDK2,'=1+1," in text.read_text(encoding="utf-8-sig").replace("\r", "")


async def test_an_export_in_clear_needs_a_purpose(importer, tmp_path):
    with pytest.raises(Invalid) as refused:
        await importer(
            tmp_path / "out.xlsx", using=export_customers, clear=NewDisclosure(purpose=" ", leaves_to="nobody")
        )

    assert refused.value.fields[0].field == "purpose"


async def test_every_bad_row_is_reported_and_nothing_comes_in(importer, client, tmp_path):
    rows = [
        ROWS[0],
        ("DK1", "李四", "leader", "", "", "", ""),
        ("DK5", "", "emperor", "31.12.1999", "call me", "", "fibre"),
    ]

    with pytest.raises(BadRows) as refused:
        await importer(workbook(tmp_path / "archive.xlsx", rows))
    report = tmp_path / "errors.xlsx"
    write_problems(report, refused.value.problems, ("sheet", "row", "column", "value", "reason"), sheet="errors")

    assert [(r[1], r[2], r[3] or None) for r in cells(report)[1:]] == [
        ("3", "number", "DK1"),
        ("4", "name", None),
        ("4", "kind", "emperor"),
        ("4", "network", "fibre"),
        ("4", "mobile", "call me"),
        ("4", "birthday", "31.12.1999"),
    ]
    assert (await client.get("/api/v1/customers")).json()["items"] == []


async def test_a_dry_run_says_what_would_happen_and_writes_only_that_it_looked(importer, client, tenant, tmp_path):
    await importer(workbook(tmp_path / "in.xlsx", ROWS[:1]))

    would = await importer(workbook(tmp_path / "more.xlsx", ROWS), dry_run=True)

    assert (would.created, would.updated, would.unchanged, would.dry_run) == (2, 0, 1, True)
    assert len((await client.get("/api/v1/customers")).json()["items"]) == 1
    async with tenant.scope():
        looked = await fetch("select shown, purpose from audit_entry where action = 'customer.compare'")
    assert [tuple(row) for row in looked] == [(3, "more.xlsx")]


async def test_orders_come_in_by_customer_number(importer, client, tmp_path):
    await importer(workbook(tmp_path / "in.xlsx", ROWS[:1]))
    heading = ("customer_number", "number", "product", "price", "started_on", "ends_on")
    good = [("DK1", "DD1", "体育包", "1,298.00", "2026-01-01", "2027-01-01")]

    file = table(tmp_path / "orders.csv", good, heading)
    would = await importer(file, using=import_orders, dry_run=True)
    imported = await importer(file, using=import_orders)
    again = await importer(file, using=import_orders)
    dearer = table(tmp_path / "dearer.csv", [(*good[0][:3], "1,300", *good[0][4:])], heading)
    changed = await importer(dearer, using=import_orders)
    with pytest.raises(BadRows) as refused:
        await importer(
            table(tmp_path / "bad.csv", [("DK9", "DD2", "", "-", "2026-01-01", "2025-01-01")], heading),
            using=import_orders,
        )

    runs = [(one.created, one.updated, one.unchanged) for one in (would, imported, again, changed)]
    assert runs == [(1, 0, 0), (1, 0, 0), (0, 0, 1), (0, 1, 0)]
    assert [p.column for p in refused.value.problems] == ["customer_number", "product", "ends_on", "price"]


async def test_what_an_import_changes_stands_in_the_history_as_any_change(importer, client, tmp_path):
    """S07-10: of archives and of orders; confidential values masked."""
    await importer(workbook(tmp_path / "in.xlsx", ROWS))
    heading = ("customer_number", "number", "product", "price", "started_on", "ends_on")
    order = ("DK1", "DD1", "体育包", "1298.00", "2026-01-01", "2027-01-01")
    await importer(table(tmp_path / "orders.csv", [order], heading), using=import_orders)
    first = (await client.get("/api/v1/customers", params={"q": "DK1"})).json()["items"][0]["id"]
    history = f"/api/v1/customers/{first}/corrections"
    before = (await client.get(history)).json()["items"]

    renamed = ("DK1", "张三丰", "leader", "1968-05-17", "013800138001", "800100001234567890", "")
    await importer(workbook(tmp_path / "again.xlsx", [renamed, ROWS[1]]))
    dearer = (*order[:3], "1300", "2026-01-01", "2027-02-01")
    unchanged = ("DK2", "DD2", "体育包", "1", "2026-01-01", "2027-01-01")
    await importer(table(tmp_path / "dearer.csv", [dearer, unchanged], heading), using=import_orders)

    told = {
        (one["subject"], one["field"]): (one["before"], one["after"], one["reason"], one["corrected_by_name"])
        for one in (await client.get(history)).json()["items"]
    }
    assert before == []
    assert told == {
        ("customer", "name"): ("张三", "张三丰", "", "tester"),
        ("customer", "fields.network"): ("two_way", None, "", "tester"),
        ("customer", "mobile"): (["013*****8000"], ["013*****8001"], "", "tester"),
        ("order", "price"): (129_800, 130_000, "", "tester"),
        ("order", "ends_on"): ("2027-01-01", "2027-02-01", "", "tester"),
    }


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    return path


@pytest.mark.parametrize("case", ["empty", "noise", "bomb", "no file", "picture", "latin", "headless"])
async def test_a_file_that_is_no_table_is_refused_in_a_sentence(importer, tmp_path, case):
    file = tmp_path / "archive.xlsx"
    match case:
        case "empty":
            workbook(file, [], heading=())
        case "noise":
            file.write_bytes(b"PK\x03\x04 not a workbook")
        case "bomb":
            bomb(file)
        case "picture":
            file = tmp_path / "archive.png"
            file.write_bytes(b"png")
        case "latin":
            file = tmp_path / "archive.csv"
            file.write_bytes(b"number,name\n1,\xff\xff\n")
        case "headless":
            file = tmp_path / "archive.csv"
            file.write_bytes(b"")

    with pytest.raises(Invalid) as refused:
        await importer(file)

    assert refused.value.fields[0].field == "file"


async def test_a_missing_column_is_named(importer, tmp_path):
    mapping = Mapping(columns={"number": "客户编号", "name": "姓名"}, constants={"kind": "leader"})

    with pytest.raises(Invalid) as refused:
        await importer(table(tmp_path / "a.csv", [("1", "张三")], ("客户编号", "名")), mapping)

    assert [(f.field, f.value) for f in refused.value.fields] == [("heading", "姓名")]


async def test_a_mapping_fits_somebody_elses_table(importer, client, tmp_path):
    mapping = Mapping(columns={"number": "客户编号", "name": "姓名", "mobile": "手机"}, constants={"kind": "group"})

    await importer(table(tmp_path / "a.csv", [("7", "张三", "13800138000")], ("客户编号", "姓名", "手机")), mapping)

    found = (await client.get("/api/v1/customers", params={"q": "8000"})).json()["items"]
    assert [(one["number"], one["kind"]) for one in found] == [("7", "group")]


async def test_an_import_that_fails_in_the_middle_leaves_nothing(importer, tenant, tmp_path, monkeypatch):
    file = workbook(tmp_path / "in.xlsx", [(f"N{n}", "张三", "leader", "", "", "", "") for n in range(1_500)])

    def interrupted(stage, rows):
        if stage == "written":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await importer(file, progress=interrupted)

    async with tenant.scope():
        assert await fetch_value("select count(*) from customer") == 0
        assert await fetch("select 1 from audit_entry where action = 'customer.import'") == []


def cells(path):
    return [tuple(cell.value for cell in row) for row in openpyxl.load_workbook(path).active.iter_rows()]


STATE = """select (select jsonb_agg(to_jsonb(c) order by c.number) from customer c)::text,
    (select jsonb_agg(to_jsonb(v) order by v.id) from sealed_value v)::text,
    (select count(*) from customer_assignment), (select count(*) from job), (select count(*) from subject_key)"""


@pytest.mark.rule("S07-26")
async def test_rows_that_change_nothing_write_nothing(importer, tenant, tmp_path):
    heading = (*HEADING, "account_manager")
    await tenant.staff("keeper", "account_manager")
    file = table(tmp_path / "in.csv", [(*row, "keeper") for row in ROWS], heading)
    await importer(file)
    async with tenant.scope() as scope:
        before = tuple(await scope.connection.fetchrow(STATE))

    again = await importer(file)

    async with tenant.scope() as scope:
        after = tuple(await scope.connection.fetchrow(STATE))
    assert (again.rows, again.created, again.updated, again.unchanged) == (3, 0, 0, 3)
    assert before[2] == 3
    assert after == before


@pytest.mark.rule("S07-26")
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", "张三丰"),
        ("kind", "partner"),
        ("birthday", "1968-05-18"),
        ("mobile", "13800138001"),
        ("mobile", "138 0013 8000"),
        ("smart_card_number", "800100001234567891"),
        ("network", ""),
    ],
)
async def test_one_cell_that_differs_changes_one_customer(importer, tenant, tmp_path, column, value):
    await importer(table(tmp_path / "in.csv", ROWS))
    changed = [tuple(value if name == column else cell for name, cell in zip(HEADING, ROWS[0], strict=True)), *ROWS[1:]]
    file, out = table(tmp_path / "changed.csv", changed), tmp_path / "out.xlsx"

    would = await importer(file, dry_run=True)
    done = await importer(file)
    await importer(out, using=export_customers, clear=YEARLY)

    async with tenant.scope():
        versions = [row["version"] for row in await fetch("select version from customer order by number")]
    row = dict(zip(*cells(out)[:2], strict=True))
    assert [(one.updated, one.unchanged) for one in (would, done)] == [(1, 2), (1, 2)]
    assert versions == [2, 1, 1]
    assert (row[column] or "") == value
    assert {row["smart_card_number"], row["mobile"]} != {None}


@pytest.mark.rule("S05-3")
@pytest.mark.parametrize("dry_run", [True, False])
async def test_an_account_manager_who_does_not_see_the_customer_is_a_fault_of_the_row(
    importer, client, tenant, tmp_path, dry_run
):
    north = await tenant.unit("north")
    await tenant.unit("south")
    await tenant.staff("north-1", "account_manager", unit="north")
    await tenant.staff("south-1", "account_manager", unit="south")
    heading = ("number", "name", "kind", "org_unit", "account_manager")
    held = [("DK1", "张三", "leader", "north", "north-1"), ("DK2", "李四", "leader", "north", "north-1")]
    await importer(table(tmp_path / "in.csv", held, heading))
    rows = [
        ("DK1", "张三", "leader", "", "south-1"),
        ("DK2", "李四", "leader", "south", "south-1"),
        ("DK3", "王五", "leader", "south", "north-1"),
        ("DK4", "", "leader", "north", "south-1"),
        ("DK5", "赵六", "leader", "", "north-1"),
    ]

    with pytest.raises(BadRows) as refused:
        await importer(workbook(tmp_path / "moves.xlsx", rows, heading), dry_run=dry_run)
    moved = table(tmp_path / "moved.csv", [("DK1", "张三", "leader", "south")], heading[:4])
    with pytest.raises(BadRows) as left_behind:
        await importer(moved, dry_run=dry_run)

    assert [(one.sheet, one.row, one.column, one.value) for one in refused.value.problems] == [
        ("Sheet", 2, "account_manager", "south-1"),
        ("Sheet", 4, "account_manager", "north-1"),
        ("Sheet", 5, "name", ""),
        ("Sheet", 5, "account_manager", "south-1"),
        ("Sheet", 6, "account_manager", "north-1"),
    ]
    assert "south-1 does not see the org unit north" in refused.value.problems[0].reason
    assert [(one.row, one.column, one.value) for one in left_behind.value.problems] == [(2, "org_unit", "south")]
    found = (await client.get("/api/v1/customers")).json()["items"]
    assert {(one["number"], one["org_unit_id"]) for one in found} == {("DK1", str(north)), ("DK2", str(north))}
