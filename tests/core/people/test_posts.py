"""Posts: who holds each, what of the policy rests on it, and which are vacant."""

import pytest
from desk import open_desk
from statements import counted

POSTS, PAGE = "/api/v1/posts", "/console/posts"


@pytest.fixture
async def bank(world):
    return (await open_desk(world, "banking")).tenant


@pytest.fixture
async def admin(bank):
    admin = await bank.staff("admin", "tenant_admin")
    admin.headers["Accept-Language"] = "zh-CN"
    return admin


async def by_name(client):
    answer = await client.get(POSTS)
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.json()}


async def test_a_post_says_who_holds_it_and_what_rests_on_it(bank, admin):
    await bank.unit("moyu")
    head = await bank.staff("head", "corporate_department", unit="moyu")
    policy = (await admin.get("/api/v1/policy")).json()
    flows = [flow for flow in policy["approvals"] if "corporate_department" in str(flow["steps"])]

    post = (await by_name(admin))["corporate_department"]

    assert (post["vacant"], post["role"]) == (False, "manager")
    held = {"capacity": "held", "until_on": None}
    assert post["holders"] == [{"id": str(head.staff_id), "name": "head", "unit_name": "moyu", **held}]
    assert flows != []
    assert {flow["clause"] for flow in flows} <= {rest["clause"] for rest in post["rests"]}


async def test_a_vacant_post_stands_first_with_what_reaches_nobody(bank, admin):
    held = await bank.staff("head", "corporate_department")
    vacant = (await by_name(admin))["corporate_department"]["vacant"]
    before = (await admin.get(PAGE)).text
    await admin.post(f"/api/v1/staff/{held.staff_id}/leaving", json={})

    after = (await by_name(admin))["corporate_department"]
    page = (await admin.get(PAGE)).text

    assert (vacant, after["vacant"], after["holders"]) == (False, True, [])
    assert f"有 {len(after['rests'])} 处通知、审批或职责落不到人" in page
    assert f'href="/console/people/{held.staff_id}"' in before
    assert f'href="/console/people/{held.staff_id}"' not in page


async def test_holders_elsewhere_are_not_named_to_an_outlets_admin_and_the_post_is_not_vacant(bank):
    await bank.unit("moyu")
    await bank.staff("head", "corporate_department")
    local = await bank.staff("local", "tenant_admin", unit="moyu")

    post = (await by_name(local))["corporate_department"]

    assert (post["vacant"], post["holders"]) == (False, [])


async def test_posts_are_for_whoever_reads_staff(bank):
    agent = await bank.staff("agent", "agent")

    assert [(await agent.get(path)).status_code for path in (POSTS, PAGE)] == [403, 403]


READS = ["customers:read", "complaints:read", "customers:export", "jobs:read"]
POST = "corporate_department"


async def _role(admin, title="质检员", permissions=READS):
    made = await admin.post("/api/v1/roles", json={"title": title, "permissions": permissions})
    assert made.status_code == 201, made.text
    return next(role for role in (await admin.get("/api/v1/roles")).json() if role["title"] == title)


async def test_a_post_brings_composed_roles_as_long_as_it_is_held(bank, admin):
    role = await _role(admin, permissions=["policy:write", "customers:read"])
    head = await bank.staff("head", POST)

    async def may():
        me = (await head.get("/api/v1/me")).json()
        return "policy:write" in me["permissions"]

    before, seen = await may(), await admin.post(f"{POSTS}/{POST}/roles/checks", json={"roles": [role["name"]]})
    brought = await admin.put(f"{POSTS}/{POST}/roles", json={"roles": [role["name"]]})
    with_it = await may()
    listed = (await by_name(admin))[POST]["brings"]
    held = await admin.delete(f"/api/v1/roles/{role['id']}")
    counted = next(each["people"] for each in (await admin.get("/api/v1/roles")).json() if each["id"] == role["id"])
    await admin.patch(f"/api/v1/staff/{head.staff_id}", json={"roles": ["manager"]})
    after = await may()

    assert (before, with_it, after) == (False, True, False)
    assert [(one["name"], one["given"], one["taken"]) for one in seen.json()] == [("head", ["policy:write"], [])]
    assert (brought.status_code, listed, held.status_code, counted) == (204, [role["name"]], 409, 1)
    auditor = await bank.staff("auditor", "auditor")
    changes = (await auditor.get("/api/v1/rights-changes", params={"kind": "role"})).json()["items"]
    assert "role.bring" in [each["action"] for each in changes]


