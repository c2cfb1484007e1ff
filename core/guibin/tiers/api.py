"""`/api/v1/facts`, `/assessments`, `/applications`, `/customers/{id}/membership`."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.status_codes import HTTP_200_OK
from msgspec import Meta, Struct

from guibin.amounts import in_minor
from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.hookspecs import Proposal
from guibin.notation.plausible import Plausible
from guibin.periods.days import local_day
from guibin.policy.money import Money
from guibin.policy.tiers import TierScheme
from guibin.policy.words import Code, CodeIfAny, up_to
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import may, sees_all
from guibin_tenants.rate_limits import BULK
from guibin_tenants.refusals import FieldError, Invalid, NotFound

from . import applications, assessment, consequences, memberships, queries
from .applications import NewApplication
from .assessment import AssessmentView
from .consequences import ConsequenceView
from .explaining import Explanation, explanation_of
from .facts import BATCH_MAX, VALUE_MAX, FactsRecorded, NewFact, record_facts, units_of, visible_customers
from .lists import refuse_unapproved_ending
from .moves import Move
from .queries import ApplicationView, AssessmentRow, MembershipView, ResultView
from .simulation import dry_run


class GivenFact(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly one of `amount` (money), `value` (a number of things) and `taken_back` (an earlier fact was none)."""

    customer_id: UUID
    metric: Code
    occurred_on: date
    amount: Money | None = None
    value: Annotated[int, Meta(ge=-VALUE_MAX, le=VALUE_MAX)] | None = None
    taken_back: bool = False
    source: Annotated[str, up_to(40)] = "api"
    source_ref: Annotated[str, up_to(120)] = ""
    label: CodeIfAny = ""


class GivenFacts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 1,000 facts, recorded all or none."""

    facts: Annotated[list[GivenFact], Meta(min_length=1, max_length=BATCH_MAX)]


class NewAssessment(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`as_of` is the first day whose facts no longer count; today by default.

    With `dry_run` nothing is written: who would move. `proposal` is then a changed scheme, `known_at` the moment up to
    which facts are taken as they were known.
    """

    scheme: CodeIfAny
    as_of: date | None = None
    dry_run: bool = False
    proposal: TierScheme | None = None
    known_at: Annotated[datetime, Meta(tz=True)] | None = None


