"""Who looks after a customer and where: one account manager, first and directly responsible, with a history (S05-3)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.audit.actions import IDS_MAX, AuditNote, record
from guibin.context import Act
from guibin.sla import actions as sla
from guibin_tenants.receivers import standing_unit
from guibin_tenants.refusals import Conflict, FieldError, Invalid
from guibin_tenants.rows import change, locked, shown
from guibin_tenants.scope import execute, fetch, fetch_one, fetch_value, savepoint
from guibin_tenants.tables import new_id

from . import handing_over, queries
from .handing_over import HandOver
from .queries import CustomerView
from .reactions import Assigned, assigned
from .requests import Assignment
from .tables import Customer
from .teams import sees

LOOKING_AFTER = ("account_manager", "manager", "tenant_admin")


class NobodyTakesOver(Conflict):
    """The customer's open work would stay with people who no longer see it."""

    kind = "nobody-takes-over"
    title = "Open work needs an account manager who sees the customer"


class AssignmentLine(Struct, frozen=True, kw_only=True):
    """From `assigned_at` on, this one looked after the customer, there."""

    org_unit_id: UUID
    org_unit_name: str
    account_manager_id: UUID | None
    account_manager_name: str
    because: str
    reason: str
    assigned_by_name: str
    assigned_at: datetime


async def assign(customer_id: UUID, new: Assignment, act: Act) -> CustomerView:
    """Give the customer another account manager, or move it to another outlet with its file and its open work.

    The wall moves with it: whoever does not see the new outlet sees the customer no more. Raises NotFound, Invalid,
    NobodyTakesOver.
    """
    before = await locked(Customer, customer_id)
    unit_id = new.org_unit_id or before["org_unit_id"]
    manager_id = new.account_manager_id or before["account_manager_id"]
    await refuse_closed_unit(new.org_unit_id)
    await refuse_unfit(manager_id, unit_id)
    try:
        async with savepoint():
            await change(Customer, customer_id, org_unit_id=unit_id, account_manager_id=manager_id, changed_at=act.now)
    except asyncpg.InsufficientPrivilegeError:
        raise Invalid(fields=(FieldError("org_unit_id", "an org unit you see", value=str(unit_id)),)) from None
    await note_assigned((customer_id,), act, because="assigned", reason=new.reason)
    if unit_id != before["org_unit_id"]:
        await bring_work_along((customer_id,), unit_id, act, reason=new.reason or "moved")
    await assigned(Assigned(customer_id, new.account_manager_id, act.policy, act.company), act)
    note = AuditNote(action="customer.assign", customer_id=customer_id, fields=("org_unit_id", "account_manager_id"))
    await record(note, act)
    return await queries.customer(customer_id)


async def history(customer_id: UUID, act: Act) -> list[AssignmentLine]:
    """Everybody who looked after the customer, the latest first. Raises NotFound."""
    await queries.version_of(customer_id)
    rows = await fetch(
        "select a.org_unit_id, u.name as org_unit_name, a.account_manager_id, a.account_manager_name, a.because,"
        " a.reason, a.assigned_by_name, a.assigned_at from customer_assignment a"
        " join org_unit u on u.tenant_id = a.tenant_id and u.id = a.org_unit_id"
        " where a.customer_id = $1 order by a.assigned_at desc, a.id desc",
        customer_id,
    )
    await record(AuditNote(action="assignment.read", subject="customer", customer_id=customer_id), act)
    return shown(AssignmentLine, rows)


async def note_assigned(customer_ids: Sequence[UUID], act: Act, *, because: str, reason: str) -> None:
    """Write down who looks after these customers as of now; nothing for those of whom it is written already."""
    await execute(
        "insert into customer_assignment (id, customer_id, org_unit_id, account_manager_id, account_manager_name,"
        " because, reason, assigned_by, assigned_by_name, assigned_at)"
        " select g.id, c.id, c.org_unit_id, c.account_manager_id, coalesce(s.name, ''), $3::text, $4, $5, $6, $7"
        " from unnest($1::uuid[], $2::uuid[]) as g (customer_id, id) join customer c on c.id = g.customer_id"
        " left join staff s on s.tenant_id = c.tenant_id and s.id = c.account_manager_id"
        " left join lateral (select a.org_unit_id, a.account_manager_id from customer_assignment a"
        "  where a.tenant_id = c.tenant_id and a.customer_id = c.id order by a.assigned_at desc, a.id desc limit 1) a"
        "  on true"
        " where (a.org_unit_id is distinct from c.org_unit_id"
        "  or a.account_manager_id is distinct from c.account_manager_id)"
        " and ($3::text <> 'imported' or c.account_manager_id is not null or a.org_unit_id is not null)",
        list(customer_ids),
        [new_id() for _ in customer_ids],
        because,
        reason,
        act.by.id,
        act.by.name,
        act.now,
    )


