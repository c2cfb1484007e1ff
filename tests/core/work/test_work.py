"""What somebody owes, in one list: every kind of it, for whoever has to do it and for nobody else, until it is done."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from acting import acting
from mails import mail, open_door

import guibin
from guibin.approvals import actions as approvals
from guibin.care.tables import CareTask, Reminder, Renewal
from guibin.cases import Case
from guibin.complaints.tables import ComplaintSample, ImprovementMeasure
from guibin.duties.tables import DutyCall
from guibin.inspections.tables import Inspection, InspectionFinding, InspectionItem
from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin.policy.deadlines import Hours
from guibin.policy.terms import Terms
from guibin.policy_changes.tables import PolicyAnnouncement
from guibin.receptions.tables import Reception, ReceptionTask
from guibin.relationships.tables import RelationshipMeasure, RelationshipPlan
from guibin.reviews.tables import CustomerReview
from guibin.service_requests.tables import ServiceRequest
from guibin.signals.tables import Signal
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin.surveys.tables import ImprovementAction, SurveyRound
from guibin.tasks.tables import Task
from guibin.work.queries import KINDS, SLICES, WorkFilter, counts
from guibin_tenants.rows import add
from guibin_tenants.scope import execute, fetch
from guibin_tenants.tables import new_id

PATH = "/api/v1/work"
TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture
async def house(tenant, client, clock):
    """Two account managers and the leader of an outlet, the leader of another, and a customer of the first one's."""
    for code in ("east", "west"):
        await tenant.unit(code)
    people = {
        "own": await tenant.staff("own", "account_manager", unit="east"),
        "colleague": await tenant.staff("colleague", "account_manager", unit="east"),
        "lead": await tenant.staff("lead", "manager", unit="east"),
        "west": await tenant.staff("west", "manager", unit="west"),
    }
    house = SimpleNamespace(tenant=tenant, client=client, clock=clock, **people)
    body = {
        "number": "K1",
        "name": "王伟",
        "kind": "leader",
        "org_unit_id": str(tenant.units["east"]),
        "account_manager_id": str(house.own.staff_id),
    }
    house.customer = (await send(client, "/api/v1/customers", body))["id"]
    return house


async def send(client, path, body, status=(200, 201)):
    answer = await client.post(path, json=body)
    assert answer.status_code in status, answer.text
    return answer.json()


