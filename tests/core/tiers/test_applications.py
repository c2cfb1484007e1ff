"""Applications, exceptions, lists that wait for approval, consent, grace: on a company with its own schemes."""

from datetime import UTC, date, datetime

import pytest
from acting import acting

from guibin.approvals import actions as approvals
from guibin.context import Company
from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin.policy.criteria import AtLeast, Metric
from guibin.policy.packs import Overrides, Policy, merge
from guibin.policy.tiers import Consequence, Tier, TierScheme
from guibin.profiles import actions as profiles
from guibin.profiles import consents
from guibin.profiles.requests import NewConsent, NewCustomer
from guibin.regulations.core import CORE
from guibin.regulations.general import GENERAL
from guibin.tiers import applications, assessment, memberships, queries
from guibin.tiers.applications import AlreadyApplied, NewApplication
from guibin.tiers.consents import NoConsent
from guibin.tiers.facts import NewFact, record_facts, units_of
from guibin.tiers.memberships import BeforeMembership, NewMembership
from guibin.web.listing import PageAsked
from guibin_tenants.refusals import Invalid
from guibin_tenants.scope import fetch

MARCH = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
APRIL = datetime(2026, 4, 2, 2, 0, tzinfo=UTC)
MAY = datetime(2026, 5, 2, 2, 0, tzinfo=UTC)
JUNE = datetime(2026, 6, 2, 2, 0, tzinfo=UTC)
JULY = datetime(2026, 7, 2, 2, 0, tzinfo=UTC)
NEXT_YEAR = datetime(2027, 1, 2, 2, 0, tzinfo=UTC)


def policy_with(**changes: object) -> Policy:
    scheme = TierScheme(
        **{
            "name": "vip",
            "customer_kinds": ("customer",),
            "metrics": (Metric("spending_1m", fact="spending", months=1),),
            "tiers": (
                Tier("gold", AtLeast("spending_1m", 200), clause="S13-1"),
                Tier("silver", AtLeast("spending_1m", 100), clause="S13-1"),
            ),
            "clause": "S13-1",
            **changes,
        }
    )
    flows = (ApprovalFlow("yearly", subject="assessment", steps=(ApprovalStep("manager"),), clause="S04-2"),)
    return merge([GENERAL], CORE, Overrides(schemes=(scheme,), approvals=flows), version=3)


class Desk:
    """Acts on one company's base under one policy."""

    def __init__(self, tenant, policy):
        self.policy = policy
        self.by = tenant.principal()
        self.tenant = tenant
        self.company = Company(tenant.id, tenant.slug, (), "Asia/Shanghai", "zh-CN", False)

    def act(self, now):
        return acting(by=self.by, now=now, policy=self.policy, company=self.company)

    async def customer(self, number="1"):
        new = NewCustomer(number=number, name="王五", kind="customer")
        return (await profiles.open_archive(new, self.act(MARCH))).id

    async def spends(self, customer, value, day):
        fact = NewFact(customer_id=customer, metric="spending", occurred_on=day, value=value)
        await record_facts([fact], self.act(MARCH), units=units_of(self.policy), today=day)

    async def assess(self, now):
        return await assessment.assess("vip", self.act(now), as_of=now.date())

    async def applies(self, customer, **more):
        new = NewApplication(
            **{"customer_id": customer, "scheme": "vip", "tier": "gold", "reason": "promising", **more}
        )
        return await applications.apply_for(new, self.act(MARCH))

    async def decided(self, approval_id, approved=True, now=MARCH):
        manager = self.tenant.principal()
        manager = type(manager)(
            kind="staff", id=manager.id, name="manager", permissions=manager.permissions, roles=("manager",)
        )
        return await approvals.decide(approval_id, acting(by=manager, now=now), approved=approved, reason="seen")

    async def tier(self, customer, day):
        return (await queries.current_tiers([customer], on=day)).get(customer, {}).get("vip")

    async def moves(self, customer):
        history = await queries.memberships_of(customer)
        return [(m.tier, m.starts_on.isoformat(), m.ends_on and m.ends_on.isoformat()) for m in reversed(history)]


@pytest.mark.rule("S13-2")
async def test_an_approved_application_starts_the_membership_on_the_day_of_the_decision(tenant):
    desk = Desk(tenant, policy_with())
    async with tenant.scope():
        customer = await desk.customer()
        application = await desk.applies(customer)
        with pytest.raises(AlreadyApplied):
            await desk.applies(customer)
        assert await desk.tier(customer, MARCH.date()) is None

        await desk.decided(application.approval_id, now=datetime(2026, 3, 2, 17, 0, tzinfo=UTC))

        after = await queries.APPLICATIONS.one(application.id)
        # 17:00 UTC is 01:00 of the next day in Shanghai.
        assert await desk.moves(customer) == [("gold", "2026-03-03", None)]
    assert after.outcome == "approved"


