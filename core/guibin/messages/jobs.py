"""Sending: decide and open the address in one transaction, hand over outside any, write down what came of it in another.

A process that dies in between hands over again: mail has the same Message-ID then, an SMS may come twice.
"""

import time
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.events import MessageTried, tell_at_once
from guibin.gateways.providers import Outcome, Parcel
from guibin.jobs.kinds import Errand, Run, runs_errand
from guibin.notices.actions import Notice, notify
from guibin.outbound.gate import GATE
from guibin.policy.messages import MessageKind
from guibin.sealing.values import opened as open_value
from guibin_tenants import keyring
from guibin_tenants.rows import add, change
from guibin_tenants.scope import fetch_one

from . import channels, wording
from .channels import OpenChannel
from .deciding import Later, Never, customer_hinders, give_back, room_today, too_late
from .posting import FIELDS, SendMessage, plan
from .staff_mail import opened_address
from .subjects import SUBJECTS, Settled, Values
from .tables import Message, MessageAttempt
from .wording import Wording

# About a day: a channel that is away overnight is survived.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 240, 480, 480))
NO_ROOM_PAUSE = timedelta(seconds=5)
_NO_ROOM = Outcome("no_room")


class Ready(Struct, frozen=True):
    """A message on its way: all that sending needs."""

    company_id: UUID
    channel: OpenChannel
    parcel: Parcel
    kept: str
    day: date


class Went(Struct, frozen=True):
    """What came of an attempt, with what it said; or why there was none."""

    outcome: Outcome | None = None
    parcel: Parcel | None = None
    kept: str = ""
    stopped: Later | Never | None = None
    day: date | None = None


class End(Struct, frozen=True):
    """How a message ended: sent, failed or dropped, why not, and what the customer was told."""

    state: str
    because: str = ""
    text: str = ""


async def prepare(job: SendMessage, run: Run) -> Ready | Later | Never | None:
    """Decide and open. None when it ended or somebody else tried it."""
    row = await fetch_one(
        "select * from message where id = $1 and state = 'pending' and attempts = $2", job.message_id, job.attempts
    )
    if row is None:
        return None
    stopped, said = await _hinders(row, run)
    if stopped is not None or said is None:
        return stopped or Never("not_wanted")
    channel = await channels.opened(row["means"])
    if channel is None:
        return Never("no_channel")
    to = said.to or await _address(row, run)
    if to is None:
        return Never("no_address")
    per_day_max = run.policy.messages.per_day_max
    if channel.per_day_max is not None:
        per_day_max = min(per_day_max, channel.per_day_max)
    full = await room_today(row["means"], per_day_max, run)
    if full is not None:
        return too_late(full, row["not_after"])
    words = await _words(row, said, run)
    parcel = Parcel(row["id"], to, words.title, words.text, run.now, row["kind"], words.values, said.thread)
    return Ready(run.company.id, channel, parcel, words.kept, run.today)


async def go(ready: Ready | Later | Never) -> Went:
    """Hand it to the provider, if the company has not too much under way."""
    if not isinstance(ready, Ready):
        return Went(stopped=ready)
    began = time.monotonic()
    async with GATE.passing(ready.company_id, ready.company_id) as room:
        outcome = await ready.channel.send(ready.parcel) if room else _NO_ROOM
    took = round((time.monotonic() - began) * 1000)
    return Went(Outcome(outcome.error, outcome.final, took), ready.parcel, ready.kept, day=ready.day)


@runs_errand(SendMessage, Errand(prepare, go))
async def settle(job: SendMessage, run: Run, went: Went | None) -> None:
    """Write down the attempt and what follows: the end, another attempt, or a later one."""
    if went is None:
        return
    row = await fetch_one(
        "select * from message where id = $1 and state = 'pending' and attempts = $2 for update",
        job.message_id,
        job.attempts,
    )
    if row is None:
        return
    if went.outcome is not None and went.outcome.error and went.day is not None:
        await give_back(row["means"], went.day)
    if went.stopped is not None:
        await _stop(row, went.stopped, run)
    elif went.outcome is not None and went.outcome.error == _NO_ROOM.error:
        await plan(row["id"], row["attempts"], at=run.now + NO_ROOM_PAUSE, now=run.now)
    elif went.outcome is not None and went.parcel is not None:
        await _tried(row, went.outcome, went, run)