async def owed(client, **asked):
    answer = await client.get(PATH, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def complained(house, **more):
    body = {"customer_id": house.customer, "channel": "phone", "text": "机顶盒无信号", **more}
    return await send(house.own, "/api/v1/complaints", body)


async def a_complaint(house):
    taken = await complained(house)
    return (
        taken["id"],
        f"/api/v1/complaints/{taken['id']}/resolution",
        {"remedy": "已更换", "cause": house.cause},
    )


async def a_reply(house):
    taken = await complained(house)
    path = f"/api/v1/complaints/{taken['id']}/messages"
    said = await send(house.own, path, {"direction": "in", "text": "还是没有信号"})
    return said["id"], path, {"direction": "out", "text": "今天下午上门"}


async def a_callback(house):
    taken = await complained(house)
    base = f"/api/v1/complaints/{taken['id']}"
    await send(house.own, f"{base}/resolution", {"remedy": "已更换", "cause": house.cause})
    return taken["id"], f"{base}/callbacks", {"outcome": "satisfied"}


async def a_rectification(house):
    case, path, remedy = await a_complaint(house)
    await send(house.own, path, remedy)
    return case, f"/api/v1/complaints/{case}/rectification", {"plan": "每周巡检", "reported_to": "总经理"}


async def a_drawn_complaint(house):
    case, path, remedy = await a_complaint(house)
    await send(house.own, path, remedy)
    await send(house.own, f"/api/v1/complaints/{case}/callbacks", {"outcome": "satisfied"})
    row = await written(
        house, ComplaintSample, complaint_id=case, period="2026-W09", why="always", seed="1", drawn_at=NOW
    )
    return row, f"/api/v1/complaint-samples/{row}/follow-up", {"outcome": "satisfied"}


async def a_measure(house):
    row = await written(
        house,
        ImprovementMeasure,
        period="2026-02",
        org_unit_id=house.tenant.units["east"],
        text="每周巡检",
        cause="",
        due_on=TODAY,
    )
    return row, f"/api/v1/improvement-measures/{row}/result", {"note": "已巡检"}


async def a_service_request(house):
    row = await written(
        house,
        ServiceRequest,
        customer_id=house.customer,
        number="SR-1",
        item="repair",
        channel="phone",
        text="加装",
        steps=["visit", "receipt"],
        received_at=NOW,
        recorded_at=NOW,
        owner_id=house.own.staff_id,
        owner_name="own",
    )
    return row, f"/api/v1/service-requests/{row}/withdrawal", {"reason": "客户不需要了"}


async def a_signal(house):
    row = await written(
        house,
        Signal,
        customer_id=house.customer,
        rule="repeated_trouble",
        source="repairs",
        occurrence="1",
        details={"count": "2", "days": "30"},
        found_at=NOW,
    )
    async with house.tenant.scope():
        await sla.start(NewTimer(Case("signal", row, house.customer), "action", Terms(limit=Hours(4)), NOW))
    return row, f"/api/v1/signals/{row}/ending", {"text": "已上门检查"}


async def a_task(house):
    row = await written(
        house,
        Task,
        customer_id=house.customer,
        role="account_manager",
        owner_id=house.own.staff_id,
        owner_name="own",
        text="致电客户",
    )
    async with house.tenant.scope():
        await sla.start(NewTimer(Case("task", row, house.customer), "task", Terms(limit=Hours(4)), NOW))
    return row, f"/api/v1/tasks/{row}/ending", {"text": "已致电"}


async def a_department_request(house):
    body = {
        "task": "green_channel",
        "to_unit_id": str(house.tenant.units["east"]),
        "text": "请优先抢修",
        "owner_id": str(house.own.staff_id),
    }
    asked = await send(house.west, "/api/v1/department-requests", body)
    return asked["id"], f"/api/v1/department-requests/{asked['id']}/answer", {"text": "已抢修"}


async def an_approval(house):
    flow = ApprovalFlow(name="f", subject="test", steps=(ApprovalStep(role="manager", within=Hours(4)),))
    async with house.tenant.scope():
        row = await approvals.ask(
            Case("test", new_id(), house.customer), house.act, flow=flow, org_unit_id=house.tenant.units["east"]
        )
    return row, f"/api/v1/approvals/{row}/decision", {"approved": True}


async def a_reception_task(house):
    reception = await written(
        house,
        Reception,
        customer_id=house.customer,
        number="R-1",
        source="集团",
        arrives_at=NOW + timedelta(days=1),
        venue_id=house.tenant.units["west"],
    )
    row = await written(
        house,
        ReceptionTask,
        reception_id=reception,
        number="R-1",
        department="security",
        org_unit_id=house.tenant.units["east"],
        name="check",
        before_minutes=60,
    )
    async with house.tenant.scope():
        await sla.start(NewTimer(Case("reception_task", row), "done", Terms(limit=Hours(4)), NOW))
    return row, "update reception_task set state = 'reported' where id = $1", None


async def a_contact(house):
    async with house.tenant.scope():
        await execute(
            "insert into membership (id, customer_id, scheme, tier, starts_on, since_on, basis, reason, ended_because,"
            " recorded_at) values (gen_random_uuid(), $1, 'key_account', 'gold', '2026-01-01', '2026-01-01',"
            " 'exception', '', '', $2)",
            house.customer,
            NOW,
        )
    body = {"customer_id": house.customer, "channel": "phone", "direction": "out", "content": "问候"}
    return house.customer, "/api/v1/interactions", body


async def a_question(house):
    body = {
        "customer_id": house.customer,
        "channel": "phone",
        "direction": "in",
        "content": "来电",
        "need": "4K 盒子能试用吗",
    }
    asked = await send(house.colleague, "/api/v1/interactions", body)
    return asked["id"], f"/api/v1/interactions/{asked['id']}/handlings", {"text": "可以试用", "done": True}


async def a_call(house):
    opened = await send(house.own, "/api/v1/hotline-calls", {})
    return opened["id"], f"/api/v1/hotline-calls/{opened['id']}/ending", {"outcome": "not_ours", "content": "误拨"}


async def a_call_back(house):
    missed = await send(house.client, "/api/v1/hotline-calls", {"customer_id": house.customer, "missed": True})
    return missed["id"], f"/api/v1/hotline-calls/{missed['id']}/ending", {"outcome": "served", "content": "已回拨"}


async def a_mail(house):
    door = await open_door(house.client, house.clock)
    body = {"confidential": {"email": ["wang@qq.com"]}}
    changed = await house.client.patch(f"/api/v1/customers/{house.customer}", json=body)
    assert changed.status_code == 200, changed.text
    arrived = await door.hand(mail())
    return arrived["id"], f"/api/v1/mails/{arrived['id']}/dismissal", {"reason": "广告"}


async def planned(house):
    body = {"customer_id": house.customer, "planned_at": "2026-03-03T07:30:00Z", "purpose": "断网后安抚"}
    return await send(house.own, "/api/v1/visits", body)


async def a_visit(house):
    visit = await planned(house)
    return visit["id"], f"/api/v1/visits/{visit['id']}/record", {"content": "已安抚"}


async def a_visit_filing(house):
    visit = await planned(house)
    await send(house.own, f"/api/v1/visits/{visit['id']}/record", {"content": "已安抚"})
    return visit["id"], f"/api/v1/visits/{visit['id']}/filing", {}


async def a_care_task(house):
    row = await written(
        house,
        CareTask,
        customer_id=house.customer,
        occasion="birthday",
        year=2026,
        occurs_on=TODAY,
        prepare_on=TODAY,
        gifts=["flowers"],
        messages=["sms"],
        created_at=NOW,
    )
    return row, f"/api/v1/care-tasks/{row}/result", {"result": "已送花"}


async def ordered(house):
    body = {
        "number": "N1",
        "product": "高清套餐",
        "price": {"amount": "1200.00", "currency": "CNY"},
        "started_on": "2025-03-01",
        "ends_on": "2026-03-12",
    }
    order = await send(house.client, f"/api/v1/customers/{house.customer}/orders", body)
    return {"customer_id": house.customer, "order_id": order["id"], "ends_on": date(2026, 3, 12), "created_at": NOW}


async def a_reminder(house):
    row = await written(house, Reminder, **await ordered(house), lead_days=15, due_on=TODAY)
    return row, f"/api/v1/reminders/{row}/result", {"channel": "phone", "result": "同意续订"}


async def a_renewal(house):
    row = await written(house, Renewal, **await ordered(house), state="approved", filtered_on=TODAY)
    body = {"number": "N2", "ends_on": "2027-03-12", "price": {"amount": "1200.00", "currency": "CNY"}}
    return row, f"/api/v1/renewals/{row}/order", body


async def a_review(house):
    async with house.tenant.scope():
        await execute("update customer set created_at = '2026-01-01T00:00:00Z'")
    return house.customer, "/api/v1/customer-reviews", {"customer_id": house.customer, "situation": "一切正常"}


async def a_follow_up(house):
    row = await written(
        house,
        CustomerReview,
        customer_id=house.customer,
        duty="weekly_review",
        span="2026-W09",
        first_on=date(2026, 2, 23),
        situation="需求未满足",
        follow_up="再打一次电话",
        follow_up_on=TODAY,
    )
    return row, f"/api/v1/customer-reviews/{row}/outcome", {"text": "已电话"}


async def a_relationship_measure(house):
    signed = {"customer_id": house.customer}
    plan = await written(
        house,
        RelationshipPlan,
        **signed,
        period="2026",
    )
    row = await written(
        house,
        RelationshipMeasure,
        **signed,
        plan_id=plan,
        kind="gift",
        due_on=TODAY,
    )
    return row, f"/api/v1/relationship-plans/{plan}/measures/{row}/execution", {"note": "已送出"}


async def an_improvement(house):
    survey = await a_round(house)
    row = await written(
        house,
        ImprovementAction,
        round_id=survey,
        text="缩短排队",
        owner_id=house.own.staff_id,
        owner_name="own",
        due_at=NOW + timedelta(days=2),
    )
    return row, f"/api/v1/improvement-actions/{row}/reports", {"note": "已缩短"}


async def a_round(house):
    return await written(
        house,
        SurveyRound,
        survey="s",
        org_unit_id=house.tenant.units["east"],
        policy={},
        criteria={},
        seed="1",
        population=1,
        sample=1,
    )


def _event(kind):
    return {
        "kind": kind,
        "title": "答谢",
        "starts_at": "2026-03-20T06:00:00Z",
        "ends_at": "2026-03-20T08:00:00Z",
    }


async def an_activity_plan(house):
    async with house.tenant.scope():
        await execute("update staff set org_unit_id = null where id = $1", house.lead.staff_id)
    await send(house.client, "/api/v1/activities", _event("promotion"))
    body = {
        "kind": "exception",
        "scheme": "key_account",
        "tier": "standard",
        "reason": "重点",
        "expires_on": "2026-12-31",
    }
    asked = await send(house.own, "/api/v1/applications", body | {"customer_id": house.customer})
    decision = {"approved": True, "reason": "同意"}
    await send(house.lead, f"/api/v1/approvals/{asked['approval_id']}/decision", decision)
    return house.lead.staff_id, "/api/v1/activities", _event("gala")


async def a_plan(house):
    async with house.tenant.scope():
        await execute("update staff set created_at = '2025-06-01T00:00:00Z' where id = $1", house.own.staff_id)
        await execute("delete from work_plan")
    body = {"items": [{"text": "走访"}]}
    await send(house.own, "/api/v1/work-plans", {"span": "month", **body})
    return house.own.staff_id, "/api/v1/work-plans", {"span": "week", **body}


async def handed_in(house):
    body = {"span": "week", "items": [{"text": "走访王伟", "customer_id": house.customer, "due_on": "2026-03-04"}]}
    return await send(house.own, "/api/v1/work-plans", body)


async def a_plan_item(house):
    plan = await handed_in(house)
    item = plan["items"][0]["id"]
    return item, f"/api/v1/work-plans/{plan['id']}/items/{item}/result", {"text": "已走访"}


async def a_plan_review(house):
    plan = await handed_in(house)
    return plan["id"], f"/api/v1/work-plans/{plan['id']}/reviews", {"accepted": True}


async def a_log(house):
    return house.own.staff_id, "/api/v1/work-logs", {"text": "走访两家"}


async def a_duty_call(house):
    row = await written(
        house,
        DutyCall,
        duty="on_call",
        org_unit_id=house.tenant.units["east"],
        customer_id=house.customer,
        subject="complaint",
        subject_id=new_id(),
        came_at=NOW,
        round=1,
        asked_id=house.own.staff_id,
        asked_name="own",
    )
    async with house.tenant.scope():
        await sla.start(NewTimer(Case("duty_call", row, house.customer), "response", Terms(limit=Hours(1)), NOW))
    return row, f"/api/v1/duty-calls/{row}/taking", {}


async def a_training(house):
    path = "/api/v1/qualification-records"
    body = {"staff_id": str(house.own.staff_id), "qualification": "service_training"}
    await send(house.lead, path, body | {"obtained_on": "2025-03-15"})
    (standing,) = (await house.own.get("/api/v1/qualifications")).json()["items"]
    return standing["id"], path, body | {"obtained_on": "2026-03-01"}


async def a_policy_reading(house):
    row = await written(
        house,
        PolicyAnnouncement,
        policy_version=1,
        effective_from=NOW,
        roles=["account_manager"],
        note="走访更密",
        read_by_at=NOW + timedelta(days=7),
    )
    return row, f"/api/v1/policy/announcements/{row}/readings", {}


async def an_inspection_item(house):
    drawn = await written(
        house,
        Inspection,
        name="archives",
        span="2026-Q1",
        subject="archive",
        inspector="manager",
        seed="1",
        population=1,
        digest="1",
        drawn_on=TODAY,
        drawn_at=NOW,
    )
    row = await written(
        house,
        InspectionItem,
        inspection_id=drawn,
        subject="archive",
        subject_id=house.customer,
        customer_id=house.customer,
        org_unit_id=house.tenant.units["east"],
        responsible_id=house.own.staff_id,
    )
    async with house.tenant.scope():
        await sla.start(NewTimer(Case("inspection", drawn), "inspected", Terms(limit=Hours(4)), NOW))
    return row, f"/api/v1/inspection-items/{row}/pass", {}


async def an_inspection_finding(house):
    item, _, _ = await an_inspection_item(house)
    row = await written(
        house,
        InspectionFinding,
        item_id=item,
        customer_id=house.customer,
        org_unit_id=house.tenant.units["east"],
        inspector="manager",
        criterion="complete",
        severity="minor",
        text="缺少联系电话",
        owner_id=house.own.staff_id,
    )
    async with house.tenant.scope():
        case = Case("inspection_finding", row, house.customer)
        await sla.start(NewTimer(case, "correction", Terms(limit=Hours(4)), NOW))
    return row, f"/api/v1/inspection-findings/{row}/correction", {"text": "已补电话"}


async def an_inspection_verification(house):
    row, path, corrected = await an_inspection_finding(house)
    await send(house.own, path, corrected)
    return row, f"/api/v1/inspection-findings/{row}/verification", {"accepted": True}


async def a_needs_analysis(house):
    body = {"customer_id": house.customer, "situation": "新开分厂", "needs": "短期周转"}
    analysed = await send(house.lead, "/api/v1/needs-analyses", body)
    return analysed["id"], f"/api/v1/needs-analyses/{analysed['id']}/outcome", {"outcome": "已授信"}


async def written(house, table, **columns):
    async with house.tenant.scope():
        return await add(table, house.act, **columns)


# Each kind with who has it; by default the account manager, and nobody else of those who ask.
OWNERS = {
    "measure": {"lead"},
    "approval": {"lead"},
    "activity_plan": {"lead"},
    "plan_review": {"lead"},
    "reception_task": {"own", "colleague", "lead"},
    "policy_reading": {"own", "colleague"},
    "inspection_item": {"lead"},
    "inspection_verification": {"lead"},
}
# Who does it, where it is not one of those who have it: each reads for themselves, and nobody records their own training.
DOERS = {"policy_reading": ["own", "colleague"], "training": ["lead"]}
MAKERS = {
    "complaint": a_complaint,
    "reply": a_reply,
    "callback": a_callback,
    "rectification": a_rectification,
    "sampled": a_drawn_complaint,
    "measure": a_measure,
    "signal": a_signal,
    "task": a_task,
    "service_request": a_service_request,
    "department_request": a_department_request,
    "approval": an_approval,
    "reception_task": a_reception_task,
    "contact": a_contact,
    "question": a_question,
    "call": a_call,
    "mail": a_mail,
    "call_back": a_call_back,
    "visit": a_visit,
    "visit_filing": a_visit_filing,
    "care_task": a_care_task,
    "reminder": a_reminder,
    "renewal": a_renewal,
    "review": a_review,
    "follow_up": a_follow_up,
    "relationship_measure": a_relationship_measure,
    "improvement": an_improvement,
    "activity_plan": an_activity_plan,
    "plan": a_plan,
    "plan_item": a_plan_item,
    "plan_review": a_plan_review,
    "log": a_log,
    "duty_call": a_duty_call,
    "training": a_training,
    "policy_reading": a_policy_reading,
    "inspection_item": an_inspection_item,
    "inspection_finding": an_inspection_finding,
    "inspection_verification": an_inspection_verification,
    "needs_analysis": a_needs_analysis,
}
# A log is owed by everybody who keeps one.
EVERYBODYS = {"log"}


def test_every_slice_that_declares_something_owed_is_in_the_list():
    declared = {path.parent.name for path in Path(guibin.__file__).parent.glob("*/owed.py")} - {"sla"}

    assert declared == {module.__name__.split(".")[1] for module in SLICES}
    assert set(MAKERS) == set(KINDS)


@pytest.mark.parametrize("kind", MAKERS)
async def test_it_is_owed_by_whoever_has_it_until_it_is_done(house, kind):
    owners = OWNERS.get(kind, {"own"})
    people = {name: getattr(house, name) for name in ("own", "colleague", "lead", "west")}
    before = {name: await owed(who, kind=kind) for name, who in people.items()}
    row, path, body = await MAKERS[kind](house)

    after = {name: await owed(who, kind=kind) for name, who in people.items()}

    if kind not in EVERYBODYS:
        assert before == {name: [] for name in people}
        assert {name for name, rows in after.items() if rows} == owners
    assert [one["id"] for name in owners for one in after[name]] == [str(row)] * len(owners)
    assert all(one["mine"] and one["kind"] == kind for name in owners for one in after[name])
    assert str(row) not in str([after[name] for name in people if name not in owners])

    if body is None:
        async with house.tenant.scope():
            await execute(path, row)
    else:
        for name in DOERS.get(kind, sorted(owners)[:1]):
            await send(people[name], path, body)

    assert [one for name in owners for one in await owed(people[name], kind=kind)] == []


async def test_what_is_due_soonest_comes_first_page_by_page(house):
    await a_visit(house)
    await a_question(house)
    await a_care_task(house)

    rows = (await house.own.get(PATH, params={"limit": 1})).json()
    seen = [rows["items"][0]]
    while rows["next"]:
        rows = (await house.own.get(PATH, params={"limit": 1, "cursor": rows["next"]})).json()
        seen += rows["items"]

    assert {"visit", "question", "care_task"} <= {one["kind"] for one in seen}
    assert seen == await owed(house.own, limit="50")
    soonest = [min(moment for moment in (one["happens_at"], one["due_at"]) if moment) for one in seen]
    assert soonest == sorted(soonest)
    before = await owed(house.own, due_before=min(one["due_at"] for one in seen if one["kind"] == "visit"))
    assert {one["kind"] for one in before} == {one["kind"] for one in seen} - {"visit"} - {
        one["kind"] for one in seen if one["due_at"] >= "2026-03-03T16"
    }


async def test_a_desk_sees_each_others_cases_and_what_is_nobodys_but_no_plans(house):
    body = {"org_unit_id": str(house.tenant.units["east"]), "name": "大客户服务台"}
    desk = await send(house.client, "/api/v1/desks", body)
    for one in (house.own, house.colleague):
        await send(house.client, f"/api/v1/desks/{desk['id']}/seats", {"staff_id": str(one.staff_id)}, (200, 201, 204))
    complaint, _, _ = await a_complaint(house)
    await handed_in(house)
    given = (await complained(house, text="到期未续"))["id"]
    body = {"to_unit_id": str(house.tenant.units["east"]), "reason": "需现场处理"}
    await send(house.own, f"/api/v1/complaints/{given}/hand-overs", body)

    at_desk = await owed(house.colleague, whose="desk")

    assert {one["id"] for one in await owed(house.own, kind="complaint")} == {complaint}
    assert {one["id"] for one in at_desk if one["kind"] == "complaint"} == {complaint, given}
    assert "plan_item" not in {one["kind"] for one in at_desk}
    assert {one["mine"] for one in at_desk if one["kind"] == "complaint"} == {False}


async def test_a_leader_sees_what_the_unit_owes_and_nobody_else_does(house):
    await a_complaint(house)
    await a_plan_item(house)

    led = {one["kind"] for one in await owed(house.lead, whose="unit")}
    elsewhere = await owed(house.west, whose="unit")
    refused = await house.colleague.get(PATH, params={"whose": "unit"})

    assert {"complaint", "plan_item"} <= led
    assert [one["kind"] for one in elsewhere if one["kind"] in ("complaint", "plan_item")] == []
    assert refused.status_code == 403


async def test_the_list_says_whose_files_it_showed_and_counts_what_it_lists(house):
    await a_visit(house)
    await a_question(house)
    auditor = await house.tenant.staff("auditor", "auditor")

    rows = await owed(house.own)
    counts = (await house.own.get(f"{PATH}/counts")).json()
    record = (await auditor.get("/api/v1/audit-entries", params={"action": "work.search"})).json()["items"]

    assert {one["kind"]: one["count"] for one in counts} == {
        kind: sum(one["kind"] == kind for one in rows) for kind in {one["kind"] for one in rows}
    }
    assert (record[0]["actor_name"], record[0]["customer_ids"]) == ("own", [house.customer])
    assert record[0]["shown"] == len(rows)


async def test_a_kind_that_there_is_not_is_refused_and_who_may_see_nothing_sees_nothing(house):
    auditor = await house.tenant.staff("auditor", "auditor")

    answer = await house.own.get(PATH, params={"kind": "debts"})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "kind")
    assert await owed(auditor) == []


