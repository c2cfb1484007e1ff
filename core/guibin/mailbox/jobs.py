"""Background work of mailboxes: fetching, each mail once, and telling of what waits or does not work."""

import asyncpg
from msgspec import Struct

from guibin.cases import Case
from guibin.events import DeadlineEscalated, DeadlineWarned
from guibin.jobs.kinds import Errand, Job, Run, handles, runs_errand
from guibin.notices.actions import Notice, notify
from guibin.notices.deadlines import Passed, of_row, tells
from guibin.periods.days import local_day
from guibin.profiles.closing import OPEN_CASES
from guibin_tenants.rows import change
from guibin_tenants.scope import fetch, fetch_one

from . import channels, imap, intake
from .channels import EVERY, TOLD_AFTER, FetchMails, pause, plan
from .deadlines import SUBJECT
from .imap import Catch
from .requests import ImapSettings
from .tables import Mailbox

_TURN = "select * from mailbox where id = $1 and turn = $2 and removed_at is null and sealed is not null and paused_at is null"


class KeepMailboxes(Job, frozen=True):
    """Mailboxes whose fetching stopped go on."""


class Asked(Struct, frozen=True):
    """A server, and from where on it is asked."""

    settings: ImapSettings
    uid_validity: int | None
    after: int


async def prepare(job: FetchMails, run: Run) -> Asked | None:
    """None when somebody else had the turn, the mailbox is gone, or the company lives on a simulated clock."""
    box = await fetch_one(_TURN, job.mailbox_id, job.turn)
    if box is None or run.company.simulated:
        return None
    return Asked(await channels.settings_of(box), box["uid_validity"], box["uid_last"])


async def go(asked: Asked) -> Catch:
    """Ask the server."""
    return await imap.fetch(asked.settings, uid_validity=asked.uid_validity, after=asked.after)


@runs_errand(FetchMails, Errand(prepare, go), timeout_s=120)
async def settle(job: FetchMails, run: Run, catch: Catch | None) -> None:
    """Take in what came, remember how far that was in the same transaction, and plan the next turn."""
    box = await fetch_one(f"{_TURN} for update", job.mailbox_id, job.turn)
    if box is None or catch is None:
        return
    turn = job.turn + 1
    if catch.error:
        failures = box["failures"] + 1
        next_at = run.now + pause(failures)
        await change(
            Mailbox,
            box["id"],
            turn=turn,
            failures=failures,
            failing_since=box["failing_since"] or run.now,
            last_error=catch.error,
            next_at=next_at,
        )
        if failures == TOLD_AFTER:
            await _tell_failing(box, catch.error, run)
    else:
        for mail in catch.mails:
            await intake.take_in(box, mail.reading, run, uid=(catch.uid_validity, mail.uid))
        last = max([mail.uid for mail in catch.mails], default=0)
        before = box["uid_last"] if box["uid_validity"] == catch.uid_validity else 0
        next_at = run.now if catch.more else run.now + EVERY
        await change(
            Mailbox,
            box["id"],
            turn=turn,
            uid_validity=catch.uid_validity,
            uid_last=max(before, last),
            fetched_at=run.now,
            failures=0,
            failing_since=None,
            last_error="",
            next_at=next_at,
        )
    await plan(box["id"], turn, at=next_at, now=run.now)


async def _tell_failing(box: asyncpg.Record, error: str, run: Run) -> None:
    since = box["failing_since"] or run.now
    notice = Notice(
        "mailbox_failing",
        Case("mailbox", box["id"]),
        roles=("tenant_admin",),
        details={"name": box["name"], "error": error},
    )
    await notify(notice, key=f"mailbox_failing/{box['id']}/{since.isoformat()}", now=run.now)


@handles(KeepMailboxes)
async def keep_mailboxes(job: KeepMailboxes, run: Run) -> None:
    """One whose turn is long over, because its job was given up, gets the next one."""
    late = await fetch(
        "select id, turn from mailbox where removed_at is null and sealed is not null and paused_at is null"
        " and next_at < $1::timestamptz - interval '1 hour' for update",
        run.now,
    )
    for box in late:
        await change(Mailbox, box["id"], turn=box["turn"] + 1, next_at=run.now)
        await plan(box["id"], box["turn"] + 1, at=run.now, now=run.now)


@of_row("select customer_id, org_unit_id, arrived_at from mail where id = $1 and state = 'new'")
async def concerned(mail: asyncpg.Record, event: Passed, run: Run) -> Notice:
    """The account manager of a known sender, else the agents of the outlet whose mailbox it is; once it is late their manager."""
    late = isinstance(event, DeadlineEscalated)
    known = mail["customer_id"] is not None
    return Notice(
        "mail_late" if late else "mail_due",
        Case(SUBJECT, event.subject_id, mail["customer_id"]),
        org_unit_id=None if known else mail["org_unit_id"],
        roles=("account_manager" if known else "agent", *(event.roles if late else ())),
        details={"on": local_day(mail["arrived_at"], run.company.time_zone).isoformat()},
    )


tells(
    SUBJECT,
    concerned,
    jobs={DeadlineWarned: "mailbox.remind_of_mail", DeadlineEscalated: "mailbox.tell_waiting_mail"},
    ladder=False,
)
OPEN_CASES.give("mails", "mail where customer_id = $1 and state = 'new'")
