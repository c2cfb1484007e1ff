"""Editions of the notice: what each department is told, anew whenever it changes, and the tasks that follow from it.

An old edition stays on record as it went out. Departments that are no longer needed are told so.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
from msgspec import Struct
from msgspec.structs import replace

from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.policy.deadlines import Until
from guibin.policy.receptions import Protocol
from guibin.policy.receptions import ReceptionTask as TaskPolicy
from guibin.profiles.queries import name_of
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin_tenants import org_units
from guibin_tenants.keyring import Unshown
from guibin_tenants.rows import add, change, given
from guibin_tenants.scope import fetch, fetch_column, fetch_one, fetch_value
from guibin_tenants.tables import new_id

from . import needs
from .needs import Needs
from .requests import Particulars, PlanContent
from .sealing import Content, NoticeContent, TaskLine, opened, sealed
from .standing import guests_tiers, terms_of
from .tables import Reception, ReceptionNotice, ReceptionOrder, ReceptionTask

ORDER, ACKNOWLEDGEMENT = "reception_order", "acknowledgement"
TASK, DONE = "reception_task", "done"
Kind = Literal["notice", "change", "cancellation"]


class Issue(Struct, frozen=True):
    """What goes out: which kind, and why."""

    kind: Kind
    reason: str


class Edition(Struct, frozen=True, kw_only=True):
    """An edition on its way: `needed` departments are told what it says, all others in `units` that it is off."""

    reception: asyncpg.Record
    number: int
    what: Issue
    content: NoticeContent
    needed: tuple[str, ...]
    units: dict[str, UUID | None]
    needs: Needs = {}


async def issue_change(row: asyncpg.Record, act: Act, *, reason: str) -> None:
    """A new edition where a notice has gone out; nothing where none has yet."""
    if row["edition"]:
        await issue(row, Issue("change", reason), act)


async def call_off(row: asyncpg.Record, act: Act) -> None:
    """Nothing is due any more, and nothing more is written about a guest whose archive is erased."""
    await _end_acknowledgements(row["id"], now=act.now)
    await _align_tasks(row, (), {}, act)


async def tell_new_needs(row: asyncpg.Record, act: Act) -> None:
    """A new edition where the guest's archive says otherwise by now than what departments were told of it."""
    known = await needs.brought(row, terms_of(row).protocols[0].told, act)
    orders = await fetch(
        "select id, department, guest_id, sealed from reception_order where reception_id = $1 and edition = $2"
        " and kind <> 'cancellation'",
        row["id"],
        row["edition"],
    )
    for order in orders:
        content = await _carried(order, NoticeContent, ORDER)
        if content is not None and content.needs != known.get(order["department"], {}):
            await issue(row, Issue("change", ""), act, known=known)
            return


async def issue(row: asyncpg.Record, what: Issue, act: Act, *, known: Needs | None = None) -> None:
    """Send the next edition to every department of the protocol, and to those told before; with what is `known` of the guest's
    needs where that was read already."""
    protocol = terms_of(row).protocols[0]
    needed, tasks = ((), ()) if what.kind == "cancellation" else (protocol.told, protocol.tasks)
    departments = tuple(dict.fromkeys((*needed, *await _told_before(row["id"]))))
    edition = Edition(
        reception=row,
        number=row["edition"] + 1,
        what=what,
        content=await _content(row, protocol, what.reason),
        needed=needed,
        units=await units_of(departments, row["venue_id"]),
        needs=await needs.brought(row, needed, act) if known is None else known,
    )
    await _write_notice(edition, act)
    await _end_acknowledgements(row["id"], now=act.now)
    for department in departments:
        await _send(edition, department, act)
    await change(Reception, row["id"], edition=edition.number)
    await _align_tasks(row, tasks, edition.units, act)


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
    return tuple(
        await fetch_column(
            "select s.id from staff s join org_unit u on u.tenant_id = s.tenant_id and u.id = s.org_unit_id"
            " where s.left_at is null and s.org_unit_id = $1 and u.parent_id is not null",
            unit_id,
        )
    )


async def _content(row: asyncpg.Record, protocol: Protocol, text: str) -> NoticeContent:
    known = await fetch_one(
        "select id, sealed, customer_id as guest_id from reception_particulars where reception_id = $1"
        " order by edition desc limit 1",
        row["id"],
    )
    plan = await fetch_one(
        "select id, sealed, customer_id as guest_id from reception_plan where reception_id = $1 and outcome = 'approved'"
        " order by edition desc limit 1",
        row["id"],
    )
    return NoticeContent(
        guest=await name_of(row["customer_id"]),
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
        particulars=await _carried(known, Particulars, "reception_particulars") if known else None,
        plan=await _carried(plan, PlanContent, "reception_plan") if plan else None,
    )


async def _carried(row: asyncpg.Record, kind: type[Content], table: str) -> Content | None:
    return await opened(row, kind, table=table, unshown=Unshown.SEALED_AGAIN)


