"""Imports and exports as jobs: a file sent, its columns recognised, tried, imported whole or not at all, and gone afterwards."""

import base64
import io
import re
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from running import come_round, work_off

from guibin.transfers import jobs, kinds
from guibin.transfers.jobs import ForgetTransfers
from guibin_tenants.scope import execute, fetch, fetch_one, fetch_value

PATH, CONSOLE = "/api/v1/imports", "/console/imports"
EXPORTS = "/api/v1/exports"
HEADING = "Number,NAME,kind,org-unit"


def table(*lines):
    return "\n".join([HEADING, *lines]).encode()


GOOD = table("T1,王伟,leader,head-office", "T2,李娜,leader,head-office")
BAD = table("T1,王伟,leader,head-office", "T2,李娜,wizard,nowhere")


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


async def uploaded(client, content=GOOD, **more):
    body = {"kind": "customers", "file_name": "客户.csv", "content": base64.b64encode(content).decode(), **more}
    answer = await client.post(PATH, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def ran(tenant, client, transfer, **asked):
    answer = await client.post(f"{PATH}/{transfer['id']}/runs", json=asked)
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "waiting"
    await work_off(tenant, kind="run_transfer")
    return (await client.get(f"{PATH}/{transfer['id']}")).json()


async def numbers(client):
    return sorted(each["number"] for each in (await client.get("/api/v1/customers")).json()["items"])


async def test_the_columns_of_a_file_are_recognised_by_their_names(admin):
    transfer = await uploaded(admin)

    assert transfer["state"] == "uploaded"
    assert transfer["heading"] == HEADING.split(",")
    assert transfer["mapping"]["columns"] == {
        "number": "Number",
        "name": "NAME",
        "kind": "kind",
        "org_unit": "org-unit",
    }


async def test_a_trial_writes_nothing_and_the_import_after_it_everything(tenant, admin):
    transfer = await uploaded(admin)

    tried = await ran(tenant, admin, transfer)
    before = await numbers(admin)
    done = await ran(tenant, admin, transfer, dry_run=False)

    assert (tried["state"], tried["dry_run"], tried["report"]["created"], tried["has_file"]) == ("done", True, 2, True)
    assert before == []
    assert (done["state"], done["report"]["created"], done["rows_done"], done["has_file"]) == ("done", 2, 2, False)
    assert await numbers(admin) == ["T1", "T2"]
    async with tenant.scope():
        entry = await fetch_one("select actor_name, shown from audit_entry where action = 'customer.import'")
    assert (entry["actor_name"], entry["shown"]) == ("admin", 2)


async def test_wrong_rows_are_told_as_a_file_and_nothing_is_imported(tenant, admin):
    transfer = await uploaded(admin, BAD)

    refused = await ran(tenant, admin, transfer, dry_run=False)
    rows = {
        language: await admin.get(f"{PATH}/{transfer['id']}/refused-rows", headers={"Accept-Language": language})
        for language in ("zh-CN", "en")
    }

    assert (refused["state"], refused["has_outcome"]) == ("refused", True)
    assert refused["report"]["refused"] >= 1
    assert await numbers(admin) == []
    cells = {
        language: [[cell.value for cell in row] for row in load_workbook(io.BytesIO(file.content)).active]
        for language, file in rows.items()
    }
    assert cells["zh-CN"][0] == ["工作表", "行", "列", "填的内容", "原因"]
    assert cells["en"][0] == ["Sheet", "Row", "Column", "What it says", "Why"]
    assert {row[1] for each in cells.values() for row in each[1:]} == {"3"}
    assert [row[2:4] for row in cells["zh-CN"][1:]] == [["类别（kind）", "wizard"], ["机构（org-unit）", "nowhere"]]
    assert cells["zh-CN"][1][4].startswith("没有这种客户类别，可选：特约用户(领导类)（leader）、")
    assert [row[2] for row in cells["en"][1:]] == ["Kind (kind)", "Org unit (org-unit)"]


async def test_the_file_lies_sealed(tenant, admin):
    await uploaded(admin)

    async with tenant.scope():
        (row,) = await fetch("select sealed from transfer")

    assert "王伟".encode() not in row["sealed"]
    assert base64.b64encode(GOOD)[:40] not in row["sealed"]


async def test_a_job_that_breaks_off_begins_anew_with_nothing_written(tenant, admin, monkeypatch):
    real, broken = kinds.KINDS["customers"].take_in, []

    async def breaks(*given, **asked):
        done = await real(*given, **asked)
        if not broken:
            broken.append(done)
            raise ConnectionError("the machine went away")
        return done

    monkeypatch.setitem(kinds.KINDS, "customers", kinds.Kind(breaks, *_rest("customers")))
    transfer = await uploaded(admin)
    await admin.post(f"{PATH}/{transfer['id']}/runs", json={"dry_run": False})

    first = await work_off(tenant, kind="run_transfer")
    between = await numbers(admin)
    state = (await admin.get(f"{PATH}/{transfer['id']}")).json()["state"]

    assert first == ["failed"]
    assert between == []
    assert state in ("waiting", "running")


def _rest(kind):
    known = kinds.KINDS[kind]
    return known.put_out, known.fields


async def test_after_the_last_attempt_it_says_that_it_failed(tenant, admin, monkeypatch):
    async def breaks(*given, **asked):
        raise ConnectionError("the machine went away")

    monkeypatch.setattr(jobs, "ATTEMPTS_MAX", 1)
    monkeypatch.setitem(kinds.KINDS, "customers", kinds.Kind(breaks, *_rest("customers")))
    transfer = await uploaded(admin)

    assert (await ran(tenant, admin, transfer))["state"] == "failed"


async def test_what_is_cancelled_before_it_began_does_nothing(tenant, admin):
    transfer = await uploaded(admin)
    await admin.post(f"{PATH}/{transfer['id']}/runs", json={"dry_run": False})

    cancelled = await admin.post(f"{PATH}/{transfer['id']}/cancellation")
    await work_off(tenant, kind="run_transfer")
    shown = (await admin.get(f"{PATH}/{transfer['id']}")).json()
    again = await admin.post(f"{PATH}/{transfer['id']}/cancellation")

    assert cancelled.status_code == 202
    assert (shown["state"], again.status_code) == ("cancelled", 409)
    assert await numbers(admin) == []


async def test_what_is_cancelled_while_it_runs_is_undone(tenant, admin, monkeypatch):
    """The progress of the import meets the wish to stop, as the reporter beside it brings it."""
    real = kinds.KINDS["customers"].take_in

    async def stopped(file, mapping, act, *, dry_run, progress):
        done = await real(file, mapping, act, dry_run=dry_run)
        progress.cancelled = True
        progress("written", done.rows)
        return done

    monkeypatch.setitem(kinds.KINDS, "customers", kinds.Kind(stopped, *_rest("customers")))

    done = await ran(tenant, admin, await uploaded(admin), dry_run=False)

    assert done["state"] == "cancelled"
    assert await numbers(admin) == []


async def test_progress_is_told_beside_the_transaction(tenant, admin, monkeypatch):
    seen = []

    async def slow(file, mapping, act, *, dry_run, progress):
        progress("checked", 7)
        for _ in range(200):
            await jobs.asyncio.sleep(0.01)
            asked = jobs.asyncio.create_task(admin.get(f"{PATH}/{transfer['id']}"), context=jobs.contextvars.Context())
            shown = (await asked).json()
            if shown["rows_done"] == 7:
                break
        seen.append((shown["state"], shown["stage"], shown["rows_done"]))
        return kinds.Imported(7, 7, 0, dry_run=dry_run)

    monkeypatch.setattr(jobs, "TOLD_EVERY_S", 0.01)
    monkeypatch.setitem(kinds.KINDS, "customers", kinds.Kind(slow, *_rest("customers")))
    transfer = await uploaded(admin)

    await ran(tenant, admin, transfer)

    assert seen == [("running", "checked", 7)]


async def test_files_are_taken_away_in_time(tenant, admin, clock):
    waiting, refused = await uploaded(admin), await uploaded(admin, BAD)
    await ran(tenant, admin, refused)

    asked, kept = clock(), []
    for days in (0.9, 1.1, 7.1):
        clock.set(asked + timedelta(days=days))
        await come_round(tenant, ForgetTransfers())
        clock.set(asked)
        shown = [(await admin.get(f"{PATH}/{each['id']}")).json() for each in (waiting, refused)]
        kept.append((shown[0]["has_file"], shown[1]["has_outcome"]))
    gone = await admin.post(f"{PATH}/{waiting['id']}/runs", json={})

    assert kept == [(True, True), (False, True), (False, False)]
    assert gone.status_code == 409


@pytest.mark.parametrize("kind", sorted(kinds.KINDS))
async def test_an_export_comes_back_as_an_import_that_changes_nothing(tenant, admin, kind):
    await ran(tenant, admin, await uploaded(admin), dry_run=False)
    asked = await admin.post(
        EXPORTS, json={"kind": kind, "format": "csv", "purpose": "年度核对", "leaves_to": "nobody"}
    )
    assert asked.status_code == 202, asked.text
    early = await admin.get(f"{EXPORTS}/{asked.json()['id']}/file")
    assert (early.status_code, early.json()["type"]) == (409, "/problems/transfer-runs")
    await work_off(tenant, kind="run_transfer")

    shown = (await admin.get(f"{EXPORTS}/{asked.json()['id']}")).json()
    file = await admin.get(f"{EXPORTS}/{asked.json()['id']}/file")

    assert (shown["state"], shown["report"]["rows"]) == ("done", 2 if kind == "customers" else 0)
    assert file.status_code == 200
    if kind == "customers":
        back = await ran(tenant, admin, await uploaded(admin, file.content), dry_run=True)
        assert (back["report"]["rows"], back["report"]["unchanged"]) == (2, 2)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "secrets"}, "kind"),
        ({"file_name": "x.exe"}, "file_name"),
        ({"content": ""}, "content"),
        ({"content": base64.b64encode(b"only,a,heading\n").decode()}, "content"),
    ],
)
async def test_what_cannot_be_imported_is_refused_by_field(admin, body, field):
    sent = {"kind": "customers", "file_name": "x.csv", "content": base64.b64encode(GOOD).decode(), **body}

    answer = await admin.post(PATH, json=sent)

    assert answer.status_code in (400, 422), answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_an_unknown_field_of_the_mapping_is_refused_before_anything_runs(admin):
    transfer = await uploaded(admin)

    answer = await admin.post(f"{PATH}/{transfer['id']}/runs", json={"mapping": {"columns": {"shade": "NAME"}}})

    assert answer.status_code == 422
    assert (await admin.get(f"{PATH}/{transfer['id']}")).json()["state"] == "uploaded"


