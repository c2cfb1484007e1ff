"""The daily look."""

from guibin.jobs.kinds import Job, Run, handles

from .actions import look_over, tell_account_managers


class LookOverArchives(Job, frozen=True):
    """What is missing, contradicts itself or stands there twice (S07-10, S14-2)."""


@handles(LookOverArchives, timeout_s=600.0)
async def look_over_archives(job: LookOverArchives, run: Run) -> None:
    """Every archive of the company, by every rule of its policy."""
    await look_over(run)
    await tell_account_managers(run)
