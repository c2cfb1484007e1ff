"""Material given, partner merchants, duty shifts, scarce offers and qualifications come from files (S07-31, S06-6, S14-9, S01-6, S10-9): tried,
whole, once, and only one's own."""

import base64
import io
from datetime import UTC, datetime

import pytest
from acting import acting
from openpyxl import Workbook
from running import work_off

from guibin.policies.queries import effective_policy
from guibin.spreadsheets.importing import BadRows
from guibin.spreadsheets.mapping import Mapping
from guibin.transfers.kinds import KINDS
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import Forbidden
from guibin_tenants.scope import fetch, tenant_scope
from guibin_tenants.tables import new_id
from support import company_of

PATH, EXPORTS = "/api/v1/imports", "/api/v1/exports"
MORNING = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
FILES = {
    "materials": (
        ("客户编号", "资料", "份数", "场合", "备注", "发放日期"),
        ("K1", "service_guide", "2", "visit", "随拜访", "2026-02-20"),
        ("K2", "service_guide", "1", "counter", "", "2026/2/21"),
    ),
    "merchants": (
        ("代码", "姓名或名称", "合作开始", "合作终止"),
        ("yangguang", "阳光超市", "2026-01-01", ""),
        ("laozihao", "老字号", "2025-01-01", "2026-02-01"),
    ),
    "shifts": (
        ("机构代码", "值班岗位", "工号", "上班时间", "下班时间", "呼叫次序"),
        ("east", "on_call", "clerk", "2026-03-06 18:00", "2026-03-07 08:30", "1"),
        ("east", "on_call", "clerk", "2026-03-07T18:00:00+08:00", "2026-03-08 08:30", ""),
    ),
    "offers": (
        ("名称", "主题", "份数", "每位限购", "价格", "币种", "开放时间", "结束时间", "内容"),
        (
            "限量机顶盒",
            "set_top_boxes",
            "100",
            "2",
            "1280.50",
            "CNY",
            "2026-03-10 10:00",
            "2026-03-20 18:00",
            "周年纪念版",
        ),
        ("首映席位", "", "30", "", "", "", "2026-03-12T02:00:00+00:00", "2026/03/13 10:00", ""),
    ),
    "qualifications": (
        ("工号", "资质", "取得日期", "有效期至", "证书编号", "备注"),
        ("clerk", "service_training", "2026-02-01", "2026-12-31", "PX-01", "集中培训"),
        ("weaver", "service_training", "2026/2/2", "", "", ""),
    ),
}
FIELDS = {
    "materials": ("customer_number", "material", "quantity", "occasion", "note", "given_on"),
    "merchants": ("code", "name", "since_on", "until_on"),
    "shifts": ("unit", "duty", "staff", "from_at", "until_at", "call_order"),
    "offers": (
        "title",
        "topic",
        "quantity",
        "per_customer",
        "price",
        "currency",
        "opens_at",
        "closes_at",
        "text",
    ),
    "qualifications": ("staff", "qualification", "obtained_on", "valid_until", "certificate", "note"),
}
LISTS = {
    "materials": "materials-given",
    "merchants": "merchants",
    "shifts": "duty-shifts",
    "offers": "offers",
    "qualifications": "qualification-records",
}


@pytest.fixture
async def house(tenant, client, clock):
    """Two outlets, each with a customer, a clerk and a roster; a key that imports."""
    clock.set(MORNING)
    clerks = {}
    for unit, number in (("east", "K1"), ("west", "K2")):
        unit_id = str(await tenant.unit(unit))
        clerks[unit] = await tenant.staff("clerk" if unit == "east" else "weaver", "agent", unit=unit)
        made = [
            await client.post(
                "/api/v1/customers", json={"number": number, "name": "王伟", "kind": "leader", "org_unit_id": unit_id}
            ),
            await client.post("/api/v1/duty-rosters", json={"org_unit_id": unit_id, "duty": "on_call"}),
        ]
        assert [answer.status_code for answer in made] == [201, 201], [answer.text for answer in made]
    return await tenant.staff("admin", "tenant_admin")


