"""Background work of records: telling of questions that wait and of contacts that did not take place."""

from datetime import timedelta

from guibin.events import DeadlineEscalated, DeadlineWarned, reacts_to
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice, notify
from guibin.periods.days import local_day
from guibin.periods.spans import window_of
from guibin_tenants.scope import fetch_one

from . import cadence, questions
from .cadence import CadenceCount


class TellMissedContacts(Job, frozen=True):
    """Who was not contacted as often as policy says, in the spans that ended with the day before (S05-6)."""


@reacts_to(DeadlineWarned, about=questions.SUBJECT)
async def remind_of_question(event: DeadlineWarned, run: Run) -> None:
    """The customer still waits for an answer: its account manager is reminded (S13-5)."""
    await _tell_question("question_due", event, run, roles=("account_manager",))


@reacts_to(DeadlineEscalated, about=questions.SUBJECT)
async def tell_unanswered_question(event: DeadlineEscalated, run: Run) -> None:
    """Nobody answered in time: the next role along the chain hears of it, the account manager once more."""
    await _tell_question("question_overdue", event, run, roles=("account_manager", *event.roles))


@handles(TellMissedContacts)
async def tell_missed_contacts(job: TellMissedContacts, run: Run) -> None:
    """Each account manager and their manager, once a span: how many contacts were missed."""
    zone = run.company.time_zone
    yesterday = local_day(run.due_at or run.now, zone) - timedelta(days=1)
    for span in dict.fromkeys(rhythm.span for rhythm in run.policy.cadences):
        window = window_of(span, yesterday, zone)
        if window.after_on != yesterday + timedelta(days=1):
            continue
        cadences = [rhythm for rhythm in run.policy.cadences if rhythm.span == span]
        for count in await cadence.cadence_counts(cadences, on=yesterday, time_zone=zone, now=run.now):
            if count.missed:
                await _tell_missed(count, window.name, run)


async def _tell_missed(count: CadenceCount, window: str, run: Run) -> None:
    staff_id = count.account_manager_id
    place = await fetch_one("select org_unit_id from staff where id = $1", staff_id) if staff_id else None
    notice = Notice(
        kind="contacts_missed",
        subject="staff" if staff_id else "company",
        subject_id=staff_id or run.company.id,
        org_unit_id=place["org_unit_id"] if place else None,
        roles=("manager",),
        staff_ids=(staff_id,) if staff_id else (),
        details={"span": window, "count": str(count.missed), "who": count.account_manager_name or "-"},
    )
    await notify(notice, key=f"contacts-missed/{window}/{staff_id}", now=run.now)


async def _tell_question(kind: str, event: DeadlineWarned, run: Run, *, roles: tuple[str, ...]) -> None:
    asked = await fetch_one(
        "select customer_id, happened_at from interaction where id = $1 and handling_state = 'open'", event.subject_id
    )
    if asked is None:
        return
    notice = Notice(
        kind=kind,
        subject=questions.SUBJECT,
        subject_id=event.subject_id,
        customer_id=asked["customer_id"],
        roles=roles,
        details={"on": local_day(asked["happened_at"], run.company.time_zone).isoformat()},
    )
    await notify(notice, key=f"{kind}/{event.subject_id}/{event.generation}/{event.step}", now=run.now)
