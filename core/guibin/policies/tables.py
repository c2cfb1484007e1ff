"""Versions of a tenant's policy, and the indicators its outlets ask for."""

from piccolo.columns import JSONB, Integer, Text, Timestamptz

from guibin_tenants.tables import Index, Keys, TenantTable


class PolicyVersion(TenantTable, signed="written"):
    """One version: what the tenant overrides, in force from `effective_from` until the next one is. `packs` are the values of
    its packs from then on, where they are others than before."""

    version = Integer()
    effective_from = Timestamptz(default=None, null=True)
    overrides = JSONB()
    note = Text(default="")
    packs = JSONB(default=None, null=True)

    keys = Keys(written_by="company", unique=(("version",),), append_only=True, indexes=(Index(("effective_from",)),))
