"""SCIM 2.0: a company's directory adds, changes and ends people at once, groups bring roles by the company's rules; and what it never can."""

from uuid import uuid4

import asyncpg
import pytest

from guibin_tenants import keys, registry
from guibin_tenants.keys import NewKey
from guibin_tenants.scope import fetch, fetch_value, tenant_scope
from support import PASSWORD

RULES, USERS, GROUPS = "/api/v1/provisioning", "/scim/v2/Users", "/scim/v2/Groups"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
SCIM = {"Content-Type": "application/scim+json"}
AGENTS = {"group": "vip-agents", "roles": ["agent"]}
MANAGERS = {"group": "vip-managers", "roles": ["account_manager"]}


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


@pytest.fixture
async def directory(tenant, admin):
    answer = await admin.put(RULES, json={"rules": [AGENTS, MANAGERS]})
    assert answer.status_code == 200, answer.text
    caller = await tenant.client("staff:provision")
    caller.headers.update(SCIM)
    return caller


async def told(directory, login="li.wei", **more):
    answer = await directory.post(USERS, json={"schemas": [USER], "userName": login, "displayName": "李伟"} | more)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def grouped(directory, name, *people):
    answer = await directory.post(GROUPS, json={"displayName": name, "members": [{"value": each} for each in people]})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def patched(directory, address, *operations):
    return await directory.patch(address, json={"Operations": list(operations)})


async def account(tenant, login="li.wei"):
    async with tenant_scope(tenant.id):
        rows = await fetch(
            "select id, name, roles, left_at is null as here, password_hash from staff where login = $1", login
        )
    return dict(rows[0]) if rows else None


async def test_somebody_told_is_nobody_here_until_a_group_brings_something(tenant, directory):
    person = await told(directory)
    before = await account(tenant)
    group = await grouped(directory, "vip-agents", person)
    after = await account(tenant)
    seen = (await directory.get(f"{USERS}/{person}")).json()

    assert before is None
    assert (after["name"], after["roles"], after["here"], after["password_hash"]) == ("李伟", ["agent"], True, None)
    assert seen["groups"] == [{"value": group, "display": "vip-agents"}]
    assert (seen["userName"], seen["active"], seen["meta"]["resourceType"]) == ("li.wei", True, "User")
    async with tenant_scope(tenant.id):
        actions = [
            row["action"] for row in await fetch("select action from audit_entry where action like 'scim%' order by id")
        ]
    assert actions == ["scim.rules", "scim.person_add", "scim.group_add"]


async def test_answers_are_in_scims_own_kind_and_errors_in_its_form(directory):
    made = await directory.post(USERS, json={"userName": "li.wei"})
    again = await directory.post(USERS, json={"userName": "LI.Wei"})
    none = await directory.get(f"{USERS}/{uuid4()}")
    wrong = await directory.post(USERS, json={"userName": 7})
    unfit = await directory.post(USERS, json={"userName": "李伟"})
    nothing = await directory.get(USERS, params={"filter": "userName like 3"})

    assert (made.status_code, made.headers["content-type"].split(";")[0]) == (201, "application/scim+json")
    assert made.headers["location"].endswith(f"{USERS}/{made.json()['id']}")
    said = [
        (each.status_code, each.json()["status"], each.json().get("scimType"))
        for each in (again, none, wrong, unfit, nothing)
    ]
    assert said == [
        (409, "409", "uniqueness"),
        (404, "404", None),
        (400, "400", "invalidValue"),
        (400, "400", "invalidValue"),
        (400, "400", "invalidFilter"),
    ]
    assert {each.json()["schemas"][0] for each in (again, none, wrong, unfit, nothing)} == {ERROR}