def workbook(lines):
    book, content = Workbook(), io.BytesIO()
    for line in lines:
        book.active.append(line)
    book.save(content)
    return content.getvalue()


def text(lines):
    return "\n".join(",".join(line) for line in lines).encode("gb18030")


async def imported(tenant, admin, kind, name, content, *, dry_run=False):
    sent = {"kind": kind, "file_name": name, "content": base64.b64encode(content).decode()}
    taken = await admin.post(PATH, json=sent)
    assert taken.status_code == 201, taken.text
    heading = FILES[kind][0]
    mapping = {"columns": dict(zip(FIELDS[kind], heading, strict=True))}
    answer = await admin.post(f"{PATH}/{taken.json()['id']}/runs", json={"mapping": mapping, "dry_run": dry_run})
    assert answer.status_code == 202, answer.text
    await work_off(tenant, kind="run_transfer")
    shown = (await admin.get(f"{PATH}/{taken.json()['id']}")).json()
    return shown["state"], {name: shown["report"][name] for name in ("created", "updated", "unchanged")}


async def listed(admin, kind):
    return (await admin.get(f"/api/v1/{LISTS[kind]}")).json()["items"]


@pytest.mark.rule("S07-31", "S06-6", "S14-9", "S01-6", "S10-9")
@pytest.mark.parametrize("kind", sorted(FILES))
async def test_a_file_is_tried_then_imported_and_changes_nothing_when_it_comes_again(tenant, house, kind):
    book, plain = workbook(FILES[kind]), text(FILES[kind])

    tried = await imported(tenant, house, kind, "a.xlsx", book, dry_run=True)
    untouched = await listed(house, kind)
    done = await imported(tenant, house, kind, "a.xlsx", book)
    again = await imported(tenant, house, kind, "a.csv", plain)

    new, same = {"created": 2, "updated": 0, "unchanged": 0}, {"created": 0, "updated": 0, "unchanged": 2}
    assert (tried, untouched, done, again) == (("done", new), [], ("done", new), ("done", same))
    assert len(await listed(house, kind)) == 2


@pytest.mark.rule("S14-9")
async def test_imported_shifts_are_told_once_to_whoever_has_them_and_a_trial_tells_nobody(tenant, house):
    async def told():
        async with tenant.scope():
            rows = await fetch(
                "select s.name from staff_notice n join staff s on s.tenant_id = n.tenant_id and s.id = n.staff_id"
                " where n.kind = 'duty_planned'"
            )
        return [row["name"] for row in rows]

    await imported(tenant, house, "shifts", "a.xlsx", workbook(FILES["shifts"]), dry_run=True)
    tried = await told()
    await imported(tenant, house, "shifts", "a.xlsx", workbook(FILES["shifts"]))

    assert (tried, await told()) == ([], ["clerk"])
    assert [(one["from_at"], one["position"]) for one in await listed(house, "shifts")] == [
        ("2026-03-06T10:00:00Z", 1),
        ("2026-03-07T10:00:00Z", 1),
    ]


async def test_what_the_action_refuses_stands_beside_its_row_also_in_a_trial(tenant, house):
    clash = ("east", "on_call", "clerk", "2026-03-07 06:00", "2026-03-07 12:00", "2")
    sent = {
        "kind": "shifts",
        "file_name": "a.csv",
        "content": base64.b64encode(text([*FILES["shifts"], clash])).decode(),
    }
    taken = (await house.post(PATH, json=sent)).json()
    mapping = {"columns": dict(zip(FIELDS["shifts"], FILES["shifts"][0], strict=True))}
    await house.post(f"{PATH}/{taken['id']}/runs", json={"mapping": mapping, "dry_run": True})
    await work_off(tenant, kind="run_transfer")

    shown = (await house.get(f"{PATH}/{taken['id']}")).json()

    assert (shown["state"], [(one["row"], one["column"]) for one in shown["report"]["wrong"]]) == (
        "refused",
        [(4, "from_at")],
    )
    assert await listed(house, "shifts") == []


