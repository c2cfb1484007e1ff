"""Figures as they were when a period was closed."""

from piccolo.columns import JSONB, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


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


class ReportSubscription(TenantTable):
    """A member of staff gets a report of an org unit by mail whenever a week or month is closed. `period` is the last one sent."""

    staff_id = RowOf("staff")
    kind = Varchar(length=20)
    span = Varchar(length=5)
    org_unit_id = RowOf("org_unit")
    period = Varchar(length=10, default="")
    begun_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="staff_id",
        unique=(("staff_id", "kind", "span", "org_unit_id"),),
        indexes=(Index(("org_unit_id", "span"), name="report_subscription_unit_idx"),),
        checks={"span_known": "span in ('week', 'month')"},
    )
