"""Who looks after a customer and where: one account manager, first and directly responsible, with a history (S05-3)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.audit.actions import IDS_MAX, noted
from guibin.context import Act
from guibin.events import ArchivesWritten, Assigned, StaffLeft, UnitDissolved, at_once, tell_at_once
from guibin.profiles import bulk, queries
from guibin.profiles.actions import leave_teams
from guibin.profiles.queries import CustomerView
from guibin.profiles.subjects import QUALIFIED
from guibin.profiles.tables import Customer
from guibin.sla import actions as sla
from guibin_tenants.receivers import refuse_unfit, sees, standing_unit
from guibin_tenants.refusals import Conflict, Invalid
from guibin_tenants.rows import change, locked, shown
from guibin_tenants.scope import execute, fetch, fetch_column, fetch_one, fetch_value, savepoint
from guibin_tenants.tables import new_id

from . import handing_over
from .handing_over import HandOver
from .requests import Assignment


class NobodyTakesOver(Conflict):
    """Open work needs an account manager who sees the customer."""


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
    if new.org_unit_id is not None:
        await standing_unit(new.org_unit_id)
    await refuse_unfit(manager_id, unit_id)
    if manager_id is not None and manager_id != before["account_manager_id"]:
        await QUALIFIED()(manager_id, act)
    try:
        async with savepoint():
            await change(Customer, customer_id, org_unit_id=unit_id, account_manager_id=manager_id, changed_at=act.now)
    except asyncpg.InsufficientPrivilegeError:
        raise Invalid.at("org_unit_id", "an org unit you see", value=str(unit_id)) from None
    await note_assigned((customer_id,), act, because="assigned", reason=new.reason)
    if unit_id != before["org_unit_id"]:
        await bring_work_along((customer_id,), unit_id, act, reason=new.reason or act.own_reason("moved"))
    await tell_at_once(Assigned(customer_id, new.account_manager_id), act)
    await noted("customer.assign", act, customer_id=customer_id, fields=("org_unit_id", "account_manager_id"))
    return await queries.customer(customer_id)


async def history(customer_id: UUID, act: Act) -> list[AssignmentLine]:
    """Everybody who looked after the customer, the latest first. Raises NotFound."""
    await queries.standing(customer_id)
    rows = await fetch(
        "select a.org_unit_id, u.name as org_unit_name, a.account_manager_id, a.account_manager_name, a.because,"
        " a.reason, a.assigned_by_name, a.assigned_at from customer_assignment a"
        " join org_unit u on u.tenant_id = a.tenant_id and u.id = a.org_unit_id"
        " where a.customer_id = $1 order by a.assigned_at desc, a.id desc",
        customer_id,
    )
    await noted("assignment.read", act, subject="customer", customer_id=customer_id)
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


async def bring_work_along(customer_ids: Sequence[UUID], unit_id: UUID, act: Act, *, reason: str) -> None:
    """What is open about these customers with people who do not see `unit_id` goes to their account managers, and its
    deadlines count by the hours there.

    Raises NobodyTakesOver for a customer with such work and no account manager.
    """
    await sla.keep_hours(customer_ids, act)
    from_ids = tuple(await fetch_column(f"select s.id from staff s where not {sees('s', '$1')}", unit_id))
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


@at_once(ArchivesWritten)
async def begin(written: ArchivesWritten, act: Act) -> None:
    """Write down who looks after them; those who moved to another org unit bring their open work along (S05-3)."""
    await note_assigned(written.customer_ids, act, because=written.because, reason="")
    for unit_id, customer_ids in written.moved.items():
        await bring_work_along(customer_ids, unit_id, act, reason=written.because)


async def move_unit(gone: UnitDissolved, act: Act, *, manager_id: UUID | None, reason: str) -> list[UUID]:
    """The customers of a dissolved org unit belong to its successor; their ids.

    Those whose account manager does not see it go to `manager_id`, else to the successor's own leader. Raises Invalid
    for one who is not fit, and NobodyTakesOver.
    """
    customer_ids = await bulk.move_all(gone.unit_id, gone.successor_id, act)
    await refuse_unfit(manager_id, gone.successor_id)
    await bulk.change_blind_managers(customer_ids, gone.successor_id, manager_id)
    await note_assigned(customer_ids, act, because="unit_dissolved", reason=reason)
    await bring_work_along(customer_ids, gone.successor_id, act, reason=reason)
    return customer_ids


async def counts_of(unit_id: UUID, successor_id: UUID | None) -> tuple[int, int]:
    """How many customers are the org unit's, and of how many the account manager does not see its successor."""
    row = await fetch_one(
        "select count(*) as customers, count(*) filter (where $2::uuid is not null and s.id is not null"
        f" and not {sees('s', '$2')}) as unseen from customer c"
        " left join staff s on s.tenant_id = c.tenant_id and s.id = c.account_manager_id where c.org_unit_id = $1",
        unit_id,
        successor_id,
    )
    return (row["customers"], row["unseen"]) if row else (0, 0)


async def looked_after(staff_ids: Sequence[UUID], *, outside: Sequence[UUID] = (), erased_too: bool = False) -> int:
    """How many customers these look after: everywhere, or in other org units than those given."""
    count: int = await fetch_value(
        "select count(*) from customer where account_manager_id = any ($1) and (erased_at is null or $3)"
        " and org_unit_id <> all ($2::uuid[])",
        list(staff_ids),
        list(outside),
        erased_too,
    )
    return count


async def hidden_from(staff_id: UUID, *, of: UUID) -> int:
    """How many customers whom `of` looks after this one does not see."""
    count: int = await fetch_value(
        f"select count(*) from customer c join staff s on s.tenant_id = c.tenant_id and s.id = $2"
        f" where c.account_manager_id = $1 and c.erased_at is null and not {sees('s', 'c.org_unit_id')}",
        of,
        staff_id,
    )
    return count


async def _hand_over_teams(new: HandOver, act: Act) -> int:
    """Members who go leave the teams; the account manager is there already and takes no part of theirs."""
    return await leave_teams(new.from_ids, of=new.customer_ids, now=act.now)


async def _count_customers(from_ids: tuple[UUID, ...], customer_ids: tuple[UUID, ...] | None) -> int:
    return 0 if customer_ids is not None else await looked_after(from_ids)


async def _hand_over_customers(new: HandOver, act: Act) -> int:
    # A customer that moves has its account manager named with the move.
    if new.customer_ids is not None:
        return 0
    ids = await bulk.give(new.from_ids, new.to_id, act)
    await note_assigned(ids, act, because="handed_over", reason=new.reason)
    for start in range(0, len(ids), IDS_MAX):
        part = tuple(ids[start : start + IDS_MAX])
        await noted("customer.assign", act, customer_ids=part, fields=("account_manager_id",), shown=len(part))
    return len(ids)


async def _no_team(from_ids: tuple[UUID, ...], customer_ids: tuple[UUID, ...] | None) -> int:
    return 0


@at_once(StaffLeft, name="team_member.staff_id")
async def end_teams(left: StaffLeft, act: Act) -> None:
    """Nobody who has left is in a customer's team."""
    await leave_teams((left.staff_id,), of=None, now=act.now)


handing_over.charge("customers", _count_customers, _hand_over_customers, columns=("customer.account_manager_id",))
handing_over.charge("team memberships", _no_team, _hand_over_teams, columns=())
