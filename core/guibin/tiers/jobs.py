"""Background work of tiers."""

from datetime import date

from guibin.events import MembershipEnded, MembershipStarted, reacts_to
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin.profiles.queries import OPEN
from guibin_tenants.scope import fetch

from . import lists, memberships, moves, reports
from .appraisal import NewAppraisal, appraise
from .assessment import assess, is_assessable
from .bulk import WITHIN_S
from .clocks import retier
from .facts import AppraiseCustomers
from .moves import AnnounceMoves


class EndExpiredMemberships(Job, frozen=True):
    """Exceptions whose time is over end (S12-3), and memberships whose consent was withdrawn (S02-2)."""


@handles(EndExpiredMemberships)
async def end_expired_memberships(job: EndExpiredMemberships, run: Run) -> None:
    """The day is the company's."""
    today = run.today
    await memberships.end_expired(today, now=run.now)
    await memberships.end_unwilling(today, now=run.now)


class TellUnserved(Job, frozen=True):
    """Leaders hear of their outlet's VIPs without an account manager (S12-4)."""


@handles(TellUnserved)
async def tell_unserved(job: TellUnserved, run: Run) -> None:
    """The day is the company's."""
    await reports.tell_unserved(run.today, now=run.now)


class AssessDue(Job, frozen=True):
    """Schemes whose period has begun are assessed as of its first day (S13-3)."""


class AssessScheme(Job, frozen=True):
    """One scheme is assessed; the facts known when it runs count."""

    scheme: str
    as_of: date


@handles(AssessDue)
async def assess_due(job: AssessDue, run: Run) -> None:
    """Each scheme is a job of its own, so that one that fails holds up no other."""
    today = run.today
    for scheme, as_of in await lists.due(run, on=today):
        await enqueue(AssessScheme(scheme, as_of), now=run.now, unique_key=f"assess/{scheme}/{as_of}")


@handles(AssessScheme, timeout_s=WITHIN_S)
async def assess_scheme(job: AssessScheme, run: Run) -> None:
    """Whoever assessed the period meanwhile was first, and a scheme that is off is no longer due."""
    if (job.scheme, job.as_of) in await lists.due(run, on=job.as_of):
        await assess(job.scheme, run, as_of=job.as_of)


@handles(AppraiseCustomers)
async def appraise_customers(job: AppraiseCustomers, run: Run) -> None:
    """Those whose archive has ended meanwhile, or whose kind the scheme does not take, are passed over."""
    scheme = run.policy.scheme(job.scheme)
    if scheme is None or not is_assessable(scheme):
        return
    rows = await fetch(
        f"select c.id from {OPEN} and c.id = any ($1) and c.kind = any ($2) order by c.id",
        list(job.customer_ids),
        list(scheme.customer_kinds),
    )
    for row in rows:
        await appraise(row["id"], NewAppraisal(scheme=scheme.name), run)


@handles(AnnounceMoves)
async def announce_moves(job: AnnounceMoves, run: Run) -> None:
    """Tell of the next customers and leave the rest to a job of their own."""
    following = await moves.announce(job, now=run.now)
    if following is not None:
        key = f"announce-moves/{following.assessment_id}/{following.after}"
        await enqueue(following, now=run.now, unique_key=key)


@reacts_to(MembershipStarted, kind="service_requests.retier_after_start")
async def retier_after_start(event: MembershipStarted, run: Run) -> None:
    """Another tier, another limit: what runs about the customer gets it, its time spent stays spent."""
    await retier(event.customer_id, run)


@reacts_to(MembershipEnded, kind="service_requests.retier_after_end")
async def retier_after_end(event: MembershipEnded, run: Run) -> None:
    """A tier that ended takes its limits with it: what runs gets those that hold now, from the same start."""
    await retier(event.customer_id, run)
