"""Material given to customers, from and to files (S07-31): a row is known again by its customer, material, day, occasion and note."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from guibin.audit.actions import exported, noted
from guibin.context import Act
from guibin.materials.actions import give
from guibin.materials.requests import GivenTo
from guibin.notation.spelling import paragraph
from guibin.profiles.sheet_rows import day_of
from guibin.spreadsheets.importing import Imported, Progress, Sheet, no_progress
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.reading import Fields, Row
from guibin.spreadsheets.requests import said
from guibin.spreadsheets.writing import write
from guibin_tenants.principals import may, require
from guibin_tenants.scope import fetch

from .steps import Reader, Step, carried_out, left_alone

GIVING_COLUMNS = ("customer_number", "material", "quantity", "occasion", "note", "given_on")
_FIELDS = Fields(frozenset({"note"}), frozenset({"customer_number"}), frozenset(GIVING_COLUMNS))
_TYPED = ("material", "occasion", "note")
_BATCH_ROWS = 500


async def import_givings(
    file: Path, mapping: Mapping, act: Act, *, dry_run: bool = False, progress: Progress = no_progress
) -> Imported:
    """Record what was given. Raises BadRows with everything wrong, or Invalid for an unreadable file."""
    require(act.by, may("records:write"))
    sheet = Sheet(file, mapping, _FIELDS, _BATCH_ROWS, progress)
    done = await carried_out(sheet, _givings, act, dry_run=dry_run)
    if not dry_run:
        await noted("material_given.import", act, subject="material_given", shown=done.rows, purpose=file.name)
    return done


async def export_givings(file: Path, act: Act) -> int:
    """Write all that was given to the customers in sight."""
    rows = await fetch(
        "select g.*, c.number from material_given g join customer c on c.tenant_id = g.tenant_id and c.id = g.customer_id"
        " where c.erased_at is null and c.closed_at is null order by g.given_on, c.number, g.id"
    )
    await exported("material_given", rows, file, act)
    lines = (
        (
            row["number"],
            row["material"],
            str(row["quantity"]),
            row["occasion"],
            row["note"],
            row["given_on"].isoformat(),
        )
        for row in rows
    )
    return write(file, GIVING_COLUMNS, lines, sheet="materials")


async def _givings(batch: Sequence[Row], reader: Reader) -> list[Step]:
    numbers = {row.fields.get("customer_number", "") for row in batch} & reader.customers.keys()
    rows = await fetch(
        "select customer_id, material, given_on, occasion, note, quantity from material_given where customer_id = any ($1)",
        [reader.customers[number] for number in numbers],
    )
    held = {_key(dict(row)): row["quantity"] for row in rows}
    return [step for row in batch if (step := _giving(row, reader, held)) is not None]


def _giving(row: Row, reader: Reader, held: dict[tuple[UUID, str, date, str, str], int]) -> Step | None:
    whose, given_on = reader.customer(row), _given_on(row, reader)
    values, wrong = said(row, GivenTo, _TYPED)
    quantity = reader.whole(row, "quantity", GivenTo) if row.fields.get("quantity") else 1
    reader.problems += wrong
    if whose is None or given_on is None or quantity is None or wrong:
        return None
    new = GivenTo(customer_id=whose, quantity=quantity, given_on=given_on, **values)
    key = _key(values | {"customer_id": whose, "given_on": given_on, "occasion": new.occasion, "note": new.note})
    if not reader.once(row, "material", key):
        return None
    if key not in held:
        return Step(row, _does(new, reader.act), new=True)
    return left_alone(row, ["quantity"] if held[key] != quantity else [])


def _does(new: GivenTo, act: Act) -> Callable[[], Awaitable[object]]:
    return lambda: give(new, act)


def _given_on(row: Row, reader: Reader) -> date | None:
    """A day is required: without one, the same file of tomorrow would say something else."""
    if not row.fields.get("given_on"):
        reader.wrong(row, "given_on", "required")
        return None
    return day_of(row, reader.problems, "given_on")


def _key(one: dict[str, Any]) -> tuple[UUID, str, date, str, str]:
    return (one["customer_id"], one["material"], one["given_on"], one["occasion"], paragraph(one["note"]))
