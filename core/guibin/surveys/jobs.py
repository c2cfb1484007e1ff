"""Background work of surveys: improvements that are late, and where satisfaction stands."""

from datetime import timedelta

from guibin.jobs.kinds import Job, Run, handles
from guibin.periods.days import local_day

from . import benchmarks, improvements


class TellOverdueImprovements(Job, frozen=True):
    """Improvements whose time is over (S01-11)."""


@handles(TellOverdueImprovements)
async def tell_overdue_improvements(job: TellOverdueImprovements, run: Run) -> None:
    """Once each."""
    await improvements.tell_overdue(now=run.now)


class TellSatisfaction(Job, frozen=True):
    """Where satisfaction stands beside the year before and beside other units (S05-2, S05-8)."""


@handles(TellSatisfaction)
async def tell_satisfaction(job: TellSatisfaction, run: Run) -> None:
    """Each survey, of the year of the day before."""
    yesterday = local_day(run.due_at or run.now, run.company.time_zone) - timedelta(days=1)
    for survey in run.policy.surveys:
        await benchmarks.tell(survey.name, yesterday.year, run)
