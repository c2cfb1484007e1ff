"""One row per notice and reader."""

from piccolo.columns import JSONB, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


class StaffNotice(TenantTable):
    """`staff_id` is to know about `subject_id`. `details` fills the text `notice.<kind>`: numbers, no personal data,
    but for the words of a company's own rules, which go with the customer.

    `key` names the occasion: one member of staff is told of it once, however often its job runs.
    """

    staff_id = RowOf("staff")
    kind = Varchar(length=60)
    key = Varchar(length=200)
    subject = Varchar(length=40)
    subject_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None, null=True)
    details = JSONB(default="{}")
    told_at = Timestamptz(default=None, null=True)
    read_at = Timestamptz(default=None, null=True)

    keys = Keys(
        customers=("customer_id",),
        everybodys=True,
        unique=(("staff_id", "key"),),
        wall="customer_id",
        indexes=(
            Index(("staff_id", "told_at desc", "id desc"), name="staff_notice_inbox_idx"),
            Index(("staff_id",), where="read_at is null", name="staff_notice_unread_idx"),
        ),
    )
