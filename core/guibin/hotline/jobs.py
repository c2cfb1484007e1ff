"""Background work of the hotline: telling of calls that wait to be called back or matched."""

import asyncpg

from guibin.cases import Case
from guibin.events import DeadlineEscalated, DeadlineWarned
from guibin.jobs.kinds import Run
from guibin.notices.actions import Notice
from guibin.notices.deadlines import Passed, of_row, tells
from guibin.periods.days import local_day

from .deadlines import CALL_BACK, SUBJECT


@of_row(
    "select customer_id, org_unit_id, staff_id, rang_at from hotline_call where id = $1"
    " and state in ('missed', 'unmatched')"
)
async def concerned(call: asyncpg.Record, event: Passed, run: Run) -> Notice:
    """Whoever answered it, the account manager of a known caller, else the agents of the outlet whose call it was; once it is
    late their manager hears of it, too."""
    late = isinstance(event, DeadlineEscalated)
    kind = "call_back" if event.milestone == CALL_BACK else "caller_unknown"
    nearest = "account_manager" if call["customer_id"] else "agent"
    return Notice(
        f"{kind}_late" if late else f"{kind}_due",
        Case(SUBJECT, event.subject_id, call["customer_id"]),
        org_unit_id=None if call["customer_id"] else call["org_unit_id"],
        roles=(*(() if call["staff_id"] else (nearest,)), *(event.roles if late else ())),
        staff_ids=(call["staff_id"],) if call["staff_id"] else (),
        details={"on": local_day(call["rang_at"], run.company.time_zone).isoformat()},
    )


tells(
    SUBJECT,
    concerned,
    jobs={DeadlineWarned: "hotline.remind_of_call", DeadlineEscalated: "hotline.tell_waiting_call"},
    ladder=False,
)
