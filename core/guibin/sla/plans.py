"""What a timer will do and when, derived from its clock. Pure: no database, no now but the one given."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from guibin.policy import clocks
from guibin.policy.calendars import Calendar
from guibin.policy.clocks import Clock, Pause
from guibin.policy.terms import Terms


class ClockRecord(Struct, frozen=True, kw_only=True):
    """A timer's clock as it is stored: the terms, the calendar's version, the start and the pauses.

    `own_calendar` counts in place of the terms', where the customer's org unit has hours of its own.
    """

    terms: Terms
    calendar_version: int
    started_at: datetime
    pauses: tuple[Pause, ...] = ()
    own_calendar: str = ""

    @property
    def counts_by(self) -> str:
        """The name of the calendar that counts."""
        return self.own_calendar or self.terms.calendar


class PlannedStep(Struct, frozen=True):
    """One moment at which something happens, and who hears of it."""

    name: str
    kind: Literal["warning", "breach", "escalation"]
    at: datetime
    roles: tuple[str, ...]


class Plan(Struct, frozen=True):
    """Everything derived. `provisional` when the deadline lies in a year whose holidays are not published."""

    warn_at: datetime
    due_at: datetime
    steps: tuple[PlannedStep, ...]
    provisional: bool


def planned(record: ClockRecord, calendar: Calendar) -> Plan:
    """Warnings, the breach and the escalations in order. A role is told once however often the chain names it."""
    clock, terms = clock_of(record), record.terms
    due = clocks.due_at(clock, calendar)
    warn = clocks.warn_at(clock, calendar)
    steps = [*_warnings(clock, terms, calendar, due), PlannedStep("breach", "breach", due, ())]
    told: set[str] = set()
    for escalation in sorted(terms.escalations, key=lambda e: e.after_minutes):
        if escalation.role not in told:
            told.add(escalation.role)
            at = clocks.late_by(clock, calendar, escalation.after_minutes)
            steps.append(PlannedStep(f"escalation:{escalation.role}", "escalation", at, (escalation.role,)))
    return Plan(warn, due, tuple(steps), clocks.is_provisional(clock, calendar))


def _warnings(clock: Clock, terms: Terms, calendar: Calendar, due: datetime) -> list[PlannedStep]:
    found = []
    for percent in sorted({terms.warn_at_percent, *terms.further_warnings}):
        at = clocks.warn_at(msgspec.structs.replace(clock, warn_at_percent=percent), calendar)
        if at < due:
            name = "warning" if percent == terms.warn_at_percent else f"warning:{percent}"
            found.append(PlannedStep(name, "warning", at, terms.warned_roles))
    return found


def without_burst(plan: Plan, *, now: datetime, breached: bool) -> Plan:
    """The plan of a clock that was changed at `now`: what its new deadline has left behind is told once, not in a burst.

    A passed deadline keeps its breach unless one is on record already, and of the escalations that are overdue only the
    last; a warning for a deadline already passed says nothing any more, and of several overdue ones the last says all.
    """
    late = [step for step in plan.steps if step.at <= now]
    keep = {step.name for step in plan.steps if step.at > now}
    if plan.due_at > now:
        keep |= {step.name for step in late[-1:]}
    elif not breached:
        keep.add("breach")
        keep |= {step.name for step in [s for s in late if s.kind == "escalation"][-1:]}
    return Plan(plan.warn_at, plan.due_at, tuple(s for s in plan.steps if s.name in keep), plan.provisional)


def clock_of(record: ClockRecord) -> Clock:
    """The clock policy computes with."""
    return Clock(
        limit=record.terms.limit,
        started_at=record.started_at,
        pauses=record.pauses,
        warn_at_percent=record.terms.warn_at_percent,
    )


def paused(record: ClockRecord, at: datetime) -> ClockRecord:
    """Standing from `at` on."""
    return msgspec.structs.replace(record, pauses=(*record.pauses, Pause(at)))


def resumed(record: ClockRecord, at: datetime) -> ClockRecord:
    """Running again from `at` on."""
    pauses = tuple(p if p.until is not None else Pause(p.since, max(at, p.since)) for p in record.pauses)
    return msgspec.structs.replace(record, pauses=pauses)
