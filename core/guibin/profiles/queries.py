"""Reading the archive, masked."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from guibin.audit.actions import AuditNote, noted
from guibin.audit.attempts import attempt
from guibin.cases.followed import FOLLOWED, Followed
from guibin.context import Act
from guibin.notation.dates import Day, from_columns
from guibin.notation.names import fold, prefix_range, typed_key
from guibin.notation.spelling import code
from guibin.policy.fields import ArchiveField
from guibin.policy.packs import Policy
from guibin.repeats.actions import TO_BE_SEEN
from guibin.sealing import seeing
from guibin.sealing.values import CONTACT_FIELDS, DOCUMENT_FIELDS, exacts, names_a_value, tails
from guibin.web.listing import Order, PageAsked, by_change, placed
from guibin.web.paging import Page, page_of
from guibin_tenants.in_step import settled
from guibin_tenants.keyring import tenant_key
from guibin_tenants.principals import may
from guibin_tenants.receivers import sees
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import locked, row_of, shown, struct_of
from guibin_tenants.scope import ALL_UNITS, current_scope, fetch, fetch_column, fetch_one, fetch_value, seen_fields
from guibin_tenants.tables import LAST_CHANGED
from guibin_tenants.walls import SEEN_UNITS

from .tables import Customer


class CustomerView(Struct, frozen=True):
    """A customer's archive as it is shown without a disclosure: confidential values masked."""

    id: UUID
    number: str
    kind: str
    name: str
    org_unit_id: UUID
    account_manager_id: UUID | None
    sex: str
    birthday: Day | None
    employer: str
    department: str
    position: str
    preferences: dict[str, str]
    fields: dict[str, str | int | bool | None]
    masked: dict[str, list[str]]
    version: int
    created_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    erased_at: datetime | None


class ArchiveView(CustomerView, frozen=True):
    """As a CustomerView, with what follows from it today: the age in full years, None where no year of birth is known."""

    age: int | None = None


class CustomerFilter(Struct, frozen=True):
    """`q` is what staff type: the name or a part of it in characters, pinyin or initials, the beginning of a number, a whole
    telephone or card number, its last four. `served_by` looks after the customer or is in its team."""

    q: Annotated[str, Meta(max_length=100)] = ""
    kind: str | None = None
    account_manager_id: UUID | None = None
    served_by: UUID | None = None
    org_unit_id: UUID | None = None
    closed: bool = False


async def notes_of(customer_ids: Iterable[UUID | None]) -> dict[UUID, dict[str, str]]:
    """How these customers want to be treated, as far as they are to be seen from here; whoever has said nothing is not there."""
    wanted = list({each for each in customer_ids if each is not None})
    if not wanted or not seeing.is_clear(seeing.PREFERENCES):
        return {}
    rows = await fetch(
        "select id, preferences from customer where id = any ($1) and preferences not in ('{}'::jsonb, 'null'::jsonb)",
        wanted,
    )
    return {row["id"]: msgspec.json.decode(row["preferences"]) for row in rows}


async def said(customer_id: UUID) -> dict[str, object]:
    """The open fields and preferences of an archive by name; a field counts before a preference. Nothing of one that is not there."""
    row = await fetch_one("select preferences, fields from customer where id = $1", customer_id)
    if row is None:
        return {}
    preferences, fields = (msgspec.json.decode(row[name]) for name in ("preferences", "fields"))
    return {**preferences, **{name: value for name, value in fields.items() if value not in ("", None)}}


def called(customer_id: str) -> str:
    """SQL: what the customer is called, null behind a wall; `customer_id` is a column."""
    return f"(select called.name from customer called where called.id = {customer_id})"


