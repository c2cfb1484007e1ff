"""Shifts of the rosters that org units keep, from and to files (S14-9): a row is known again by roster, person and beginning."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.duties.queries import SHIFTS, ShiftView, rosters
from guibin.duties.requests import SHIFTS_MAX, NewShift, NewShifts
from guibin.duties.rosters import plan
from guibin.spreadsheets.importing import Imported, Progress, Sheet, no_progress
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.reading import Fields, Row
from guibin.spreadsheets.writing import write
from guibin_tenants import staff
from guibin_tenants.principals import may, require

from .steps import Reader, Reading, Step, carried_out, left_alone

SHIFT_COLUMNS = ("unit", "duty", "staff", "from_at", "until_at", "call_order")
_ORDER = tuple("123456789")
_FIELDS = Fields(codes=frozenset({"unit"}), known=frozenset(SHIFT_COLUMNS))


class _Asked(NamedTuple):
    """A shift that is not planned yet, of which roster, and the row that asks for it."""

    roster_id: UUID
    shift: NewShift
    row: Row


class _Kept(NamedTuple):
    """What rows may name: rosters by unit and duty, people by login, and the shifts that are planned."""

    rosters: dict[tuple[str, str], UUID]
    people: dict[str, UUID]
    shifts: dict[tuple[UUID, UUID, datetime], ShiftView]
    zone: ZoneInfo


async def import_shifts(
    file: Path, mapping: Mapping, act: Act, *, dry_run: bool = False, progress: Progress = no_progress
) -> Imported:
    """Plan shifts of rosters kept under one's own org units; whoever has some is told once. Moments without an offset are of the
    mapping's zone. Raises BadRows with everything wrong, or Invalid for an unreadable file."""
    require(act.by, may("team:write"))
    # Those planned together are told together.
    sheet = Sheet(file, mapping, _FIELDS, SHIFTS_MAX, progress)
    done = await carried_out(sheet, await _reading(act, ZoneInfo(mapping.time_zone)), act, dry_run=dry_run)
    if not dry_run:
        await noted("duty_shift.import", act, subject="duty_shift", shown=done.rows, purpose=file.name)
    return done


async def export_shifts(file: Path, act: Act) -> int:
    """Write the shifts that are not over, of the rosters kept under one's own org units."""
    require(act.by, may("customers:export"))
    codes = {one.id: one.org_unit_code for one in await rosters(act) if act.by.covers(one.org_unit_id)}
    logins = {one.id: one.login for one in await staff.all_staff()}
    found = [
        one
        for one in await SHIFTS.where("x.cancelled_at is null and x.until_at > $since", since=act.now)
        if one.roster_id in codes
    ]
    await noted("duty_shift.export", act, subject="duty_shift", shown=len(found), purpose=file.name)
    zone = ZoneInfo(act.company.time_zone)
    lines = (
        (
            codes[one.roster_id],
            one.duty,
            logins.get(one.staff_id, ""),
            one.from_at.astimezone(zone).isoformat(),
            one.until_at.astimezone(zone).isoformat(),
            str(one.position),
        )
        for one in found
    )
    return write(file, SHIFT_COLUMNS, lines, sheet="shifts")


async def _reading(act: Act, zone: ZoneInfo) -> Reading:
    kept = _Kept(
        {(one.org_unit_code, one.duty): one.id for one in await rosters(act) if act.by.covers(one.org_unit_id)},
        {one.login: one.id for one in await staff.all_staff() if one.left_at is None},
        {(one.roster_id, one.staff_id, one.from_at): one for one in await SHIFTS.where("x.cancelled_at is null")},
        zone,
    )

    async def reading(batch: Sequence[Row], reader: Reader) -> list[Step]:
        steps: list[Step] = []
        asked: dict[UUID, list[_Asked]] = {}
        for row in batch:
            new = _shift(row, reader, kept)
            held = kept.shifts.get((new.roster_id, new.shift.staff_id, new.shift.from_at)) if new else None
            if held is not None and new is not None:
                steps.append(_compared(row, new.shift, held))
            elif new is not None:
                asked.setdefault(new.roster_id, []).append(new)
        return steps + [_together(each, reader.act) for each in asked.values()]

    return reading


def _shift(row: Row, reader: Reader, kept: _Kept) -> _Asked | None:
    said = row.fields
    roster_id = kept.rosters.get((said.get("unit", ""), said.get("duty", "")))
    staff_id = kept.people.get(said.get("staff", ""))
    if roster_id is None:
        rule = "no roster of this duty is kept there, in an org unit under yours"
        reader.wrong(row, "duty" if any(said.get("unit") == unit for unit, _ in kept.rosters) else "unit", rule)
    if staff_id is None:
        reader.wrong(row, "staff", "no member of staff has this login")
    span = [reader.moment(row, name, kept.zone) for name in ("from_at", "until_at")]
    position = said.get("call_order", "") or "1"
    if position not in _ORDER:
        reader.wrong(row, "call_order", f"not one of: {', '.join(_ORDER)}")
        return None
    if roster_id is None or staff_id is None or span[0] is None or span[1] is None:
        return None
    if not reader.once(row, "from_at", (roster_id, staff_id, span[0])):
        return None
    new = NewShift(staff_id=staff_id, from_at=span[0], until_at=span[1], position=int(position))
    return _Asked(roster_id, new, row)


def _compared(row: Row, new: NewShift, held: ShiftView) -> Step:
    return left_alone(row, [column for column, name in _COMPARED.items() if getattr(new, name) != getattr(held, name)])


_COMPARED = {"until_at": "until_at", "call_order": "position"}


def _together(asked: Sequence[_Asked], act: Act) -> Step:
    new = NewShifts(shifts=tuple(each.shift for each in asked))

    def does() -> Awaitable[object]:
        return plan(asked[0].roster_id, new, act)

    first, *others = (each.row for each in asked)
    return Step(first, does, new=True, beside=tuple(others))
