"""A decision that is not made within its time: warned, late, escalated, once each; seen among the deadlines."""

from datetime import timedelta

import pytest
from acting import acting
from receiving import fall_due

from guibin.approvals import actions as approvals
from guibin.cases import Case
from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin.policy.deadlines import Days, Hours
from guibin.policy.terms import Escalation
from guibin_tenants.scope import fetch
from guibin_tenants.tables import new_id

from .test_approvals_over_http import apply, special_user

TWO_STEPS = ApprovalFlow(
    "two_steps",
    subject="matter",
    steps=(
        ApprovalStep("manager", within=Hours(4)),
        ApprovalStep("auditor", within=Days(1), escalations=(Escalation("tenant_admin", 60),)),
    ),
    clause="9.9",
)


async def decisions_told(tenant, who):
    # Whoever signed in yesterday is signed in no more.
    async with tenant.scope():
        rows = await fetch("select kind from staff_notice where staff_id = $1 order by told_at, id", who.staff_id)
    return [row["kind"] for row in rows if row["kind"].startswith("decision_")]


async def timers(client, approval):
    items = (await client.get("/api/v1/timers", params={"subject_id": approval})).json()["items"]
    return [(one["milestone"], one["state"]) for one in items]


async def after(tenant, clock, **time):
    """Later, swept twice: the second finds nothing more to do."""
    clock.set(clock.START + timedelta(**time))
    fired = await fall_due(tenant, "approvals")
    assert await fall_due(tenant, "approvals") == []
    return fired


@pytest.mark.rule("S07-17")
async def test_a_decision_that_takes_too_long_is_warned_of_and_goes_up_once_each(tenant, client, clock):
    people = [await tenant.staff(login, role) for login, role in (("li", "manager"), ("admin", "tenant_admin"))]
    applicant = await tenant.staff("wang", "account_manager")
    asked = await apply(applicant, await special_user(client))
    approval = asked["approval_id"]
    running = await timers(client, approval)

    warned = await after(tenant, clock, hours=20)
    first = [await decisions_told(tenant, one) for one in (*people, applicant)]
    late = await after(tenant, clock, hours=25)
    then = [await decisions_told(tenant, one) for one in (*people, applicant)]

    assert running == [("step_1", "running")]
    assert (warned, late) == (["step_1/warning"], ["step_1/breach", "step_1/escalation:tenant_admin"])
    assert first == [["decision_due"], [], []]
    assert then == [["decision_due", "decision_late"], ["decision_escalated"], ["decision_late"]]
    system = await tenant.client("approvals:decide")
    decided = await system.post(f"/api/v1/approvals/{approval}/decision", json={"approved": True, "reason": "同意"})
    assert decided.status_code == 200, decided.text
    ended = (await client.get("/api/v1/timers", params={"subject_id": approval})).json()["items"]
    assert [(one["subject"], one["completed_at"] is not None, one["breached_at"] is not None) for one in ended] == [
        ("approval", True, True)
    ]


async def test_a_decision_in_time_ends_its_clock_and_a_withdrawal_calls_it_off(tenant, client, clock):
    manager, applicant = await tenant.staff("li", "manager"), await tenant.staff("wang", "account_manager")
    asked = [(await apply(applicant, await special_user(client, number)))["approval_id"] for number in ("1", "2")]
    await manager.post(f"/api/v1/approvals/{asked[0]}/decision", json={"approved": False, "reason": "资料不全"})
    await applicant.post(f"/api/v1/approvals/{asked[1]}/withdrawal", json={"reason": "客户不再需要"})

    fired = await after(tenant, clock, days=3)

    states = [await timers(client, one) for one in asked]
    assert (fired, await decisions_told(tenant, manager)) == ([], [])
    assert [[state for _, state in one] for one in states] == [["completed"], ["cancelled"]]


async def test_each_step_has_a_clock_of_its_own_and_a_late_one_goes_to_the_next_step_first(tenant, clock):
    manager, system = await tenant.staff("li", "manager"), await tenant.client("approvals:decide")
    auditor = await tenant.staff("zhao", "auditor")
    admin = await tenant.staff("admin", "tenant_admin")
    async with tenant.scope():
        by = tenant.principal()
        approval = await approvals.ask(Case("matter", new_id()), acting(by=by, now=clock()), flow=TWO_STEPS)

    first = await after(tenant, clock, hours=5)
    decided = await system.post(f"/api/v1/approvals/{approval}/decision", json={"approved": True, "reason": "同意"})
    second = await after(tenant, clock, days=3)

    assert decided.status_code == 200, decided.text
    assert first == ["step_1/warning", "step_1/breach", "step_1/escalation:auditor"]
    assert second == ["step_2/warning", "step_2/breach", "step_2/escalation:tenant_admin"]
    told = [sorted(await decisions_told(tenant, one)) for one in (manager, auditor, admin)]
    assert told == [
        ["decision_due", "decision_late"],
        ["decision_due", "decision_escalated", "decision_late"],
        ["decision_escalated"],
    ]


async def test_whoever_is_away_is_passed_over_when_a_decision_goes_up(tenant, clock):
    auditor, admin = await tenant.staff("zhao", "auditor"), await tenant.staff("admin", "tenant_admin")
    away = {"until_at": (clock() + timedelta(days=3)).isoformat()}
    noted = await auditor.post(f"/api/v1/staff/{auditor.staff_id}/absences", json=away)
    async with tenant.scope():
        await approvals.ask(Case("matter", new_id()), acting(by=tenant.principal(), now=clock()), flow=TWO_STEPS)

    await after(tenant, clock, hours=5)

    assert noted.status_code == 201, noted.text
    assert await decisions_told(tenant, auditor) == []
    # There is no manager either: the admin hears it all.
    assert sorted(await decisions_told(tenant, admin)) == ["decision_due", "decision_escalated", "decision_late"]


async def test_another_companys_decision_is_neither_fired_nor_seen(tenant, other_tenant, client, clock):
    applicant = await tenant.staff("wang", "account_manager")
    asked = await apply(applicant, await special_user(client))
    stranger = await other_tenant.client()
    clock.set(clock.START + timedelta(days=3))

    assert await fall_due(other_tenant, "approvals") == []
    assert await timers(stranger, asked["approval_id"]) == []
    assert await timers(client, asked["approval_id"]) == [("step_1", "running")]
