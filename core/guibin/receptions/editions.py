"""Editions of the notice: what each department is told, anew whenever it changes, and the tasks that follow from it.

An old edition stays on record as it went out. Departments that are no longer needed are told so.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.policy.deadlines import Until
from guibin.policy.receptions import Protocol, ReceptionPolicy
from guibin.policy.receptions import ReceptionTask as TaskPolicy
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin_tenants import org_units
from guibin_tenants.keyring import Unshown
from guibin_tenants.scope import execute, fetch, fetch_one, fetch_value
from guibin_tenants.tables import new_id

from .requests import Particulars, PlanContent
from .sealing import Content, NoticeContent, TaskLine, opened, sealed
from .standing import terms_of
from .tables import ReceptionNotice, ReceptionOrder, ReceptionTask

ORDER, ACKNOWLEDGEMENT = "reception_order", "acknowledgement"
TASK, DONE = "reception_task", "done"
Kind = Literal["notice", "change", "cancellation"]


class Issue(Struct, frozen=True):
    """What goes out: which kind, and why."""

    kind: Kind
    reason: str


async def issue_change(row: asyncpg.Record, act: Act, *, reason: str) -> None:
    """A new edition where a notice has gone out; nothing where none has yet."""
    if row["edition"]:
        await issue(row, Issue("change", reason), act)


async def call_off(row: asyncpg.Record, act: Act) -> None:
    """Nothing is due any more, and nothing more is written about a guest whose archive is erased."""
    await _end_acknowledgements(row["id"], now=act.now)
    await _align_tasks(row, (), {}, terms_of(row), act)


async def issue(row: asyncpg.Record, what: Issue, act: Act) -> None:
    """Send the next edition to every department of the protocol, and to those told before."""
    terms, edition = terms_of(row), row["edition"] + 1
    protocol = terms.protocols[0]
    cancelled = what.kind == "cancellation"
    content = await _content(row, protocol, what.reason)
    await _write_notice(row, content, edition, what, act)
    before = await _told_before(row["id"])
    wanted = () if cancelled else protocol.told
    units = await units_of((*wanted, *before), row["venue_id"])
    await _end_acknowledgements(row["id"], now=act.now)
    for department in dict.fromkeys((*wanted, *before)):
        kind: Kind = what.kind if department in wanted else "cancellation"
        order_id = await _order(row, content, edition, kind, department, units[department], act)
        if kind != "cancellation":
            await sla.start(
                NewTimer(
                    subject=ORDER,
                    subject_id=order_id,
                    milestone=ACKNOWLEDGEMENT,
                    terms=terms.terms(terms.acknowledge_within, clause=terms.clause),
                    started_at=act.now,
                )
            )
    await execute("update reception set edition = $2, version = version + 1 where id = $1", row["id"], edition)
    await _align_tasks(row, () if cancelled else protocol.tasks, units, terms, act)


async def units_of(departments: tuple[str, ...], venue_id: UUID | None) -> dict[str, UUID | None]:
    """The org unit of each department: `<venue>-<department>`, else `<department>`, else the venue or the head office."""
    units = await org_units.all_units()
    followed = {unit.id: unit.successor_id for unit in units}
    codes = {unit.code: _standing(unit.id, followed) for unit in units}
    venue = next((unit.code for unit in units if unit.id == venue_id), "")
    head = next((unit.id for unit in units if unit.parent_id is None), None)
    return {name: codes.get(f"{venue}-{name}") or codes.get(name) or venue_id or head for name in departments}


def _standing(unit_id: UUID, followed: Mapping[UUID, UUID | None]) -> UUID:
    """The unit, or whoever took its things over."""
    while (successor_id := followed.get(unit_id)) is not None:
        unit_id = successor_id
    return unit_id


async def people_of(unit_id: UUID | None) -> tuple[UUID, ...]:
    """Everybody at work in a department; nobody by name for the head office."""
    rows = await fetch(
        "select s.id from staff s join org_unit u on u.tenant_id = s.tenant_id and u.id = s.org_unit_id"
        " where s.left_at is null and s.org_unit_id = $1 and u.parent_id is not null",
        unit_id,
    )
    return tuple(row["id"] for row in rows)


async def _content(row: asyncpg.Record, protocol: Protocol, text: str) -> NoticeContent:
    guest_id = row["customer_id"]
    known = await fetch_one(
        "select id, sealed from reception_particulars where reception_id = $1 order by edition desc limit 1", row["id"]
    )
    plan = await fetch_one(
        "select id, sealed from reception_plan where reception_id = $1 and outcome = 'approved'"
        " order by edition desc limit 1",
        row["id"],
    )
    return NoticeContent(
        guest=await fetch_value("select name from customer where id = $1", guest_id),
        party_size=row["party_size"],
        leaves_at=row["leaves_at"].isoformat() if row["leaves_at"] else "",
        host=row["host_name"],
        text=text,
        channel=protocol.channel,
        etiquette=protocol.etiquette,
        tasks=tuple(
            TaskLine(task.department, task.name, (row["arrives_at"] - _ahead(task)).isoformat())
            for task in sorted(protocol.tasks, key=lambda task: -task.before_minutes)
        ),
        particulars=await _carried(known, Particulars, guest_id, "reception_particulars") if known else None,
        plan=await _carried(plan, PlanContent, guest_id, "reception_plan") if plan else None,
    )


async def _carried(row: asyncpg.Record, kind: type[Content], guest_id: UUID, table: str) -> Content | None:
    return await opened(row, kind, guest_id=guest_id, table=table, unshown=Unshown.SEALED_AGAIN)


async def _write_notice(row: asyncpg.Record, content: NoticeContent, edition: int, what: Issue, act: Act) -> None:
    notice_id = new_id()
    await ReceptionNotice.insert(
        ReceptionNotice(
            id=notice_id,
            reception_id=row["id"],
            customer_id=row["customer_id"],
            edition=edition,
            kind=what.kind,
            protocol=row["protocol"],
            reason=what.reason,
            arrives_at=row["arrives_at"],
            sealed=await sealed(content, guest_id=row["customer_id"], table="reception_notice", row=notice_id),
            issued_by=act.by.id,
            issued_by_name=act.by.name,
            issued_at=act.now,
        )
    )


async def _told_before(reception_id: UUID) -> tuple[str, ...]:
    """Departments whose newest order is not a cancellation."""
    rows = await fetch(
        "select department from (select distinct on (department) department, kind from reception_order"
        " where reception_id = $1 order by department, edition desc) o where kind <> 'cancellation'",
        reception_id,
    )
    return tuple(row["department"] for row in rows)


async def _order(
    row: asyncpg.Record,
    content: NoticeContent,
    edition: int,
    kind: Kind,
    department: str,
    unit_id: UUID | None,
    act: Act,
) -> UUID:
    order_id = new_id()
    protocol: Protocol = terms_of(row).protocols[0]
    await ReceptionOrder.insert(
        ReceptionOrder(
            id=order_id,
            reception_id=row["id"],
            guest_id=row["customer_id"],
            number=row["number"],
            edition=edition,
            kind=kind,
            department=department,
            org_unit_id=unit_id,
            protocol=protocol.name,
            channel=protocol.channel,
            arrives_at=row["arrives_at"],
            sealed=await sealed(content, guest_id=row["customer_id"], table=ORDER, row=order_id),
            issued_at=act.now,
        )
    )
    notice = Notice(
        kind="reception_cancelled" if kind == "cancellation" else "reception_notice",
        subject=ORDER,
        subject_id=order_id,
        org_unit_id=unit_id,
        roles=("manager",),
        staff_ids=await people_of(unit_id),
        details={"number": row["number"], "edition": str(edition)},
    )
    await notify(notice, key=f"reception-order/{order_id}", now=act.now)
    return order_id


async def _end_acknowledgements(reception_id: UUID, *, now: datetime) -> None:
    open_orders = await fetch(
        "select o.id from reception_order o where o.reception_id = $1 and not exists (select from"
        " reception_acknowledgement a where a.tenant_id = o.tenant_id and a.order_id = o.id)",
        reception_id,
    )
    for order in open_orders:
        await sla.cancel(order["id"], ACKNOWLEDGEMENT, now=now)


async def _align_tasks(
    row: asyncpg.Record,
    wanted: tuple[TaskPolicy, ...],
    units: dict[str, UUID | None],
    terms: ReceptionPolicy,
    act: Act,
) -> None:
    """What is no longer wanted is withdrawn, what is new is asked, and open deadlines follow the arrival.

    What was reported stays reported.
    """
    existing = {
        (task["department"], task["name"]): task
        for task in await fetch(
            "select id, department, name, state, before_minutes from reception_task where reception_id = $1"
            " and state <> 'withdrawn' for update",
            row["id"],
        )
    }
    for task in wanted:
        known = existing.pop((task.department, task.name), None)
        due_at = row["arrives_at"] - _ahead(task)
        clock = terms.terms(Until(due_at), clause=task.clause or terms.clause)
        if known is None:
            task_id = await _ask(row, task, units[task.department], now=act.now)
            await sla.start(NewTimer(subject=TASK, subject_id=task_id, milestone=DONE, terms=clock, started_at=act.now))
        elif known["state"] == "open" and await _due_at(known["id"]) != due_at:
            await sla.relimit(known["id"], DONE, act, terms=clock)
    for gone in existing.values():
        if gone["state"] == "open":
            await execute(
                "update reception_task set state = 'withdrawn', version = version + 1 where id = $1", gone["id"]
            )
            await sla.cancel(gone["id"], DONE, now=act.now)


def _ahead(task: TaskPolicy) -> timedelta:
    return timedelta(minutes=task.before_minutes)


async def _ask(row: asyncpg.Record, task: TaskPolicy, unit_id: UUID | None, *, now: datetime) -> UUID:
    task_id = new_id()
    await ReceptionTask.insert(
        ReceptionTask(
            id=task_id,
            reception_id=row["id"],
            number=row["number"],
            department=task.department,
            org_unit_id=unit_id,
            name=task.name,
            form=task.form,
            before_minutes=task.before_minutes,
            clause=task.clause,
            asked_at=now,
        )
    )
    return task_id


async def _due_at(task_id: UUID) -> datetime:
    due_at: datetime = await fetch_value(
        "select due_at from timer where subject_id = $1 and milestone = $2", task_id, DONE
    )
    return due_at
