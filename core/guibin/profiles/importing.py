"""Importing and exporting archives and orders (S07-26): whole or not at all, again and again with the same result."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from guibin.audit import look_ups
from guibin.audit.actions import AuditNote, noted
from guibin.audit.attempts import attempt
from guibin.cases.requests import NewDisclosure
from guibin.context import Act
from guibin.events import OrdersOpened, tell_at_once
from guibin.notation.dates import LunarDay, from_columns
from guibin.notation.spelling import line
from guibin.policy.fields import ArchiveField
from guibin.policy.money import Money
from guibin.policy.packs import Policy
from guibin.sealing.seeing import refuse_partly
from guibin.sealing.values import opened
from guibin.spreadsheets.importing import (
    PROBLEMS_MAX,
    Imported,
    Progress,
    Sheet,
    no_progress,
    packed,
    problem,
    unpacked,
)
from guibin.spreadsheets.mapping import Mapping, refuse_unknown
from guibin.spreadsheets.reading import Fields, Row, RowProblem
from guibin.spreadsheets.writing import write
from guibin_tenants import keyring, org_units, staff
from guibin_tenants.org_units import OrgUnitView
from guibin_tenants.principals import may, require, sees_all
from guibin_tenants.refusals import Forbidden, Refusal
from guibin_tenants.scope import execute, fetch, fetch_column, savepoint
from guibin_tenants.staff import StaffView

from .bulk import Columns, write_archives
from .corrections import Subject, Value, differing, keep_all, told
from .disclosures import as_recorded, gate
from .exporting import ORDER_COLUMNS
from .held import (
    Held,
    Place,
    aged,
    changes,
    close_all,
    closed_reasons,
    completed,
    differing_derived,
    held_of,
    left_alone,
    masks_of,
    places_of,
    told_derived,
    unclosable,
)
from .orders import CONTENT, minor_of
from .queries import ended_archives, every_field, ids_by_number
from .refusals import NumberUnusable
from .sheet_rows import (
    AGE,
    CLOSED,
    COLUMNS,
    DERIVED,
    Archive,
    ArchiveReader,
    Known,
    columns_out,
    day_of,
    fields_out,
    sheet_fields,
)


class Seeing:
    """The company's staff and org units. People see the unit they belong to and all below it; without a unit, all."""

    def __init__(self, people: Iterable[StaffView], units: Iterable[OrgUnitView]) -> None:
        self.people = {one.id: one for one in people}
        self.units = {unit.id: unit for unit in units}
        self._above: dict[UUID, frozenset[UUID]] = {}

    def sees(self, person_id: UUID, unit_id: UUID) -> bool:
        """Whether this one sees the archives of the org unit."""
        stands_in = self.people[person_id].org_unit_id
        return stands_in is None or stands_in in self._up_from(unit_id)

    def _up_from(self, unit_id: UUID) -> frozenset[UUID]:
        if unit_id not in self._above:
            found: list[UUID] = []
            at: UUID | None = unit_id
            while at is not None and at not in found:
                found.append(at)
                at = self.units[at].parent_id
            self._above[unit_id] = frozenset(found)
        return self._above[unit_id]


async def seeing() -> Seeing:
    """As it stands now, people who left and dissolved units included."""
    return Seeing(await staff.all_staff(), await org_units.all_units())


BATCH_ROWS = 1_000
_HEAD_OFFICE = "head-office"


async def import_customers(
    file: Path, mapping: Mapping, act: Act, *, dry_run: bool = False, progress: Progress = no_progress
) -> Imported:
    """Add or update archives by number. Raises BadRows with everything wrong, or Invalid for an unreadable file."""
    require(act.by, may("customers:import"))
    units = await _units(act)
    home = units[_HEAD_OFFICE] if sees_all(act.by) or act.by.org_unit_id is None else act.by.org_unit_id
    people = await people_in_sight(act)
    company = Known(units, people, await ended_archives(closed=True), await _personal(act.policy), home)
    reader = ArchiveReader(act.policy, company, act.now)
    refuse_unknown(mapping, {*COLUMNS, AGE, *DERIVED, *(field.name for field in reader.fields)})
    await _plan_for_many()
    total, checked = await _check(Sheet(file, mapping, sheet_fields(act.policy), BATCH_ROWS, progress), reader, act)
    columns = Columns(tuple(sorted(reader.given)), {f.name: f for f in reader.fields}, reader.home)
    not_taken: list[RowProblem] = []
    done = created = updated = 0
    for batch in checked:
        archives = unpacked(batch, Archive)
        held = await held_of(archives)
        for archive in archives:
            not_taken += [RowProblem("", archive.row, *left) for left in left_alone(archive, held.get(archive.number))][
                : PROBLEMS_MAX - len(not_taken)
            ]
        not_taken += (await differing_derived(archives, act))[: PROBLEMS_MAX - len(not_taken)]
        archives = [completed(archive, held.get(archive.number)) for archive in archives]
        fresh = [archive for archive in archives if archive.number not in held]
        others = [
            changes(archive, held[archive.number], columns.given) for archive in archives if archive.number in held
        ]
        changed = [archive for archive in others if archive is not None]
        added = len(fresh) if dry_run else await _write([*fresh, *changed], held, columns, act)
        created, updated = created + added, updated + len(fresh) + len(changed) - added
        altered = {archive.number for archive in (*fresh, *changed)}
        ending = [archive for archive in archives if archive.closed and archive.number not in reader.ended]
        updated += sum(archive.number not in altered for archive in ending)
        if not dry_run:
            await close_all(ending, act, note=file.name)
        done += len(archives)
        progress("compared" if dry_run else "written", done)
    # A dry run compares with what is sealed as well, and its counts tell which guesses were right.
    action = "customer.compare" if dry_run else "customer.import"
    await noted(action, act, shown=total, purpose=file.name)
    unchanged = total - created - updated
    return Imported(total, created, updated, unchanged, dry_run=dry_run, not_taken=tuple(not_taken))


