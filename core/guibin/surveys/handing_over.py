"""Improvement actions that are not confirmed go to whoever takes over."""

from uuid import UUID

from guibin.context import Act
from guibin.profiles.handing_over import HandOver, charge
from guibin_tenants.scope import execute, fetch_value

# $1 is whose they are, $2 about which customers, null for all.
_THEIRS = (
    "owner_id = any ($1) and ($2::uuid[] is null or customer_id = any ($2)) and not exists (select from"
    " improvement_step s where s.tenant_id = improvement_action.tenant_id and s.action_id = improvement_action.id"
    " and s.kind = 'confirmed')"
)


async def count(from_ids: tuple[UUID, ...], customer_ids: tuple[UUID, ...] | None) -> int:
    """How many they still owe."""
    owed: int = await fetch_value(
        f"select count(*) from improvement_action where {_THEIRS}", list(from_ids), customer_ids and list(customer_ids)
    )
    return owed


async def hand_over(new: HandOver, act: Act) -> int:
    """The successor owes them until the same moment."""
    return await execute(
        f"update improvement_action set owner_id = $3, owner_name = $4 where {_THEIRS}",
        list(new.from_ids),
        new.customer_ids and list(new.customer_ids),
        new.to_id,
        new.to_name,
    )


charge("improvement actions", count, hand_over, columns=("improvement_action.owner_id",))
