"""Activities that are still to come belong to the successor of a dissolved org unit."""

from uuid import UUID

from guibin.context import Act
from guibin.profiles.handing_over import on_dissolution
from guibin_tenants.scope import execute


@on_dissolution
async def follow_unit(unit_id: UUID, successor_id: UUID, act: Act) -> None:
    """Its people carry them out; what has been stays the unit's."""
    await execute(
        "update activity set org_unit_id = $2 where org_unit_id = $1 and ends_at > $3", unit_id, successor_id, act.now
    )
