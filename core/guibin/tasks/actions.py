"""A task from asking to what was done about it: told, timed, ended."""

from uuid import UUID

from guibin.audit.actions import done, recorded
from guibin.cases import Case
from guibin.cases.requests import Because
from guibin.context import Act
from guibin.events import ArchiveEnds, at_once
from guibin.notices.actions import Notice, notify
from guibin.policy.deadlines import Hours
from guibin.policy.posts import ROLES
from guibin.policy.terms import Escalation, Terms
from guibin.profiles.subjects import refuse_unless_kept
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin_tenants.receivers import colleague
from guibin_tenants.refusals import Invalid
from guibin_tenants.rows import add, change, locked
from guibin_tenants.scope import execute, fetch_column
from guibin_tenants.tables import new_id

from .queries import LISTED, MILESTONE, SUBJECT, AskedTask
from .refusals import NobodyToAsk, TaskEnded
from .requests import NewTask, NewTaskEnd, NewTaskRequest
from .tables import Task

# What nobody did in time goes to these.
_ABOVE = {"account_manager": "manager", "agent": "manager"}
_LAST = "tenant_admin"


async def ask(new: NewTaskRequest, act: Act) -> AskedTask:
    """Ask for something to be done about a customer. Raises NotFound, ArchiveErased, Invalid, NobodyToAsk."""
    about = Case("customer", new.customer_id, new.customer_id)
    return await open_task(NewTask(text=new.text, role=new.role, within_hours=new.within_hours, about=about), act)


async def open_task(new: NewTask, act: Act) -> AskedTask:
    """Open it for whoever holds the role nearest to the customer, tell them, and let its time run.

    Raises Invalid for an unknown role, NotFound, ArchiveErased, NobodyToAsk.
    """
    known = sorted(ROLES | {post.name for post in act.policy.posts})
    if new.role not in known:
        raise Invalid.at("role", "a role or post of the company", f"one of: {', '.join(known)}", new.role)
    customer_id = new.about.customer_id
    if customer_id is not None:
        await refuse_unless_kept(customer_id)
    task_id = new_id()
    case = Case(SUBJECT, task_id, customer_id)
    unit_id = act.by.org_unit_id if customer_id is None else None
    notice = Notice("task_open", case, org_unit_id=unit_id, roles=(new.role,), details={"who": act.by.name})
    told = await notify(notice, key=f"task_open/{task_id}", now=act.now)
    if not told:
        raise NobodyToAsk(f"Nobody holds {new.role}")
    owner = await colleague(told[0])
    itself = new.about.subject == "customer"
    await add(
        Task,
        act,
        id=task_id,
        customer_id=customer_id,
        org_unit_id=act.by.org_unit_id,
        subject="" if itself else new.about.subject,
        subject_id=None if itself else new.about.id,
        role=new.role,
        owner_id=owner.id,
        owner_name=owner.name,
        text=new.text,
    )
    above = Escalation(_ABOVE.get(new.role, _LAST))
    await sla.start(NewTimer(case, MILESTONE, Terms(limit=Hours(new.within_hours), escalations=(above,)), act.now))
    return await recorded("ask", case, LISTED, act)


async def finish(task_id: UUID, new: NewTaskEnd, act: Act) -> AskedTask:
    """Say what was done about it, in time or late. Raises NotFound, TaskEnded."""
    return await _end(task_id, "done", new.text, act)


async def dismiss(task_id: UUID, new: Because, act: Act) -> AskedTask:
    """There is nothing to be done, and why. Raises NotFound, TaskEnded."""
    return await _end(task_id, "dismissed", new.reason, act)


@at_once(ArchiveEnds)
async def lapse_with_archive(ends: ArchiveEnds, act: Act) -> None:
    """Nothing is done about a customer who is served no more, nor about one whom nobody knows any more."""
    for task_id in await fetch_column(
        "select id from task where customer_id = $1 and state = 'open' order by id for update", ends.customer_id
    ):
        await sla.cancel(task_id, MILESTONE, now=act.now)
        await execute(
            "update task set state = 'lapsed', ended_at = $2, version = version + 1 where id = $1", task_id, act.now
        )
        await done("lapse", Case(SUBJECT, task_id, ends.customer_id), act)


async def _end(task_id: UUID, state: str, said: str, act: Act) -> AskedTask:
    row = await locked(Task, task_id)
    if row["state"] != "open":
        raise TaskEnded(f"It ended at {row['ended_at']}")
    await sla.complete_if_any(task_id, MILESTONE, at=act.now, now=act.now)
    await change(Task, task_id, act, state=state, result=said)
    return await recorded(
        "finish" if state == "done" else "dismiss", Case(SUBJECT, task_id, row["customer_id"]), LISTED, act
    )
