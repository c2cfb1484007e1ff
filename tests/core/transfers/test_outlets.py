"""S02-6: an outlet's people take their own archives, facts and contacts in; nothing of another outlet's is told or touched by it."""

import base64

import pytest
from running import work_off

from guibin_tenants.scope import execute, fetch, fetch_value

PATH = "/api/v1/imports"
PAGE = "/console/imports"


@pytest.fixture
async def house(tenant, client):
    """Two outlets with an admin and somebody who serves each, and a customer of the west's."""
    for code in ("east", "west"):
        await tenant.unit(code)
    people = {
        "tenant": tenant,
        "whole": client,
        "east": await tenant.staff("east-admin", "tenant_admin", unit="east"),
        "west": await tenant.staff("west-admin", "tenant_admin", unit="west"),
        "own": await tenant.staff("own", "account_manager", unit="east"),
        "theirs": await tenant.staff("theirs", "account_manager", unit="west"),
    }
    for number, unit in (("W1", "west"), ("E1", "east")):
        body = {"number": number, "name": "李娜", "kind": "leader", "org_unit_id": str(tenant.units[unit])}
        assert (await client.post("/api/v1/customers", json=body)).status_code == 201
    return people


async def uploaded(who, *lines, status=201, kind="customers"):
    content = base64.b64encode("\n".join(lines).encode()).decode()
    answer = await who.post(PATH, json={"kind": kind, "file_name": "文件.csv", "content": content})
    assert answer.status_code == status, answer.text
    return answer.json()


async def imported(house, who, *lines, kind="customers", dry_run=False):
    transfer = await uploaded(house[who], *lines, kind=kind)
    answer = await house[who].post(f"{PATH}/{transfer['id']}/runs", json={"dry_run": dry_run})
    assert answer.status_code == 202, answer.text
    await work_off(house["tenant"], kind="run_transfer")
    return (await house[who].get(f"{PATH}/{transfer['id']}")).json()


async def numbers(who):
    return sorted(each["number"] for each in (await who.get("/api/v1/customers")).json()["items"])


def wrong(done):
    return [(one["column"], one["reason"]) for one in done["report"]["wrong"]]


@pytest.mark.rule("S02-6")
@pytest.mark.parametrize("who", ["person", "key"])
async def test_an_outlet_takes_customers_into_its_own_files(house, who):
    house["key"] = await house["tenant"].client("*", org_unit_id=house["tenant"].units["east"])
    asker = "east" if who == "person" else "key"
    done = await imported(house, asker, "number,name,kind,account_manager", "E2,王伟,leader,own", "E1,李娜娜,leader,")

    assert (done["state"], done["report"]["created"], done["report"]["updated"]) == ("done", 1, 1), done
    assert (await numbers(house["east"]), await numbers(house["west"])) == (["E1", "E2"], ["W1"])
    async with house["tenant"].scope():
        kept = await fetch("select name, org_unit_id from customer where number = any ('{E1,E2}') order by number")
    assert [(row["name"], row["org_unit_id"]) for row in kept] == [
        (name, house["tenant"].units["east"]) for name in ("李娜娜", "王伟")
    ]


@pytest.mark.rule("S02-6")
async def test_neither_another_outlet_nor_its_people_are_named_or_told(house):
    heading = "number,name,kind,org_unit,account_manager"
    for line in ("E2,王伟,leader,west,own", "E2,王伟,leader,head-office,own", "E2,王伟,leader,east,theirs"):
        done = await imported(house, "east", heading, line)
        refused = (await house["east"].get(f"{PATH}/{done['id']}/refused-rows")).status_code

        assert (done["state"], refused) == ("refused", 200)
        (reason,) = [why for _, why in wrong(done)]
        assert reason.startswith("not one of: ")
        assert not {"west", "head-office", "theirs", "west-admin"} & set(
            reason.removeprefix("not one of: ").split(", ")
        )
    assert await numbers(house["east"]) == ["E1"]


@pytest.mark.rule("S02-6")
async def test_a_number_that_somebody_out_of_sight_has_is_unusable_on_record_and_counted(house):
    rows = ("number,name,kind", "E2,王伟,leader", "W1,偷看,leader")
    tried = await imported(house, "east", *rows, dry_run=True)
    done = await imported(house, "east", *rows)

    assert (tried["state"], tried["report"]["created"], tried["report"]["updated"]) == ("done", 2, 0)
    assert (done["state"], done["report"]["wrong"]) == ("refused", [])
    assert [said for said in ("W1", "李娜") if said in str(done)] == []
    assert "head office" in done["report"]["problem"]
    assert await numbers(house["east"]) == ["E1"]
    async with house["tenant"].scope():
        assert await fetch_value("select name from customer where number = 'W1'") == "李娜"
        (entry,) = await fetch("select actor_name, refused from audit_entry where action = 'customer.import' and asked")
        counted = await fetch_value("select sum(asked) from look_up_count")
    assert (entry["actor_name"], entry["refused"], counted) == ("east-admin", "number-unusable", 1)


