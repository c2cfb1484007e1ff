"""Reading the record."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.structs import replace

from guibin.context import Act
from guibin.web.listing import Listing, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants.rows import name_of
from guibin_tenants.scope import fetch_value
from guibin_tenants.settings import TenantSetting
from guibin_tenants.walls import EVERYWHERE, in_sight

from .actions import AuditNote, record
from .kinds import CLEAR, LOOKED, title_of
from .listed import SETTING
from .tables import EMERGENCY, PURPOSE_BYTES_MAX


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
    """Which entries. `since` is inclusive, `until` exclusive; `looked` those of looks, or those of everything else.

    `clear`: something sealed was shown in clear; `org_unit_id` where whoever acted belongs; `purpose` as it was said; `emergency_id` in the name of which emergency access.
    """

    customer_id: UUID | None = None
    actor_id: UUID | None = None
    action: str | None = None
    looked: bool | None = None
    refused: bool | None = None
    asked: bool | None = None
    clear: bool | None = None
    org_unit_id: UUID | None = None
    purpose: Annotated[str, Meta(max_length=PURPOSE_BYTES_MAX // 4)] | None = None
    emergency_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


def among(actions: Iterable[str]) -> str:
    """SQL: the entry `x` is of one of these actions."""
    return f"x.action = any ('{{{','.join(sorted(actions))}}}'::text[])"


LOOKED_AT, IN_CLEAR = among(LOOKED), among(CLEAR)
# As `listed` wrote it down: an outlet's auditor would find the last list of its customers only by going through the others'. All of it is
# one sub-select: PostgreSQL takes `coalesce` for something that might leak, and would not go by the index.
LISTED_UNTIL = f"""(select coalesce((select (m.value ->> 'through')::timestamptz from {name_of(TenantSetting)} m
    where m.name = '{SETTING}'), '-infinity'))"""
# Entries of one customer by their ids: what is about it, what names it alone or first, what lists it, and what is newer than
# the last list that was read. As an array, so that PostgreSQL goes by the keys of few rows instead of through all there are.
OF_CUSTOMER = (
    "x.id = any (array(select e.id from audit_entry e where e.subject_id = $value"
    f" union select m.id from (select e.id from audit_entry e where e.customer_ids[1] = $value"
    " union select l.entry_id from listed_customer l where l.customer_id = $value"
    f" union select e.id from audit_entry e where e.happened_at >= {LISTED_UNTIL} and cardinality(e.customer_ids) > 1"
    " and $value = any (e.customer_ids)) m"
    f" where {EVERYWHERE} or {in_sight('customer', '$value')}))"
)


def of_emergency(entry: str, access_id: str) -> str:
    """The condition that the `entry` is of a look in the name of an emergency access, as the index of purposes has it; both are SQL."""
    return (
        f"{entry}.purpose = '{EMERGENCY}' || {access_id}::text and {entry}.purpose <> ''"
        f" and octet_length({entry}.purpose) <= {PURPOSE_BYTES_MAX}"
    )


# Newest first; of several customers in one entry those that are in sight.
LISTED = Listing(
    view=AuditEntryView,
    source="audit_entry x",
    columns={
        "title": "x.action",
        "looked": LOOKED_AT,
        "customer_ids": "(select coalesce(array_agg(s.id order by s.place), '{}') from unnest(x.customer_ids)"
        f" with ordinality as s (id, place) where {in_sight('customer', 's.id')} or {EVERYWHERE})",
        "asked": "coalesce(x.asked, false)",
        "refused": "coalesce(x.refused, '')",
    },
    filters={
        "customer_id": OF_CUSTOMER,
        "since": "x.happened_at >= $value",
        "until": "x.happened_at < $value",
        "looked": f"({LOOKED_AT}) = $value",
        "clear": {True: IN_CLEAR, False: f"not {IN_CLEAR}"},
        # Said so that the index of what was refused answers it.
        "refused": "(not $value or x.refused <> '') and ($value or coalesce(x.refused, '') = '')",
        "asked": {True: "x.asked", False: "not coalesce(x.asked, false)"},
        # As the index of purposes has it: none that can be asked for is longer.
        "purpose": f"x.purpose = $value and octet_length(x.purpose) <= {PURPOSE_BYTES_MAX}",
        "emergency_id": of_emergency("x", "$value::uuid"),
    },
    order=newest_first("x.happened_at"),
)


async def entries(filters: AuditFilter, page: PageAsked, act: Act) -> Page[AuditEntryView]:
    """A page of the record, each entry with its title. Whoever reads it stands in it, too."""
    found = await LISTED.page(filters, page, act)
    await note_reading(filters, len(found.items), act)
    titled = [replace(entry, title=title_of(entry.action, act.policy, act.language)) for entry in found.items]
    return Page(titled, found.next)


async def note_reading(filters: AuditFilter | None, shown: int, act: Act) -> None:
    """That the record was read, about whom where it was asked about somebody, and by what it was asked."""
    asked = [name for name in AuditFilter.__struct_fields__ if getattr(filters, name, None) is not None]
    about = filters.customer_id if filters is not None else None
    note = AuditNote(action="audit.search", subject="audit", customer_id=about, fields=tuple(asked), shown=shown)
    await record(note, act)


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
