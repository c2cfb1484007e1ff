"""What admins do to jobs, each on record: by whom and, where they say it, why."""

from uuid import UUID

from guibin.audit.actions import noted
from guibin.context import Act

from . import actions, pauses
from .pauses import NewPause


async def retry(job_id: UUID, act: Act) -> None:
    """Have a dead, cancelled or waiting job done now. Raises NotFound, NotWaiting."""
    await actions.retry(job_id, now=act.now)
    await noted("jobs.retry", act, subject="job", subject_id=job_id, shown=0)


async def cancel(job_id: UUID, act: Act) -> None:
    """End a job without its effect. Raises NotFound, AlreadyEnded."""
    await actions.cancel(job_id, now=act.now)
    await noted("jobs.cancel", act, subject="job", subject_id=job_id, shown=0)


async def pause(new: NewPause, act: Act) -> None:
    """Let jobs of a kind wait, or all of them. Raises Invalid, AlreadyPaused."""
    pause_id = await pauses.pause(new, act)
    await noted("jobs.pause", act, subject="job_pause", subject_id=pause_id, purpose=new.reason, shown=0)


async def resume(pause_id: UUID, act: Act) -> None:
    """Let them run again. Raises NotFound."""
    await pauses.resume(pause_id)
    await noted("jobs.resume", act, subject="job_pause", subject_id=pause_id, shown=0)
