"""Who was given which roles and posts, and whose were taken."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Array, Date, Text, Timestamptz, Varchar

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


class PostTerm(TenantTable, signed="given"):
    """A post somebody holds from a day until and with a day, None until it is ended: in what `capacity`. It began at `begun_at` and ended at
    `ended_at`; `brought` are the roles it gave them, which go with it."""

    staff_id = RowOf("staff")
    post = Varchar(length=60)
    capacity = Varchar(length=10)
    from_on = Date(default=None)
    until_on = Date(default=None, null=True)
    brought = Array(base_column=Text(), default=list)
    begun_at = Timestamptz(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="staff_id",
        indexes=(
            Index(("staff_id", "from_on")),
            Index(("from_on",), where="ended_at is null", name="post_term_open_idx"),
        ),
        checks={
            "capacity_known": "capacity in ('held', 'acting', 'deputy')",
            "in_order": "until_on is null or until_on >= from_on",
        },
    )
