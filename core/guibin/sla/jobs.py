"""Deadlines in the background: fired when one is due, as the relay finds, and moved when holidays are published."""

from guibin.jobs.kinds import Job, Run, handles
from guibin.watch.metrics import TIMER_LATENESS_SECONDS

from .hours import confirm
from .sweep import fire_due

ROUNDS_MAX = 5


class SweepTimers(Job, frozen=True):
    """Fire what is due now."""


class ConfirmCalendars(Job, frozen=True):
    """Take over the holidays that have been published since."""


@handles(SweepTimers)
async def sweep_timers(job: SweepTimers, run: Run) -> None:
    """Warn, breach and escalate; what a transaction of this size leaves is the next sweep's."""
    for _ in range(ROUNDS_MAX):
        fired = await fire_due(run.now)
        if not fired:
            return
        if not run.company.simulated:
            for step in fired:
                TIMER_LATENESS_SECONDS.observe(max((run.now - step.due_at).total_seconds(), 0.0))


@handles(ConfirmCalendars)
async def confirm_calendars(job: ConfirmCalendars, run: Run) -> None:
    """Deadlines that were provisional are recomputed, each with its change on record."""
    await confirm(run)
