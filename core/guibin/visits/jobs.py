"""Background work of visits: telling of those that come close or did not take place."""

from guibin.events import DeadlineEscalated, DeadlineWarned, reacts_to
from guibin.jobs.kinds import Run
from guibin.notices.actions import Notice, notify
from guibin.periods.days import local_day
from guibin_tenants.scope import fetch_one

from .actions import SUBJECT


@reacts_to(DeadlineWarned, about=SUBJECT, kind="records.remind_of_visit")
async def remind_of_visit(event: DeadlineWarned, run: Run) -> None:
    """Most of the visit's day is gone: whoever goes is reminded."""
    await _tell("visit_due", event, run, roles=())


@reacts_to(DeadlineEscalated, about=SUBJECT, kind="records.tell_overdue_visit")
async def tell_overdue_visit(event: DeadlineEscalated, run: Run) -> None:
    """The visit's day is over and it did not take place: whoever was to go and the manager are told (S07-12)."""
    await _tell("visit_overdue", event, run, roles=event.roles)


async def _tell(kind: str, event: DeadlineWarned, run: Run, *, roles: tuple[str, ...]) -> None:
    visit = await fetch_one(
        "select customer_id, staff_id, planned_at from visit where id = $1 and state = 'planned'", event.subject_id
    )
    if visit is None:
        return
    notice = Notice(
        kind=kind,
        subject=SUBJECT,
        subject_id=event.subject_id,
        customer_id=visit["customer_id"],
        roles=roles,
        staff_ids=(visit["staff_id"],),
        details={"on": local_day(visit["planned_at"], run.company.time_zone).isoformat()},
    )
    await notify(notice, key=f"{kind}/{event.subject_id}/{event.generation}/{event.step}", now=run.now)
