"""Improvements because of a survey, followed to the end: owed, reported by the owner, confirmed by somebody else."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin_tenants.keys import hands_of, ids_of
from guibin_tenants.receivers import at_work, stranger
from guibin_tenants.refusals import FieldError, Forbidden, Invalid
from guibin_tenants.rows import add, given
from guibin_tenants.scope import execute, fetch, fetch_one, fetch_value, savepoint

from .queries import ACTIONS, ActionView
from .refusals import AlreadyConfirmed, NotReported
from .requests import NewImprovement, NewStep
from .tables import ImprovementAction, ImprovementStep


async def propose(new: NewImprovement, act: Act) -> ActionView:
    """Have somebody change something; the owner is told. Raises Invalid."""
    owner = await at_work(new.owner_id)
    answer = None
    if new.answer_id:
        answer = await fetch_one("select round_id, customer_id from survey_answer where id = $1", new.answer_id)
    round_id = answer["round_id"] if answer else new.round_id
    problems = []
    if owner is None:
        problems.append(stranger(new.owner_id, field="owner_id"))
    if new.due_at <= act.now:
        problems.append(FieldError("due_at", "in the future", value=new.due_at.isoformat()))
    if new.answer_id and answer is None:
        problems.append(FieldError("answer_id", "an answer you may see", value=str(new.answer_id)))
    elif answer is None and (
        round_id is None or not await fetch_value("select true from survey_round where id = $1", round_id)
    ):
        problems.append(FieldError("round_id", "a round you may see", "or name an answer", str(round_id)))
    if owner is None or problems:
        raise Invalid(fields=tuple(problems))
    action_id = await add(
        ImprovementAction,
        act,
        **given(new)
        | {
            "round_id": round_id,
            "customer_id": answer["customer_id"] if answer else None,
            "owner_name": owner.name,
        },
    )
    action = await ACTIONS.one(action_id)
    await done("propose", _case(action), act)
    await _tell("improvement_owed", action, new.owner_id, now=act.now)
    return action


async def report(action_id: UUID, new: NewStep, act: Act) -> ActionView:
    """Its owner has done it; whoever proposed it is told. Raises NotFound, Forbidden, AlreadyConfirmed."""
    action = await _locked(action_id)
    if action.owner_id not in await ids_of(act.by):
        raise Forbidden("Only its owner reports an improvement as done")
    await _step(action, "reported", new.note, act)
    proposer = await fetch_value("select proposed_by from improvement_action where id = $1", action_id)
    await _tell("improvement_reported", action, proposer, now=act.now)
    return await ACTIONS.one(action_id)


async def confirm(action_id: UUID, new: NewStep, act: Act) -> ActionView:
    """Somebody other than the owner has seen that it works: the end. Raises NotFound, Forbidden, NotReported."""
    return await _judge(action_id, "confirmed", new, act)


async def send_back(action_id: UUID, new: NewStep, act: Act) -> ActionView:
    """It is not done yet: the owner owes it again. Raises NotFound, Forbidden, NotReported."""
    action = await _judge(action_id, "sent_back", new, act)
    await _tell("improvement_owed", action, action.owner_id, now=act.now)
    return action


async def tell_overdue(*, now: datetime) -> int:
    """Tell the owner and the nearest manager, once for each time it is owed; how many are late."""
    rows = await fetch(
        "select a.id, a.customer_id, a.owner_id, a.due_at, s.org_unit_id, (select count(*) from improvement_step t"
        "   where t.tenant_id = a.tenant_id and t.action_id = a.id and t.kind = 'sent_back') as returns"
        " from improvement_action a join staff s on s.tenant_id = a.tenant_id and s.id = a.owner_id"
        " where a.due_at < $1 and coalesce((select t.kind from improvement_step t where t.tenant_id = a.tenant_id"
        "   and t.action_id = a.id order by t.taken_at desc, t.id desc limit 1), 'sent_back') = 'sent_back'"
        " order by a.due_at, a.id",
        now,
    )
    for row in rows:
        notice = Notice(
            "improvement_overdue",
            Case("improvement", row["id"], row["customer_id"]),
            org_unit_id=row["org_unit_id"],
            roles=("manager",),
            staff_ids=(row["owner_id"],),
            details={"on": row["due_at"].date().isoformat()},
        )
        await notify(notice, key=f"improvement-overdue/{row['id']}/{row['returns']}", now=now)
    return len(rows)


async def _judge(action_id: UUID, kind: Literal["confirmed", "sent_back"], new: NewStep, act: Act) -> ActionView:
    action = await _locked(action_id)
    if action.owner_id in await hands_of(act.by, now=act.now):
        raise Forbidden("Whoever owns an improvement does not judge it")
    if action.state == "open":
        raise NotReported(f"Improvement {action_id}")
    await _step(action, kind, new.note, act)
    return await ACTIONS.one(action_id)


async def _locked(action_id: UUID) -> ActionView:
    # Locks are the whole server's: the tenant is part of the key (subtlety 72).
    key = "current_setting('guibin.tenant') || '/improvement/' || $1::text"
    await execute(f"select pg_advisory_xact_lock(hashtextextended({key}, 0))", str(action_id))
    action = await ACTIONS.one(action_id)
    if action.state == "confirmed":
        raise AlreadyConfirmed(f"Improvement {action_id}")
    return action


async def _step(action: ActionView, kind: str, note: str, act: Act) -> None:
    try:
        async with savepoint():
            await add(ImprovementStep, act, action_id=action.id, kind=kind, note=note)
    except asyncpg.UniqueViolationError:
        raise AlreadyConfirmed(f"Improvement {action.id}") from None
    await done(kind, _case(action), act)


async def _tell(kind: str, action: ActionView, staff_id: UUID, *, now: datetime) -> None:
    notice = Notice(
        kind,
        Case("improvement", action.id, action.customer_id),
        staff_ids=(staff_id,),
        details={"on": action.due_at.date().isoformat()},
    )
    steps = await fetch_value("select count(*) from improvement_step where action_id = $1", action.id)
    await notify(notice, key=f"{kind}/{action.id}/{steps}", now=now)


def _case(action: ActionView) -> Case:
    return Case("improvement", action.id, action.customer_id)
