"""Who was given which roles and posts, and whose were taken."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Array, Text

from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


class RoleChange(TenantTable, signed="changed"):
    """Somebody may do more or less from now on: roles and posts that were `given` and `taken`, and the org unit they belong to
    since, where that changed with it. `entry_id` is the entry of the record that says by what."""

    entry_id = UuidColumn(default=None)
    staff_id = RowOf("staff")
    given = Array(base_column=Text(), default=list)
    taken = Array(base_column=Text(), default=list)
    from_unit_id = UuidColumn(default=None, null=True)
    to_unit_id = UuidColumn(default=None, null=True)

    keys = Keys(
        wall="staff_id", append_only=True, unique=(("entry_id",),), indexes=(Index(("staff_id", "changed_at")),)
    )
