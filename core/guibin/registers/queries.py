"""Reading registers: entries with their corrections, archives with what was corrected since."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.web.paging import Cursor
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one


class EntryView(Struct, frozen=True, kw_only=True):
    """A registration or analysis; `late` days after its span's end, 0 in time."""

    id: UUID
    customer_id: UUID
    register: str
    what: str
    span: str
    first_on: date
    text: str
    values: dict[str, Any]
    late: int
    corrected: bool
    written_by: UUID
    written_by_name: str
    written_at: datetime


class CorrectionLine(Struct, frozen=True, kw_only=True):
    """What the entry should have said."""

    text: str
    values: dict[str, Any]
    reason: str
    written_by_name: str
    written_at: datetime


class EntryForm(EntryView, frozen=True, kw_only=True):
    """An entry with what stands beside it."""

    corrections: list[CorrectionLine]


class ArchiveView(Struct, frozen=True, kw_only=True):
    """A frozen year: its digest, and how many of the registrations there should have been it holds.

    `corrected_since` counts corrections that were written after it was frozen and stand beside it.
    """

    id: UUID
    customer_id: UUID
    register: str
    span: str
    digest: str
    bytes_count: int
    registered: int
    analysed: int
    expected: int
    corrected_since: int
    archived_at: datetime


_ENTRY = (
    "select e.id, e.customer_id, e.register, split_part(e.duty, '/', 2) as what, e.span, e.first_on, e.text, e.values,"
    " e.late, exists (select from register_correction c where c.tenant_id = e.tenant_id and c.entry_id = e.id)"
    " as corrected, e.written_by, e.written_by_name, e.written_at from register_entry e"
)
_ARCHIVE = (
    "select a.id, a.customer_id, a.register, a.span, a.digest, a.bytes_count, a.registered, a.analysed, a.expected,"
    " (select count(*) from register_correction c join register_entry e on e.tenant_id = c.tenant_id"
    "  and e.id = c.entry_id where c.tenant_id = a.tenant_id and c.customer_id = a.customer_id"
    "  and e.register = a.register and e.first_on >= a.first_on and e.first_on < a.after_on"
    "  and c.written_at > a.archived_at) as corrected_since, a.archived_at from register_archive a"
)


async def entry(entry_id: UUID) -> EntryForm:
    """Raises NotFound."""
    row = await fetch_one(f"{_ENTRY} where e.id = $1", entry_id)
    if row is None:
        raise NotFound(f"There is no register entry {entry_id}")
    lines = await fetch(
        "select text, values, reason, written_by_name, written_at from register_correction where entry_id = $1"
        " order by written_at, id",
        entry_id,
    )
    return msgspec.convert({**_plain(row), "corrections": [_plain(line) for line in lines]}, EntryForm)


async def entries(
    register: str, *, customer_id: UUID | None, span: str | None, after: Cursor | None, limit: int
) -> list[EntryView]:
    """The newest first, at most `limit`."""
    rows = await fetch(
        f"{_ENTRY} where e.register = $1 and ($2::uuid is null or e.customer_id = $2)"
        " and ($3::text is null or e.span = $3) and ($4::timestamptz is null or (e.written_at, e.id) < ($4, $5::uuid))"
        " order by e.written_at desc, e.id desc limit $6",
        register,
        customer_id,
        span,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(_plain(row), EntryView) for row in rows]


async def archives(
    register: str, *, customer_id: UUID | None, span: str | None, after: Cursor | None, limit: int
) -> list[ArchiveView]:
    """The newest first, at most `limit`."""
    rows = await fetch(
        f"{_ARCHIVE} where a.register = $1 and ($2::uuid is null or a.customer_id = $2)"
        " and ($3::text is null or a.span = $3) and ($4::timestamptz is null or (a.archived_at, a.id) < ($4, $5::uuid))"
        " order by a.archived_at desc, a.id desc limit $6",
        register,
        customer_id,
        span,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), ArchiveView) for row in rows]


def _plain(row: Any) -> dict[str, Any]:
    return {**row, "values": msgspec.json.decode(row["values"])}
