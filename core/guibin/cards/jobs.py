"""Background work of cards: the night's round, and what follows from a membership or a consent at once."""

from uuid import UUID

from guibin.events import ArchiveEnded, MembershipEnded, MembershipStarted, PostEnded, reacts_to
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles

from . import upkeep
from .applications import lapse_baseless


class KeepCards(Job, frozen=True):
    """Cards expire, are warned of, exchanged, or end with what they rest on. `after` is the last one looked at."""

    after: UUID | None = None


@handles(KeepCards)
async def keep_cards(job: KeepCards, run: Run) -> None:
    """The day is the company's. Look after the next cards and leave the rest to a job of their own."""
    today = run.today
    if job.after is None:
        await upkeep.forget_erased()
        await lapse_baseless(run, today=today)
    last = await upkeep.keep(run, today=today, after=job.after)
    if last is not None:
        await enqueue(KeepCards(last), now=run.now, unique_key=f"keep-cards/{today}/{last}")


@reacts_to(MembershipStarted)
async def follow_membership(event: MembershipStarted, run: Run) -> None:
    """Another tier: the card is to be exchanged; a company's new tier may give fewer cards."""
    await _keep_of(event, run)


@reacts_to(MembershipEnded)
async def follow_membership_end(event: MembershipEnded, run: Run) -> None:
    """No tier any more: the cards end, and those of a company's people are given notice."""
    await _keep_of(event, run)


@reacts_to(ArchiveEnded)
async def follow_archive(event: ArchiveEnded, run: Run) -> None:
    """Nobody is served on the cards of somebody who has left (S07-35)."""
    today = run.today
    await lapse_baseless(run, today=today, customer_id=event.customer_id)
    await upkeep.keep(run, today=today, customer_id=event.customer_id)


@reacts_to(PostEnded)
async def follow_post(event: PostEnded, run: Run) -> None:
    """The post is over: its card ends or is given notice, and with it the tier it brought (S04-5)."""
    today = run.today
    await lapse_baseless(run, today=today, customer_id=event.customer_id)
    await upkeep.keep(run, today=today, customer_id=event.customer_id)


async def _keep_of(event: MembershipStarted | MembershipEnded, run: Run) -> None:
    today = run.today
    await lapse_baseless(run, today=today, customer_id=event.customer_id)
    last = await upkeep.keep(run, today=today, customer_id=event.customer_id)
    if last is not None:
        # A company with more people than one transaction holds: the whole round sees to them.
        await enqueue(KeepCards(last), now=run.now, unique_key=f"keep-cards/{event.membership_id}/{last}")
