"""The yearly archive of a register: a snapshot sealed under the customer's key, which nothing changes any more (S02-5)."""

import hashlib
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.audit.actions import done
from guibin.cards import queries as cards
from guibin.cases import Case
from guibin.cases.requests import NewDisclosure
from guibin.complaints import queries as complaints
from guibin.context import Act
from guibin.periods.spans import Window, window_of
from guibin.policy.cadence import Register
from guibin.profiles import disclosures
from guibin.profiles.queries import customer_of
from guibin.profiles.refusals import ArchiveErased
from guibin.records import queries as contacts
from guibin.reviews import queries as reviews
from guibin.sealing.seeing import refuse_partly
from guibin.service_requests import queries as service_requests
from guibin.tiers import queries as memberships
from guibin.visits import queries as visits
from guibin_tenants import keyring
from guibin_tenants.keyring import Place
from guibin_tenants.rows import add_all, row_of
from guibin_tenants.scope import fetch, fetch_column, fetch_value
from guibin_tenants.tables import new_id

from .tables import RegisterArchive

SUBJECT = "register_archive"
_CUSTOMER = (
    "select number, name, kind, employer, department, position, fields, org_unit_id, account_manager_id"
    " from customer where id = $1"
)
# What a year's file holds beside: of the customer $1, in the half-open span from $2 to $3.
_BY_DAY = {
    "memberships": memberships.IN_FILE,
    "orders": "select number, product, price, currency, started_on, ends_on from product_order where customer_id = $1"
    " and started_on < $3 and ends_on > $2 order by started_on, id",
    "facts": memberships.FACTS_IN_FILE,
    "scores": memberships.SCORES_IN_FILE,
    "cards": cards.IN_FILE,
}
_BY_MOMENT = {
    "contacts": contacts.IN_FILE,
    "visits": visits.IN_FILE,
    "reviews": reviews.IN_FILE,
    "complaints": complaints.IN_FILE,
    "service_requests": service_requests.IN_FILE,
}
_ENTRIES = (
    "select e.duty, e.span, e.text, e.values, e.drawn, e.late, e.written_by_name, e.written_at,"
    " (select json_agg(json_build_object('text', c.text, 'values', c.values, 'reason', c.reason, 'written_by_name',"
    "  c.written_by_name, 'written_at', c.written_at) order by c.written_at, c.id) from register_correction c"
    "  where c.tenant_id = e.tenant_id and c.entry_id = e.id) as corrections from register_entry e"
    " where e.customer_id = $1 and e.register = $2 and e.first_on >= $3 and e.first_on < $4 order by e.first_on, e.duty"
)


class DisclosedArchive(Struct, frozen=True, kw_only=True):
    """The year's file in clear, this once; `digest` is that of the content as it was frozen."""

    id: UUID
    customer_id: UUID
    span: str
    purpose: str
    digest: str
    content: dict[str, Any]


async def waiting(register: Register, window: Window, *, limit: int) -> list[UUID]:
    """Customers whose file of the span is not frozen: those who came under the register in it, or have entries."""
    return await fetch_column(
        "select c.id from customer c where c.erased_at is null and c.created_at < $4 and not exists ("
        "  select from register_archive a where a.tenant_id = c.tenant_id and a.customer_id = c.id and a.duty = $1"
        "  and a.span = $2)"
        " and (exists (select from register_entry e where e.tenant_id = c.tenant_id and e.customer_id = c.id"
        "   and e.register = $5 and e.first_on >= $6 and e.first_on < $7)"
        "  or ((c.closed_at is null or c.closed_at >= $3) and ($8::text[] = '{}' or c.kind = any ($8))"
        "   and ($9 = '' or exists (select from membership m where m.tenant_id = c.tenant_id and m.customer_id = c.id"
        "    and m.scheme = $9 and m.starts_on < $7 and (m.ends_on is null or m.ends_on > $6)))))"
        " order by c.created_at, c.id limit $10",
        f"{register.name}/archive",
        window.name,
        window.starts_at,
        window.ends_at,
        register.name,
        window.first_on,
        window.after_on,
        list(register.customer_kinds),
        register.scheme,
        limit,
    )


