"""Open complaints go to whoever takes over, responsibility and all, and to the successor of a dissolved org unit."""

from datetime import datetime
from uuid import UUID

from guibin import events
from guibin.events import ComplaintHandedOver
from guibin.profiles.handing_over import HandOver, charge, on_dissolution
from guibin_tenants.principals import Principal
from guibin_tenants.scope import execute, fetch, fetch_value

_OPEN = "state <> 'closed'"
# $1 is whose they are, $2 of which customers, null for all.
_THEIRS = (
    f"{_OPEN} and (owner_id = any ($1) or handler_id = any ($1)) and ($2::uuid[] is null or customer_id = any ($2))"
)


async def count(from_ids: tuple[UUID, ...], customer_ids: tuple[UUID, ...] | None) -> int:
    """How many they answer for or work on."""
    found: int = await fetch_value(
        f"select count(*) from complaint where {_THEIRS}", list(from_ids), customer_ids and list(customer_ids)
    )
    return found


async def hand_over(new: HandOver, by: Principal, now: datetime) -> int:
    """First-contact responsibility ends only here: its owner is gone (S07-11). The clock runs on."""
    rows = await fetch(
        f"select id from complaint where {_THEIRS} order by id for update",
        list(new.from_ids),
        new.customer_ids and list(new.customer_ids),
    )
    ids = [row["id"] for row in rows]
    await execute(
        "insert into complaint_hand_over (id, complaint_id, to_staff_id, reason, handed_by, handed_by_name, handed_at)"
        " select gen_random_uuid(), c, $2, $3, $4, $5, $6 from unnest($1::uuid[]) as c",
        ids,
        new.to_id,
        new.reason,
        by.id,
        by.name,
        now,
    )
    await execute(
        "update complaint set owner_name = case when owner_id = any ($2) then $4 else owner_name end,"
        " owner_id = case when owner_id = any ($2) then $3 else owner_id end,"
        " handler_id = case when handler_id = any ($2) then $3 else handler_id end, version = version + 1"
        " where id = any ($1)",
        ids,
        list(new.from_ids),
        new.to_id,
        new.to_name,
    )
    for complaint_id in ids:
        told = ComplaintHandedOver(complaint_id=complaint_id, to_staff_id=new.to_id, to_unit_id=None)
        await events.record(told, now=now)
    return len(ids)


@on_dissolution
async def follow_unit(unit_id: UUID, successor_id: UUID, by: Principal, now: datetime) -> None:
    """What waited for the unit waits for its successor."""
    await execute(
        f"update complaint set handler_unit_id = $2, version = version + 1 where handler_unit_id = $1 and {_OPEN}",
        unit_id,
        successor_id,
    )


charge("complaints", count, hand_over)