async def _write_notice(edition: Edition, act: Act) -> None:
    row, notice_id = edition.reception, new_id()
    await add(
        ReceptionNotice,
        act,
        id=notice_id,
        reception_id=row["id"],
        customer_id=row["customer_id"],
        edition=edition.number,
        kind=edition.what.kind,
        protocol=row["protocol"],
        reason=edition.what.reason,
        arrives_at=row["arrives_at"],
        sealed=await sealed(edition.content, guest_id=row["customer_id"], table="reception_notice", row=notice_id),
    )


async def _told_before(reception_id: UUID) -> tuple[str, ...]:
    """Departments whose newest order is not a cancellation."""
    return tuple(
        await fetch_column(
            "select department from (select distinct on (department) department, kind from reception_order"
            " where reception_id = $1 order by department, edition desc) o where kind <> 'cancellation'",
            reception_id,
        )
    )


async def _send(edition: Edition, department: str, act: Act) -> None:
    """The department's order, which it hears of; one that is needed has to acknowledge it in time."""
    row, terms, unit_id = edition.reception, terms_of(edition.reception), edition.units[department]
    off = department not in edition.needed
    order_id = await _write_order(edition, department, act)
    notice = Notice(
        "reception_cancelled" if off else "reception_notice",
        Case(ORDER, order_id),
        org_unit_id=unit_id,
        to_department=True,
        roles=("manager",),
        staff_ids=await people_of(unit_id),
        details={"number": row["number"], "edition": str(edition.number)},
    )
    await notify(notice, key=f"reception-order/{order_id}", now=act.now)
    if not off:
        await sla.start(
            NewTimer(
                Case(ORDER, order_id),
                ACKNOWLEDGEMENT,
                terms.acknowledgement_terms(await guests_tiers(row, act)),
                act.now,
            )
        )


async def _write_order(edition: Edition, department: str, act: Act) -> UUID:
    row, order_id = edition.reception, new_id()
    content = replace(edition.content, needs=edition.needs.get(department, {}))
    protocol = terms_of(row).protocols[0]
    return await add(
        ReceptionOrder,
        act,
        id=order_id,
        reception_id=row["id"],
        guest_id=row["customer_id"],
        number=row["number"],
        edition=edition.number,
        kind=edition.what.kind if department in edition.needed else "cancellation",
        department=department,
        org_unit_id=edition.units[department],
        protocol=protocol.name,
        channel=protocol.channel,
        arrives_at=row["arrives_at"],
        sealed=await sealed(content, guest_id=row["customer_id"], table=ORDER, row=order_id),
    )


async def _end_acknowledgements(reception_id: UUID, *, now: datetime) -> None:
    open_orders = await fetch(
        "select o.id from reception_order o where o.reception_id = $1 and not exists (select from"
        " reception_acknowledgement a where a.tenant_id = o.tenant_id and a.order_id = o.id)",
        reception_id,
    )
    for order in open_orders:
        await sla.cancel(order["id"], ACKNOWLEDGEMENT, now=now)


async def _align_tasks(
    row: asyncpg.Record, tasks: tuple[TaskPolicy, ...], units: dict[str, UUID | None], act: Act
) -> None:
    """What is not among `tasks` any more is withdrawn, what is new is asked, and open deadlines follow the arrival.

    What was reported stays reported.
    """
    terms = terms_of(row)
    existing = {
        (task["department"], task["name"]): task
        for task in await fetch(
            "select id, department, name, state, before_minutes from reception_task where reception_id = $1"
            " and state <> 'withdrawn' for update",
            row["id"],
        )
    }
    begun: list[NewTimer] = []
    for task in tasks:
        known = existing.pop((task.department, task.name), None)
        due_at = row["arrives_at"] - _ahead(task)
        clock = terms.terms(Until(due_at), clause=task.clause or terms.clause)
        if known is None:
            task_id = await _ask(row, task, units[task.department], act)
            begun.append(NewTimer(Case(TASK, task_id), DONE, clock, act.now))
        elif known["state"] == "open" and await _due_at(known["id"]) != due_at:
            await sla.relimit(known["id"], DONE, act, terms=clock)
    await sla.start_all(begun)
    for gone in existing.values():
        if gone["state"] == "open":
            await change(ReceptionTask, gone["id"], state="withdrawn")
            await sla.cancel(gone["id"], DONE, now=act.now)


def _ahead(task: TaskPolicy) -> timedelta:
    return timedelta(minutes=task.before_minutes)


async def _ask(row: asyncpg.Record, task: TaskPolicy, unit_id: UUID | None, act: Act) -> UUID:
    return await add(
        ReceptionTask, act, reception_id=row["id"], number=row["number"], org_unit_id=unit_id, **given(task)
    )


async def _due_at(task_id: UUID) -> datetime:
    due_at: datetime = await fetch_value(
        "select due_at from timer where subject_id = $1 and milestone = $2", task_id, DONE
    )
    return due_at
