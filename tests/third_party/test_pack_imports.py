"""A pack's own rows from and to files: through API, pages and command line as the core's kinds, for companies that have the pack."""

import base64
import contextlib
import io
import re

import asyncpg
import pytest
from acting import acting
from desk import open_desk
from openpyxl import load_workbook
from running import work_off

from guibin.cli import data, environment
from guibin.cli.environment import Session, operator
from guibin.context import Company
from guibin_tenants import registry
from guibin_tenants.scope import fetch, fetch_value

KIND = "airline_lounge.stays"
IMPORTS, EXPORTS, STAYS = "/api/v1/imports", "/api/v1/exports", "/api/v1/packs/airline_lounge/stays"
FILE = "customer_number,Lounge,wish\n1,T2,靠窗\n2,T1,\n"


@pytest.fixture
async def desk(world):
    desk = await open_desk(world, "airline_lounge")
    for number in ("1", "2"):
        await desk.customer(number, "flyer")
    return desk


async def sent(client, text=FILE):
    body = {"kind": KIND, "file_name": "在室.csv", "content": base64.b64encode(text.encode()).decode()}
    return await client.post(IMPORTS, json=body)


async def ran(desk, client, text=FILE, *, dry_run=False):
    answer = await sent(client, text)
    assert answer.status_code == 201, answer.text
    address = f"{IMPORTS}/{answer.json()['id']}"
    begun = await client.post(f"{address}/runs", json={"dry_run": dry_run})
    assert begun.status_code == 202, begun.text
    await work_off(desk.tenant, kind="run_transfer")
    return (await client.get(address)).json()


async def inside(desk):
    async with desk.tenant.scope():
        rows = await fetch(
            "select c.number, s.lounge, s.wish from airline_lounge_stay s join customer c on c.tenant_id = s.tenant_id"
            " and c.id = s.customer_id order by c.number"
        )
    return [tuple(row) for row in rows]


async def test_a_trial_writes_nothing_and_the_import_goes_through_the_packs_own_function(desk):
    tried = await ran(desk, desk.client, dry_run=True)
    before = await inside(desk)
    done = await ran(desk, desk.client)

    assert (tried["state"], tried["report"]["created"], tried["mapping"]["columns"]["lounge"]) == ("done", 2, "Lounge")
    assert before == []
    assert (done["state"], done["report"]["created"]) == ("done", 2), done
    assert await inside(desk) == [("1", "T2", "靠窗"), ("2", "T1", "")]
    async with desk.tenant.scope():
        entered = await fetch_value("select count(*) from audit_entry where action = 'stay.enter'")
        entries = await fetch(
            "select action, actor_name from audit_entry where action in ('stay.enter', 'pack_rows.import')"
        )
    assert entered == 2  # a trial is taken back whole
    assert sorted(row["action"] for row in entries) == ["pack_rows.import"] * 2 + ["stay.enter"] * 2


async def test_what_is_wrong_stands_at_its_cell_and_nothing_is_imported(desk):
    wrong = "customer_number,lounge,wish\n1,T2,\n9,T1,\n2,,\n1,T1,\n"
    refused = await ran(desk, desk.client, wrong)
    again = await ran(desk, desk.client, "customer_number,lounge\n2,T1\n1,T1\n1,T2\n")
    sheets = [
        load_workbook(io.BytesIO((await desk.client.get(f"{IMPORTS}/{one['id']}/refused-rows")).content)).active
        for one in (refused, again)
    ]

    assert (refused["state"], again["state"], await inside(desk)) == ("refused", "refused", [])
    cells = [[tuple(cell.value for cell in row[1:4]) for row in list(sheet)[1:]] for sheet in sheets]
    assert cells == [
        [("3", "客户编号（customer_number）", "9"), ("4", "休息室（lounge）", "")],
        [("4", "客户编号（customer_number）", "1")],
    ]
    assert "already" in list(sheets[1])[1][4].value


async def test_what_is_wrong_with_rows_is_answered_in_the_language_of_whoever_asks(desk):
    refused = await ran(desk, desk.client, "customer_number,lounge\n9,T1\n2,\n")
    address = f"{IMPORTS}/{refused['id']}"
    zh, en = [
        [(await desk.client.get(one, headers={"Accept-Language": language})).json() for one in (address, IMPORTS)]
        for language in ("zh-CN", "en")
    ]
    told = [[each["reason"] for each in one["report"]["wrong"]] for one in (zh[0], zh[1]["items"][0], en[0])]

    assert len(told[0]) == 2
    assert [reason for reasons in told[:2] for reason in reasons if not re.search("[\u4e00-\u9fff]", reason)] == []
    assert [reason for reason in told[2] if re.search("[\u4e00-\u9fff]", reason)] == []


