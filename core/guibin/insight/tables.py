"""Figures as they were when a period was closed."""

from piccolo.columns import JSONB, Timestamptz, Varchar

from guibin_tenants.tables import Keys, RowOf, TenantTable


class PeriodClose(TenantTable):
    """What an org unit's figures of a period were at the close (subtlety 67): never changed, never closed again.

    `content` holds the statistics or the counts, by `kind`, as known at `closed_at`; the head office's are the whole
    company's. What is corrected later is shown beside it.
    """

    kind = Varchar(length=20)
    period = Varchar(length=10)
    org_unit_id = RowOf("org_unit")
    content = JSONB()
    closed_at = Timestamptz(default=None, null=True)

    keys = Keys(
        unique=(("kind", "period", "org_unit_id"),),
        wall="org_unit_id",
        append_only=True,
        checks={"kind_known": "kind in ('complaints', 'counts')"},
    )
