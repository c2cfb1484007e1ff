"""Background work of cards: the night's round, and what follows from a membership or a consent at once."""

from guibin.events import MembershipEnded, MembershipStarted, reacts_to
from guibin.jobs.kinds import Job, Run, handles
from guibin.tiers.days import local_day

from . import upkeep


class KeepCards(Job, frozen=True):
    """Cards expire, are warned of, exchanged, or end with what they rest on."""


@handles(KeepCards)
async def keep_cards(job: KeepCards, run: Run) -> None:
    """The day is the company's."""
    await upkeep.keep(run.policy, today=local_day(run.now, run.company.time_zone), by=run.by, now=run.now)


@reacts_to(MembershipStarted)
async def follow_membership(event: MembershipStarted, run: Run) -> None:
    """Another tier: the card is to be exchanged; a company's new tier may give fewer cards."""
    await _keep_of(event, run)


@reacts_to(MembershipEnded)
async def follow_membership_end(event: MembershipEnded, run: Run) -> None:
    """No tier any more: the cards end, and those of a company's people are given notice."""
    await _keep_of(event, run)


async def _keep_of(event: MembershipStarted | MembershipEnded, run: Run) -> None:
    today = local_day(run.now, run.company.time_zone)
    await upkeep.keep(run.policy, today=today, customer_id=event.customer_id, by=run.by, now=run.now)
