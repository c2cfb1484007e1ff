"""Background work of activities."""

from guibin.jobs.kinds import Run, handles

from .actions import locked
from .places import FillPlaces, fill
from .refusals import ActivityCancelled


@handles(FillPlaces)
async def fill_places(job: FillPlaces, run: Run) -> None:
    """Let the waiting of all org units move up."""
    try:
        await locked(job.activity_id)
    except ActivityCancelled:
        return
    await fill(job.activity_id, now=run.now)