async def _hinders(row: Any, run: Run) -> tuple[Later | Never | None, Values | None]:
    if run.company.simulated:
        # A company on a simulated clock tells nobody anything.
        return Never("simulated"), None
    if row["not_after"] is not None and run.now >= row["not_after"]:
        return Never("too_late"), None
    if row["customer_id"] is not None:
        kind = run.policy.messages.kind(row["kind"]) or MessageKind(row["kind"])
        stopped = await customer_hinders(row["customer_id"], kind, run)
        if stopped is not None:
            return too_late(stopped, row["not_after"]) if isinstance(stopped, Later) else stopped, None
    subject = SUBJECTS.get(row["subject"])
    said = await subject.values_of(row["subject_id"], run) if subject else None
    return None, said


async def _address(row: Any, run: Run) -> str | None:
    """In clear. For a customer's it is on record, in this transaction, that it was opened and what for."""
    if row["staff_id"] is not None:
        return await opened_address(row["staff_id"])
    if row["customer_id"] is None:
        return ""
    field = FIELDS[row["means"]]
    sealed = await fetch_one(
        "select id, sealed from sealed_value where customer_id = $1 and field = $2 order by place limit 1",
        row["customer_id"],
        field,
    )
    if sealed is None:
        return None
    await done("send", Case("message", row["id"], row["customer_id"]), run, fields=(field,), purpose=row["kind"])
    return open_value(sealed["id"], await keyring.subject_key(row["customer_id"]), bytes(sealed["sealed"]))


async def _words(row: Any, said: Values, run: Run) -> Wording:
    if said.to_staff:
        return wording.to_staff(said, policy=run.policy, language=run.company.language)
    return await wording.to_customer(row["customer_id"], row["kind"], said, run)


async def _stop(row: Any, stopped: Later | Never, run: Run) -> None:
    if isinstance(stopped, Never):
        await _end(row, End("dropped", stopped.because), run)
        return
    await change(Message, row["id"], next_at=stopped.at, because=stopped.because)
    await plan(row["id"], row["attempts"], at=stopped.at, now=run.now)
    if stopped.because == "quota_used_up":
        day = run.now.date().isoformat()
        notice = Notice(
            "message_quota",
            Case("company", run.company.id),
            roles=("tenant_admin",),
            details={"means": row["means"], "on": day},
        )
        await notify(notice, key=f"message-quota/{row['means']}/{day}", now=run.now)


async def _tried(row: Any, outcome: Outcome, went: Went, run: Run) -> None:
    attempts = row["attempts"] + 1
    await add(
        MessageAttempt,
        message_id=row["id"],
        customer_id=row["customer_id"],
        attempt=attempts,
        error=outcome.error,
        duration_ms=outcome.duration_ms,
        attempted_at=run.now,
    )
    again = None if outcome.final or attempts > len(PAUSES) else run.now + PAUSES[attempts - 1]
    if again is not None and row["not_after"] is not None and again >= row["not_after"]:
        again = None
    if outcome.error and again is not None:
        await change(Message, row["id"], attempts=attempts, next_at=again, because="")
        await plan(row["id"], attempts, at=again, now=run.now)
        return
    await change(Message, row["id"], attempts=attempts)
    if row["customer_id"] is not None and went.parcel is not None:
        number = went.parcel.to if row["means"] == "sms" else ""
        sent = MessageTried(row["id"], row["customer_id"], row["means"], went.kept, number, not outcome.error)
        await tell_at_once(sent, run)
    await _end(row, End("failed" if outcome.error else "sent", outcome.error, went.kept), run)


async def _end(row: Any, end: End, run: Run) -> None:
    await change(Message, row["id"], state=end.state, because=end.because, ended_at=run.now, next_at=None)
    subject = SUBJECTS.get(row["subject"])
    if subject is not None:
        settled = Settled(
            row["id"], row["subject_id"], row["customer_id"], row["means"], end.state == "sent", end.because, end.text
        )
        await subject.settled(settled, run)
    if end.state == "failed" and row["customer_id"] is not None:
        await _tell_failure(row, run.now)


async def _tell_failure(row: Any, now: datetime) -> None:
    notice = Notice(
        "message_failed",
        Case("message", row["id"], row["customer_id"]),
        roles=("account_manager",),
        details={"means": row["means"]},
    )
    await notify(notice, key=f"message-failed/{row['id']}", now=now)
