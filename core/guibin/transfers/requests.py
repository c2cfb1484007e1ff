"""What is sent about imports and exports, bounded and strict."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from guibin.cases.requests import NewDisclosure
from guibin.policy.words import FullLine, saying
from guibin.spreadsheets.mapping import Mapping

from .tables import KIND_CHARS_MAX

# What is imported and exported: see kinds.py, and what a pack of the company calls its own, `<pack>.<word>`.
Kind = Annotated[str, saying(KIND_CHARS_MAX)]
# What a request holds: its body is at most 10 MiB, and a file in it a third longer.
FILE_BYTES_MAX = 7 * 1024 * 1024


class NewImport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file to be imported: xlsx or csv, at most 7 MiB, `content` in base64. `kind` is customers, relatives, occasions, links, facts,
    interactions, complaints, orders, venues, materials, merchants, shifts, offers, qualifications, or `<pack>.<word>` of a pack that
    the company has."""

    kind: Kind
    file_name: FullLine
    content: Annotated[bytes, Meta(min_length=1, max_length=FILE_BYTES_MAX)]


class NewRun(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Import it so; a `dry_run` checks and compares everything and writes nothing. Without a mapping by the one proposed."""

    mapping: Mapping | None = None
    dry_run: bool = True


class NewExport(NewDisclosure, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a kind, masked, as a file that imports again as it is. What it is for and whether it leaves the company goes on
    record; a whole base leaves it by law only (S12-5). `kind` as of an import."""

    kind: Kind
    format: Literal["xlsx", "csv"] = "xlsx"