async def freeze(register: Register, customer_id: UUID, window: Window, act: Act) -> UUID | None:
    """Write the snapshot; None when somebody else has."""
    content = await _content(register, customer_id, window, act)
    text = msgspec.json.encode(content).decode()
    made = [str(entry["duty"]).rpartition("/")[2] for entry in content["entries"]]
    archive_id = new_id()
    archive = {
        "id": archive_id,
        "customer_id": customer_id,
        "register": register.name,
        "duty": f"{register.name}/archive",
        "span": window.name,
        "first_on": window.first_on,
        "after_on": window.after_on,
        "sealed": keyring.seal(await keyring.subject_key(customer_id), _place(archive_id), text),
        "digest": hashlib.sha256(text.encode()).hexdigest(),
        "bytes_count": len(text.encode()),
        "registered": made.count("registration"),
        "analysed": made.count("analysis"),
        "expected": await _expected(register, customer_id, window, act),
        "archived_at": act.now,
    }
    if not await add_all(RegisterArchive, None, [archive], unless=("customer_id", "duty", "span")):
        return None
    await done("freeze", Case(SUBJECT, archive_id, customer_id), act, shown=0)
    return archive_id


async def disclose(archive_id: UUID, new: NewDisclosure, act: Act) -> DisclosedArchive:
    """Show a frozen file, with the purpose on record (S02-6). Raises NotFound, ArchiveErased, NotSeenWhole: it holds everything."""
    refuse_partly()
    archive = await row_of(
        RegisterArchive,
        archive_id,
        "select a.customer_id, a.span, a.digest, a.sealed, c.erased_at from register_archive a"
        f" {customer_of('c', 'a')} where a.id = $1",
    )
    customer_id = archive["customer_id"]
    if archive["erased_at"] is not None:
        raise ArchiveErased(f"Customer {customer_id} was erased: its frozen files open no more")
    text = keyring.unseal(await keyring.subject_key(customer_id), _place(archive_id), bytes(archive["sealed"]))
    await disclosures.keep(Case(SUBJECT, archive_id, customer_id), ("content",), new, act)
    return DisclosedArchive(
        id=archive_id,
        customer_id=customer_id,
        span=archive["span"],
        purpose=new.purpose,
        digest=archive["digest"],
        content=msgspec.json.decode(text),
    )


async def _content(register: Register, customer_id: UUID, window: Window, act: Act) -> dict[str, Any]:
    content: dict[str, Any] = {"register": register.name, "span": window.name, "archived_at": act.now}
    content["customer"] = [_plain(row) for row in await fetch(_CUSTOMER, customer_id)]
    entries = await fetch(_ENTRIES, customer_id, register.name, window.first_on, window.after_on)
    content["entries"] = [_plain(row) for row in entries]
    for part, statement in _BY_DAY.items():
        rows = await fetch(statement, customer_id, window.first_on, window.after_on)
        content[part] = [dict(row) for row in rows]
    for part, statement in _BY_MOMENT.items():
        rows = await fetch(statement, customer_id, window.starts_at, window.ends_at)
        content[part] = [dict(row) for row in rows]
    return content


async def _expected(register: Register, customer_id: UUID, window: Window, act: Act) -> int:
    """How many spans of the year were whole in the customer's time."""
    created_at = await fetch_value("select created_at from customer where id = $1", customer_id)
    day, count = window.first_on, 0
    while day < window.after_on:
        span = window_of(register.span, day, act.company.time_zone)
        count += created_at is not None and created_at < span.starts_at
        day = span.after_on
    return count


def _plain(row: Any) -> dict[str, Any]:
    """A row whose JSON columns are values, not texts."""
    json_columns = ("fields", "values", "drawn", "corrections")
    return {
        name: msgspec.json.decode(value) if name in json_columns and value is not None else value
        for name, value in row.items()
    }


def _place(row: UUID) -> Place:
    return Place(SUBJECT, "sealed", row)
