"""Activities that are still to come belong to the successor of a dissolved org unit."""

from guibin.context import Act
from guibin.events import UnitDissolved, at_once
from guibin_tenants.scope import execute


@at_once(UnitDissolved)
async def follow_unit(dissolved: UnitDissolved, act: Act) -> None:
    """Its people carry them out; what has been stays the unit's."""
    await execute(
        "update activity set org_unit_id = $2 where org_unit_id = $1 and ends_at > $3",
        dissolved.unit_id,
        dissolved.successor_id,
        act.now,
    )
