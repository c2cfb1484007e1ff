"""What was found, from when until when."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Array, Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, TenantTable


class ArchiveFinding(TenantTable, customer=True):
    """Something about a customer's archive breaks a rule of the policy (S07-10). It is gone when a later look does not find
    it any more, waived when somebody says why it is right as it is. `detail` names no value. Of what stands twice, `twin_units` are
    the org units of the other archives: whoever sees none of those does not hear of it (S02-6)."""

    rule = Varchar(length=40)
    detail = Varchar(length=100)
    twin_units = Array(base_column=UuidColumn(default=None), default=None, null=True)
    clause = Varchar(length=20)
    found_at = Timestamptz(default=None, null=True)
    gone_at = Timestamptz(default=None, null=True)
    waived_at = Timestamptz(default=None, null=True)
    waived_by_name = Varchar(length=200, default=None, null=True)
    waiver = Text(default=None, null=True)

    keys = Keys(
        merging="stays",
        signed_off="waived",
        erasable=("waiver",),
        indexes=(
            Index(("found_at desc", "id desc"), name="archive_finding_found_idx"),
            Index(("customer_id", "rule", "detail"), unique=True, where="gone_at is null", name="archive_finding_key"),
        ),
    )