# SQL: the archives that are open, as `c`; a condition may follow.
OPEN = "customer c where c.closed_at is null"
_COLUMNS = """c.id, c.number, c.kind, c.name, c.org_unit_id, c.account_manager_id, c.sex, c.birthday,
    c.birthday_lunar, c.employer, c.department, c.position, c.preferences, c.fields, c.version, c.created_at,
    c.changed_at, c.closed_at, c.erased_at,
    (select jsonb_object_agg(s.field, s.masked) from (
        select v.field, jsonb_agg(v.masked order by v.place) as masked from sealed_value v
        where v.tenant_id = c.tenant_id and v.customer_id = c.id group by v.field) s) as masked"""
_ONE = f"select {_COLUMNS} from customer c where c.id = $1"
# What a row shows is put together for the page alone, whoever else is found. `{key}` is what they are sorted by.
_MANY = f"""select {_COLUMNS}, {{key}} as sorted_at from customer c where c.id = any (array(select c.id from customer c
    where ($kind::text is null or c.kind = $kind) and ($manager::uuid is null or c.account_manager_id = $manager)
    and ($unit::uuid is null or c.org_unit_id = $unit) and ($closed or c.closed_at is null)
    and ($serves::uuid is null or c.account_manager_id = $serves or c.id in (
        select m.customer_id from team_member m where m.staff_id = $serves and m.left_at is null))
    and ($moment::timestamptz is null or ({{key}}, c.id) {{beyond}} ($moment, $after::uuid)) {{found}} {{also}}
    order by {{key}} {{way}}, c.id {{way}} limit $limit)) order by sorted_at {{way}}, c.id {{way}}"""
_HOW_MANY = """select count(*) from (select from customer c
    where ($kind::text is null or c.kind = $kind) and ($manager::uuid is null or c.account_manager_id = $manager)
    and ($unit::uuid is null or c.org_unit_id = $unit) and ($closed or c.closed_at is null)
    and ($serves::uuid is null or c.account_manager_id = $serves or c.id in (
        select m.customer_id from team_member m where m.staff_id = $serves and m.left_at is null)) {also} limit $limit) few"""
# Whoever matches: by a name, a number, or a value that is only looked for whole. `{own}` repeats the wall of an outlet as a
# condition that an index answers; a wall that also lets the head office through is none.
_NAMED = "select customer_id from search_term where term >= $term and term < $term_end {own}"
_NUMBERED = "select id from customer where number >= $number and number < $number_end {own}"
_HOLDING = "select customer_id from sealed_value where exact = any ($exacts) or tail = any ($tails)"
_OWN = f"and org_unit_id = any ({SEEN_UNITS})"
# One statement with the filters and the walls: whatever is found is counted only when it may be shown. As an array, because a
# plan kept for any words expects few to be found, and as a join would go through all that are for every customer.
_FEW = f"and c.id = any (array({_NAMED} union {_NUMBERED} union {_HOLDING}))"
# Among so many the page is full soon, from the newest on: each is asked, one by one, and no plan gathers them all first.
_OFTEN = f"""and (c.number >= $number and c.number < $number_end or c.id = any (array({_HOLDING}))
    or exists (select from search_term t where t.customer_id = c.id and t.term >= $term and t.term < $term_end offset 0))"""
MANY = 4_000
_COUNT = f"select count(*) from ({_NAMED} union all {_NUMBERED} limit $most) matching"
# A range in which nothing lies.
_NOTHING = ("", "")


class Narrowing(Struct, frozen=True, kw_only=True):
    """What rooms above ask of customers beside, and in which order they want them.

    `conditions` and `key`, a moment, are SQL about the customer `c` with `$name` for each of `values`; cursors of one that is `called` something are no other's.
    """

    conditions: tuple[str, ...] = ()
    values: dict[str, Any] = {}
    key: str = "c.created_at"
    downward: bool = True
    called: str = ""

    def order(self) -> Order:
        """What its pages go by."""
        return Order({self.key: datetime, "c.id": UUID}, downward=self.downward, called=self.called)

    def also(self) -> str:
        """The conditions as a part of a statement."""
        return "".join(f" and ({condition})" for condition in self.conditions)


NEWEST = Narrowing()


async def customer(customer_id: UUID) -> CustomerView:
    """The archive, masked, as whoever acts sees it. Raises NotFound, also behind the wall of another org unit."""
    return seen(await whole(customer_id))


