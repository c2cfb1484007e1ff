"""A right without its scope: an outlet's admin, key or auditor reaches for the whole company, or for another outlet (S02-4, S02-6)."""

from datetime import timedelta

import pytest

from guibin.sla.calendars import ALWAYS


@pytest.fixture
async def east(tenant):
    """A key of the outlet east with every permission there is."""
    await tenant.unit("east")
    await tenant.unit("west")
    return await tenant.client("*", org_unit_id=tenant.units["east"])


@pytest.fixture
async def west(tenant, east):
    """The same for west."""
    return await tenant.client("*", org_unit_id=tenant.units["west"])


async def post(client, path, body, status=201):
    answer = await client.post(f"/api/v1{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def customer(client, number, **more):
    return await post(client, "/customers", {"number": number, "name": "张三丽", "kind": "partner", **more})


async def complaint(client, **more):
    return await post(client, "/complaints", {"text": "画面有雪花", "channel": "phone", **more})


@pytest.mark.rule("S02-4")
async def test_an_outlet_changes_nothing_that_holds_for_the_whole_company(tenant, east, client, world):
    version = {"note": "ours", "effective_from": world.clock().isoformat(), "overrides": {}}
    calendars = {one["calendar"]["name"]: one["calendar"] for one in (await client.get("/api/v1/calendars")).json()}
    name = next(name for name in calendars if name != ALWAYS)
    rhythm = (await client.get("/api/v1/timetable")).json()[0]["name"]
    retention = (await client.get("/api/v1/job-retention")).json()
    attempts = (
        ("post", "/policy/versions", version, 201),
        ("put", f"/calendars/{name}", {"calendar": calendars[name], "note": "ours"}, 200),
        ("post", "/job-pauses", {"kind": "sweep_timers", "reason": "ours"}, 201),
        ("put", f"/timetable/{rhythm}", {"off": True}, None),
        ("put", "/job-retention", retention, None),
    )
    for method, path, body, status in attempts:
        refused = await east.request(method, f"/api/v1{path}", json=body)
        done = await client.request(method, f"/api/v1{path}", json=body)

        assert (path, refused.status_code) == (path, 403)
        assert status is None or (path, done.status_code) == (path, status)


async def test_an_outlets_staff_cannot_do_it_either(tenant, east, world):
    admin = await tenant.staff("admin-east", "tenant_admin", unit="east")

    version = {"note": "ours", "effective_from": world.clock().isoformat(), "overrides": {}}
    await post(admin, "/policy/versions", version, 403)
    await post(admin, "/job-pauses", {"kind": "sweep_timers", "reason": "ours"}, 403)


@pytest.mark.rule("S02-6")
async def test_a_customer_is_opened_in_no_outlet_out_of_sight(tenant, east, client):
    body = {"number": "M1", "name": "张三丽", "kind": "partner", "org_unit_id": str(tenant.units["west"])}

    refused = await post(east, "/customers", body, 403)

    assert refused["type"] == "/problems/forbidden"
    assert (await client.get("/api/v1/customers")).json()["items"] == []


async def test_desks_of_another_hall_are_seen_and_not_changed(tenant, east, client):
    west = str(tenant.units["west"])
    desk = await post(client, "/desks", {"org_unit_id": west, "name": "贵宾台"})
    member = await tenant.staff("wang", unit="west")
    await post(client, f"/desks/{desk['id']}/seats", {"staff_id": str(member.staff_id)})

    await post(east, f"/desks/{desk['id']}/closing", {"reason": "ours"}, 403)
    await post(east, f"/desks/{desk['id']}/seats", {"staff_id": str(member.staff_id)}, 403)
    unseated = await east.delete(f"/api/v1/desks/{desk['id']}/seats/{member.staff_id}")
    await post(client, f"/desks/{desk['id']}/closing", {"reason": "moved"})
    await post(east, "/desks", {"org_unit_id": west, "name": "东"}, 403)

    assert unseated.status_code == 403


async def test_another_outlets_people_are_not_seated_at_ones_own_desk(tenant, east, client):
    desk = await post(client, "/desks", {"org_unit_id": str(tenant.units["east"]), "name": "东"})
    theirs, central = await tenant.staff("wang", unit="west"), await tenant.staff("zhao")
    own = await tenant.staff("li", unit="east")

    refused = [
        await post(east, f"/desks/{desk['id']}/seats", {"staff_id": str(one.staff_id)}, 422)
        for one in (theirs, central)
    ]
    seated = await post(east, f"/desks/{desk['id']}/seats", {"staff_id": str(own.staff_id)})

    assert [one["errors"][0]["field"] for one in refused] == ["staff_id", "staff_id"]
    assert seated["staff_ids"] == [str(own.staff_id)]
    await post(client, f"/desks/{desk['id']}/seats", {"staff_id": str(theirs.staff_id)})


async def test_an_activity_of_another_outlet_is_not_there_and_the_head_offices_not_ones_own(tenant, east, west, client):
    await post(client, "/policy/versions", _events(tenant))
    theirs, central = await _activity(west, tenant), await _activity(client, tenant)

    listed = [one["id"] for one in (await east.get("/api/v1/activities")).json()["items"]]
    assert listed == [central]
    for activity, status in ((theirs, 404), (central, 403)):
        path = f"/activities/{activity}"
        changed = await east.patch(f"/api/v1{path}", json={"title": "ours"})
        cancelled = await east.post(f"/api/v1{path}/cancellation", json={"reason": "ours"})
        cost = {"what": "room", "amount": {"amount": "10.00", "currency": "CNY"}}
        spent = await east.post(f"/api/v1{path}/costs", json=cost)

        assert (changed.status_code, cancelled.status_code, spent.status_code) == (status,) * 3
    planned = {**_plan(tenant), "org_unit_id": str(tenant.units["west"])}
    await post(east, "/activities", planned, 403)
    await post(west, f"/activities/{theirs}/cancellation", {"reason": "rain"})


@pytest.mark.rule("S02-6")
async def test_a_complaint_of_nobodys_belongs_to_whoever_took_it_in(tenant, east, west, client):
    taken = await complaint(west)

    assert (await client.get(f"/api/v1/complaints/{taken['id']}")).status_code == 200
    assert (await west.get(f"/api/v1/complaints/{taken['id']}")).status_code == 200
    assert (await east.get(f"/api/v1/complaints/{taken['id']}")).status_code == 404
    assert (await east.get("/api/v1/complaints")).json()["items"] == []
    noted = await east.post(f"/api/v1/complaints/{taken['id']}/notes", json={"kind": "note", "text": "ours"})
    assert noted.status_code == 404
    own = await _timers(west)
    assert {one["subject_id"] for one in own} == {taken["id"]}
    assert await _timers(east) == []

    handed = {"to_unit_id": str(tenant.units["east"]), "reason": "it happened there"}
    handed |= {"cause": "signal", "analysis": "a cable of theirs"}
    await post(west, f"/complaints/{taken['id']}/hand-overs", handed)

    for client_of in (east, west):
        assert (await client_of.get(f"/api/v1/complaints/{taken['id']}")).status_code == 200
        assert {one["id"] for one in await _timers(client_of)} == {one["id"] for one in own}
    resolved = await east.post(
        f"/api/v1/complaints/{taken['id']}/resolution", json={"remedy": "换线", "cause": "signal"}
    )
    assert resolved.status_code in (200, 201)


async def test_a_department_request_is_between_the_two_and_their_deadlines_too(tenant, east, west, client):
    await tenant.unit("north")
    north = await tenant.client("*", org_unit_id=tenant.units["north"])
    await tenant.staff("manager-west", "manager", unit="west")
    body = {"to_unit_id": str(tenant.units["west"]), "text": "请查线路", "task": "assistance"}
    asked = (await post(east, "/department-requests", body))["id"]

    seen = {
        name: (await one.get(f"/api/v1/department-requests/{asked}")).status_code
        for name, one in (("east", east), ("west", west), ("north", north))
    }

    assert seen == {"east": 200, "west": 200, "north": 404}
    assert await _timers(north) == []
    assert {one["subject_id"] for one in await _timers(west)} == {one["subject_id"] for one in await _timers(east)}


async def test_an_outlets_auditor_reads_of_its_customers_and_people_alone(tenant, east, west, client):
    ours, theirs = await customer(east, "E1"), await customer(west, "W1")
    await post(
        client,
        f"/customers/{theirs['id']}/disclosures",
        {"fields": ["mobile"], "purpose": "秘密", "leaves_to": "nobody"},
        422,
    )
    both = (await client.get("/api/v1/customers")).json()["items"]
    assert len(both) == 2
    auditor = await tenant.staff("auditor-east", "auditor", unit="east")
    chief = await tenant.staff("auditor", "auditor")

    entries = (await auditor.get("/api/v1/audit-entries", params={"limit": 200})).json()["items"]
    everything = (await chief.get("/api/v1/audit-entries", params={"limit": 200})).json()["items"]

    seen = {one for entry in entries for one in entry["customer_ids"]}
    assert seen == {ours["id"]}
    assert {one for entry in everything for one in entry["customer_ids"]} == {ours["id"], theirs["id"]}
    assert theirs["id"] not in str(entries)
    # The head office looked at both: the auditor of one of them hears of it, without the other.
    assert [entry["customer_ids"] for entry in entries if entry["action"] == "customer.search"] == [[ours["id"]]]
    by_west = (await auditor.get("/api/v1/audit-entries", params={"customer_id": theirs["id"]})).json()["items"]
    assert by_west == []


async def test_people_and_keys_of_another_outlet_are_not_listed_nor_touched(tenant, east, client):
    member = await tenant.staff("wang", unit="west")
    own = await tenant.staff("li", unit="east")
    kept = await post(
        client, "/keys", {"name": "west", "scopes": ["tiers:read"], "org_unit_id": str(tenant.units["west"])}
    )

    listed = {one["login"] for one in (await east.get("/api/v1/staff")).json()}
    shown = (await east.get(f"/api/v1/staff/{member.staff_id}")).status_code
    renamed = (await east.patch(f"/api/v1/staff/{member.staff_id}", json={"name": "x"})).status_code
    away = (await east.get(f"/api/v1/staff/{member.staff_id}/absences")).status_code
    mail = (await east.get(f"/api/v1/staff-addresses/{member.staff_id}")).status_code
    revoked = (await east.delete(f"/api/v1/keys/{kept['key']['id']}")).status_code
    keys = {one["name"] for one in (await east.get("/api/v1/keys")).json()}

    assert (listed, keys) == ({"li"}, {"test"})
    assert (shown, renamed, away, mail, revoked) == (404,) * 5
    assert (await east.get(f"/api/v1/staff/{own.staff_id}")).status_code == 200
    assert "west" in {one["name"] for one in (await client.get("/api/v1/keys")).json()}


@pytest.mark.rule("S02-6")
async def test_numbers_of_another_outlet_are_not_said_to_be_taken(east, west):
    theirs = await customer(west, "M10")
    ours = await customer(east, "M11")
    order = {"number": "O1", "product": "p", "price": {"amount": "1.00", "currency": "CNY"}}
    order |= {"started_on": "2026-01-01", "ends_on": "2027-01-01"}
    await post(west, f"/customers/{theirs['id']}/orders", order)

    number = await post(east, "/customers", {"number": "M10", "name": "李四", "kind": "partner"}, 409)
    ordered = await post(east, f"/customers/{ours['id']}/orders", order, 409)
    own = await post(west, "/customers", {"number": "M10", "name": "李四", "kind": "partner"}, 409)

    assert {number["type"], ordered["type"]} == {"/problems/number-unusable"}
    assert "M10" not in number["detail"]
    assert "O1" not in ordered["detail"]
    assert own["type"] == "/problems/number-taken"


def _events(tenant):
    lecture = {"name": "lecture", "companions_max": 2}
    now = tenant.world.clock().isoformat()
    return {"note": "events", "effective_from": now, "overrides": {"activities": [lecture]}}


def _plan(tenant):
    starts = tenant.world.clock() + timedelta(days=20)
    return {
        "kind": "lecture",
        "title": "讲座",
        "place": "三楼",
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(hours=2)).isoformat(),
    }


async def _activity(client, tenant):
    return (await post(client, "/activities", _plan(tenant)))["id"]


async def _timers(client):
    return (await client.get("/api/v1/timers")).json()["items"]
