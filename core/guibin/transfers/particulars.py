"""Relatives, days to remember and parts in other archives, to and from files (S07-24, S07-26): each row by the archive's own action.

A row is known again by its customer and what it is called; `removed` takes it out.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import exported, noted
from guibin.cases.requests import NewDisclosure
from guibin.context import Act
from guibin.notation.dates import Day, LunarDay, from_columns
from guibin.profiles import particulars
from guibin.profiles.disclosures import as_recorded, gate
from guibin.profiles.particulars import (
    MASKED_NAME,
    KnownRelative,
    NewLink,
    NewLinkEnding,
    NewOccasion,
    NewRelative,
    RelativeValues,
    known_relatives,
)
from guibin.profiles.sheet_rows import day_of
from guibin.sealing.seeing import OCCASIONS, RELATIVES, refuse_partly
from guibin.spreadsheets.importing import Imported, Progress, Sheet, no_progress
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.reading import Fields, Row
from guibin.spreadsheets.writing import write
from guibin_tenants.keyring import Unshown
from guibin_tenants.principals import may, require
from guibin_tenants.scope import fetch

from .steps import CALENDAR, Reader, Reading, Step, carried_out

BATCH_ROWS = 500
OCCASION_COLUMNS = ("customer_number", "name", "happened_on", *CALENDAR, "removed")
RELATIVE_COLUMNS = ("customer_number", "relation", "name", "phone", "birthday", *CALENDAR, "note", "removed")
LINK_COLUMNS = ("customer_number", "of_customer_number", "role", "ended_on", "removed")


def _importer(reading: Reading, fields: Fields) -> Callable[..., Awaitable[Imported]]:
    """Takes a file of this kind in. Raises BadRows with everything wrong, or Invalid for an unreadable file."""

    async def take_in(
        file: Path, mapping: Mapping, act: Act, *, dry_run: bool = False, progress: Progress = no_progress
    ) -> Imported:
        done = await carried_out(Sheet(file, mapping, fields, BATCH_ROWS, progress), reading, act, dry_run=dry_run)
        # A dry run compares with what is sealed as well, and its counts tell which guesses were right.
        action = "particular.compare" if dry_run else "particular.import"
        await noted(action, act, shown=done.rows, purpose=file.name)
        return done

    return take_in


async def _occasions(batch: Sequence[Row], reader: Reader) -> list[Step]:
    rows = await fetch("select id, customer_id, name, happened_on, happened_lunar from occasion")
    held = {(row["customer_id"], row["name"]): row for row in rows}
    steps = []
    for row in batch:
        whose, name, day = reader.customer(row), row.fields.get("name", ""), reader.day(row, "happened_on")
        removed = reader.removed(row)
        if whose is None or not reader.once(row, "name", (whose, name)):
            continue
        if day is None and not removed:
            if not row.fields.get("happened_on"):
                reader.wrong(row, "happened_on", "required")
            continue
        if not reader.fits(row, NewOccasion, {"name": name}):
            continue
        before = held.get((whose, name))
        stands = from_columns(before["happened_on"], before["happened_lunar"]) if before else None
        asked = _Day(whose, name, None if removed else day)
        same = stands == day and not removed if before else removed
        steps.append(Step(row) if same else Step(row, _put(before, asked, reader.act), new=before is None))
    return steps


class _Day(Struct, frozen=True):
    """What is to be remembered of whom; None is to be taken out."""

    customer_id: UUID
    name: str
    day: Day | None


def _put(before: Any, asked: _Day, act: Act) -> Callable[[], Awaitable[object]]:
    async def does() -> None:
        if before is not None:
            await particulars.remove_occasion(asked.customer_id, before["id"], act)
        if asked.day is not None:
            await particulars.add_occasion(asked.customer_id, NewOccasion(name=asked.name, happened_on=asked.day), act)

    return does


async def _relatives(batch: Sequence[Row], reader: Reader) -> list[Step]:
    customers = {
        reader.customers[n] for row in batch if (n := row.fields.get("customer_number", "")) in reader.customers
    }
    held: dict[tuple[UUID, str], list[KnownRelative]] = {}
    for one in await known_relatives(sorted(customers), unshown=Unshown.COMPARED):
        held.setdefault((one.customer_id, one.relation), []).append(one)
    return [step for row in batch if (step := _relative_step(row, reader, held)) is not None]


def _relative_step(row: Row, reader: Reader, held: dict[tuple[UUID, str], list[KnownRelative]]) -> Step | None:
    act, whose = reader.act, reader.customer(row)
    relation, name, removed = row.fields.get("relation", ""), row.fields.get("name", ""), reader.removed(row)
    born = reader.day(row, "birthday")
    if whose is None:
        return None
    masked = name.endswith(MASKED_NAME)
    known = [
        one
        for one in held.get((whose, relation), [])
        if name == (one.masked if masked or one.values is None else one.values.name)
    ]
    if masked and len(known) != 1:
        rule = (
            "several are shown so: give the whole name" if known else "a masked name that this customer does not have"
        )
        reader.wrong(row, "name", rule)
        return None
    said = {
        "relation": relation,
        "name": name,
        "phone": row.fields.get("phone", ""),
        "note": row.fields.get("note", ""),
    }
    if not reader.fits(row, NewRelative, said) or not reader.once(row, "name", (whose, relation, name)):
        return None
    before = known[0] if known else None
    if before is not None and not removed and (masked or _says(before.values, row, born)):
        return Step(row)
    if before is None and removed:
        return Step(row)

    async def does() -> None:
        if before is not None:
            await particulars.remove_relative(whose, before.id, act)
        if not removed:
            new = NewRelative(relation=relation, name=name, phone=said["phone"], birthday=born, note=said["note"])
            await particulars.add_relative(whose, new, act)

    return Step(row, does, new=before is None)


def _says(values: RelativeValues | None, row: Row, born: Day | None) -> bool:
    """Whether the row says what is held."""
    if values is None:
        return False
    phone = row.fields.get("phone", "")
    return (
        values.phone == particulars.spelled_phone(phone)
        and values.birthday == born
        and values.note == row.fields.get("note", "")
    )


async def _links(batch: Sequence[Row], reader: Reader) -> list[Step]:
    rows = await fetch("select id, customer_id, of_customer_id, role, ended_on from customer_link")
    held = {(row["customer_id"], row["of_customer_id"], row["role"]): row for row in rows}
    steps = []
    for row in batch:
        whose, of, role = reader.customer(row), reader.customer(row, "of_customer_number"), row.fields.get("role", "")
        removed, ended_on = reader.removed(row), day_of(row, reader.problems, "ended_on")
        if whose is None or of is None or not reader.fits(row, NewLink, {"role": role}):
            continue
        if whose == of:
            reader.wrong(row, "of_customer_number", "another customer")
            continue
        if not reader.once(row, "role", (whose, of, role)):
            continue
        before = held.get((whose, of, role))
        if before is not None and before["ended_on"] is not None and ended_on != before["ended_on"] and not removed:
            reader.wrong(row, "ended_on", f"the part is over since {before['ended_on']}: begin it anew in the archive")
            continue
        steps.append(
            _link_step(
                row, before, NewLink(of_customer_id=of, role=role), _Wanted(whose, ended_on, removed, reader.act)
            )
        )
    return steps


class _Wanted(Struct, frozen=True):
    customer_id: UUID
    ended_on: date | None
    removed: bool
    act: Act


def _link_step(row: Row, before: Any, new: NewLink, wanted: _Wanted) -> Step:
    act, whose = wanted.act, wanted.customer_id
    if (before is None and wanted.removed) or (
        before is not None and not wanted.removed and before["ended_on"] == wanted.ended_on
    ):
        return Step(row)

    async def does() -> None:
        if wanted.removed:
            await particulars.remove_link(whose, before["id"], act)
            return
        link_id = before["id"] if before is not None else (await particulars.link(whose, new, act)).id
        if wanted.ended_on is not None:
            await particulars.end_link(whose, link_id, NewLinkEnding(on=wanted.ended_on), act)

    return Step(row, does, new=before is None)


import_occasions = _importer(
    _occasions, Fields(frozenset({"name"}), frozenset({"customer_number"}), frozenset(OCCASION_COLUMNS))
)
import_relatives = _importer(
    _relatives,
    Fields(frozenset({"name", "note"}), frozenset({"customer_number", "phone"}), frozenset(RELATIVE_COLUMNS)),
)
import_links = _importer(
    _links, Fields(codes=frozenset({"customer_number", "of_customer_number"}), known=frozenset(LINK_COLUMNS))
)


async def export_occasions(file: Path, act: Act) -> int:
    """Write every day to remember of the archives in sight. Raises NotSeenWhole."""
    refuse_partly(OCCASIONS)
    rows = await fetch(
        "select o.*, c.number from occasion o join customer c on c.tenant_id = o.tenant_id and c.id = o.customer_id"
        " where c.erased_at is null and c.closed_at is null order by c.number, o.name, o.id"
    )
    await exported("occasion", rows, file, act)
    lines = (
        (row["number"], row["name"], *_told(from_columns(row["happened_on"], row["happened_lunar"])), "")
        for row in rows
    )
    return write(file, OCCASION_COLUMNS, lines, sheet="occasions")


async def export_relatives(file: Path, act: Act, *, clear: NewDisclosure | None = None) -> int:
    """Write every relative of the archives in sight: the name masked alone, or with `clear`, which says why and to whom, all of it.

    Raises Invalid, NoBasis as `disclosures.gate`; NotSeenWhole for whoever does not see so much of them.
    """
    require(act.by, may("customers:export"))
    refuse_partly(RELATIVES, least="clear" if clear else "masked")
    if clear is not None:
        await gate(clear, ())
    rows = await fetch(
        "select r.id, r.customer_id, r.relation, r.masked, c.number from relative r"
        " join customer c on c.tenant_id = r.tenant_id and c.id = r.customer_id"
        " where c.erased_at is null and c.closed_at is null order by c.number, r.created_at, r.id"
    )
    customers = tuple(dict.fromkeys(row["customer_id"] for row in rows))
    shown, purpose = (("relatives",), as_recorded(clear)) if clear else ((), "")
    await noted("relative.export", act, customer_ids=customers, fields=shown, shown=len(rows), purpose=purpose)
    values = {one.id: one.values for one in await known_relatives(customers, unshown=None)} if clear else {}
    lines = ((row["number"], row["relation"], *_relative(row, values.get(row["id"])), "") for row in rows)
    return write(file, RELATIVE_COLUMNS, lines, sheet="relatives")


async def export_links(file: Path, act: Act) -> int:
    """Write every part of a customer in sight in another's archive in sight."""
    rows = await fetch(
        "select l.*, c.number, o.number as of_number from customer_link l"
        " join customer c on c.tenant_id = l.tenant_id and c.id = l.customer_id"
        " join customer o on o.tenant_id = l.tenant_id and o.id = l.of_customer_id"
        " where c.closed_at is null and o.closed_at is null order by c.number, o.number, l.role"
    )
    await exported("link", rows, file, act)
    lines = (
        (row["number"], row["of_number"], row["role"], row["ended_on"].isoformat() if row["ended_on"] else "", "")
        for row in rows
    )
    return write(file, LINK_COLUMNS, lines, sheet="links")


def _relative(row: Any, known: RelativeValues | None) -> tuple[str, ...]:
    if known is None:
        return (row["masked"], "", *_told(None), "")
    return (known.name, known.phone, *_told(known.birthday), known.note)


def _told(day: Day | None) -> tuple[str, str, str]:
    if isinstance(day, LunarDay):
        return day.figures(), "lunar", "true" if day.leap else ""
    return ("" if day is None else day.isoformat()), "", ""
