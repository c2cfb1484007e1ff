"""Audit entries. The application inserts and reads them; it can neither change nor delete one."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Array, Boolean, Integer, SmallInt, Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, TenantTable

from .kinds import DEPARTED

# Somebody did not get in, or was kept out.
TROUBLE = (
    "session.confirm_refused",
    "session.failure",
    "session.lock_out",
    "session.second_factor_refused",
    "session.unlock_refused",
    "staff.own_password_refused",
)
# What an index takes, and four times as many bytes as a purpose that is asked for has signs.
PURPOSE_BYTES_MAX = 2_000
# The purpose of a look in the name of an emergency access begins so; its id follows.
EMERGENCY = "emergency:"
# What confidential left, as its index has it: asked otherwise, it would not be found by that.
DEPARTED_AS_INDEXED = f"action = any ('{{{','.join(sorted(DEPARTED))}}}'::text[]) and coalesce(refused, '') = ''"


class AuditEntry(TenantTable):
    """One look or change. Holds ids and names of fields, never values (subtlety 70).

    `customer_ids` are all whose files were shown, `sealed_at` waits for the Merkle log. `asked` says that a sealed value was
    asked for by somebody who named it, `refused` why what was attempted did not happen: nothing else of it is left.
    `org_unit_id` is where the actor belongs: an outlet's auditor reads what its people did, and who looked at its customers.
    """

    happened_at = Timestamptz(default=None, null=True)
    actor_kind = Varchar(length=10)
    actor_id = UuidColumn(default=None)
    actor_name = Varchar(length=200)
    org_unit_id = UuidColumn(default=None, null=True)
    address = Varchar(length=64, default="")
    action = Varchar(length=60)
    subject = Varchar(length=40)
    subject_id = UuidColumn(default=None, null=True)
    customer_ids = Array(base_column=UuidColumn(default=None), default=list)
    shown = Integer(default=1)
    fields = Array(base_column=Text(), default=list)
    purpose = Text(default="")
    # Empty where the entry is from before there were these.
    asked = Boolean(default=False, null=True)
    refused = Varchar(length=60, default="", null=True)

    keys = Keys(
        while_frozen="*",
        wall="org_unit_id",
        also=("customer_ids customer",),
        anyone_adds=True,
        append_only=True,
        indexes=(
            Index(("happened_at", "id")),
            Index(("subject_id", "happened_at")),
            Index(("actor_id", "happened_at", "id")),
            Index(("action", "happened_at", "id")),
            Index(("org_unit_id", "happened_at", "id")),
            Index(
                ("purpose", "happened_at", "id"),
                where=f"purpose <> '' and octet_length(purpose) <= {PURPOSE_BYTES_MAX}",
                name="audit_entry_purpose_idx",
            ),
            Index(("happened_at", "id"), where="asked", name="audit_entry_asked_idx"),
            # Few are refused: they are found without the rest being gone through.
            Index(("happened_at", "id"), where="refused <> ''", name="audit_entry_refused_idx"),
            Index(
                ("happened_at", "id"),
                where=f"(action = any ('{{{','.join(TROUBLE)}}}'::text[]) or refused <> '')",
                name="audit_entry_trouble_idx",
            ),
            Index(("happened_at", "id"), where=DEPARTED_AS_INDEXED, name="audit_entry_departed_idx"),
            # What names several is found without the rest being gone through.
            Index(("happened_at", "id"), where="cardinality(customer_ids) > 1", name="audit_entry_several_idx"),
            # By whom an entry is about where it is about one; who is on a list stands in ListedCustomer.
            Index(("(customer_ids[1])", "happened_at"), name="audit_entry_first_customer_idx"),
        ),
    )


class ListedCustomer(TenantTable):
    """A customer of an entry that names several, so that who saw whom is found among millions of entries.

    Written behind the record, in the order of its moments: entries from the last moment on are looked through one by one.
    """

    entry_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    happened_at = Timestamptz(default=None, null=True)

    keys = Keys(
        while_frozen="*",
        wall="customer_id",
        merging="stays",
        unique=(("customer_id", "entry_id"),),
        indexes=(Index(("happened_at",)), Index(("customer_id", "happened_at", "entry_id"))),
        append_only=True,
    )


class LookUpCount(TenantTable):
    """How often one caller named a sealed value since `since`, in one of the parts that a busy caller's count is kept in."""

    actor_id = UuidColumn(default=None)
    part = SmallInt(default=0)
    since = Timestamptz(default=None, null=True)
    asked = Integer(default=0)

    keys = Keys(while_frozen="*", unique=(("actor_id", "part"),))