@pytest.mark.rule("S02-6")
async def test_whoever_asked_too_often_takes_nothing_in_any_more(house):
    await house["whole"].put("/api/v1/look-up-limits", json={"person_per_hour": 1, "key_per_hour": 36_000})
    taken = ("number,name,kind", "W1,偷看,leader")
    first = await imported(house, "east", *taken)
    free = await imported(house, "east", "number,name,kind", "E2,王伟,leader")

    assert (first["state"], free["state"]) == ("refused", "refused")
    assert await numbers(house["east"]) == ["E1"]


@pytest.mark.rule("S02-6")
async def test_facts_and_contacts_of_another_outlets_customer_are_as_of_nobodys(house):
    facts = ("customer_number,metric,value,occurred_on", "{},spending,100,2026-02-01")
    contacts = ("customer_number,channel,happened_at,content", "{},phone,2026-02-01T10:00:00+08:00,问候")
    told = {
        (kind, number): await imported(house, "east", rows[0], rows[1].format(number), kind=kind)
        for kind, rows in (("facts", facts), ("interactions", contacts))
        for number in ("W1", "nobody", "E1")
    }

    for kind in ("facts", "interactions"):
        assert (
            wrong(told[kind, "W1"])
            == wrong(told[kind, "nobody"])
            == [("customer_number", "no customer has this number")]
        )
        assert (told[kind, "E1"]["state"], told[kind, "E1"]["report"]["created"]) == ("done", 1)
    async with house["tenant"].scope():
        found = await fetch(
            "select c.number from fact f join customer c on c.tenant_id = f.tenant_id and c.id = f.customer_id"
            " union all select c.number from interaction i join customer c on c.tenant_id = i.tenant_id and c.id = i.customer_id"
        )
    assert [row["number"] for row in found] == ["E1", "E1"]


@pytest.mark.rule("S02-6")
async def test_the_same_number_of_a_contact_at_another_outlet_says_nothing(house):
    heading = "customer_number,channel,happened_at,content,source,source_number"
    line = "{},phone,2026-02-01T10:00:00+08:00,问候,crm,77"
    theirs = await imported(house, "west", heading, line.format("W1"), kind="interactions")
    ours = await imported(house, "east", heading, line.format("E1"), kind="interactions")
    again = await imported(house, "east", heading, line.format("E1"), kind="interactions")

    assert [(one["state"], one["report"]["created"]) for one in (theirs, ours, again)] == [
        ("done", 1),
        ("done", 1),
        ("done", 0),
    ]


@pytest.mark.rule("S02-6")
async def test_an_outlet_sees_its_own_imports_and_no_exports(house):
    whole = await uploaded(house["whole"], "number,name,kind", "H1,王伟,leader")
    theirs = await uploaded(house["west"], "number,name,kind", "W2,王伟,leader")
    ours = await uploaded(house["east"], "number,name,kind", "E2,王伟,leader")
    east = house["east"]
    listed = [one["id"] for one in (await east.get(PATH)).json()["items"]]
    seen = [one["id"] for one in (await house["whole"].get(PATH)).json()["items"]]
    page = await east.get(PAGE)

    assert (listed, sorted(seen)) == ([ours["id"]], sorted((whole["id"], theirs["id"], ours["id"])))
    for other in (whole["id"], theirs["id"]):
        answers = [
            await east.get(f"{PATH}/{other}"),
            await east.post(f"{PATH}/{other}/runs", json={"dry_run": True}),
            await east.post(f"{PATH}/{other}/cancellation", json={}),
            await east.get(f"{PATH}/{other}/refused-rows"),
            await east.get(f"{PAGE}/{other}"),
        ]
        assert [answer.status_code for answer in answers] == [404] * 5
    assert (page.status_code, f"{PAGE}/exports" in page.text, f"{PAGE}/{ours['id']}" in page.text) == (200, False, True)
    assert ('value="facts"' in page.text, 'value="orders"' in page.text) == (True, False)
    assert (await east.get("/api/v1/exports")).status_code == 403


@pytest.mark.rule("S02-6")
@pytest.mark.parametrize(
    "kind",
    ["relatives", "occasions", "links", "complaints", "orders", "shifts", "merchants", "offers", "qualifications"],
)
async def test_what_knows_no_wall_is_for_whoever_sees_the_whole_company(house, kind):
    refused = await uploaded(house["east"], "number", "E1", status=403, kind=kind)

    assert refused["type"] == "/problems/forbidden"


@pytest.mark.rule("S02-6")
async def test_whoever_belongs_elsewhere_by_then_takes_nothing_in(house):
    transfer = await uploaded(house["east"], "number,name,kind", "E2,王伟,leader")
    await house["east"].post(f"{PATH}/{transfer['id']}/runs", json={"dry_run": False})
    async with house["tenant"].scope():
        await execute(
            "update staff set org_unit_id = $1 where id = $2", house["tenant"].units["west"], house["east"].staff_id
        )
    await work_off(house["tenant"], kind="run_transfer")
    (done,) = (await house["whole"].get(PATH)).json()["items"]

    assert (done["state"], await numbers(house["whole"])) == ("refused", ["E1", "W1"])
