"""Qualifications on record, from and to files (S10-9): a row is known again by person, qualification and the day it was obtained."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from uuid import UUID

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.notation.spelling import paragraph
from guibin.profiles.sheet_rows import day_of
from guibin.qualifications import queries
from guibin.qualifications.actions import record
from guibin.qualifications.queries import RECORDS, RecordView
from guibin.qualifications.requests import NewQualification
from guibin.spreadsheets.importing import Imported, Progress, Sheet, no_progress
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.reading import Fields, Row
from guibin.spreadsheets.requests import said
from guibin.spreadsheets.writing import write
from guibin_tenants import staff
from guibin_tenants.principals import may, require

from .steps import Reader, Reading, Step, carried_out, left_alone

QUALIFICATION_COLUMNS = ("staff", "qualification", "obtained_on", "valid_until", "certificate", "note")
_FIELDS = Fields(frozenset({"note"}), frozenset({"certificate"}), frozenset(QUALIFICATION_COLUMNS))
_TYPED = ("qualification", "certificate", "note")
_BATCH_ROWS = 500
_Held = dict[tuple[UUID, str, date], RecordView]


async def import_qualifications(
    file: Path, mapping: Mapping, act: Act, *, dry_run: bool = False, progress: Progress = no_progress
) -> Imported:
    """Record what those have obtained whom one leads; each of them is told. Raises BadRows with everything wrong, or Invalid for an
    unreadable file."""
    require(act.by, may("team:write"))
    sheet = Sheet(file, mapping, _FIELDS, _BATCH_ROWS, progress)
    done = await carried_out(sheet, await _reading(act), act, dry_run=dry_run)
    if not dry_run:
        await noted(
            "qualification_record.import", act, subject="qualification_record", shown=done.rows, purpose=file.name
        )
    return done


async def export_qualifications(file: Path, act: Act) -> int:
    """Write what is on record of those whom one leads, but for what was withdrawn."""
    require(act.by, may("customers:export"))
    logins = {one.id: one.login for one in await staff.all_staff()}
    found = await _kept(act)
    await noted("qualification_record.export", act, subject="qualification_record", shown=len(found), purpose=file.name)
    lines = (
        (
            logins[one.staff_id],
            one.qualification,
            one.obtained_on.isoformat(),
            one.valid_until.isoformat() if one.valid_until else "",
            one.certificate,
            one.note,
        )
        for one in found
    )
    return write(file, QUALIFICATION_COLUMNS, lines, sheet="qualifications")


async def _kept(act: Act) -> list[RecordView]:
    return await RECORDS.where("x.withdrawn_at is null", **queries.looking(act))


async def _reading(act: Act) -> Reading:
    people = {
        one.login: one.id for one in await staff.all_staff() if one.left_at is None and queries.kept_by(one, act.by)
    }
    held = {(one.staff_id, one.qualification, one.obtained_on): one for one in await _kept(act)}

    async def reading(batch: Sequence[Row], reader: Reader) -> list[Step]:
        return [step for row in batch if (step := _record(row, reader, people, held)) is not None]

    return reading


def _record(row: Row, reader: Reader, people: dict[str, UUID], held: _Held) -> Step | None:
    staff_id = people.get(row.fields.get("staff", ""))
    if staff_id is None:
        reader.wrong(row, "staff", "nobody of this login whom you lead works here")
    values, wrong = said(row, NewQualification, _TYPED)
    if not row.fields.get("obtained_on"):
        reader.wrong(row, "obtained_on", "required")
    days = {name: day_of(row, reader.problems, name) for name in ("obtained_on", "valid_until")}
    reader.problems += wrong
    unread = any(row.fields.get(name) and day is None for name, day in days.items())
    if staff_id is None or wrong or unread or days["obtained_on"] is None:
        return None
    key = staff_id, values["qualification"], days["obtained_on"]
    if not reader.once(row, "qualification", key):
        return None
    if (before := held.get(key)) is None:
        new = NewQualification(
            staff_id=staff_id, obtained_on=days["obtained_on"], valid_until=days["valid_until"], **values
        )
        return Step(row, lambda: record(new, reader.act), new=True)
    told = {"valid_until": days["valid_until"], "certificate": values.get("certificate"), "note": values.get("note")}
    kept = {"valid_until": before.valid_until, "certificate": before.certificate, "note": paragraph(before.note)}
    return left_alone(row, [name for name in told if row.fields.get(name) and told[name] != kept[name]])
