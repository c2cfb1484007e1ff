"""Reading the record."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from guibin.context import Act
from guibin.web.listing import Listing, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants.scope import fetch_value
from guibin_tenants.walls import EVERYWHERE, in_sight

from .kinds import LOOKED, title_of


class AuditEntryView(Struct, frozen=True):
    """One entry as auditors read it: ids and field names, no values.

    `title` is the action in the caller's language; `looked`: nothing was changed, only shown. `asked`: whoever acted named
    a sealed value and learnt whether somebody has it. `refused` says why nothing came of the attempt, empty when it was
    done.
    """

    id: UUID
    happened_at: datetime
    actor_kind: str
    actor_id: UUID
    actor_name: str
    address: str
    action: str
    title: str
    looked: bool
    subject: str
    subject_id: UUID | None
    customer_ids: tuple[UUID, ...]
    shown: int
    fields: tuple[str, ...]
    purpose: str
    asked: bool
    refused: str


class AuditFilter(Struct, frozen=True):
    """Which entries. `since` is inclusive, `until` exclusive; `looked` those of looks, or those of everything else."""

    customer_id: UUID | None = None
    actor_id: UUID | None = None
    action: str | None = None
    looked: bool | None = None
    refused: bool | None = None
    asked: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


_LOOKED = f"x.action = any ('{{{','.join(sorted(LOOKED))}}}'::text[])"
# Newest first; of several customers in one entry those that are in sight.
LISTED = Listing(
    view=AuditEntryView,
    source="audit_entry x",
    columns={
        "title": "x.action",
        "looked": _LOOKED,
        "customer_ids": "(select coalesce(array_agg(s.id order by s.place), '{}') from unnest(x.customer_ids)"
        f" with ordinality as s (id, place) where {in_sight('customer', 's.id')} or {EVERYWHERE})",
        "asked": "coalesce(x.asked, false)",
        "refused": "coalesce(x.refused, '')",
    },
    filters={
        "customer_id": "x.subject_id = $value or ($value = any (x.customer_ids)"
        f" and ({EVERYWHERE} or {in_sight('customer', '$value')}))",
        "since": "x.happened_at >= $value",
        "until": "x.happened_at < $value",
        "looked": f"({_LOOKED}) = $value",
        "refused": "(coalesce(x.refused, '') <> '') = $value",
        "asked": "coalesce(x.asked, false) = $value",
    },
    order=newest_first("x.happened_at"),
)


async def entries(filters: AuditFilter, page: PageAsked, act: Act) -> Page[AuditEntryView]:
    """A page of the record, each entry with its title."""
    found = await LISTED.page(filters, page, act)
    titled = [replace(entry, title=title_of(entry.action, act.policy, act.language)) for entry in found.items]
    return Page(titled, found.next)


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
