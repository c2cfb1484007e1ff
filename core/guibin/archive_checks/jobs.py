"""The daily look, and telling of archives that were closed or opened again."""

from uuid import UUID

from guibin.cases import Case
from guibin.context import Act
from guibin.events import (
    ArchiveEnded,
    ArchiveResumed,
    ArchivesMerged,
    ConsentRecorded,
    ErasureBegins,
    at_once,
    reacts_to,
)
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice, notify
from guibin.profiles import same_person
from guibin.profiles.wishes import purpose_title

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


class AskOfSamePerson(Job, frozen=True):
    """What a customer ended at one archive is asked of the head office about the person's others. `marks` identify the person
    where the archive has gone meanwhile."""

    customer_id: UUID
    purpose: str = ""
    marks: tuple[str, ...] = ()


@at_once(ErasureBegins)
async def ask_of_erased(erased: ErasureBegins, act: Act) -> None:
    """Looked for by the job, which sees the whole company: whoever erases may not."""
    if marks := await same_person.marks_of(erased.customer_id):
        await enqueue(AskOfSamePerson(customer_id=erased.customer_id, marks=tuple(marks)), now=act.now)


@at_once(ConsentRecorded)
async def ask_of_withdrawn(said: ConsentRecorded, act: Act) -> None:
    """A purpose that is refused or withdrawn here may be agreed to elsewhere."""
    if said.answer != "granted" and (marks := await same_person.marks_of(said.customer_id)):
        asked = AskOfSamePerson(customer_id=said.customer_id, purpose=said.purpose, marks=tuple(marks))
        await enqueue(asked, now=act.now)


@handles(AskOfSamePerson)
async def ask_of_same_person(job: AskOfSamePerson, run: Run) -> None:
    """Whoever leads the whole company hears of each other archive; nobody of an outlet does."""
    kind = "same_person_withdrew" if job.purpose else "same_person_erased"
    about = {"purpose": purpose_title(job.purpose, run.policy, run.company.language)} if job.purpose else {}
    for customer_id, number in await same_person.marked(job.marks, but=job.customer_id, purpose=job.purpose):
        notice = Notice(
            kind,
            Case("customer", customer_id, customer_id),
            at_head_office=True,
            roles=("manager", "tenant_admin"),
            details={"number": number} | about,
        )
        await notify(notice, key=f"{kind}/{customer_id}/{run.job_id}", now=run.now)


async def _tell(kind: str, customer_id: UUID, run: Run, **details: str) -> None:
    notice = Notice(
        kind, Case("customer", customer_id, customer_id), roles=("account_manager", "manager"), details=details
    )
    await notify(notice, key=f"{kind}/{customer_id}/{run.job_id}", now=run.now)
