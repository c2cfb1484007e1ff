"""Recording facts: idempotent, append-only, corrections as rows of their own (valid time and record time)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin import events
from guibin.audit.actions import noted
from guibin.context import Act
from guibin.events import FactRecorded
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job
from guibin.notation.spelling import code, line
from guibin.policy.packs import Policy
from guibin.policy.words import Code, up_to
from guibin.profiles.queries import kinds_of
from guibin_tenants.refusals import Conflict, FieldError, refuse
from guibin_tenants.scope import fetch, savepoint
from guibin_tenants.tables import new_id

from .merchants import codes

BATCH_MAX = 1_000
APPRAISED_AT_ONCE = 100
# Ten trillion yuan in fen: thousands of facts of this size still add up within a bigint.
VALUE_MAX = 10**15
# Every company may record it of everybody: 1 on the day the customer left, 0 on the day it came back, 2 when the archive
# ended otherwise (the customer died, two archives were merged). Churn is counted from it.
DEPARTED = "departed"
LEFT_RULE = "1 for left, 0 for came back, 2 for an archive that ended otherwise"
# What was bought: the label says what kind of thing.
PURCHASE = "spending"
_ATTEMPTS_MAX = 3

SOURCE_CHARS_MAX, LABEL_CHARS_MAX, REFERENCE_CHARS_MAX = 40, 60, 120
_Source = Annotated[str, up_to(SOURCE_CHARS_MAX)]
_Label = Annotated[str, up_to(LABEL_CHARS_MAX)]
_Reference = Annotated[str, up_to(REFERENCE_CHARS_MAX)]


class NewFact(Struct, frozen=True, kw_only=True):
    """One fact to record: `value` in minor units or a plain number; None takes an earlier one back."""

    customer_id: UUID
    metric: Code
    occurred_on: date
    value: int | None
    unit: str = ""
    source: _Source = ""
    source_ref: _Reference = ""
    label: _Label = ""
    merchant: _Label = ""

    @property
    def key(self) -> tuple[UUID, str, date, str, str]:
        """What makes it this fact and no other."""
        return (self.customer_id, self.metric, self.occurred_on, self.source, self.source_ref)


class FactsRecorded(Struct, frozen=True):
    """How many were new, corrected an earlier value, or were known already."""

    recorded: int
    corrected: int
    unchanged: int


class RecordedMeanwhile(Conflict):
    """The same facts were being recorded by somebody else: send them again."""


# Whatever equals the latest revision is left alone; whatever differs becomes the next revision.
_NEW = """
with given as (
  select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[], $5::bigint[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[]) as g (id, customer_id, metric, occurred_on, value, unit, source, source_ref, label, merchant)
), latest as (
  select distinct on (f.customer_id, f.metric, f.occurred_on, f.source, f.source_ref)
    f.id, f.customer_id, f.metric, f.occurred_on, f.source, f.source_ref, f.value, f.unit, f.label,
    f.merchant, f.revision
  from given g join fact f using (customer_id, metric, occurred_on, source, source_ref)
  order by f.customer_id, f.metric, f.occurred_on, f.source, f.source_ref, f.revision desc
), fresh as (
  select g.id, g.customer_id, g.metric, g.occurred_on, g.value, g.unit, g.source, g.source_ref, g.label,
    g.merchant, coalesce(l.revision, 0) + 1 as revision, l.id as corrects, $11::timestamptz as recorded_at
  from given g left join latest l using (customer_id, metric, occurred_on, source, source_ref)
  where l.id is null or l.value is distinct from g.value or l.unit <> g.unit or l.label <> g.label
    or l.merchant <> g.merchant
)
"""
_COUNT = _NEW + "select revision from fresh"
_RECORD = (
    _NEW
    + """
insert into fact (id, customer_id, metric, occurred_on, value, unit, source, source_ref, label, merchant, revision,
  corrects, recorded_at)
select id, customer_id, metric, occurred_on, value, unit, source, source_ref, label, merchant, revision, corrects,
  recorded_at
