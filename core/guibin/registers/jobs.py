"""Background work of registers: freezing a year's files once it is over, telling of what was not registered (S02-5)."""

from datetime import timedelta

from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin.periods.days import local_day
from guibin.periods.spans import before, window_of
from guibin.reviews import dues
from guibin.reviews.dues import What
from guibin.reviews.jobs import tell_missed

from . import sealing

# So many files a run, in a transaction that stays short; the next run follows at once.
FILES_MAX = 200
DUTIES: tuple[What, ...] = ("registration", "analysis")


class KeepRegisters(Job, frozen=True):
    """What was not registered or analysed in the spans that ended with the day before; files of the year that ended."""


class FreezeRegisters(Job, frozen=True):
    """The next files of the spans that are over."""


@handles(KeepRegisters)
async def keep_registers(job: KeepRegisters, run: Run) -> None:
    """Each account manager and their leader, once a span."""
    zone = run.company.time_zone
    today = local_day(run.due_at or run.now, zone)
    for register in run.policy.registers:
        for what in DUTIES:
            duty = dues.register_on(register, what, today - timedelta(days=1), zone)
            if duty.window.after_on == today:
                missed = await dues.counts("register_entry", (duty,), now=run.now)
                await tell_missed(f"{what}_missed", duty.window.name, missed, run)
    await _freeze(run)


@handles(FreezeRegisters)
async def freeze_registers(job: FreezeRegisters, run: Run) -> None:
    """Go on where the run before stopped."""
    await _freeze(run)


async def _freeze(run: Run) -> None:
    zone = run.company.time_zone
    for register in run.policy.registers:
        window = before(window_of(register.archived_every, local_day(run.now, zone), zone), zone)
        ids = await sealing.waiting(register, window, limit=FILES_MAX)
        for customer_id in ids:
            await sealing.freeze(register, customer_id, window, run)
        if len(ids) == FILES_MAX:
            await enqueue(FreezeRegisters(), now=run.now)
            return
