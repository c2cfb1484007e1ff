"""Scripts that act hear of events and are asked by the clock; one that fails too often is switched off; runs are kept for a month."""

from datetime import timedelta

from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin_tenants.scope import execute, fetch_value

from . import acting, actions
from .acting import FollowWithScript, ScriptDue, ScriptLooks
from .asking import JudgeScript

KEPT_FOR = timedelta(days=30)
FORGOTTEN_AT_ONCE_MAX = 5_000


class ForgetScriptRuns(Job, frozen=True):
    """Remove runs, and what they were given and said, that are older than they are kept."""


@handles(JudgeScript)
async def judge_script(job: JudgeScript, run: Run) -> None:
    """Whether it failed too often."""
    await actions.judge(job.version_id, run)


@handles(FollowWithScript)
async def follow_with_script(job: FollowWithScript, run: Run) -> None:
    """What one script has done about one event."""
    await acting.hear(job, run)


@handles(ScriptDue)
async def script_due(job: ScriptDue, run: Run) -> None:
    """Its hour has come, if it is still switched on; stopped ones wait for the next."""
    follows = await fetch_value(
        "select v.follows from script_activation a join script_version v on v.tenant_id = a.tenant_id and v.id = a.version_id"
        " where a.id = $1 and a.begun_at is not null and a.ended_at is null",
        job.activation_id,
    )
    if follows:
        await acting.come_due(job.activation_id, follows, run)


@handles(ScriptLooks)
async def script_looks(job: ScriptLooks, run: Run) -> None:
    """What it has done about a batch of customers."""
    await acting.look(job, run)


@handles(ForgetScriptRuns)
async def forget_script_runs(job: ForgetScriptRuns, run: Run) -> None:
    """A batch of them; what is more is the next job's."""
    before = run.now - KEPT_FOR
    old = "(select id from script_run where ran_at < $1 order by ran_at limit $2)"
    await execute(f"delete from script_run_detail where run_id in {old}", before, FORGOTTEN_AT_ONCE_MAX)
    gone = await execute(f"delete from script_run where id in {old}", before, FORGOTTEN_AT_ONCE_MAX)
    if gone == FORGOTTEN_AT_ONCE_MAX:
        await enqueue(ForgetScriptRuns(), now=run.now)
