"""Reading the record."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.web.paging import Cursor
from guibin_tenants.scope import fetch, fetch_value


class AuditEntryView(Struct, frozen=True):
    """One entry as auditors read it: ids and field names, no values.

    `asked`: whoever acted named a sealed value and learnt whether somebody has it. `refused` says why nothing came of the
    attempt, empty when it was done.
    """

    id: UUID
    happened_at: datetime
    actor_kind: str
    actor_id: UUID
    actor_name: str
    address: str
    action: str
    subject: str
    subject_id: UUID | None
    customer_ids: tuple[UUID, ...]
    shown: int
    fields: tuple[str, ...]
    purpose: str
    asked: bool
    refused: str


class AuditFilter(Struct, frozen=True):
    """Which entries: None does not filter. `since` is inclusive, `until` exclusive."""

    customer_id: UUID | None = None
    actor_id: UUID | None = None
    action: str | None = None
    refused: bool | None = None
    asked: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    order: Literal["newest"] = "newest"


async def entries(wanted: AuditFilter, *, after: Cursor | None, limit: int) -> list[AuditEntryView]:
    """Entries newest first, at most `limit`; of several customers in one entry those that are in sight."""
    rows = await fetch(
        "select id, happened_at, actor_kind, actor_id, actor_name, address, action, subject, subject_id,"
        " (select coalesce(array_agg(s.id order by s.place), '{}') from unnest(e.customer_ids) with ordinality as s (id, place)"
        "  where exists (select from customer c where c.tenant_id = e.tenant_id and c.id = s.id)"
        "  or (select current_setting('guibin.units', true)) = '*') as customer_ids, shown, fields, purpose,"
        " coalesce(asked, false) as asked, coalesce(refused, '') as refused from audit_entry e"
        " where ($1::uuid is null or subject_id = $1 or ($1 = any (customer_ids) and ("
        "  (select current_setting('guibin.units', true)) = '*' or exists (select from customer where id = $1))))"
        " and ($2::uuid is null or actor_id = $2) and ($3::text is null or action = $3)"
        " and ($4::timestamptz is null or happened_at >= $4) and ($5::timestamptz is null or happened_at < $5)"
        " and ($6::timestamptz is null or (happened_at, id) < ($6, $7::uuid))"
        " and ($9::boolean is null or $9 = (coalesce(refused, '') <> ''))"
        " and ($10::boolean is null or $10 = coalesce(asked, false))"
        " order by happened_at desc, id desc limit $8",
        wanted.customer_id,
        wanted.actor_id,
        wanted.action,
        wanted.since,
        wanted.until,
        after.moment if after else None,
        after.id if after else None,
        limit,
        wanted.refused,
        wanted.asked,
    )
    return [msgspec.convert(dict(row), AuditEntryView) for row in rows]


async def findings() -> list[str]:
    """What is wrong with the record, in sentences; nothing when all is well."""
    wrong = []
    for privilege in ("UPDATE", "DELETE", "TRUNCATE"):
        if await fetch_value("select has_table_privilege(current_user, 'audit_entry', $1)", privilege):
            wrong.append(f"the application role may {privilege} audit entries")
    early = await fetch_value("select count(*) from audit_entry where action = '' or actor_name = ''")
    if early:
        wrong.append(f"{early} entries name no action or no actor")
    return wrong
