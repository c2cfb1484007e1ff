"""What is sent about imports and exports, bounded and strict."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from guibin.cases.requests import NewDisclosure
from guibin.policy.words import FullLine
from guibin.spreadsheets.mapping import Mapping

Kind = Literal[
    "customers",
    "relatives",
    "occasions",
    "links",
    "facts",
    "interactions",
    "complaints",
    "orders",
    "venues",
    "materials",
    "merchants",
    "shifts",
    "offers",
    "qualifications",
]
# What a request holds: its body is at most 10 MiB, and a file in it a third longer.
FILE_BYTES_MAX = 7 * 1024 * 1024


class NewImport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file to be imported: xlsx or csv, at most 7 MiB, `content` in base64."""

    kind: Kind
    file_name: FullLine
    content: Annotated[bytes, Meta(min_length=1, max_length=FILE_BYTES_MAX)]


class NewRun(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Import it so; a `dry_run` checks and compares everything and writes nothing. Without a mapping by the one proposed."""

    mapping: Mapping | None = None
    dry_run: bool = True


class NewExport(NewDisclosure, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a kind, masked, as a file that imports again as it is. What it is for and whether it leaves the company goes on
    record; a whole base leaves it by law only (S12-5)."""

    kind: Kind
    format: Literal["xlsx", "csv"] = "xlsx"
