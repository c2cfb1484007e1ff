"""Open department requests and upward reports go to whoever takes over, and to the successor of a dissolved unit."""

from uuid import UUID

from guibin.context import Act
from guibin.profiles.handing_over import HandOver, charge, on_dissolution
from guibin_tenants.scope import execute, fetch_value

_OPEN = "state in ('sent', 'acknowledged', 'returned')"
_THEIRS = f"{_OPEN} and (owner_id = any ($1) or asked_by = any ($1))"


async def count(from_ids: tuple[UUID, ...], customer_ids: tuple[UUID, ...] | None) -> int:
    """How many they answer for or follow up. A customer who moves changes nothing: departments see no archive."""
    if customer_ids is not None:
        return 0
    found: int = await fetch_value(f"select count(*) from department_request where {_THEIRS}", list(from_ids))
    return found


async def hand_over(new: HandOver, act: Act) -> int:
    """The successor answers, or follows up; the department asked stays the same."""
    if new.customer_ids is not None:
        return 0
    return await execute(
        "update department_request set owner_name = case when owner_id = any ($1) then $3 else owner_name end,"
        " owner_id = case when owner_id = any ($1) then $2 else owner_id end,"
        " asked_by_name = case when asked_by = any ($1) then $3 else asked_by_name end,"
        " asked_by = case when asked_by = any ($1) then $2 else asked_by end, version = version + 1"
        f" where {_THEIRS}",
        list(new.from_ids),
        new.to_id,
        new.to_name,
    )


@on_dissolution
async def follow_unit(unit_id: UUID, successor_id: UUID, act: Act) -> None:
    """What was asked of the unit, and by it, is its successor's."""
    await execute(
        "update department_request set to_unit_id = case when to_unit_id = $1 then $2 else to_unit_id end,"
        " from_unit_id = case when from_unit_id = $1 then $2 else from_unit_id end, version = version + 1"
        f" where (to_unit_id = $1 or from_unit_id = $1) and {_OPEN}",
        unit_id,
        successor_id,
    )


charge("department requests", count, hand_over, columns=("department_request.owner_id", "department_request.asked_by"))