async def test_whoever_may_not_inspect_it_as_their_own_work_does_not_owe_it(house):
    second = await house.tenant.staff("second", "manager", unit="east")
    item, _, _ = await an_inspection_item(house)
    async with house.tenant.scope():
        await execute("update inspection_item set responsible_id = $1", second.staff_id)
    own = await owed(second, kind="inspection_item")
    async with house.tenant.scope():
        await execute("update staff set org_unit_id = null where id = $1", house.west.staff_id)
        set_by = "update staff set password_set_by = $1, password_set_at = $2 where id = $3"
        await execute(set_by, house.west.staff_id, NOW, second.staff_id)
    refused = await house.west.post(f"/api/v1/inspection-items/{item}/pass", json={})

    assert (own, refused.status_code, await owed(house.west, kind="inspection_item")) == ([], 403, [])
    assert [one["id"] for one in await owed(house.lead, kind="inspection_item")] == [str(item)]


async def test_whoever_corrected_a_fault_for_its_owner_does_not_owe_its_verification(house):
    second = await house.tenant.staff("second", "manager", unit="east")
    row, path, corrected = await an_inspection_finding(house)
    await send(house.lead, path, corrected)
    verification = f"/api/v1/inspection-findings/{row}/verification"
    refused = await house.lead.post(verification, json={"accepted": True})
    own, others = [await owed(who, kind="inspection_verification") for who in (house.lead, second)]
    await send(second, verification, {"accepted": False, "text": "号码不对"})
    await send(house.own, path, corrected)

    assert (refused.status_code, own, [one["id"] for one in others]) == (403, [], [str(row)])
    assert [one["id"] for one in await owed(house.lead, kind="inspection_verification")] == [str(row)]


