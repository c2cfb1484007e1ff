"""Planned visits go to whoever takes over."""

from uuid import UUID

from guibin.context import Act
from guibin.profiles.handing_over import HandOver, charge
from guibin_tenants.scope import execute, fetch_value

# $1 is whose they are, $2 of which customers, null for all.
_THEIRS = "state = 'planned' and staff_id = any ($1) and ($2::uuid[] is null or customer_id = any ($2))"


async def count(from_ids: tuple[UUID, ...], customer_ids: tuple[UUID, ...] | None) -> int:
    """How many visits they still have to make."""
    planned: int = await fetch_value(
        f"select count(*) from visit where {_THEIRS}", list(from_ids), customer_ids and list(customer_ids)
    )
    return planned


async def hand_over(new: HandOver, act: Act) -> int:
    """The successor goes instead; the appointment stays."""
    return await execute(
        f"update visit set staff_id = $3, staff_name = $4, version = version + 1 where {_THEIRS}",
        list(new.from_ids),
        new.customer_ids and list(new.customer_ids),
        new.to_id,
        new.to_name,
    )


charge("visits", count, hand_over, columns=("visit.staff_id",))