async def refuse_unfit(manager_id: UUID | None, unit_id: UUID) -> None:
    """Raises Invalid unless this one works here, looks after customers, and sees the org unit."""
    if manager_id is None:
        return
    row = await fetch_one(
        f"select s.left_at, s.roles && $3::text[] as fit, {sees('s', '$2')} as seeing from staff s where s.id = $1",
        manager_id,
        unit_id,
        list(LOOKING_AFTER),
    )
    rule, fix = "", "name somebody in account_manager_id"
    if row is None or row["left_at"] is not None:
        rule = "a member of staff who works here"
    elif not row["fit"]:
        rule = "an account manager or a leader"
    elif not row["seeing"]:
        rule, fix = "somebody who sees the customer's org unit", "name an account manager of that org unit"
    if rule:
        raise Invalid(fields=(FieldError("account_manager_id", rule, fix, str(manager_id)),))


async def refuse_closed_unit(unit_id: UUID | None) -> None:
    """Raises Invalid for an org unit that is unknown or was dissolved."""
    if unit_id is None:
        return
    await standing_unit(unit_id)


async def bring_work_along(customer_ids: Sequence[UUID], unit_id: UUID, act: Act, *, reason: str) -> None:
    """What is open about these customers with people who do not see `unit_id` goes to their account managers, and its
    deadlines count by the hours there.

    Raises NobodyTakesOver for a customer with such work and no account manager.
    """
    await sla.keep_hours(customer_ids, act)
    blind = await fetch(f"select s.id from staff s where not {sees('s', '$1')}", unit_id)
    from_ids = tuple(row["id"] for row in blind)
    rows = await fetch(
        "select c.account_manager_id, s.name, array_agg(c.id) as ids from customer c"
        " left join staff s on s.tenant_id = c.tenant_id and s.id = c.account_manager_id"
        " where c.id = any ($1) group by 1, 2 order by 1",
        list(customer_ids),
    )
    for row in rows:
        ids = tuple(row["ids"])
        if row["account_manager_id"] is None:
            left = await handing_over.open_work(from_ids, ids)
            if left:
                raise NobodyTakesOver(f"{handing_over.said(left)} would stay behind: name an account_manager_id")
            continue
        moved = HandOver(
            from_ids=from_ids,
            to_id=row["account_manager_id"],
            to_name=row["name"],
            reason=reason,
            customer_ids=ids,
        )
        await handing_over.hand_over(moved, act)


async def move_all(unit_id: UUID, to_unit_id: UUID, act: Act) -> list[UUID]:
    """Every customer of the org unit belongs to the other from now on; their ids. The caller writes down who looks after them."""
    rows = await fetch(
        "update customer set org_unit_id = $2, version = version + 1, changed_at = $3 where org_unit_id = $1 returning id",
        unit_id,
        to_unit_id,
        act.now,
    )
    return [row["id"] for row in rows]


async def change_blind_managers(customer_ids: list[UUID], unit_id: UUID, manager_id: UUID | None) -> None:
    """Whoever does not see the successor gives its customers to `manager_id`, else to the successor's own leader."""
    await execute(
        "update customer c set account_manager_id = coalesce($3, (select m.id from staff m where m.left_at is null"
        " and 'manager' = any (m.roles) and m.org_unit_id = $2 order by m.created_at, m.id limit 1))"
        " from staff s where s.tenant_id = c.tenant_id and s.id = c.account_manager_id and c.id = any ($1)"
        f" and not {sees('s', '$2')}",
        customer_ids,
        unit_id,
        manager_id,
    )


async def _hand_over_teams(new: HandOver, act: Act) -> int:
    """Members who go leave the teams; the account manager is there already and takes no part of theirs."""
    return await execute(
        "update team_member set left_at = $3 where staff_id = any ($1) and left_at is null"
        " and ($2::uuid[] is null or customer_id = any ($2))",
        list(new.from_ids),
        None if new.customer_ids is None else list(new.customer_ids),
        act.now,
    )


async def _count_customers(from_ids: tuple[UUID, ...], customer_ids: tuple[UUID, ...] | None) -> int:
    if customer_ids is not None:
        return 0
    count: int = await fetch_value(
        "select count(*) from customer where account_manager_id = any ($1) and erased_at is null", list(from_ids)
    )
    return count


async def _hand_over_customers(new: HandOver, act: Act) -> int:
    # A customer that moves has its account manager named with the move.
    if new.customer_ids is not None:
        return 0
    rows = await fetch(
        "update customer set account_manager_id = $2, version = version + 1, changed_at = $3"
        " where account_manager_id = any ($1) returning id",
        list(new.from_ids),
        new.to_id,
        act.now,
    )
    ids = [row["id"] for row in rows]
    await note_assigned(ids, act, because="handed_over", reason=new.reason)
    for start in range(0, len(ids), IDS_MAX):
        part = tuple(ids[start : start + IDS_MAX])
        note = AuditNote(action="customer.assign", customer_ids=part, fields=("account_manager_id",), shown=len(part))
        await record(note, act)
    return len(ids)


async def _no_team(from_ids: tuple[UUID, ...], customer_ids: tuple[UUID, ...] | None) -> int:
    return 0


@handing_over.on_leaving("team_member.staff_id")
async def leave_teams(staff_id: UUID, now: datetime) -> None:
    """Nobody who has left is in a customer's team."""
    await execute("update team_member set left_at = $2 where staff_id = $1 and left_at is null", staff_id, now)


handing_over.charge("customers", _count_customers, _hand_over_customers, columns=("customer.account_manager_id",))
handing_over.charge("team memberships", _no_team, _hand_over_teams, columns=())
