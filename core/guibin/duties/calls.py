"""What comes in goes to whoever is on duty now, and on to the next when it is not taken (S07-2)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
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
from guibin_tenants.scope import fetch
from guibin_tenants.tables import new_id

from . import queries
from .queries import CALLS, RESPONSE, SUBJECT, DutyCallView, OnDuty
from .refusals import CallTaken
from .tables import DutyAsk, DutyCall

_TAKE = "take:"
# A call as it stands, or as it is about to be written.
Row = Mapping[str, Any]
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
    one = next((each for each in here if each.staff_id not in asked), None)
    again = one is not None or act.now - row["came_at"] < _LOOKED_FOR
    after = {**row, **_in_turn(one), "round": row["round"] + again}
    await change(DutyCall, call_id, **{name: after[name] for name in ("asked_id", "asked_name", "round")})
    if again:
        await sla.start(_look_again(after, duty, act))
    await _ask(after, one, duty, act)


async def _call(duty: Duty, case: Case, matter: Matter, act: Act) -> None:
    unit_id, wanted = await queries.wanted_for(duty, case.customer_id, matter.unit_id or act.by.org_unit_id, act.now)
    if not wanted:
        return
    kept = await queries.serving(unit_id, duty.name)
    if kept is None and not duty.wanted:
        return
    here = await queries.on_duty(kept.id, act.now) if kept else []
    if act.by.person in {one.staff_id for one in here}:
        return
    one = next((each for each in here if each.staff_id not in matter.but), None)
    row = {
        "id": new_id(),
        "roster_id": kept.id if kept else None,
        "duty": duty.name,
        "org_unit_id": unit_id,
        "customer_id": case.customer_id,
        "subject": case.subject,
        "subject_id": case.id,
        "number": matter.number,
        "came_at": act.now,
        "passed_over": sorted(matter.but),
        "round": 1,
        **_in_turn(one),
    }
    if not await add_all(DutyCall, None, [row], unless=("subject_id", "duty")):
        return
    terms = duty.terms(duty.respond_within, clause=duty.clause)
    await sla.start_all([NewTimer(_case(row), RESPONSE, terms, act.now), _look_again(row, duty, act)])
    await done("call", _case(row), act, shown=0)
    await _ask(row, one, duty, act)


def _in_turn(one: OnDuty | None) -> dict[str, Any]:
    return {"asked_id": one.staff_id if one else None, "asked_name": one.staff_name if one else ""}


async def _ask(row: Row, one: OnDuty | None, duty: Duty, act: Signature) -> None:
    """Whoever's turn it is hears; the leaders, where nobody is left."""
    if one is None:
        leaders = Notice(
            "duty_nobody", _about(row), org_unit_id=row["org_unit_id"], roles=duty.leaders, details=_said(row)
        )
        await notify(leaders, key=f"duty_nobody/{row['id']}", now=act.now)
        return
    await add(
        DutyAsk,
        duty_call_id=row["id"],
        staff_id=one.staff_id,
        staff_name=one.staff_name,
        round=row["round"],
        asked_at=act.now,
    )
    notice = Notice("duty_called", _about(row), staff_ids=(one.staff_id,), details=_said(row))
    await notify(notice, key=f"duty_called/{row['id']}", now=act.now)


def _look_again(row: Row, duty: Duty, act: Signature) -> NewTimer:
    """Once it has not been taken in time: somebody else may have come on duty meanwhile."""
    terms = duty.terms(duty.take_within, clause=duty.clause)
    return NewTimer(_case(row), f"{_TAKE}{row['round']}", structs.replace(terms, escalations=()), act.now)


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


def _case(row: Row) -> Case:
    return Case(SUBJECT, row["id"], row["customer_id"])


def _about(row: Row) -> Case:
    """Notices lead to the matter itself."""
    return Case(row["subject"], row["subject_id"], row["customer_id"])


def _said(row: Row) -> dict[str, str]:
    return {"number": row["number"]}