@pytest.mark.parametrize("off", [False, "False", "false"])
async def test_deactivated_they_are_out_at_once_and_so_are_their_keys(world, tenant, admin, directory, off):
    person = await told(directory)
    await grouped(directory, "vip-agents", person)
    staff_id = (await account(tenant))["id"]
    await admin.post(f"/api/v1/staff/{staff_id}/password", json={"password": PASSWORD})
    own = await tenant.sign_in("li.wei")
    await own.put("/api/v1/me/password", json={"present": PASSWORD, "new": f"{PASSWORD} of mine"})
    key = await _key_of(world, tenant, staff_id)
    before = [(await each.get("/api/v1/me")).status_code for each in (own, key)]
    answer = await patched(directory, f"{USERS}/{person}", {"op": "Replace", "path": "active", "value": off})
    after = [(await each.get("/api/v1/me")).status_code for each in (own, key)]

    assert (before, answer.status_code, answer.json()["active"], after) == ([200, 200], 200, False, [401, 401])
    assert (await account(tenant))["here"] is False


async def test_let_back_they_hold_what_the_groups_say_now_and_no_old_password(world, tenant, admin, directory):
    person = await told(directory)
    await grouped(directory, "vip-agents", person)
    await admin.post(f"/api/v1/staff/{(await account(tenant))['id']}/password", json={"password": PASSWORD})
    await patched(directory, f"{USERS}/{person}", {"op": "replace", "value": {"active": False}})
    await grouped(directory, "vip-managers", person)
    await patched(directory, f"{USERS}/{person}", {"op": "replace", "value": {"active": True, "displayName": "李伟伟"}})
    back = await account(tenant)
    body = {"company": tenant.slug, "login": "li.wei", "password": PASSWORD}

    assert (back["here"], sorted(back["roles"]), back["name"]) == (True, ["account_manager", "agent"], "李伟伟")
    assert (await world.client().post("/api/v1/sessions", json=body)).status_code == 401


async def test_whoever_leaves_hands_customers_to_the_leader_of_their_unit_else_to_whom_the_company_named(
    tenant, admin, directory, client
):
    lead = await tenant.staff("lead", "manager")
    named = await tenant.staff("named", "account_manager")
    await admin.put(RULES, json={"rules": [AGENTS, MANAGERS], "successor_id": str(named.staff_id)})
    first, second = await told(directory, "first"), await told(directory, "second")
    await grouped(directory, "vip-managers", first, second)
    customers = [await _customer(client, (await account(tenant, login))["id"]) for login in ("first", "second")]
    await directory.delete(f"{USERS}/{first}")
    async with tenant_scope(tenant.id):
        taken = await fetch_value("select account_manager_id from customer where id = $1", customers[0])
    await admin.post(f"/api/v1/staff/{lead.staff_id}/leaving", json={"successor_id": str(named.staff_id)})
    await directory.delete(f"{USERS}/{second}")

    async with tenant_scope(tenant.id):
        managers = [
            await fetch_value("select account_manager_id from customer where id = $1", each) for each in customers
        ]
        told_of = await fetch("select staff_id from staff_notice where kind = 'left_to_you' order by told_at")
    assert (taken, managers) == (lead.staff_id, [named.staff_id, named.staff_id])
    assert [row["staff_id"] for row in told_of] == [lead.staff_id, named.staff_id]
    assert (await directory.get(f"{USERS}/{first}")).status_code == 404


async def test_where_nobody_can_take_it_they_are_out_all_the_same_and_the_admins_are_told(
    tenant, admin, directory, client
):
    person = await told(directory)
    await grouped(directory, "vip-managers", person)
    staff_id = (await account(tenant))["id"]
    await _customer(client, staff_id)
    answer = await directory.delete(f"{USERS}/{person}")

    assert (answer.status_code, (await account(tenant))["here"]) == (204, False)
    async with tenant_scope(tenant.id):
        notices = await fetch("select staff_id from staff_notice where kind = 'left_with_work'")
    assert [row["staff_id"] for row in notices] == [admin.staff_id]


async def test_groups_are_changed_by_members_and_each_change_is_felt(tenant, directory):
    one, two = await told(directory, "one"), await told(directory, "two")
    group = f"{GROUPS}/{await grouped(directory, 'vip-agents', one)}"

    async def here():
        return [bool(found and found["here"]) for found in [await account(tenant, login) for login in ("one", "two")]]

    seen = [await here()]
    await patched(directory, group, {"op": "Add", "path": "members", "value": [{"value": two}]})
    seen.append(await here())
    await patched(directory, group, {"op": "remove", "path": f'members[value eq "{one}"]'})
    seen.append(await here())
    await patched(directory, group, {"op": "replace", "path": "members", "value": [{"value": one}]})
    seen.append(await here())
    await patched(directory, group, {"op": "replace", "path": "displayName", "value": "canteen"})
    seen.append(await here())
    await directory.put(group, json={"displayName": "vip-agents", "members": [{"value": one}, {"value": two}]})
    seen.append(await here())
    await directory.delete(group)
    seen.append(await here())

    assert seen == [
        [True, False],
        [True, True],
        [False, True],
        [True, False],
        [False, False],
        [True, True],
        [False, False],
    ]