async def test_what_is_held_otherwise_stays_and_is_said(tenant, house):
    for kind in FILES:
        await imported(tenant, house, kind, "a.csv", text(FILES[kind]))
    changed = {
        "materials": ("K1", "service_guide", "5", "visit", "随拜访", "2026-02-20"),
        "merchants": ("yangguang", "日光超市", "2026-01-01", ""),
        "shifts": ("east", "on_call", "clerk", "2026-03-06 18:00", "2026-03-07 09:30", "1"),
        "offers": ("限量机顶盒", "", "90", "2", '"1,280.50"', "CNY", "2026-03-10 10:00", "2026-03-20 18:00", ""),
        "qualifications": ("clerk", "service_training", "2026-02-01", "", "PX-02", ""),
    }
    before = {kind: await listed(house, kind) for kind in FILES}

    done = {kind: await imported(tenant, house, kind, "b.csv", text([FILES[kind][0], changed[kind]])) for kind in FILES}

    nothing = ("done", {"created": 0, "updated": 0, "unchanged": 0})
    assert done == dict.fromkeys(FILES, nothing)
    assert {kind: await listed(house, kind) for kind in FILES} == before


@pytest.mark.rule("S06-6")
async def test_a_file_ends_a_partnership(tenant, house):
    await imported(tenant, house, "merchants", "a.csv", text(FILES["merchants"]))
    over = ("yangguang", "阳光超市", "2026-01-01", "2026-03-01")

    done = await imported(tenant, house, "merchants", "b.csv", text([FILES["merchants"][0], over]))

    assert done == ("done", {"created": 0, "updated": 1, "unchanged": 0})
    assert {one["code"]: one["until_on"] for one in await listed(house, "merchants")} == {
        "laozihao": "2026-02-01",
        "yangguang": "2026-03-01",
    }


@pytest.mark.rule("S01-6")
async def test_what_a_file_offers_opens_to_tiers_in_order_and_is_sold_once(tenant, house):
    await imported(tenant, house, "offers", "a.csv", text(FILES["offers"]))

    seats, boxes = await listed(house, "offers")

    assert (boxes["quantity"], boxes["per_customer"], boxes["price"], boxes["topic"], boxes["text"]) == (
        100,
        2,
        {"amount": "1280.50", "currency": "CNY"},
        "set_top_boxes",
        "周年纪念版",
    )
    assert [(one["tier"], one["opens_at"]) for one in boxes["openings"]] == [
        ("key", "2026-03-07T02:00:00Z"),
        ("important", "2026-03-08T02:00:00Z"),
        ("standard", "2026-03-09T02:00:00Z"),
        (None, "2026-03-10T02:00:00Z"),
    ]
    assert (seats["per_customer"], seats["price"]["amount"], seats["closes_at"]) == (1, "0.00", "2026-03-13T02:00:00Z")


async def test_an_offer_that_the_api_would_refuse_is_refused_beside_its_cell(tenant, house):
    good = FILES["offers"][1]
    over = ("过期", *good[1:6], "2026-02-01 10:00", "2026-03-01 10:00", "")
    strange = ("别的主题", "sauna", *good[2:])
    money = ("别的币种", "", "5", "1", "10", "yen", *good[6:])
    heading = ("title", "topic", "quantity", "per_customer", "price", "currency", "opens_at", "closes_at", "text")
    sent = text([heading, good, over, strange, money])

    taken = await house.post(
        PATH, json={"kind": "offers", "file_name": "a.csv", "content": base64.b64encode(sent).decode()}
    )
    await house.post(f"{PATH}/{taken.json()['id']}/runs", json={"dry_run": True})
    await work_off(tenant, kind="run_transfer")

    shown = (await house.get(f"{PATH}/{taken.json()['id']}")).json()
    assert (shown["state"], [(one["row"], one["column"]) for one in shown["report"]["wrong"]]) == (
        "refused",
        [(3, "closes_at"), (4, "topic"), (5, "currency")],
    )
    assert await listed(house, "offers") == []


