"""What somebody gains and loses by another role, post or org unit: said before it is so."""

from msgspec import Struct

from guibin_tenants import org_units, roles
from guibin_tenants.scope import ALL_UNITS
from guibin_tenants.staff import StaffView


class RightsChange(Struct, frozen=True, kw_only=True):
    """Roles and posts, permissions, and org units by name whose archives they see: what is `given` and what is `taken`.

    `whole_given` and `whole_taken` say that they see the whole company from then on, or no more.
    """

    given: list[str]
    taken: list[str]
    permissions_given: list[str]
    permissions_taken: list[str]
    units_given: list[str]
    units_taken: list[str]
    whole_given: bool = False
    whole_taken: bool = False

    @property
    def is_none(self) -> bool:
        """Whether they may do and see just what they do now."""
        return self == RightsChange(
            given=[], taken=[], permissions_given=[], permissions_taken=[], units_given=[], units_taken=[]
        )


async def between(before: StaffView, after: StaffView) -> RightsChange:
    """What of `after` is more and what is less than `before`."""
    held, holds = await roles.permitted(before.roles), await roles.permitted(after.roles)
    saw, sees = await org_units.visible_from(before.org_unit_id), await org_units.visible_from(after.org_unit_id)
    whole_given, whole_taken = sees == ALL_UNITS != saw, saw == ALL_UNITS != sees
    counted = not whole_given and not whole_taken
    more, less = (set(sees) - set(saw), set(saw) - set(sees)) if counted else (set(), set())
    units = await org_units.all_units() if more or less else []
    return RightsChange(
        given=[role for role in after.roles if role not in before.roles],
        taken=[role for role in before.roles if role not in after.roles],
        permissions_given=sorted(holds - held),
        permissions_taken=sorted(held - holds),
        units_given=[unit.name for unit in units if unit.id in more],
        units_taken=[unit.name for unit in units if unit.id in less],
        whole_given=whole_given,
        whole_taken=whole_taken,
    )