@pytest.mark.parametrize(
    ("asked", "logins"),
    [
        ('userName eq "ANNA"', ["anna"]),
        ('userName sw "b"', ["bert", "bob"]),
        ('userName sw "b" and active eq true', ["bob"]),
        ('not (userName sw "b") and displayName pr', ["anna"]),
        ('externalId eq "7" or userName ew "t"', ["anna", "bert"]),
        ('(userName eq "anna" or userName eq "bob") and active eq true', ["anna", "bob"]),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName co "o"', ["bob"]),
        ('userName eq "\' or true --"', []),
        ('userName eq "a\\"b"', []),
        ("", ["anna", "bert", "bob"]),
    ],
)
async def test_lists_are_filtered(directory, asked, logins):
    await told(directory, "anna", externalId="7")
    await told(directory, "bert", active=False)
    await told(directory, "bob")
    found = (await directory.get(USERS, params={"filter": asked} if asked else {})).json()

    assert [each["userName"] for each in found["Resources"]] == logins
    assert (found["totalResults"], found["itemsPerPage"]) == (len(logins), len(logins))


@pytest.mark.parametrize(
    "asked",
    [
        "userName", "userName eq", 'userName eq "x', "userName eq x", 'password eq "x"', 'userName eq "x" and', "(", ")", "not",
        'userName eq "x")', 'userName eq "x" userName eq "y"', "active eq 7", 'active sw "t"', "(" * 50 + 'userName eq "x"' + ")" * 50,
        " or ".join(['userName eq "x"'] * 50), 'userName eq "' + "x" * 3000 + '"', 'x.id eq "1"', 'userName gt "a"', "; select 1",
    ],
)  # fmt: skip
async def test_what_is_no_filter_is_refused(directory, asked):
    answer = await directory.get(USERS, params={"filter": asked})

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter")


async def test_lists_come_in_pages(directory):
    for number in range(5):
        await told(directory, f"p{number}")

    async def page(**asked):
        found = (await directory.get(USERS, params=asked)).json()
        return found["totalResults"], found["startIndex"], [each["userName"] for each in found["Resources"]]

    assert await page(startIndex=1, count=2) == (5, 1, ["p0", "p1"])
    assert await page(startIndex=5, count=2) == (5, 5, ["p4"])
    assert await page(startIndex=0, count=0) == (5, 1, [])
    assert await page(startIndex=-3, count=1000) == (5, 1, ["p0", "p1", "p2", "p3", "p4"])
    assert (await directory.get(USERS, params={"count": "many"})).status_code == 400


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "empty", "path": "active", "value": True},
        {"op": "replace", "path": "act ive", "value": True},
        {"op": "remove"},
        {"op": "replace", "value": True},
        {"op": "replace", "path": "active", "value": "perhaps"},
        {"op": "replace", "path": "userName", "value": ["x"]},
        {"op": "replace", "path": "displayName", "value": "x" * 300},
        {"op": "replace", "path": "displayName", "value": "a\x00b"},
        {"op": "replace", "path": "name", "value": 3},
        {"op": "remove", "path": 'members[display eq "x"]'},
    ],
)
async def test_what_is_no_change_is_refused_whole(directory, operation):
    person = await told(directory)
    fine = {"op": "replace", "path": "externalId", "value": "9"}
    answer = await patched(directory, f"{USERS}/{person}", fine, operation)

    assert answer.status_code == 400, answer.text
    assert "externalId" not in (await directory.get(f"{USERS}/{person}")).json()


