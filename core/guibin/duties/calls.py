"""What comes in goes to whoever is on duty now, and on to the next when it is not taken (S07-2)."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct, structs

from guibin.audit.actions import done, recorded
from guibin.cases import Case
from guibin.context import Act
from guibin.events import CustomerAnswered, ErasureBegins, at_once
from guibin.notices.actions import Notice, notify
from guibin.policy.duties import Duty
from guibin.policy.packs import Policy
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin_tenants.principals import Signature
from guibin_tenants.rows import add, add_all, change, locked
from guibin_tenants.scope import fetch, fetch_value
from guibin_tenants.tables import new_id
from guibin_tenants.walls import unit_of

from . import queries
from .queries import CALLS, RESPONSE, SUBJECT, DutyCallView, OnDuty
from .refusals import CallTaken
from .tables import DutyAsk, DutyCall

_TAKE = "take:"
# So long the next on the roster are looked for; the leaders know by then.
_LOOKED_FOR = timedelta(hours=24)


class Matter(Struct, frozen=True, kw_only=True):
    """What came in: its `number`, the org unit it came to where it is no customer's, and whom it is against."""

    number: str = ""
    unit_id: UUID | None = None
    but: frozenset[UUID] = frozenset()


async def call(case: Case, act: Act, matter: Matter = Matter()) -> None:
    """Something came in: whoever is on duty for the customer's org unit is called to it, once per case. Nothing happens where
    policy has nobody on duty at this hour, or whoever takes it in is on duty.
    """
    for duty in act.policy.duties:
        if duty.serves == "matters":
            await _call(duty, case, matter, act)


async def take(call_id: UUID, act: Act) -> DutyCallView:
    """Whoever takes it takes care of it from now on: nobody else is called. Raises NotFound, CallTaken."""
    row = await locked(DutyCall, call_id)
    if row["state"] != "waiting":
        raise CallTaken(f"{row['taken_by_name'] or 'The matter itself'} came first")
    await _end(row, act, state="taken")
    others = [one for one in await _asked(call_id) if one != act.by.person]
    notice = Notice(
        "duty_taken", _about(row), staff_ids=tuple(others), details={"who": act.by.name, "number": row["number"]}
    )
    await notify(notice, key=f"duty_taken/{call_id}", now=act.now)
    return await recorded("take", _case(row), CALLS, act)


async def settle(subject_id: UUID, act: Signature, *, answered: bool = True) -> None:
    """The matter was answered, or is over: whoever did it took it, and nobody is called to it any more."""
    rows = await fetch("select * from duty_call where subject_id = $1 and state = 'waiting' for update", subject_id)
    for row in rows:
        await _end(row, act, state="taken" if answered else "over")


@at_once(CustomerAnswered)
async def settle_with_answer(answered: CustomerAnswered, act: Act) -> None:
    """A reply is the response."""
    await settle(answered.subject_id, act)


@at_once(ErasureBegins)
async def end_with_archive(erased: ErasureBegins, act: Act) -> None:
    """Nobody is called to the matters of a customer who is erased."""
    rows = await fetch(
        "select subject_id from duty_call where customer_id = $1 and state = 'waiting'", erased.customer_id
    )
    for row in rows:
        await settle(row["subject_id"], act, answered=False)


async def ask_next(call_id: UUID, policy: Policy, act: Signature) -> None:
    """Call the next on the roster who has not been called; without any the nearest leaders hear, who stand above it."""
    row = await locked(DutyCall, call_id)
    duty = queries.duty_of(policy, row["duty"])
    if row["state"] != "waiting" or duty is None:
        return
    here = await queries.on_duty(row["roster_id"], act.now) if row["roster_id"] else []
    asked = {*await _asked(call_id), *msgspec.json.decode(row["passed_over"], type=list[UUID])}
    left = [one for one in here if one.staff_id not in asked]
    if not left:
        await change(DutyCall, call_id, asked_id=None, asked_name="")
        notice = Notice(
            "duty_nobody", _about(row), org_unit_id=row["org_unit_id"], roles=duty.leaders, details=_said(row)
        )
        await notify(notice, key=f"duty_nobody/{call_id}", now=act.now)
        if act.now - row["came_at"] < _LOOKED_FOR:
            await _look_again(row, duty, act)
        return
    await _ask(row, left[0], duty, act)