async def test_whoever_lost_the_right_meanwhile_imports_nothing(tenant, admin):
    transfer = await uploaded(admin)
    await admin.post(f"{PATH}/{transfer['id']}/runs", json={"dry_run": False})
    async with tenant.scope():
        await execute("update staff set roles = '{agent}' where login = 'admin'")
    await work_off(tenant, kind="run_transfer")

    async with tenant.scope():
        row = await fetch_one("select ended from transfer")
        left = await fetch("select number from customer")
    assert (row["ended"], left) == ("refused", [])


@pytest.mark.parametrize(("scopes", "state"), [((), "refused"), (("staff:write",), "done")])
async def test_a_key_takes_in_what_it_may_itself_and_no_more(tenant, admin, scopes, state):
    key = await tenant.client("customers:import", *scopes)
    file = "unit,kind,name\nhead-office,vip_room,贵宾室".encode()
    transfer = await uploaded(key, file, kind="venues", file_name="venues.csv")
    done = await ran(tenant, key, transfer, dry_run=False)

    async with tenant.scope():
        held = await fetch_value("select count(*) from desk")
    assert (done["state"], held) == (state, len(scopes))


async def test_a_key_that_was_revoked_meanwhile_imports_nothing(tenant, admin):
    key = await tenant.client("customers:import")
    transfer = await uploaded(key)
    await key.post(f"{PATH}/{transfer['id']}/runs", json={"dry_run": False})
    async with tenant.scope():
        await execute("update api_key set revoked_at = now()")
    await work_off(tenant, kind="run_transfer")
    done = (await admin.get(f"{PATH}/{transfer['id']}")).json()

    assert (done["state"], await numbers(admin)) == ("refused", [])
    assert "works no more" in done["report"]["problem"]