async def test_nobody_brings_by_a_post_what_they_may_not_give(bank, admin):
    strong = await _role(admin, "主管理", ["policy:write", "staff:write"])
    weak = await _role(admin, "人事", ["staff:read", "staff:write", "customers:read"])
    deputy, other = await bank.staff("deputy", "agent"), await bank.staff("other", "agent")
    await admin.patch(f"/api/v1/staff/{deputy.staff_id}", json={"roles": [weak["name"]]})
    path = f"{POSTS}/{POST}/roles"

    beyond = await deputy.put(path, json={"roles": [strong["name"]]})
    await admin.put(path, json={"roles": [strong["name"]]})
    taking = await deputy.put(path, json={"roles": []})
    appointing = await deputy.patch(f"/api/v1/staff/{other.staff_id}", json={"roles": [POST]})
    unknown = await admin.put(path, json={"roles": ["manager"]})
    nowhere = await admin.put(f"{POSTS}/no_such/roles", json={"roles": []})
    own = await bank.staff("own", "tenant_admin", POST)
    theirs = await own.put(path, json={"roles": [strong["name"], weak["name"]]})

    assert [each.status_code for each in (beyond, taking, appointing, unknown, nowhere, theirs)] == [
        *(403, 403, 403),
        *(422, 404, 403),
    ]


async def test_whoever_does_not_see_all_lets_a_post_bring_a_role_that_reads_no_file(bank, admin):
    half = await _role(admin, "半看", ["staff:read", "staff:write", "customers:read", "approvals:read"])
    whole, blind = await _role(admin, "全看", ["customers:read"]), await _role(admin, "只批", ["approvals:read"])
    await admin.put(f"/api/v1/field-rights/{half['name']}", json={"rights": {"mobile": "hidden"}})
    deputy = await bank.staff("deputy", "agent")
    await admin.patch(f"/api/v1/staff/{deputy.staff_id}", json={"roles": [half["name"]]})

    answers = [
        await deputy.put(f"{POSTS}/{POST}/roles", json={"roles": [role["name"]]}) for role in (blind, half, whole)
    ]

    assert [answer.status_code for answer in answers] == [204, 204, 403]


async def test_who_gains_and_loses_is_asked_at_once_however_many_they_are(bank, admin, monkeypatch):
    role = await _role(admin)
    rights = {"rights": {"mobile": "hidden"}}
    checks = [
        (f"{POSTS}/{POST}/roles/checks", {"roles": [role["name"]]}),
        (f"/api/v1/roles/{role['id']}/checks", {"title": "质检员", "permissions": ["customers:read"]}),
        (f"/api/v1/field-rights/{role['name']}/checks", rights),
    ]

    async def asked(*logins):
        for login in logins:
            person = await bank.staff(login, POST)
            await admin.patch(f"/api/v1/staff/{person.staff_id}", json={"roles": [POST, role["name"]]})
        found = []
        for path, body in checks:
            with counted(monkeypatch) as sent:
                answer = await admin.post(path, json=body)
            assert answer.status_code == 200, answer.text
            found.append(len(sent))
        return found

    alone = await asked("first")

    assert await asked("second", "third", "fourth") == alone


async def test_what_a_brought_role_sees_its_holder_sees(bank, admin):
    role = await _role(admin, permissions=["customers:read"])
    await admin.put("/api/v1/field-rights/manager", json={"rights": {"employer": "hidden"}})
    head = await bank.staff("head", POST)
    new = {"number": "K1", "name": "李", "kind": "personal", "employer": "云顶"}
    made = await admin.post("/api/v1/customers", json=new)
    assert made.status_code == 201, made.text
    path = f"/api/v1/customers/{made.json()['id']}"

    hidden = (await head.get(path)).json()["employer"]
    await admin.put(f"{POSTS}/{POST}/roles", json={"roles": [role["name"]]})

    assert (hidden, (await head.get(path)).json()["employer"]) == ("", "云顶")


async def test_by_page_a_post_is_given_roles_once_it_is_seen_who_gains(bank, admin):
    role = await _role(admin, permissions=["policy:write"])
    head = await bank.staff("head", POST)
    page, asked = f"{PAGE}/{POST}", {"roles": [role["name"]]}

    first, shown = (await admin.get(page)).text, (await admin.get(page, params=asked | {"checked": "1"})).text
    wrong = await admin.post(page, data={"roles": ["manager"]})
    done = await admin.post(page, data=asked)

    assert ("二、谁会变" in first, f"/console/people/{head.staff_id}" in shown) == (False, True)
    assert (wrong.status_code, done.status_code, "质检员" in (await admin.get(PAGE)).text) == (422, 200, True)
