"""Running automations after what they follow has committed, and those that follow days."""

from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin.policy.automations import Automation, ComesUp, Recurs
from guibin_tenants.scope import execute, savepoint

from . import actions, history, states
from .following import FollowEvent
from .history import Occurrence

KEPT_DAYS = 92
BATCH = 200


class ComeRound(Job, frozen=True):
    """Automations that follow days look what is due."""


class LookOver(Job, frozen=True):
    """A recurring automation looks at the customers behind the id."""

    automation: str
    key: str
    after: UUID | None = None


class ForgetAutomationRuns(Job, frozen=True):
    """Runs are kept for a quarter."""


@handles(FollowEvent)
async def follow_event(job: FollowEvent, run: Run) -> None:
    """What one automation does about one event."""
    await actions.run(job.automation, job.happened, run, chain=job.chain)


@handles(ComeRound, timeout_s=300.0)
async def come_round(job: ComeRound, run: Run) -> None:
    """Each that comes before something, and each that recurs; what the policy has no more is off."""
    await actions.stop_gone(run)
    on = await states.on()
    for automation in run.policy.automations:
        state = on.get(automation.name)
        if state is None or state.looked_at is None:
            continue
        if isinstance(automation.when, ComesUp):
            ahead = timedelta(days=automation.when.days)
            due = await history.coming(automation.when.dated, state.looked_at + ahead, run.now + ahead)
            for each in history.keyed(due, automation.when.dated):
                await _one(automation, each, run)
            await states.looked(automation.name, run.now)
        elif isinstance(automation.when, Recurs):
            key = _span(automation.when.span, run)
            if key != _span(automation.when.span, run.at(state.looked_at)):
                await enqueue(
                    LookOver(automation.name, key), now=run.now, unique_key=f"look-over/{automation.name}/{key}"
                )
                await states.looked(automation.name, run.now)


@handles(LookOver, timeout_s=300.0)
async def look_over(job: LookOver, run: Run) -> None:
    """A batch of customers, and the next one after it."""
    found = await history.everybody(run.now, job.after, BATCH)
    for each in found:
        await actions.run(job.automation, replace(each, key=f"{job.key}/{each.subject_id}"), run)
    if len(found) == BATCH:
        await enqueue(LookOver(job.automation, job.key, found[-1].subject_id), now=run.now)


@handles(ForgetAutomationRuns)
async def forget_automation_runs(job: ForgetAutomationRuns, run: Run) -> None:
    """What is older than a quarter."""
    await execute("delete from automation_run where ran_at < $1", run.now - timedelta(days=KEPT_DAYS))


async def _one(automation: Automation, happened: Occurrence, run: Run) -> None:
    async with savepoint():
        await actions.run(automation.name, happened, run)


def _span(span: str, run: Run) -> str:
    day = run.today
    if span == "day":
        return day.isoformat()
    return f"{day:%G-W%V}" if span == "week" else f"{day:%Y-%m}"
