"""What a timer will do and when, derived from its clock. Pure: no database, no now but the one given."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from guibin.policy import clocks
from guibin.policy.calendars import Calendar
from guibin.policy.clocks import Clock, Pause
from guibin.policy.complaints import Escalation
from guibin.policy.deadlines import Deadline, Until


class Terms(Struct, frozen=True, kw_only=True):
    """What policy says of a milestone: its limit, when to warn, whom to tell after the breach, by which clause.

    `calendar` names one of the tenant's; `owner_roles` hear the warning.
    """

    limit: Deadline | Until
    calendar: str = "always"
    warn_at_percent: int = 80
    escalations: tuple[Escalation, ...] = ()
    owner_roles: tuple[str, ...] = ("account_manager",)
    clause: str = ""


class ClockRecord(Struct, frozen=True, kw_only=True):
    """A timer's clock as it is stored: the terms, the calendar's version, the start and the pauses."""

    terms: Terms
    calendar_version: int
    started_at: datetime
    pauses: tuple[Pause, ...] = ()


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
    """The warning, the breach and the escalations in order. A role is told once however often the chain names it."""
    clock, terms = clock_of(record), record.terms
    due = clocks.due_at(clock, calendar)
    warn = clocks.warn_at(clock, calendar)
    steps = [PlannedStep("breach", "breach", due, ())]
    if warn < due:
        steps.insert(0, PlannedStep("warning", "warning", warn, terms.owner_roles))
    told: set[str] = set()
    for escalation in sorted(terms.escalations, key=lambda e: e.after_minutes):
        if escalation.role not in told:
            told.add(escalation.role)
            at = due + timedelta(minutes=escalation.after_minutes)
            steps.append(PlannedStep(f"escalation:{escalation.role}", "escalation", at, (escalation.role,)))
    return Plan(warn, due, tuple(steps), clocks.is_provisional(clock, calendar))


def without_burst(plan: Plan, *, now: datetime, breached: bool) -> Plan:
    """The plan of a clock that was changed at `now`: what its new deadline has left behind is told once, not in a burst.

    A passed deadline keeps its breach unless one is on record already, and of the escalations that are overdue only the
    last; a warning for a deadline already passed says nothing any more.
    """
    late = [step for step in plan.steps if step.at <= now]
    keep = {step.name for step in plan.steps if step.at > now}
    if plan.due_at > now:
        keep |= {step.name for step in late}
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
    return _with(record, (*record.pauses, Pause(at)))


def resumed(record: ClockRecord, at: datetime) -> ClockRecord:
    """Running again from `at` on."""
    return _with(record, tuple(p if p.until is not None else Pause(p.since, max(at, p.since)) for p in record.pauses))


def _with(record: ClockRecord, pauses: tuple[Pause, ...]) -> ClockRecord:
    return ClockRecord(
        terms=record.terms, calendar_version=record.calendar_version, started_at=record.started_at, pauses=pauses
    )
