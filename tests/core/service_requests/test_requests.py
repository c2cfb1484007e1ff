"""A service request's life through HTTP: application, approval, equipment, appointment, visit, rating, filing."""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from acting import acting
from running import come_round

from guibin.inspections.drawing import _population, chosen
from guibin.periods.spans import window_of
from guibin.policy.inspections import InspectionPolicy
from guibin.service_requests.jobs import OpenRegularService
from guibin.sla.sweep import fire_due

SHANGHAI = ZoneInfo("Asia/Shanghai")
PATH = "/api/v1/service-requests"
ANSWERS = {
    "customer_kind": "leader",
    "special_contribution": "协调管网入户",
    "network": "two_way",
    "reason": "新开通互动点播",
    "equipment": "set_top_box",
    "programmes": "高清互动基础包",
    "starts_on": "2026-03-05",
    "ends_on": "2027-03-05",
}


@pytest.fixture
async def desk(tenant):
    """The desk takes requests in."""
    return await tenant.staff("desk", "account_manager")


@pytest.fixture
async def leader(tenant):
    """The responsible leader signs."""
    return await tenant.staff("leader", "manager")


@pytest.fixture
async def customer(client):
    body = {"number": "DK1", "name": "王建国", "kind": "leader", "fields": {"network": "two_way"}}
    return (await client.post("/api/v1/customers", json=body)).json()["id"]