async def whole(customer_id: UUID) -> CustomerView:
    """As `customer`, whatever is hidden from whoever acts: to be compared and written, never shown."""
    row = await row_of(Customer, customer_id, _ONE)
    return _view(row)


def seen(archive: CustomerView) -> CustomerView:
    """As much of the archive as whoever acts sees."""
    if not seen_fields():
        return archive
    columns = seeing.columns_seen({name: getattr(archive, name) for name in seeing.COLUMNS})
    fields, masked = seeing.fields_seen(archive.fields), seeing.sealed_seen(archive.masked)
    return msgspec.structs.replace(archive, fields=fields, masked=masked, **columns)


@TO_BE_SEEN.give
async def to_be_seen(customer_ids: Collection[UUID]) -> set[UUID]:
    """Of these customers, those to be seen from here who are not erased."""
    if not customer_ids:
        return set()
    return set(
        await fetch_column("select id from customer where id = any ($1) and erased_at is null", list(customer_ids))
    )


async def name_of(customer_id: UUID) -> str:
    """What the customer is called; empty for one that is not to be seen from here."""
    name: str | None = await fetch_value("select name from customer where id = $1", customer_id)
    return name or ""


async def names_of(customer_ids: Collection[UUID]) -> dict[UUID, str]:
    """What these customers are called; those that are not to be seen from here are left out."""
    rows = await fetch("select id, name from customer where id = any ($1)", list(customer_ids)) if customer_ids else []
    return {row["id"]: row["name"] for row in rows}


class Standing(Struct, frozen=True):
    """Who a customer is and where."""

    id: UUID
    number: str
    kind: str
    org_unit_id: UUID
    account_manager_id: UUID | None
    fields: dict[str, str | int | bool | None]


async def standing(customer_id: UUID) -> Standing:
    """Where the customer belongs and who looks after them, without anything confidential. Raises NotFound, also behind a wall."""
    return await struct_of(Standing, Customer, customer_id, "from customer where id = $1")


class Reach(Struct, frozen=True):
    """How a customer is told something: by name, as they prefer, where, and what for they do not want to be told."""

    name: str
    sex: str
    preferences: dict[str, str]
    ended: bool
    fields: tuple[str, ...]
    refused: tuple[str, ...]


async def reach_of(customer_id: UUID) -> Reach | None:
    """`fields` are those of which something is sealed, `refused` the purposes to which the last word is no; None behind a wall."""
    rows = await fetch(
        "select c.name, c.sex, c.preferences, c.closed_at is not null or c.erased_at is not null as ended,"
        " array(select v.field from sealed_value v where v.tenant_id = c.tenant_id and v.customer_id = c.id) as fields,"
        " array(select s.purpose from (select distinct on (k.purpose) k.purpose, k.answer from consent k"
        "  where k.tenant_id = c.tenant_id and k.customer_id = c.id"
        "  order by k.purpose, k.recorded_at desc, k.id desc) s where s.answer <> 'granted') as refused"
        " from customer c where c.id = $1",
        customer_id,
    )
    return next(iter(shown(Reach, rows)), None)


def seen_by(person: str, customer: str) -> str:
    """SQL: the row `person`, a member of staff or what stands in an org unit, sees the archive whose id is `customer`."""
    return f"exists (select from customer seen where seen.id = {customer} and {sees(person, 'seen.org_unit_id')})"


async def unit_of_open(customer_id: UUID) -> UUID | None:
    """The org unit of an open archive. Raises NotFound, also for one that is closed."""
    row = await fetch_one("select org_unit_id from customer where id = $1 and closed_at is null", customer_id)
    if row is None:
        raise NotFound(f"There is no customer {customer_id}, or the archive is closed")
    unit_id: UUID | None = row["org_unit_id"]
    return unit_id


async def lock_open(customer_id: UUID) -> bool:
    """Keep an open archive from others until the transaction ends; False for none that is seen from here."""
    return bool(
        await fetch_value("select true from customer where id = $1 and closed_at is null for update", customer_id)
    )


