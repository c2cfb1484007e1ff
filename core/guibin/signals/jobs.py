"""Background work of signals: finding them, and telling of those that nobody acts on."""

import asyncpg

from guibin.cases import Case
from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice
from guibin.notices.deadlines import Passed, of_row, tells

from . import actions, queries
from .outages import WarnOfOutage
from .queries import SUBJECT

_TOLD: dict[type, str] = {
    DeadlineWarned: "signal_due",
    DeadlineBreached: "signal_late",
    DeadlineEscalated: "signal_escalated",
}


class FindSignals(Job, frozen=True):
    """What warns of a complaint before anybody complains (S07-32)."""


@handles(FindSignals, timeout_s=600.0)
async def find_signals(job: FindSignals, run: Run) -> None:
    """By every rule of the policy."""
    await actions.look(run)


@handles(WarnOfOutage, timeout_s=600.0)
async def warn_of_outage(job: WarnOfOutage, run: Run) -> None:
    """An outage that is over by then warns of nothing."""
    if job.outage_id in await queries.running(run.now):
        await actions.warn(job.outage_id, run)


@of_row("select customer_id, rule from signal where id = $1 and state = 'open'")
async def concerned(signal: asyncpg.Record, event: Passed, run: Run) -> Notice:
    """Whoever looks after the customer before it is late and that it is; then the roles of the step."""
    return Notice(
        _TOLD[type(event)],
        Case(SUBJECT, event.subject_id, signal["customer_id"]),
        roles=event.roles if isinstance(event, DeadlineEscalated) else ("account_manager",),
        details={"signal": signal["rule"]},
    )


tells(
    SUBJECT,
    concerned,
    jobs={
        DeadlineWarned: "signals.tell_signal_due",
        DeadlineBreached: "signals.tell_signal_late",
        DeadlineEscalated: "signals.tell_signal_escalated",
    },
    ladder=False,
)
