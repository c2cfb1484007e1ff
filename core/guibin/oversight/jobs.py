"""Background work for auditors: who is on which list is written down, looks are summed, and what looks unusual is drawn."""

from guibin.audit.listed import list_next
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles

from . import unusual
from .figures import sum_next


class ListCustomers(Job, frozen=True):
    """Each customer of entries that name several, in the order of their moments."""


@handles(ListCustomers, timeout_s=300.0)
async def list_customers(job: ListCustomers, run: Run) -> None:
    """The next entries; again at once while there are more."""
    if await list_next(run.now):
        await enqueue(ListCustomers(), now=run.now)


class SumLooks(Job, frozen=True):
    """The looks of every span that is asked for by person, customer, purpose and kind."""


@handles(SumLooks, timeout_s=600.0)
async def sum_looks(job: SumLooks, run: Run) -> None:
    """The next span's; again at once while there is another."""
    if await sum_next(run):
        await enqueue(SumLooks(), now=run.now)


class DrawUnusualLooks(Job, frozen=True):
    """What was looked at against the rules of the policy."""


@handles(DrawUnusualLooks, timeout_s=600.0)
async def draw_unusual_looks(job: DrawUnusualLooks, run: Run) -> None:
    """Every rule over what came since the last time."""
    await unusual.draw(run)
