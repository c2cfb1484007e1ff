"""What customers signed of cases, sealed. A visit keeps its own."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Bytea, Integer, Varchar

from guibin_tenants.tables import Keys, TenantTable


class CaseSignature(TenantTable, customer=True, signed="taken"):
    """The customer's signature of a case: an image or a scan, sealed under the customer's key, `bytes_count` long in clear.
    `occasion` is what of the case was settled and signed for, once each."""

    subject = Varchar(length=40)
    subject_id = UuidColumn(default=None)
    occasion = Varchar(length=60)
    signed_by = Varchar(length=100)
    media_type = Varchar(length=20)
    bytes_count = Integer(default=0)
    sealed = Bytea()

    keys = Keys(
        begins="kept",
        unique=(("subject_id", "occasion"),),
        append_only=True,
        erasable=("signed_by",),
        checks={"type_known": "media_type in ('image/png', 'image/jpeg', 'application/pdf')"},
    )