async def test_whoever_sees_less_meanwhile_imports_nothing_for_the_whole_company(tenant, admin):
    transfer = await uploaded(admin)
    await admin.post(f"{PATH}/{transfer['id']}/runs", json={"dry_run": False})
    east = await tenant.unit("east")
    async with tenant.scope():
        await execute("update staff set org_unit_id = $1 where login = 'admin'", east)
    await work_off(tenant, kind="run_transfer")

    async with tenant.scope():
        row = await fetch_one("select ended, report ->> 'problem' as problem from transfer")
        left = await fetch("select number from customer")
    assert (row["ended"], left) == ("refused", [])
    assert "does not see the whole company any more" in row["problem"]


async def test_a_file_that_somebody_else_asked_for_is_for_whoever_sees_everything(tenant, admin):
    leading, other = [await tenant.staff(login, "manager") for login in ("leading", "other")]
    body = {"kind": "customers", "format": "csv", "purpose": "年度核对", "leaves_to": "nobody"}
    files = [
        f"{EXPORTS}/{(await client.post(EXPORTS, json=body)).json()['id']}/file" for client in (admin, other, leading)
    ]
    await work_off(tenant, kind="run_transfer")

    async def statuses():
        return [(await leading.get(file)).status_code for file in files]

    before = await statuses()
    rights = await admin.put("/api/v1/field-rights/manager", json={"rights": {"mobile": "hidden"}})
    after = await statuses()

    assert (before, rights.status_code, after) == ([200, 200, 200], 204, [403, 403, 200])
    assert (await leading.get(files[0])).json()["type"] == "/problems/not-seen-whole"