from fresh
returning revision
"""
)


async def record_facts(facts: Sequence[NewFact], act: Act, *, units: Mapping[str, str], today: date) -> FactsRecorded:
    """Record at most BATCH_MAX facts, all or none; one audit entry for the batch.

    `units` are the known metrics with their unit; `today` is the company's. A fact sent again changes nothing; one with
    another value becomes a correction, and decisions made before keep the figures they were made with. Raises Invalid
    with every bad fact, customers the caller cannot see among them.
    """
    facts = [_as_kept(fact) for fact in facts]
    problems = problems_of(facts, units=units, today=today) or await _unknown(facts)
    refuse(problems, "No fact was recorded")
    done = await write_facts(facts, units=units, now=act.now)
    if done.recorded or done.corrected:
        await follow(facts, act)
        await events.record_all(_told(facts), now=act.now)
    await noted(
        "fact.record",
        act,
        subject="fact",
        customer_ids=tuple({fact.customer_id: None for fact in facts}),
        fields=tuple(sorted({fact.metric for fact in facts})),
        shown=len(facts),
    )
    return done


def _told(facts: Sequence[NewFact]) -> list[FactRecorded]:
    """One event for each customer and metric."""
    of: dict[tuple[UUID, str], list[date]] = {}
    for fact in facts:
        of.setdefault((fact.customer_id, fact.metric), []).append(fact.occurred_on)
    return [FactRecorded(customer_id, metric, len(days), max(days)) for (customer_id, metric), days in of.items()]


class AppraiseCustomers(Job, frozen=True):
    """New facts of these customers are known: whoever qualifies by them does so now (S11-5, S12-1)."""

    scheme: str
    customer_ids: tuple[UUID, ...]


async def follow(facts: Sequence[NewFact], act: Act) -> None:
    """Have the customers of these facts assessed under every scheme that looks at them and is to know at once."""
    for scheme in act.policy.schemes:
        looked_at = {metric.fact for metric in scheme.metrics} if scheme.on_fact else set()
        concerned = list(dict.fromkeys(fact.customer_id for fact in facts if fact.metric in looked_at))
        for first in range(0, len(concerned), APPRAISED_AT_ONCE):
            part = tuple(concerned[first : first + APPRAISED_AT_ONCE])
            await enqueue(AppraiseCustomers(scheme.name, part), now=act.now)


async def write_facts(facts: Sequence[NewFact], *, units: Mapping[str, str], now: datetime) -> FactsRecorded:
    """Write facts that have been checked, of customers that exist. Raises RecordedMeanwhile."""
    for _ in range(_ATTEMPTS_MAX):
        try:
            async with savepoint():
                return _tally(facts, await fetch(_RECORD, *_columns(facts, units), now))
        except asyncpg.UniqueViolationError:
            continue  # Somebody recorded the same meanwhile: what they wrote is the latest now.
    raise RecordedMeanwhile()


async def count_new(facts: Sequence[NewFact], *, units: Mapping[str, str], now: datetime) -> FactsRecorded:
    """What `write_facts` would do."""
    return _tally(facts, await fetch(_COUNT, *_columns(facts, units), now))


def units_of(policy: Policy) -> dict[str, str]:
    """The facts the policy's schemes look at and `departed`, each with its unit. One only ever counted has none."""
    units: dict[str, str] = {DEPARTED: ""}
    for metric in (metric for scheme in policy.schemes for metric in scheme.metrics):
        if metric.aggregate == "count":
            units.setdefault(metric.fact, "")
        elif not units.get(metric.fact):
            units[metric.fact] = metric.unit
    return units


def means_something(metric: str, value: int | None) -> bool:
    """Whether the value is one that is counted: of a leaving only some are."""
    return metric != DEPARTED or value in (None, 0, 1, 2)


def problems_of(facts: Sequence[NewFact], *, units: Mapping[str, str], today: date) -> list[FieldError]:
    """What is wrong with these facts, each named by its place in the batch."""
    problems = []
    if len(facts) > BATCH_MAX:
        problems.append(FieldError("facts", f"at most {BATCH_MAX} at once", "send them in parts", str(len(facts))))
    first: dict[tuple[UUID, str, date, str, str], int] = {}
    for place, fact in enumerate(facts):
        problems += _wrong(fact, f"facts[{place}]", units, today)
        if first.setdefault(fact.key, place) != place:
            rule = f"not the same fact as facts[{first[fact.key]}]"
            problems.append(FieldError(f"facts[{place}]", rule, "give each its own source_ref", fact.source_ref))
    return problems


def _wrong(fact: NewFact, place: str, units: Mapping[str, str], today: date) -> Iterator[FieldError]:
    if fact.metric not in units:
        known = f"one of: {', '.join(sorted(units))}"
        yield FieldError(f"{place}.metric", "a metric of the policy", known, fact.metric[:60])
    elif fact.unit and units[fact.metric] and fact.unit != units[fact.metric]:
        rule = f"{units[fact.metric]}, as the policy says"
        yield FieldError(f"{place}.unit", rule, "convert it first", fact.unit[:12])
    if fact.occurred_on > today:
        rule = f"not after today, {today}"
        yield FieldError(f"{place}.occurred_on", rule, "record it once it has happened", str(fact.occurred_on))
    if fact.value is not None and abs(fact.value) > VALUE_MAX:
        yield FieldError(f"{place}.value", f"between -{VALUE_MAX} and {VALUE_MAX}", "", str(fact.value)[:60])
    if not means_something(fact.metric, fact.value):
        yield FieldError(f"{place}.value", LEFT_RULE, "", str(fact.value)[:60])


def _as_kept(fact: NewFact) -> NewFact:
    """The fact in the spelling that is kept, as an import reads it."""
    return msgspec.structs.replace(
        fact,
        source=line(fact.source),
        source_ref=line(fact.source_ref),
        label=line(fact.label),
        merchant=code(fact.merchant),
    )


async def _unknown(facts: Sequence[NewFact]) -> list[FieldError]:
    known = await kinds_of({fact.customer_id for fact in facts})
    merchants = await codes() if any(fact.merchant for fact in facts) else frozenset()
    return [
        FieldError(f"facts[{place}].merchant", "a merchant of the register", "register it first", fact.merchant)
        for place, fact in enumerate(facts)
        if fact.merchant and fact.merchant not in merchants
    ] + [
        FieldError(
            f"facts[{place}].customer_id", "an existing customer", "create the customer first", str(fact.customer_id)
        )
        for place, fact in enumerate(facts)
        if fact.customer_id not in known
    ]


def _columns(facts: Sequence[NewFact], units: Mapping[str, str]) -> tuple[list[object], ...]:
    return (
        [new_id() for _ in facts],
        [fact.customer_id for fact in facts],
        [fact.metric for fact in facts],
        [fact.occurred_on for fact in facts],
        [fact.value for fact in facts],
        [units[fact.metric] for fact in facts],
        [fact.source for fact in facts],
        [fact.source_ref for fact in facts],
        [fact.label for fact in facts],
        [fact.merchant for fact in facts],
    )


def _tally(facts: Sequence[NewFact], fresh: Sequence[asyncpg.Record]) -> FactsRecorded:
    corrected = sum(row["revision"] > 1 for row in fresh)
    return FactsRecorded(len(fresh) - corrected, corrected, len(facts) - len(fresh))
