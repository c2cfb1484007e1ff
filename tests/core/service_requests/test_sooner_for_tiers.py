"""S07-5: whatever has a time limit may have a shorter one for customers of some tiers."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from acting import acting
from msgspec.structs import replace
from standing import member

from guibin.cases import Case
from guibin.mailbox import deadlines as mails
from guibin.policies.queries import effective_policy
from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin.policy.deadlines import Hours
from guibin.policy.milestones import Milestone
from guibin.policy.service_items import ServiceItem, StepLimit
from guibin.policy.tier_limits import TierLimit
from guibin.service_requests.actions import take_step
from guibin.service_requests.intake import receive
from guibin.service_requests.requests import NewServiceRequest, NewStep
from guibin.tiers.applications import NewApplication, apply_for
from guibin.tiers.clocks import retier
from guibin_tenants.scope import fetch_value
from guibin_tenants.tables import new_id
from support import company_of

SOONER = (TierLimit(("key",), Hours(2)),)
ITEM = ServiceItem(
    "enquiry",
    steps=("heard", "answer"),
    milestones=(Milestone("first_reply", Hours(9), faster=SOONER),),
    step_limits=(StepLimit("answer", Hours(9), faster=SOONER),),
)
FLOW = ApprovalFlow("special_user", "application", (ApprovalStep("manager", within=Hours(9), faster=SOONER),))


@pytest.fixture
async def two(tenant, client):
    """One who holds the tier, and one who holds none."""
    people = []
    for number in ("1", "2"):
        body = {"number": number, "name": "王建国", "kind": "leader"}
        people.append((await client.post("/api/v1/customers", json=body)).json()["id"])
    await member(tenant, people[0])
    return people


@pytest.fixture
async def act(tenant, world, clock):
    async with tenant.scope():
        policy = await effective_policy(world.packs, company_of(tenant), at=clock())
    changed = replace(
        policy,
        service_items=tuple(ITEM if one.name == ITEM.name else one for one in policy.service_items),
        approvals=tuple(FLOW if one.name == FLOW.name else one for one in policy.approvals),
        questions=replace(policy.questions, faster=SOONER),
    )
    return acting(by=tenant.principal(), now=clock(), policy=changed, company=company_of(tenant))


async def hours(subject_id, milestone):
    due = await fetch_value(
        "select due_at - started_at from timer where subject_id = $1 and milestone = $2", subject_id, milestone
    )
    return due / timedelta(hours=1)


@pytest.mark.rule("S07-5")
async def test_the_first_reply_and_the_steps_of_a_request(tenant, two, act):
    due = []
    async with tenant.scope():
        for customer in two:
            new = NewServiceRequest(customer_id=UUID(customer), item="enquiry", channel="phone", text="资费")
            request = await receive(new, act)
            due.append(await hours(request.id, "first_reply"))
            await take_step(request.id, NewStep(step="heard"), act)
            due.append(await hours(request.id, "step:answer"))

    assert due == [2, 2, 9, 9]


@pytest.mark.rule("S07-5")
async def test_the_first_reply_and_the_steps_follow_a_tier_that_moves(tenant, two, act):
    due = []
    async with tenant.scope():
        new = NewServiceRequest(customer_id=UUID(two[1]), item="enquiry", channel="phone", text="资费")
        early = await receive(new, act)
        late = await receive(new, act)
        await take_step(early.id, NewStep(step="heard"), act)
    await member(tenant, two[1])
    async with tenant.scope():
        await retier(UUID(two[1]), act)
        due.append(await hours(early.id, "step:answer"))
        due.append(await hours(late.id, "first_reply"))
        await take_step(late.id, NewStep(step="heard"), act)
        due.append(await hours(late.id, "step:answer"))

    assert due == [2, 2, 2]


@pytest.mark.rule("S07-5")
async def test_an_application_and_a_mail(tenant, two, act):
    due = []
    async with tenant.scope():
        for customer in two:
            new = NewApplication(
                customer_id=UUID(customer),
                scheme="key_account",
                kind="exception",
                tier="important",
                reason="贡献突出",
                expires_on=date(2026, 12, 31),
            )
            application = await apply_for(new, act)
            due.append(await hours(application.approval_id, "step_1"))
            mail = Case(mails.SUBJECT, new_id(), UUID(customer))
            await mails.owe(mail, act)
            due.append(await hours(mail.id, mails.MILESTONE))
        unknown = Case(mails.SUBJECT, new_id())
        await mails.owe(unknown, act)
        due.append(await hours(unknown.id, mails.MILESTONE))

    assert due == [2, 2, 9, 24, 24]


@pytest.mark.rule("S07-5")
async def test_nobody_who_takes_it_in_chooses_another_tiers_limit(tenant, client, two):
    taken = []
    for customer in two:
        for situation in ("ordinary_fault", "vip_fault"):
            body = {"customer_id": customer, "item": "maintenance", "channel": "phone", "text": "无信号"}
            answer = await client.post("/api/v1/service-requests", json=body | {"situation": situation})
            taken.append(answer.json()["situation"])

    assert taken == ["vip_fault"] * 2 + ["ordinary_fault"] * 2
