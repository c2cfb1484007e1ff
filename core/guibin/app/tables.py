"""Answers kept for callers that repeat a request."""

from piccolo.columns import Bytea, Integer, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, TenantTable


class IdempotencyRecord(TenantTable, tablename="idempotency_record"):
    """What was answered to a POST with this `Idempotency-Key`; `fingerprint` covers route, caller and body."""

    key = Varchar(length=200)
    fingerprint = Bytea()
    status = Integer()
    headers = Bytea()
    body = Bytea()
    created_at = Timestamptz(default=None, null=True)

    keys = Keys(unique=(("key",),), indexes=(Index(("created_at",)),))
