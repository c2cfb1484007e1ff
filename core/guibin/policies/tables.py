"""Versions of a tenant's policy, and the indicators its outlets ask for."""

from piccolo.columns import JSONB, Integer, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin_tenants.tables import Index, Keys, TenantTable


class PolicyVersion(TenantTable, tablename="policy_version"):
    """One version: what the tenant overrides, in force from `effective_from` until the next one is."""

    version = Integer()
    effective_from = Timestamptz(default=None, null=True)
    overrides = JSONB()
    note = Text(default="")
    written_by = UuidColumn(default=None)
    written_by_name = Varchar(length=200)
    written_at = Timestamptz(default=None, null=True)

    keys = Keys(
        signed="written",
        written_by="company",
        unique=(("version",),),
        append_only=True,
        indexes=(Index(("effective_from",)),),
    )
