"""Rights to fields, door by door: every address that shows a part of a customer's file to whoever sees all of it shows less, or
nothing, to whoever sees it masked or not at all. Addresses come from the application itself."""

import re

import pytest
from acting import acting

from guibin.overview.tabs import TABS
from guibin.policies.queries import effective_policy
from guibin.profiles.exporting import export_orders
from guibin.profiles.importing import export_customers, import_customers
from guibin.sealing.seeing import NotSeenWhole
from guibin.spreadsheets.importing import BadRows
from guibin.spreadsheets.mapping import Mapping
from guibin_tenants.roles import COMPOSABLE
from support import company_of

RIGHTS = "/api/v1/field-rights"
PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
# What stands in the file: by part what nobody else's file has, and what is shown of it masked.
STANDS = {
    "employer": ("云顶雇主有限公司", "云顶雇***"),
    "department": ("风洞部门第一分部", "风洞部***"),
    "position": ("砂岩职位高级专员", "砂岩职***"),
    "special_contribution": ("琥珀贡献突出人物", "琥珀贡***"),
    "birthday": ("1961", ""),
    "preferences": ("玳瑁偏好忌口", ""),
    "mobile": ("13907651234", "139****1234"),
    "smart_card_number": ("SC8877665544", "SC8*****5544"),
    "relatives": ("欧阳珊瑚", "欧**"),
    "occasions": ("琉璃纪念日会", ""),
    "amounts": ("9876543", ""),
}
CUSTOMER = {
    "number": "K-0001",
    "name": "甲乙丙",
    "kind": "leader",
    "sex": "female",
    "birthday": "1961-08-23",
    "employer": STANDS["employer"][0],
    "department": STANDS["department"][0],
    "position": STANDS["position"][0],
    "preferences": {"food": STANDS["preferences"][0]},
    "fields": {"special_contribution": STANDS["special_contribution"][0]},
    "confidential": {"mobile": STANDS["mobile"][0], "smart_card_number": STANDS["smart_card_number"][0]},
}
PURPOSE = {"purpose": "核对客户资料", "leaves_to": "nobody"}
API = "/api/v1/customers/{customer_id}"
REVEAL = "/console/customers/{customer_id}/reveal/mobile"
# Where each part is to be seen at least: a test that nothing is shown first makes sure that there is something to show.
SHOWN = {
    "employer": {
        f"GET {API}",
        "GET /api/v1/customers",
        f"GET {API}/corrections",
        "GET /console/customers/{customer_id}",
    },
    "department": {f"GET {API}", f"PATCH {API}", f"GET {API}/overview"},
    "position": {f"GET {API}", "GET /console/customers/{customer_id}/archive"},
    "special_contribution": {f"GET {API}", "GET /console/customers/{customer_id}/archive/edit"},
    "birthday": {f"GET {API}", "GET /console/customers/{customer_id}/archive"},
    "preferences": {f"GET {API}", "GET /console/complaints/{complaint_id}"},
    "mobile": {f"POST {API}/disclosures", "POST /console/customers/{customer_id}/reveal/mobile"},
    "smart_card_number": {f"POST {API}/disclosures"},
    "relatives": {f"POST {API}/relatives/disclosures"},
    "occasions": {f"GET {API}/occasions", "GET /console/customers/{customer_id}/archive"},
    "amounts": {f"GET {API}/orders", f"GET {API}/facts", "GET /console/customers/{customer_id}/facts"},
}
MASKED = {
    "employer": f"GET {API}",
    "special_contribution": f"GET {API}",
    "mobile": f"GET {API}/contact-points",
    "smart_card_number": f"GET {API}",
    "relatives": f"GET {API}/relatives",
}


