"""Background work of streams: what happened is kept for whoever was cut off, and not longer."""

from datetime import timedelta

from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin_tenants.scope import execute

# Registered by being imported: what is to be told is gathered in every process.
from . import writing  # noqa: F401

KEPT_FOR = timedelta(days=1)
BATCH = 5_000


class ForgetStreamEvents(Job, frozen=True):
    """Take away a batch of what happened long enough ago."""


@handles(ForgetStreamEvents)
async def forget_stream_events(job: ForgetStreamEvents, run: Run) -> None:
    """One batch in this transaction; what is more is the next job's."""
    gone = await execute(
        "delete from stream_event where id in (select id from stream_event where at < $1 order by at limit $2)",
        run.now - KEPT_FOR,
        BATCH,
    )
    if gone == BATCH:
        await enqueue(ForgetStreamEvents(), now=run.now)
