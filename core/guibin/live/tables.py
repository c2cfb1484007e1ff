"""What happened of late, for streams that go on where they were cut."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import BigInt, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, TenantTable


class StreamEvent(TenantTable):
    """That something happened to `subject_id`: an event's or recorded action's name, and nothing of what it was.

    `recorded_in` is the transaction that wrote it: rows become visible in another order than they are written in, and none
    may be passed over for that.
    """

    type = Varchar(length=60)
    subject = Varchar(length=40)
    subject_id = UuidColumn(default=None)
    recorded_in = BigInt()
    at = Timestamptz(default=None, null=True)

    keys = Keys(
        while_frozen="*", append_only=True, expires=True, indexes=(Index(("recorded_in", "id")), Index(("at",)))
    )