async def linked(customer_id: UUID, of_customer_id: UUID, roles: tuple[str, ...], *, on: date) -> bool:
    """Whether the person is linked to the other archive in one of the roles on that day."""
    holds: bool = await fetch_value(
        "select exists (select from customer_link where customer_id = $1 and of_customer_id = $2"
        " and role = any ($3::text[]) and (ended_on is null or ended_on > $4))",
        customer_id,
        of_customer_id,
        list(roles),
        on,
    )
    return holds


async def version_of(customer_id: UUID) -> int:
    """The archive's version, locked until the end of the transaction. Raises NotFound."""
    version: int = (await locked(Customer, customer_id))["version"]
    return version


async def changed_since(
    since: datetime, filters: CustomerFilter, page: PageAsked, act: Act, narrowing: Narrowing = NEWEST
) -> Page[CustomerView]:
    """As `find`, the customers whose rows were written at `since` or later, the earliest first; what is not settled yet is left for
    later. The last page says `until` when nobody is missing. Raises TooManyLookUps."""
    until = await settled()
    key = f"c.{LAST_CHANGED}"
    changed = Narrowing(
        conditions=(*narrowing.conditions, f"{key} >= $changed_since and {key} < $changed_until"),
        values=narrowing.values | {"changed_since": since, "changed_until": until},
        key=key,
        downward=False,
        called=by_change("c").called,
    )
    found = await find(filters, page, act, changed)
    return found if found.next else Page(found.items, until=until)


async def find(filters: CustomerFilter, page: PageAsked, act: Act, narrowing: Narrowing = NEWEST) -> Page[CustomerView]:
    """Customers as staff type, newest first unless `narrowing` says otherwise; who was shown is on record, and that a value
    was named, refused or not.

    Raises TooManyLookUps.
    """
    asked = names_a_value(filters.q)
    async with attempt(AuditNote(action="customer.search", shown=0, asked=asked), act):
        rows = await matching(filters, narrowing, archive_fields(act.policy), page)
        found = page_of(rows, page.limit, lambda row: narrowing.order().until(row["sorted_at"], row["id"]))
        ids = tuple(row["id"] for row in found.items)
        await noted("customer.search", act, customer_ids=ids, shown=len(ids), asked=asked)
    return Page([seen(_view(row)) for row in found.items], found.next)


async def matching(
    wanted: CustomerFilter, narrowing: Narrowing, fields: tuple[ArchiveField, ...], page: PageAsked
) -> list[Any]:
    """The rows of a page, and one more if there are more; `fields` are those whose values may be named."""
    text = fold(wanted.q)
    if wanted.q and (not text or "\0" in wanted.q):
        return []
    moment, after = narrowing.order().after(page.cursor) if page.cursor is not None else (None, None)
    known = _asked(wanted) | narrowing.values | {"limit": page.limit + 1, "moment": moment, "after": after}
    found = ""
    if text:
        ranges = await _ranges(text, fields)
        known |= ranges
        found = await _matching(ranges)
    way, beyond = ("desc", "<") if narrowing.downward else ("", ">")
    many = _MANY.format(key=narrowing.key, beyond=beyond, way=way, found=found, also=narrowing.also())
    statement, values = placed(many, known)
    return await fetch(statement, *values)


async def count(filters: CustomerFilter, narrowing: Narrowing = NEWEST, *, most: int = 1_000) -> int:
    """How many customers the filters let through, whatever is typed, counted up to `most`."""
    known = _asked(filters) | narrowing.values | {"limit": most}
    statement, values = placed(_HOW_MANY.format(also=narrowing.also()), known)
    counted: int = await fetch_value(statement, *values)
    return counted


def answer(customer: str, purpose: str, *, until: str = "") -> str:
    """SQL: the customer's last word on the purpose, `until` a moment, null without any (S02-2)."""
    known = f" and s.recorded_at <= {until}" if until else ""
    return (
        f"(select s.answer from consent s where s.customer_id = {customer} and s.purpose = {purpose}{known}"
        " order by s.recorded_at desc, s.id desc limit 1)"
    )