@pytest.fixture
async def company(tenant):
    """A customer of whom everything is known, and somebody whose one role permits everything a composed role may."""
    admin = await tenant.staff("admin", "tenant_admin")
    customer = (await admin.post("/api/v1/customers", json=CUSTOMER)).json()
    ids = {"customer_id": customer["id"]}
    path = f"/api/v1/customers/{customer['id']}"
    corrected = {"reason": "单位写错了", "changes": {"employer": "旧" + STANDS["employer"][0]}}
    for method, address, body in (
        ("POST", f"{path}/relatives", {"relation": "child", "name": STANDS["relatives"][0]}),
        ("POST", f"{path}/occasions", {"name": STANDS["occasions"][0], "happened_on": "2001-04-05"}),
        ("POST", f"{path}/corrections", corrected),
        ("PATCH", path, {"employer": STANDS["employer"][0]}),
        ("POST", "/api/v1/facts", {"facts": [_fact(customer["id"])]}),
    ):
        answer = await admin.request(method, address, json=body)
        assert answer.status_code in (200, 201), answer.text
    ids["order_id"] = await _made(admin, f"{path}/orders", ORDER)
    ids["complaint_id"] = await _made(
        admin, "/api/v1/complaints", {"customer_id": customer["id"], "text": "没有信号", "channel": "phone"}
    )
    name = await _role(admin, "全能", sorted(COMPOSABLE))
    person = await tenant.staff("person", "agent")
    given = await admin.patch(f"/api/v1/staff/{person.staff_id}", json={"roles": [name]})
    assert given.status_code == 200, given.text
    return admin, person, name, ids


ORDER = {
    "number": "D-1",
    "product": "付费频道",
    "price": {"amount": "98765.43", "currency": "CNY"},
    "started_on": "2026-01-01",
    "ends_on": "2026-12-31",
}


async def test_every_address_that_shows_a_part_obeys_the_rights_to_it(world, company):
    admin, person, role, ids = company
    addresses = await _addresses(world, person)

    clear = await _seen(person, addresses, ids, whole=0)
    unshown = {part: sorted(where - clear[part]) for part, where in SHOWN.items() if where - clear[part]}
    assert unshown == {}

    for right in ("masked", "hidden"):
        said = {"class.internal": right, "class.confidential": right}
        changed = await admin.put(f"{RIGHTS}/{role}", json={"rights": said})
        assert changed.status_code == 204, changed.text
        assert (right, _found(await _seen(person, addresses, ids, whole=0))) == (right, {})
        masks = await _seen(person, addresses, ids, whole=1)
        if right == "hidden":
            assert _found(masks) == {}
        else:
            assert {part: where in masks[part] for part, where in MASKED.items()} == dict.fromkeys(MASKED, True)


@pytest.mark.parametrize("part", sorted(STANDS))
async def test_a_part_that_is_named_goes_alone(company, part):
    admin, person, role, ids = company
    addresses = [("GET", API), ("GET", f"{API}/occasions"), ("GET", f"{API}/orders"), ("GET", f"{API}/relatives")]
    addresses.append(("GET", f"{API}/contact-points"))

    async def seen():
        whole, masked = [await _seen(person, addresses, ids, whole=which, posts=False) for which in (0, 1)]
        return {each for each in STANDS if whole[each] or masked[each]}

    before = await seen()
    assert (await admin.put(f"{RIGHTS}/{role}", json={"rights": {part: "hidden"}})).status_code == 204

    assert part in before
    assert await seen() == before - {part}


def _fact(customer_id):
    value = {"amount": "98765.43", "currency": "CNY"}
    return {"customer_id": customer_id, "metric": "spending", "occurred_on": "2026-02-01", "amount": value}


async def _made(client, path, body):
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def _addresses(world, client):
    """Everything that is read: by the document, and of the pages."""
    document = (await client.get("/api/v1/openapi.json")).json()
    read = [("GET", path) for path, operations in document["paths"].items() if "get" in operations]
    pages = [
        ("GET", PARAMETER.sub(lambda found: f"{{{found[1]}}}", route.path_format))
        for route in world.litestar.routes
        if route.path.startswith("/console") and "GET" in getattr(route, "methods", ())
    ]
    assert len(read) > 150
    assert len(pages) > 100
    pages += [("GET", path.replace("{tab}", tab)) for _, path in pages if "{tab}" in path for tab in TABS]
    return [each for each in (*read, *pages) if "/sign-in" not in each[1] and "stream" not in each[1]]


