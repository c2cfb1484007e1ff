"""People by API and page: listed, added with a password shown once, changed with the difference said first, gone and back."""

import re

import pytest

from support import PASSWORD

STAFF, PAGES = "/api/v1/staff", "/console/people"


@pytest.fixture
async def admin(tenant):
    admin = await tenant.staff("admin", "tenant_admin")
    admin.headers["Accept-Language"] = "zh-CN"
    return admin


async def signs_in(world, tenant, login, password=PASSWORD):
    body = {"company": tenant.slug, "login": login, "password": password}
    return (await world.client().post("/api/v1/sessions", json=body)).status_code


def said(answer):
    return answer.headers["hx-trigger"].encode().decode("unicode_escape")


async def test_what_somebody_would_gain_and_lose_is_said_and_nothing_changed(tenant, admin):
    await tenant.unit("east")
    agent = await tenant.staff("agent", "account_manager", unit="east")
    path = f"{STAFF}/{agent.staff_id}"

    answer = (await admin.post(f"{path}/checks", json={"roles": ["manager"], "org_unit_id": None})).json()
    lower = (await admin.post(f"{path}/checks", json={"roles": ["agent"]})).json()

    assert (answer["given"], answer["taken"]) == (["manager"], ["account_manager"])
    assert ("approvals:decide" in answer["permissions_given"], answer["permissions_taken"]) == (True, [])
    assert (answer["whole_given"], answer["units_given"], answer["units_taken"]) == (True, [], [])
    assert (lower["permissions_given"], lower["permissions_taken"]) == ([], ["customers:close", "customers:disclose"])
    assert (await admin.get(path)).json()["roles"] == ["account_manager"]


