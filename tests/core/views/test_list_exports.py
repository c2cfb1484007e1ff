"""A list as a file: what the page shows and nothing else, harmless in a spreadsheet program, with a purpose, on record."""

import csv
import io

import pytest
from openpyxl import load_workbook

from guibin.console.exporting import told
from guibin.views import exporting
from guibin_tenants.scope import fetch_one

PATH = "/api/v1/list-exports"
PURPOSE = "月度质检抽查"


@pytest.fixture
async def house(tenant, client):
    """Two outlets with a leader each and a complaint of their own customer each, one at the head office."""
    people = {}
    for code, name in (("east", "王伟"), ("west", "李娜")):
        await tenant.unit(code)
        people[code] = await tenant.staff(code, "manager", unit=code)
        body = {"number": f"K-{code}", "name": name, "kind": "leader", "org_unit_id": str(tenant.units[code])}
        customer = (await client.post("/api/v1/customers", json=body)).json()["id"]
        await people[code].post(
            "/api/v1/complaints",
            json={"customer_id": customer, "channel": "phone", "text": "=1+1 没有信号", "level": "3"},
        )
    people["head"] = await tenant.staff("head", "manager")
    people["agent"] = await tenant.staff("agent", "agent")
    return people


def rows_of(answer):
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def exported(client, **more):
    body = {"list": "complaints", "asks": {"running": "true"}, "format": "csv", "purpose": PURPOSE, **more}
    return await client.post(PATH, json=body, headers={"Accept-Language": "zh-CN"})


async def test_each_gets_what_their_page_shows(house):
    found = {who: rows_of(await exported(house[who])) for who in ("east", "west", "head")}

    assert [len(rows) - 1 for rows in found.values()] == [1, 1, 2]
    heads, row = found["east"]
    assert heads == ["客户", "客户（附）", "投诉", "投诉（附）", "级别", "期限", "处理人"]
    assert row[0] == "王伟"
    assert row[2] == "'=1+1 没有信号"
    assert "处理中" in row[3]
    assert "李娜" not in str(found["east"])


async def test_filters_columns_and_order_are_the_lists(house):
    rows = rows_of(await exported(house["head"], asks={"q": "K"}, columns=["handler", "level"], purpose=""))
    none = rows_of(await exported(house["head"], asks={"level": "1"}))

    assert rows[0] == ["处理人", "级别"]
    assert none[1:] == []


async def test_a_workbook_holds_texts_and_no_formula(house):
    answer = await exported(house["east"], format="xlsx")
    page = load_workbook(io.BytesIO(answer.content)).active
    cells = [cell for row in page.iter_rows() for cell in row]

    assert page.max_row == 2
    assert "=1+1 没有信号" in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells if cell.value} == {"s"}


async def test_confidential_columns_ask_for_the_purpose_and_all_of_it_is_on_record(house, tenant):
    without = await exported(house["head"], purpose=" ")
    await exported(house["head"], asks={"running": "true", "q": "王伟"})

    async with tenant.scope():
        entry = await fetch_one("select * from audit_entry where action = 'list.export'")
        looks = await fetch_one("select count(*) as looks from audit_entry where action = 'complaint.search'")

    assert without.status_code in (400, 422)
    assert [error["field"] for error in without.json()["errors"]] == ["purpose"]
    assert (entry["purpose"], entry["shown"], len(entry["customer_ids"])) == (PURPOSE, 1, 1)
    assert entry["fields"] == ["complaints", "customer", "matter", "level", "due", "handler", "running=true", "q"]
    assert looks["looks"] == 1


async def test_whoever_may_not_export_or_read_the_list_gets_no_file(house, tenant, world):
    auditor = await tenant.staff("auditor", "auditor")
    answers = [
        await exported(house["agent"]),
        await exported(auditor),
        await exported(house["head"], list="nothing"),
        await exported(house["head"], asks={"shade": "red"}),
        await house["agent"].post("/console/lists/complaints/export", data={"purpose": PURPOSE, "format": "csv"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 404, 422, 403]


async def test_more_than_fits_is_told(house, monkeypatch):
    monkeypatch.setattr(exporting, "ROWS_MAX", 1)

    answer = await exported(house["head"])

    assert len(rows_of(answer)) == 2
    assert (answer.headers["x-guibin-rows"], answer.headers["x-guibin-more"]) == ("1", "true")


async def test_every_page_of_the_list_is_in_the_file(house, monkeypatch):
    monkeypatch.setattr(exporting, "_PAGE", 1)

    assert len(rows_of(await exported(house["head"]))) == 3


@pytest.mark.parametrize("name", ["complaints", "overview", "service_requests", "visits", "overview.approvals"])
async def test_every_list_can_be_a_file(house, name):
    answer = await exported(house["head"], list=name, asks={})

    assert answer.status_code == 200, answer.text
    assert (name != "overview") or len(rows_of(answer)) == 3


async def test_from_the_page_it_asks_for_the_purpose_and_gives_the_file(house):
    asked = "running=true&sort=due"
    dialog = (await house["head"].get(f"/console/lists/complaints/export?{asked}")).text
    without = await house["head"].post("/console/lists/complaints/export", data={"asked": asked, "format": "csv"})
    file = await house["head"].post(
        "/console/lists/complaints/export", data={"asked": asked, "format": "csv", "purpose": PURPOSE}
    )

    assert "data-download" in dialog
    assert without.status_code == 422
    assert 'id="f-purpose-error"' in without.text
    assert len(rows_of(file)) == 3
    assert file.headers["content-disposition"].startswith('attachment; filename="complaints-')


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ('<span class="main">王伟</span><span class="sub">金卡<i class="sep"></i>K1</span>', ("王伟", "金卡 · K1")),
        (
            '<time title="2026年3月2日 10:00"><svg><use href="x"/></svg><span>今天</span></time>',
            ("2026年3月2日 10:00", ""),
        ),
        ("139****6021 <button>眼</button>", ("139****6021", "")),
        ('<span class="g-tier" data-rank="1">金</span>王 &lt;伟&gt;', ("王 <伟>", "")),
    ],
)
def test_a_cell_says_in_a_file_what_it_says_on_the_page(html, said):
    assert told(html) == said
