"""`/api/v1/jobs`: a tenant's own background work."""

from uuid import UUID

from litestar import Controller, post, put
from litestar.status_codes import HTTP_202_ACCEPTED

from guibin.audit.actions import noted
from guibin.audit.answering import lists
from guibin.context import Act
from guibin.web.routing import deletes, gets
from guibin_tenants.principals import may, sees_all

from . import commands, queries, retention
from .pauses import NewPause
from .queries import JobFilter, JobWithAttempts, PauseView
from .retention import JobRetention


class JobController(Controller):
    path = "/api/v1/jobs"
    tags = ("jobs",)
    list_jobs = lists(
        "/", queries.LISTED, JobFilter, "Background jobs, the latest first", needs=may("jobs:read") & sees_all
    )
    show = gets("/{job_id:uuid}", queries.by_id, "A job and its attempts", needs=may("jobs:read") & sees_all)

    @post(
        "/{job_id:uuid}/attempts",
        needs=may("jobs:write") & sees_all,
        status_code=HTTP_202_ACCEPTED,
        summary="Try a job again now that waits, failed for good or was cancelled",
    )
    async def retry(self, job_id: UUID, act: Act) -> JobWithAttempts:
        await commands.retry(job_id, act)
        return await queries.by_id(job_id, now=act.now)

    cancel = deletes("/{job_id:uuid}", commands.cancel, "Cancel a job", needs=may("jobs:write") & sees_all)


class JobPauseController(Controller):
    path = "/api/v1/job-pauses"
    tags = ("jobs",)
    list_pauses = gets("/", queries.pauses, "Which jobs wait, and why", needs=may("jobs:read") & sees_all)

    @post("/", needs=may("jobs:write") & sees_all, summary="Let jobs of a kind wait, or all of them")
    async def pause(self, data: NewPause, act: Act) -> list[PauseView]:
        await commands.pause(data, act)
        return await queries.pauses()

    resume = deletes("/{pause_id:uuid}", commands.resume, "Let them run again", needs=may("jobs:write") & sees_all)


class JobRetentionController(Controller):
    path = "/api/v1/job-retention"
    tags = ("jobs",)
    show = gets("/", retention.kept_for, "How long ended jobs are kept", needs=may("jobs:read") & sees_all)

    @put("/", needs=may("jobs:write") & sees_all, summary="Keep ended jobs so long")
    async def change(self, data: JobRetention, act: Act) -> JobRetention:
        await retention.keep_for(data)
        await noted("jobs.retention", act, subject="job", shown=0)
        return data
