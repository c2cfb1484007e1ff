"""Rows of packs' own from and to files: a pack says what a row is and what is done with one, all else is as for the core's kinds."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import structs

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.hookspecs import PackImport
from guibin.spreadsheets.importing import Imported, Progress, Sheet, no_progress
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.reading import Fields, Row
from guibin.spreadsheets.requests import said, told
from guibin.spreadsheets.writing import write
from guibin_tenants.principals import may, require, sees_all
from guibin_tenants.refusals import Invalid, Refusal

from .steps import Reader, Step, carried_out

# The column that says whose a row is, as in the core's files.
WHOSE = "customer_number"
_BATCH_ROWS = 500


def columns(declared: PackImport, act: Act) -> tuple[str, ...]:
    """What the columns of its file are called."""
    return declared.row.__struct_fields__


async def take_in(
    declared: PackImport,
    file: Path,
    mapping: Mapping,
    act: Act,
    *,
    dry_run: bool = False,
    progress: Progress = no_progress,
) -> Imported:
    """All rows or none. Raises BadRows with everything wrong, or Invalid for an unreadable file."""
    act = _permitted(act)
    require(act.by, declared.needs & sees_all)
    known = Fields(codes=frozenset({WHOSE}), known=frozenset(columns(declared, act)))

    async def steps(batch: Sequence[Row], reader: Reader) -> list[Step]:
        return [step for row in batch if (step := _step(declared, row, reader)) is not None]

    done = await carried_out(Sheet(file, mapping, known, _BATCH_ROWS, progress), steps, act, dry_run=dry_run)
    await noted("pack_rows.import", act, subject="pack", shown=0, purpose=f"{declared.name}: {file.name}")
    return done


async def put_out(declared: PackImport, file: Path, act: Act) -> int:
    """Write all of them. Raises Forbidden."""
    act = _permitted(act)
    require(act.by, may("customers:export") & declared.needs & sees_all)
    found, names = await declared.rows(act), columns(declared, act)
    await noted("pack_rows.export", act, subject="pack", shown=len(found), purpose=f"{declared.name}: {file.name}")
    lines = (tuple(told(getattr(row, name)) for name in names) for row in found)
    return write(file, names, lines, sheet=declared.name.rpartition(".")[2])


def _permitted(act: Act) -> Act:
    """Whoever acts, with what the packs permit them, which a job does not know."""
    return structs.replace(act, by=structs.replace(act.by, permissions=act.hooks.held_by(act.by)))


def _step(declared: PackImport, row: Row, reader: Reader) -> Step | None:
    names = columns(declared, reader.act)
    values, wrong = said(row, declared.row, names)
    reader.problems += wrong
    whose = row.fields.get(WHOSE, "") if WHOSE in names else ""
    customer = reader.customer(row, WHOSE) if whose else None
    if wrong or (whose and customer is None):
        return None
    return Step(row, partial(_does, declared, values, customer, reader.act), new=True)


async def _does(declared: PackImport, values: dict[str, Any], customer: UUID | None, act: Act) -> None:
    try:
        await declared.takes(declared.row(**values), customer, act)
    except Refusal as refusal:
        if isinstance(refusal, Invalid) and refusal.fields:
            raise
        # What the pack's own address would refuse is wrong with this row, not with the file.
        first = next(iter(declared.row.__struct_fields__))
        raise Invalid.at(WHOSE if WHOSE in values else first, refusal.detail) from refusal