async def test_another_companys_and_an_outlets_people_see_nothing_of_it(tenant, admin, world):
    await tenant.unit("east")
    outlet = await tenant.staff("outlet", "tenant_admin", unit="east")
    stranger = await (await world.tenant()).staff("stranger", "tenant_admin")
    transfer = await uploaded(admin)

    answers = {
        who: [
            (await client.get(f"{PATH}/{transfer['id']}")).status_code,
            (await client.post(f"{PATH}/{transfer['id']}/runs", json={})).status_code,
            (await client.get(f"/console/imports/{transfer['id']}")).status_code,
        ]
        for who, client in (("outlet", outlet), ("stranger", stranger))
    }

    assert answers == {"outlet": [404, 404, 404], "stranger": [404, 404, 404]}


async def test_it_is_all_done_from_the_page(tenant, admin):
    content = base64.b64encode(GOOD).decode()
    page = (await admin.get("/console/imports")).text
    nothing = await admin.post("/console/imports", data={"kind": "customers"})
    sent = await admin.post("/console/imports", data={"kind": "customers", "file_name": "a.csv", "content": content})
    (transfer,) = (await admin.get(PATH)).json()["items"]
    here = f"/console/imports/{transfer['id']}"
    mapping = (await admin.get(here)).text
    columns = {f"field.{field}": column for field, column in transfer["mapping"]["columns"].items()}
    await admin.post(f"{here}/runs", data={**columns, "how": "try"})
    waiting = (await admin.get(here)).text
    await work_off(tenant, kind="run_transfer")
    tried = (await admin.get(here)).text
    await admin.post(f"{here}/runs", data={**columns, "how": "import"})
    await work_off(tenant, kind="run_transfer")
    done = (await admin.get(here)).text

    assert "还没有导入或导出" in page
    assert nothing.status_code == 422
    assert sent.status_code == 200, sent.text
    assert '<option value="NAME" selected>' in mapping
    assert 'hx-trigger="every 1s"' in waiting
    assert "没有写入任何内容" in tried
    assert 'hx-trigger="every 1s"' not in done
    assert await numbers(admin) == ["T1", "T2"]


FOREIGN = "Customer ID,Name,Gender,Network\n" + "".join(
    f"F{number},客户{number},{'Female' if number % 2 else 'male'},{'cable' if number % 3 else 'none'}\n"
    for number in range(1, 31)
)


@pytest.fixture
async def tried(tenant, admin):
    """A file of another system was tried from the page, its kind said to be the same in every row."""

    async def so(content=FOREIGN, **more):
        transfer = await uploaded(admin, content.encode())
        columns = {f"field.{field}": column for field, column in transfer["mapping"]["columns"].items()}
        await admin.post(
            f"{CONSOLE}/{transfer['id']}/runs", data={**columns, "field.kind": "=leader", "how": "try", **more}
        )
        await work_off(tenant, kind="run_transfer")
        return f"{CONSOLE}/{transfer['id']}", (await admin.get(f"{PATH}/{transfer['id']}")).json()

    return so


async def test_columns_of_another_system_are_recognised(admin):
    transfer = await uploaded(admin, FOREIGN.encode())

    assert transfer["mapping"]["columns"] == {
        "number": "Customer ID",
        "name": "Name",
        "sex": "Gender",
        "network": "Network",
    }


