"""`/api/v1/jobs`: a tenant's own background work."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.params import Parameter
from litestar.status_codes import HTTP_202_ACCEPTED

from guibin.paging import Cursor, CursorText, Limit, Page, decode, page_of
from guibin_tenants.principals import may

from . import actions, queries
from .queries import JobState, JobView, JobWithAttempts

Kind = Annotated[str | None, Parameter(default=None, max_length=120, description="Such as `sweep_timers`.")]
State = Annotated[JobState | None, Parameter(query="state", default=None, description="What it is doing.")]


class JobController(Controller):
    path = "/api/v1/jobs"
    tags = ("jobs",)

    @get("/", needs=may("jobs:read"), summary="Background jobs, the latest first")
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

    @get("/{job_id:uuid}", needs=may("jobs:read"), summary="A job and its attempts")
    async def show(self, job_id: UUID, now: datetime) -> JobWithAttempts:
        return await queries.by_id(job_id, now=now)

    @post(
        "/{job_id:uuid}/attempts",
        needs=may("jobs:write"),
        status_code=HTTP_202_ACCEPTED,
        summary="Try a job again now that waits, failed for good or was cancelled",
    )
    async def retry(self, job_id: UUID, now: datetime) -> JobWithAttempts:
        await actions.retry(job_id, now=now)
        return await queries.by_id(job_id, now=now)

    @delete("/{job_id:uuid}", needs=may("jobs:write"), summary="Cancel a job")
    async def cancel(self, job_id: UUID, now: datetime) -> None:
        await actions.cancel(job_id, now=now)
