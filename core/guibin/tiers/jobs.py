"""Background work of tiers."""

from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles

from . import memberships, moves
from .days import local_day
from .moves import AnnounceMoves


class EndExpiredMemberships(Job, frozen=True):
    """Exceptions whose time is over end (S12-3), and memberships whose consent was withdrawn (S02-2)."""


@handles(EndExpiredMemberships)
async def end_expired_memberships(job: EndExpiredMemberships, run: Run) -> None:
    """The day is the company's."""
    today = local_day(run.now, run.company.time_zone)
    await memberships.end_expired(today, now=run.now)
    await memberships.end_unwilling(today, now=run.now)


@handles(AnnounceMoves)
async def announce_moves(job: AnnounceMoves, run: Run) -> None:
    """Tell of the next customers and leave the rest to a job of their own."""
    following = await moves.announce(job, now=run.now)
    if following is not None:
        key = f"announce-moves/{following.assessment_id}/{following.after}"
        await enqueue(following, now=run.now, unique_key=key)