def _posts(customer_id):
    """What shows something though it is sent."""
    path = f"/api/v1/customers/{customer_id}"
    return [
        ("POST", f"{API}/disclosures", path + "/disclosures", PURPOSE | {"fields": ["mobile"]}),
        ("POST", f"{API}/disclosures", path + "/disclosures", PURPOSE | {"fields": ["smart_card_number"]}),
        ("POST", f"{API}/relatives/disclosures", path + "/relatives/disclosures", PURPOSE),
        ("FORM", REVEAL, REVEAL.format(customer_id=customer_id), PURPOSE),
        ("POST", "/api/v1/customers/searches", "/api/v1/customers/searches", {"q": STANDS["mobile"][0]}),
        ("POST", "/api/v1/customers/searches", "/api/v1/customers/searches", {"q": CUSTOMER["name"]}),
        ("PATCH", API, path, {"name": CUSTOMER["name"]}),
        ("POST", f"{API}/contact-points", path + "/contact-points", {"field": "mobile", "value": STANDS["mobile"][0]}),
        ("POST", "/api/v1/list-exports", "/api/v1/list-exports", PURPOSE | {"list": "overview", "format": "csv"}),
        ("POST", f"{API}/copies", path + "/copies", PURPOSE | {"legal_basis": "客户要求"}),
    ]


async def _seen(client, addresses, ids, *, whole, posts=True):
    """By part the addresses whose answer has what stands there, whole or masked."""
    found = {part: set() for part in STANDS}
    asked = [(method, path, _filled(path, ids), None) for method, path in addresses]
    for method, path, address, body in asked + (_posts(ids["customer_id"]) if posts else []):
        sent = {"data": body} if method == "FORM" else {"json": body}
        method = "POST" if method == "FORM" else method
        answer = await client.request(method, address, **sent)
        text = answer.text.replace(",", "").replace(".", "")
        for part, stands in STANDS.items():
            if stands[whole] and _stands_in(stands[whole], text):
                found[part].add(f"{method} {path}")
    return found


def _stands_in(said, text):
    """Whether a text has it; a year is not what four signs of an identifier or of a moment happen to be."""
    if said.isdigit() and len(said) == 4:
        return bool(re.search(rf"(?<![0-9A-Za-z-]){said}(?![0-9A-Za-z])", text))
    return said in text


def _found(seen):
    return {part: sorted(where) for part, where in seen.items() if where}


def _filled(path, ids):
    return PARAMETER.sub(lambda found: str(ids.get(found[1], ids["customer_id"])), path)


async def test_a_file_of_archives_has_no_column_of_what_is_not_seen(tenant, company, tmp_path, world):
    assert company
    said = {"class.internal": "masked", "mobile": "hidden"}
    async with tenant.scope() as scope:
        policy = await effective_policy(world.packs, company_of(tenant), at=world.clock())
        act = acting(by=tenant.principal(), now=world.clock(), policy=policy)
        await export_customers(tmp_path / "all.csv", act)
        scope.sees = (said,)
        await export_customers(tmp_path / "some.csv", act)
        with pytest.raises(NotSeenWhole):
            await export_orders(tmp_path / "orders.csv", act)

    every, some = [
        (tmp_path / name).read_text("utf-8-sig").splitlines()[0].split(",") for name in ("all.csv", "some.csv")
    ]
    assert {"employer", "birthday", "age", "mobile", "special_contribution"} <= set(every)
    assert set(every) - set(some) == {
        *("sex", "birthday", "birthday_calendar", "birthday_leap_month", "age", "employer", "department", "position"),
        *("mobile", "special_contribution", "network"),
    }
    text = (tmp_path / "some.csv").read_text("utf-8-sig")
    assert "SC8" in text
    assert "139" not in text


