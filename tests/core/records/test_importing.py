"""S07-25, S07-26: contacts kept in Excel come in whole or not at all, and go out as they came."""

import csv
from pathlib import Path

import openpyxl
import pytest
from acting import acting

from guibin.context import Company
from guibin.policies.queries import effective_policy
from guibin.profiles.exporting import export_orders
from guibin.profiles.importing import import_orders
from guibin.records.importing import COLUMNS, export_interactions, import_interactions
from guibin.spreadsheets import mapping as mappings
from guibin.spreadsheets.importing import BadRows
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.writing import write_problems
from guibin_tenants.refusals import Forbidden
from guibin_tenants.scope import fetch, fetch_value

HEADING = (
    "customer_number",
    "channel",
    "happened_at",
    "number",
    "place",
    "content",
    "need",
    "handling_state",
    "handling",
)
ROWS = [
    ("K1", "visit", "2026-02-27T09:30:00+08:00", "13800138000", "客户单位", "走访", "加装机顶盒", "done", "已加装"),
    ("K1", "phone", "2026-02-28T10:00:00+08:00", "", "", "=1+1", "查询账单", "open", ""),
    ("K2", "sms", "2026-03-01T10:00:00Z", "", "", "节日问候", "", "", ""),
]


def table(path, rows, heading=HEADING, encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows([heading, *rows])
    return path


def cells(path):
    return [tuple(cell.value or "" for cell in row) for row in openpyxl.load_workbook(path).active.iter_rows()]


@pytest.fixture
async def importer(world, tenant, client):
    """Imports and exports inside the tenant's scope, as the command line does; K1 and K2 are its customers."""
    for number in ("K1", "K2"):
        body = {"number": number, "kind": "leader", "name": "王伟"}
        assert (await client.post("/api/v1/customers", json=body)).status_code == 201
    company = Company(tenant.id, tenant.slug, tenant.view.packs, "Asia/Shanghai", "zh-CN", False)

    async def run(file, mapping=None, *, using=import_interactions, **options):
        async with tenant.scope():
            policy = await effective_policy(world.packs, company, at=world.clock())
            act = acting(
                by=options.pop("by", None) or tenant.principal(), now=world.clock(), policy=policy, company=company
            )
            if using in (export_interactions, export_orders):
                return await using(file, act, **options)
            return await using(file, mapping or Mapping(), act, **options)

    return run


async def kept(client):
    return (await client.get("/api/v1/interactions")).json()["items"]


@pytest.mark.rule("S07-25", "S07-26")
async def test_visit_records_come_in_and_again_change_nothing(importer, client, tmp_path):
    file = table(tmp_path / "visits.csv", ROWS)

    first, again = await importer(file), await importer(file)

    assert (first.rows, first.created, first.unchanged) == (3, 3, 0)
    assert (again.rows, again.created, again.unchanged) == (3, 0, 3)
    found = await kept(client)
    assert [(one["channel"], one["handling_state"]) for one in found] == [
        ("sms", "none"),
        ("phone", "open"),
        ("visit", "done"),
    ]
    assert (found[2]["number_masked"], found[2]["place"]) == ("138****8000", "客户单位")


@pytest.mark.rule("S07-26")
async def test_what_goes_out_comes_in_again_and_changes_nothing(importer, client, tmp_path):
    await importer(table(tmp_path / "in.csv", ROWS))
    customer = (await kept(client))[0]["customer_id"]
    body = {"customer_id": customer, "channel": "phone", "direction": "in", "content": "在此录入"}
    assert (await client.post("/api/v1/interactions", json=body)).status_code == 201
    out, again = tmp_path / "out.xlsx", tmp_path / "again.xlsx"

    count = await importer(out, using=export_interactions)
    back = await importer(out)
    await importer(again, using=export_interactions)

    assert (count, back.created, back.unchanged) == (4, 0, 4)
    assert cells(out)[0] == COLUMNS
    assert cells(out) == cells(again)
    assert "=1+1" in cells(out)[2]


@pytest.mark.rule("S07-26", "S07-8")
async def test_an_export_shows_no_number_in_clear_and_names_whose_files_it_showed(importer, tenant, tmp_path):
    await importer(table(tmp_path / "in.csv", ROWS))
    out = tmp_path / "out.csv"

    await importer(out, using=export_interactions)

    assert "13800138000" not in out.read_text(encoding="utf-8-sig")
    assert "138****8000" in out.read_text(encoding="utf-8-sig")
    async with tenant.scope():
        row = (await fetch("select shown, customer_ids from audit_entry where action = 'interaction.export'"))[0]
    assert (row["shown"], len(row["customer_ids"])) == (3, 2)


@pytest.mark.rule("S07-26")
async def test_every_bad_row_is_reported_with_its_reason_and_nothing_comes_in(importer, client, tmp_path):
    rows = [
        ROWS[0],
        ("K9", "visit", "2026-02-27T09:30:00+08:00", "", "", "走访", "", "", ""),
        ("K1", "pigeon", "2026-02-27T09:30:00+08:00", "", "", "走访", "", "", ""),
        ("K1", "visit", "2026-02-30T09:30:00+08:00", "call", "", "", "", "", ""),
        ("K1", "visit", "2027-02-27T09:30:00+08:00", "", "", "走访", "", "", ""),
        ("K1", "visit", "2026-02-26T09:30:00+08:00", "", "", "走访", "", "maybe", ""),
        ("K1", "visit", "2026-02-25T09:30:00+08:00", "", "", "走访", "x", "done", ""),
        ROWS[0],
    ]
    with pytest.raises(BadRows) as refused:
        await importer(table(tmp_path / "bad.csv", rows))

    found = {(one.row, one.column) for one in refused.value.problems}
    assert found == {
        (3, "customer_number"),
        (4, "channel"),
        (5, "happened_at"),
        (5, "number"),
        (5, "content"),
        (6, "happened_at"),
        (7, "handling_state"),
        (8, "handling"),
        (9, "source_number"),
    }
    assert await kept(client) == []
    report = tmp_path / "errors.xlsx"
    write_problems(report, refused.value.problems, ("sheet", "row", "column", "value", "reason"), sheet="errors")
    assert len(cells(report)) == 10


async def test_a_dry_run_says_what_would_happen_and_writes_nothing(importer, client, tenant, tmp_path):
    done = await importer(table(tmp_path / "in.csv", ROWS), dry_run=True)

    assert (done.rows, done.created, done.dry_run) == (3, 3, True)
    assert await kept(client) == []
    async with tenant.scope():
        assert await fetch_value("select count(*) from audit_entry where action = 'interaction.import'") == 0


@pytest.mark.rule("S07-25")
async def test_a_mapping_reads_the_columns_of_the_old_archive(importer, client, tmp_path):
    heading = (
        "客户编号",
        "访问方式",
        "手机号码",
        "日期",
        "时间",
        "地点",
        "主要内容",
        "客户需求",
        "处理状态",
        "处理内容",
    )
    rows = [("K1", "上门", "13911112222", "2026/02/27", "09:30", "办公室", "走访", "开通体育包", "已处理", "已开通")]
    mapping = mappings.load(Path(__file__).parents[3] / "examples" / "cable_tv" / "interactions.toml")
    file = table(tmp_path / "old.csv", rows, heading, encoding="gb18030")

    done = await importer(file, mapping)
    found = (await kept(client))[0]

    assert done.created == 1
    assert found["happened_at"] == "2026-02-27T01:30:00Z"
    assert (found["channel"], found["handling_state"], found["number_masked"]) == ("visit", "done", "139****2222")


async def test_thousands_of_rows_come_in_batch_by_batch(importer, client, tmp_path):
    rows = [
        ("K1", "phone", f"2026-01-{1 + n % 28:02d}T08:00:00Z", "", "", f"第{n}次", "", "", "") for n in range(2_500)
    ]

    done = await importer(table(tmp_path / "many.csv", rows))

    assert done.created == 2_500


async def test_who_may_not_import_or_export_does_neither(importer, tenant, tmp_path):
    nobody = tenant.principal("records:read")
    for using in (import_interactions, export_interactions, export_orders):
        with pytest.raises(Forbidden):
            await importer(table(tmp_path / "in.csv", ROWS), using=using, by=nobody)


@pytest.mark.rule("S07-25", "S07-26")
async def test_orders_go_out_as_they_come_in(importer, tmp_path):
    heading = ("customer_number", "number", "product", "price", "started_on", "ends_on")
    rows = [("K1", "D1", "体育包", "1280.50", "2026-01-01", "2027-01-01")]
    await importer(table(tmp_path / "orders.csv", rows, heading), using=import_orders)
    out = tmp_path / "out.xlsx"

    count = await importer(out, using=export_orders)
    again = await importer(out, using=import_orders)

    assert (count, again.created, again.updated, again.unchanged) == (1, 0, 0, 1)
    assert cells(out)[1] == ("K1", "D1", "体育包", "1280.50", "CNY", "2026-01-01", "2027-01-01")
