"""Reading the record."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.web.listing import Listing, newest_first
from guibin_tenants.scope import fetch_value


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
    """Which entries. `since` is inclusive, `until` exclusive."""

    customer_id: UUID | None = None
    actor_id: UUID | None = None
    action: str | None = None
    refused: bool | None = None
    asked: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


_SEES_ALL = "(select current_setting('guibin.units', true)) = '*'"
# Newest first; of several customers in one entry those that are in sight.
LISTED = Listing(
    view=AuditEntryView,
    source="audit_entry x",
    columns={
        "customer_ids": "(select coalesce(array_agg(s.id order by s.place), '{}') from unnest(x.customer_ids)"
        " with ordinality as s (id, place) where exists (select from customer c where c.tenant_id = x.tenant_id"
        f" and c.id = s.id) or {_SEES_ALL})",
        "asked": "coalesce(x.asked, false)",
        "refused": "coalesce(x.refused, '')",
    },
    filters={
        "customer_id": "x.subject_id = $value or ($value = any (x.customer_ids)"
        f" and ({_SEES_ALL} or exists (select from customer where id = $value)))",
        "since": "x.happened_at >= $value",
        "until": "x.happened_at < $value",
        "refused": "(coalesce(x.refused, '') <> '') = $value",
        "asked": "coalesce(x.asked, false) = $value",
    },
    order=newest_first("x.happened_at"),
)


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
