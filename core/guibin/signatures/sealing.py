"""What a customer signed: an image or a scan, recognised by its content, sealed under the customer's key (S07-12)."""

import base64
from uuid import UUID

from guibin_tenants.keyring import Place, seal, subject_key, unseal
from guibin_tenants.refusals import Invalid

# A page scanned in colour; the whole request may have ten.
SIGNATURE_BYTES_MAX = 2 * 1024 * 1024
# Where a PDF says that it ends: readers look no further back.
_PDF_TAIL_BYTES = 1_024
_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


def media_type_of(content: bytes) -> str | None:
    """The type of a whole PNG, JPEG or PDF file; None for anything else and for half of one."""
    if content.startswith(_PNG) and content[12:16] == b"IHDR" and content.endswith(_PNG_END):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff") and content.rstrip(b"\x00\r\n").endswith(b"\xff\xd9"):
        return "image/jpeg"
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-_PDF_TAIL_BYTES:]:
        return "application/pdf"
    return None


def checked_type(content: bytes) -> str:
    """The media type. Raises Invalid for something too large or of another type."""
    if len(content) > SIGNATURE_BYTES_MAX:
        rule = f"at most {SIGNATURE_BYTES_MAX} bytes"
        raise Invalid.at("content", rule, "scan it in grey or smaller", str(len(content)))
    media_type = media_type_of(content)
    if media_type is None:
        fix = "photograph or scan it again, and send the file unchanged"
        raise Invalid.at("content", "a whole PNG, JPEG or PDF file", fix)
    return media_type


async def sealed_signature(content: bytes, *, customer_id: UUID, row: UUID, table: str = "visit_signature") -> bytes:
    """The file as it is stored in this row."""
    return seal(await subject_key(customer_id), _place(table, row), base64.b64encode(content).decode())


async def opened_signature(sealed: bytes, *, customer_id: UUID, row: UUID, table: str = "visit_signature") -> bytes:
    """The file again. Raises KeyringError."""
    return base64.b64decode(unseal(await subject_key(customer_id), _place(table, row), sealed))


def _place(table: str, row: UUID) -> Place:
    return Place(table, "sealed", row)
