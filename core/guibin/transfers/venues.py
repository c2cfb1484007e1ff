"""Venues from and to files: which hall has what, under which name, at which hours (S03-7)."""

from pathlib import Path
from uuid import UUID

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.desks.actions import open_desk
from guibin.desks.queries import desks
from guibin.desks.requests import KINDS, NewDesk
from guibin.spreadsheets.importing import Imported, Progress, Sheet, no_progress, problem
from guibin.spreadsheets.mapping import Mapping, refuse_unknown
from guibin.spreadsheets.reading import Fields, Row, RowProblem
from guibin.spreadsheets.requests import wrong_value
from guibin.spreadsheets.writing import write
from guibin_tenants import org_units
from guibin_tenants.principals import may, require

VENUE_COLUMNS = ("unit", "kind", "name", "hours")
_FIELDS = Fields(codes=frozenset({"unit"}), known=frozenset(VENUE_COLUMNS))
_BATCH_ROWS = 500


async def import_venues(
    file: Path, mapping: Mapping, act: Act, *, dry_run: bool = False, progress: Progress = no_progress
) -> Imported:
    """Take venues in: one that a hall has already is left as it is. Raises BadRows with everything wrong."""
    require(act.by, may("customers:import") & may("staff:write"))
    refuse_unknown(mapping, _FIELDS.known)
    sheet = Sheet(file, mapping, _FIELDS, _BATCH_ROWS, progress)
    units = {unit.code: unit.id for unit in await org_units.standing_units() if act.by.covers(unit.id)}
    held = {(one.org_unit_id, one.kind) for one in await desks()}
    problems: list[RowProblem] = []
    new: dict[tuple[UUID, str], NewDesk] = {}
    rows = 0
    for batch in sheet.checked(problems):
        for row in batch:
            rows += 1
            problems += [*row.problems, *_wrong(row, units)]
            found = units.get(row.fields.get("unit", "")), row.fields.get("kind", "")
            if found[0] is None or found in held or any(one.row == row.number for one in problems):
                continue
            new.setdefault((found[0], found[1]), _venue(row, found[0]))
    if not dry_run:
        for venue in new.values():
            await open_desk(venue, act)
    await noted("venue.import", act, subject="desk", shown=0, purpose=file.name)
    return Imported(rows, len(new), 0, rows - len(new), dry_run=dry_run)


async def export_venues(file: Path, act: Act) -> int:
    """Write every venue that is open."""
    found = await desks()
    await noted("venue.export", act, subject="desk", shown=len(found), purpose=file.name)
    lines = ((one.org_unit_code, one.kind, one.name, one.hours) for one in found)
    return write(file, VENUE_COLUMNS, lines, sheet="venues")


def _wrong(row: Row, units: dict[str, UUID]) -> list[RowProblem]:
    found = []
    if row.fields.get("unit", "") not in units:
        found.append(problem(row, "unit", row.fields.get("unit", ""), "the code of an org unit under yours"))
    if row.fields.get("kind", "") not in KINDS:
        found.append(problem(row, "kind", row.fields.get("kind", ""), f"one of: {', '.join(KINDS)}"))
    for name in ("name", "hours"):
        if value := row.fields.get(name, ""):
            found += wrong_value(row, NewDesk, name, value)
    if not row.fields.get("name"):
        found.append(problem(row, "name", "", "required"))
    return found


def _venue(row: Row, unit_id: UUID) -> NewDesk:
    said = row.fields
    return NewDesk(org_unit_id=unit_id, kind=said["kind"], name=said["name"], hours=said.get("hours", ""))  # type: ignore[arg-type]  # one of KINDS, looked at above
