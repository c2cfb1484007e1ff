"""Time passes and nobody does anything: who hears of it, as the sweep and the worker would tell them."""

from datetime import timedelta

import pytest
from receiving import told
from running import work_off

from guibin.sla.sweep import fire_due


@pytest.fixture
async def people(tenant):
    """A desk that takes in, a department with its lead, and whoever leads above them."""
    for code in ("branch", "network"):
        await tenant.unit(code)
    return {
        "desk": await tenant.staff("desk", "account_manager", unit="branch"),
        "manager": await tenant.staff("manager", "manager", unit="branch"),
        "network": await tenant.staff("network", "manager", unit="network"),
        "head": await tenant.staff("head", "manager"),
        "admin": await tenant.staff("admin", "tenant_admin"),
    }


async def hears(tenant, people, clock, **later):
    """Later, after the sweep and all work it left: what each has been told since the start."""
    clock.set(clock.START + timedelta(**later))
    async with tenant.scope():
        await fire_due(clock())
    await work_off(tenant)
    found = {name: await told(tenant, one) for name, one in people.items()}
    return {name: [kind for kind in kinds if kind.startswith("deadline")] for name, kinds in found.items()}


async def test_whoever_owes_a_service_hears_before_it_is_late_and_their_leaders_after(tenant, client, people, clock):
    body = {"number": "DK1", "name": "王建国", "kind": "leader", "org_unit_id": str(tenant.units["branch"])}
    customer = (await client.post("/api/v1/customers", json=body)).json()["id"]
    asked = {"customer_id": customer, "item": "maintenance", "channel": "phone", "text": "无信号"}
    answer = await people["desk"].post("/api/v1/service-requests", json=asked)
    assert answer.status_code == 201, answer.text

    early = await hears(tenant, people, clock, hours=1)
    warned = await hears(tenant, people, clock, hours=23, minutes=59)
    late = await hears(tenant, people, clock, hours=24, minutes=1)
    at_the_top = await hears(tenant, people, clock, days=3)

    assert (early["desk"], warned["desk"]) == ([], ["deadline_warned"])
    assert warned["manager"] == []
    assert "deadline_breached" in late["desk"]
    assert "deadline_escalated" in at_the_top["manager"] + at_the_top["head"]


async def test_whoever_answers_for_a_complaint_hears_before_it_is_late_and_their_leaders_after(tenant, people, clock):
    made = {"text": "没有信号", "channel": "phone", "level": "1"}
    answer = await people["desk"].post("/api/v1/complaints", json=made)
    assert answer.status_code == 201, answer.text

    early = await hears(tenant, people, clock, minutes=1)
    warned = await hears(tenant, people, clock, hours=4, minutes=59)
    late = await hears(tenant, people, clock, hours=5, minutes=1)
    at_the_top = await hears(tenant, people, clock, days=3)

    assert (early["desk"], set(warned["desk"])) == ([], {"deadline_warned"})
    assert warned["manager"] == []
    assert "deadline_breached" in late["desk"]
    assert "deadline_escalated" in at_the_top["manager"] + at_the_top["head"]


async def test_a_department_hears_before_its_answer_is_late_and_its_leaders_after(tenant, people, clock):
    asked = {"task": "green_channel", "to_unit_id": str(tenant.units["network"]), "text": "请优先抢修主干"}
    answer = await people["desk"].post("/api/v1/department-requests", json=asked)
    assert answer.status_code == 201, answer.text

    early = await hears(tenant, people, clock, minutes=5)
    warned = await hears(tenant, people, clock, minutes=59)
    late = await hears(tenant, people, clock, hours=1, minutes=1)
    at_the_top = await hears(tenant, people, clock, days=2)

    assert (early["network"], warned["network"]) == ([], ["deadline_warned"])
    assert "deadline_breached" in late["network"]
    assert "deadline_escalated" in at_the_top["network"] + at_the_top["head"] + at_the_top["admin"]