async def test_a_refused_application_starts_nothing_and_another_may_follow(tenant):
    desk = Desk(tenant, policy_with())
    async with tenant.scope():
        customer = await desk.customer()
        first = await desk.applies(customer)

        await desk.decided(first.approval_id, approved=False)

        assert await desk.moves(customer) == []
        assert (await desk.applies(customer)).outcome is None


@pytest.mark.rule("S12-3")
async def test_an_exception_is_not_overwritten_until_it_expires_and_the_batch_says_what_it_would_do(tenant):
    desk = Desk(tenant, policy_with())
    async with tenant.scope():
        customer = await desk.customer()
        application = await desk.applies(customer, kind="exception", expires_on=date(2026, 5, 1))
        await desk.decided(application.approval_id)
        await desk.spends(customer, 100, date(2026, 3, 15))

        april = await desk.assess(APRIL)

        assert [(m.move, m.held, m.becomes) for m in april.moves] == [("locked", "gold", "gold")]
        results = await queries.RESULTS.page(None, PageAsked(), desk.act(APRIL), assessment_id=april.id)
        assert [result.tier for result in results.items] == ["silver"]
        assert await desk.tier(customer, date(2026, 4, 30)) == "gold"
        assert await desk.tier(customer, date(2026, 5, 1)) is None
        await desk.spends(customer, 150, date(2026, 4, 20))
        await desk.assess(MAY)
        assert await desk.tier(customer, MAY.date()) == "silver"


@pytest.mark.rule("S12-3")
async def test_the_daily_job_ends_expired_exceptions_on_the_day_they_expired(tenant):
    desk = Desk(tenant, policy_with())
    async with tenant.scope():
        customer = await desk.customer()
        application = await desk.applies(customer, kind="exception", expires_on=date(2026, 3, 20))
        await desk.decided(application.approval_id)

        assert await memberships.end_expired(date(2026, 3, 19), now=APRIL) == 0
        assert await memberships.end_expired(date(2026, 4, 2), now=APRIL) == 1

        assert await desk.moves(customer) == [("gold", "2026-03-02", "2026-03-20")]


@pytest.mark.parametrize("expires_on", [None, date(2026, 3, 2), date(2027, 3, 4)])
async def test_an_exception_always_ends_within_the_policys_limit(tenant, expires_on):
    desk = Desk(tenant, policy_with())
    async with tenant.scope():
        customer = await desk.customer()

        with pytest.raises(Invalid) as refused:
            await desk.applies(customer, kind="exception", expires_on=expires_on)

    assert [field.field for field in refused.value.fields] == ["expires_on"]


@pytest.mark.rule("S02-2")
async def test_nobody_becomes_a_vip_of_a_voluntary_scheme_without_consent(tenant):
    desk = Desk(tenant, policy_with(voluntary=True))
    async with tenant.scope():
        customer = await desk.customer()
        await desk.spends(customer, 200, date(2026, 2, 20))

        asked_first = await desk.assess(MARCH)
        with pytest.raises(NoConsent):
            await desk.applies(customer)
        await consents.consent(customer, NewConsent(purpose="vip", answer="granted"), desk.act(MARCH))
        then = await desk.assess(MARCH)

        assert [m.move for m in asked_first.moves] == ["no_consent"]
        assert [(m.move, m.becomes) for m in then.moves] == [("start", "gold")]
        await consents.consent(customer, NewConsent(purpose="vip", answer="withdrawn"), desk.act(APRIL))
        assert await desk.moves(customer) == [("gold", "2026-03-02", "2026-04-02")]


@pytest.mark.rule("S02-2")
async def test_consent_withdrawn_while_the_application_waits_stops_it(tenant):
    desk = Desk(tenant, policy_with(voluntary=True))
    async with tenant.scope():
        customer = await desk.customer()
        await consents.consent(customer, NewConsent(purpose="vip", answer="granted"), desk.act(MARCH))
        application = await desk.applies(customer)
        await consents.consent(customer, NewConsent(purpose="vip", answer="withdrawn"), desk.act(APRIL))

        with pytest.raises(NoConsent):
            await desk.decided(application.approval_id, now=APRIL)


@pytest.mark.rule("S13-3")
async def test_grace_is_fixed_at_the_first_failure_and_ends_in_a_downgrade(tenant):
    desk = Desk(tenant, policy_with(grace_days=70))
    async with tenant.scope():
        customer = await desk.customer()
        await desk.spends(customer, 200, date(2026, 2, 20))
        await desk.assess(MARCH)
        await desk.spends(customer, 100, date(2026, 3, 20))

        april = await desk.assess(APRIL)
        until = (await queries.memberships_of(customer))[0].grace_until
        may = await desk.assess(MAY)
        still = (await queries.memberships_of(customer))[0].grace_until
        await desk.spends(customer, 100, date(2026, 6, 20))
        july = await desk.assess(JULY)

        assert [[m.move for m in run.moves] for run in (april, may, july)] == [["grace"], ["grace"], ["downgrade"]]
        assert (until, still) == (date(2026, 6, 11), date(2026, 6, 11))
        assert await desk.moves(customer) == [("gold", "2026-03-02", "2026-07-02"), ("silver", "2026-07-02", None)]


