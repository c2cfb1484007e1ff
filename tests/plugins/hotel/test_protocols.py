"""From the news to the filed material, class by class and department by department (S11-6, S11-7)."""

from datetime import datetime

import pytest
from receiving import ARRIVES, PARTICULARS, PATH, PLAN, ahead, decide, kind, orders, step, tasks, told

DEPARTMENTS = ("pr_sales", "front_office", "housekeeping", "food_beverage", "security", "engineering")  # S11-6
ANSWERS = {"delegation": "省政府代表团", "contact_person": "陈秘书", "vehicles": 3}
VA = {"protocol": "va", "qualification": "provincial_leader", "reason": "省领导视察"}
ROOM = {"rooms": "1801-1806", "floor": "18", "check_in": "in_room"}


def only_told(*departments):
    """What departments do that prepare nothing: their shift knows."""
    return [(each, f"{each}_briefed", 240) for each in departments]


async def noticed(hotel, **more):
    reception = await hotel.approved(**more)
    drafted = await step(hotel.sales, reception, "plans", PLAN)
    await decide(hotel.people["resident_manager"], drafted["plans"][-1]["approval_id"])
    await step(hotel.sales, reception, "assignments", {"staff_id": str(hotel.sales.staff_id)})
    return await step(hotel.sales, reception, "notice")


@pytest.mark.rule("S11-6")
async def test_news_is_confirmed_planned_approved_noticed_and_filed(hotel):
    reception = await hotel.confirmed(source="集团董事长")
    body = {"protocol": "vc", "qualification": "celebrity", "reason": "演出"}
    asked = await step(hotel.people["department_manager"], reception, "applications", body)
    await decide(hotel.people["resident_manager"], asked["applications"][0]["approval_id"])

    elsewhere = await step(hotel.people["department_manager"], reception, "plans", PLAN, 403)
    drafted = await step(hotel.sales, reception, "plans", PLAN)
    unapproved = await step(hotel.sales, reception, "notice", {}, 409)
    await decide(hotel.people["front_desk_supervisor"], drafted["plans"][0]["approval_id"], status=403)
    await decide(hotel.people["general_manager"], drafted["plans"][0]["approval_id"])
    await step(hotel.sales, reception, "assignments", {"staff_id": str(hotel.people["department_manager"].staff_id)})
    sent = await step(hotel.sales, reception, "notice")

    assert {"reception_received", "reception_decided"} <= set(await told(hotel.tenant, hotel.sales))
    assert (kind(elsewhere), kind(unapproved)) == ("not-the-reception-centre", "reception-not-this-far")
    assert (sent["state"], sent["edition"], sent["source"]) == ("noticed", 1, "集团董事长")
    departments = {one["department"] for one in await orders(hotel.key)}
    assert departments == set(DEPARTMENTS)
    await step(hotel.sales, reception, "arrival")
    for stage in ("meet", "tour", "send_off"):
        await step(hotel.sales, reception, "stages", {"stage": stage})
    for item in ("dress", "standing_welcome", "guiding"):
        await step(hotel.sales, reception, "etiquette-checks", {"item": item, "kept": True})
    await step(hotel.sales, reception, "feedback", {"given": False})
    for name, task in (await tasks(hotel.key)).items():
        filled = {
            "rooms_assigned": ROOM,
            "rooms_inspected": {"inspected_by": "王芳", "flowers_and_fruit": True},
        }.get(name, {})
        done = await hotel.key.post(f"/api/v1/reception-tasks/{task['id']}/report", json={"answers": filled})
        assert done.status_code == 201, done.text
    filed = await step(hotel.sales, reception, "filing", {"summary": "客人满意,喜高层安静房"})
    assert filed["state"] == "filed"


@pytest.mark.rule("S11-7")
async def test_for_va_the_visiting_party_is_asked_first_and_top_management_gets_it_in_writing(hotel):
    reception = await hotel.confirmed(protocol="va")

    unasked = await step(hotel.sales, reception, "applications", VA, 409)
    await step(hotel.sales, reception, "enquiries", {"asked": "省政府办公厅陈秘书", "text": "资料、行程、活动、要求"})
    unwritten = await step(hotel.sales, reception, "applications", VA, 409)
    unfilled = await step(hotel.sales, reception, "particulars", PARTICULARS, 422)
    written = await step(hotel.sales, reception, "particulars", PARTICULARS | {"answers": ANSWERS})
    asked = await step(hotel.sales, reception, "applications", VA)

    assert {kind(unasked), kind(unwritten)} == {"visiting-party-not-asked"}
    assert [one["field"] for one in unfilled["errors"]] == ["answers.delegation", "answers.contact_person"]
    assert written["particulars"][0]["content"]["answers"]["contact_person"] == "陈秘书"
    for post in ("general_manager", "group_chairman"):
        assert await told(hotel.tenant, hotel.people[post]) == ["reception_reported"]
    assert await told(hotel.tenant, hotel.people["resident_manager"]) == []
    assert asked["applications"][0]["outcome"] is None


