"""Audit entries. The application inserts and reads them; it can neither change nor delete one."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Array, Integer, Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, TenantTable


class AuditEntry(TenantTable, tablename="audit_entry"):
    """One look or change. Holds ids and names of fields, never values (subtlety 70).

    `customer_ids` are all whose files were shown, `sealed_at` waits for the Merkle log.
    """

    happened_at = Timestamptz(default=None, null=True)
    actor_kind = Varchar(length=10)
    actor_id = UuidColumn(default=None)
    actor_name = Varchar(length=200)
    address = Varchar(length=64, default="")
    action = Varchar(length=60)
    subject = Varchar(length=40)
    subject_id = UuidColumn(default=None, null=True)
    customer_ids = Array(base_column=UuidColumn(default=None), default=list)
    shown = Integer(default=1)
    fields = Array(base_column=Text(), default=list)
    purpose = Text(default="")

    keys = Keys(
        append_only=True,
        indexes=(Index(("happened_at", "id")), Index(("subject_id", "happened_at"))),
    )
