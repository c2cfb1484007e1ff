"""Background work of reviews: telling of what was missed and what is to follow."""

from collections.abc import Iterable
from datetime import timedelta

from guibin.cases import Case
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice, notify
from guibin.periods.days import local_day
from guibin_tenants.scope import fetch_one

from . import dues, queries
from .dues import DutyCount


class TellMissedReviews(Job, frozen=True):
    """Whose customers were not gone through in the spans that ended with the day before; whose follow-ups are due."""


@handles(TellMissedReviews)
async def tell_missed_reviews(job: TellMissedReviews, run: Run) -> None:
    """Each account manager and their leader once a span; follow-ups to the account manager, day by day (S07-9)."""
    zone = run.company.time_zone
    today = local_day(run.due_at or run.now, zone)
    yesterday = today - timedelta(days=1)
    for duty in dues.reviews_on(run.policy.reviews, yesterday, zone):
        if duty.window.after_on == today:
            missed = await dues.counts("customer_review", (duty,), now=run.now)
            await tell_missed("reviews_missed", duty.window.name, missed, run)
    for waiting in await queries.follow_ups_due(today):
        notice = Notice(
            "review_follow_ups",
            Case("staff", waiting.account_manager_id),
            staff_ids=(waiting.account_manager_id,),
            details={"count": str(waiting.count), "on": today.isoformat()},
        )
        await notify(notice, key=f"review-follow-ups/{today}", now=run.now)


async def tell_missed(kind: str, window: str, counts: Iterable[DutyCount], run: Run) -> None:
    """Tell each account manager with something missed, and the nearest leader."""
    for count in counts:
        if not count.missed:
            continue
        who = count.account_manager_id
        place = await fetch_one("select org_unit_id from staff where id = $1", who) if who else None
        notice = Notice(
            kind,
            Case("staff" if who else "company", who or run.company.id),
            org_unit_id=place["org_unit_id"] if place else None,
            roles=("manager",),
            staff_ids=(who,) if who else (),
            details={"span": window, "count": str(count.missed), "who": count.account_manager_name or "-"},
        )
        await notify(notice, key=f"{kind}/{window}/{who}", now=run.now)
