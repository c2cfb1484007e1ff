"""Guests who are expected or here get somebody else at their side, and departments follow an org unit that is dissolved."""

from uuid import UUID

import asyncpg

from guibin.context import Act
from guibin.profiles.handing_over import HandOver, charge, on_dissolution
from guibin.records.subjects import is_erased
from guibin_tenants.scope import execute, fetch, fetch_value

from . import editions
from .standing import Event, Told, tell, write_event

_OPEN = "state not in ('seen_off', 'filed', 'cancelled')"
# $1 is whose they are, $2 of which customers, null for all.
_THEIRS = f"{_OPEN} and host_id = any ($1) and ($2::uuid[] is null or customer_id = any ($2))"


async def count(from_ids: tuple[UUID, ...], customer_ids: tuple[UUID, ...] | None) -> int:
    """How many guests they were to be with."""
    expected: int = await fetch_value(
        f"select count(*) from reception where {_THEIRS}", list(from_ids), customer_ids and list(customer_ids)
    )
    return expected


async def hand_over(new: HandOver, act: Act) -> int:
    """The successor is with the guest and hears of it; departments that were told get a new edition (S14-3)."""
    rows = await fetch(
        f"update reception set host_id = $3, host_name = $4, version = version + 1 where {_THEIRS} returning *",
        list(new.from_ids),
        None if new.customer_ids is None else list(new.customer_ids),
        new.to_id,
        new.to_name,
    )
    for row in sorted(rows, key=lambda row: row["arrives_at"]):
        await write_event(row, Event(kind="assignment", name=new.to_name, text=new.reason), act)
        await tell(Told(row, staff_ids=(new.to_id,)), "reception_assigned", act, key=str(row["version"]))
        await _tell_departments(row, new.reason, act)
    return len(rows)


@on_dissolution
async def follow_unit(unit_id: UUID, successor_id: UUID, act: Act) -> None:
    """Guests come to the successor, and what the unit was to prepare the successor prepares."""
    await execute(
        "update reception_task set org_unit_id = $2, version = version + 1 where org_unit_id = $1 and state = 'open'",
        unit_id,
        successor_id,
    )
    rows = await fetch(
        "update reception set venue_id = case when venue_id = $1 then $2 else venue_id end, version = version + 1"
        f" where {_OPEN} and (venue_id = $1 or exists (select from reception_order o where o.org_unit_id = $1"
        " and o.tenant_id = reception.tenant_id and o.reception_id = reception.id and o.edition = reception.edition))"
        " returning *",
        unit_id,
        successor_id,
    )
    for row in sorted(rows, key=lambda row: row["arrives_at"]):
        await _tell_departments(row, "", act)


async def _tell_departments(row: asyncpg.Record, reason: str, act: Act) -> None:
    # Nothing more is written about a guest whose archive is erased; whoever is here needs no notice.
    if row["state"] != "arrived" and not await is_erased(row["customer_id"]):
        await editions.issue_change(row, act, reason=reason)


charge("receptions", count, hand_over, columns=("reception.host_id",))
