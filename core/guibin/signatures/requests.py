"""What callers send about signatures."""

from msgspec import Struct

from guibin.policy.words import Name


class NewSignature(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The customer's signature: a PNG or JPEG image, or a PDF scan, in base64. `signed_by` is who signed."""

    signed_by: Name
    content: bytes
