"""What is planned with a customer over a year: measures with their days, carried out by contacts and visits (S01-5).

A plan starts from the template of the customer's tier and is then the customer's own: measures are added and dropped. One
contact carries out one measure (subtlety 53). Who wants no contact keeps the plan, its measures waived in sight (56).
"""

from datetime import date, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.assignments.teams import refuse_unless_serving
from guibin.audit.actions import done
from guibin.cases import Case
from guibin.cases.requests import Because
from guibin.context import Act
from guibin.periods.spans import Window, window_of
from guibin.plan_reviews.actions import Plan, put_up, refuse_unreviewed
from guibin.plans.refusals import AlreadyDone, AlreadyPlanned
from guibin.policy.cadence import RelationshipTemplate
from guibin.policy.packs import Policy
from guibin.profiles.subjects import refuse_unless_kept
from guibin.records.queries import LISTED as INTERACTIONS
from guibin.tiers import queries as tiers
from guibin_tenants import rows
from guibin_tenants.refusals import FieldError, Invalid, NotFound, refuse
from guibin_tenants.scope import fetch_one, savepoint

from . import queries
from .queries import RelationshipPlanForm
from .requests import NewExecution, NewMeasure, NewRelationshipPlan
from .tables import MeasureEnd, RelationshipMeasure, RelationshipPlan

SUBJECT = "relationship_plan"
# The kinds of measures that are contacts, and the channels that carry them out.
CONTACTS: dict[str, tuple[str, ...]] = {
    "visit": ("visit",),
    "call": ("phone",),
    "message": ("sms", "email", "social"),
}


class Measure(Struct, frozen=True):
    """One thing to do with the customer, until a day."""

    kind: str
    text: str
    due_on: date


async def draw_up(new: NewRelationshipPlan, act: Act) -> RelationshipPlanForm:
    """A customer's plan of this year or the next, from the template of its tier and its own measures.

    Raises Invalid, NotFound, NotInTheirTeam, ArchiveErased, AlreadyPlanned.
    """
    today = act.today
    window = window_of("year", date(new.year, 1, 1), act.company.time_zone)
    await refuse_unless_serving(new.customer_id, act.by)
    await refuse_unless_kept(new.customer_id)
    held = (await tiers.current_tiers([new.customer_id], on=today)).get(new.customer_id, {})
    template = _template(act.policy, held)
    measures = [*(_planned(template, window, today, act.company.time_zone) if template else ()), *_own(new.measures)]
    _refuse_wrong(new, measures, window, today)
    plan = {
        "customer_id": new.customer_id,
        "period": window.name,
        "goal": new.goal,
        "template": template.name if template else "",
        "tier": (held.get(template.scheme) or next(iter(held.values()), "")) if template else "",
        "clause": template.clause if template else "",
    }
    written = await rows.add_all(RelationshipPlan, act, [plan], unless=("customer_id", "period"))
    if not written:
        raise AlreadyPlanned(f"Customer {new.customer_id} has a relationship plan for {window.name}")
    planned = [
        {
            "plan_id": written[0],
            "customer_id": new.customer_id,
            "kind": measure.kind,
            "text": measure.text,
            "due_on": measure.due_on,
        }
        for measure in measures
    ]
    await rows.add_all(RelationshipMeasure, act, planned)
    await done("draw_up", Case(SUBJECT, written[0], new.customer_id), act)
    scheme = template.scheme if template else ""
    facts = {"scheme": scheme or next(iter(held), ""), "tier": plan["tier"], "measures": len(measures)}
    title = act.policy.title(f"relationship.{plan['template']}", act.company.language) if template else window.name
    await put_up(Plan(subject=SUBJECT, id=written[0], title=title, facts=facts, customer_id=new.customer_id), act)
    return await queries.plan(written[0], act)


async def add(plan_id: UUID, new: NewMeasure, act: Act) -> RelationshipPlanForm:
    """One more measure. Raises NotFound, NotInTheirTeam, Invalid for a day outside the plan's year or past."""
    plan = await _plan(plan_id, act)
    year = int(plan["period"])
    if new.due_on.year != year or new.due_on < act.today:
        raise Invalid.at("due_on", f"from today on, in {year}", value=new.due_on.isoformat())
    await rows.add(RelationshipMeasure, act, plan_id=plan_id, customer_id=plan["customer_id"], **rows.given(new))
    await done("add", Case(SUBJECT, plan_id, plan["customer_id"]), act)
    return await queries.plan(plan_id, act)


async def drop(plan_id: UUID, measure_id: UUID, new: Because, act: Act) -> RelationshipPlanForm:
    """A measure does not fit this customer, and why. Raises NotFound, NotInTheirTeam, AlreadyDone."""
    measure = await _measure(plan_id, measure_id, act)
    await _end(measure, NewExecution(note=new.reason), act, dropped=True)
    await done("drop", Case(SUBJECT, plan_id, measure["customer_id"]), act)
    return await queries.plan(plan_id, act)