async def test_another_company_sees_nothing_of_it(house):
    await a_complaint(house)
    other = await house.tenant.world.tenant()
    stranger = await other.staff("own", "account_manager")

    assert await owed(stranger, kind="complaint") == []


@pytest.fixture(autouse=True)
async def known(house, world):
    """What the makers need of the policy, and an act of somebody who asks."""
    from acting import acting  # beside its only use

    from guibin.policies.queries import effective_policy

    async with house.tenant.scope():
        policy = await effective_policy(world.packs, house.tenant.context(), at=NOW)
        house.cause = policy.complaints.causes[0]
        house.act = acting(by=house.tenant.principal(), now=NOW, policy=policy, company=house.tenant.context())


async def test_the_longest_statement_is_planned_once_and_kept(tenant, clock):
    """Every slice's share in one statement is longer than what the driver keeps by default."""
    act = acting(by=tenant.principal(), now=clock(), company=tenant.context())
    async with tenant.scope():
        await counts(WorkFilter(), act)
        kept = await fetch("select max(length(statement)) as longest from pg_prepared_statements")

    assert kept[0]["longest"] > 15 * 1024


async def test_counts_say_what_of_it_is_ones_own(house):
    await complained(house)

    mine = (await house.own.get(f"{PATH}/counts")).json()
    units = (await house.lead.get(f"{PATH}/counts", params={"whose": "unit"})).json()

    assert [(one["kind"], one["count"], one["mine"]) for one in mine if one["kind"] == "complaint"] == [
        ("complaint", 1, 1)
    ]
    assert [(one["kind"], one["count"], one["mine"]) for one in units if one["kind"] == "complaint"] == [
        ("complaint", 1, 0)
    ]
