"""A script that fails too often is switched off; runs are kept for a month."""

from datetime import timedelta

from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin_tenants.scope import execute

from . import actions
from .asking import JudgeScript

KEPT_FOR = timedelta(days=30)
FORGOTTEN_AT_ONCE_MAX = 5_000


class ForgetScriptRuns(Job, frozen=True):
    """Remove runs, and what they were given and said, that are older than they are kept."""


@handles(JudgeScript)
async def judge_script(job: JudgeScript, run: Run) -> None:
    """Whether it failed too often."""
    await actions.judge(job.version_id, run)


@handles(ForgetScriptRuns)
async def forget_script_runs(job: ForgetScriptRuns, run: Run) -> None:
    """A batch of them; what is more is the next job's."""
    before = run.now - KEPT_FOR
    old = "(select id from script_run where ran_at < $1 order by ran_at limit $2)"
    await execute(f"delete from script_run_detail where run_id in {old}", before, FORGOTTEN_AT_ONCE_MAX)
    gone = await execute(f"delete from script_run where id in {old}", before, FORGOTTEN_AT_ONCE_MAX)
    if gone == FORGOTTEN_AT_ONCE_MAX:
        await enqueue(ForgetScriptRuns(), now=run.now)