async def test_what_is_not_kept_is_passed_over_and_names_are_put_together(directory):
    person = await told(
        directory,
        displayName=None,
        name={"familyName": "王", "givenName": "敏"},
        emails=[{"value": "w@example.com"}],
        title="x",
    )
    answer = await patched(
        directory, f"{USERS}/{person}", {"op": "add", "path": 'emails[type eq "work"].value', "value": "x"}
    )
    said = await patched(directory, f"{USERS}/{person}", {"op": "add", "path": "title", "value": "x"})
    renamed = await patched(
        directory, f"{USERS}/{person}", {"op": "replace", "path": "name.formatted", "value": "王小敏"}
    )

    assert (answer.status_code, said.json()["displayName"], renamed.json()["displayName"]) == (200, "王敏", "王小敏")


async def test_a_group_brings_no_more_than_its_admin_may_give(tenant, admin):
    await tenant.unit("east")
    local = await tenant.staff("local", "tenant_admin", unit="east")
    agent = await tenant.staff("agent", "agent")

    async def refused(who, **rule):
        return (await who.put(RULES, json={"rules": [AGENTS | rule]})).status_code

    assert await refused(admin, roles=["auditor"]) == 403
    assert await refused(admin, roles=["nobody"]) == 422
    assert [await refused(each) for each in (local, agent)] == [403, 403]
    assert (await admin.get(RULES)).status_code == 404


async def test_an_account_that_is_there_is_taken_over_only_where_the_rules_say_so_and_it_holds_no_more(
    tenant, admin, directory
):
    await tenant.staff("zhao", "agent")
    await tenant.staff("boss", "manager")
    people = {login: await told(directory, login) for login in ("zhao", "boss", "admin")}
    refused = await directory.post(GROUPS, json={"displayName": "vip-agents", "members": [{"value": people["zhao"]}]})
    await admin.put(RULES, json={"rules": [AGENTS, MANAGERS], "takes_over": True})
    statuses = [
        (await directory.post(GROUPS, json={"displayName": "vip-agents", "members": [{"value": each}]})).status_code
        for each in (people["boss"], people["admin"], people["zhao"])
    ]

    assert (refused.status_code, statuses) == (409, [409, 409, 201])
    assert ((await account(tenant, "boss"))["roles"], (await account(tenant, "boss"))["here"]) == (["manager"], True)


async def test_a_directory_ends_nobody_whom_it_did_not_tell(tenant, admin, directory):
    await tenant.staff("zhao", "agent")
    person = await told(directory, "zhao")
    await patched(directory, f"{USERS}/{person}", {"op": "replace", "path": "active", "value": False})
    await directory.delete(f"{USERS}/{person}")

    assert (await account(tenant, "zhao"))["here"] is True
    assert (await directory.get(f"{USERS}/{admin.staff_id}")).status_code == 404
    assert (await directory.delete(f"{USERS}/{admin.staff_id}")).status_code == 404


async def test_of_another_company_its_key_reads_and_changes_nothing(world, tenant, admin, directory):
    person = await told(directory)
    group = await grouped(directory, "vip-agents", person)
    other = await world.tenant()
    boss = await other.staff("boss", "tenant_admin")
    await boss.put(RULES, json={"rules": [AGENTS]})
    foreign = await other.client("staff:provision")
    read = [await foreign.get(f"{USERS}/{person}"), await foreign.get(f"{GROUPS}/{group}")]
    changed = [
        await foreign.put(f"{USERS}/{person}", json={"userName": "li.wei", "active": False}),
        await patched(foreign, f"{USERS}/{person}", {"op": "replace", "path": "active", "value": False}),
        await foreign.delete(f"{USERS}/{person}"),
        await foreign.put(f"{GROUPS}/{group}", json={"displayName": "vip-agents"}),
        await foreign.delete(f"{GROUPS}/{group}"),
    ]
    member = await foreign.post(GROUPS, json={"displayName": "vip-agents", "members": [{"value": person}]})
    same = await foreign.post(USERS, json={"userName": "li.wei"})

    assert [each.status_code for each in (*read, *changed)] == [404] * 7
    assert ((await foreign.get(USERS)).json()["totalResults"], member.status_code, same.status_code) == (1, 400, 201)
    assert (await account(tenant))["here"] is True


