"""The register of partner merchants from and to files (S06-6): a row is known again by its code."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.profiles.sheet_rows import day_of
from guibin.spreadsheets.importing import Imported, Progress, Sheet, no_progress
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.reading import Fields, Row
from guibin.spreadsheets.requests import said
from guibin.spreadsheets.writing import write
from guibin.tiers.merchants import MERCHANTS, MerchantView, NewMerchant, NewPartnershipEnd, end, register
from guibin_tenants.principals import may, require, sees_all

from .steps import Reader, Step, carried_out, left_alone

MERCHANT_COLUMNS = ("code", "name", "since_on", "until_on")
_FIELDS = Fields(frozenset(), frozenset({"code"}), frozenset(MERCHANT_COLUMNS))
_TYPED = ("code", "name")
_BATCH_ROWS = 500


async def import_merchants(
    file: Path, mapping: Mapping, act: Act, *, dry_run: bool = False, progress: Progress = no_progress
) -> Imported:
    """Register merchants, and end the partnerships that the file says are over. Raises BadRows with everything wrong, or Invalid
    for an unreadable file."""
    require(act.by, may("facts:write") & sees_all)
    sheet = Sheet(file, mapping, _FIELDS, _BATCH_ROWS, progress)
    done = await carried_out(sheet, _merchants, act, dry_run=dry_run)
    if not dry_run:
        await noted("merchant.import", act, subject="merchant", shown=done.rows, purpose=file.name)
    return done


async def export_merchants(file: Path, act: Act) -> int:
    """Write the whole register, those who are no partner any more included."""
    require(act.by, may("customers:export"))
    found = await MERCHANTS.where("true", today=act.today)
    await noted("merchant.export", act, subject="merchant", shown=len(found), purpose=file.name)
    lines = (
        (one.code, one.name, one.since_on.isoformat(), one.until_on.isoformat() if one.until_on else "")
        for one in found
    )
    return write(file, MERCHANT_COLUMNS, lines, sheet="merchants")


async def _merchants(batch: Sequence[Row], reader: Reader) -> list[Step]:
    held = {one.code: one for one in await MERCHANTS.where("true", today=reader.act.today)}
    return [step for row in batch if (step := _merchant(row, reader, held)) is not None]


def _merchant(row: Row, reader: Reader, held: dict[str, MerchantView]) -> Step | None:
    values, wrong = said(row, NewMerchant, _TYPED)
    days = {name: day_of(row, reader.problems, name) for name in ("since_on", "until_on")}
    reader.problems += wrong
    unread = any(row.fields.get(name) and day is None for name, day in days.items())
    if wrong or unread or not reader.once(row, "code", (values["code"],)):
        return None
    before = held.get(values["code"])
    if before is None:
        return Step(row, _does(None, values | days, reader.act), new=True)
    told = {"name": values["name"]} | {name: day for name, day in days.items() if row.fields.get(name)}
    ends = before.until_on is None and days["until_on"] is not None
    differs = [
        name for name, value in told.items() if value != getattr(before, name) and not (ends and name == "until_on")
    ]
    if differs or not ends:
        return left_alone(row, differs)
    return Step(row, _does(before, values | days, reader.act))


def _does(before: MerchantView | None, asked: dict[str, Any], act: Act) -> Callable[[], Awaitable[object]]:
    async def does() -> None:
        known = before
        if known is None:
            known = await register(NewMerchant(code=asked["code"], name=asked["name"], since_on=asked["since_on"]), act)
        if asked["until_on"] is not None:
            await end(known.id, NewPartnershipEnd(until_on=asked["until_on"]), act)

    return does
