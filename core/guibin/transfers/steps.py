"""Rows of a file, each by the action that the API has for it: what one would refuse stands beside its cell."""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from collections.abc import Mapping as Given
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from guibin.context import Act
from guibin.notation.dates import Day
from guibin.notation.plausible import RULE, is_plausible
from guibin.profiles.queries import ended_archives, ids_by_number
from guibin.profiles.sheet_rows import YES_NO, birthday_of
from guibin.spreadsheets.importing import PROBLEMS_MAX, BadRows, Imported, Sheet, problem
from guibin.spreadsheets.mapping import refuse_unknown
from guibin.spreadsheets.reading import Row, RowProblem
from guibin.spreadsheets.requests import wrong_value
from guibin_tenants.principals import may, require
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.scope import savepoint, undone

# How dates say of which calendar they are.
CALENDAR = ("calendar", "leap_month")
_OF_SEVERAL = re.compile(r"\w+\[(\d+)\]\.(\w+)")


class Step(Struct, frozen=True):
    """What a row asks for, with those `beside` it that are done together: nothing where it says what is held already. `differs`
    is what of it is left alone, since something else is held."""

    row: Row
    does: Callable[[], Awaitable[object]] | None = None
    new: bool = False
    beside: tuple[Row, ...] = ()
    differs: tuple[RowProblem, ...] = ()


def left_alone(row: Row, columns: Iterable[str]) -> Step:
    """The row is known already; what it says of these columns is otherwise there, and stays."""
    rule = "something else is held, which an import does not change"
    return Step(row, differs=tuple(problem(row, column, row.fields.get(column, ""), rule) for column in columns))


class Reader(Struct):
    """What a file is read against."""

    act: Act
    customers: dict[str, UUID]
    ended: dict[str, str]
    problems: list[RowProblem] = []
    seen: set[tuple[object, ...]] = set()

    def customer(self, row: Row, column: str = "customer_number") -> UUID | None:
        """Whose row it is; a problem where it is nobody's, or that archive has ended."""
        number = row.fields.get(column, "")
        found = self.customers.get(number)
        if found is None or number in self.ended:
            self.wrong(row, column, self.ended.get(number, "no customer has this number"))
            return None
        return found

    def wrong(self, row: Row, column: str, rule: str, value: str | None = None) -> None:
        """Note what is wrong with the row."""
        self.problems.append(problem(row, column, row.fields.get(column, "") if value is None else value, rule))

    def once(self, row: Row, column: str, key: tuple[object, ...]) -> bool:
        """Whether no earlier row is about the same."""
        if key in self.seen:
            self.wrong(row, column, "the same stands in an earlier row")
            return False
        self.seen.add(key)
        return True

    def removed(self, row: Row) -> bool:
        """Whether the row is to be taken out."""
        said = row.fields.get("removed", "")
        if said not in YES_NO:
            self.wrong(row, "removed", "not yes or no: true, 是, false, 否")
        return YES_NO.get(said, False)

    def day(self, row: Row, column: str) -> Day | None:
        """The day of either calendar."""
        return birthday_of(row, self.problems, column, CALENDAR)

    def moment(self, row: Row, column: str, zone: ZoneInfo) -> datetime | None:
        """The moment of a cell, of this zone where it has no offset; a problem where there is none."""
        text = row.fields.get(column, "")
        try:
            found = datetime.fromisoformat(text.replace("/", "-"))
        except ValueError:
            self.wrong(row, column, "a moment such as 2026-03-06 18:00" if text else "required")
            return None
        if not is_plausible(found):
            self.wrong(row, column, f"not {RULE}")
            return None
        return (found.replace(tzinfo=zone) if found.tzinfo is None else found).astimezone(UTC)

    def whole(self, row: Row, column: str, kind: type[Struct]) -> int | None:
        """The whole number of a cell that says something; a problem where it is none that `kind` takes for the column."""
        text = row.fields.get(column, "")
        number = int(text) if text.isdecimal() and len(text) < 10 else text
        return number if self.fits(row, kind, {column: number}) and isinstance(number, int) else None

    def fits(self, row: Row, kind: type[Struct], values: Given[str, object]) -> bool:
        """Whether the API would take these values; what it would refuse is noted in its words."""
        found = [one for name, value in values.items() for one in wrong_value(row, kind, name, value)]
        self.problems += found
        return not found


Reading = Callable[[Sequence[Row], Reader], Awaitable[Iterable[Step]]]


async def carried_out(sheet: Sheet, reading: Reading, act: Act, *, dry_run: bool) -> Imported:
    """Do what the rows of a file ask for, all or nothing; a dry run does it, too, and takes it back.

    Raises BadRows with everything wrong, or Invalid for an unreadable file.
    """
    require(act.by, may("customers:import"))
    refuse_unknown(sheet.mapping, sheet.fields.known)
    reader = Reader(act, await ids_by_number(), await ended_archives(closed=True))
    steps: list[Step] = []
    for batch in sheet.checked(reader.problems):
        reader.problems += [one for row in batch for one in row.problems]
        steps += await reading(batch, reader)
    doing = _do(steps, sheet)
    await (undone(doing) if dry_run else doing)
    total, created = _rows(steps), _rows([step for step in steps if step.new])
    updated = _rows([step for step in steps if step.does is not None and not step.new])
    left = [one for step in steps for one in step.differs]
    differing = sum(bool(step.differs) for step in steps)
    return Imported(
        total,
        created,
        updated,
        total - created - updated - differing,
        dry_run=dry_run,
        differing=differing,
        not_taken=tuple(left[:PROBLEMS_MAX]),
    )


async def _do(steps: Sequence[Step], sheet: Sheet) -> None:
    wrong: list[RowProblem] = []
    for done, step in enumerate(steps, 1):
        if step.does is None or len(wrong) > PROBLEMS_MAX:
            continue
        try:
            async with savepoint():
                await step.does()
        except Invalid as refusal:
            # The file says what the API would refuse.
            wrong += [_beside(step, error) for error in refusal.fields]
        if done % sheet.batch_rows == 0:
            sheet.progress("written", done)
    if wrong:
        raise BadRows(wrong, _rows(steps))


def _beside(step: Step, error: FieldError) -> RowProblem:
    """What the action has against a field, at the row and column that said it."""
    several = _OF_SEVERAL.fullmatch(error.field)
    row = (step.row, *step.beside)[int(several[1])] if several else step.row
    field = several[2] if several else error.field
    near = (field, field.removesuffix("_id"), *reversed(field.split(".")))
    column = next((name for name in near if name in row.fields), field.removesuffix("_id"))
    return problem(row, column, row.fields.get(column, ""), error.rule)


def _rows(steps: Sequence[Step]) -> int:
    return sum(1 + len(step.beside) for step in steps)
