"""Background work of records: telling of questions that wait and of contacts that did not take place."""

from datetime import timedelta

import asyncpg

from guibin.cases import Case
from guibin.context import Act
from guibin.events import DeadlineEscalated, DeadlineWarned, ErasureBegins, at_once
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice, notify
from guibin.notices.deadlines import Passed, of_row, tells
from guibin.periods.days import local_day
from guibin.periods.spans import window_of
from guibin.policy_changes.effects import CADENCES
from guibin.profiles.closing import OPEN_CASES
from guibin.sla.closing import RUNS_ON
from guibin_tenants.rows import change
from guibin_tenants.scope import fetch, fetch_one

from . import deadlines, dues, replays
from .dues import CadenceCount
from .tables import Interaction


class TellMissedContacts(Job, frozen=True):
    """Who was not contacted as often as policy says, in the spans that ended with the day before (S05-6)."""


@of_row("select customer_id, happened_at from interaction where id = $1 and handling_state = 'open'")
async def concerned(asked: asyncpg.Record, event: Passed, run: Run) -> Notice:
    """The customer still waits for an answer: its account manager is reminded, and once nobody answered in time, the next
    role along the chain hears of it, too (S13-5)."""
    overdue = isinstance(event, DeadlineEscalated)
    return Notice(
        "question_overdue" if overdue else "question_due",
        Case(deadlines.SUBJECT, event.subject_id, asked["customer_id"]),
        roles=("account_manager", *event.roles) if overdue else ("account_manager",),
        details={"on": local_day(asked["happened_at"], run.company.time_zone).isoformat()},
    )


tells(
    deadlines.SUBJECT,
    concerned,
    jobs={DeadlineWarned: "records.remind_of_question", DeadlineEscalated: "records.tell_unanswered_question"},
    ladder=False,
)


OPEN_CASES.give("questions", "interaction where customer_id = $1 and handling_state = 'open'")


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
        for count in await dues.cadence_counts(cadences, on=yesterday, time_zone=zone, now=run.now):
            if count.missed:
                await _tell_missed(count, window.name, run)


async def _tell_missed(count: CadenceCount, window: str, run: Run) -> None:
    staff_id = count.account_manager_id
    place = await fetch_one("select org_unit_id from staff where id = $1", staff_id) if staff_id else None
    notice = Notice(
        "contacts_missed",
        Case("staff" if staff_id else "company", staff_id or run.company.id),
        org_unit_id=place["org_unit_id"] if place else None,
        roles=("manager",),
        staff_ids=(staff_id,) if staff_id else (),
        details={"span": window, "count": str(count.missed), "who": count.account_manager_name or "-"},
    )
    await notify(notice, key=f"contacts-missed/{window}/{staff_id}", now=run.now)


RUNS_ON.give(deadlines.SUBJECT, ("closed",))


@at_once(ErasureBegins)
async def forget_questions(erased: ErasureBegins, act: Act) -> None:
    """What an erased customer asked is known to nobody: nobody owes an answer any more."""
    for row in await fetch(
        "select id from interaction where customer_id = $1 and handling_state = 'open' order by id", erased.customer_id
    ):
        await change(Interaction, row["id"], handling_state="none")


CADENCES.give(replays.replayed)
