"""The company's directory by page: begun with one rule, its key made there, rules one by one."""

import re

import pytest

PAGE, API = "/console/provisioning", "/api/v1/provisioning"
FIRST = {"group": "vip-agents", "roles": "agent"}


@pytest.fixture
async def admin(tenant, public):
    return await tenant.staff("admin", "tenant_admin")


def at(admin, name, where="settings"):
    return f"{PAGE}/{where}/{admin.staff_id}/do/{name}"


async def rules_of(admin):
    return [(rule["group"], rule["roles"]) for rule in (await admin.get(API)).json()["rules"]]


async def sure(admin, path, data):
    """Sent, and sent again once it was shown what would come of it."""
    shown = await admin.post(path, data=data)
    seen = re.search(r'name="seen" value="(\w+)"', shown.text)
    return await admin.post(path, data=data | {"seen": seen[1]}) if seen else shown


async def test_begun_with_a_rule_a_key_and_an_address_it_works(world, admin):
    before = (await admin.get(PAGE)).text
    begun = await sure(admin, at(admin, "begin"), FIRST)
    made = await admin.post(at(admin, "make_key", "keys"), data={"name": "目录"})
    token = made.text.partition("readonly")[2].partition(">")[2].partition("<")[0].strip()
    told = await world.client(token).post("/scim/v2/Users", json={"userName": "li.wei"})
    after = (await admin.get(PAGE)).text

    assert ("尚未设置" in before, "http://vip.example.com/scim/v2" in before) == (True, True)
    assert (begun.status_code, made.status_code, told.status_code) == (200, 200, 201), made.text
    assert ("人员 1 名，其中有账号 0 名；群组 0 个" in after, "vip-agents" in after) == (True, True)
    assert (await world.client(token).get("/api/v1/staff")).status_code == 403


async def test_rules_are_added_changed_and_removed_but_for_the_last(admin):
    await sure(admin, at(admin, "begin"), FIRST)
    await sure(admin, at(admin, "add_rule"), {"group": "vip-leads", "roles": "manager"})
    refused = await admin.post(at(admin, "add_rule"), data={"group": "vip-leads", "roles": "auditor"})
    changed = await admin.post(at(admin, "change"), data={"successor_id": str(admin.staff_id), "takes_over": "true"})
    parts = (await admin.get(PAGE)).text.split(f'hx-get="{PAGE}/rules/')[1:]
    first, second = [part.split("/do/")[0] for part in parts if "/do/change_rule" in part]
    renamed = await sure(admin, f"{PAGE}/rules/{second}/do/change_rule", {"group": "vip-heads", "roles": "manager"})
    stale = await admin.post(f"{PAGE}/rules/{second}/do/remove_rule")
    removed = await admin.post(f"{PAGE}/rules/{first}/do/remove_rule")
    parts = (await admin.get(PAGE)).text.split(f'hx-get="{PAGE}/rules/')[1:]
    last = await admin.post(f"{PAGE}/rules/{parts[0].split('/do/')[0]}/do/remove_rule")

    assert [each.status_code for each in (refused, changed, renamed, stale, removed, last)] == [
        403,
        200,
        200,
        404,
        200,
        409,
    ]
    assert await rules_of(admin) == [("vip-heads", ["manager"])]
    assert (await admin.get(API)).json()["takes_over"] is True
    assert (await admin.post(at(admin, "end"))).status_code == 200
    assert (await admin.get(API)).status_code == 404


async def test_whoever_sees_an_outlet_alone_is_shown_nothing_of_it(tenant, admin):
    await tenant.unit("east")
    local = await tenant.staff("local", "tenant_admin", unit="east")

    assert (PAGE in (await admin.get("/console/")).text, PAGE in (await local.get("/console/")).text) == (True, False)
    assert (await local.get(PAGE)).status_code == 403


async def test_who_gains_and_loses_what_by_a_rule_is_shown_before_it_holds(world, admin):
    await sure(admin, at(admin, "begin"), FIRST)
    made = await admin.post(at(admin, "make_key", "keys"), data={"name": "目录"})
    token = made.text.partition("readonly")[2].partition(">")[2].partition("<")[0].strip()
    directory = world.client(token)
    person = (await directory.post("/scim/v2/Users", json={"userName": "li.wei", "displayName": "李伟"})).json()
    group = {"displayName": FIRST["group"], "members": [{"value": person["id"]}]}
    assert (await directory.post("/scim/v2/Groups", json=group)).status_code == 201
    rule = {"group": FIRST["group"], "roles": ["manager"]}

    asked = await admin.post(f"{API}/checks", json={"rules": [rule]})
    shown = await admin.post(at(admin, "add_rule"), data={"group": FIRST["group"], "roles": "manager"})
    held = await rules_of(admin)
    done = await sure(admin, at(admin, "add_rule"), {"group": FIRST["group"], "roles": "manager"})

    assert asked.status_code == 200, asked.text
    assert [(one["name"], one["rights"]["given"], one["rights"]["taken"]) for one in asked.json()] == [
        ("李伟", ["manager"], [FIRST["roles"]])
    ]
    assert ("李伟" in shown.text, "审批" in shown.text, 'name="seen"' in shown.text) == (True, True, True)
    assert (len(held), len(await rules_of(admin)), done.status_code) == (1, 2, 200)