async def answered(customer_id: UUID, purpose: str) -> str | None:
    """The customer's last word on the purpose, such as granted; None who was never asked."""
    word: str | None = await fetch_value(f"select {answer('$1', '$2')}", customer_id, purpose)
    return word


async def consented(customer_id: UUID, purpose: str) -> bool:
    """Whether the customer's last word on the purpose is yes (S02-2)."""
    return await answered(customer_id, purpose) == "granted"


async def all_consented(customers: Collection[UUID], purpose: str) -> bool:
    """Whether there are some, and the last word of each on the purpose is yes (S12-5)."""
    said = f"coalesce({answer('c', '$2')} = 'granted', false)"
    agreed: bool = await fetch_value(
        f"select coalesce(bool_and({said}), false) from unnest($1::uuid[]) c", list(customers), purpose
    )
    return agreed


def open_archive(row: str) -> str:
    """SQL: the archive of the customer whom the row `row` names has not ended."""
    return (
        f"exists (select from customer u where u.tenant_id = {row}.tenant_id and u.id = {row}.customer_id"
        " and u.closed_at is null)"
    )


def customer_of(alias: str, row: str) -> str:
    """SQL: the join of the customer whom the row `row` names as its `customer_id`."""
    return f"join customer {alias} on {alias}.tenant_id = {row}.tenant_id and {alias}.id = {row}.customer_id"


def customer_named(alias: str, customer_id: str) -> str:
    """SQL: the join of the customer of this id."""
    return f"join customer {alias} on {alias}.id = {customer_id}"


def place_of(customer_id: str) -> str:
    """SQL: the org unit and the account manager of the customer of this id."""
    return f"select tenant_id, org_unit_id, account_manager_id from customer where id = {customer_id}"


def served(customer: str) -> str:
    """SQL: whether somebody looks after the customer `customer`; somebody who has left serves nobody."""
    return (
        f"exists (select from staff s where s.tenant_id = {customer}.tenant_id and s.id = {customer}.account_manager_id"
        " and s.left_at is null)"
    )


def serves(staff: str, customer_id: str, account_manager_id: str) -> str:
    """SQL: whether `staff` looks after this customer, whose account manager that is, or is in its team (S10-4)."""
    return (
        f"({staff}.id = {account_manager_id} or exists (select from team_member m where m.tenant_id = {staff}.tenant_id"
        f" and m.customer_id = {customer_id} and m.staff_id = {staff}.id and m.left_at is null))"
    )


def looked_after(customer_id: str, staff_id: str) -> str:
    """SQL: whether this member of staff looks after the customer."""
    return f"{customer_id} in (select id from customer where account_manager_id = {staff_id})"


async def kinds_of(customer_ids: Collection[UUID | None]) -> dict[UUID, str]:
    """The customer kind of each that is in sight, by id; an id that is None, unknown or behind a wall is not among them."""
    known = [each for each in customer_ids if each is not None]
    rows = await fetch("select id, kind from customer where id = any ($1)", known) if known else []
    return {row["id"]: row["kind"] for row in rows}


async def kept(customer_ids: Collection[UUID]) -> set[UUID]:
    """Those of them whose archive is in sight of the open scope and was not erased; closed and merged ones are among them."""
    return set(
        await fetch_column("select id from customer where id = any ($1) and erased_at is null", list(customer_ids))
    )


def preferred_channel(alias: str, otherwise: str) -> str:
    """SQL: the means of contact that the customer `alias` prefers, `otherwise` without a preference."""
    return f"coalesce(nullif({alias}.preferences ->> 'contact', ''), {otherwise})"


def kept_until(alias: str, moment: str) -> str:
    """SQL: whether the archive of the customer `alias` is not erased and was open until the moment."""
    return f"{alias}.erased_at is null and ({alias}.closed_at is null or {alias}.closed_at >= {moment})"


