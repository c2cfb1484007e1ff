"""What is planned with a customer over a year: measures with their days, carried out by contacts and visits (S01-5).

A plan starts from the template of the customer's tier and is then the customer's own: measures are added and dropped. One
contact carries out one measure (subtlety 53). Who wants no contact keeps the plan, its measures waived in sight (56).
"""

from datetime import date, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.periods.spans import Window, window_of
from guibin.plans.refusals import AlreadyDone, AlreadyPlanned
from guibin.policy.cadence import RelationshipTemplate
from guibin.policy.packs import Policy
from guibin.profiles.teams import refuse_unless_serving
from guibin.records.subjects import refuse_unless_kept
from guibin.tiers import queries as tiers
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import FieldError, Invalid, NotFound
from guibin_tenants.scope import execute, fetch_one, savepoint
from guibin_tenants.tables import new_id

from . import queries
from .queries import RelationshipPlanForm
from .requests import NewDropping, NewExecution, NewMeasure, NewRelationshipPlan

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
    today = local_day(act.now, act.company.time_zone)
    window = window_of("year", date(new.year, 1, 1), act.company.time_zone)
    await refuse_unless_serving(new.customer_id, act.by)
    await refuse_unless_kept(new.customer_id)
    held = (await tiers.current_tiers([new.customer_id], on=today)).get(new.customer_id, {})
    template = _template(act.policy, held)
    measures = [*(_planned(template, window, today, act.company.time_zone) if template else ()), *_own(new.measures)]
    _refuse_wrong(new, measures, window, today)
    plan_id = new_id()
    try:
        async with savepoint():
            await execute(
                "insert into relationship_plan (id, customer_id, period, goal, template, tier, clause, drawn_up_by,"
                " drawn_up_by_name, drawn_up_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                plan_id,
                new.customer_id,
                window.name,
                new.goal,
                template.name if template else "",
                (held.get(template.scheme) or next(iter(held.values()), "")) if template else "",
                template.clause if template else "",
                act.by.id,
                act.by.name,
                act.now,
            )
    except asyncpg.UniqueViolationError:
        raise AlreadyPlanned(f"Customer {new.customer_id} has a relationship plan for {window.name}") from None
    for measure in measures:
        await _write(plan_id, new.customer_id, measure, act)
    await record(_note("draw_up", plan_id, new.customer_id), act)
    return await queries.plan(plan_id, today=today)


async def add(plan_id: UUID, new: NewMeasure, act: Act) -> RelationshipPlanForm:
    """One more measure. Raises NotFound, NotInTheirTeam, Invalid for a day outside the plan's year or past."""
    today = local_day(act.now, act.company.time_zone)
    row = await _plan(plan_id, act.by)
    year = int(row["period"])
    if new.due_on.year != year or new.due_on < today:
        raise Invalid(fields=(FieldError("due_on", f"from today on, in {year}", value=new.due_on.isoformat()),))
    await _write(plan_id, row["customer_id"], Measure(new.kind, new.text, new.due_on), act)
    await record(_note("add", plan_id, row["customer_id"]), act)
    return await queries.plan(plan_id, today=today)


async def drop(plan_id: UUID, measure_id: UUID, new: NewDropping, act: Act) -> RelationshipPlanForm:
    """A measure does not fit this customer, and why. Raises NotFound, NotInTheirTeam, AlreadyDone."""
    row = await _plan(plan_id, act.by)
    await _end(plan_id, measure_id, row["customer_id"], NewExecution(note=new.reason), act, dropped=True)
    await record(_note("drop", plan_id, row["customer_id"]), act)
    return await queries.plan(plan_id, today=local_day(act.now, act.company.time_zone))


async def carry_out(plan_id: UUID, measure_id: UUID, new: NewExecution, act: Act) -> RelationshipPlanForm:
    """It was done: by a contact or visit of this customer's, or as the note says.

    Raises NotFound, NotInTheirTeam, AlreadyDone (also for a contact that carried out another measure), Invalid.
    """
    row = await _plan(plan_id, act.by)
    await _refuse_wrong_evidence(measure_id, row["customer_id"], new)
    await _end(plan_id, measure_id, row["customer_id"], new, act, dropped=False)
    await record(_note("carry_out", plan_id, row["customer_id"]), act)
    return await queries.plan(plan_id, today=local_day(act.now, act.company.time_zone))


def _template(policy: Policy, held: dict[str, str]) -> RelationshipTemplate | None:
    for one in policy.relationships:
        if not one.scheme or (one.scheme in held and one.tier in ("", held[one.scheme])):
            return one
    return None


