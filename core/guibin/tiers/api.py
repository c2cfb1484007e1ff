"""`/api/v1/facts`, `/assessments`, `/applications`, `/customers/{id}/facts`, `/endorsements`, `/membership` and `/value-scores`, `/tier-conversions`, `/tier-changes`, `/merchants`,
`/serving-gaps`, `/account-managers`.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import Parameter
from litestar.status_codes import HTTP_200_OK
from msgspec import Struct

from guibin.amounts import in_minor
from guibin.audit.actions import noted
from guibin.audit.answering import lists, reads
from guibin.context import Act
from guibin.hookspecs import Proposal
from guibin.profiles.queries import standing
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may, sees_all
from guibin_tenants.rate_limits import BULK
from guibin_tenants.refusals import FieldError, Invalid, refuse

from . import (
    applications,
    appraisal,
    assessment,
    comparing,
    endorsing,
    memberships,
    merchants,
    moves,
    queries,
    reports,
    simulation,
)
from .applications import NewApplication
from .assessment import AssessmentView
from .explaining import Explanation, explanation_of
from .facts import FactsRecorded, NewFact, record_facts, units_of
from .lists import refuse_unapproved_ending
from .merchants import MERCHANTS, MerchantFilter
from .moves import ConsequenceView
from .queries import (
    APPLICATIONS,
    ASSESSMENTS,
    ApplicationFilter,
    ApplicationView,
    MembershipView,
    ResultFilter,
    ResultView,
    SchemeFilter,
)
from .reports import CHANGES, GAPS, UNSERVED, ChangeFilter, Conversion, Outlet, conversions, duties
from .requests import GivenFact, GivenFacts, NewAssessment, NewEnding
from .scores import ScoreView, scores_of
from .simulation import NewSimulation, SimulationView

READ = may("tiers:read")
Scheme = Annotated[str, Parameter(max_length=60, description="A scheme of the policy.")]
FirstDay = Annotated[date, Parameter(query="from", description="The earlier day.")]
SecondDay = Annotated[date | None, Parameter(query="to", default=None, description="The later day; today without.")]


class MembershipAnswer(Struct, frozen=True):
    """What the customer holds today, held before, and why, scheme by scheme."""

    customer_id: UUID
    current: list[MembershipView]
    history: list[MembershipView]
    explanations: list[Explanation]
    consequences: list[ConsequenceView]


async def _of_customer(_: Act, customer_id: UUID) -> dict[str, UUID]:
    await standing(customer_id)
    return {"customer_id": customer_id}


class FactController(Controller):
    path = "/api/v1/facts"
    tags = ("tiers",)

    @post("/", needs=may("facts:write"), cost=BULK, summary="Record facts; sending one again changes nothing")
    async def record(self, data: GivenFacts, act: Act) -> FactsRecorded:
        facts = [_fact(given, f"facts[{place}]") for place, given in enumerate(data.facts)]
        return await record_facts(facts, act, units=units_of(act.policy), today=_today(act))


class CustomerFactController(Controller):
    path = "/api/v1/customers"
    tags = ("tiers",)
    list_facts = lists(
        "/{customer_id:uuid}/facts",
        queries.FACTS,
        queries.FactFilter,
        "Balances, transactions and whatever else is known of a customer, the latest day first",
        recorded="fact",
        subject="customer",
        verb="list",
        fields=("facts",),
        values=_of_customer,
        needs=READ,
    )


class MerchantController(Controller):
    path = "/api/v1/merchants"
    tags = ("tiers",)
    register = posts(
        "/", merchants.register, "Put a partner merchant on the register", needs=may("facts:write") & sees_all
    )
    end = posts(
        "/{merchant_id:uuid}/ending",
        merchants.end,
        "It is no partner any more",
        needs=may("facts:write") & sees_all,
        status_code=HTTP_200_OK,
    )
    list_merchants = lists(
        "/",
        MERCHANTS,
        MerchantFilter,
        "Partner merchants, by code",
        values=lambda act: {"today": act.today},
        needs=READ,
    )


class AssessmentController(Controller):
    path = "/api/v1/assessments"
    tags = ("tiers",)

    @post(
        "/", needs=may("tiers:assess") & sees_all, cost=BULK, summary="Assess everybody under a scheme, or simulate it"
    )
    async def run(self, data: NewAssessment, act: Act) -> AssessmentView:
        as_of = _as_of(data.as_of, act)
        if not data.dry_run:
            _refuse_simulation_parts(data)
            return await assessment.assess(data.scheme, act, as_of=as_of)
        scheme = data.proposal or assessment.assessable(act.policy, data.scheme)
        return await simulation.dry_run(scheme, act, as_of=as_of, known_at=data.known_at or act.now)

    list_assessments = lists("/", ASSESSMENTS, SchemeFilter, "Assessments, newest first")

    @get(
        "/{assessment_id:uuid}/results",
        needs=READ,
        summary="Who moved, and with which figures",
        dependencies={"filters": from_query(ResultFilter)},
    )
    async def results(self, assessment_id: UUID, filters: ResultFilter, page: PageAsked, act: Act) -> Page[ResultView]:
        results = await queries.results(assessment_id, filters, page, act)
        await _note("assessment.read", [row.customer_id for row in results.items], ("tier", "measures"), act)
        return results


class MembershipController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}/membership"
    tags = ("tiers",)

    @get("/", needs=READ, summary="What the customer holds, held, and why")
    async def show(self, customer_id: UUID, act: Act) -> MembershipAnswer:
        await standing(customer_id)
        history = await queries.memberships_of(customer_id)
        bases = await queries.bases_of(customer_id)
        await _note("membership.read", [customer_id], ("tier", "measures"), act)
        return MembershipAnswer(
            customer_id=customer_id,
            current=queries.holding_on(history, _today(act)),
            history=history,
            explanations=[await explanation_of(customer_id, basis, act) for basis in bases],
            consequences=await moves.of_customer(customer_id),
        )

    @post(
        "/{scheme:str}/ending",
        needs=may("tiers:assess"),
        status_code=HTTP_200_OK,
        summary="End a membership, as when a post ends or the customer wishes it",
    )
    async def end(self, customer_id: UUID, scheme: str, data: NewEnding, act: Act) -> list[MembershipView]:
        refuse_unapproved_ending(act.policy.scheme(scheme))
        on = data.on or _today(act)
        await memberships.end(customer_id, scheme, on=on, because=data.reason, now=act.now)
        await _note("membership.end", [customer_id], ("tier",), act)
        return await queries.memberships_of(customer_id)


class EndorsementController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}/endorsements"
    tags = ("tiers",)
    list_endorsements = gets("/", endorsing.endorsements, "What the company said of this customer", needs=READ)
    endorse = posts(
        "/", endorsing.endorse, "Recognise the customer for a scheme, before the form", needs=may("tiers:apply")
    )


class AppraisalController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}/appraisals"
    tags = ("tiers",)
    appraise = posts("/", appraisal.appraise, "Assess this customer now, under one scheme", needs=may("tiers:apply"))


class ApplicationController(Controller):
    path = "/api/v1/applications"
    tags = ("tiers",)

    @post("/", needs=may("tiers:apply"), summary="Put a customer up for a tier")
    async def apply(self, data: NewApplication, act: Act) -> ApplicationView:
        applied = await applications.apply_for(data, act)
        # An objection undoes what was written.
        await act.hooks.refuse_objected(
            Proposal("application", data.customer_id, {"kind": data.kind, "scheme": data.scheme, "tier": data.tier})
        )
        return applied

    list_applications = lists(
        "/",
        APPLICATIONS,
        ApplicationFilter,
        "Applications, newest first",
        recorded="application",
        subject="membership",
        verb="list",
        fields=("tier",),
    )
    show = reads(
        "/{application_id:uuid}",
        APPLICATIONS,
        "One application",
        "membership",
        recorded="application",
        fields=("tier",),
    )

    compare = reads(
        "/{application_id:uuid}/comparison",
        comparing.comparison,
        "What the application claims beside the company's figures, differences marked",
        "membership",
        recorded="application",
        verb="compare",
        fields=("tier", "measures"),
        needs=READ,
    )


class SimulationController(Controller):
    path = "/api/v1/assessments/simulations"
    tags = ("tiers",)

    @post(
        "/",
        needs=may("tiers:assess") & sees_all,
        cost=BULK,
        status_code=HTTP_200_OK,
        summary="Who would move, by how much; changes nobody",
    )
    async def simulate(self, data: NewSimulation, act: Act) -> SimulationView:
        return await simulation.simulate(data, act, as_of=_as_of(data.as_of, act))


class ConversionController(Controller):
    path = "/api/v1/tier-conversions"
    tags = ("tiers",)

    @get("/", needs=READ, cost=BULK, summary="How many went from which tier to which between two days")
    async def between(self, scheme: Scheme, from_day: FirstDay, to_day: SecondDay, act: Act) -> list[Conversion]:
        if act.policy.scheme(scheme) is None:
            known = ", ".join(one.name for one in act.policy.schemes) or "the policy has none"
            raise Invalid.at("scheme", "a scheme of the policy", f"one of: {known}", scheme)
        second = to_day or _today(act)
        if second < from_day:
            raise Invalid.at("to", f"not before from: {from_day}", "swap them", str(second))
        return await conversions(scheme, first=from_day, second=second)


class TierChangeController(Controller):
    path = "/api/v1/tier-changes"
    tags = ("tiers",)
    list_changes = lists(
        "/",
        CHANGES,
        ChangeFilter,
        "Who went from which tier to which, and when; the latest first",
        recorded="tier_change",
        subject="membership",
        verb="list",
        fields=("tier",),
        needs=READ,
        cost=BULK,
    )


class ValueScoreController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}/value-scores"
    tags = ("tiers",)

    @get(
        "/",
        needs=READ,
        summary="The customer's value at each assessment, part by part",
        dependencies={"filters": from_query(SchemeFilter)},
    )
    async def history(self, customer_id: UUID, filters: SchemeFilter, page: PageAsked, act: Act) -> Page[ScoreView]:
        await standing(customer_id)
        scores = await scores_of(customer_id, filters, page, act)
        await noted("value_score.read", act, customer_id=customer_id, fields=("value_score", "measures"))
        return scores


class ServingGapController(Controller):
    path = "/api/v1/serving-gaps"
    tags = ("tiers",)

    list_gaps = lists(
        "/",
        GAPS,
        None,
        "Members whose account manager is missing or sits at too low a level",
        recorded="serving_gap",
        subject="membership",
        verb="list",
        fields=("tier",),
        values=duties,
        cost=BULK,
    )


class AccountManagerController(Controller):
    path = "/api/v1/account-managers"
    tags = ("tiers",)

    @get(
        "/",
        needs=READ,
        cost=BULK,
        summary="Outlet by outlet: who serves how many VIPs, and how many nobody does",
    )
    async def list_outlets(self, act: Act) -> list[Outlet]:
        return await reports.outlets(on=_today(act))

    list_unserved = lists(
        "/missing",
        UNSERVED,
        None,
        "VIPs without an account manager",
        recorded="account_manager",
        subject="customer",
        verb="missing",
        fields=("tier",),
        values=lambda act: {"today": act.today},
        cost=BULK,
    )


def _fact(given: GivenFact, place: str) -> NewFact:
    if (given.amount is not None) + (given.value is not None) + given.taken_back != 1:
        rule = "exactly one of amount, value and taken_back"
        raise Invalid.at(place, rule, 'money as amount, such as {"amount": "12.50"}')
    value = in_minor(given.amount, field=f"{place}.amount.amount") if given.amount is not None else given.value
    return NewFact(
        customer_id=given.customer_id,
        metric=given.metric,
        occurred_on=given.occurred_on,
        value=value,
        unit=given.amount.currency if given.amount is not None else "",
        source=given.source,
        source_ref=given.source_ref,
        label=given.label,
        merchant=given.merchant,
    )


def _refuse_simulation_parts(data: NewAssessment) -> None:
    problems = [
        FieldError(field, "only with dry_run", "set dry_run, or leave it out")
        for field, value in (("proposal", data.proposal), ("known_at", data.known_at))
        if value is not None
    ]
    refuse(problems, "An assessment applies the policy in force to what is known now")


def _today(act: Act) -> date:
    return act.today


def _as_of(given: date | None, act: Act) -> date:
    """The day asked for, today without. Raises Invalid for one to come."""
    today = _today(act)
    if given is not None and given > today:
        raise Invalid.at("as_of", f"not after today, {today}", "facts to come are unknown", str(given))
    return given or today


async def _note(action: str, shown: Sequence[UUID], fields: tuple[str, ...], act: Act) -> None:
    customers = tuple(dict.fromkeys(shown))
    await noted(action, act, subject="membership", customer_ids=customers, fields=fields, shown=len(shown))
