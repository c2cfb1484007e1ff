"""Roles of a company's own: composed of permissions, given, changed with who gains and loses said first, never beyond one's own."""

import pytest

ROLES, PAGES, STAFF = "/api/v1/roles", "/console/roles", "/api/v1/staff"
READS = ["customers:read", "complaints:read", "policy:read"]


@pytest.fixture
async def admin(tenant):
    admin = await tenant.staff("admin", "tenant_admin")
    admin.headers["Accept-Language"] = "zh-CN"
    return admin


async def composed(client, title="质检员", permissions=READS):
    answer = await client.post(ROLES, json={"title": title, "permissions": permissions})
    assert answer.status_code == 201, answer.text
    role_id = answer.json()["id"]
    return next(role for role in (await client.get(ROLES)).json() if role["id"] == role_id)


async def holding(tenant, admin, role, login="li.wei"):
    person = await tenant.staff(login, "agent")
    given = await admin.patch(f"{STAFF}/{person.staff_id}", json={"roles": [role["name"]]})
    assert given.status_code == 200, given.text
    return person


async def test_whoever_holds_a_composed_role_may_do_what_it_permits_and_nothing_else(tenant, admin):
    role = await composed(admin)
    person = await holding(tenant, admin, role)

    me = (await person.get("/api/v1/me")).json()

    assert sorted(me["permissions"]) == sorted(READS)
    assert (await person.get("/api/v1/customers")).status_code == 200
    taken = await person.post("/api/v1/complaints", json={"text": "没有信号", "channel": "phone"})
    assert taken.status_code == 403


async def test_a_key_of_a_holder_is_held_to_the_role(world, tenant, admin):
    role = await composed(admin, permissions=[*READS, "keys:write"])
    person = await holding(tenant, admin, role)
    token = (await person.post("/api/v1/keys", json={"name": "k", "scopes": ["customers:read"]})).json()["token"]
    key = world.client(token)

    before = (await key.get("/api/v1/customers")).status_code
    await admin.patch(f"{ROLES}/{role['id']}", json={"title": "质检员", "permissions": ["policy:read", "keys:write"]})

    assert (before, (await key.get("/api/v1/customers")).status_code) == (200, 403)


async def test_a_change_says_who_gains_and_loses_and_holds_from_the_next_request(tenant, admin):
    role = await composed(admin)
    person = await holding(tenant, admin, role)
    both = await holding(tenant, admin, role, login="both")
    await admin.patch(f"{STAFF}/{both.staff_id}", json={"roles": [role["name"], "agent"]})
    new = {"title": "质检员", "permissions": ["customers:read", "customers:export", "policy:read"]}

    seen = (await admin.post(f"{ROLES}/{role['id']}/checks", json=new)).json()
    still = (await person.get("/api/v1/complaints")).status_code
    changed = await admin.patch(f"{ROLES}/{role['id']}", json=new)
    after = (await person.get("/api/v1/complaints")).status_code

    assert [(one["name"], one["given"], one["taken"]) for one in seen] == [
        ("both", ["customers:export"], []),
        ("li.wei", ["customers:export"], ["complaints:read"]),
    ]
    assert (still, changed.status_code, after) == (200, 204, 403)


@pytest.mark.parametrize("beyond", ["audit:read", "auditors:write", "everything:do"])
async def test_no_role_reads_the_record_or_permits_what_there_is_not(admin, beyond):
    answer = await admin.post(ROLES, json={"title": "x", "permissions": ["customers:read", beyond]})

    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, ["permissions"])


