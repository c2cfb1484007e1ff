"""Activities that are still to come belong to the successor of a dissolved org unit; who is served no more has no place."""

from guibin.context import Act
from guibin.events import ArchiveEnds, UnitDissolved, at_once
from guibin_tenants.scope import execute, fetch

from .actions import locked
from .places import fill, leave


@at_once(UnitDissolved)
async def follow_unit(dissolved: UnitDissolved, act: Act) -> None:
    """Its people carry them out; what has been stays the unit's."""
    await execute(
        "update activity set org_unit_id = $2 where org_unit_id = $1 and ends_at > $3",
        dissolved.unit_id,
        dissolved.successor_id,
        act.now,
    )


@at_once(ArchiveEnds)
async def give_up_places(ends: ArchiveEnds, act: Act) -> None:
    """Whoever waits moves up to where a customer had a place who is served no more, or erased (S07-35)."""
    places = await fetch(
        "select p.id, p.activity_id, p.persons, p.given_at, p.redemption_id from activity_place p"
        " join activity a on a.tenant_id = p.tenant_id and a.id = p.activity_id"
        " where p.customer_id = $1 and p.left_at is null and a.starts_at > $2 and not exists (select from"
        " activity_cancellation x where x.tenant_id = a.tenant_id and x.activity_id = a.id) order by p.activity_id, p.id",
        ends.customer_id,
        act.now,
    )
    for place in places:
        await locked(place["activity_id"])
        await leave(place, place["activity_id"], act, reason=ends.reason)
        await fill(place["activity_id"], now=act.now)
