"""Nothing is given to an org unit that was dissolved or to somebody who left, through whatever door: one rule for all.

Each body is taken while the unit stands and its people work here, and refused by the field afterwards.
"""

import pytest

UNIT, PERSON = "{unit}", "{person}"
CUSTOMER = {"number": "K1", "name": "张三", "kind": "leader"}
COMPLAINT = {"text": "电视没有信号", "channel": "phone"}
REQUEST = {"item": "enquiry", "channel": "phone", "text": "咨询", "customer_id": "{customer}"}
# Where, what, and the field that names a unit or somebody.
GIVEN = {
    "a complaint to a unit": (
        "complaints/{complaint}/hand-overs",
        {"to_unit_id": UNIT, "reason": "网点处理", "cause": "signal", "analysis": "线路老化"},
    ),
    "a complaint to somebody": (
        "complaints/{complaint}/hand-overs",
        {"to_staff_id": PERSON, "reason": "请处理", "cause": "signal", "analysis": "线路老化"},
    ),
    "a complaint's owner": ("complaints", COMPLAINT | {"owner_id": PERSON}),
    "a measure": (
        "improvement-measures",
        {"period": "2026-W09", "text": "整改", "due_on": "2026-03-20", "org_unit_id": UNIT},
    ),
    "a request to a unit": ("service-requests/{request}/hand-overs", {"to_unit_id": UNIT, "reason": "网点处理"}),
    "a request to somebody": ("service-requests/{request}/hand-overs", {"to_staff_id": PERSON, "reason": "请处理"}),
    "a request's owner": ("service-requests", REQUEST | {"owner_id": PERSON}),
    "a department": ("department-requests", {"task": "assistance", "text": "协助", "to_unit_id": UNIT}),
    "a customer": ("customers", CUSTOMER | {"org_unit_id": UNIT}),
    "a contact": (
        "interactions",
        {"customer_id": "{customer}", "channel": "phone", "direction": "out", "content": "回访", "staff_id": PERSON}
        | {"happened_at": "2026-03-01T09:00:00+08:00"},
    ),
    "a venue": (
        "receptions",
        {"customer_id": "{customer}", "source": "phone", "text": "来访", "arrives_at": "2026-03-10T09:00:00+08:00"}
        | {"venue_id": UNIT},
    ),
    "a desk": ("desks", {"org_unit_id": UNIT, "name": "大客户专席"}),
    "an account": (
        "staff",
        {"login": "wang.li", "name": "王丽", "roles": ["agent"], "password": "jin-tian-xia-yu-88", "org_unit_id": UNIT},
    ),
}


@pytest.fixture
async def office(tenant, client):
    """An admin, a branch with a manager, and what can be given."""
    unit = str(await tenant.unit("branch-east"))
    lead = await tenant.staff("lead", "manager", "account_manager", unit="branch-east")
    admin = await tenant.staff("zhou.min", "tenant_admin", "manager")
    made = {"unit": unit, "person": str(lead.staff_id)}
    customer = CUSTOMER | {"number": "K0", "org_unit_id": unit}
    made["customer"] = (await admin.post("/api/v1/customers", json=customer)).json()["id"]
    made["complaint"] = (await admin.post("/api/v1/complaints", json=COMPLAINT)).json()["id"]
    request = await admin.post("/api/v1/service-requests", json=_filled(REQUEST, made))
    made["request"] = request.json()["id"]
    return admin, made


def _filled(body, made):
    return {name: value.format(**made) if isinstance(value, str) else value for name, value in body.items()}


def _field(body):
    return next(name for name, value in body.items() if value in (UNIT, PERSON))


async def _send(office, what):
    admin, made = office
    path, body = GIVEN[what]
    return await admin.post(f"/api/v1/{path.format(**made)}", json=_filled(body, made))


@pytest.mark.parametrize("what", GIVEN)
async def test_a_unit_that_stands_and_a_colleague_take_it(office, what):
    answer = await _send(office, what)

    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("what", GIVEN)
async def test_a_dissolved_unit_and_somebody_who_left_take_nothing(tenant, office, what):
    admin, made = office
    head = next(one["id"] for one in (await admin.get("/api/v1/org-units")).json() if one["parent_id"] is None)
    left = await admin.post(f"/api/v1/staff/{made['person']}/leaving", json={"successor_id": str(admin.staff_id)})
    assert left.status_code < 300, left.text
    ended = await admin.post(f"/api/v1/org-units/{made['unit']}/dissolution", json={"successor_id": head})
    assert ended.status_code < 300, ended.text

    answer = await _send(office, what)

    assert answer.status_code == 422, answer.text
    assert [problem["field"] for problem in answer.json()["errors"]] == [_field(GIVEN[what][1])]