async def test_nobody_composes_changes_or_gives_a_role_beyond_their_own(tenant, admin):
    strong = await composed(admin, title="主管理", permissions=["policy:write", "staff:write", "staff:read"])
    deputy = await composed(admin, title="人事", permissions=["staff:write", "staff:read", "customers:read"])
    person = await holding(tenant, admin, deputy)
    other = await tenant.staff("other", "agent")
    weak = {"title": "人事", "permissions": ["staff:write", "staff:read", "policy:write"]}

    answers = [
        await person.post(ROLES, json={"title": "y", "permissions": ["policy:write"]}),
        await person.patch(f"{ROLES}/{deputy['id']}", json=weak),
        await person.patch(f"{ROLES}/{strong['id']}", json={"title": "z", "permissions": ["staff:read"]}),
        await person.delete(f"{ROLES}/{strong['id']}"),
        await person.patch(f"{STAFF}/{other.staff_id}", json={"roles": [strong["name"]]}),
        await person.patch(f"{STAFF}/{person.staff_id}", json={"roles": [deputy["name"], strong["name"]]}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 6
    await tenant.unit("east")
    local = await tenant.staff("local", "tenant_admin", unit="east")
    assert (await local.post(ROLES, json={"title": "y", "permissions": READS})).status_code == 403


async def test_a_role_goes_once_nobody_holds_it_and_all_of_it_is_on_record(tenant, admin):
    role = await composed(admin)
    person = await holding(tenant, admin, role)
    path = f"{ROLES}/{role['id']}"

    held = await admin.delete(path)
    twice = await admin.post(ROLES, json={"title": "质检员", "permissions": READS})
    await admin.patch(f"{STAFF}/{person.staff_id}", json={"roles": ["agent"]})
    gone = await admin.delete(path)

    assert (held.status_code, held.json()["type"].rsplit("/", 1)[-1]) == (409, "role-held")
    assert (twice.status_code, gone.status_code) == (422, 204)
    assert role["id"] not in [each["id"] for each in (await admin.get(ROLES)).json()]
    auditor = await tenant.staff("auditor", "auditor")
    changes = (await auditor.get("/api/v1/rights-changes", params={"kind": "role"})).json()["items"]
    assert [one["action"] for one in changes if one["action"].startswith("role.")] == ["role.remove", "role.compose"]


async def test_another_company_has_roles_of_its_own(tenant, other_tenant, admin):
    role = await composed(admin)
    theirs = await other_tenant.staff("admin", "tenant_admin")
    agent = await other_tenant.staff("agent", "agent")

    given = await theirs.patch(f"{STAFF}/{agent.staff_id}", json={"roles": [role["name"]]})

    assert role["id"] not in [each["id"] for each in (await theirs.get(ROLES)).json()]
    assert (given.status_code, (await theirs.delete(f"{ROLES}/{role['id']}")).status_code) == (422, 404)


async def test_by_page_a_role_is_copied_changed_and_removed(tenant, admin):
    form = (await admin.get(f"{PAGES}/new?copied=agent")).text
    wrong = await admin.post(f"{PAGES}/new", data={"title": "", "permissions": READS})
    beyond = await admin.post(f"{PAGES}/new", data={"title": "x", "permissions": ["audit:read"]})
    made = await admin.post(f"{PAGES}/new", data={"title": "质检员", "permissions": READS})
    role = next(each for each in (await admin.get(ROLES)).json() if each["title"] == "质检员")
    person = await holding(tenant, admin, role)
    path = f"{PAGES}/{role['id']}"
    asked = {"title": "质检组长", "permissions": [*READS, "customers:export"], "checked": "1"}
    first, shown = (await admin.get(path)).text, (await admin.get(path, params=asked)).text
    changed = await admin.post(path, data={name: asked[name] for name in ("title", "permissions")})

    assert ("坐席（复制）" in form, wrong.status_code, beyond.status_code, made.status_code) == (True, 422, 422, 200)
    assert ("二、谁会变" in first, "li.wei" in shown, "从此可以" in shown) == (False, True, True)
    assert changed.status_code == 200
    for page in (PAGES, "/console/policy/rights", f"/console/people/{person.staff_id}", "/console/people?q="):
        assert "质检组长" in (await admin.get(page)).text
    assert (await admin.post(f"{path}/do/remove")).status_code == 409
    assert (await person.get(PAGES)).status_code == 403
