"""Which member of staff sees which org unit, told without asking the database row by row."""

from collections.abc import Iterable
from uuid import UUID

from guibin_tenants import org_units, staff
from guibin_tenants.org_units import OrgUnitView
from guibin_tenants.staff import StaffView


class Seeing:
    """The company's staff and org units. People see the unit they belong to and all below it; without a unit, all."""

    def __init__(self, people: Iterable[StaffView], units: Iterable[OrgUnitView]) -> None:
        self.people = {one.id: one for one in people}
        self.units = {unit.id: unit for unit in units}
        self._above: dict[UUID, frozenset[UUID]] = {}

    def sees(self, person_id: UUID, unit_id: UUID) -> bool:
        """Whether this one sees the archives of the org unit."""
        stands_in = self.people[person_id].org_unit_id
        return stands_in is None or stands_in in self._up_from(unit_id)

    def _up_from(self, unit_id: UUID) -> frozenset[UUID]:
        if unit_id not in self._above:
            found: list[UUID] = []
            at: UUID | None = unit_id
            while at is not None and at not in found:
                found.append(at)
                at = self.units[at].parent_id
            self._above[unit_id] = frozenset(found)
        return self._above[unit_id]


async def seeing() -> Seeing:
    """As it stands now, people who left and dissolved units included."""
    return Seeing(await staff.all_staff(), await org_units.all_units())