def _planned(template: RelationshipTemplate, year: Window, today: date, time_zone: str) -> list[Measure]:
    """The template's measures of the spans that are not over, each due on the last day of its part of the span."""
    found = []
    for measure in template.measures:
        day = year.first_on
        while day < year.after_on:
            span = window_of(measure.every, day, time_zone)
            days = (span.after_on - span.first_on).days
            for n in range(1, measure.times + 1):
                due_on = span.first_on + timedelta(days=max(days * n // measure.times, 1) - 1)
                if due_on >= today and year.first_on <= due_on < year.after_on:
                    found.append(Measure(measure.kind, "", due_on))
            day = span.after_on
    return found


def _own(measures: tuple[NewMeasure, ...]) -> list[Measure]:
    return [Measure(one.kind, one.text, one.due_on) for one in measures]


def _refuse_wrong(new: NewRelationshipPlan, measures: list[Measure], year: Window, today: date) -> None:
    problems = []
    if new.year not in (today.year, today.year + 1):
        problems.append(FieldError("year", "this year or the next", value=str(new.year)))
    for place, one in enumerate(new.measures):
        if not max(year.first_on, today) <= one.due_on < year.after_on:
            rule = f"from today on, in {new.year}"
            problems.append(FieldError(f"measures[{place}].due_on", rule, value=one.due_on.isoformat()))
    if not measures:
        problems.append(FieldError("measures", "at least one: no template fits this customer"))
    if problems:
        raise Invalid("The relationship plan was not drawn up", fields=tuple(problems))


async def _plan(plan_id: UUID, by: Principal) -> asyncpg.Record:
    row = await fetch_one("select customer_id, period from relationship_plan where id = $1", plan_id)
    if row is None:
        raise NotFound(f"There is no relationship plan {plan_id}")
    await refuse_unless_serving(row["customer_id"], by)
    await refuse_unless_kept(row["customer_id"])
    return row


async def _write(plan_id: UUID, customer_id: UUID, measure: Measure, act: Act) -> None:
    await execute(
        "insert into relationship_measure (id, plan_id, customer_id, kind, text, due_on, added_by_name, added_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new_id(),
        plan_id,
        customer_id,
        measure.kind,
        measure.text,
        measure.due_on,
        act.by.name,
        act.now,
    )


async def _end(
    plan_id: UUID, measure_id: UUID, customer_id: UUID, new: NewExecution, act: Act, *, dropped: bool
) -> None:
    if not await fetch_one("select id from relationship_measure where id = $1 and plan_id = $2", measure_id, plan_id):
        raise NotFound(f"There is no measure {measure_id} in relationship plan {plan_id}")
    try:
        async with savepoint():
            await execute(
                "insert into measure_end (id, measure_id, customer_id, dropped, interaction_id, note, ended_by,"
                " ended_by_name, ended_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                new_id(),
                measure_id,
                customer_id,
                dropped,
                new.interaction_id,
                new.note,
                act.by.id,
                act.by.name,
                act.now,
            )
    except asyncpg.UniqueViolationError as error:
        which = "The contact carried out" if "interaction" in str(error.constraint_name) else "This is"
        raise AlreadyDone(f"{which} a measure that is done or dropped already") from None


async def _refuse_wrong_evidence(measure_id: UUID, customer_id: UUID, new: NewExecution) -> None:
    """A visit or call is proved by the contact itself; what leaves no contact, such as a gift, by a note."""
    kind = await fetch_one("select kind from relationship_measure where id = $1", measure_id)
    problem = None
    if new.interaction_id is None:
        if kind is not None and kind["kind"] in CONTACTS:
            problem = FieldError("interaction_id", f"the contact: {kind['kind']} is not carried out by a note")
        elif not new.note.strip():
            problem = FieldError("note", "what was done, without a contact")
    else:
        row = await fetch_one(
            "select customer_id, outcome, case when exists (select from visit_record r where r.tenant_id = i.tenant_id"
            " and r.interaction_id = i.id) then 'visit' else channel end as channel from interaction i where id = $1",
            new.interaction_id,
        )
        fits = CONTACTS.get(kind["kind"]) if kind is not None else None
        if row is None or row["customer_id"] != customer_id or row["outcome"] != "reached":
            problem = FieldError(
                "interaction_id", "a contact that reached this customer", value=str(new.interaction_id)
            )
        elif fits and row["channel"] not in fits:
            problem = FieldError("interaction_id", f"a contact on {', '.join(fits)}", value=row["channel"])
    if problem is not None:
        raise Invalid("The measure was not carried out", fields=(problem,))


def _note(action: str, plan_id: UUID, customer_id: UUID) -> AuditNote:
    return AuditNote(action=f"{SUBJECT}.{action}", subject=SUBJECT, subject_id=plan_id, customer_id=customer_id)