async def _write(archives: Sequence[Archive], held: dict[str, Held], columns: Columns, act: Act) -> int:
    """As `write_archives`. For whoever does not see the whole company a refusal tells that a number has somebody: it is on record
    as asked for, and so often an hour and no more (docs/decisions/0024). Raises NumberUnusable, TooManyLookUps."""
    if sees_all(act.by):
        return await write_archives(archives, held, columns, act)
    await look_ups.refuse_too_many(act)
    async with attempt(AuditNote(action="customer.import", fields=("number",), shown=0, asked=True), act):
        try:
            async with savepoint():
                return await write_archives(archives, held, columns, act)
        except Forbidden:
            raise NumberUnusable() from None


async def import_orders(
    file: Path, mapping: Mapping, act: Act, *, dry_run: bool = False, progress: Progress = no_progress
) -> Imported:
    """Add or update orders by number: customer_number, number, product, price, currency, started_on, ends_on.

    Without a currency an order keeps the one it has, CNY when it is new. An order of another customer is not taken over.
    """
    require(act.by, may("customers:import"))
    refuse_unknown(mapping, ORDER_COLUMNS)
    customers = await ids_by_number()
    ended = await ended_archives(closed=True)
    problems: list[RowProblem] = []
    orders: list[tuple[Any, ...]] = []
    changes: list[tuple[list[tuple[Any, ...]], dict[str, tuple[Any, ...]]]] = []
    opened: dict[UUID, None] = {}
    created = updated = 0
    seen: set[str] = set()
    await _plan_for_many()
    for batch in Sheet(file, mapping, _ORDER_FIELDS, BATCH_ROWS, progress).checked(problems):
        held = await _orders_of([row.fields.get("number", "") for row in batch])
        read = [_order(row, customers, ended, seen, held.get(row.fields.get("number", ""))) for row in batch]
        problems += [each for row, (_, wrong) in zip(batch, read, strict=True) for each in (*row.problems, *wrong)]
        orders += (order for order, _ in read)
        altered = [order for order, _ in read if held.get(order[1]) != (order[0], *order[2:])]
        changes.append((altered, {order[1]: held[order[1]] for order in altered if order[1] in held}))
        opened |= {order[0]: None for order in altered if order[1] not in held}
        created += sum(order[1] not in held for order in altered)
        updated += sum(order[1] in held for order in altered)
    if not dry_run:
        for altered, before in changes:
            await _keep_orders(altered, before, act)
            await _write_orders(altered, act.now)
        await noted("order.import", act, subject="order", shown=len(orders), purpose=file.name)
        if opened:
            await tell_at_once(OrdersOpened(tuple(opened)), act)
    return Imported(len(orders), created, updated, len(orders) - created - updated, dry_run=dry_run)


async def export_customers(file: Path, act: Act, *, clear: NewDisclosure | None = None) -> int:
    """Write every visible archive; masked, or with `clear`, which says why and to whom, in clear. The file imports again as it
    is. Raises Invalid, NoBasis as `disclosures.gate`; NotSeenWhole for whoever does not see everything in clear."""
    require(act.by, may("customers:export"))
    if clear is not None:
        refuse_partly()
        await gate(clear, ())
    fields, columns = fields_out(act.policy), columns_out()
    archives = await fetch(
        "select c.*, u.code as unit_code, s.login from customer c"
        " join org_unit u on u.tenant_id = c.tenant_id and u.id = c.org_unit_id"
        " left join staff s on s.tenant_id = c.tenant_id and s.id = c.account_manager_id"
        " where c.erased_at is null order by c.number"
    )
    await noted(
        "customer.export",
        act,
        customer_ids=tuple(row["id"] for row in archives),
        fields=tuple(field.name for field in fields) if clear else (),
        shown=len(archives),
        purpose=as_recorded(clear) if clear else "",
    )
    values = await _confidential(clear is not None)
    reasons, derived = await closed_reasons(), await told_derived(None)
    lines = (
        (
            *_chosen(row, reasons, act.today, columns),
            *(derived[row["number"]][name] for name in DERIVED),
            *_fields_of(row, fields, values.get(row["id"], {})),
        )
        for row in archives
    )
    return write(file, (*columns, *DERIVED, *(field.name for field in fields)), lines, sheet="customers")


