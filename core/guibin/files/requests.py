"""What is said of a file by whoever adds, opens or removes it."""

from typing import Literal

from msgspec import Struct

Kind = Literal["photo", "document", "evidence", "identity", "signature"]
# Nobody has to remember that these are.
ALWAYS_CONFIDENTIAL = frozenset({"identity", "signature"})


class FileSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it is for. Without a kind a picture is a photo and everything else a document; what shows an identity or a
    signature is confidential in any case."""

    kind: Kind | None = None
    confidential: bool = False


class NewFile(Struct, frozen=True, kw_only=True):
    """A file as it was sent."""

    name: str
    content: bytes
    said: FileSaid = FileSaid()
