"""A visit on the telephone: what is planned, the record, the signature by finger, the filing, and the visit after it."""

from datetime import timedelta

import pytest
from caring import customer

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


@pytest.fixture
async def own(tenant):
    """An account manager of the east outlet."""
    await tenant.unit("east")
    return await tenant.staff("own", "account_manager", unit="east")


@pytest.fixture
async def visit(tenant, client, own, clock):
    """A visit planned for this afternoon."""
    unit = str(tenant.units["east"])
    who = await customer(client, name="方建华", org_unit_id=unit, account_manager_id=str(own.staff_id))
    body = {"customer_id": who, "planned_at": (clock() + timedelta(hours=5)).isoformat(), "purpose": "断网后安抚"}
    answer = await own.post("/api/v1/visits", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def page(client, path, **asked):
    answer = await client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.text


async def recorded(own, visit, **more):
    given = {"content": "现场测速正常", "settles_problem": "true", **more}
    return await own.post(f"/console/visits/{visit['id']}/record", data=given)


async def test_planned_visits_are_listed_by_their_time_and_on_record(tenant, own, visit):
    auditor = await tenant.staff("auditor", "auditor")

    html = await page(own, "/console/visits", staff_id=str(own.staff_id), state="planned")
    record = (await auditor.get("/api/v1/audit-entries", params={"action": "visit.search"})).json()["items"]

    assert ("方建华" in html, "断网后安抚" in html) == (True, True)
    assert record[0]["customer_ids"] == [visit["customer_id"]]


async def test_the_page_of_a_visit_is_on_record_and_leads_through_its_steps(tenant, own, visit):
    auditor = await tenant.staff("auditor", "auditor")
    path = f"/console/visits/{visit['id']}"

    planned = await page(own, path)
    done = await recorded(own, visit)
    to_sign = await page(own, path)
    signed = await own.post(f"{path}/signature", data={"signed_by": "方建华", "content": PNG})
    to_file = await page(own, path)
    filed = await own.post(f"{path}/do/file", data={"note": ""})
    looks = (await auditor.get("/api/v1/audit-entries", params={"action": "visit.read"})).json()["items"]

    assert [answer.status_code for answer in (done, signed, filed)] == [200, 200, 200]
    assert ("第 1 步" in planned, "第 2 步" in to_sign, "第 3 步" in to_file) == (True, True, True)
    assert ("<canvas" in planned, "<canvas" in to_sign, "<canvas" in to_file) == (False, True, False)
    assert (await own.get(f"/api/v1/visits/{visit['id']}")).json()["state"] == "filed"
    assert looks[0]["customer_ids"] == [visit["customer_id"]]


async def test_what_is_wrong_stands_in_the_form_and_nothing_is_written(own, visit):
    path = f"/console/visits/{visit['id']}"

    empty = await recorded(own, visit, content="")
    state = (await own.get(f"/api/v1/visits/{visit['id']}")).json()["state"]
    await recorded(own, visit)
    unsigned = await own.post(f"{path}/signature", data={"signed_by": "方建华", "content": ""})
    no_image = await own.post(f"{path}/signature", data={"signed_by": "方建华", "content": "aGVsbG8="})
    refused = await own.post(f"{path}/do/file", data={"note": ""})

    assert (empty.status_code, "请填写。" in empty.text, state) == (422, True, "planned")
    assert [(answer.status_code, "还没有签名" in answer.text) for answer in (unsigned, no_image)] == [(422, True)] * 2
    assert refused.status_code == 409


async def test_another_outlet_finds_no_such_visit_and_an_auditor_may_not_look(tenant, own, visit):
    await tenant.unit("west")
    stranger = await tenant.staff("stranger", "account_manager", unit="west")
    auditor = await tenant.staff("auditor", "auditor")
    path = f"/console/visits/{visit['id']}"

    answers = [await stranger.get(path), await stranger.post(f"{path}/record", data={"content": "x"})]
    refused = await auditor.get(path)

    assert [answer.status_code for answer in (*answers, refused)] == [404, 404, 403]


async def test_the_next_visit_is_planned_from_the_last(own, visit, clock):
    await recorded(own, visit, settles_problem="")
    path = f"/console/visits/{visit['id']}/do/again"

    form = await page(own, path)
    at = (clock() + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M")
    given = {"customer_id": visit["customer_id"], "planned_at": at, "purpose": "复查入户线"}
    planned = await own.post(path, data=given)

    assert (visit["customer_id"] in form, planned.status_code) == (True, 200)
    assert "复查入户线" in await page(own, "/console/visits", staff_id=str(own.staff_id), state="planned")


async def test_the_route_shows_ones_own_visits_of_the_day_in_their_order_with_the_way(
    tenant, client, own, visit, clock
):
    unit = str(tenant.units["east"])
    first = await customer(client, "2", name="赵一", org_unit_id=unit, account_manager_id=str(own.staff_id))
    soon = (clock() + timedelta(hours=2)).isoformat()
    body = {"customer_id": first, "planned_at": soon, "purpose": "送卡", "place": "天府大道 1 号"}
    assert (await own.post("/api/v1/visits", json=body)).status_code == 201
    other = await tenant.staff("other", "account_manager", unit="east")

    html = await page(own, "/console/visits/route")
    tomorrow = await page(own, "/console/visits/route", on=str((clock() + timedelta(days=1)).date()))

    assert html.index("赵一") < html.index("方建华")
    assert ("keyword=%E5%A4%A9%E5%BA%9C%E5%A4%A7%E9%81%93" in html, "间隔 3 小时" in html) == (True, True)
    assert ("这一天没有拜访" in tomorrow, "赵一" in await page(other, "/console/visits/route")) == (True, False)


async def test_the_route_is_on_record_like_a_list_of_visits(tenant, own, visit):
    auditor = await tenant.staff("auditor", "auditor")

    await page(own, "/console/visits/route")
    record = (await auditor.get("/api/v1/audit-entries", params={"action": "visit.search"})).json()["items"]

    assert record[0]["customer_ids"] == [visit["customer_id"]]