def _chosen(row: Any, reasons: dict[UUID, str], today: date, columns: Sequence[str]) -> Iterator[str]:
    closed = "" if row["closed_at"] is None else reasons.get(row["id"]) or CLOSED
    known = dict(zip((*COLUMNS, AGE), (*_line(row), closed, aged(row, today)), strict=True))
    yield from (known[name] for name in columns)


async def _check(sheet: Sheet, reader: ArchiveReader, act: Act) -> tuple[int, list[bytes]]:
    """Every row, and the archives in them, packed: the file is read once, and little of it is kept. Raises BadRows."""
    who = await seeing()
    problems: list[RowProblem] = []
    checked: list[bytes] = []
    total = 0
    for batch in sheet.checked(problems):
        read = [(row, *reader.customer(row)) for row in batch]
        places = await places_of([archive.number for _, archive, _ in read])
        masks = await masks_of([archive.number for _, archive, _ in read if archive.masked])
        for row, archive, wrong in read:
            if archive.number in places:
                problems += _unknown_masks(row, archive, masks.get(archive.number, {}))
            problems += [*row.problems, *wrong, *reader.duplicate(row)]
            problems += _unseeing(row, archive, places.get(archive.number), reader, who)
        problems += await unclosable([(row, archive) for row, archive, _ in read if archive.closed], reader, act)
        if not problems:
            checked.append(packed([archive for _, archive, _ in read]))
        total += len(batch)
    return total, checked


def _unknown_masks(row: Row, archive: Archive, held: dict[str, list[str]]) -> list[RowProblem]:
    """A problem for every masked value that none held is shown as: it may be a new number, of which digits are missing."""
    problems = []
    for name, several in archive.masked.items():
        left = list(held.get(name, []))
        for mask in several:
            if mask in left:
                left.remove(mask)
            else:
                rule = "a masked value that this customer does not have: give the whole value, or leave the cell empty"
                problems.append(problem(row, name, mask, rule))
    return problems


def _unseeing(row: Row, archive: Archive, before: Place | None, reader: ArchiveReader, who: Seeing) -> list[RowProblem]:
    """A problem when the customer would be looked after by somebody who does not see it."""
    manager, column = archive.manager, "account_manager"
    if column not in reader.given:
        manager, column = before.account_manager_id if before else None, "org_unit"
    unit = archive.unit or (before.org_unit_id if before else reader.home)
    if manager is None or who.sees(manager, unit):
        return []
    login, code = who.people[manager].login, who.units[unit].code
    reason = f"{login} does not see the org unit {code} of this customer: name an account manager who does"
    return [problem(row, column, row.fields.get(column, ""), reason)]


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


def _line(row: Any) -> Iterator[str]:
    yield from (row["number"], row["name"], row["kind"], row["unit_code"], row["login"] or "", row["sex"])
    born = from_columns(row["birthday"], row["birthday_lunar"])
    yield born.figures() if isinstance(born, LunarDay) else born.isoformat() if born else ""
    yield from (
        "lunar" if isinstance(born, LunarDay) else "",
        "true" if isinstance(born, LunarDay) and born.leap else "",
        row["employer"],
        row["department"],
        row["position"],
    )


def _fields_of(row: Any, fields: tuple[ArchiveField, ...], confidential: dict[str, str]) -> Iterator[str]:
    plain = msgspec.json.decode(row["fields"])
    for field in fields:
        value = confidential.get(field.name, plain.get(field.name))
        yield "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


_ORDER_FIELDS = Fields(
    codes=frozenset({"customer_number", "number"}), words=frozenset({"product"}), known=frozenset(ORDER_COLUMNS)
)


async def _orders_of(numbers: list[str]) -> dict[str, tuple[Any, ...]]:
    rows = await fetch(
        "select number, customer_id, product, price, currency, started_on, ends_on from product_order"
        " where number = any ($1)",
        numbers,
    )
    return {row["number"]: tuple(row)[1:] for row in rows}


