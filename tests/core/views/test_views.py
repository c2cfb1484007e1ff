"""Views of lists with a name: what is kept, whom they are shared with, and that they never show more than their reader may see."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from msgspec.structs import replace

from guibin.console import lists
from guibin.views.queries import table_of
from guibin_tenants.scope import execute, fetch_value

PATH = "/api/v1/views"
SETTINGS = "/api/v1/list-settings/complaints"
ASKS = {"running": "true", "level": "3"}


@pytest.fixture
async def people(tenant):
    """Two at an outlet, one of whom leads it, one at another outlet, one who leads at the head office."""
    for code in ("east", "west"):
        await tenant.unit(code)
    return {
        "east": await tenant.staff("east", "agent", unit="east"),
        "lead": await tenant.staff("lead", "manager", unit="east"),
        "west": await tenant.staff("west", "agent", unit="west"),
        "head": await tenant.staff("head", "manager"),
    }


async def saved(client, name="三级在办", **more):
    answer = await client.post(PATH, json={"list": "complaints", "name": name, "asks": ASKS, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def names(client, **asked):
    answer = await client.get(PATH, params=asked)
    assert answer.status_code == 200, answer.text
    return [view["name"] for view in answer.json()["items"]]


async def test_a_view_keeps_filters_order_and_columns_and_opens_the_list_so(people):
    view = await saved(people["east"], sort="received", columns=["matter", "due"])

    page = (await people["east"].get("/console/complaints?running=true")).text
    href = re.search(rf'href="([^"]*view={view["id"]}[^"]*)"', page)[1].replace("&amp;", "&")
    opened = await people["east"].get(href)

    assert (view["asks"], view["sort"], view["columns"], view["own"]) == (ASKS, "received", ["matter", "due"], True)
    assert dict(parse_qsl(urlsplit(href).query)) == {
        **ASKS,
        "sort": "received",
        "columns": "matter,due",
        "view": view["id"],
    }
    assert opened.status_code == 200
    assert opened.text.count("<th>") + opened.text.count("<th ") == 3  # the box to select, and two columns


async def test_a_view_is_its_makers_until_it_is_shared(people):
    view = await saved(people["lead"])
    before = {who: await names(client) for who, client in people.items()}

    east = people["lead"].staff_id and str((await people["lead"].get("/api/v1/me")).json()["org_unit_id"])
    shared = await people["lead"].put(f"{PATH}/{view['id']}/sharing", json={"org_unit_id": east})
    after = {who: await names(client) for who, client in people.items()}
    again = await people["lead"].delete(f"{PATH}/{view['id']}/sharing")
    alone = {who: await names(client) for who, client in people.items()}

    assert before == {"east": [], "lead": ["三级在办"], "west": [], "head": []}
    assert shared.status_code == 200, shared.text
    assert after == {"east": ["三级在办"], "lead": ["三级在办"], "west": [], "head": []}
    assert again.status_code == 200
    assert alone == before


@pytest.mark.parametrize(
    ("sharing", "readers"),
    [({}, ["east", "head", "lead", "west"]), ({"role": "agent"}, ["east", "head", "west"])],
)
async def test_the_whole_company_or_a_role_has_what_is_shared_with_it(people, sharing, readers):
    view = await saved(people["head"])

    answer = await people["head"].put(f"{PATH}/{view['id']}/sharing", json=sharing)

    assert answer.status_code == 200, answer.text
    assert sorted([who for who, client in people.items() if await names(client)]) == readers


async def test_sharing_asks_for_the_permission_and_for_the_org_unit(people, tenant):
    agents, leads = await saved(people["east"]), await saved(people["lead"])
    west = str(tenant.units["west"])

    answers = [
        await people["east"].put(f"{PATH}/{agents['id']}/sharing", json={}),
        await people["lead"].put(f"{PATH}/{leads['id']}/sharing", json={}),
        await people["lead"].put(f"{PATH}/{leads['id']}/sharing", json={"org_unit_id": west}),
        await people["lead"].put(f"{PATH}/{leads['id']}/sharing", json={"role": "nobody"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403, 403]
    assert await names(people["west"]) == []


async def test_a_shared_view_shows_each_reader_what_they_may_see(people):
    for who in ("east", "west"):
        answer = await people[who].post(
            "/api/v1/complaints", json={"text": f"{who} 没有信号", "channel": "phone", "level": "3"}
        )
        assert answer.status_code == 201
    view = await saved(people["head"])
    await people["head"].put(f"{PATH}/{view['id']}/sharing", json={})

    pages = {}
    for who in ("east", "west", "head"):
        tabs = (await people[who].get("/console/complaints?running=true")).text
        href = re.search(rf'href="([^"]*view={view["id"]}[^"]*)"[^>]*>.*?g-count">(\d+)<', tabs)
        pages[who] = ((await people[who].get(href[1].replace("&amp;", "&"))).text, href[2])

    assert {who: ("east 没有" in page, "west 没有" in page, count) for who, (page, count) in pages.items()} == {
        "east": (True, False, "1"),
        "west": (False, True, "1"),
        "head": (True, True, "2"),
    }


async def test_whoever_may_not_read_the_list_has_no_view_of_it(people, tenant):
    view = await saved(people["head"])
    await people["head"].put(f"{PATH}/{view['id']}/sharing", json={})
    auditor = await tenant.staff("auditor", "auditor")

    answers = [
        await auditor.get(f"{PATH}/{view['id']}"),
        await auditor.post(PATH, json={"list": "complaints", "name": "x"}),
        await auditor.put(SETTINGS, json={}),
        await auditor.get("/console/lists/complaints/columns"),
    ]

    assert await names(auditor) == []
    assert [answer.status_code for answer in answers] == [404, 403, 403, 403]


async def test_my_own_id_is_whoever_reads_it(people):
    me = str(people["lead"].staff_id)
    view = await saved(people["lead"], asks={"handled_by": me})

    assert view["asks"] == {"handled_by": "$me"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"asks": {"colour": "red"}}, "asks"),
        ({"asks": {"running": "perhaps"}}, "asks.running"),
        ({"sort": "size"}, "sort"),
        ({"columns": ["colour"]}, "columns"),
        ({"name": " "}, "name"),
    ],
)
async def test_what_the_list_does_not_have_is_refused_by_field(people, wrong, field):
    answer = await people["east"].post(PATH, json={"list": "complaints", "name": "x", **wrong})

    assert answer.status_code in (400, 422), answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_name_is_taken_once_and_changes_are_its_makers(people):
    view = await saved(people["east"])
    other = await people["lead"].put(f"{PATH}/{view['id']}/sharing", json={})
    twice = await people["east"].post(PATH, json={"list": "complaints", "name": view["name"].upper()})
    shared = await saved(people["head"])
    await people["head"].put(f"{PATH}/{shared['id']}/sharing", json={})

    answers = [
        await people["lead"].patch(f"{PATH}/{shared['id']}", json={"name": "别的"}),
        await people["east"].delete(f"{PATH}/{shared['id']}"),
    ]
    changed = await people["east"].patch(f"{PATH}/{view['id']}", json={"name": "改了", "asks": {"overdue": "true"}})
    stale = await people["east"].patch(f"{PATH}/{view['id']}", json={"name": "y"}, headers={"If-Match": '"1"'})
    removed = await people["east"].delete(f"{PATH}/{view['id']}")

    assert (other.status_code, twice.status_code) == (404, 409)
    assert [answer.status_code for answer in answers] == [403, 403]
    assert (changed.json()["name"], changed.json()["asks"]) == ("改了", {"overdue": "true"})
    assert (stale.status_code, removed.status_code) == (412, 204)
    assert await names(people["east"], own=True) == []


async def test_a_list_opens_as_its_reader_wants(people):
    view = await saved(people["east"])

    first = await people["east"].get("/console/complaints")
    put = await people["east"].put(SETTINGS, json={"columns": ["due", "matter"], "view_id": view["id"]})
    own = await people["east"].get("/console/complaints")
    page = (await people["east"].get("/console/complaints?running=true")).text
    others = (await people["lead"].get("/console/complaints?running=true")).text
    await people["east"].delete(f"{PATH}/{view['id']}")
    left = await people["east"].get(SETTINGS)

    assert first.headers["location"] == "/console/complaints?running=true"
    assert put.status_code == 200
    assert f"view={view['id']}" in own.headers["location"]
    heads = [re.findall(r"<th[ >].*?</th>", each) for each in (page, others)]
    assert [len(each) for each in heads] == [3, 6]
    assert "剩余" in heads[0][1] or "到期" in heads[0][1] or "期限" in heads[0][1]
    assert left.json() == {"list": "complaints", "columns": ["due", "matter"], "view_id": None}


async def test_columns_of_the_address_are_for_one_look(people):
    page = (await people["east"].get("/console/complaints?running=true&columns=matter")).text
    after = (await people["east"].get("/console/complaints?running=true")).text

    assert [len(re.findall(r"<th[ >]", each)) for each in (page, after)] == [2, 6]
    assert 'name="columns" value="matter"' in page


async def test_a_view_whose_filter_is_gone_says_so_and_shows_nothing(people, tenant):
    view = await saved(people["east"])
    await people["east"].post("/api/v1/complaints", json={"text": "没有信号", "channel": "phone"})
    async with tenant.scope():
        await execute('update list_view set asks = \'{"shade": "red"}\'')

    shown = (await people["east"].get(f"{PATH}/{view['id']}")).json()
    tabs = (await people["east"].get("/console/complaints?running=true")).text
    managed = (await people["east"].get("/console/lists/complaints/views")).text
    opened = await people["east"].get(f"/console/complaints?shade=red&view={view['id']}")

    assert shown["gone"] == ["shade"]
    assert "列表里已没有：shade" in tabs
    assert "列表里已没有：shade" in managed
    assert opened.status_code == 422
    assert "没有信号" not in opened.text


async def test_a_value_that_is_there_no_more_is_said_above_the_empty_list(people):
    page = (await people["east"].get("/console/complaints?level=eleven")).text

    assert "已不存在" in page


async def test_another_companys_view_is_as_one_that_there_is_not(people, world):
    view = await saved(people["head"])
    await people["head"].put(f"{PATH}/{view['id']}/sharing", json={})
    stranger = await (await world.tenant()).staff("stranger", "manager")

    answers = [
        await stranger.get(f"{PATH}/{view['id']}"),
        await stranger.patch(f"{PATH}/{view['id']}", json={"name": "x"}),
        await stranger.delete(f"{PATH}/{view['id']}"),
        await stranger.put(SETTINGS, json={"view_id": view["id"]}),
        await stranger.get(f"/console/lists/views/{view['id']}/do/remove"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5


async def test_erasing_a_customer_removes_the_views_that_ask_for_them(people, tenant, client):
    body = {"number": "K77", "name": "欧阳锋", "kind": "leader", "org_unit_id": str(tenant.units["east"])}
    customer = (await client.post("/api/v1/customers", json=body)).json()
    for name, asks in (
        ("甲", {"q": "欧阳锋"}),
        ("乙", {"customer_id": customer["id"]}),
        ("欧阳锋的投诉", {}),
        ("丁", {"q": "宽带"}),
    ):
        await saved(people["east"], name=name, asks=asks)

    erased = await client.delete(f"/api/v1/customers/{customer['id']}")

    assert erased.status_code == 204, erased.text
    assert await names(people["east"]) == ["丁"]


async def test_what_is_done_to_views_is_on_record(people, tenant):
    view = await saved(people["head"])
    await people["head"].put(f"{PATH}/{view['id']}/sharing", json={})
    await people["head"].delete(f"{PATH}/{view['id']}")

    async with tenant.scope():
        found = await fetch_value("select array_agg(action order by id) from audit_entry where action like 'view.%'")

    assert found == ["view.save", "view.share", "view.remove"]


async def test_it_is_all_done_from_the_page(people):
    asked = "running=true&level=3&sort=due"
    form = (await people["head"].get(f"/console/lists/complaints/save?{asked}")).text
    unnamed = await people["head"].post("/console/lists/complaints/save", data={"asked": asked, "name": ""})
    done = await people["head"].post(
        "/console/lists/complaints/save", data={"asked": asked, "name": "我的三级", "begins": "true"}
    )
    (view,) = (await people["head"].get(PATH)).json()["items"]
    do = f"/console/lists/views/{view['id']}/do"
    await people["head"].post(f"{do}/rename", data={"name": "三级"})
    shared = await people["head"].post(f"{do}/share", data={"org_unit_id": "", "role": "agent"})
    columns = await people["head"].post(
        "/console/lists/complaints/columns", data={"asked": asked, "column": ["matter", "level"], "how": "keep"}
    )
    none = await people["head"].post("/console/lists/complaints/columns", data={"asked": asked, "how": "keep"})
    found = (await people["head"].post("/console/find", data={"q": "sanji"})).text

    assert "level=3" in form
    assert unnamed.status_code == 422
    assert done.status_code == 200
    assert shared.status_code == 200
    assert none.status_code == 422
    assert columns.status_code == 200
    assert (await people["head"].get(SETTINGS)).json() == {
        "list": "complaints",
        "columns": ["matter", "level"],
        "view_id": view["id"],
    }
    assert (await people["east"].get(f"{PATH}/{view['id']}")).json()["name"] == "三级"
    assert f"view={view['id']}" in found


def test_every_list_says_what_it_is_asked_by_and_what_it_asks_for():
    """Else it can be neither saved as a view nor exported; and what its views ask for is there."""
    strange = {
        name: sorted({ask for view in table.views for ask in view.asks} - {*table.asked})
        for name, table in lists.TABLES.items()
    }

    assert {"complaints", "service_requests", "visits", "overview", "overview.approvals"} <= set(lists.TABLES)
    assert [name for name, table in lists.TABLES.items() if table.load is None] == []
    assert {name: asks for name, asks in strange.items() if asks} == {}
    assert replace(table_of("complaints"), kind=None).asked == ()