async def test_without_its_own_permission_rules_or_a_key_nothing_opens(world, tenant, admin):
    every = await tenant.client("staff:write", "staff:read", "keys:write")
    outlet = await tenant.client("staff:provision", org_unit_id=await tenant.unit("east"))
    alone = await tenant.client("staff:provision")
    bare = await world.client().get(USERS)

    assert [(await each.get(USERS)).status_code for each in (every, outlet, alone)] == [403, 403, 200]
    assert (bare.status_code, bare.json()["schemas"]) == (401, [ERROR])
    assert (await alone.post(USERS, json={"userName": "li.wei"})).status_code == 404
    assert (await alone.get("/api/v1/staff")).status_code == 403


async def test_no_page_of_another_site_and_nobody_of_a_suspended_company_tells_anything(
    world, tenant, admin, directory, database
):
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    sent = await admin.post(USERS, json={"userName": "x"}, headers=foreign)
    bare = await admin.post(USERS, json={"userName": "x"}, headers={"X-CSRF-Token": "no"})
    owner = await asyncpg.connect(database.owner)
    await registry.suspend(owner, tenant.slug, because="unpaid", now=world.clock())
    await owner.close()
    world.litestar.state.scope_middleware.remembered.forget_all()
    suspended = await directory.get(USERS)

    assert [(each.status_code, each.json()["schemas"]) for each in (sent, bare, suspended)] == [(403, [ERROR])] * 3


async def test_the_last_admin_is_not_ended_by_a_directory(tenant, admin, directory):
    await admin.put(RULES, json={"rules": [{"group": "admins", "roles": ["tenant_admin"]}], "takes_over": True})
    person = await told(directory, "admin")
    group = await grouped(directory, "admins", person)
    answers = [
        await patched(directory, f"{USERS}/{person}", {"op": "replace", "path": "active", "value": False}),
        await directory.delete(f"{GROUPS}/{group}"),
    ]

    assert [each.status_code for each in answers] == [409, 409]
    assert (await account(tenant, "admin"))["here"] is True


async def test_rules_hold_at_once_and_ending_them_ends_nobody(tenant, admin, directory):
    person = await told(directory)
    await grouped(directory, "vip-agents", person)
    await admin.put(RULES, json={"rules": [AGENTS | {"roles": ["account_manager"]}]})
    changed = (await account(tenant))["roles"]
    await admin.delete(RULES)
    refused = await directory.delete(f"{USERS}/{person}")

    assert (changed, refused.status_code, (await account(tenant))["here"]) == (["account_manager"], 404, True)


async def test_somebody_with_an_account_keeps_their_login(directory):
    person = await told(directory)
    free = await directory.put(f"{USERS}/{person}", json={"userName": "li.wei2"})
    await grouped(directory, "vip-agents", person)
    kept = await directory.put(f"{USERS}/{person}", json={"userName": "admin"})

    assert (free.status_code, kept.status_code, kept.json()["scimType"]) == (200, 409, "mutability")


async def test_it_says_what_it_can(directory):
    said = (await directory.get("/scim/v2/ServiceProviderConfig")).json()
    kinds = (await directory.get("/scim/v2/ResourceTypes")).json()
    schemas = (await directory.get("/scim/v2/Schemas")).json()
    one = await directory.get(f"/scim/v2/Schemas/{USER}")

    assert (said["patch"], said["bulk"]["supported"], said["filter"]["supported"]) == ({"supported": True}, False, True)
    assert [each["id"] for each in kinds["Resources"]] == ["User", "Group"]
    assert [each["name"] for each in schemas["Resources"]] == ["User", "Group"]
    assert (one.status_code, one.json()["id"]) == (200, USER)
    assert (await directory.get("/scim/v2/ResourceTypes/Device")).status_code == 404


async def _customer(client, manager_id):
    body = {"number": f"C{uuid4().hex[:8]}", "kind": "leader", "name": "客户", "account_manager_id": str(manager_id)}
    answer = await client.post("/api/v1/customers", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def _key_of(world, tenant, staff_id):
    async with tenant_scope(tenant.id):
        token, _ = await keys.create(
            NewKey(name="own", scopes=("customers:read",), owner_id=staff_id), now=world.clock()
        )
    return world.client(token)
