"""Views of lists with a name, and what somebody set for a list."""

from piccolo.columns import JSONB, Boolean, Integer, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


class ListView(TenantTable, signed="made"):
    """What is asked of a list, under a name. `staff_id` made it.

    `asks` are filters as they stand in an address; `columns` in their order, empty for whatever the reader has. A `shared` one
    is seen by those of `org_unit_id` and the units under it who hold `role`; without a unit by everybody's, without a role by
    all. One that is not is its maker's alone.
    """

    list_name = Varchar(length=40)
    name = Varchar(length=60)
    asks = JSONB(default="{}")
    sort = Varchar(length=40, default="")
    columns = JSONB(default="[]")
    staff_id = RowOf("staff")
    shared = Boolean(default=False)
    org_unit_id = RowOf("org_unit", null=True)
    role = Varchar(length=60, default="")
    changed_at = Timestamptz(default=None, null=True)
    version = Integer(default=1)

    keys = Keys(
        wall="org_unit_id",
        from_above=True,
        everybodys=True,
        written_by="org_unit_id",
        indexes=(
            Index(("staff_id", "list_name", "lower(name)"), unique=True, name="list_view_name_key"),
            Index(("list_name",), where="shared", name="list_view_shared_idx"),
        ),
    )


class ListSetting(TenantTable):
    """How a member of staff wants one list: which columns in which order, and the view it begins with."""

    staff_id = RowOf("staff")
    list_name = Varchar(length=40)
    columns = JSONB(default="[]")
    view_id = RowOf("list_view", null=True)

    keys = Keys(wall="staff_id", unique=(("staff_id", "list_name"),))
