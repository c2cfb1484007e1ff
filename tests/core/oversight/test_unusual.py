"""What looks unusual is drawn every day by the rules of the policy, says why it is listed, and waits for an auditor's word."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from running import come_round

from guibin.oversight.jobs import DrawUnusualLooks

PATH = "/api/v1/unusual-looks"
NIGHT = datetime(2026, 3, 2, 23, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
FIGURES = [
    {"name": "outside_care", "at_least": 3, "roles": ["manager"]},
    {"name": "many_in_an_hour", "at_least": 4},
    {"name": "out_of_hours", "at_least": 2, "from_hour": 22, "to_hour": 6},
    {"name": "same_surname", "at_least": 2},
    {"name": "before_leaving", "at_least": 3, "days": 7},
    {"name": "many_refused", "at_least": 2},
]


@pytest.fixture
async def house(client, tenant):
    """A company with low figures: five customers of one account manager, and somebody else who serves none of them."""
    admin = await tenant.staff("admin", "tenant_admin")
    written = await admin.post("/api/v1/policy/versions", json={"overrides": {"unusual_looks": FIGURES}, "note": ""})
    assert written.status_code == 201, written.text
    owner = await tenant.staff("owner", "account_manager")
    customers = []
    for place in range(5):
        body = {"number": f"U{place}", "name": "王建国", "kind": "leader", "account_manager_id": str(owner.staff_id)}
        customers.append((await client.post("/api/v1/customers", json=body)).json()["id"])
    return customers


async def look(person, customers, times=1):
    for customer in customers * times:
        answer = await person.get(f"/api/v1/customers/{customer}")
        assert answer.status_code == 200, answer.text


async def drawn(tenant, clock, unit=None, **params):
    """What somebody reads who signs in the next day."""
    clock.set(clock.now + timedelta(days=1))
    await come_round(tenant, DrawUnusualLooks())
    auditor = await tenant.staff(f"auditor-{clock.now:%d%H%M}", "auditor", unit=unit)
    answer = await auditor.get(PATH, params=params)
    assert answer.status_code == 200, answer.text
    found = {(each["rule"], each["actor_name"]): each for each in answer.json()["items"]}
    return auditor, found


@pytest.mark.rule("S02-6")
async def test_many_customers_of_others_and_many_in_an_hour_are_drawn_with_their_figures(tenant, clock, house):
    stranger, owner = await tenant.staff("stranger", "agent"), await tenant.staff("owner2", "account_manager")
    await look(stranger, house)
    await look(owner, house[:2])

    _, found = await drawn(tenant, clock)

    assert {key: (each["found"], each["at_least"]) for key, each in found.items()} == {
        ("outside_care", "stranger"): (5, 3),
        ("many_in_an_hour", "stranger"): (5, 4),
    }
    assert sorted(found["outside_care", "stranger"]["customer_ids"]) == sorted(house)
    assert found["outside_care", "stranger"]["clause"] == ""


@pytest.mark.rule("S02-6")
async def test_whoever_serves_them_or_leads_is_not_listed_for_care(tenant, clock, house, client):
    manager = await tenant.staff("manager", "manager")
    helper = await tenant.staff("helper", "agent")
    for customer in house[:3]:
        joined = await client.post(
            f"/api/v1/customers/{customer}/team", json={"staff_id": str(helper.staff_id), "part": "助理"}
        )
        assert joined.status_code in (200, 201), joined.text
    await look(manager, house[:3])
    await look(helper, house[:3])

    assert (await drawn(tenant, clock))[1] == {}


async def test_a_night_is_drawn_and_a_day_is_not(tenant, clock, house):
    await look(await tenant.staff("early", "agent"), house[:2])
    clock.set(NIGHT)
    late = await tenant.staff("late", "agent")
    await look(late, house[:1])
    clock.set(NIGHT + timedelta(hours=3))
    await look(late, house[1:2])

    _, found = await drawn(tenant, clock, rule="out_of_hours")

    assert [(key[1], each["found"]) for key, each in found.items()] == [("late", 2)]


async def test_a_customer_of_the_same_surname_again_and_again(tenant, clock, house):
    name = await tenant.staff("wang", "agent")
    admin = await tenant.staff("admin2", "tenant_admin")
    await admin.patch(f"/api/v1/staff/{name.staff_id}", json={"name": "王五"})
    await look(name, house[:1], times=2)
    await look(name, house[1:2])

    _, found = await drawn(tenant, clock, rule="same_surname")

    assert [(each["customer_id"], each["looks"]) for each in found.values()] == [(house[0], 2)]


async def test_looks_before_leaving_are_drawn_when_somebody_left(tenant, clock, house):
    leaver = await tenant.staff("leaver", "agent")
    await look(leaver, house[:3])
    _, before = await drawn(tenant, clock, rule="before_leaving")
    admin = await tenant.staff("admin2", "tenant_admin")
    left = await admin.post(f"/api/v1/staff/{leaver.staff_id}/leaving", json={})
    assert left.status_code in (200, 201), left.text

    _, after = await drawn(tenant, clock, rule="before_leaving")

    assert (before, [each["found"] for each in after.values()]) == ({}, [3])


async def test_what_is_drawn_again_stands_there_once_and_what_is_marked_stays_as_it_was(tenant, clock, house):
    stranger = await tenant.staff("stranger", "agent")
    await look(stranger, house[:3])
    await drawn(tenant, clock)
    auditor, found = await drawn(tenant, clock)
    (row,) = found.values()
    marked = await auditor.post(f"{PATH}/{row['id']}/marks", json={"mark": "followed", "note": "已请主管核实"})
    clock.set(clock.now + timedelta(minutes=1))
    again = await auditor.post(f"{PATH}/{row['id']}/marks", json={"mark": "explained", "note": "代班，有排班表"})
    whole = (await auditor.get(f"{PATH}/{row['id']}")).json()
    entry = (await auditor.get("/api/v1/audit-entries", params={"action": "unusual_look.mark"})).json()["items"]

    assert (marked.status_code, again.json()["state"]) == (201, "explained")
    assert [(each["mark"], each["note"]) for each in whole["marks"]] == [
        ("explained", "代班，有排班表"),
        ("followed", "已请主管核实"),
    ]
    assert {each["marked_by_name"] for each in whole["marks"]} == {entry[0]["actor_name"]}
    assert [each["action"] for each in whole["entries"]] == ["customer.read"] * 3
    assert len(entry) == 2
    assert (await drawn(tenant, clock, state="open"))[1] == {}


async def test_a_word_without_words_is_refused_and_nobody_else_reads_or_marks(tenant, clock, house):
    stranger = await tenant.staff("stranger", "agent")
    await look(stranger, house[:3])
    auditor, found = await drawn(tenant, clock)
    (row,) = found.values()
    other = await tenant.staff("admin2", "tenant_admin")
    body = {"mark": "explained", "note": "没有问题"}

    refused = [
        await auditor.post(f"{PATH}/{row['id']}/marks", json={"mark": "explained", "note": " "}),
        await auditor.post(f"{PATH}/{row['id']}/marks", json={"mark": "forgotten", "note": "x" * 20}),
        await other.post(f"{PATH}/{row['id']}/marks", json=body),
        await other.get(PATH),
        await auditor.post(f"{PATH}/{house[0]}/marks", json=body),
    ]

    assert [answer.status_code for answer in refused] == [400, 400, 403, 403, 404]


@pytest.mark.rule("S02-6")
async def test_an_auditor_does_not_judge_their_own_looks(client, tenant, clock, house):
    curious = await tenant.staff("curious", "agent")
    await look(curious, house[:3])
    changed = await client.patch(f"/api/v1/staff/{curious.staff_id}", json={"roles": ["auditor"]})
    assert changed.status_code == 200, changed.text
    another, found = await drawn(tenant, clock)
    (row,) = found.values()
    body = {"mark": "explained", "note": "我自己看的，没有问题"}
    again = await tenant.sign_in("curious")

    own = await again.post(f"{PATH}/{row['id']}/marks", json=body)
    page = (await again.get(f"/console/unusual-looks/{row['id']}")).text
    asked = (await another.get(f"/console/unusual-looks/{row['id']}")).text
    others = await another.post(f"{PATH}/{row['id']}/marks", json=body)

    assert (own.status_code, own.json()["type"]) == (403, "/problems/own-look")
    assert ("do/explain" in page, "由其他审计人员判断" in page) == (False, True)
    assert ("do/explain" in asked, "由其他审计人员判断" in asked) == (True, False)
    assert others.status_code == 201, others.text


async def test_a_masked_relative_of_ones_own_name_is_a_hint(client, tenant, clock, house):
    admin = await tenant.staff("admin2", "tenant_admin")
    written = await admin.post(
        "/api/v1/policy/versions",
        json={"overrides": {"unusual_looks": [{"name": "own_relative", "at_least": 1}]}, "note": ""},
    )
    assert written.status_code == 201, written.text
    cousin = await tenant.staff("cousin", "agent")
    await admin.patch(f"/api/v1/staff/{cousin.staff_id}", json={"name": "赵六"})
    kin = await client.post(f"/api/v1/customers/{house[0]}/relatives", json={"relation": "弟弟", "name": "赵七"})
    assert kin.status_code == 201, kin.text
    await look(cousin, house[:2])

    _, found = await drawn(tenant, clock)

    assert {key: each["customer_id"] for key, each in found.items()} == {("own_relative", "赵六"): house[0]}


async def test_an_outlets_auditor_sees_what_its_own_people_did(client, tenant, clock, house):
    for code in ("east", "west"):
        await tenant.unit(code)
        person = await tenant.staff(f"agent-{code}", "agent", unit=code)
        body = {"number": code, "name": code, "kind": "leader", "org_unit_id": str(tenant.units[code])}
        customers = [
            (await client.post("/api/v1/customers", json=body | {"number": f"{code}{place}"})).json()["id"]
            for place in range(4)
        ]
        await look(person, customers)

    _, found = await drawn(tenant, clock, unit="east")

    assert {key[1] for key in found} == {"agent-east"}