async def _call(duty: Duty, case: Case, matter: Matter, act: Act) -> None:
    unit_id = matter.unit_id
    if case.customer_id is not None:
        unit_id = await fetch_value(f"select {unit_of('customer', '$1')}", case.customer_id)
    unit_id = unit_id or act.by.org_unit_id
    if not await queries.covers(duty, unit_id, act.now):
        return
    kept = await queries.serving(unit_id, duty.name)
    if kept is None and not duty.wanted:
        return
    here = await queries.on_duty(kept.id, act.now) if kept else []
    if act.by.person in {one.staff_id for one in here}:
        return
    call_id = new_id()
    row = {
        "id": call_id,
        "roster_id": kept.id if kept else None,
        "duty": duty.name,
        "org_unit_id": unit_id,
        "customer_id": case.customer_id,
        "subject": case.subject,
        "subject_id": case.id,
        "number": matter.number,
        "came_at": act.now,
        "passed_over": sorted(matter.but),
    }
    if not await add_all(DutyCall, None, [row], unless=("subject_id", "duty")):
        return
    own = Case(SUBJECT, call_id, case.customer_id)
    terms = duty.terms(duty.respond_within, clause=duty.clause)
    await sla.start(NewTimer(own, RESPONSE, terms, act.now))
    await done("call", own, act, shown=0)
    await ask_next(call_id, act.policy, act)


async def _ask(row: asyncpg.Record, one: OnDuty, duty: Duty, act: Signature) -> None:
    await add(
        DutyAsk,
        duty_call_id=row["id"],
        staff_id=one.staff_id,
        staff_name=one.staff_name,
        round=row["round"] + 1,
        asked_at=act.now,
    )
    await change(DutyCall, row["id"], asked_id=one.staff_id, asked_name=one.staff_name)
    await _look_again(row, duty, act)
    notice = Notice("duty_called", _about(row), staff_ids=(one.staff_id,), details=_said(row))
    await notify(notice, key=f"duty_called/{row['id']}", now=act.now)


async def _look_again(row: asyncpg.Record, duty: Duty, act: Signature) -> None:
    """Once it has not been taken in time: somebody else may have come on duty meanwhile."""
    await change(DutyCall, row["id"], round=row["round"] + 1)
    terms = duty.terms(duty.take_within, clause=duty.clause)
    quiet = structs.replace(terms, escalations=())
    await sla.start(NewTimer(_case(row), f"{_TAKE}{row['round'] + 1}", quiet, act.now))


async def _end(row: asyncpg.Record, act: Signature, *, state: str) -> None:
    await change(DutyCall, row["id"], act, state=state)
    await sla.cancel(row["id"], f"{_TAKE}{row['round']}", now=act.now)
    if state == "taken":
        await sla.complete_if_any(row["id"], RESPONSE, at=act.now, now=act.now)
    else:
        await sla.cancel(row["id"], RESPONSE, now=act.now)


async def _asked(call_id: UUID) -> list[UUID]:
    rows = await fetch("select staff_id from duty_ask where duty_call_id = $1 order by round", call_id)
    return [row["staff_id"] for row in rows]


def _case(row: asyncpg.Record) -> Case:
    return Case(SUBJECT, row["id"], row["customer_id"])


def _about(row: asyncpg.Record) -> Case:
    """Notices lead to the matter itself."""
    return Case(row["subject"], row["subject_id"], row["customer_id"])


def _said(row: asyncpg.Record) -> dict[str, str]:
    return {"number": row["number"]}
