"""Who can be given something: somebody who works here, an org unit that stands. The same for every door and every slice."""

from uuid import UUID

from . import staff
from .refusals import FieldError, Invalid, NotFound
from .scope import fetch_one
from .staff import StaffView

# Whose part it is to answer for customers.
LOOKING_AFTER = ("account_manager", "manager", "tenant_admin")


async def colleague(staff_id: UUID, *, field: str = "staff_id") -> StaffView:
    """The member of staff. Raises Invalid, by the field, for somebody who does not work here or does no more."""
    found = await at_work(staff_id)
    if found is None:
        raise Invalid(fields=(stranger(staff_id, field=field),))
    return found


async def at_work(staff_id: UUID) -> StaffView | None:
    """The member of staff; None for somebody who does not work here or does no more."""
    try:
        found = await staff.by_id(staff_id)
    except NotFound:
        return None
    return found if found.left_at is None else None


def stranger(staff_id: UUID, *, field: str = "staff_id") -> FieldError:
    """What is wrong with somebody who is not at work here, for a refusal that names more than this."""
    return FieldError(field, "a member of staff who works here", "see GET /api/v1/staff", str(staff_id))


async def standing_unit(unit_id: UUID, *, field: str = "org_unit_id") -> UUID:
    """The org unit's id. Raises Invalid, by the field, for one there is not, or that was dissolved: then with its successor."""
    row = await fetch_one("select dissolved_at, successor_id from org_unit where id = $1", unit_id)
    if row is None or row["dissolved_at"] is not None:
        fix = f"its successor is {row['successor_id']}" if row and row["successor_id"] else "see GET /api/v1/org-units"
        raise Invalid.at(field, "an org unit that was not dissolved", fix, str(unit_id))
    return unit_id


async def refuse_no_receiver(staff_id: UUID | None, unit_id: UUID | None) -> None:
    """Raises Invalid unless work can go there: to a member of staff, to an org unit, or to the one within the other."""
    if staff_id is None and unit_id is None:
        rule, fix = "a member of staff or an org unit", "give to_staff_id or to_unit_id"
        raise Invalid.at("to_staff_id", rule, fix)
    if staff_id is not None:
        await colleague(staff_id, field="to_staff_id")
    if unit_id is not None:
        await standing_unit(unit_id, field="to_unit_id")


async def refuse_unfit(manager_id: UUID | None, unit_id: UUID) -> None:
    """Raises Invalid unless this one works here, looks after customers, and sees the org unit."""
    if manager_id is None:
        return
    row = await fetch_one(
        f"select s.left_at, s.roles && $3::text[] as fit, {sees('s', '$2')} as seeing from staff s where s.id = $1",
        manager_id,
        unit_id,
        list(LOOKING_AFTER),
    )
    rule, fix = "", "name somebody in account_manager_id"
    if row is None or row["left_at"] is not None:
        rule = "a member of staff who works here"
    elif not row["fit"]:
        rule = "an account manager or a leader"
    elif not row["seeing"]:
        rule, fix = "somebody who sees the customer's org unit", "name an account manager of that org unit"
    if rule:
        raise Invalid.at("account_manager_id", rule, fix, str(manager_id))


def sees(person: str, unit: str, *, tenant: str = "") -> str:
    """SQL: the member of staff `person` sees archives of the org unit `unit`; both are ours, never a caller's.

    `tenant` is the row with the tenant's id where `person` has none.
    """
    of = tenant or person
    return (
        f"({person}.org_unit_id is null or {person}.org_unit_id in (with recursive above (tenant_id, id, parent_id) as ("
        f"select u.tenant_id, u.id, u.parent_id from org_unit u where u.tenant_id = {of}.tenant_id and u.id = {unit}"
        " union select u.tenant_id, u.id, u.parent_id from org_unit u join above a on u.tenant_id = a.tenant_id"
        " and u.id = a.parent_id) select id from above))"
    )
