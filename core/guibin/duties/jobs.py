"""Background work of duties: the next is called, a late response goes up, gaps are told before they come."""

from collections.abc import Set
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from guibin.cases import Case
from guibin.desks.queries import Hall, halls
from guibin.events import ComplaintResolved, DeadlineBreached, DeadlineEscalated, DeadlineWarned, reacts_to
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice, notify
from guibin.notices.deadlines import KIND, Passed, of_row, tells
from guibin.periods.spans import window_of
from guibin.policy.duties import Duty
from guibin_tenants.scope import fetch

from . import calls, queries
from .queries import RESPONSE, SUBJECT, Gap, Kept
from .rosters import ROSTER

# So soon a gap is told once more.
_NEAR = timedelta(hours=24)


class TellDutyGaps(Job, frozen=True):
    """Where nobody is on duty in the days to come, and which roster is not kept at all."""


@handles(TellDutyGaps)
async def tell_duty_gaps(job: TellDutyGaps, run: Run) -> None:
    """The leader nearest to the org unit hears of each gap when it comes into sight, and again the day before."""
    rows = await fetch("select id, org_unit_id, duty from duty_roster where closed_at is null order by opened_at, id")
    for row in rows:
        duty = queries.duty_of(run.policy, row["duty"])
        if duty is not None:
            kept = Kept(row["id"], row["org_unit_id"])
            for gap in await queries.gaps_of(duty, kept, run.now):
                await _tell(duty, kept, gap, run)
    for duty in run.policy.duties:
        if duty.wanted:
            await _tell_missing(duty, {row["org_unit_id"] for row in rows if row["duty"] == duty.name}, run)


@reacts_to(DeadlineBreached, about=SUBJECT)
async def call_the_next(event: DeadlineBreached, run: Run) -> None:
    """Whoever was called has not taken it in time."""
    if event.milestone != RESPONSE:
        await calls.ask_next(event.subject_id, run.policy, run)


@reacts_to(ComplaintResolved)
async def settle_with_complaint(event: ComplaintResolved, run: Run) -> None:
    """A complaint that was resolved was answered."""
    await calls.settle(event.complaint_id, run)


@of_row(
    "select subject, subject_id, customer_id, org_unit_id, asked_id, number from duty_call where id = $1 and state = 'waiting'"
)
async def concerned(call: asyncpg.Record, event: Passed, run: Run) -> Notice | None:
    """Whoever was called last, and the roles of the step nearest to the org unit."""
    if event.milestone != RESPONSE:
        return None
    return Notice(
        KIND[type(event)],
        Case(call["subject"], call["subject_id"], call["customer_id"]),
        org_unit_id=call["org_unit_id"],
        roles=event.roles,
        staff_ids=(call["asked_id"],) if call["asked_id"] else (),
        details={"number": call["number"]},
    )


tells(
    SUBJECT,
    concerned,
    jobs={DeadlineWarned: "duties.warn_of_call", DeadlineEscalated: "duties.tell_late_call"},
)


async def _tell(duty: Duty, kept: Kept, gap: Gap, run: Run) -> None:
    near = "near" if gap.since - run.now < _NEAR else "ahead"
    zone = run.company.time_zone
    notice = Notice(
        "duty_gap",
        Case(ROSTER, kept.id),
        org_unit_id=kept.org_unit_id,
        roles=duty.leaders,
        details={"duty": duty.name, "since": _at(gap.since, zone), "until": _at(gap.until, zone)},
    )
    # What has begun begins later with every look: it is told once a day.
    since = run.today.isoformat() if gap.since == run.now else notice.details["since"]
    await notify(notice, key=f"duty_gap/{kept.id}/{since}/{near}", now=run.now)


async def _tell_missing(duty: Duty, keeping: Set[UUID], run: Run) -> None:
    """Once a week: each hall without a roster of its own to its leader (S07-2), or that nobody in the company keeps one."""
    without = [hall for hall in await halls() if hall.id not in keeping] if duty.at_desks else []
    for hall in without:
        await _tell_unkept(duty, hall, run)
    if not keeping and not without:
        await _tell_unkept(duty, None, run)


async def _tell_unkept(duty: Duty, hall: Hall | None, run: Run) -> None:
    week = window_of("week", run.today, run.company.time_zone).name
    if hall is None:
        notice = Notice("duty_unkept", Case("company", run.company.id), roles=duty.leaders, details={"duty": duty.name})
        await notify(notice, key=f"duty_unkept/{duty.name}/{week}", now=run.now)
        return
    notice = Notice(
        "duty_unkept_at_hall",
        Case("org_unit", hall.id),
        org_unit_id=hall.id,
        roles=duty.leaders,
        details={"duty": duty.name, "name": hall.name},
    )
    await notify(notice, key=f"duty_unkept/{duty.name}/{hall.id}/{week}", now=run.now)


def _at(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