async def test_what_is_wrong_alike_is_told_once_with_how_often(tried):
    _, refused = await tried()

    assert refused["report"]["refused"] == 30
    assert [(each["row"], each["column"], each["rows"]) for each in refused["report"]["wrong"]] == [(2, "network", 30)]


async def test_words_of_the_file_are_told_on_the_page_and_the_next_file_of_its_columns_knows_them(tenant, admin, tried):
    here, _ = await tried()
    asks = (await admin.get(here)).text
    words = {"word.network.cable": "two_way", "word.network.none": "off_network"}
    _, done = await tried(how="import", **words)

    again = await uploaded(admin, FOREIGN.encode())
    other = await uploaded(admin, FOREIGN.replace("Network", "Net").encode())
    shown = (await admin.get(f"{CONSOLE}/{again['id']}")).text

    assert ('name="word.network.cable"' in asks, 'name="word.sex.Female"' in asks) == (True, False)
    assert (done["state"], done["report"]["created"]) == ("done", 30)
    found = {
        each["number"]: each for each in (await admin.get("/api/v1/customers", params={"limit": 50})).json()["items"]
    }
    assert {found[number]["fields"]["network"] for number in ("F1", "F2")} == {"two_way"}
    assert (found["F3"]["fields"]["network"], found["F3"]["kind"], found["F3"]["sex"]) == (
        "off_network",
        "leader",
        "female",
    )
    assert again["mapping"]["values"]["network"]["map"] == {"cable": "two_way", "none": "off_network"}
    assert again["mapping"]["constants"] == {"kind": "leader"}
    assert '<option value="off_network" selected>' in shown
    assert other["mapping"]["values"] == {}


async def test_what_the_page_does_not_ask_stays_of_the_mapping(tenant, admin):
    content = "NO,name,left\nF1,王伟,no\nF2,李娜,yes\n".encode()
    transfer = await uploaded(admin, content)
    mapping = {"columns": {"name": "name"}, "templates": {"number": {"text": "K{NO}"}}, "skip": {"left": ["yes"]}}
    await ran(tenant, admin, transfer, mapping=mapping)

    await admin.post(
        f"{CONSOLE}/{transfer['id']}/runs", data={"field.name": "name", "field.kind": "=leader", "how": "import"}
    )
    await work_off(tenant, kind="run_transfer")

    assert await numbers(admin) == ["KF1"]


async def test_words_of_a_wrong_column_are_not_shown(admin, tried):
    many = "Customer ID,Name,Network\n" + "".join(
        f"F{number},客户{number},1380013{number:04}\n" for number in range(40)
    )
    here, refused = await tried(many)

    page = (await admin.get(here)).text

    assert refused["state"] == "refused"
    assert ('name="word.network' in page, "13800130007" in page) == (False, False)


async def test_words_of_somebody_else_s_file_are_not_shown_and_a_look_is_on_record(tenant, admin, tried):
    here, _ = await tried()
    other = await tenant.staff("other", "tenant_admin")

    theirs = (await other.get(here)).text
    async with tenant.scope():
        before = await fetch_value("select count(*) from audit_entry where action = 'transfer.fetch'")
    own = (await admin.get(here)).text
    async with tenant.scope():
        after = await fetch_value("select count(*) from audit_entry where action = 'transfer.fetch'")

    assert ("word.network.cable" in theirs, "word.network.cable" in own) == (False, True)
    assert (before, after) == (0, 1)


async def test_a_heading_in_the_reader_s_words_is_recognised_as_a_longer_form_of_the_field(admin):
    content = "客户编号,姓名,类别,手机,生日\nDK1,王伟,leader,13800138000,1970-01-01".encode()
    sent = {"kind": "customers", "file_name": "a.csv", "content": base64.b64encode(content).decode()}
    await admin.post("/console/imports", data=sent, headers={"Accept-Language": "zh-CN"})
    (transfer,) = (await admin.get(PATH)).json()["items"]

    page = (await admin.get(f"/console/imports/{transfer['id']}", headers={"Accept-Language": "zh-CN"})).text

    selects = page.split('name="field.')[1:]
    chosen = {
        part.split('"')[0]: re.findall(r'<option value="([^"]*)" selected', part.split("</select>")[0])
        for part in selects
    }
    assert {name: columns for name, columns in chosen.items() if columns} == {
        "number": ["客户编号"],
        "name": ["姓名"],
        "kind": ["类别"],
        "mobile": ["手机"],
        "birthday": ["生日"],
    }
