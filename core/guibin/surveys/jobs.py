"""Background work of surveys: improvements that are late."""

from guibin.jobs.kinds import Job, Run, handles

from . import improvements


class TellOverdueImprovements(Job, frozen=True):
    """Improvements whose time is over (S01-11)."""


@handles(TellOverdueImprovements)
async def tell_overdue_improvements(job: TellOverdueImprovements, run: Run) -> None:
    """Once each."""
    await improvements.tell_overdue(now=run.now)
