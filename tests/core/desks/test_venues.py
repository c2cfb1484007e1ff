"""S03-7: which hall has a VIP room, a VIP counter or a club, and priority there on a valid proof only."""

from datetime import UTC, datetime

import pytest
from acting import acting
from desk import open_desk

from guibin.spreadsheets.importing import BadRows
from guibin.spreadsheets.mapping import Mapping
from guibin.transfers.venues import VENUE_COLUMNS, export_venues, import_venues

MORNING = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture
async def hall(world):
    """A carrier's hall with a VIP room and one without, a clerk in each, and a gold customer with a card of theirs."""
    desk = await open_desk(world, "telecom")
    for code in ("grand", "plain"):
        await desk.tenant.unit(code)
    people = {code: await desk.tenant.staff(code, "agent", unit=code) for code in ("grand", "plain")}
    return desk, people


async def opened(desk, unit, kind="vip_room", status=201, **more):
    new = {"org_unit_id": str(desk.tenant.units[unit]), "kind": kind, "name": "贵宾室", **more}
    answer = await desk.client.post("/api/v1/desks", json=new)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.rule("S03-7")
async def test_a_hall_has_one_of_each_kind_and_all_see_which(hall):
    desk, people = hall
    await opened(desk, "grand")
    await opened(desk, "grand", kind="vip_counter")
    await opened(desk, "grand", status=409)
    await opened(desk, "grand", kind="sauna", status=400)

    shown = (await people["plain"].get("/api/v1/desks")).json()
    rooms = (await people["plain"].get("/api/v1/desks", params={"kind": "vip_room"})).json()

    assert [(one["org_unit_code"], one["kind"]) for one in shown] == [("grand", "vip_counter"), ("grand", "vip_room")]
    assert [one["kind"] for one in rooms] == ["vip_room"]


@pytest.mark.rule("S03-7")
async def test_priority_is_given_where_there_is_a_venue_and_on_a_proof_alone(hall):
    desk, people = hall
    await opened(desk, "grand")
    customers = {}
    for number, unit in enumerate(people):
        customers[unit] = await desk.customer(str(number), "subscriber", org_unit_id=str(desk.tenant.units[unit]))
        await desk.fact(customers[unit], "bill", "2026-02-15", amount="80.00")
        await desk.fact(customers[unit], "tenure", "2026-02-15", value=24)
    await desk.assess("vip_club", "2026-03-01")

    answers = []
    for clerk in people:
        asked = {"customer_id": customers[clerk], "item": "priority_counter"}
        answers.append((await people[clerk].post("/api/v1/redemptions", json=asked)).json()["type"])

    assert answers == ["/problems/not-proved", "/problems/not-given-here"]


@pytest.mark.rule("S03-7")
async def test_the_counter_shows_what_this_hall_offers_whom(hall):
    desk, people = hall
    await opened(desk, "grand", hours="9:00–17:00")
    customer = await desk.customer("1", "subscriber", org_unit_id=str(desk.tenant.units["grand"]))
    await desk.fact(customer, "bill", "2026-02-15", amount="80.00")
    await desk.fact(customer, "tenure", "2026-02-15", value=24)
    await desk.assess("vip_club", "2026-03-01")
    items = (await people["grand"].get(f"/api/v1/customers/{customer}/entitlements")).json()["items"]

    given = {one["item"]: [each["kind"] for each in one["desks"]] for one in items}

    assert given["priority_counter"] == ["vip_room"]
    assert not any(kinds for item, kinds in given.items() if item != "priority_counter")


@pytest.mark.rule("S03-7")
async def test_venues_come_from_a_file_and_go_into_one(hall, tmp_path):
    desk, _ = hall
    act = acting(by=desk.tenant.principal(), now=MORNING)
    file = tmp_path / "venues.csv"
    file.write_text(
        "unit,kind,name,hours\ngrand,vip_room,贵宾室,9:00-17:00\nplain,vip_club,俱乐部,\n", encoding="utf-8"
    )
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("unit,kind,name,hours\nnowhere,sauna,桑拿,\n", encoding="utf-8")
    mapping = Mapping(columns={name: name for name in VENUE_COLUMNS})

    async with desk.tenant.scope():
        first = await import_venues(file, mapping, act)
        again = await import_venues(file, mapping, act)
        with pytest.raises(BadRows) as refused:
            await import_venues(wrong, mapping, act)
        count = await export_venues(tmp_path / "out.csv", act)

    assert (first.created, again.created, again.unchanged, count) == (2, 0, 2, 2)
    assert {one.column for one in refused.value.problems} == {"unit", "kind"}
    assert "grand,vip_room,贵宾室,9:00-17:00" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")


async def test_a_unit_that_is_dissolved_leaves_each_of_its_venues_to_the_successor_that_has_none_of_the_kind(hall):
    desk, _ = hall
    for kind in ("desk", "vip_room", "vip_counter"):
        await opened(desk, "grand", kind=kind)
    own = await opened(desk, "plain", kind="vip_room")

    address = f"/api/v1/org-units/{desk.tenant.units['grand']}/dissolution"
    answer = await desk.client.post(address, json={"successor_id": str(desk.tenant.units["plain"]), "reason": "合并"})

    assert answer.status_code in (200, 201), answer.text
    left = (await desk.client.get("/api/v1/desks")).json()
    assert {(one["org_unit_code"], one["kind"]) for one in left} == {
        ("plain", "desk"),
        ("plain", "vip_counter"),
        ("plain", "vip_room"),
    }
    assert [one["id"] for one in left if one["kind"] == "vip_room"] == [own["id"]]