async def test_a_change_that_is_refused_is_refused_when_it_is_only_looked_at(tenant, admin):
    auditor = await tenant.staff("auditor", "auditor")
    agent = await tenant.staff("agent", "agent")

    answers = [
        await admin.post(f"{STAFF}/{auditor.staff_id}/checks", json={"roles": ["agent"]}),
        await admin.post(f"{STAFF}/{agent.staff_id}/checks", json={"roles": ["auditor"]}),
        await admin.post(f"{STAFF}/{admin.staff_id}/checks", json={"roles": ["tenant_admin", "manager"]}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]


async def test_nobody_gives_a_role_to_themselves(tenant, admin):
    own = f"{STAFF}/{admin.staff_id}"
    await tenant.staff("other", "tenant_admin")

    more = await admin.patch(own, json={"roles": ["tenant_admin", "manager"]})
    less = await admin.patch(own, json={"roles": ["tenant_admin"], "name": "管理员"})

    assert (more.status_code, less.status_code) == (403, 200)
    assert (await admin.get(own)).json()["roles"] == ["tenant_admin"]


async def test_whoever_left_comes_back_with_what_they_held_and_another_password(world, tenant, admin):
    agent = await tenant.staff("agent", "agent")
    path = f"{STAFF}/{agent.staff_id}"
    early = await admin.post(f"{path}/return", json={"password": "another horse battery"})
    await admin.post(f"{path}/leaving", json={})

    back = await admin.post(f"{path}/return", json={"password": "another horse battery"})

    assert (early.status_code, early.json()["type"].rsplit("/", 1)[-1]) == (409, "not-gone")
    assert (back.status_code, back.json()["left_at"], back.json()["roles"]) == (200, None, ["agent"])
    assert await signs_in(world, tenant, "agent") == 401
    assert await signs_in(world, tenant, "agent", "another horse battery") == 201
    auditor = await tenant.staff("auditor", "auditor")
    changes = (await auditor.get("/api/v1/rights-changes", params={"person_id": str(agent.staff_id)})).json()["items"]
    assert [(one["action"], one["given"], one["taken"]) for one in changes if one["kind"] == "role"] == [
        ("staff.come_back", ["agent"], []),
        ("staff.leave", [], ["agent"]),
    ]


async def test_people_are_found_by_unit_role_state_and_name(tenant, admin):
    await tenant.unit("east")
    await tenant.staff("li.wei", "agent", unit="east")
    gone = await tenant.staff("gone", "manager")
    away = await tenant.staff("away", "manager")
    await admin.post(f"{STAFF}/{gone.staff_id}/leaving", json={})
    await admin.post(f"{STAFF}/{away.staff_id}/absences", json={"until_at": "2099-01-01T00:00:00Z"})

    found = {}
    for query in ("q=", "q=li", "role=manager", f"org_unit_id={tenant.units['east']}", "state=left", "state=away"):
        page = (await admin.get(f"{PAGES}?{query}")).text
        found[query.partition("=")[0] + "=" + query.partition("=")[2][:4]] = sorted(
            set(re.findall(r"data-login>([a-z.]+)<", page))
        )

    assert list(found.values()) == [
        ["admin", "away", "gone", "li.wei"],
        ["li.wei"],
        ["away", "gone"],
        ["li.wei"],
        ["gone"],
        ["away"],
    ]


async def test_an_outlets_admin_has_the_people_of_the_outlet(tenant):
    await tenant.unit("east")
    local = await tenant.staff("local", "tenant_admin", unit="east")
    stranger = await tenant.staff("stranger", "agent")

    listed = (await local.get(PAGES)).text

    assert ("local" in listed, "stranger" in listed) == (True, False)
    for page in ("", "/rights", "/leaving", "/do/leave"):
        assert (await local.get(f"{PAGES}/{stranger.staff_id}{page}")).status_code == 404


async def test_by_page_somebody_is_added_and_the_password_is_shown_once(world, tenant, admin):
    path = f"{PAGES}/accounts/{tenant.id}/do/add"
    body = {"login": "wang.min", "name": "王敏", "roles": ["agent"]}
    key = {"Idempotency-Key": "once"}

    form = (await admin.get(path)).text
    wrong = await admin.post(path, data=body | {"login": "王敏"})
    beyond = await admin.post(path, data=body | {"roles": ["auditor"]})
    made = await admin.post(path, data=body, headers=key)
    again = await admin.post(path, data=body, headers=key)
    password = re.search(r'readonly value="([a-z0-9-]{19})"', made.text)

    assert ('value="agent"' in form, 'value="auditor"' in form) == (True, False)
    assert (wrong.status_code, beyond.status_code, made.status_code) == (422, 403, 200)
    assert (password is not None, password[1] in again.text) == (True, False)
    assert await signs_in(world, tenant, "wang.min", password[1]) == 201
    assert (await admin.post(path, data=body)).status_code == 422


async def test_by_page_rights_change_after_the_difference_was_shown(tenant, admin):
    await tenant.unit("east")
    agent = await tenant.staff("li.wei", "agent", unit="east")
    path = f"{PAGES}/{agent.staff_id}/rights"
    asked = {"roles": "manager", "org_unit_id": "", "checked": "1"}

    first = (await admin.get(path)).text
    shown = (await admin.get(path, params=asked)).text
    none = await admin.get(path, params={"checked": "1"})
    changed = await admin.post(path, data={"roles": ["manager"], "org_unit_id": ""})
    refused = await admin.post(path, data={"org_unit_id": ""})
    person = (await admin.get(f"{PAGES}/{agent.staff_id}")).text

    assert (
        "二、有什么变化" in first,
        "二、有什么变化" in shown,
        re.search("从此可以</span><span[^>]*>[^<]*审批", shown) is not None,
    ) == (
        False,
        True,
        True,
    )
    assert ("从此看得到" in shown, "全公司" in shown) == (True, True)
    assert ("三、确认" in none.text, none.status_code) == (False, 200)
    assert (changed.status_code, "权限已调整" in said(changed), refused.status_code) == (200, True, 422)
    assert (await admin.get(f"{STAFF}/{agent.staff_id}")).json()["roles"] == ["manager"]
    assert ("主管" in person, f"/console/sign-ins/{agent.staff_id}" in person) == (True, True)


async def test_by_page_somebody_leaves_with_what_they_have_handed_over_and_comes_back(tenant, client, admin):
    leaver, heir = await tenant.staff("leaver", "account_manager"), await tenant.staff("heir", "account_manager")
    body = {"number": "K1", "kind": "leader", "name": "王伟", "account_manager_id": str(leaver.staff_id)}
    customer = (await client.post("/api/v1/customers", json=body)).json()["id"]
    path = f"{PAGES}/{leaver.staff_id}"

    alone = (await admin.get(f"{path}/leaving")).text
    stuck = await admin.post(f"{path}/do/leave", data={})
    shown = (await admin.get(f"{path}/leaving?successor_id={heir.staff_id}")).text
    gone = await admin.post(f"{path}/do/leave", data={"successor_id": str(heir.staff_id)})
    page = (await admin.get(path)).text
    back = await admin.post(f"{PAGES}/returns/{leaver.staff_id}/do/come_back")

    assert ("客户" in alone, "do/leave" in alone, stuck.status_code) == (True, False, 409)
    assert ("以上全部交给heir" in shown, gone.status_code) == (True, 200)
    assert (await client.get(f"/api/v1/customers/{customer}")).json()["account_manager_id"] == str(heir.staff_id)
    assert ("已离职" in page, "恢复账号" in page, "leaving" in page) == (True, True, False)
    assert (back.status_code, "首次密码" in back.text) == (200, True)
    assert (await admin.get(f"{STAFF}/{leaver.staff_id}")).json()["left_at"] is None
