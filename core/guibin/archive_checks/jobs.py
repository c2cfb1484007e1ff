"""The daily look, and telling of archives that were closed or opened again."""

from uuid import UUID

from guibin.cases import Case
from guibin.events import ArchiveEnded, ArchiveResumed, ArchivesMerged, reacts_to
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice, notify

from .actions import look_over, tell_account_managers


class LookOverArchives(Job, frozen=True):
    """What is missing, contradicts itself or stands there twice (S07-10, S14-2)."""


@handles(LookOverArchives, timeout_s=600.0)
async def look_over_archives(job: LookOverArchives, run: Run) -> None:
    """Every archive of the company, by every rule of its policy."""
    await look_over(run)
    await tell_account_managers(run)


@reacts_to(ArchiveEnded)
async def tell_of_closing(event: ArchiveEnded, run: Run) -> None:
    """Whoever looks after the customer, and who leads them: it is seen when somebody is taken out (S07-35)."""
    await _tell("archive_closed", event.customer_id, run, reason=event.closed_because)


@reacts_to(ArchiveResumed)
async def tell_of_reopening(event: ArchiveResumed, run: Run) -> None:
    """The customer is back: whoever looked after them hears of it first."""
    await _tell("archive_reopened", event.customer_id, run)


@reacts_to(ArchivesMerged)
async def tell_of_merge(event: ArchivesMerged, run: Run) -> None:
    """Whoever looks after either: to whom an archive belongs is seen by both."""
    for each in (event.customer_id, event.merged_id):
        await _tell("archives_parted" if event.undone else "archives_merged", each, run)


async def _tell(kind: str, customer_id: UUID, run: Run, **details: str) -> None:
    notice = Notice(
        kind, Case("customer", customer_id, customer_id), roles=("account_manager", "manager"), details=details
    )
    await notify(notice, key=f"{kind}/{customer_id}/{run.job_id}", now=run.now)
