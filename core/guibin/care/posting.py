"""Having told by message what can be told by message: greetings on their day, ends of orders, new services (S07-4, S07-6, S07-7).

What no message can tell, because there is no channel, no address, or the customer prefers a call, stays with people.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin.messages.posting import NewMessage, means_for, post
from guibin.messages.queries import means_in_use
from guibin.messages.subjects import SUBJECTS, Settled, Subject, Values
from guibin.policy.messages import end_of
from guibin.profiles.orders import order_of
from guibin.profiles.queries import customer_of
from guibin_tenants.scope import execute, fetch, fetch_one

from .consents import refusal

BATCH = 300
TASK, REMINDER, TELLING = "care_task", "reminder", "service_telling"

_TOPIC = "'topic:' || n.topic"
_DUE = {
    TASK: "select id, customer_id, occasion, messages, occurs_on from care_task t"
    " where t.state = 'open' and t.occurs_on = $1",
    REMINDER: "select id, customer_id, ends_on from reminder t"
    " where t.state = 'open' and t.due_on <= $1 and t.ends_on > $1",
    TELLING: "select t.id, t.customer_id, n.general_from from service_telling t"
    " join new_service n on n.tenant_id = t.tenant_id and n.id = t.service_id"
    f" {customer_of('c', 't')} where t.told_at is null and n.told_from <= $1 and n.general_from > $1"
    f" and {refusal('c', wish=_TOPIC)} is null",
}


class PostCareMessages(Job, frozen=True):
    """What is to be told today."""


class PostCareBatch(Job, frozen=True):
    """Some of it: those of `about` after the id."""

    about: str
    after: UUID | None = None


@handles(PostCareMessages)
async def post_care_messages(job: PostCareMessages, run: Run) -> None:
    """Each kind by itself, so that one that fails does not keep the others back."""
    for about in _DUE:
        await enqueue(PostCareBatch(about), now=run.now)


@handles(PostCareBatch)
async def post_care_batch(job: PostCareBatch, run: Run) -> None:
    """Post a batch, and have the next one posted."""
    today = run.today
    rows = await fetch(
        f"{_DUE[job.about]} and ($2::uuid is null or t.id > $2) order by t.id limit $3", today, job.after, BATCH
    )
    possible = await means_in_use()
    for row in rows:
        wanted, new = _message(job.about, row, run)
        means = await means_for(row["customer_id"], wanted, possible)
        if means is not None:
            await post(msgspec.structs.replace(new, means=means), now=run.now)
    if len(rows) == BATCH:
        await enqueue(PostCareBatch(job.about, rows[-1]["id"]), now=run.now)


def _message(about: str, row: Any, run: Run) -> tuple[tuple[str, ...], NewMessage]:
    care, zone = run.policy.care, run.company.time_zone
    last: datetime
    if about == TASK:
        wanted = tuple(msgspec.json.decode(row["messages"], type=list[str]))
        kind, occasion = _kind(row["occasion"], run), f"{about}/{row['id']}/{row['occurs_on']}"
        # A greeting of yesterday is worse than none (subtleties 57).
        last = end_of(row["occurs_on"], zone)
    elif about == REMINDER:
        wanted = care.reminders.messages if care.reminders else ()
        kind, occasion, last = "order_ends", f"{about}/{row['id']}", end_of(row["ends_on"] - timedelta(days=1), zone)
    else:
        wanted = care.trials.messages if care.trials else ()
        kind, occasion = "new_service", f"{about}/{row['id']}"
        last = end_of(row["general_from"] - timedelta(days=1), zone)
    return wanted, NewMessage(
        occasion=occasion,
        kind=kind,
        means="",
        subject=about,
        subject_id=row["id"],
        customer_id=row["customer_id"],
        not_after=last,
    )


def _kind(occasion: str, run: Run) -> str:
    """An occasion with words of its own has a message of its own name."""
    if run.policy.messages.kind(occasion) is not None:
        return occasion
    return next((one.kind for one in run.policy.care.occasions if one.name == occasion), occasion)


async def task_values(task_id: UUID, run: Run) -> Values | None:
    """None when somebody did it, or it was called off."""
    row = await fetch_one("select about from care_task where id = $1 and state = 'open'", task_id)
    if row is None:
        return None
    return Values({"festival": run.policy.title(f"festival.{row['about']}", run.company.language)})


async def task_settled(settled: Settled, run: Run) -> None:
    """A greeting alone is done with that; flowers and a visit are still to come."""
    if not settled.sent:
        return
    await execute(
        "update care_task set state = 'done', result = $2, done_by_name = $3, done_at = $4 where id = $1"
        " and state = 'open' and not visit and gifts = '[]'::jsonb",
        settled.subject_id,
        settled.text,
        run.by.name,
        run.now,
    )


async def reminder_values(reminder_id: UUID, run: Run) -> Values | None:
    """None when the customer was told, or the end was overtaken."""
    row = await fetch_one(
        f"select o.product, r.ends_on from reminder r {order_of('o', 'r')} where r.id = $1 and r.state = 'open'",
        reminder_id,
    )
    return Values({"product": row["product"], "on": row["ends_on"].isoformat()}) if row else None


async def reminder_settled(settled: Settled, run: Run) -> None:
    """Told is done (S07-4)."""
    if settled.sent:
        await execute(
            "update reminder set state = 'done', channel = $2, result = $3, done_by_name = $4, done_at = $5"
            " where id = $1 and state = 'open'",
            settled.subject_id,
            settled.means,
            settled.text,
            run.by.name,
            run.now,
        )


async def telling_values(telling_id: UUID, run: Run) -> Values | None:
    """None when the customer has been told."""
    row = await fetch_one(
        "select s.name, s.told_from from service_telling t join new_service s on s.tenant_id = t.tenant_id"
        " and s.id = t.service_id where t.id = $1 and t.told_at is null",
        telling_id,
    )
    return Values({"service": row["name"], "on": row["told_from"].isoformat()}) if row else None


async def telling_settled(settled: Settled, run: Run) -> None:
    """Told first (S07-7)."""
    if settled.sent:
        await execute(
            "update service_telling set channel = $2, told_by_name = $3, told_at = $4 where id = $1 and told_at is null",
            settled.subject_id,
            settled.means,
            run.by.name,
            run.now,
        )


SUBJECTS.give(TASK, Subject(task_values, task_settled))
SUBJECTS.give(REMINDER, Subject(reminder_values, reminder_settled))
SUBJECTS.give(TELLING, Subject(telling_values, telling_settled))
