"""Somebody leaves, an outlet is dissolved, a customer moves: nothing is orphaned, and the walls hold (S05-3, S12-4)."""

import pytest

from guibin_tenants.scope import fetch, fetch_value
from support import PASSWORD

from .test_administration import sign_in


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


@pytest.fixture
async def outlets(tenant):
    """Two outlets under one branch."""
    await tenant.unit("branch")
    await tenant.unit("east", "branch")
    await tenant.unit("west", "branch")
    return tenant.units


async def opened(client, number="K1", **more):
    body = {"number": number, "kind": "leader", "name": "王伟", **more}
    answer = await client.post("/api/v1/customers", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def busy(who, customer):
    """A visit, a complaint, a service request and a question of the customer's, all with `who`."""
    made = {}
    for path, body in {
        "visits": {"planned_at": "2026-03-03T02:00:00Z", "purpose": "走访"},
        "complaints": {"text": "没有信号", "channel": "phone"},
        "service-requests": {"item": "enquiry", "channel": "phone", "text": "咨询"},
    }.items():
        answer = await who.post(f"/api/v1/{path}", json={"customer_id": customer, **body})
        assert answer.status_code == 201, answer.text
        made[path] = answer.json()["id"]
    return made


async def owners(client, made):
    fields = {"visits": "staff_id", "complaints": "owner_id", "service-requests": "owner_id"}
    return {path: (await client.get(f"/api/v1/{path}/{made[path]}")).json()[field] for path, field in fields.items()}


@pytest.mark.rule("S05-3")
async def test_each_customer_has_one_account_manager_and_a_history(tenant, client, outlets):
    one, other = [await tenant.staff(name, "account_manager", unit="east") for name in ("one", "other")]
    customer = await opened(client, org_unit_id=str(outlets["east"]), account_manager_id=str(one.staff_id))
    path = f"/api/v1/customers/{customer}"

    body = {"account_manager_id": str(other.staff_id), "reason": "岗位调整"}
    assert (await client.post(f"{path}/assignment", json=body)).status_code == 201
    assert (await client.post(f"{path}/assignment", json=body)).status_code == 201

    lines = (await client.get(f"{path}/assignments")).json()
    assert [(line["account_manager_name"], line["because"], line["reason"]) for line in lines] == [
        ("other", "assigned", "岗位调整"),
        ("one", "opened", ""),
    ]
    assert (await client.get(path)).json()["account_manager_id"] == str(other.staff_id)


@pytest.mark.rule("S05-3", "S12-4")
@pytest.mark.parametrize(
    ("roles", "unit", "status"),
    [
        (("account_manager",), "east", 201),
        (("account_manager",), "branch", 201),
        (("account_manager",), None, 201),
        (("manager",), "east", 201),
        (("account_manager",), "west", 422),
        (("agent",), "east", 422),
        (("auditor",), "east", 422),
    ],
)
async def test_only_somebody_who_sees_the_outlet_looks_after_its_customers(
    tenant, client, outlets, roles, unit, status
):
    somebody = await tenant.staff("somebody", *roles, unit=unit)
    body = {"number": "K1", "kind": "leader", "name": "王伟", "org_unit_id": str(outlets["east"])}

    answer = await client.post("/api/v1/customers", json=body | {"account_manager_id": str(somebody.staff_id)})

    assert answer.status_code == status, answer.text
    if status == 422:
        assert [error["field"] for error in answer.json()["errors"]] == ["account_manager_id"]


@pytest.mark.rule("S12-4")
async def test_account_managers_of_an_outlet_are_full_or_part_time(admin, outlets):
    body = {
        "login": "li",
        "name": "李",
        "roles": ["account_manager"],
        "password": PASSWORD,
        "org_unit_id": str(outlets["east"]),
    }

    added = (await admin.post("/api/v1/staff", json=body | {"part_time": True})).json()
    changed = await admin.patch(f"/api/v1/staff/{added['id']}", json={"part_time": False})

    assert (added["part_time"], changed.json()["part_time"]) == (True, False)


@pytest.mark.rule("S05-3")
async def test_whoever_leaves_orphans_nobody(tenant, client, admin, outlets):
    leaver = await tenant.staff("leaver", "account_manager", unit="east")
    heir = await tenant.staff("heir", "account_manager", unit="east")
    stranger = await tenant.staff("stranger", "account_manager", unit="west")
    where = {"org_unit_id": str(outlets["east"])}
    customer = await opened(client, account_manager_id=str(leaver.staff_id), **where)
    made = await busy(leaver, customer)
    await client.post(f"/api/v1/customers/{customer}/team", json={"staff_id": str(leaver.staff_id), "part": "deputy"})
    path = f"/api/v1/staff/{leaver.staff_id}/leaving"

    nobody = await admin.post(path, json={})
    elsewhere = await admin.post(path, json={"successor_id": str(stranger.staff_id)})
    themselves = await admin.post(path, json={"successor_id": str(leaver.staff_id)})
    before = await owners(client, made)
    done = await admin.post(path, json={"successor_id": str(heir.staff_id)})

    assert (nobody.status_code, nobody.json()["type"]) == (409, "/problems/has-open-work")
    assert all(
        part in nobody.json()["detail"] for part in ("1 customers", "1 visits", "1 complaints", "1 service requests")
    )
    assert [one.json()["errors"][0]["field"] for one in (elsewhere, themselves)] == ["successor_id"] * 2
    assert set(before.values()) == {str(leaver.staff_id)}
    assert done.status_code == 200, done.text
    assert set((await owners(client, made)).values()) == {str(heir.staff_id)}
    team = (await client.get(f"/api/v1/customers/{customer}/team")).json()
    assert (team["account_manager"]["staff_name"], team["members"]) == ("heir", [])
    lines = (await client.get(f"/api/v1/customers/{customer}/assignments")).json()
    assert [line["because"] for line in lines] == ["handed_over", "opened"]
    async with tenant.scope():
        actions = [
            row["action"]
            for row in await fetch(
                "select action from audit_entry where actor_id = $1 and subject <> 'session'", admin.staff_id
            )
        ]
        assert await fetch_value("select count(*) from complaint_hand_over") == 1
    assert sorted(actions) == ["customer.assign", "staff.hand_over", "staff.leave"]


@pytest.mark.rule("S05-3", "S14-3", "S07-3")
async def test_whoever_leaves_is_with_no_guest_and_at_no_desk(tenant, client, admin, outlets, clock):
    leaver = await tenant.staff("leaver", "account_manager", unit="east")
    heir = await tenant.staff("heir", "account_manager", unit="east")
    customer = await opened(client, org_unit_id=str(outlets["east"]))
    visit = {"customer_id": customer, "source": "集团办公室", "text": "参观", "arrives_at": "2026-03-09T02:00:00Z"}
    reception = (await client.post("/api/v1/receptions", json=visit)).json()
    confirmed = await client.post(f"/api/v1/receptions/{reception['id']}/confirmation", json={})
    assert confirmed.status_code == 201, confirmed.text
    assigned = await client.post(
        f"/api/v1/receptions/{reception['id']}/assignments", json={"staff_id": str(leaver.staff_id)}
    )
    assert assigned.status_code == 201, assigned.text
    desk = (await client.post("/api/v1/desks", json={"org_unit_id": str(outlets["east"]), "name": "大客户专席"})).json()
    await client.post(f"/api/v1/desks/{desk['id']}/seats", json={"staff_id": str(leaver.staff_id)})
    path = f"/api/v1/staff/{leaver.staff_id}/leaving"

    refused = await admin.post(path, json={})
    done = await admin.post(path, json={"successor_id": str(heir.staff_id)})

    assert (refused.status_code, "1 receptions" in refused.json()["detail"], done.status_code) == (409, True, 200)
    after = (await client.get(f"/api/v1/receptions/{reception['id']}")).json()
    assert (after["host_id"], after["host_name"]) == (str(heir.staff_id), "heir")
    assert (await client.get(f"/api/v1/desks/{desk['id']}")).json()["staff_ids"] == []
    assert "reception_assigned" in [n["kind"] for n in (await heir.get("/api/v1/notices")).json()["items"]]


@pytest.mark.rule("S05-3", "S02-6")
async def test_nobody_goes_where_they_do_not_see_their_customers(tenant, client, admin, outlets):
    own = await tenant.staff("own", "account_manager", unit="east")
    heir = await tenant.staff("heir", "account_manager", unit="east")
    await opened(client, org_unit_id=str(outlets["east"]), account_manager_id=str(own.staff_id))
    path = f"/api/v1/staff/{own.staff_id}"

    refused = await admin.patch(path, json={"org_unit_id": str(outlets["west"])})
    demoted = await admin.patch(path, json={"roles": ["agent"]})
    up = await admin.patch(path, json={"org_unit_id": str(outlets["branch"])})
    handed = await admin.post(f"{path}/hand-over", json={"successor_id": str(heir.staff_id), "reason": "调岗"})
    moved = await admin.patch(path, json={"org_unit_id": str(outlets["west"])})

    assert (refused.status_code, demoted.status_code, up.status_code) == (409, 409, 200)
    assert handed.json()["work"] == [{"what": "customers", "count": 1}]
    assert moved.status_code == 200


@pytest.mark.rule("S02-6", "S05-3")
async def test_a_customer_moves_with_its_file_and_the_old_outlet_sees_it_no_more(tenant, client, outlets, world):
    east = await tenant.staff("east", "account_manager", unit="east")
    west = await tenant.staff("west", "account_manager", unit="west")
    customer = await opened(client, org_unit_id=str(outlets["east"]), account_manager_id=str(east.staff_id))
    made = await busy(east, customer)
    review = await east.post("/api/v1/customer-reviews", json={"customer_id": customer, "situation": "稳定"})
    path = f"/api/v1/customers/{customer}/assignment"

    from_below = await east.post(path, json={"org_unit_id": str(outlets["west"])})
    unmanaged = await client.post(path, json={"org_unit_id": str(outlets["west"])})
    body = {"org_unit_id": str(outlets["west"]), "account_manager_id": str(west.staff_id), "reason": "迁居"}
    moved = await client.post(path, json=body)

    assert (from_below.status_code, unmanaged.status_code, moved.status_code) == (422, 422, 201)
    assert unmanaged.json()["errors"][0]["field"] == "account_manager_id"
    seen = [f"/api/v1/customers/{customer}", *(f"/api/v1/{what}/{one}" for what, one in made.items())]
    assert {(await east.get(address)).status_code for address in seen} == {404}
    assert {(await west.get(address)).status_code for address in seen} == {200}
    assert (await east.get("/api/v1/customer-reviews")).json()["items"] == []
    assert [one["id"] for one in (await west.get("/api/v1/customer-reviews")).json()["items"]] == [review.json()["id"]]
    assert set((await owners(client, made)).values()) == {str(west.staff_id)}
    async with tenant.scope():
        purpose = await fetch_value("select count(*) from audit_entry where action = 'customer.assign'")
    assert purpose == 1


@pytest.mark.rule("S05-3")
async def test_open_work_of_a_customer_without_account_manager_needs_one_to_move(tenant, client, outlets):
    east = await tenant.staff("east", "agent", unit="east")
    customer = await opened(client, org_unit_id=str(outlets["east"]))
    made = await busy(east, customer)

    answer = await client.post(f"/api/v1/customers/{customer}/assignment", json={"org_unit_id": str(outlets["west"])})

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/nobody-takes-over")
    assert set((await owners(east, made)).values()) == {str(east.staff_id)}


@pytest.mark.rule("S02-6", "S05-3")
async def test_a_dissolved_outlet_hands_over_everything(tenant, client, admin, outlets, world):
    await tenant.unit("counter", "east")
    own = await tenant.staff("own", "account_manager", unit="east")
    lead = await tenant.staff("lead", "manager", unit="west")
    key = await tenant.client("customers:read", org_unit_id=outlets["east"])
    customer = await opened(client, org_unit_id=str(outlets["east"]), account_manager_id=str(own.staff_id))
    made = await busy(own, customer)
    desk = (await client.post("/api/v1/desks", json={"org_unit_id": str(outlets["east"]), "name": "专席"})).json()
    visit = {"customer_id": customer, "source": "办公室", "text": "参观", "arrives_at": "2026-03-09T02:00:00Z"}
    reception = (await client.post("/api/v1/receptions", json=visit | {"venue_id": str(outlets["east"])})).json()
    task = {"task": "green_channel", "text": "请抢修", "owner_id": str(own.staff_id)}
    request = await lead.post("/api/v1/department-requests", json=task | {"to_unit_id": str(outlets["east"])})
    path = f"/api/v1/org-units/{outlets['east']}/dissolution"
    body = {"successor_id": str(outlets["west"]), "reason": "网点合并"}

    below = await admin.post(path, json=body | {"successor_id": str(tenant.units["counter"])})
    done = await admin.post(path, json=body)
    again = await admin.post(path, json=body)

    assert (below.status_code, done.status_code, again.status_code) == (422, 200, 409)
    assert {name: done.json()[name] for name in ("customers", "staff", "units", "keys_revoked")} == {
        "customers": 1,
        "staff": 1,
        "units": 1,
        "keys_revoked": 1,
    }
    assert (await key.get("/api/v1/customers")).status_code == 401
    # The account manager went along and sees the customer still; so does the successor's manager.
    assert set((await owners(own, made)).values()) == {str(own.staff_id)}
    assert (await lead.get(f"/api/v1/customers/{customer}")).json()["org_unit_id"] == str(outlets["west"])
    assert (await lead.get(f"/api/v1/department-requests/{request.json()['id']}")).json()["to_unit_id"] == str(
        outlets["west"]
    )
    assert (await client.get(f"/api/v1/receptions/{reception['id']}")).json()["venue_id"] == str(outlets["west"])
    assert (await client.get(f"/api/v1/desks/{desk['id']}")).json()["org_unit_id"] == str(outlets["west"])
    lines = (await client.get(f"/api/v1/customers/{customer}/assignments")).json()
    assert [(line["because"], line["reason"]) for line in lines] == [("unit_dissolved", "网点合并"), ("opened", "")]
    units = {unit["code"]: unit for unit in (await admin.get("/api/v1/org-units")).json()}
    assert units["counter"]["parent_id"] == str(outlets["west"])
    new = {"number": "K2", "kind": "leader", "name": "李", "org_unit_id": str(outlets["east"])}
    assert (await client.post("/api/v1/customers", json=new)).status_code == 422
    async with tenant.scope():
        entries = await fetch("select customer_ids, purpose from audit_entry where action = 'org_unit.dissolve'")
    assert [([str(one) for one in row["customer_ids"]], row["purpose"]) for row in entries] == [
        ([customer], "网点合并")
    ]


@pytest.mark.rule("S02-6")
async def test_an_outlet_merged_into_another_branch_leaves_nothing_with_those_who_no_longer_see_it(
    tenant, client, admin, outlets
):
    await tenant.unit("south")
    before = await tenant.staff("before", "manager", unit="branch")
    after = await tenant.staff("after", "account_manager", unit="south")
    customer = await opened(client, org_unit_id=str(outlets["east"]), account_manager_id=str(before.staff_id))
    made = await busy(before, customer)
    path = f"/api/v1/org-units/{outlets['east']}/dissolution"
    body = {"successor_id": str(tenant.units["south"]), "reason": "划转"}

    nobody = await admin.post(path, json=body)
    done = await admin.post(path, json=body | {"account_manager_id": str(after.staff_id)})

    assert (nobody.status_code, nobody.json()["type"]) == (409, "/problems/nobody-takes-over")
    assert done.status_code == 200, done.text
    assert (await before.get(f"/api/v1/customers/{customer}")).status_code == 404
    assert set((await owners(after, made)).values()) == {str(after.staff_id)}


async def test_head_office_stays_and_an_admin_of_a_branch_dissolves_only_their_own(tenant, client, admin, outlets):
    east_admin = await tenant.staff("east-admin", "tenant_admin", unit="east")
    async with tenant.scope():
        head = await fetch_value("select id from org_unit where parent_id is null")
    body = {"successor_id": str(outlets["west"])}

    top = await admin.post(f"/api/v1/org-units/{head}/dissolution", json=body)
    beyond = await east_admin.post(f"/api/v1/org-units/{outlets['east']}/dissolution", json=body)

    assert (top.status_code, beyond.status_code) == (422, 403)


@pytest.mark.rule("S10-4")
async def test_a_customer_has_a_team_whose_members_have_their_part(tenant, client, outlets):
    own = await tenant.staff("own", "account_manager", unit="east")
    technician = await tenant.staff("technician", "agent", unit="branch")
    stranger = await tenant.staff("stranger", "agent", unit="west")
    customer = await opened(client, org_unit_id=str(outlets["east"]), account_manager_id=str(own.staff_id))
    path = f"/api/v1/customers/{customer}/team"
    body = {"staff_id": str(technician.staff_id), "part": "technician"}

    joined, again = await own.post(path, json=body), await own.post(path, json=body)
    unseen = await own.post(path, json={"staff_id": str(stranger.staff_id), "part": "technician"})
    team = (await own.get(path)).json()
    left = await own.delete(f"{path}/{joined.json()['id']}")

    assert (joined.status_code, again.status_code, unseen.status_code, left.status_code) == (201, 409, 422, 204)
    assert (team["account_manager"]["staff_name"], [(m["staff_name"], m["part"]) for m in team["members"]]) == (
        "own",
        [("technician", "technician")],
    )
    assert (await own.get(path)).json()["members"] == []
    assert (await stranger.get(path)).status_code == 404
    assert (await sign_in(tenant, "own")).status_code == 201


@pytest.mark.rule("S10-4", "S02-6")
async def test_whoever_does_not_see_where_a_customer_moved_is_no_longer_in_its_team(tenant, client, outlets):
    own = await tenant.staff("own", "account_manager", unit="branch")
    near = await tenant.staff("near", "agent", unit="east")
    above = await tenant.staff("above", "agent", unit="branch")
    customer = await opened(client, org_unit_id=str(outlets["east"]), account_manager_id=str(own.staff_id))
    path = f"/api/v1/customers/{customer}"
    for member in (near, above):
        joined = await own.post(f"{path}/team", json={"staff_id": str(member.staff_id), "part": "technician"})
        assert joined.status_code == 201, joined.text

    moved = await client.post(f"{path}/assignment", json={"org_unit_id": str(outlets["west"]), "reason": "迁居"})

    assert moved.status_code == 201, moved.text
    assert [one["staff_name"] for one in (await own.get(f"{path}/team")).json()["members"]] == ["above"]


@pytest.mark.rule("S10-4", "S05-3")
async def test_whoever_leaves_without_open_work_is_in_no_team_either(tenant, client, admin, outlets):
    own = await tenant.staff("own", "account_manager", unit="east")
    leaver = await tenant.staff("leaver", "agent", unit="east")
    customer = await opened(client, org_unit_id=str(outlets["east"]), account_manager_id=str(own.staff_id))
    path = f"/api/v1/customers/{customer}/team"
    joined = await own.post(path, json={"staff_id": str(leaver.staff_id), "part": "technician"})
    before = (await own.get(path)).json()["members"]

    done = await admin.post(f"/api/v1/staff/{leaver.staff_id}/leaving", json={})

    assert (joined.status_code, len(before), done.status_code) == (201, 1, 200)
    assert (await own.get(path)).json()["members"] == []


@pytest.mark.rule("S02-6", "S07-11")
async def test_whoever_follows_a_dissolved_unit_works_on_what_was_handed_to_it(tenant, client, admin, outlets):
    lead = await tenant.staff("lead", "manager", unit="west")
    customer = await opened(client, org_unit_id=str(outlets["east"]))
    made = {
        "complaints": {"text": "没有信号", "channel": "phone"},
        "service-requests": {"item": "enquiry", "channel": "phone", "text": "咨询", "customer_id": customer},
    }
    analysed = {"complaints": {"cause": "signal", "analysis": "主干线路老化"}}  # S07-33
    paths = {}
    for what, body in made.items():
        case = await client.post(f"/api/v1/{what}", json=body)
        assert case.status_code == 201, case.text
        paths[what] = f"/api/v1/{what}/{case.json()['id']}"
        handed = {"to_unit_id": str(outlets["east"]), "reason": "线路问题"} | analysed.get(what, {})
        assert (await client.post(f"{paths[what]}/hand-overs", json=handed)).status_code == 201
    before = await lead.get(paths["complaints"])

    done = await admin.post(
        f"/api/v1/org-units/{outlets['east']}/dissolution", json={"successor_id": str(outlets["west"])}
    )

    assert done.status_code == 200, done.text
    # A caller's complaint is seen by whoever works on it.
    assert [before.status_code, (await lead.get(paths["complaints"])).status_code] == [404, 200]
    assert {(await client.get(path)).json()["handler_unit_id"] for path in paths.values()} == {str(outlets["west"])}
