"""Importing and exporting archives and orders (S07-26): whole or not at all, again and again with the same result."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
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
from guibin_tenants.principals import Principal, may, require
from guibin_tenants.refusals import FieldError, Forbidden, Invalid, Refusal
from guibin_tenants.scope import execute, fetch
from guibin_tenants.tables import new_id

from . import assignments
from .disclosures import PURPOSE_CHARS_MIN
from .names import fold, search_keys
from .queries import archive_fields
from .sealing import insert_sealed, opened, sealed
from .sheet_rows import COLUMNS, ArchiveReader, Known, day_of

BATCH_ROWS = 1_000

# $18 are the fields that the file has; whatever else an archive holds stays as it is.
_UPSERT = """insert into customer (id, number, kind, name, pinyin, initials, org_unit_id, account_manager_id, sex,
    birthday, birthday_calendar, birthday_leap_month, employer, department, position, preferences, fields, version,
    created_at, changed_at)
    select i, n, k, nm, py, ini, u, m, sx, bd, bc, bl, em, de, po, '{}', f::jsonb, 1, $17, $17
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::uuid[],
        $9::text[], $10::date[], $11::text[], $12::boolean[], $13::text[], $14::text[], $15::text[], $16::text[])
        as r (i, n, k, nm, py, ini, u, m, sx, bd, bc, bl, em, de, po, f)
    on conflict (tenant_id, number) do update set
        kind = excluded.kind, name = excluded.name, pinyin = excluded.pinyin, initials = excluded.initials,
        org_unit_id = excluded.org_unit_id, version = customer.version + 1, changed_at = excluded.changed_at,
        fields = (customer.fields - $18::text[]) || excluded.fields,
        account_manager_id = case when 'account_manager' = any ($18) then excluded.account_manager_id
            else customer.account_manager_id end,
        sex = case when 'sex' = any ($18) then excluded.sex else customer.sex end,
        birthday = case when 'birthday' = any ($18) then excluded.birthday else customer.birthday end,
        birthday_calendar = case when 'birthday_calendar' = any ($18) then excluded.birthday_calendar
            else customer.birthday_calendar end,
        birthday_leap_month = case when 'birthday_leap_month' = any ($18) then excluded.birthday_leap_month
            else customer.birthday_leap_month end,
        employer = case when 'employer' = any ($18) then excluded.employer else customer.employer end,
        department = case when 'department' = any ($18) then excluded.department else customer.department end,
        position = case when 'position' = any ($18) then excluded.position else customer.position end
    returning id, number, (xmax = 0) as fresh"""


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
    require(by, may("customers:import"))
    reader = ArchiveReader(policy, Known(await _units(), await _people(), await _erased(), await _personal(policy)))
    total = _check(file, mapping, reader, progress)
    created = updated = 0
    await _plan_for_many()
    batch: list[dict[str, Any]] = []
    for row in rows(file, mapping):
        batch.append(reader.customer(row)[0])
        if len(batch) == BATCH_ROWS:
            fresh = 0 if dry_run else await _write(batch, reader, by, now)
            created, updated = created + fresh, updated + len(batch) - fresh
            progress("written", created + updated)
            batch = []
    if batch:
        fresh = 0 if dry_run else await _write(batch, reader, by, now)
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
    require(by, may("customers:import"))
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
    await _plan_for_many()
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
    require(by, may("customers:export"))
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


def _check(file: Path, mapping: Mapping, reader: ArchiveReader, progress: Progress) -> int:
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


async def _would(file: Path, mapping: Mapping, reader: ArchiveReader) -> tuple[int, int]:
    known = {row["number"] for row in await fetch("select number from customer")}
    updated = sum(fold(row.fields.get("number", "")) in known for row in rows(file, mapping))
    return len(reader.seen) - updated, updated


async def _write(batch: list[dict[str, Any]], reader: ArchiveReader, by: Principal, now: datetime) -> int:
    names = [search_keys(archive["name"]) for archive in batch]
    held = await _held_units([archive["number"] for archive in batch])
    home = reader.units["head-office"]
    try:
        found = await fetch(
            _UPSERT,
            [new_id() for _ in batch],
            [a["number"] for a in batch],
            [a["kind"] for a in batch],
            [a["name"] for a in batch],
            [pinyin for pinyin, _ in names],
            [initials for _, initials in names],
            [a["unit"] or held.get(a["number"], home) for a in batch],
            [a["manager"] for a in batch],
            [a["sex"] for a in batch],
            [a["birthday"] for a in batch],
            [a["calendar"] for a in batch],
            [a["leap"] for a in batch],
            [a["employer"] for a in batch],
            [a["department"] for a in batch],
            [a["position"] for a in batch],
            [msgspec.json.encode(a["fields"]).decode() for a in batch],
            now,
            sorted(reader.given),
        )
    except asyncpg.InsufficientPrivilegeError:
        raise Forbidden("The file names customers or org units that you do not see; nothing was imported") from None
    ids = {row["number"]: row["id"] for row in found}
    await assignments.refuse_unseeing_managers([row["id"] for row in found])
    await _assigned(batch, {row["number"]: row["id"] for row in found}, held, by, now)
    await _seal(batch, ids, reader.fields, fresh={row["id"] for row in found if row["fresh"]})
    return sum(row["fresh"] for row in found)


async def _assigned(
    batch: list[dict[str, Any]], ids: dict[str, UUID], held: dict[str, UUID], by: Principal, now: datetime
) -> None:
    """Write down who looks after them; those who moved to another org unit bring their open work along (S05-3)."""
    await assignments.note_assigned(list(ids.values()), because="imported", reason="", by=by, now=now)
    moved: dict[UUID, list[UUID]] = {}
    for archive in batch:
        before = held.get(archive["number"])
        if before is not None and archive["unit"] is not None and archive["unit"] != before:
            moved.setdefault(archive["unit"], []).append(ids[archive["number"]])
    for unit_id, customer_ids in moved.items():
        await assignments.bring_work_along(customer_ids, unit_id, reason="imported", by=by, now=now)


async def _seal(
    batch: list[dict[str, Any]], ids: dict[str, UUID], fields: tuple[ArchiveField, ...], *, fresh: set[UUID]
) -> None:
    with_values = [archive for archive in batch if archive["confidential"]]
    if not with_values:
        return
    known = {field.name: field for field in fields}
    above = await keyring.tenant_key()
    keys = await _subject_keys([ids[archive["number"]] for archive in with_values], above)
    values = [
        sealed(
            known[name],
            value,
            customer_id=ids[a["number"]],
            key=keys[ids[a["number"]]],
            tenant_key=above,
            place=place,
        )
        for a in with_values
        for name, several in a["confidential"].items()
        for place, value in enumerate(several)
    ]
    # Of a new customer there is nothing to replace.
    held = [value for value in values if value.customer_id not in fresh]
    await execute(
        "delete from sealed_value v using unnest($1::uuid[], $2::text[]) as g (c, f)"
        " where v.customer_id = g.c and v.field = g.f",
        [value.customer_id for value in held],
        [value.field for value in held],
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
        for row in await fetch("select customer_id, field, masked from sealed_value order by field, place"):
            _add(values.setdefault(row["customer_id"], {}), row["field"], row["masked"])
        return values
    above = await keyring.tenant_key()
    for row in await fetch(
        "select v.id, v.customer_id, v.field, v.sealed, k.wrapped from sealed_value v join subject_key k"
        " on k.tenant_id = v.tenant_id and k.subject_id = v.customer_id order by v.field, v.place"
    ):
        key = keyring.unwrap_subject_key(above, row["customer_id"], bytes(row["wrapped"]))
        _add(values.setdefault(row["customer_id"], {}), row["field"], opened(row["id"], key, bytes(row["sealed"])))
    return values


def _add(values: dict[str, str], field: str, value: str) -> None:
    values[field] = f"{values[field]}\n{value}" if field in values else value


def _line(row: Any, fields: tuple[ArchiveField, ...], confidential: dict[str, str]) -> Iterator[str]:
    plain = msgspec.json.decode(row["fields"])
    yield from (row["number"], row["name"], row["kind"], row["unit_code"], row["login"] or "", row["sex"])
    yield row["birthday"].isoformat() if row["birthday"] else ""
    yield from (
        row["birthday_calendar"],
        "true" if row["birthday_leap_month"] else "",
        row["employer"],
        row["department"],
        row["position"],
    )
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
    wrong += [
        problem(row, name, given[name], f"longer than {most} characters")
        for name, most in (("number", 60), ("product", 200))
        if len(given.get(name, "")) > most
    ]
    if given.get("number", "") in seen:
        wrong.append(problem(row, "number", given["number"], "the same number stands in an earlier row"))
    seen.add(given.get("number", ""))
    started_on, ends_on = day_of(row, wrong, "started_on"), day_of(row, wrong, "ends_on")
    if started_on and ends_on and ends_on <= started_on:
        wrong.append(problem(row, "ends_on", ends_on.isoformat(), "not after started_on"))
    if not started_on or not ends_on:
        wrong.append(problem(row, "started_on", "", "both started_on and ends_on are required"))
    price = 0
    try:
        price = to_minor(Money(given.get("price", "0").replace(",", "") or "0"))
        if price < 0:
            wrong.append(problem(row, "price", given.get("price", ""), "less than 0"))
    except Refusal as refusal:
        wrong.append(problem(row, "price", given.get("price", ""), refusal.fields[0].rule))
    return (customer, given.get("number", ""), given.get("product", ""), price, started_on, ends_on), wrong


async def _plan_for_many() -> None:
    # While an import runs, the statistics still say that there are a handful of rows: reading a whole table looks cheap
    # to the planner, and every batch would read what all batches before it wrote.
    await execute("discard plans; set local enable_seqscan = off")


async def _held_units(numbers: list[str]) -> dict[str, UUID]:
    held = await fetch("select number, org_unit_id from customer where number = any ($1)", numbers)
    return {row["number"]: row["org_unit_id"] for row in held}


async def _erased() -> frozenset[str]:
    return frozenset(row["number"] for row in await fetch("select number from customer where erased_at is not null"))


async def _personal(policy: Policy) -> frozenset[str]:
    if not policy.organisations:
        return frozenset()
    personal = [f.name for f in archive_fields(policy) if f.holder == "person" or f.type == "identity_number"]
    found = await fetch(
        "select number from customer c where kind <> all ($1) and (sex <> '' or birthday is not null or fields ?| $2"
        " or exists (select 1 from sealed_value v where v.tenant_id = c.tenant_id and v.customer_id = c.id"
        " and v.field = any ($2)))",
        list(policy.organisations),
        personal,
    )
    return frozenset(row["number"] for row in found)


async def _units() -> dict[str, UUID]:
    units = await org_units.standing_units()
    return {unit.name: unit.id for unit in units} | {unit.code: unit.id for unit in units}


async def _people() -> dict[str, UUID]:
    everyone = [one for one in await staff.all_staff() if one.left_at is None]
    return {one.login: one.id for one in everyone}