async def _keep_orders(orders: list[tuple[Any, ...]], before: dict[str, tuple[Any, ...]], act: Act) -> None:
    """What of the orders changes stands in their customers' history, as when somebody puts one right."""
    ids = {
        row["number"]: row["id"]
        for row in await fetch("select id, number from product_order where number = any ($1)", list(before))
    }
    changed = [
        (
            Subject("order", ids[number], customer_id),
            differing(_content(before[number][1:]), _content(content)),
        )
        for customer_id, number, *content in orders
        if number in ids
    ]
    await keep_all(changed, act, reason="")


def _content(values: Iterable[Any]) -> dict[str, Value]:
    return told(dict(zip(CONTENT, values, strict=True)))


async def _write_orders(orders: list[tuple[Any, ...]], now: datetime) -> None:
    if not orders:
        return
    try:
        await execute(
            "insert into product_order (id, customer_id, number, product, price, currency, started_on, ends_on,"
            " created_at) select gen_random_uuid(), c, n, p, m, y, s, e, $8 from unnest($1::uuid[], $2::text[],"
            " $3::text[], $4::bigint[], $5::text[], $6::date[], $7::date[]) as o (c, n, p, m, y, s, e)"
            " on conflict (tenant_id, number) do update set product = excluded.product, price = excluded.price,"
            " currency = excluded.currency, started_on = excluded.started_on, ends_on = excluded.ends_on",
            *(list(column) for column in zip(*orders, strict=True)),
            now,
        )
    except asyncpg.InsufficientPrivilegeError:
        raise Forbidden("The file names orders that you do not see; nothing was imported") from None


def _order(
    row: Row,
    customers: dict[str, UUID],
    ended: dict[str, str],
    seen: set[str],
    held: tuple[Any, ...] | None,
) -> tuple[tuple[Any, ...], list[RowProblem]]:
    wrong: list[RowProblem] = []
    given = row.fields
    number, whose = given.get("number", ""), given.get("customer_number", "")
    customer = customers.get(whose)
    if customer is None or whose in ended:
        wrong.append(problem(row, "customer_number", whose, ended.get(whose, "no customer has this number")))
    elif held is not None and held[0] != customer:
        wrong.append(problem(row, "number", number, f"there is an order {number!r} already, of another customer"))
    wrong += [problem(row, name, "", "required") for name in ("number", "product") if not given.get(name)]
    wrong += [
        problem(row, name, given[name], f"longer than {most} characters")
        for name, most in (("number", 60), ("product", 200))
        if len(given.get(name, "")) > most
    ]
    if number in seen:
        wrong.append(problem(row, "number", number, "the same number stands in an earlier row"))
    seen.add(number)
    started_on, ends_on = day_of(row, wrong, "started_on"), day_of(row, wrong, "ends_on")
    if started_on and ends_on and ends_on <= started_on:
        wrong.append(problem(row, "ends_on", ends_on.isoformat(), "not after started_on"))
    wrong += [problem(row, name, "", "required") for name in ("started_on", "ends_on") if not given.get(name)]
    currency = given.get("currency") or (held[3] if held else "CNY")
    price = 0
    try:
        price = minor_of(Money(given.get("price", "0").replace(",", "") or "0", currency))
    except Refusal as refusal:
        wrong += [
            problem(
                row, error.field.removeprefix("price.").replace("amount", "price"), given.get("price", ""), error.rule
            )
            for error in refusal.fields
        ]
    return (customer, number, line(given.get("product", "")), price, currency, started_on, ends_on), wrong


async def _plan_for_many() -> None:
    # While an import runs, the statistics still say that there are a handful of rows: reading a whole table looks cheap
    # to the planner, and every batch would read what all batches before it wrote.
    await execute("discard plans; set local enable_seqscan = off")


async def _personal(policy: Policy) -> frozenset[str]:
    if not policy.organisations:
        return frozenset()
    personal = [f.name for f in every_field(policy) if f.holder == "person" or f.type == "identity_number"]
    return frozenset(
        await fetch_column(
            "select number from customer c where kind <> all ($1) and (sex <> '' or birthday is not null or birthday_lunar is not null or fields ?| $2"
            " or exists (select 1 from sealed_value v where v.tenant_id = c.tenant_id and v.customer_id = c.id"
            " and v.field = any ($2)))",
            list(policy.organisations),
            personal,
        )
    )


async def _units(act: Act) -> dict[str, UUID]:
    units = [unit for unit in await org_units.standing_units() if act.by.covers(unit.id)]
    return {unit.name: unit.id for unit in units} | {unit.code: unit.id for unit in units}


async def people_in_sight(act: Act) -> dict[str, UUID]:
    """Whoever works here, by login; for an outlet's people those of theirs, and who looks after their customers."""
    everyone = [person for person in await staff.all_staff() if person.left_at is None]
    if not sees_all(act.by):
        serving = set(await fetch_column("select distinct account_manager_id from customer"))
        everyone = [person for person in everyone if act.by.covers(person.org_unit_id) or person.id in serving]
    return {person.login: person.id for person in everyone}
