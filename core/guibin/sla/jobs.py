"""Firing deadlines in the background; the relay enqueues it for every company that has something due."""

from guibin.jobs.kinds import Job, Run, handles

from .sweep import fire_due

ROUNDS_MAX = 5


class SweepTimers(Job, frozen=True):
    """Fire what is due now."""


@handles(SweepTimers)
async def sweep_timers(job: SweepTimers, run: Run) -> None:
    """Warn, breach and escalate; what a transaction of this size leaves is the next sweep's."""
    for _ in range(ROUNDS_MAX):
        if not await fire_due(run.now):
            return