class NewEnding(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a membership ends, such as the customer's own wish; `on` is the first day without it, today by default."""

    reason: Annotated[str, up_to(500, 1)]
    on: date | None = None


class MembershipAnswer(Struct, frozen=True):
    """What the customer holds today, held before, and why, scheme by scheme."""

    customer_id: UUID
    current: list[MembershipView]
    history: list[MembershipView]
    explanations: list[Explanation]
    consequences: list[ConsequenceView]


class FactController(Controller):
    path = "/api/v1/facts"
    tags = ("tiers",)

    @post("/", needs=may("facts:write"), cost=BULK, summary="Record facts; sending one again changes nothing")
    async def record(self, data: GivenFacts, act: Act) -> FactsRecorded:
        facts = [_fact(given, f"facts[{place}]") for place, given in enumerate(data.facts)]
        today = local_day(act.now, act.company.time_zone)
        return await record_facts(facts, act, units=units_of(act.policy), today=today)


class AssessmentController(Controller):
    path = "/api/v1/assessments"
    tags = ("tiers",)

    @post(
        "/", needs=may("tiers:assess") & sees_all, cost=BULK, summary="Assess everybody under a scheme, or simulate it"
    )
    async def run(self, data: NewAssessment, act: Act) -> AssessmentView:
        today = local_day(act.now, act.company.time_zone)
        as_of = data.as_of or today
        if as_of > today:
            raise Invalid(
                fields=(FieldError("as_of", f"not after today, {today}", "facts to come are unknown", str(as_of)),)
            )
        if not data.dry_run:
            _refuse_simulation_parts(data)
            return await assessment.assess(data.scheme, act, as_of=as_of)
        scheme = data.proposal or assessment.assessable(act.policy, data.scheme)
        known_at = data.known_at or act.now
        return await dry_run(scheme, act, as_of=as_of, known_at=known_at)

    @get("/", needs=may("tiers:read"), summary="Assessments, newest first")
    async def list_assessments(
        self, scheme: str | None = None, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[AssessmentRow]:
        found = await queries.assessments(scheme, after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda row: Cursor(row.recorded_at, row.id))

    @get("/{assessment_id:uuid}/results", needs=may("tiers:read"), summary="Who moved, and with which figures")
    async def results(
        self, assessment_id: UUID, act: Act, move: Move | None = None, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[ResultView]:
        after = decode(cursor)
        found = await queries.results(assessment_id, move, after=after.id if after else None, limit=limit + 1)
        page = page_of(found, limit, lambda row: Cursor(act.now, row.customer_id))
        await _note("assessment.read", tuple(row.customer_id for row in page.items), ("tier", "measures"), act)
        return page


class MembershipController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}/membership"
    tags = ("tiers",)

    @get("/", needs=may("tiers:read"), summary="What the customer holds, held, and why")
    async def show(self, customer_id: UUID, language: str, act: Act) -> MembershipAnswer:
        if customer_id not in await visible_customers([customer_id]):
            raise NotFound(f"There is no customer {customer_id}")
        history = await queries.memberships_of(customer_id)
        bases = await queries.bases_of(customer_id)
        await _note("membership.read", (customer_id,), ("tier", "measures"), act)
        return MembershipAnswer(
            customer_id=customer_id,
            current=queries.holding_on(history, local_day(act.now, act.company.time_zone)),
            history=history,
            explanations=[
                explanation_of(basis, act.policy, language, act.hooks.derived_measures(basis.figures.known()))
                for basis in bases
            ],
            consequences=await consequences.of_customer(customer_id),
        )

    @post(
        "/{scheme:str}/ending",
        needs=may("tiers:assess"),
        status_code=HTTP_200_OK,
        summary="End a membership, as when a post ends or the customer wishes it",
    )
    async def end(self, customer_id: UUID, scheme: str, data: NewEnding, act: Act) -> list[MembershipView]:
        refuse_unapproved_ending(act.policy.scheme(scheme))
        on = data.on or local_day(act.now, act.company.time_zone)
        await memberships.end(customer_id, scheme, on=on, because=data.reason, now=act.now)
        await _note("membership.end", (customer_id,), ("tier",), act)
        return await queries.memberships_of(customer_id)


class ApplicationController(Controller):
    path = "/api/v1/applications"
    tags = ("tiers",)

    @post("/", needs=may("tiers:apply"), summary="Put a customer up for a tier")
    async def apply(self, data: NewApplication, act: Act) -> ApplicationView:
        applied = await applications.apply_for(data, act)
        # An objection undoes what was written.
        act.hooks.refuse_objected(
            Proposal("application", data.customer_id, {"kind": data.kind, "scheme": data.scheme, "tier": data.tier})
        )
        return applied

    @get("/", needs=may("tiers:read"), summary="Applications, newest first")
    async def list_applications(
        self,
        act: Act,
        customer_id: UUID | None = None,
        waiting: bool = False,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[ApplicationView]:
        found = await queries.applications(customer_id, waiting=waiting, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda row: Cursor(row.applied_at, row.id))
        await _note("application.list", tuple(row.customer_id for row in page.items), ("tier",), act)
        return page

    @get("/{application_id:uuid}", needs=may("tiers:read"), summary="One application")
    async def show(self, application_id: UUID, act: Act) -> ApplicationView:
        found = await queries.application(application_id)
        await _note("application.read", (found.customer_id,), ("tier",), act)
        return found


def _fact(given: GivenFact, place: str) -> NewFact:
    if (given.amount is not None) + (given.value is not None) + given.taken_back != 1:
        rule = "exactly one of amount, value and taken_back"
        raise Invalid(fields=(FieldError(place, rule, 'money as amount, such as {"amount": "12.50"}'),))
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
    )


def _refuse_simulation_parts(data: NewAssessment) -> None:
    problems = [
        FieldError(field, "only with dry_run", "set dry_run, or leave it out")
        for field, value in (("proposal", data.proposal), ("known_at", data.known_at))
        if value is not None
    ]
    if problems:
        raise Invalid("An assessment applies the policy in force to what is known now", fields=tuple(problems))


async def _note(action: str, customers: tuple[UUID, ...], fields: tuple[str, ...], act: Act) -> None:
    shown = tuple(dict.fromkeys(customers))
    note = AuditNote(action=action, subject="membership", customer_ids=shown, fields=fields, shown=len(customers))
    await record(note, act)