@pytest.mark.rule("S13-3")
async def test_qualifying_again_lifts_the_grace_and_a_later_failure_begins_a_new_one(tenant):
    desk = Desk(tenant, policy_with(grace_days=70))
    async with tenant.scope():
        customer = await desk.customer()
        await desk.spends(customer, 200, date(2026, 2, 20))
        await desk.assess(MARCH)
        await desk.assess(APRIL)
        await desk.spends(customer, 200, date(2026, 4, 20))

        may = await desk.assess(MAY)
        lifted = (await queries.memberships_of(customer))[0].grace_until
        june = await desk.assess(JUNE)

        assert [m.move for m in may.moves] == ["keep"]
        assert lifted is None
        assert [m.move for m in june.moves] == ["grace"]
        assert (await queries.memberships_of(customer))[0].grace_until == date(2026, 8, 11)


@pytest.mark.rule("S04-2")
async def test_a_list_that_needs_approval_changes_nobody_until_it_is_approved(tenant):
    desk = Desk(tenant, policy_with(list_approval="yearly"))
    async with tenant.scope():
        customer = await desk.customer()
        await desk.spends(customer, 200, date(2026, 2, 20))

        listed = await desk.assess(MARCH)
        before = await desk.moves(customer)
        await desk.decided(listed.approval_id, now=APRIL)

        assert (listed.applied_at, before) == (None, [])
        assert await desk.moves(customer) == [("gold", "2026-03-02", None)]


@pytest.mark.rule("S04-4")
async def test_an_approval_between_list_and_decision_outranks_the_list(tenant):
    desk = Desk(tenant, policy_with(list_approval="yearly"))
    async with tenant.scope():
        customer = await desk.customer()
        await desk.spends(customer, 100, date(2026, 2, 20))
        listed = await desk.assess(MARCH)
        application = await desk.applies(customer)
        await desk.decided(application.approval_id)

        await desk.decided(listed.approval_id, now=APRIL)

        assert await desk.moves(customer) == [("gold", "2026-03-02", None)]


@pytest.mark.rule("S04-2")
async def test_a_list_brings_nothing_to_archives_that_ended_before_it_was_approved(tenant):
    reward = Consequence("gift", "reward", ("keep",), item="gift", units=1, clause="S13-3")
    desk = Desk(tenant, policy_with(list_approval="yearly", grace_days=70, consequences=(reward,)))
    async with tenant.scope():
        spent = {"keep": 200, "upgrade": 100, "grace": 100, "start": None}
        people = {(move, ends): await desk.customer(f"{move}-{ends}") for move in spent for ends in (True, False)}
        for (move, _), customer in people.items():
            if spent[move]:
                await desk.spends(customer, spent[move], date(2026, 2, 20))
        first = await desk.assess(MARCH)
        await desk.decided(first.approval_id)
        for (move, _), customer in people.items():
            if move != "grace":
                await desk.spends(customer, 200, date(2026, 12, 20))
        listed = await desk.assess(NEXT_YEAR)
        for (_, ends), customer in people.items():
            if ends:
                await profiles.erase(customer, desk.act(NEXT_YEAR))

        await desk.decided(listed.approval_id, now=NEXT_YEAR)

        tables = (
            "membership where basis_id = $1",
            "grace_period where assessment_id = $1",
            "consequence where assessment_id = $1",
        )
        found = {
            table.split()[0]: {row["customer_id"] for row in await fetch(f"select customer_id from {table}", listed.id)}
            for table in tables
        }
        assert found == {
            "membership": {people["start", False], people["upgrade", False]},
            "grace_period": {people["grace", False]},
            "consequence": {people["keep", False]},
        }


async def test_periods_of_one_scheme_never_overlap(tenant):
    desk = Desk(tenant, policy_with())
    async with tenant.scope():
        customer = await desk.customer()
        new = NewMembership(
            customer_id=customer, scheme="vip", tier="silver", starts_on=date(2026, 3, 10), basis="application",
            basis_id=customer, reason="",
        )  # fmt: skip
        await memberships.start(new, now=MARCH)

        with pytest.raises(BeforeMembership):
            await memberships.start(
                NewMembership(
                    customer_id=customer, scheme="vip", tier="gold", starts_on=date(2026, 3, 9), basis="application",
                    basis_id=customer, reason="",
                ),
                now=MARCH,
            )  # fmt: skip
