"""Every table, in the order of their references: what `guibin migrate` creates."""

from piccolo.table import Table

from guibin_tenants.catalog import TABLES as TENANCY_TABLES

from .app.tables import IdempotencyRecord
from .audit.tables import AuditEntry
from .policies.tables import PolicyVersion

TABLES: tuple[type[Table], ...] = (
    *TENANCY_TABLES,
    IdempotencyRecord,
    PolicyVersion,
    AuditEntry,
)
