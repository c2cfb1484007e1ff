"""Importing and exporting archives and orders (S07-26): whole or not at all, again and again with the same result."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from guibin.audit.actions import AuditNote, record
from guibin.money import Money, to_minor
from guibin.policy.fields import ArchiveField
from guibin.policy.packs import Policy
from guibin.spreadsheets.importing import PROBLEMS_MAX, BadRows, Imported, Progress, no_progress, problem
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.reading import Row, RowProblem, rows
from guibin.spreadsheets.writing import write
from guibin_tenants import keyring, org_units, staff
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import FieldError, Invalid, Refusal
from guibin_tenants.scope import execute, fetch
from guibin_tenants.tables import new_id

from .actions import PURPOSE_CHARS_MIN, wrong_fields
from .names import fold, search_keys
from .queries import archive_fields
from .sealing import insert_sealed, opened, sealed

BATCH_ROWS = 1_000
COLUMNS = (
    "number",
    "name",
    "kind",
    "org_unit",
    "account_manager",
    "sex",
    "birthday",
    "birthday_calendar",
    "employer",
    "department",
    "position",
)
_SEX = {"男": "male", "女": "female", "male": "male", "female": "female", "": ""}
_CALENDAR = {"": "solar", "solar": "solar", "公历": "solar", "lunar": "lunar", "农历": "lunar"}


async def import_customers(
    file: Path,
    mapping: Mapping,
    *,
    policy: Policy,
    by: Principal,
    now: datetime,
    dry_run: bool = False,
    progress: Progress = no_progress,
) -> Imported:
    """Add or update archives by number. Raises BadRows with everything wrong, or Invalid for an unreadable file."""
    reader = _Reader(policy, await _units(), await _people())
    total = _check(file, mapping, reader, progress)
    created = updated = 0
    batch: list[dict[str, Any]] = []
    for row in rows(file, mapping):
        batch.append(reader.customer(row)[0])
        if len(batch) == BATCH_ROWS:
            fresh = 0 if dry_run else await _write(batch, reader.fields, now)
            created, updated = created + fresh, updated + len(batch) - fresh
            progress("written", created + updated)
            batch = []
    if batch:
        fresh = 0 if dry_run else await _write(batch, reader.fields, now)
        created, updated = created + fresh, updated + len(batch) - fresh
    if dry_run:
        created, updated = await _would(file, mapping, reader)
    else:
        await record(AuditNote(action="customer.import", shown=total, purpose=file.name), by=by, now=now)
    return Imported(total, created, updated, dry_run=dry_run)


async def import_orders(
    file: Path,
    mapping: Mapping,
    *,
    by: Principal,
    now: datetime,
    dry_run: bool = False,
    progress: Progress = no_progress,
) -> Imported:
    """Add or update orders by number: customer_number, number, product, price, started_on, ends_on."""
    customers = {row["number"]: row["id"] for row in await fetch("select number, id from customer")}
    problems: list[RowProblem] = []
    orders: list[tuple[Any, ...]] = []
    seen: set[str] = set()
    for row in rows(file, mapping):
        order, wrong = _order(row, customers, seen)
        problems += [*row.problems, *wrong]
        orders.append(order)
        if len(problems) > PROBLEMS_MAX:
            break
    if problems:
        raise BadRows(problems, len(orders))
    created = 0
    for start in range(0, 0 if dry_run else len(orders), BATCH_ROWS):
        chunk = orders[start : start + BATCH_ROWS]
        found = await fetch(
            "insert into product_order (id, customer_id, number, product, price, currency, started_on, ends_on,"
            " created_at) select gen_random_uuid(), c, n, p, m, 'CNY', s, e, $7 from unnest($1::uuid[], $2::text[],"
            " $3::text[], $4::bigint[], $5::date[], $6::date[]) as o (c, n, p, m, s, e)"
            " on conflict (tenant_id, number) do update set product = excluded.product, price = excluded.price,"
            " started_on = excluded.started_on, ends_on = excluded.ends_on returning (xmax = 0) as fresh",
            *(list(column) for column in zip(*chunk, strict=True)),
            now,
        )
        created += sum(row["fresh"] for row in found)
        progress("written", start + len(chunk))
    if not dry_run:
        await record(
            AuditNote(action="order.import", subject="order", shown=len(orders), purpose=file.name), by=by, now=now
        )
    return Imported(len(orders), created, len(orders) - created, dry_run=dry_run)


async def export_customers(
    file: Path, *, policy: Policy, by: Principal, now: datetime, purpose: str = "", clear: bool = False
) -> int:
    """Write every visible archive; masked, or with `clear` and a purpose in clear. The file imports again as it is."""
    if clear and len(purpose.strip()) < PURPOSE_CHARS_MIN:
        raise Invalid(
            fields=(FieldError("purpose", f"at least {PURPOSE_CHARS_MIN} characters that say why", value=purpose),)
        )
    fields = archive_fields(policy)
    found = await fetch(
        "select c.*, u.code as unit_code, s.login from customer c"
        " join org_unit u on u.tenant_id = c.tenant_id and u.id = c.org_unit_id"
        " left join staff s on s.tenant_id = c.tenant_id and s.id = c.account_manager_id"
        " where c.erased_at is null order by c.number"
    )
    await record(
        AuditNote(
            action="customer.export",
            customer_ids=tuple(row["id"] for row in found),
            fields=tuple(field.name for field in fields) if clear else (),
            shown=len(found),
            purpose=purpose,
        ),
        by=by,
        now=now,
    )
    values = await _confidential(clear)
    lines = (tuple(_line(row, fields, values.get(row["id"], {}))) for row in found)
    return write(file, (*COLUMNS, *(field.name for field in fields)), lines, sheet="customers")


class _Reader:
    """Turns rows into archives; remembers numbers, so that a duplicate in one file is found."""

    def __init__(self, policy: Policy, units: dict[str, UUID], people: dict[str, UUID]) -> None:
        self.policy = policy
        self.fields = archive_fields(policy)
        self.units = units
        self.people = people
        self.seen: set[str] = set()

    def customer(self, row: Row) -> tuple[dict[str, Any], list[RowProblem]]:
        """The archive of a row, and what is wrong with it."""
        given = row.fields
        wrong: list[RowProblem] = [
            problem(row, name, value, "not a field of the archive")
            for name, value in given.items()
            if value and name not in COLUMNS and name not in {field.name for field in self.fields}
        ]
        confidential = {
            f.name: given[f.name] for f in self.fields if f.confidentiality == "confidential" and given.get(f.name)
        }
        plain = {
            f.name: _typed(f, given[f.name])
            for f in self.fields
            if f.confidentiality != "confidential" and given.get(f.name)
        }
        kind = self._kind(given.get("kind", ""))
        number, name = given.get("number", ""), given.get("name", "")
        errors = wrong_fields(kind, plain, confidential, self.fields, self.policy, name=name, number=number)
        wrong += [
            problem(row, e.field.rpartition(".")[2], given.get(e.field.rpartition(".")[2], ""), e.rule) for e in errors
        ]
        archive = {
            "number": fold(number),
            "name": fold(name),
            "kind": kind,
            "unit": self._one(row, wrong, "org_unit", self.units, default="head-office"),
            "manager": self._one(row, wrong, "account_manager", self.people, default=None),
            "sex": self._one(row, wrong, "sex", _SEX, default=""),
            "birthday": _day(row, wrong, "birthday"),
            "calendar": self._one(row, wrong, "birthday_calendar", _CALENDAR, default=""),
            "employer": given.get("employer", ""),
            "department": given.get("department", ""),
            "position": given.get("position", ""),
            "fields": plain,
            "confidential": confidential,
        }
        return archive, wrong

    def duplicate(self, row: Row) -> list[RowProblem]:
        """A problem when an earlier row of this file has the same number."""
        number = fold(row.fields.get("number", ""))
        if number in self.seen:
            return [problem(row, "number", number, "the same number stands in an earlier row")]
        self.seen.add(number)
        return []

    def _kind(self, given: str) -> str:
        titles = {
            self.policy.title(f"customer_kind.{kind}", language): kind
            for kind in self.policy.customer_kinds
            for language in ("zh-CN", "en")
        }
        return titles.get(given, given)

    def _one(
        self, row: Row, wrong: list[RowProblem], column: str, known: dict[str, Any], *, default: str | None
    ) -> Any:
        given = row.fields.get(column, "")
        if not given and default is None:
            return None
        try:
            return known[given or default or ""]
        except KeyError:
            shown = ", ".join(sorted(k for k in known if k)[:20])
            wrong.append(problem(row, column, given, f"not one of: {shown}"))
            return None


def _check(file: Path, mapping: Mapping, reader: _Reader, progress: Progress) -> int:
    problems: list[RowProblem] = []
    total = 0
    for total, row in enumerate(rows(file, mapping), 1):
        problems += [*row.problems, *reader.customer(row)[1], *reader.duplicate(row)]
        if total % BATCH_ROWS == 0:
            progress("checked", total)
        if len(problems) > PROBLEMS_MAX:
            break
    if problems:
        raise BadRows(problems, total)
    return total


async def _would(file: Path, mapping: Mapping, reader: _Reader) -> tuple[int, int]:
    known = {row["number"] for row in await fetch("select number from customer")}
    updated = sum(fold(row.fields.get("number", "")) in known for row in rows(file, mapping))
    return len(reader.seen) - updated, updated


async def _write(batch: list[dict[str, Any]], fields: tuple[ArchiveField, ...], now: datetime) -> int:
    names = [search_keys(archive["name"]) for archive in batch]
    found = await fetch(
        "insert into customer (id, number, kind, name, pinyin, initials, org_unit_id, account_manager_id, sex, birthday,"
        " birthday_calendar, birthday_leap_month, employer, department, position, preferences, fields, version,"
        " created_at, changed_at) select i, n, k, nm, py, ini, u, m, sx, bd, bc, false, em, de, po, '{}', f::jsonb, 1,"
        " $16, $16 from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[],"
        " $8::uuid[], $9::text[], $10::date[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])"
        " as r (i, n, k, nm, py, ini, u, m, sx, bd, bc, em, de, po, f)"
        " on conflict (tenant_id, number) do update set kind = excluded.kind, name = excluded.name, pinyin ="
        " excluded.pinyin, initials = excluded.initials, org_unit_id = excluded.org_unit_id, account_manager_id ="
        " excluded.account_manager_id, sex = excluded.sex, birthday = excluded.birthday, birthday_calendar ="
        " excluded.birthday_calendar, employer = excluded.employer, department = excluded.department, position ="
        " excluded.position, fields = excluded.fields, version = customer.version + 1, changed_at = excluded.changed_at"
        " returning id, number, (xmax = 0) as fresh",
        [new_id() for _ in batch],
        [a["number"] for a in batch],
        [a["kind"] for a in batch],
        [a["name"] for a in batch],
        [pinyin for pinyin, _ in names],
        [initials for _, initials in names],
        [a["unit"] for a in batch],
        [a["manager"] for a in batch],
        [a["sex"] for a in batch],
        [a["birthday"] for a in batch],
        [a["calendar"] for a in batch],
        [a["employer"] for a in batch],
        [a["department"] for a in batch],
        [a["position"] for a in batch],
        [msgspec.json.encode(a["fields"]).decode() for a in batch],
        now,
    )
    ids = {row["number"]: row["id"] for row in found}
    await _seal(batch, ids, fields)
    return sum(row["fresh"] for row in found)


async def _seal(batch: list[dict[str, Any]], ids: dict[str, UUID], fields: tuple[ArchiveField, ...]) -> None:
    with_values = [archive for archive in batch if archive["confidential"]]
    if not with_values:
        return
    known = {field.name: field for field in fields}
    above = await keyring.tenant_key()
    keys = await _subject_keys([ids[archive["number"]] for archive in with_values], above)
    values = [
        sealed(known[name], value, customer_id=ids[a["number"]], key=keys[ids[a["number"]]], tenant_key=above)
        for a in with_values
        for name, value in a["confidential"].items()
    ]
    await execute(
        "delete from sealed_value v using unnest($1::uuid[], $2::text[]) as g (c, f)"
        " where v.customer_id = g.c and v.field = g.f",
        [value.customer_id for value in values],
        [value.field for value in values],
    )
    await insert_sealed(values)


async def _subject_keys(subjects: list[UUID], above: bytes) -> dict[UUID, bytes]:
    made = {subject: keyring.new_subject_key(above, subject) for subject in subjects}
    await execute(
        "insert into subject_key (id, subject_id, wrapped) select gen_random_uuid(), s, w"
        " from unnest($1::uuid[], $2::bytea[]) as k (s, w) on conflict (tenant_id, subject_id) do nothing",
        list(made),
        [wrapped for _, wrapped in made.values()],
    )
    stored = await fetch("select subject_id, wrapped from subject_key where subject_id = any ($1)", list(made))
    return {
        row["subject_id"]: keyring.unwrap_subject_key(above, row["subject_id"], bytes(row["wrapped"])) for row in stored
    }


async def _confidential(clear: bool) -> dict[UUID, dict[str, str]]:
    values: dict[UUID, dict[str, str]] = {}
    if not clear:
        for row in await fetch("select customer_id, field, masked from sealed_value where place = 0"):
            values.setdefault(row["customer_id"], {})[row["field"]] = row["masked"]
        return values
    above = await keyring.tenant_key()
    for row in await fetch(
        "select v.id, v.customer_id, v.field, v.sealed, k.wrapped from sealed_value v join subject_key k"
        " on k.tenant_id = v.tenant_id and k.subject_id = v.customer_id where v.place = 0"
    ):
        key = keyring.unwrap_subject_key(above, row["customer_id"], bytes(row["wrapped"]))
        values.setdefault(row["customer_id"], {})[row["field"]] = opened(row["id"], key, bytes(row["sealed"]))
    return values


def _line(row: Any, fields: tuple[ArchiveField, ...], confidential: dict[str, str]) -> Iterator[str]:
    plain = msgspec.json.decode(row["fields"])
    yield from (row["number"], row["name"], row["kind"], row["unit_code"], row["login"] or "", row["sex"])
    yield row["birthday"].isoformat() if row["birthday"] else ""
    yield from (row["birthday_calendar"], row["employer"], row["department"], row["position"])
    for field in fields:
        value = confidential.get(field.name, plain.get(field.name))
        yield "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _order(row: Row, customers: dict[str, UUID], seen: set[str]) -> tuple[tuple[Any, ...], list[RowProblem]]:
    wrong: list[RowProblem] = []
    given = row.fields
    customer = customers.get(given.get("customer_number", ""))
    if customer is None:
        wrong.append(problem(row, "customer_number", given.get("customer_number", ""), "no customer has this number"))
    for name in ("number", "product"):
        if not given.get(name):
            wrong.append(problem(row, name, "", "required"))
    if given.get("number", "") in seen:
        wrong.append(problem(row, "number", given["number"], "the same number stands in an earlier row"))
    seen.add(given.get("number", ""))
    started_on, ends_on = _day(row, wrong, "started_on"), _day(row, wrong, "ends_on")
    if started_on and ends_on and ends_on <= started_on:
        wrong.append(problem(row, "ends_on", ends_on.isoformat(), "not after started_on"))
    if not started_on or not ends_on:
        wrong.append(problem(row, "started_on", "", "both started_on and ends_on are required"))
    price = 0
    try:
        price = to_minor(Money(given.get("price", "0").replace(",", "") or "0"))
    except Refusal as refusal:
        wrong.append(problem(row, "price", given.get("price", ""), refusal.fields[0].rule))
    return (customer, given.get("number", ""), given.get("product", ""), price, started_on, ends_on), wrong


def _typed(field: ArchiveField, value: str) -> str | int | bool:
    if field.type in ("integer", "money") and value.lstrip("-").isdigit():
        return int(value)
    if field.type == "boolean" and value.lower() in ("true", "false", "是", "否"):
        return value.lower() in ("true", "是")
    return value


def _day(row: Row, wrong: list[RowProblem], column: str) -> date | None:
    text = (
        row.fields.get(column, "")
        .replace("/", "-")
        .replace("年", "-")
        .replace("月", "-")
        .replace("日", "")
        .split(" ")[0]
    )
    if not text:
        return None
    try:
        parts = [int(part) for part in text.split("-")]
        return date(*parts)
    except (ValueError, TypeError):
        wrong.append(problem(row, column, text, "not a date such as 1980-05-17"))
        return None


async def _units() -> dict[str, UUID]:
    units = await org_units.all_units()
    return {unit.name: unit.id for unit in units} | {unit.code: unit.id for unit in units}


async def _people() -> dict[str, UUID]:
    everyone = [one for one in await staff.all_staff() if one.left_at is None]
    return {one.login: one.id for one in everyone}
