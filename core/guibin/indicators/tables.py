"""Indicators that outlets asked for."""

from piccolo.columns import JSONB, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


class ProposedIndicator(TenantTable, signed="proposed"):
    """An outlet asks for an indicator more (S12-2): in force once approved, from `decided_at` until `ended_at`."""

    scheme = Varchar(length=60)
    metric = Varchar(length=60)
    indicator = JSONB()
    org_unit_id = RowOf("org_unit")
    reason = Text()
    approval_id = UuidColumn(default=None, null=True)
    outcome = Varchar(length=10, default=None, null=True)
    decided_at = Timestamptz(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)
    ended_because = Text(default="")
    ended_by_name = Varchar(length=200, default="")

    keys = Keys(
        signed_off="ended",
        written_by="org_unit_id",
        indexes=(
            Index(("proposed_at", "id")),
            Index(
                ("scheme", "metric"),
                unique=True,
                where="ended_at is null and coalesce(outcome, 'approved') = 'approved'",
                name="proposed_indicator_name_idx",
            ),
        ),
        checks={"decided_with_outcome": "(decided_at is null) = (outcome is null)"},
    )