async def _tried(tenant, world, file, sees, *lines):
    """What a trial says of the file to whoever sees so much: the columns it refuses, or what would be changed."""
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    async with tenant.scope() as scope:
        policy = await effective_policy(world.packs, company_of(tenant), at=world.clock())
        act = acting(by=tenant.principal(), now=world.clock(), policy=policy)
        scope.sees = sees
        try:
            done = await import_customers(file, Mapping(), act, dry_run=True)
        except BadRows as bad:
            return sorted(one.column for one in bad.problems)
    return done.updated, [one.column for one in done.not_taken]


@pytest.mark.parametrize("right", ["masked", "hidden"])
async def test_a_file_neither_guesses_nor_empties_what_is_not_seen(tenant, company, tmp_path, world, right):
    assert company
    sees = ({"class.internal": right, "class.confidential": "hidden"},)
    columns = {
        "employer": STANDS["employer"][0],
        "birthday": CUSTOMER["birthday"],
        "age": "12",
        "special_contribution": STANDS["special_contribution"][0],
        "mobile": STANDS["mobile"][0],
    }
    told = {
        said: {
            name: await _tried(
                tenant, world, tmp_path / "a.csv", seen, f"number,name,kind,{name}", f"K-0001,甲乙丙,leader,{value}"
            )
            for name, value in columns.items()
        }
        for said, seen in (("all", ()), ("some", sees))
    }
    emptied = [
        await _tried(tenant, world, tmp_path / "a.csv", sees, f"number,name,kind,{name}", "K-0001,甲乙丙,leader,")
        for name in columns
    ]

    assert told["all"] == dict.fromkeys(columns, (0, [])) | {"age": (0, ["age"])}
    assert told["some"] == {name: [name] for name in columns}
    assert emptied == [[name] for name in columns]


async def test_a_segment_by_figures_is_not_for_whoever_does_not_see_them(company):
    admin, person, role, _ids = company
    scheme = next(iter((await admin.get("/api/v1/policy")).json()["schemes"]))
    bound = {"type": "at_least", "metric": scheme["metrics"][0]["name"], "bound": 1}
    body = {"title": "x", "segment": {"scheme": scheme["name"], "criterion": bound}, "window_days": 30, "seed": "s"}

    await admin.put(f"{RIGHTS}/{role}", json={"rights": {"amounts": "hidden"}})
    refused = await person.post("/api/v1/campaigns", json=body)

    assert (refused.status_code, [one["field"] for one in refused.json()["errors"]]) == (422, ["segment.criterion"])


async def test_what_is_not_seen_is_not_written_and_not_found_by_its_value(company):
    admin, person, role, ids = company
    path = API.format(**ids)
    given = [
        {"employer": "x"},
        {"fields": {"special_contribution": "x"}},
        {"confidential": {"mobile": "13900000000"}},
        {"preferences": {}},
    ]
    search = {"q": STANDS["mobile"][0]}
    before = (await person.post("/api/v1/customers/searches", json=search)).json()["items"]

    await admin.put(f"{RIGHTS}/{role}", json={"rights": {"class.internal": "hidden", "mobile": "hidden"}})

    answers = [await person.patch(path, json=change) for change in given]
    assert [answer.status_code for answer in answers] == [422] * 4
    assert (await person.patch(path, json={"name": "甲乙丁"})).status_code == 200
    kept = (await admin.get(path)).json()
    assert (kept["employer"], kept["fields"]) == (CUSTOMER["employer"], CUSTOMER["fields"])
    after = (await person.post("/api/v1/customers/searches", json=search)).json()["items"]
    assert (len(before), len(after)) == (1, 0)
    assert (await person.get("/api/v1/customers", params={"q": "甲乙丁"})).json()["items"][0]["id"] == ids[
        "customer_id"
    ]


