"""`/api/v1/jobs`: a tenant's own background work."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, delete, get, post, put
from litestar.status_codes import HTTP_202_ACCEPTED

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import deletes, gets
from guibin_tenants.principals import may, sees_all

from . import actions, pauses, queries, retention
from .pauses import NewPause
from .queries import JobFilter, JobView, JobWithAttempts, PauseView
from .retention import JobRetention


class JobController(Controller):
    path = "/api/v1/jobs"
    tags = ("jobs",)

    @get(
        "/",
        needs=may("jobs:read") & sees_all,
        summary="Background jobs, the latest first",
        dependencies={"filters": from_query(JobFilter)},
    )
    async def list_jobs(self, filters: JobFilter, page: PageAsked, act: Act) -> Page[JobView]:
        return await queries.LISTED.page(filters, page, act)

    show = gets("/{job_id:uuid}", queries.by_id, needs=may("jobs:read") & sees_all, summary="A job and its attempts")

    @post(
        "/{job_id:uuid}/attempts",
        needs=may("jobs:write") & sees_all,
        status_code=HTTP_202_ACCEPTED,
        summary="Try a job again now that waits, failed for good or was cancelled",
    )
    async def retry(self, job_id: UUID, now: datetime) -> JobWithAttempts:
        await actions.retry(job_id, now=now)
        return await queries.by_id(job_id, now=now)

    cancel = deletes("/{job_id:uuid}", actions.cancel, needs=may("jobs:write") & sees_all, summary="Cancel a job")


class JobPauseController(Controller):
    path = "/api/v1/job-pauses"
    tags = ("jobs",)
    list_pauses = gets("/", queries.pauses, needs=may("jobs:read") & sees_all, summary="Which jobs wait, and why")

    @post("/", needs=may("jobs:write") & sees_all, summary="Let jobs of a kind wait, or all of them")
    async def pause(self, data: NewPause, act: Act) -> list[PauseView]:
        pause_id = await pauses.pause(data, act)
        await record(_note("jobs.pause", pause_id, data.reason), act)
        return await queries.pauses()

    @delete("/{pause_id:uuid}", needs=may("jobs:write") & sees_all, summary="Let them run again")
    async def resume(self, pause_id: UUID, act: Act) -> None:
        await pauses.resume(pause_id)
        await record(_note("jobs.resume", pause_id, ""), act)


class JobRetentionController(Controller):
    path = "/api/v1/job-retention"
    tags = ("jobs",)
    show = gets("/", retention.kept_for, needs=may("jobs:read") & sees_all, summary="How long ended jobs are kept")

    @put("/", needs=may("jobs:write") & sees_all, summary="Keep ended jobs so long")
    async def change(self, data: JobRetention, act: Act) -> JobRetention:
        await retention.keep_for(data)
        await record(AuditNote(action="jobs.retention", subject="job", shown=0), act)
        return data


def _note(action: str, pause_id: UUID, reason: str) -> AuditNote:
    return AuditNote(action=action, subject="job_pause", subject_id=pause_id, purpose=reason, shown=0)
