"""Desks, and who sits at them."""

from piccolo.columns import Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


class Desk(TenantTable, signed="opened"):
    """What a main business hall has for important customers: a dedicated desk (S07-3), a VIP room, a VIP counter or a club
    (S03-7), by its `kind`; the unit's while it is not closed, one of a kind at a time.
    """

    org_unit_id = RowOf("org_unit")
    kind = Varchar(length=12, default="desk")
    name = Varchar(length=100)
    hours = Varchar(length=100, default="")
    closed_at = Timestamptz(default=None, null=True)
    closed_by_name = Varchar(length=200, default=None, null=True)
    closing_reason = Text(default=None, null=True)

    keys = Keys(
        signed_off="closed",
        written_by="org_unit_id",
        indexes=(Index(("org_unit_id", "kind"), unique=True, where="closed_at is null", name="desk_open_key"),),
        checks={"kind_known": "kind in ('desk', 'vip_room', 'vip_counter', 'vip_club')"},
    )


class DeskSeat(TenantTable):
    """Somebody works at the desk, from `since_at` until before `until_at`."""

    desk_id = RowOf("desk")
    staff_id = RowOf("staff")
    since_at = Timestamptz(default=None, null=True)
    until_at = Timestamptz(default=None, null=True)

    keys = Keys(
        written_by="desk_id",
        indexes=(Index(("desk_id", "staff_id"), unique=True, where="until_at is null", name="desk_seat_taken_key"),),
    )