async def test_of_several_roles_the_most_generous_counts_and_others_are_not_asked(tenant, company):
    admin, person, role, ids = company
    blind = await _role(admin, "只看", ["customers:read"])
    other = await _role(admin, "只批", ["approvals:decide", "approvals:read"])
    for name, said in ((role, {"class.confidential": "hidden"}), (blind, {"mobile": "masked", "employer": "hidden"})):
        assert (await admin.put(f"{RIGHTS}/{name}", json={"rights": said})).status_code == 204

    seen = []
    for held in ([role], [blind], [role, blind], [role, other], [role, "agent"]):
        given = await admin.patch(f"/api/v1/staff/{person.staff_id}", json={"roles": held})
        assert given.status_code == 200, given.text
        shown = (await person.get(API.format(**ids))).json()
        seen.append((sorted(shown["masked"]), shown["employer"] != ""))

    both = ["mobile", "smart_card_number"]
    assert seen == [([], True), (both, False), (both, True), ([], True), (both, True)]


async def test_a_change_says_who_sees_more_and_less_and_is_on_record(tenant, company):
    admin, person, role, ids = company
    new = {"rights": {"class.confidential": "masked", "employer": "hidden", "mobile": "clear"}}

    seen = (await admin.post(f"{RIGHTS}/{role}/checks", json=new)).json()
    still = (await person.get(API.format(**ids))).json()["employer"]
    await admin.put(f"{RIGHTS}/{role}", json=new)
    back = (await admin.post(f"{RIGHTS}/{role}/checks", json={"rights": {}})).json()

    assert [one["name"] for one in seen] == ["person"]
    taken = {one["part"]: one["after"] for one in seen[0]["taken"]}
    assert (taken["employer"], taken["smart_card_number"], "mobile" in taken) == ("hidden", "masked", False)
    assert (still, next(one["part"] for one in back[0]["given"])) == (CUSTOMER["employer"], "employer")
    auditor = await tenant.staff("auditor", "auditor")
    entries = (await auditor.get("/api/v1/audit-entries", params={"action": "role.fields"})).json()["items"]
    assert [(each["actor_name"], each["fields"]) for each in entries] == [
        ("admin", ["class.confidential=masked", "employer=hidden", "mobile=clear"])
    ]


async def test_nobody_opens_what_they_do_not_see_nor_shuts_themselves_out(tenant, company):
    admin, person, role, _ids = company
    await admin.put(f"{RIGHTS}/{role}", json={"rights": {"mobile": "hidden"}})
    wide = await _role(admin, "看得多", ["customers:read"])
    other = await tenant.staff("other", "agent")

    answers = [
        await person.put(f"{RIGHTS}/{role}", json={"rights": {}}),
        await person.put(f"{RIGHTS}/{wide}", json={"rights": {"employer": "hidden"}}),
        await person.patch(f"/api/v1/staff/{other.staff_id}", json={"roles": [wide]}),
        await admin.put(f"{RIGHTS}/tenant_admin", json={"rights": {"mobile": "masked"}}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert (await admin.put(f"{RIGHTS}/auditor", json={"rights": {}})).status_code == 404
    wrong = await admin.put(f"{RIGHTS}/{role}", json={"rights": {"shoe_size": "hidden"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "rights.shoe_size")


async def test_by_page_rights_are_seen_changed_and_say_who_is_concerned(company):
    admin, person, role, ids = company
    page = f"/console/field-rights/{role}"
    asked = {"right.mobile": "hidden", "right.employer": ""}

    first, shown = (await admin.get(page)).text, (await admin.get(page, params=asked | {"checked": "1"})).text
    wrong = await admin.post(page, data={"right.shoe_size": "hidden"})
    done = await admin.post(page, data=asked)
    matrix = (await admin.get("/console/field-rights", headers={"Accept-Language": "zh-CN"})).text

    assert ("person" in first, "person" in shown, wrong.status_code, done.status_code) == (False, True, 422, 200)
    assert ("看不到" in matrix, "全能" in matrix) == (True, True)
    assert (await person.get(API.format(**ids))).json()["masked"].keys() == {"smart_card_number"}


async def _role(admin, title, permissions):
    made = await admin.post("/api/v1/roles", json={"title": title, "permissions": permissions})
    assert made.status_code == 201, made.text
    return next(each["name"] for each in (await admin.get("/api/v1/roles")).json() if each["title"] == title)
