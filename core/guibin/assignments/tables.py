"""Who looked after a customer when."""

from piccolo.columns import Text, Varchar

from guibin_tenants.tables import Index, Keys, Part, RowOf


class CustomerAssignment(Part, of="customer", signed="assigned", erasable=("reason",)):
    """From this moment on, who looks after the customer and where; the latest row holds (S05-3).

    `because` is opened, imported, assigned, handed_over, staff_left or unit_dissolved.
    """

    org_unit_id = RowOf("org_unit")
    account_manager_id = RowOf("staff", null=True)
    account_manager_name = Varchar(length=200, default="")
    because = Varchar(length=20)
    reason = Text(default="")

    keys = Keys(merging="stays", indexes=(Index(("customer_id", "assigned_at desc")),))
