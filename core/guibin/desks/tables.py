"""Desks, and who sits at them."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, TenantTable


class Desk(TenantTable, tablename="desk"):
    """A main business hall has a dedicated desk (S07-3): the unit's while it is not closed, one at a time."""

    org_unit_id = UuidColumn(default=None)
    name = Varchar(length=100)
    hours = Varchar(length=100, default="")
    opened_at = Timestamptz(default=None, null=True)
    opened_by = UuidColumn(default=None)
    opened_by_name = Varchar(length=200)
    closed_at = Timestamptz(default=None, null=True)
    closed_by_name = Varchar(length=200, default=None, null=True)
    closing_reason = Text(default=None, null=True)

    keys = Keys(
        signed="opened",
        signed_off="closed",
        written_by="org_unit_id",
        references={"org_unit_id": "org_unit"},
        indexes=(Index(("org_unit_id",), unique=True, where="closed_at is null", name="desk_open_key"),),
    )


class DeskSeat(TenantTable, tablename="desk_seat"):
    """Somebody works at the desk, from `since_at` until before `until_at`."""

    desk_id = UuidColumn(default=None)
    staff_id = UuidColumn(default=None)
    since_at = Timestamptz(default=None, null=True)
    until_at = Timestamptz(default=None, null=True)

    keys = Keys(
        written_by="desk_id",
        references={"desk_id": "desk", "staff_id": "staff"},
        indexes=(Index(("desk_id", "staff_id"), unique=True, where="until_at is null", name="desk_seat_taken_key"),),
    )
