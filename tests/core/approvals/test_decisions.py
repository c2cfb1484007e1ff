"""Asking and deciding: order, roles, walls, races."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
from acting import acting

from guibin.approvals import actions, queries
from guibin.approvals.actions import Decided
from guibin.approvals.refusals import (
    AlreadyAsked,
    AlreadyDecided,
    NotAnApplicant,
    NotYoursToDecide,
    OwnApplication,
)
from guibin.cases import Case
from guibin.context import Act
from guibin.events import UnitDissolved, at_once, tell_at_once
from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import Conflict, Invalid, NotFound
from guibin_tenants.scope import fetch, tenant_scope
from guibin_tenants.tables import new_id

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
ONE_STEP = ApprovalFlow(name="one", subject="test-subject", steps=(ApprovalStep(role="manager"),), clause="S07-17")
TWO_STEPS = ApprovalFlow(
    name="two",
    subject="test-subject",
    steps=(ApprovalStep(role="manager"), ApprovalStep(role="tenant_admin")),
    clause="S07-17",
)

ended: list[Decided] = []


@at_once(Decided, about="test-subject")
async def remember(decided: Decided, act: Act) -> None:
    if decided.reason == "burst":
        raise Conflict("the subject cannot take this")
    ended.append(decided)


def person(*roles: str, name: str = "someone", **changes: object) -> Principal:
    return msgspec.structs.replace(
        Principal(kind="staff", id=new_id(), name=name, permissions=frozenset(), roles=roles), **changes
    )


async def asked(flow: ApprovalFlow, applicant: Principal | None = None, **more: object) -> UUID:
    return await actions.ask(
        Case("test-subject", new_id()), acting(by=applicant or person("agent"), now=NOW), flow=flow, **more
    )


@pytest.mark.rule("S07-17")
async def test_one_step_approved_ends_the_request_and_tells_its_subject(tenant):
    async with tenant.scope():
        request = await asked(ONE_STEP, note="important partner")
        manager = person("manager", name="Li")

        decided = await actions.decide(request, acting(by=manager, now=NOW), approved=True, reason="fits")

        view = await queries.by_id(request)
    assert decided is not None
    assert decided.approved
    assert ended[-1] == decided
    assert (view.outcome, view.closed_at, view.step) == ("approved", NOW, None)
    assert [(s.role, s.approved, s.decided_by_name) for s in view.steps] == [("manager", True, "Li")]


async def test_steps_are_decided_in_their_order_by_different_people(tenant):
    async with tenant.scope():
        request = await asked(TWO_STEPS)
        both = person("manager", "tenant_admin")
        with pytest.raises(NotYoursToDecide):
            await actions.decide(request, acting(by=person("tenant_admin"), now=NOW), approved=True, reason="")

        assert await actions.decide(request, acting(by=both, now=NOW), approved=True, reason="") is None
        with pytest.raises(AlreadyDecided):
            await actions.decide(request, acting(by=both, now=NOW), approved=True, reason="")
        decided = await actions.decide(request, acting(by=person("tenant_admin"), now=NOW), approved=True, reason="")

    assert decided is not None
    assert decided.outcome == "approved"


async def test_the_first_refusal_ends_it_and_says_why(tenant):
    async with tenant.scope():
        request = await asked(TWO_STEPS)
        with pytest.raises(Invalid):
            await actions.decide(request, acting(by=person("manager"), now=NOW), approved=False, reason="  ")

        decided = await actions.decide(
            request, acting(by=person("manager"), now=NOW), approved=False, reason="too small"
        )

        with pytest.raises(AlreadyDecided):
            await actions.decide(request, acting(by=person("tenant_admin"), now=NOW), approved=True, reason="")
    assert decided is not None
    assert (decided.outcome, decided.reason) == ("rejected", "too small")


async def test_the_applicant_cannot_decide_whatever_their_roles(tenant):
    async with tenant.scope():
        applicant = person("manager")
        request = await asked(ONE_STEP, applicant)

        with pytest.raises(OwnApplication):
            await actions.decide(request, acting(by=applicant, now=NOW), approved=True, reason="")

        assert (await queries.by_id(request)).outcome is None


async def test_only_those_the_flow_names_may_ask(tenant):
    flow = ApprovalFlow(
        name="f",
        subject="test-subject",
        applicants=("account_manager",),
        steps=(ApprovalStep(role="manager"),),
        clause="S11-5",
    )
    async with tenant.scope():
        await asked(flow, person("account_manager"))
        with pytest.raises(NotAnApplicant):
            await asked(flow, person("agent"))


async def test_asking_for_the_same_twice_is_refused_while_the_first_waits(tenant):
    subject = new_id()
    async with tenant.scope():
        first = await actions.ask(Case("test-subject", subject), acting(by=person("agent"), now=NOW), flow=ONE_STEP)
        with pytest.raises(AlreadyAsked):
            await actions.ask(Case("test-subject", subject), acting(by=person("agent"), now=NOW), flow=ONE_STEP)

        await actions.decide(first, acting(by=person("manager"), now=NOW), approved=False, reason="no")
        await actions.ask(Case("test-subject", subject), acting(by=person("agent"), now=NOW), flow=ONE_STEP)

        rows = await fetch("select outcome from approval_request where subject_id = $1 order by asked_at, id", subject)
        assert [row["outcome"] for row in rows] == ["rejected", None]


async def test_a_manager_of_another_unit_cannot_decide(tenant):
    east, west = await tenant.unit("east"), await tenant.unit("west")
    async with tenant.scope():
        request = await asked(ONE_STEP, person("agent", org_unit_id=east, units=(east,)))

        with pytest.raises(NotYoursToDecide):
            await actions.decide(
                request, acting(by=person("manager", units=(west,)), now=NOW), approved=True, reason=""
            )
        decided = await actions.decide(
            request, acting(by=person("manager", units=(east,)), now=NOW), approved=True, reason=""
        )

    assert decided is not None


async def test_what_waits_in_an_outlet_that_is_dissolved_is_decided_by_its_successor(tenant):
    east, west = await tenant.unit("east"), await tenant.unit("west")
    follows = person("manager", units=(west,))
    async with tenant.scope():
        waits = await asked(ONE_STEP, person("agent", org_unit_id=east, units=(east,)))
        ended_before = await asked(ONE_STEP, person("agent", org_unit_id=east, units=(east,)))
        await actions.decide(
            ended_before, acting(by=person("manager", units=(east,)), now=NOW), approved=True, reason=""
        )
        await tell_at_once(UnitDissolved(unit_id=east, successor_id=west), acting(by=person("tenant_admin"), now=NOW))

        decided = await actions.decide(waits, acting(by=follows, now=NOW), approved=True, reason="")
        kept = await fetch("select org_unit_id from approval_request where id = $1", ended_before)

    assert decided is not None
    # What was decided stays where it was.
    assert [row["org_unit_id"] for row in kept] == [east]


async def test_a_callback_that_refuses_undoes_the_decision(tenant):
    async with tenant.scope():
        request = await asked(ONE_STEP)
    with pytest.raises(Conflict):
        async with tenant.scope():
            await actions.decide(request, acting(by=person("manager"), now=NOW), approved=True, reason="burst")

    async with tenant.scope():
        view = await queries.by_id(request)
    assert view.outcome is None
    assert view.steps[0].approved is None


async def test_the_applicant_may_withdraw_and_nobody_else(tenant):
    async with tenant.scope():
        applicant = person("agent")
        request = await asked(ONE_STEP, applicant)
        with pytest.raises(NotYoursToDecide):
            await actions.withdraw(request, acting(by=person("manager"), now=NOW), reason="")

        await actions.withdraw(request, acting(by=applicant, now=NOW), reason="changed my mind")

        assert (await queries.by_id(request)).outcome == "withdrawn"
        with pytest.raises(AlreadyDecided):
            await actions.withdraw(request, acting(by=applicant, now=NOW), reason="")


@pytest.mark.parametrize("flow", [ONE_STEP, TWO_STEPS], ids=["one step", "same role in the next step"])
async def test_ten_who_decide_at_once_make_exactly_one_decision(tenant, flow):
    async with tenant.scope():
        request = await asked(flow)

    async def try_it(number: int) -> bool:
        try:
            async with tenant_scope(tenant.id):
                await actions.decide(
                    request,
                    acting(by=person("manager", "tenant_admin", name=str(number)), now=NOW),
                    approved=True,
                    reason="",
                    step=0,
                )
        except AlreadyDecided:
            return False
        return True

    made = await asyncio.gather(*(try_it(number) for number in range(10)))

    async with tenant.scope():
        view = await queries.by_id(request)
    assert sum(made) == 1
    assert [step.approved for step in view.steps if step.approved is not None] == [True]


async def test_a_request_of_another_tenant_does_not_exist(tenant, other_tenant):
    async with tenant.scope():
        request = await asked(ONE_STEP)

    async with other_tenant.scope():
        with pytest.raises(NotFound):
            await actions.decide(request, acting(by=person("manager"), now=NOW), approved=True, reason="")