@pytest.mark.rule("S11-7")
@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        (
            {},
            {
                ("front_office", "rooms_assigned", 1_440),
                ("housekeeping", "rooms_inspected", 240),
                ("front_office", "welcome_line", 15),
                ("security", "passage_kept_free", 60),
                *only_told("pr_sales", "food_beverage", "engineering"),
            },
        ),
        (
            {
                "protocol": "vd",
                "reason": "invited_guest",
                "by": "front_desk_supervisor",
                "approver": "pr_sales_manager",
            },
            {
                ("front_office", "rooms_assigned", 1_440),
                ("housekeeping", "rooms_inspected", 240),
                *only_told("pr_sales", "food_beverage", "security", "engineering"),
            },
        ),
        (
            {"protocol": "vb", "reason": "city_leader", "by": "pr_sales_manager", "approver": "general_manager"},
            {
                ("front_office", "rooms_assigned", 1_440),
                ("housekeeping", "rooms_inspected", 240),
                ("food_beverage", "menu_set", 1_440),
                ("front_office", "welcome_line", 15),
                ("security", "passage_kept_free", 60),
                *only_told("pr_sales", "engineering"),
            },
        ),
        (
            {
                "protocol": "cip",
                "reason": "commercially_important",
                "by": "department_manager",
                "approver": "resident_manager",
            },
            {
                ("front_office", "rooms_assigned", 1_440),
                ("housekeeping", "rooms_inspected", 240),
                *only_told("pr_sales", "food_beverage", "security", "engineering"),
            },
        ),
    ],
)
async def test_each_class_has_its_own_tasks_by_department(hotel, how, wanted):
    await noticed(hotel, **how)

    found = await tasks(hotel.key)

    assert {
        (
            one["department"],
            name,
            (ARRIVES - datetime.fromisoformat(one["due_at"])).total_seconds() / 60,
        )
        for name, one in found.items()
    } == wanted


@pytest.mark.rule("S11-7")
async def test_a_department_reports_with_its_form(hotel):
    await hotel.tenant.unit("front_office")
    desk = await hotel.tenant.staff("desk", "agent", unit="front_office")
    await noticed(hotel)
    task = (await tasks(desk))["rooms_assigned"]
    report = f"/api/v1/reception-tasks/{task['id']}/report"

    empty = await desk.post(report, json={})
    wrong = await desk.post(report, json={"answers": ROOM | {"check_in": "at_the_bar"}})
    done = await desk.post(report, json={"answers": ROOM})

    assert set(await tasks(desk)) == {"rooms_assigned", "welcome_line"}
    assert [one["field"] for one in empty.json()["errors"]] == ["answers.rooms", "answers.floor", "answers.check_in"]
    assert [one["field"] for one in wrong.json()["errors"]] == ["answers.check_in"]
    assert (done.status_code, done.json()["report"]["answers"]) == (201, ROOM)


@pytest.mark.rule("S11-6", "S11-7")
async def test_a_higher_class_after_the_notice_makes_a_new_edition_with_its_tasks(hotel):
    reception = await noticed(hotel)
    before = {(one["department"], one["edition"]) for one in await orders(hotel.key)}
    body = {"protocol": "vb", "qualification": "investing_group_executive", "reason": "升格"}

    asked = await step(hotel.sales, reception, "applications", body)
    waiting = (await hotel.key.get(f"{PATH}/{reception['id']}")).json()
    await decide(hotel.people["general_manager"], asked["applications"][-1]["approval_id"])
    shown = (await hotel.key.get(f"{PATH}/{reception['id']}")).json()

    assert (waiting["protocol"], waiting["edition"]) == ("vc", 1)
    assert (shown["protocol"], shown["state"], shown["edition"]) == ("vb", "noticed", 2)
    assert [(one["edition"], one["protocol"]) for one in shown["notices"]] == [(1, "vc"), (2, "vb")]
    found = await tasks(hotel.key, state="open")
    assert (await tasks(hotel.key))["menu_set"]["state"] == "open"
    assert datetime.fromisoformat(found["menu_set"]["due_at"]) == ahead(days=1)
    newest = {one["department"]: one for one in await orders(hotel.key) if one["newest"]}
    assert {one["edition"] for one in newest.values()} == {2}
    assert set(newest) == {department for department, _ in before} == set(DEPARTMENTS)
    assert all(one["acknowledged_at"] is None for one in newest.values())


async def test_a_lower_class_withdraws_tasks_and_tells_those_no_longer_needed(hotel):
    reception = await noticed(hotel)
    body = {"protocol": "vd", "qualification": "invited_guest", "reason": "降格"}
    asked = await step(hotel.people["front_desk_supervisor"], reception, "applications", body)

    await decide(hotel.sales, asked["applications"][-1]["approval_id"])

    found = {name: one["state"] for name, one in (await tasks(hotel.key)).items()}
    assert found == {
        "rooms_assigned": "open",
        "rooms_inspected": "open",
        **{f"{each}_briefed": "open" for each in ("pr_sales", "food_beverage", "engineering", "security")},
        "welcome_line": "withdrawn",
        "passage_kept_free": "withdrawn",
    }
    newest = {one["department"]: one["kind"] for one in await orders(hotel.key) if one["newest"]}
    assert set(newest.values()) == {"change"}
