"""Reading what is known of files; their bytes are opened by `actions.py`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.web.listing import Listing, newest_first
from guibin_tenants.rows import line
from guibin_tenants.scope import fetch

from .requests import Kind
from .subjects import Holder, readable


class RemovalLine(Struct, frozen=True):
    """That a file was taken away, and why."""

    reason: str
    removed_by: UUID
    removed_by_name: str
    removed_at: datetime


class FileView(Struct, frozen=True, kw_only=True):
    """A file. `thumbnail` says whether it has one; with a `removal` it is not there any more."""

    id: UUID
    subject: str
    subject_id: UUID
    customer_id: UUID | None
    name: str
    media_type: str
    kind: Kind
    confidential: bool
    bytes_count: int
    sha256: str
    thumbnail: bool
    added_by: UUID
    added_by_name: str
    added_at: datetime
    removal: RemovalLine | None


class FileFilter(Struct, frozen=True, kw_only=True):
    """Which files: of this kind, and with `kept` those that were not removed."""

    kind: Kind | None = None
    kept: bool | None = None


REMOVED = "exists (select from file_removal r where r.tenant_id = x.tenant_id and r.file_id = x.id)"
LISTED = Listing(
    view=FileView,
    source="stored_file x",
    order=newest_first("x.added_at"),
    columns={"removal": line(RemovalLine, "from file_removal where file_id = x.id")},
    filters={"kept": f"({REMOVED}) <> $value"},
)


def of(holder: Holder) -> Listing[FileView]:
    """The files of one of these: `asking` says what the names in it stand for."""
    also = f" or x.subject_id in ({holder.along})" if holder.along else ""
    own = f"x.subject = $subject and (x.subject_id = $subject_id{also})"
    if holder.everything:
        own = f"({own}) or (x.customer_id = $subject_id and x.subject = any ($readable::text[]))"
    return Listing(
        view=FileView,
        source=LISTED.source,
        order=LISTED.order,
        columns=LISTED.columns,
        filters=LISTED.filters,
        holds=own,
    )


async def asking(holder: Holder, subject_id: UUID, act: Act) -> dict[str, Any]:
    """The values of `of`. Raises NotFound for one that is not to be seen from here."""
    await holder.whose(subject_id, act.by)
    known: dict[str, Any] = {"subject": holder.subject, "subject_id": subject_id}
    return known | ({"readable": readable(act.by)} if holder.everything else {})


async def kept() -> tuple[int, int]:
    """How many files are kept, and their bytes as they came."""
    rows = await fetch(
        "select count(*)::int as files, coalesce(sum(bytes_count), 0)::bigint as bytes from stored_file f"
        " where not exists (select from file_removal r where r.tenant_id = f.tenant_id and r.file_id = f.id)"
    )
    return rows[0]["files"], rows[0]["bytes"]