async def test_a_company_without_the_pack_is_refused_by_name(world, desk):
    other = await open_desk(world)
    why = {"purpose": "年度核对", "leaves_to": "nobody"}

    answers = [await sent(other.client), await other.client.post(EXPORTS, json={"kind": KIND, **why})]

    wrong = [(one.status_code, one.json()["errors"][0]["field"], one.json()["errors"][0]["value"]) for one in answers]
    assert wrong == [(422, "kind", KIND)] * 2
    assert "customers" in answers[0].json()["errors"][0]["fix"]


async def test_a_customer_of_another_company_is_nobody(world, desk):
    other = await open_desk(world, "airline_lounge")
    await other.customer("77", "flyer")

    refused = await ran(desk, desk.client, "customer_number,lounge\n77,T2\n")

    assert (refused["state"], refused["report"]["wrong"][0]["column"]) == ("refused", "customer_number")
    assert (await inside(desk), await inside(other)) == ([], [])


async def test_it_needs_what_the_pack_asks_for(world, desk):
    admin, auditor = [await desk.tenant.staff(f"{role}-1", role) for role in ("tenant_admin", "auditor")]
    key = await desk.tenant.client("customers:import", "customers:read")
    page = (await admin.get("/console/imports")).text

    done = await ran(desk, admin)
    refused = [await sent(key), await sent(auditor)]

    assert (done["state"], [one.status_code for one in refused]) == ("done", [403, 403])
    assert "airline_lounge:seats" in refused[0].json()["detail"]
    assert f'value="{KIND}">在室旅客' in page


async def test_the_page_asks_which_column_is_which_in_the_packs_words(desk):
    admin = await desk.tenant.staff("admin-1", "tenant_admin")
    transfer = (await sent(admin)).json()

    shown = await admin.get(f"/console/imports/{transfer['id']}")
    listed = await admin.get("/console/imports")

    assert (shown.status_code, listed.status_code) == (200, 200)
    assert [word for word in ("在室旅客", "休息室", "愿望", "客户编号") if word not in shown.text] == []
    assert re.search(r"<td>在室旅客</td>", listed.text)


async def test_a_file_waits_in_vain_when_the_pack_is_gone_and_its_page_stands(world, desk):
    connection = await asyncpg.connect(world.owner_url)
    await registry.allow_packs(connection, desk.tenant.view.slug, ("airline_lounge",))
    await connection.close()
    admin = await desk.tenant.staff("admin-1", "tenant_admin")
    transfer = (await sent(admin)).json()
    await admin.post(f"{IMPORTS}/{transfer['id']}/runs", json={"dry_run": False})

    ended = await admin.post("/api/v1/enabled-packs/airline_lounge/ending", json={})
    await work_off(desk.tenant, kind="run_transfer")
    page = await admin.get(f"/console/imports/{transfer['id']}")
    shown = (await admin.get(f"{IMPORTS}/{transfer['id']}")).json()

    assert ended.status_code == 200, ended.text
    assert (shown["state"], shown["report"]["wrong"][0]["column"], page.status_code) == ("refused", "kind", 200)
    assert await inside(desk) == []


async def test_an_export_has_what_the_pack_gives_and_comes_back(desk):
    admin = await desk.tenant.staff("admin-1", "tenant_admin")
    await ran(desk, desk.client)

    asked = await admin.post(
        EXPORTS, json={"kind": KIND, "format": "csv", "purpose": "年度核对", "leaves_to": "nobody"}
    )
    await work_off(desk.tenant, kind="run_transfer")
    file = await admin.get(f"{EXPORTS}/{asked.json()['id']}/file")
    async with desk.tenant.scope():
        await fetch("update airline_lounge_stay set left_at = now() returning id")
    back = await ran(desk, desk.client, file.content.decode("utf-8-sig"))

    assert file.content.decode("utf-8-sig").splitlines() == ["customer_number,lounge,wish", "1,T2,靠窗", "2,T1,"]
    assert (back["state"], back["report"]["created"]) == ("done", 2)


async def test_the_command_line_takes_the_same_file(desk, world, tmp_path, monkeypatch, capsys):
    view = desk.tenant.view
    company = Company(view.id, view.slug, view.packs, view.time_zone, view.language, view.simulated)

    @contextlib.asynccontextmanager
    async def opened(slug, *, changes=False):
        async with desk.tenant.scope():
            hooks = world.packs.hooks_of(view.packs)
            yield Session(acting(by=operator(), now=world.clock(), company=company, hooks=hooks), world.packs, view)

    monkeypatch.setattr(environment, "inside", opened)
    file = tmp_path / "stays.csv"
    file.write_text(FILE.replace("Lounge", "lounge"))

    await data.columns(view.slug, KIND)
    await data.import_(view.slug, KIND, file, dry_run=True)
    before = await inside(desk)
    await data.import_(view.slug, KIND, file)

    said = capsys.readouterr().out
    assert "customer_number, lounge, wish" in said
    assert (before, len(await inside(desk))) == ([], 2)
    assert "2 would be created" in said