async def hold(customer_id: UUID) -> bool:
    """Keep the customer from being erased until the transaction ends; False when that has happened.

    An erasure under way is waited for.
    """
    kept_id = await fetch_value(
        "select id from customer where id = $1 and erased_at is null for key share", customer_id
    )
    return kept_id is not None


def refused(row: str, customer_id: str, purpose: str, *, until: str = "true") -> str:
    """SQL: whether the latest that a customer said to a purpose is no; `until` says of the consent `k` up to when."""
    return (
        f"(select k.answer from consent k where k.tenant_id = {row}.tenant_id and k.customer_id = {customer_id}"
        f" and k.purpose = {purpose} and {until} order by k.recorded_at desc, k.id desc limit 1)"
        " in ('refused', 'withdrawn')"
    )


def archive_fields(policy: Policy) -> tuple[ArchiveField, ...]:
    """The fields an archive of this company can have beside the columns, as far as they are there for whoever acts."""
    every = every_field(policy)
    return tuple(field for field in every if seeing.is_there(field)) if seen_fields() else every


def every_field(policy: Policy) -> tuple[ArchiveField, ...]:
    """As `archive_fields`, whoever acts: by these an archive is checked and sealed."""
    own = {field.name for field in policy.fields}
    return (*CONTACT_FIELDS, *(field for field in DOCUMENT_FIELDS if field.name not in own), *policy.fields)


def _asked(wanted: CustomerFilter) -> dict[str, Any]:
    return {
        "kind": wanted.kind,
        "manager": wanted.account_manager_id,
        "unit": wanted.org_unit_id,
        "serves": wanted.served_by,
        "closed": wanted.closed,
    }


async def _matching(ranges: dict[str, Any]) -> str:
    own = "" if current_scope().units == ALL_UNITS else _OWN
    statement, values = placed(_COUNT.format(own=own), ranges | {"most": MANY + 1})
    return (_OFTEN if await fetch_value(statement, *values) > MANY else _FEW).format(own=own)


async def _ranges(text: str, fields: tuple[ArchiveField, ...]) -> dict[str, Any]:
    """Between what the keys of names and the customers' numbers lie that begin with `text`, and its blind indexes."""
    key = await tenant_key()
    typed, named = typed_key(text), fields if names_a_value(text) else ()
    (term, term_end), (number, number_end) = prefix_range(typed) if typed else _NOTHING, prefix_range(code(text))
    return {
        "term": term,
        "term_end": term_end,
        "number": number,
        "number_end": number_end,
        "exacts": exacts(named, text, key),
        "tails": tails(named, text, key) if len(text) == 4 else [],
    }


def _view(row: Any) -> CustomerView:
    documents = {name: msgspec.json.decode(row[name] or "{}") for name in ("preferences", "fields", "masked")}
    birthday = from_columns(row["birthday"], row["birthday_lunar"])
    return msgspec.convert(dict(row) | documents | {"birthday": birthday}, CustomerView)


ERASED = "the customer of this number was erased: nothing new is written about it"


CLOSED = "the archive of this number is closed: nothing new begins in it. Reopen it first, or leave the row out"


async def open_archives() -> int:
    """How many archives are open."""
    return int(await fetch_value("select count(*) from customer where closed_at is null"))


async def ids_by_number() -> dict[str, UUID]:
    """Every customer in sight by its number, those whose archive has ended included."""
    return {row["number"]: row["id"] for row in await fetch("select number, id from customer")}


async def ended_archives(*, closed: bool) -> dict[str, str]:
    """Why nothing is written for these customers, by number; those whose archive is only closed if `closed` matters."""
    rows = await fetch(
        "select number, erased_at is not null as erased from customer where erased_at is not null"
        " or ($1 and closed_at is not null)",
        closed,
    )
    return {row["number"]: ERASED if row["erased"] else CLOSED for row in rows}


FOLLOWED.give("customer", Followed(may("customers:read"), Customer))
