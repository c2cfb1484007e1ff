"""Forms people fill in: applications, qualification tables, opinion sheets."""

from msgspec import Struct

from .fields import ArchiveField


class Form(Struct, frozen=True, forbid_unknown_fields=True):
    """A form with its fields, in order."""

    name: str
    fields: tuple[ArchiveField, ...]
    clause: str = ""
