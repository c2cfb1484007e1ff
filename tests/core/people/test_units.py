"""Org units by API and page: renamed, moved and dissolved, with who sees more or less and what goes where said before."""

import pytest

UNITS, PAGES = "/api/v1/org-units", "/console/units"


@pytest.fixture
async def admin(tenant):
    admin = await tenant.staff("admin", "tenant_admin")
    admin.headers["Accept-Language"] = "zh-CN"
    return admin


@pytest.fixture
async def outlets(tenant):
    """Two branches, an outlet under the first."""
    for code, parent in (("north", "head-office"), ("south", "head-office"), ("east", "north")):
        await tenant.unit(code, parent)
    return tenant.units


async def opened(client, unit, **more):
    body = {"number": "K1", "kind": "leader", "name": "王伟", "org_unit_id": str(unit), **more}
    answer = await client.post("/api/v1/customers", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def recorded(tenant, action):
    client = await tenant.client()
    return (await client.get("/api/v1/audit-entries", params={"action": action})).json()["items"]


async def test_a_unit_has_another_name_and_it_is_on_record(tenant, admin, outlets):
    path = f"{UNITS}/{outlets['east']}"

    changed = await admin.patch(path, json={"name": "东城营业厅"})

    assert (changed.status_code, changed.json()["name"], changed.json()["code"]) == (200, "东城营业厅", "east")
    assert [entry["purpose"] for entry in await recorded(tenant, "org_unit.rename")] == ["east → 东城营业厅"]
    auditor = await tenant.staff("auditor", "auditor")
    assert "east → 东城营业厅" in (await auditor.get("/console/rights")).text


async def test_moving_a_unit_moves_who_sees_its_customers(tenant, client, admin, outlets):
    north = await tenant.staff("north", "manager", unit="north")
    south = await tenant.staff("south", "manager", unit="south")
    customer = await opened(client, outlets["east"])
    path = f"{UNITS}/{outlets['east']}"

    preview = (await admin.get(f"{path}/move", params={"parent": "south"})).json()
    before = [(await one.get(f"/api/v1/customers/{customer}")).status_code for one in (north, south)]
    moved = await admin.patch(path, json={"parent": "south"})
    after = [(await one.get(f"/api/v1/customers/{customer}")).status_code for one in (north, south)]

    assert (preview["gains"], preview["loses"], preview["blinded"]) == (["south"], ["north"], [])
    assert (moved.status_code, moved.json()["parent_id"]) == (200, str(outlets["south"]))
    assert (before, after) == ([200, 404], [404, 200])
    assert [entry["purpose"] for entry in await recorded(tenant, "org_unit.move")] == ["north → south"]


async def test_nobody_loses_sight_of_what_they_answer_for_by_a_move(tenant, client, admin, outlets):
    north = await tenant.staff("north", "manager", unit="north")
    customer = await opened(client, outlets["east"], account_manager_id=str(north.staff_id))
    complaint = {"customer_id": customer, "text": "没有信号", "channel": "phone"}
    assert (await north.post("/api/v1/complaints", json=complaint)).status_code == 201
    path = f"{UNITS}/{outlets['east']}"

    preview = (await admin.get(f"{path}/move", params={"parent": "south"})).json()
    refused = await admin.patch(path, json={"parent": "south"})
    page = await admin.get(f"{PAGES}/{outlets['east']}/moving", params={"parent_id": str(outlets["south"])})

    assert [(one["staff_name"], one["work"][0]) for one in preview["blinded"]] == [
        ("north", {"what": "customers", "count": 1})
    ]
    assert (refused.status_code, refused.json()["type"].rsplit("/", 1)[-1]) == (409, "has-open-work")
    assert "north：客户 1" in page.text
    assert "do/move" not in page.text
    assert (await north.get(f"/api/v1/customers/{customer}")).status_code == 200


@pytest.mark.parametrize(
    ("unit", "parent"), [("north", "east"), ("north", "north"), ("east", "nowhere"), ("head-office", "north")]
)
async def test_a_unit_comes_under_none_below_it_and_the_head_office_under_none(admin, outlets, unit, parent):
    ids = {one["code"]: one["id"] for one in (await admin.get(UNITS)).json()}

    refused = await admin.patch(f"{UNITS}/{ids[unit]}", json={"parent": parent})

    assert (refused.status_code, [error["field"] for error in refused.json()["errors"]]) == (422, ["parent"])


async def test_what_would_go_is_said_before_a_unit_is_dissolved(tenant, client, admin, outlets):
    agent = await tenant.staff("agent", "account_manager", unit="east")
    await opened(client, outlets["east"], account_manager_id=str(agent.staff_id))
    await tenant.key("customers:read", org_unit_id=outlets["east"])
    path = f"{UNITS}/{outlets['east']}/dissolution"

    bare = (await admin.get(path)).json()
    asked = (await admin.get(path, params={"successor_id": str(outlets["south"])})).json()
    itself = (await admin.get(path, params={"successor_id": str(outlets["east"])})).json()

    counts = ("customers", "unseen", "staff", "units", "keys", "leader_name")
    assert [bare[name] for name in counts] == [1, 0, 1, 0, 1, ""]
    assert [asked[name] for name in counts] == [1, 1, 1, 0, 1, ""]
    assert (bare["hinders"], asked["hinders"]) == ("", "")
    assert itself["hinders"] == "another org unit, not below the one that is dissolved"


async def test_an_outlets_admin_changes_nothing_beyond_it(tenant, outlets):
    local = await tenant.staff("local", "tenant_admin", unit="north")
    east, south = f"{UNITS}/{outlets['east']}", f"{UNITS}/{outlets['south']}"

    answers = [
        await local.patch(south, json={"name": "x"}),
        await local.patch(east, json={"parent": "south"}),
        await local.get(f"{south}/dissolution"),
        await local.get(f"{south}/move"),
        await local.patch(east, json={"name": "东"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403, 403, 200]
    assert (await local.get(f"{PAGES}/{outlets['south']}")).status_code == 404
    assert "south" not in (await local.get(PAGES)).text


async def test_by_page_the_tree_grows_and_a_unit_is_dissolved_into_another(tenant, admin, outlets):
    north, east = f"{PAGES}/{outlets['north']}", f"{PAGES}/{outlets['east']}"
    await tenant.staff("agent", "agent", unit="east")

    tree = (await admin.get(PAGES)).text
    taken = await admin.post(f"{north}/do/open", data={"name": "西城营业厅", "code": "east"})
    spelled = await admin.post(f"{north}/do/open", data={"name": "西城营业厅", "code": "西"})
    made = await admin.post(f"{north}/do/open", data={"name": "西城营业厅", "code": "west"})
    renamed = await admin.post(f"{north}/do/rename", data={"name": "北区分行"})
    dissolving = (await admin.get(f"{east}/dissolving?successor_id={outlets['south']}")).text
    form = (await admin.get(f"{east}/do/dissolve?successor_id={outlets['south']}")).text
    gone = await admin.post(f"{east}/do/dissolve", data={"successor_id": str(outlets["south"]), "reason": "合并"})
    again = await admin.post(f"{east}/do/dissolve", data={"successor_id": str(outlets["south"])})

    assert ("含下级人员" in tree, tree.index("north") < tree.index("east") < tree.index("south")) == (True, True)
    assert (taken.status_code, "已有机构在用" in taken.text, spelled.status_code) == (422, True, 422)
    assert (made.status_code, renamed.status_code) == (200, 200)
    assert ("撤销机构" in dissolving, str(outlets["south"]) in form) == (True, True)
    assert (gone.status_code, again.status_code) == (200, 409)
    after = (await admin.get(PAGES)).text
    assert ("西城营业厅" in after, "北区分行" in after, "已撤销 1 个机构" in after) == (True, True, True)
    assert {one["login"]: one["org_unit_id"] for one in (await admin.get("/api/v1/staff")).json()}["agent"] == str(
        outlets["south"]
    )
