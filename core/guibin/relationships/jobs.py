"""Telling of measures of relationship plans that come up, and of those that are late (S01-5)."""

from datetime import date, timedelta

from guibin.cases import Case
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice, notify
from guibin.periods.days import local_day

from . import queries
from .queries import MeasuresDue

LOOK_BACK_DAYS = 31


class TellMeasures(Job, frozen=True):
    """Which measures are due within the policy's days, and which were not carried out."""


@handles(TellMeasures)
async def tell_measures(job: TellMeasures, run: Run) -> None:
    """The account manager is reminded once before the day; after it the nearest leader hears as well."""
    today = local_day(run.due_at or run.now, run.company.time_zone)
    ahead = max((template.told_before_days for template in run.policy.relationships), default=0)
    for measure in await queries.measures_between(today, today + timedelta(days=ahead), state="open", today=today):
        await _tell("measure_due", measure, ("account_manager",), run)
    first: date = today - timedelta(days=LOOK_BACK_DAYS)
    for measure in await queries.measures_between(first, today, state="overdue", today=today):
        await _tell("measure_late", measure, ("account_manager", "manager"), run)


async def _tell(kind: str, measure: MeasuresDue, roles: tuple[str, ...], run: Run) -> None:
    notice = Notice(
        kind,
        Case("relationship_measure", measure.id, measure.customer_id),
        roles=roles,
        details={"on": measure.due_on.isoformat()},
    )
    await notify(notice, key=f"{kind}/{measure.id}", now=run.now)
