"""Reading visits: what is planned, what is overdue, what was done and filed."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.records import queries
from guibin.records.queries import InteractionForm
from guibin.web.paging import Cursor
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one


class VisitView(Struct, frozen=True, kw_only=True):
    """A visit as lists show it. It is `overdue` while it is planned and its day is over.

    `in_time` and `settles_problem` are None until it was carried out.
    """

    id: UUID
    customer_id: UUID
    staff_id: UUID
    staff_name: str
    planned_at: datetime
    due_at: datetime
    purpose: str
    place: str
    state: str
    overdue: bool
    moved: int
    interaction_id: UUID | None
    carried_out_at: datetime | None
    in_time: bool | None
    settles_problem: bool | None
    signed_at: datetime | None
    filed_at: datetime | None
    planned_by: UUID
    planned_by_name: str
    recorded_at: datetime
    version: int


class VisitChangeLine(Struct, frozen=True):
    """The visit was moved, or with `to_at` None cancelled."""

    from_at: datetime
    to_at: datetime | None
    reason: str
    changed_by: UUID
    changed_by_name: str
    changed_at: datetime


class SignatureLine(Struct, frozen=True):
    """That the customer signed; the signature itself is shown by a disclosure."""

    signed_by: str
    media_type: str
    bytes_count: int
    taken_by_name: str
    taken_at: datetime


class FilingLine(Struct, frozen=True):
    """Who filed the material."""

    note: str
    filed_by: UUID
    filed_by_name: str
    filed_at: datetime


class VisitForm(VisitView, frozen=True, kw_only=True):
    """A visit with its detailed record and everything that happened to it."""

    record: InteractionForm | None
    changes: list[VisitChangeLine]
    signature: SignatureLine | None
    filing: FilingLine | None


class VisitFilter(Struct, frozen=True, kw_only=True):
    """Which visits: None does not filter. `planned_from` is inclusive, `planned_before` exclusive."""

    customer_id: UUID | None = None
    staff_id: UUID | None = None
    state: str | None = None
    overdue: bool | None = None
    planned_from: datetime | None = None
    planned_before: datetime | None = None


_VIEW = (
    "select v.id, v.customer_id, v.staff_id, v.staff_name, v.planned_at, v.due_at, v.purpose, v.place, v.state,"
    " (v.state = 'planned' and v.due_at < $1) as overdue, (select count(*) from visit_change h"
    " where h.tenant_id = v.tenant_id and h.visit_id = v.id and h.to_at is not null) as moved, r.interaction_id,"
    " r.carried_out_at, r.in_time, r.settles_problem, s.taken_at as signed_at, f.filed_at, v.planned_by,"
    " v.planned_by_name, v.recorded_at, v.version from visit v"
    " left join visit_record r on r.tenant_id = v.tenant_id and r.visit_id = v.id"
    " left join visit_signature s on s.tenant_id = v.tenant_id and s.visit_id = v.id"
    " left join visit_filing f on f.tenant_id = v.tenant_id and f.visit_id = v.id"
)


async def visits(wanted: VisitFilter, *, now: datetime, after: Cursor | None, limit: int) -> list[VisitView]:
    """By their time, the latest first, at most `limit`."""
    rows = await fetch(
        f"{_VIEW} where ($2::uuid is null or v.customer_id = $2) and ($3::uuid is null or v.staff_id = $3)"
        " and ($4::text is null or v.state = $4)"
        " and ($5::boolean is null or (v.state = 'planned' and v.due_at < $1) = $5)"
        " and ($6::timestamptz is null or v.planned_at >= $6) and ($7::timestamptz is null or v.planned_at < $7)"
        " and ($8::timestamptz is null or (v.planned_at, v.id) < ($8, $9::uuid))"
        " order by v.planned_at desc, v.id desc limit $10",
        now,
        wanted.customer_id,
        wanted.staff_id,
        wanted.state,
        wanted.overdue,
        wanted.planned_from,
        wanted.planned_before,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), VisitView) for row in rows]


async def visit(visit_id: UUID, *, now: datetime) -> VisitForm:
    """Raises NotFound."""
    row = await fetch_one(f"{_VIEW} where v.id = $2", now, visit_id)
    if row is None:
        raise NotFound(f"There is no visit {visit_id}")
    changes = await fetch(
        "select from_at, to_at, reason, changed_by, changed_by_name, changed_at from visit_change where visit_id = $1"
        " order by changed_at, id",
        visit_id,
    )
    signature = await fetch_one(
        "select signed_by, media_type, bytes_count, taken_by_name, taken_at from visit_signature where visit_id = $1",
        visit_id,
    )
    filing = await fetch_one(
        "select note, filed_by, filed_by_name, filed_at from visit_filing where visit_id = $1", visit_id
    )
    record = await queries.interaction(row["interaction_id"]) if row["interaction_id"] else None
    fields = {
        **row,
        "record": record,
        "changes": [msgspec.convert(dict(change), VisitChangeLine) for change in changes],
        "signature": dict(signature) if signature else None,
        "filing": dict(filing) if filing else None,
    }
    return msgspec.convert(fields, VisitForm)