async def ask(desk, customer, *, status=201, item="new_programmes", **changes):
    answers = ANSWERS | changes.pop("answers", {}) if item == "new_programmes" else changes.pop("answers", {})
    body = {
        "customer_id": customer,
        "item": item,
        "channel": "phone",
        "text": "申请开通",
        "answers": answers,
        **changes,
    }
    answer = await desk.post(PATH, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def approve(leader, request, *, approved=True):
    answer = await leader.post(
        f"/api/v1/approvals/{request['approval_id']}/decision", json={"approved": approved, "reason": "符合标准"}
    )
    assert answer.status_code == 200, answer.text


async def step(desk, request, name, *, status=201, **more):
    answer = await desk.post(f"{PATH}/{request['id']}/steps", json={"step": name, **more})
    assert answer.status_code == status, answer.text
    return answer.json()


async def appoint(desk, request, at, *, status=201, **more):
    answer = await desk.post(f"{PATH}/{request['id']}/appointments", json={"at": at.isoformat(), **more})
    assert answer.status_code == status, answer.text
    return answer.json()


async def shown(desk, request):
    return (await desk.get(f"{PATH}/{request['id']}")).json()


def local(day, hour=23, minute=59):
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


def end_of(day):
    return datetime(2026, 3, day, 23, 59, 59, 999_999, tzinfo=SHANGHAI)


@pytest.mark.rule("S07-17", "S07-19", "S07-15")
async def test_from_application_to_the_filed_case(tenant, desk, leader, customer, clock):
    request = await ask(desk, customer)
    assert (request["state"], request["situation"], request["clause"]) == ("asked", "two_way", "S07-17")
    await step(desk, request, "equipment", status=409)

    await approve(leader, request)
    await step(desk, request, "equipment", result="机顶盒 1 台，智能卡 1 张")
    await step(desk, request, "activation", result="节目已授权")
    await appoint(desk, request, clock() + timedelta(hours=3))
    clock.set(clock() + timedelta(hours=4))
    await step(desk, request, "on_site", result="安装完成", accompanied_by="王经理", reaction="画面清晰，满意")
    await step(desk, request, "rating", rating=5, rated="李师傅")
    await step(desk, request, "watching", result="画面正常")
    await step(desk, request, "revisit", reaction="一切正常")
    filed = await step(desk, request, "report", result="已上报")

    assert (filed["state"], filed["next_step"], filed["owner_id"]) == ("filed", None, str(desk.staff_id))
    assert [line["step"] for line in filed["taken"]] == filed["steps"]
    assert filed["carried_out_at"] == filed["taken"][3]["taken_at"]
    assert filed["breached_at"] is None
    assert (await desk.get(f"{PATH}/ratings")).json() == [{"rated": "李师傅", "count": 1, "average_hundredths": 500}]
    told = (await leader.get("/api/v1/notices")).json()["items"]
    assert "service_request_filed" in {notice["kind"] for notice in told}


@pytest.mark.rule("S07-19")
async def test_steps_keep_their_order_and_their_particulars(desk, leader, customer, clock):
    request = await ask(desk, customer)
    await approve(leader, request)

    out_of_order = await step(desk, request, "on_site", status=409, result="x", accompanied_by="x", reaction="x")
    assert out_of_order["detail"] == "on_site is not next: equipment is"
    await step(desk, request, "equipment")
    await step(desk, request, "activation")
    await appoint(desk, request, clock() + timedelta(hours=1))
    refused = await step(desk, request, "on_site", status=422, result="安装完成")
    assert {error["field"] for error in refused["errors"]} == {"accompanied_by", "reaction"}
    await step(desk, request, "on_site", result="安装完成", accompanied_by="王经理", reaction="满意")
    refused = await step(desk, request, "rating", status=422, rating=4)
    assert [error["field"] for error in refused["errors"]] == ["rated"]
    await step(desk, request, "rating", status=400, rating=6, rated="李师傅")
    assert (await shown(desk, request))["next_step"] == "rating"


@pytest.mark.rule("S07-17")
@pytest.mark.parametrize(
    ("answers", "fields"),
    [
        ({"reason": ""}, {"answers.reason"}),
        ({"equipment": "antenna"}, {"answers.equipment"}),
        ({"ends_on": "2026-03-05"}, {"answers.ends_on"}),
        ({"starts_on": "2026-02-30"}, {"answers.starts_on"}),
        ({"customer_kind": "group"}, {"answers.customer_kind"}),
        ({"network": "off_network"}, {"answers.network"}),
        ({"colour": "red"}, {"answers.colour"}),
    ],
)
async def test_the_form_is_filled_in_and_agrees_with_the_archive(desk, customer, answers, fields):
    refused = await ask(desk, customer, answers=answers, status=422)

    assert {error["field"] for error in refused["errors"]} == fields


@pytest.mark.rule("S07-17")
async def test_whoever_asks_does_not_sign_and_a_refusal_ends_it(desk, leader, customer):
    own = await ask(leader, customer)
    answer = await leader.post(f"/api/v1/approvals/{own['approval_id']}/decision", json={"approved": True})
    assert answer.status_code == 403

    request = await ask(desk, customer)
    await approve(leader, request, approved=False)

    refused = await shown(desk, request)
    assert (refused["state"], refused["end"]["reason"], refused["due_at"]) == ("rejected", "符合标准", None)
    await step(desk, request, "equipment", status=409)


@pytest.mark.rule("S07-20")
async def test_only_programmes_to_add_is_due_within_half_an_hour_of_the_approval(desk, leader, customer, clock):
    request = await ask(desk, customer, answers={"equipment": "none"})
    clock.set(clock() + timedelta(hours=2))
    await approve(leader, request)
    approved = await shown(desk, request)
    clock.set(clock() + timedelta(minutes=30))

    done = await step(desk, request, "equipment")
    done = await step(desk, request, "activation")

    assert (approved["situation"], approved["steps"]) == (
        "equipment_present",
        ["equipment", "activation", "informed", "watching", "revisit", "report"],
    )
    assert datetime.fromisoformat(approved["due_at"]) == clock()
    assert (done["carried_out_at"], done["breached_at"]) == (approved["due_at"], None)


@pytest.mark.rule("S07-20")
@pytest.mark.parametrize(("network", "day"), [("two_way", 4), ("one_way", 7), ("off_network", 9)])
async def test_the_limit_counts_from_the_appointment(tenant, client, desk, leader, customer, network, day):
    await client.patch(f"/api/v1/customers/{customer}", json={"fields": {"network": network}})
    request = await ask(desk, customer, answers={"network": network})
    await approve(leader, request)
    if network == "off_network":
        # S07-17: a line of its own is the company's to grant.
        await approve(await tenant.staff("boss", "tenant_admin"), request)
    await step(desk, request, "equipment")
    await step(desk, request, "activation")
    assert (await shown(desk, request))["due_at"] is None

    agreed = await appoint(desk, request, local(4, 9, 30))

    assert datetime.fromisoformat(agreed["due_at"]) == end_of(day)


@pytest.mark.rule("S07-20")
async def test_the_appointment_may_move_and_its_history_stays(tenant, desk, leader, customer, clock):
    request = await ask(desk, customer)
    await approve(leader, request)
    await appoint(desk, request, local(3), status=409)
    await step(desk, request, "equipment")
    await step(desk, request, "activation")
    await appoint(desk, request, local(3, 10, 0))
    assert [e["field"] for e in (await appoint(desk, request, local(5, 10, 0), status=422))["errors"]] == ["reason"]

    moved = await appoint(desk, request, local(5, 10, 0), reason="客户出差")

    assert datetime.fromisoformat(moved["due_at"]) == end_of(5)
    assert [line["reason"] for line in moved["appointments"]] == ["", "客户出差"]
    assert moved["appointments"][1]["from_at"] == moved["appointments"][0]["to_at"]
    clock.set(local(6, 0, 1))
    async with tenant.scope():
        fired = [one.step for one in await fire_due(clock())]
    assert fired[:3] == ["warning", "breach", "escalation:account_manager"]
    late = await step(desk, request, "on_site", result="装好", accompanied_by="王经理", reaction="嫌晚")
    assert late["breached_at"] == late["due_at"]
    await appoint(await tenant.client(), request, local(9), status=409, reason="x")


@pytest.mark.rule("S07-5")
async def test_a_key_accounts_fault_is_due_before_an_ordinary_one(client, tenant, desk, customer):
    body = {"number": "P1", "name": "普通用户", "kind": "partner"}
    ordinary = (await client.post("/api/v1/customers", json=body)).json()["id"]
    fact = {"customer_id": customer, "metric": "spending", "occurred_on": "2026-02-01", "amount": {"amount": "20000"}}
    await client.post("/api/v1/facts", json={"facts": [fact]})
    assessed = await client.post("/api/v1/assessments", json={"scheme": "key_account", "as_of": "2026-03-01"})
    assert assessed.status_code == 201, assessed.text

    for item in ("maintenance", "enquiry"):
        first = await ask(desk, customer, item=item)
        second = await ask(desk, ordinary, item=item)

        assert (first["situation"][:3], second["situation"][:8]) == ("vip", "ordinary")
        assert datetime.fromisoformat(first["due_at"]) < datetime.fromisoformat(second["due_at"])


@pytest.mark.rule("S07-15")
async def test_one_desk_stays_responsible_and_everything_is_on_the_case(tenant, desk, customer):
    await tenant.unit("network")
    hall, engineer = str(tenant.units["network"]), await tenant.staff("engineer", "agent")
    moved = await desk.post(f"/api/v1/customers/{customer}/assignment", json={"org_unit_id": hall})
    request = await ask(desk, customer, item="maintenance")
    path = f"{PATH}/{request['id']}"

    await desk.post(f"{path}/notes", json={"kind": "contact", "text": "已电话联系客户"})
    await desk.post(f"{path}/hand-overs", json={"to_unit_id": hall, "reason": "主干线路"})
    answer = await desk.post(f"{path}/hand-overs", json={"to_staff_id": str(engineer.staff_id), "reason": "请上门"})

    case = answer.json()
    assert moved.status_code == 201
    assert (case["owner_id"], case["handler_id"]) == (str(desk.staff_id), str(engineer.staff_id))
    assert [line["reason"] for line in case["hand_overs"]] == ["主干线路", "请上门"]
    assert [line["text"] for line in case["notes"]] == ["已电话联系客户"]
    told = (await engineer.get("/api/v1/notices")).json()["items"]
    assert [notice["kind"] for notice in told] == ["service_request_handed_over"]
    nobody = await desk.post(f"{path}/hand-overs", json={"reason": "?"})
    assert nobody.status_code == 422


@pytest.mark.rule("S07-13")
async def test_group_customers_are_served_on_site_once_a_month(tenant, client, desk, clock):
    manager = str(desk.staff_id)
    for number, kind in (("G1", "group"), ("L1", "leader")):
        body = {"number": number, "name": number, "kind": kind, "account_manager_id": manager}
        assert (await client.post("/api/v1/customers", json=body)).status_code == 201

    for _ in range(2):
        await come_round(tenant, OpenRegularService())
    march = (await desk.get(PATH)).json()["items"]
    clock.set(clock() + timedelta(days=31))
    desk = tenant.world.client(await tenant.key())
    await come_round(tenant, OpenRegularService())

    assert [(one["item"], one["span"], one["owner_id"]) for one in march] == [("on_site_care", "2026-03", manager)]
    both = (await desk.get(PATH)).json()["items"]
    assert [one["span"] for one in both] == ["2026-04", "2026-03"]
    assert len({one["customer_id"] for one in both}) == 1


@pytest.mark.rule("S07-13")
@pytest.mark.parametrize("what", ["set_top_box", "smart_card", "payment"])
async def test_the_manager_runs_errands_for_the_customer(desk, customer, clock, what):
    request = await ask(desk, customer, item="errand", answers={"what": what, "details": "2 台"})
    await appoint(desk, request, clock() + timedelta(hours=1))
    await step(desk, request, "on_site", result="已代办", reaction="满意")
    filed = await step(desk, request, "report")

    assert (filed["state"], filed["answers"]["what"]) == ("filed", what)
    await ask(desk, customer, item="errand", answers={"what": "groceries"}, status=422)


async def test_a_withdrawn_request_has_no_deadline_any_more(tenant, desk, customer, clock):
    request = await ask(desk, customer, item="maintenance")

    answer = await desk.post(f"{PATH}/{request['id']}/withdrawal", json={"reason": "自己修好了"})

    assert (answer.json()["state"], answer.json()["end"]["reason"]) == ("withdrawn", "自己修好了")
    clock.set(clock() + timedelta(days=3))
    async with tenant.scope():
        assert await fire_due(clock()) == []


async def test_the_service_items_that_can_be_asked_for_are_named(desk, customer):
    refused = await ask(desk, customer, item="desk", status=422)

    assert ", new_programmes, renewal, maintenance, " in refused["errors"][0]["fix"]


async def test_every_look_at_a_case_is_on_record(client, desk, customer):
    request = await ask(desk, customer, item="enquiry")
    await desk.get(PATH)
    await shown(desk, request)

    entries = (await client.get("/api/v1/audit-entries", params={"customer_id": customer})).json()["items"]
    assert [entry["action"] for entry in entries[:3]] == [
        "service_request.read",
        "service_request.search",
        "service_request.receive",
    ]


@pytest.mark.rule("S01-10")
async def test_a_step_that_is_left_out_is_told_counted_and_inspected_first(tenant, desk, leader, customer, clock):
    done, left_out = [await ask(desk, customer, item="maintenance") for _ in range(2)]
    for request in (done, left_out):
        await appoint(desk, request, clock() + timedelta(hours=1))
        await step(desk, request, "on_site", result="已修复", accompanied_by="王经理", reaction="满意")
    path = f"{PATH}/{left_out['id']}/skipped-steps"
    early = await desk.post(path, json={"step": "report", "reason": "不需要"})
    skipped = await desk.post(path, json={"step": "rating", "reason": "客户不愿评价"})
    for request in (done, left_out):
        if request is done:
            await step(desk, request, "rating", rating=5, rated="李师傅")
        await step(desk, request, "revisit", reaction="正常", unsigned_because="电话回访")
        await step(desk, request, "report", result="已上报")

    assert (early.status_code, early.json()["type"].rsplit("/", 1)[-1]) == (409, "step-out-of-order")
    line = skipped.json()["taken"][-1]
    assert (line["step"], line["result"], line["skipped_because"]) == ("rating", "", "客户不愿评价")
    told = (await leader.get("/api/v1/notices")).json()["items"]
    assert [notice["subject_id"] for notice in told if notice["kind"] == "service_step_skipped"] == [left_out["id"]]
    said = [
        next(
            one["text"]
            for one in (await leader.get("/api/v1/notices", headers=spoken)).json()["items"]
            if one["kind"] == "service_step_skipped"
        )
        for spoken in ({"Accept-Language": "zh-CN"}, {"Accept-Language": "en"})
    ]
    assert ("“评价”" in said[0], "the step Rating" in said[1]) == (True, True), said
    listed = (await desk.get(PATH, params={"skipping": True})).json()["items"]
    assert [(one["id"], one["steps_skipped"], one["state"]) for one in listed] == [(left_out["id"], 1, "filed")]
    report = (await leader.get("/api/v1/reports/service", params={"period": "2026-03"})).json()
    figure = next(one for one in report["figures"] if one["definition"]["name"] == "requests_skipping")
    assert (figure["numerator"], figure["denominator"]) == (1, 2)
    population = [{"id": UUID(int=n), "org_unit_id": None, "first": n == 7} for n in range(9)]
    assert all(next(chosen(population, str(seed), 1))["first"] for seed in range(9))
    async with tenant.scope():
        policy = InspectionPolicy(name="requests", subject="service_request", every="month", criteria=("steps",))
        drawn = await _population(
            policy, window_of("month", date(2026, 4, 1), "Asia/Shanghai"), acting(by=None, now=clock())
        )
    assert {str(one["id"]): one["first"] for one in drawn} == {done["id"]: False, left_out["id"]: True}


@pytest.mark.rule("S01-10")
async def test_of_what_a_manager_leaves_out_the_next_above_hears(tenant, client, customer, clock):
    await tenant.unit("branch")
    own = {"number": "DK2", "name": "李", "kind": "leader", "org_unit_id": str(tenant.units["branch"])}
    other = (await client.post("/api/v1/customers", json=own)).json()["id"]
    lead, above = await tenant.staff("lead", "manager", unit="branch"), await tenant.staff("above", "manager")
    request = await ask(client, other, item="maintenance")
    path = f"{PATH}/{request['id']}/skipped-steps"
    assert (await lead.post(path, json={"step": "appointment", "reason": "当场处理"})).status_code == 201

    told = [
        [
            one["subject_id"]
            for one in (await person.get("/api/v1/notices")).json()["items"]
            if one["kind"] == "service_step_skipped"
        ]
        for person in (lead, above)
    ]
    assert told == [[], [request["id"]]]


@pytest.mark.rule("S01-10", "S08-6")
async def test_what_is_left_out_long_after_the_request_is_inspected_then(tenant, client, customer, clock):
    done, left_out = [await ask(client, customer, item="maintenance") for _ in range(2)]
    clock.set(clock() + timedelta(days=40))
    for request in (done, left_out):
        await appoint(client, request, clock() + timedelta(hours=1))
        await step(client, request, "on_site", result="已修复", accompanied_by="王经理", reaction="满意")
    path = f"{PATH}/{left_out['id']}/skipped-steps"
    assert (await client.post(path, json={"step": "rating", "reason": "客户不愿评价"})).status_code == 201

    policy = InspectionPolicy(name="requests", subject="service_request", every="month", criteria=("steps",))
    drawn = {}
    async with tenant.scope():
        for month in (4, 5, 6):
            of = window_of("month", date(2026, month, 1), "Asia/Shanghai")
            drawn[month] = [str(one["id"]) for one in await _population(policy, of, acting(by=None, now=clock()))]
    assert {month: len(ids) for month, ids in drawn.items()} == {4: 2, 5: 1, 6: 0}
    assert drawn[5] == [left_out["id"]]


@pytest.mark.rule("S01-10")
async def test_what_the_time_limit_counts_on_is_not_left_out(desk, customer, clock):
    fault, errand = [await ask(desk, customer, item=item) for item in ("maintenance", "enquiry")]
    path = "{}/{}/skipped-steps".format
    first = await desk.post(path(PATH, fault["id"]), json={"step": "appointment", "reason": "当场处理"})
    visit = await desk.post(path(PATH, fault["id"]), json={"step": "on_site", "reason": "自行恢复"})

    only = await desk.post(path(PATH, errand["id"]), json={"step": "answer", "reason": "不需要"})
    trial = await ask(desk, customer, item="free_trial")
    none = [
        (await desk.post(path(PATH, trial["id"]), json={"step": one, "reason": "不用"})).status_code
        for one in ("activation", "revisit")
    ]
    assert [one.status_code for one in (first, visit, only)] == [201, 409, 409]
    assert none == [201, 409]
    assert visit.json()["type"].rsplit("/", 1)[-1] == "step-needed"
