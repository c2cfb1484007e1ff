"""`/api/v1/jobs`: a tenant's own background work."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post, put
from litestar.params import Parameter
from litestar.status_codes import HTTP_202_ACCEPTED

from guibin.audit.actions import AuditNote, record
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import Principal, may, sees_all

from . import actions, pauses, queries, retention
from .pauses import NewPause
from .queries import JobState, JobView, JobWithAttempts, PauseView
from .retention import JobRetention

Kind = Annotated[str | None, Parameter(default=None, max_length=120, description="Such as `sweep_timers`.")]
State = Annotated[JobState | None, Parameter(query="state", default=None, description="What it is doing.")]


class JobController(Controller):
    path = "/api/v1/jobs"
    tags = ("jobs",)

    @get("/", needs=may("jobs:read") & sees_all, summary="Background jobs, the latest first")
    async def list_jobs(
        self,
        now: datetime,
        in_state: State = None,
        kind: Kind = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[JobView]:
        found = await queries.listed(state=in_state, kind=kind, after=decode(cursor), limit=limit + 1, now=now)
        return page_of(found, limit, lambda job: Cursor(job.enqueued_at, job.id))

    @get("/{job_id:uuid}", needs=may("jobs:read") & sees_all, summary="A job and its attempts")
    async def show(self, job_id: UUID, now: datetime) -> JobWithAttempts:
        return await queries.by_id(job_id, now=now)

    @post(
        "/{job_id:uuid}/attempts",
        needs=may("jobs:write") & sees_all,
        status_code=HTTP_202_ACCEPTED,
        summary="Try a job again now that waits, failed for good or was cancelled",
    )
    async def retry(self, job_id: UUID, now: datetime) -> JobWithAttempts:
        await actions.retry(job_id, now=now)
        return await queries.by_id(job_id, now=now)

    @delete("/{job_id:uuid}", needs=may("jobs:write") & sees_all, summary="Cancel a job")
    async def cancel(self, job_id: UUID, now: datetime) -> None:
        await actions.cancel(job_id, now=now)


class JobPauseController(Controller):
    path = "/api/v1/job-pauses"
    tags = ("jobs",)

    @get("/", needs=may("jobs:read") & sees_all, summary="Which jobs wait, and why")
    async def list_pauses(self) -> list[PauseView]:
        return await queries.pauses()

    @post("/", needs=may("jobs:write") & sees_all, summary="Let jobs of a kind wait, or all of them")
    async def pause(self, data: NewPause, by: Principal, now: datetime) -> list[PauseView]:
        pause_id = await pauses.pause(data, by=by, now=now)
        await record(_note("jobs.pause", pause_id, data.reason), by=by, now=now)
        return await queries.pauses()

    @delete("/{pause_id:uuid}", needs=may("jobs:write") & sees_all, summary="Let them run again")
    async def resume(self, pause_id: UUID, by: Principal, now: datetime) -> None:
        await pauses.resume(pause_id)
        await record(_note("jobs.resume", pause_id, ""), by=by, now=now)


class JobRetentionController(Controller):
    path = "/api/v1/job-retention"
    tags = ("jobs",)

    @get("/", needs=may("jobs:read") & sees_all, summary="How long ended jobs are kept")
    async def show(self) -> JobRetention:
        return await retention.kept_for()

    @put("/", needs=may("jobs:write") & sees_all, summary="Keep ended jobs so long")
    async def change(self, data: JobRetention, by: Principal, now: datetime) -> JobRetention:
        await retention.keep_for(data)
        await record(AuditNote(action="jobs.retention", subject="job", shown=0), by=by, now=now)
        return data


def _note(action: str, pause_id: UUID, reason: str) -> AuditNote:
    return AuditNote(action=action, subject="job_pause", subject_id=pause_id, purpose=reason, shown=0)
