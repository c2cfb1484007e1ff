"""Answers kept for callers that repeat a request."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Array, Bytea, Integer, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, TenantTable


class IdempotencyRecord(TenantTable):
    """What was answered to a POST with this `Idempotency-Key`; `fingerprint` covers route and body, `permissions` what the
    caller might do. The answer is sealed for all of `customer_ids`, whom it shows; nothing is kept of one that
    holds a secret.
    """

    key = Varchar(length=200)
    fingerprint = Bytea(secret=True)
    permissions = Bytea(secret=True)
    customer_ids = Array(base_column=UuidColumn(default=None), default=list)
    status = Integer()
    headers = Bytea(secret=True)
    body = Bytea(secret=True)
    created_at = Timestamptz(default=None, null=True)

    keys = Keys(while_frozen="*", unique=(("key",),), indexes=(Index(("created_at",)),))