@pytest.mark.rule("S10-9")
async def test_whoever_stands_in_a_file_of_qualifications_is_told_and_owes_no_training(tenant, house):
    own = await tenant.staff("own", "account_manager", unit="east")
    before = (await own.get("/api/v1/qualifications")).json()["items"][0]["state"]
    line = ("own", "service_training", "2026-02-01", "", "", "")
    for dry_run in (True, False):
        await imported(
            tenant, house, "qualifications", "a.csv", text([FILES["qualifications"][0], line]), dry_run=dry_run
        )

    async with tenant.scope():
        told = await fetch("select count(*) from staff_notice where kind = 'qualification_recorded'")
    assert (before, (await own.get("/api/v1/qualifications")).json()["items"][0]["state"]) == ("missing", "valid")
    assert [row["count"] for row in told] == [1]


@pytest.mark.parametrize("kind", sorted(FILES))
async def test_what_goes_out_comes_in_again(tenant, house, kind):
    await imported(tenant, house, kind, "a.csv", text(FILES[kind]))
    asked = await house.post(
        EXPORTS, json={"kind": kind, "format": "csv", "purpose": "年度核对", "leaves_to": "nobody"}
    )
    assert asked.status_code == 202, asked.text
    await work_off(tenant, kind="run_transfer")
    file = await house.get(f"{EXPORTS}/{asked.json()['id']}/file")

    sent = {"kind": kind, "file_name": "a.csv", "content": base64.b64encode(file.content).decode()}
    taken = (await house.post(PATH, json=sent)).json()
    await house.post(f"{PATH}/{taken['id']}/runs", json={"dry_run": False})
    await work_off(tenant, kind="run_transfer")

    report = (await house.get(f"{PATH}/{taken['id']}")).json()["report"]
    assert (report["created"], report["updated"], report["unchanged"], report["differing"]) == (0, 0, 2, 0)


@pytest.mark.rule("S02-6")
async def test_an_outlets_importer_writes_its_own_alone(world, tenant, house, tmp_path):
    unit = tenant.units["east"]
    permissions = frozenset({"customers:import", "records:write", "team:write", "facts:write", "campaigns:write"})
    by = Principal(
        kind="staff",
        id=new_id(),
        name="东区",
        roles=("manager",),
        permissions=permissions,
        org_unit_id=unit,
        units=(unit,),
    )
    policy = await effective_policy(world.packs, company_of(tenant), at=world.clock())
    act = acting(by=by, now=world.clock(), policy=policy)
    lines = {
        "materials": (FIELDS["materials"], *FILES["materials"][1:]),
        "shifts": (
            FIELDS["shifts"],
            FILES["shifts"][1],
            ("west", "on_call", "weaver", "2026-03-06 18:00", "2026-03-07 08:30", "1"),
        ),
        "qualifications": (FIELDS["qualifications"], *FILES["qualifications"][1:]),
    }
    wrong = {}
    async with tenant_scope(tenant.id, units=(unit,)):
        for kind, sent in lines.items():
            file = tmp_path / f"{kind}.csv"
            file.write_bytes(text(sent))
            with pytest.raises(BadRows) as refused:
                await KINDS[kind].take_in(file, Mapping(encoding="gb18030"), act)
            wrong[kind] = [(one.row, one.column) for one in refused.value.problems]
            file.write_bytes(text(sent[:2]))
            assert (await KINDS[kind].take_in(file, Mapping(encoding="gb18030"), act)).created == 1
        for kind in ("merchants", "offers"):
            file = tmp_path / f"{kind}.csv"
            file.write_bytes(text((FIELDS[kind], *FILES[kind][1:])))
            with pytest.raises(Forbidden):
                await KINDS[kind].take_in(file, Mapping(encoding="gb18030"), act)

    assert wrong == {"materials": [(3, "customer_number")], "shifts": [(3, "unit")], "qualifications": [(3, "staff")]}
    assert {kind: len(await listed(house, kind)) for kind in FILES} == {
        "materials": 1,
        "shifts": 1,
        "qualifications": 1,
        "merchants": 0,
        "offers": 0,
    }
