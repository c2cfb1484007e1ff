"""Background work of repeats: answers kept for repeated requests are not kept for ever."""

from datetime import timedelta

from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin_tenants.scope import execute

# A caller that repeats a request later than this gets a new effect.
KEPT_FOR = timedelta(days=7)
BATCH = 2_000


class ForgetAnswers(Job, frozen=True):
    """Take away a batch of answers kept long enough."""


@handles(ForgetAnswers)
async def forget_answers(job: ForgetAnswers, run: Run) -> None:
    """One batch in this transaction; what is more is the next job's."""
    gone = await execute(
        "delete from idempotency_record where id in (select id from idempotency_record where created_at < $1"
        " order by created_at limit $2)",
        run.now - KEPT_FOR,
        BATCH,
    )
    if gone == BATCH:
        await enqueue(ForgetAnswers(), now=run.now)