async def carry_out(plan_id: UUID, measure_id: UUID, new: NewExecution, act: Act) -> RelationshipPlanForm:
    """It was done: by a contact or visit of this customer's, or as the note says.

    Raises NotFound, NotInTheirTeam, NotReviewed, AlreadyDone (also for a contact that carried out another measure), Invalid.
    """
    measure = await _measure(plan_id, measure_id, act)
    await refuse_unreviewed(SUBJECT, plan_id)
    await _refuse_wrong_evidence(measure, new)
    await _end(measure, new, act, dropped=False)
    await done("carry_out", Case(SUBJECT, plan_id, measure["customer_id"]), act)
    return await queries.plan(plan_id, act)


def _template(policy: Policy, held: dict[str, str]) -> RelationshipTemplate | None:
    for template in policy.relationships:
        if not template.scheme or (template.scheme in held and template.tier in ("", held[template.scheme])):
            return template
    return None


def _planned(template: RelationshipTemplate, year: Window, today: date, time_zone: str) -> list[Measure]:
    """The template's measures of the spans that are not over, each due on the last day of its part of the span."""
    planned = []
    for measure in template.measures:
        day = year.first_on
        while day < year.after_on:
            span = window_of(measure.every, day, time_zone)
            days = (span.after_on - span.first_on).days
            for n in range(1, measure.times + 1):
                due_on = span.first_on + timedelta(days=max(days * n // measure.times, 1) - 1)
                if due_on >= today and year.first_on <= due_on < year.after_on:
                    planned.append(Measure(measure.kind, "", due_on))
            day = span.after_on
    return planned


def _own(measures: tuple[NewMeasure, ...]) -> list[Measure]:
    return [Measure(measure.kind, measure.text, measure.due_on) for measure in measures]


def _refuse_wrong(new: NewRelationshipPlan, measures: list[Measure], year: Window, today: date) -> None:
    problems = []
    if new.year not in (today.year, today.year + 1):
        problems.append(FieldError("year", "this year or the next", value=str(new.year)))
    for place, measure in enumerate(new.measures):
        if not max(year.first_on, today) <= measure.due_on < year.after_on:
            rule = f"from today on, in {new.year}"
            problems.append(FieldError(f"measures[{place}].due_on", rule, value=measure.due_on.isoformat()))
    if not measures:
        problems.append(FieldError("measures", "at least one: no template fits this customer"))
    refuse(problems, "The relationship plan was not drawn up")


async def _plan(plan_id: UUID, act: Act) -> asyncpg.Record:
    plan = await fetch_one("select customer_id, period from relationship_plan where id = $1", plan_id)
    if plan is None:
        raise rows.missing(RelationshipPlan, plan_id)
    await refuse_unless_serving(plan["customer_id"], act.by)
    await refuse_unless_kept(plan["customer_id"])
    return plan


async def _measure(plan_id: UUID, measure_id: UUID, act: Act) -> asyncpg.Record:
    await _plan(plan_id, act)
    measure = await fetch_one(
        "select id, customer_id, kind from relationship_measure where id = $1 and plan_id = $2", measure_id, plan_id
    )
    if measure is None:
        raise NotFound(f"There is no measure {measure_id} in relationship plan {plan_id}")
    return measure


async def _end(measure: asyncpg.Record, new: NewExecution, act: Act, *, dropped: bool) -> None:
    try:
        async with savepoint():
            await rows.add(
                MeasureEnd,
                act,
                measure_id=measure["id"],
                customer_id=measure["customer_id"],
                dropped=dropped,
                **rows.given(new),
            )
    except asyncpg.UniqueViolationError as error:
        which = "The contact carried out" if "interaction" in str(error.constraint_name) else "This is"
        raise AlreadyDone(f"{which} a measure that is done or dropped already") from None


async def _refuse_wrong_evidence(measure: asyncpg.Record, new: NewExecution) -> None:
    """A visit or call is proved by the contact itself; what leaves no contact, such as a gift, by a note."""
    kind: str = measure["kind"]
    problem = None
    if new.interaction_id is None:
        if kind in CONTACTS:
            problem = FieldError("interaction_id", f"the contact: {kind} is not carried out by a note")
        elif not new.note.strip():
            problem = FieldError("note", "what was done, without a contact")
    else:
        contact = next(iter(await INTERACTIONS.where("x.id = $id", id=new.interaction_id)), None)
        fits = CONTACTS.get(kind)
        channel = "visit" if contact and contact.visit_id else contact.channel if contact else ""
        if contact is None or contact.customer_id != measure["customer_id"] or contact.outcome != "reached":
            rule = "a contact that reached this customer"
            problem = FieldError("interaction_id", rule, value=str(new.interaction_id))
        elif fits and channel not in fits:
            problem = FieldError("interaction_id", f"a contact by another channel: {', '.join(fits)}", value=channel)
    if problem is not None:
        raise Invalid("The measure was not carried out", fields=(problem,))
