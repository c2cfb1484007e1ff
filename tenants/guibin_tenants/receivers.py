"""Who can be given something: somebody who works here, an org unit that stands. The same for every door and every slice."""

from uuid import UUID

from . import staff
from .refusals import FieldError, Invalid, NotFound
from .scope import fetch_one
from .staff import StaffView


async def colleague(staff_id: UUID, *, field: str = "staff_id") -> StaffView:
    """The member of staff. Raises Invalid, by the field, for somebody who does not work here or does no more."""
    try:
        found = await staff.by_id(staff_id)
    except NotFound:
        found = None
    if found is None or found.left_at is not None:
        rule = "a member of staff who works here"
        raise Invalid(fields=(FieldError(field, rule, "see GET /api/v1/staff", str(staff_id)),))
    return found


async def standing_unit(unit_id: UUID, *, field: str = "org_unit_id") -> UUID:
    """The org unit's id. Raises Invalid, by the field, for one there is not, or that was dissolved: then with its successor."""
    row = await fetch_one("select dissolved_at, successor_id from org_unit where id = $1", unit_id)
    if row is None or row["dissolved_at"] is not None:
        fix = f"its successor is {row['successor_id']}" if row and row["successor_id"] else "see GET /api/v1/org-units"
        raise Invalid(fields=(FieldError(field, "an org unit that was not dissolved", fix, str(unit_id)),))
    return unit_id


async def refuse_no_receiver(staff_id: UUID | None, unit_id: UUID | None) -> None:
    """Raises Invalid unless work can go there: to a member of staff, to an org unit, or to the one within the other."""
    if staff_id is None and unit_id is None:
        rule, fix = "a member of staff or an org unit", "give to_staff_id or to_unit_id"
        raise Invalid(fields=(FieldError("to_staff_id", rule, fix),))
    if staff_id is not None:
        await colleague(staff_id, field="to_staff_id")
    if unit_id is not None:
        await standing_unit(unit_id, field="to_unit_id")
