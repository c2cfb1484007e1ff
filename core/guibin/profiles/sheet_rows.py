"""Rows of a spreadsheet as archives: every cell checked, every fault named."""

import re
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, structs

from guibin.notation.dates import Day, lunar_day, says_lunar
from guibin.notation.plausible import RULE, day_in, is_plausible
from guibin.notation.spelling import line
from guibin.policy.fields import MASK, ArchiveField, spelled
from guibin.policy.packs import Policy
from guibin.sealing import seeing
from guibin.spreadsheets.cells import Dated
from guibin.spreadsheets.importing import problem
from guibin.spreadsheets.reading import Fields, Row, RowProblem
from guibin.spreadsheets.requests import refused
from guibin_tenants.above import NamedFromAbove

from .checking import Checker, Particulars
from .queries import CLOSED as CLOSED_SAID
from .queries import every_field

WORDS_CHARS_MAX = 200
INTEGER_CHARS_MAX = 18
COLUMNS = (
    "number",
    "name",
    "kind",
    "org_unit",
    "account_manager",
    "sex",
    "birthday",
    "birthday_calendar",
    "birthday_leap_month",
    "employer",
    "department",
    "position",
    "closed",
)
# What follows from the archive: it goes out, and is compared when it comes in.
AGE = "age"
# What rooms above know of a customer beside: the SQL of `c` by the column's name.
DERIVED: NamedFromAbove[str] = NamedFromAbove()
# How an archive is told that was closed before reasons were asked for.
CLOSED, MERGED = "closed", "merged"
_COLUMNS = frozenset((*COLUMNS, AGE))
_OF_BIRTHDAY = frozenset(("birthday", "birthday_calendar", "birthday_leap_month", AGE))
_NO_FIELD = "not a field of the archive"
_WORDS = ("name", "employer", "department", "position")
_SEX = {
    "男": "male",
    "男士": "male",
    "先生": "male",
    "女": "female",
    "女士": "female",
    "male": "male",
    "female": "female",
    "": "",
}
_CALENDAR = {"": "solar", **dict.fromkeys(("solar", "公历", "阳历"), "solar")}
_CALENDAR |= dict.fromkeys(("lunar", "农历", "阴历", "旧历"), "lunar")
YES_NO = {"": False, "true": True, "false": False, "是": True, "否": False}
_EXTENSION = re.compile(r";\s*ext=", re.IGNORECASE)


def columns_out() -> list[str]:
    """The columns a file of archives has for whoever acts: what they do not see in clear stays out, so that nobody who takes the
    file in again empties it."""
    unwritten = _unwritten()
    return [name for name in (*COLUMNS, AGE) if name not in unwritten]


def fields_out(policy: Policy) -> tuple[ArchiveField, ...]:
    """As `columns_out`, of the archive's own fields."""
    return tuple(field for field in every_field(policy) if seeing.is_written(field))


def _unwritten() -> frozenset[str]:
    """The columns that whoever acts does not see in clear, and what would tell of them."""
    unseen = seeing.unwritten()
    return unseen | (_OF_BIRTHDAY if "birthday" in unseen else frozenset())


class Archive(Struct):
    """A row as an archive. What a row leaves empty is None in `unit` and `manager`, and in what could not be read.

    `closed` is the policy's reason for which the archive is closed, empty while it is open; `derived` is what the row says of what
    follows from the archive. Among `confidential` values some may be masked, as an export shows them: they stand for those held. `unsaid` are
    fields that a formula left empty; `row` is where it stands.
    """

    number: str
    name: str
    kind: str
    unit: UUID | None
    manager: UUID | None
    sex: str | None
    birthday: Day | None
    employer: str
    department: str
    position: str
    fields: dict[str, str | int | bool]
    confidential: dict[str, list[str]]
    closed: str = ""
    derived: dict[str, str] = {}
    unsaid: tuple[str, ...] = ()
    row: int = 0

    @property
    def masked(self) -> dict[str, list[str]]:
        """The masked values, by field."""
        values = {name: [value for value in several if is_masked(value)] for name, several in self.confidential.items()}
        return {name: several for name, several in values.items() if several}


class Known(Struct, frozen=True):
    """What whoever imports sees of the company: units by name and code, people by login, why archives that ended take nothing, by number, and
    numbers of those whose archive holds what only a person has."""

    units: dict[str, UUID]
    people: dict[str, UUID]
    ended: dict[str, str]
    personal: frozenset[str]
    # Where those come who are new and whose row names no org unit.
    home: UUID


class ArchiveReader:
    """Turns rows into archives; remembers numbers, so that a duplicate in one file is found."""

    def __init__(self, policy: Policy, company: Known, now: datetime) -> None:
        self.policy = policy
        self.fields = fields_out(policy)
        self.units = company.units
        self.people = company.people
        self.ended = company.ended
        self.home = company.home
        self.personal = company.personal
        self.seen: set[str] = set()
        # The fields that the file has: whatever else an archive holds stays as it is.
        self.given: set[str] = set()
        self._known = {field.name: field for field in self.fields}
        self._unwritten = _unwritten() | {field.name for field in every_field(policy)} - self._known.keys()
        self._checker = Checker(policy, now)
        self._reasons = {"": "", CLOSED: CLOSED, MERGED: MERGED} | {
            said: reason
            for reason in policy.closing.reasons
            for said in (reason, *(policy.title(f"closing_reason.{reason}", language) for language in ("zh-CN", "en")))
        }
        self._kinds = {
            policy.title(f"customer_kind.{kind}", language): kind
            for kind in policy.customer_kinds
            for language in ("zh-CN", "en")
        }

    def customer(self, row: Row) -> tuple[Archive, list[RowProblem]]:
        """The archive of a row, and what is wrong with it."""
        given = row.fields
        first = given.keys() - self.given
        self.given |= first
        wrong: list[RowProblem] = []
        plain: dict[str, str | int | bool] = {}
        confidential: dict[str, list[str]] = {}
        for name, value in given.items():
            if name in self._unwritten:
                wrong += [problem(row, name, "", _NO_FIELD)] if name in first and not value else []
                continue
            field = None if name in _COLUMNS or name in DERIVED else self._known.get(name)
            if not value or field is None:
                continue
            if field.confidentiality != "confidential":
                plain[name] = _typed(field, spelled(field, value))
            else:
                confidential[name] = _values(field, value)
        cells: list[RowProblem] = []
        archive = self._archive(row, cells, plain, confidential)
        wrong += self._wrong_kind(row, archive)
        told = {each.column for each in row.problems}
        for error in self._checker.wrong(_particulars(given, archive)):
            column = error.field.rpartition(".")[2]
            if column in told:
                continue
            wrong += refused(row, [structs.replace(error, field=column)])
        wrong += cells
        wrong += [
            problem(row, name, given[name], f"longer than {WORDS_CHARS_MAX} characters")
            for name in ("employer", "department", "position")
            if len(given.get(name, "")) > WORDS_CHARS_MAX
        ]
        return archive, wrong

    def duplicate(self, row: Row) -> list[RowProblem]:
        """A problem when an earlier row of this file has the same number."""
        number = row.fields.get("number", "")
        if number in self.seen:
            return [problem(row, "number", number, "the same number stands in an earlier row")]
        self.seen.add(number)
        return []

    def _archive(
        self,
        row: Row,
        wrong: list[RowProblem],
        plain: dict[str, str | int | bool],
        confidential: dict[str, list[str]],
    ) -> Archive:
        given = row.fields
        kind = given.get("kind", "")
        return Archive(
            number=given.get("number", ""),
            name=line(given.get("name", "")),
            kind=self._kinds.get(kind, kind),
            unit=self._one(row, wrong, "org_unit", self.units),
            manager=self._one(row, wrong, "account_manager", self.people),
            sex=one_of(row, wrong, "sex", _SEX),
            birthday=self._birthday(row, wrong),
            employer=line(given.get("employer", "")),
            department=line(given.get("department", "")),
            position=line(given.get("position", "")),
            fields=plain,
            confidential=confidential,
            closed=one_of(row, wrong, "closed", self._reasons) or "",
            derived={name: given[name] for name in (AGE, *DERIVED) if given.get(name)},
            unsaid=row.unsaid,
            row=row.number,
        )

    def _birthday(self, row: Row, wrong: list[RowProblem]) -> Day | None:
        return birthday_of(row, wrong, "birthday", ("birthday_calendar", "birthday_leap_month"))

    def _wrong_kind(self, row: Row, archive: Archive) -> list[RowProblem]:
        given, problems = row.fields, []
        if archive.number in self.ended and not (archive.closed and self.ended[archive.number] == CLOSED_SAID):
            problems.append(problem(row, "number", given["number"], self.ended[archive.number]))
        if archive.number in self.personal and self.policy.is_organisation(archive.kind):
            rule = "an organisation, but the archive holds sex, birthday or identity number: empty them there first"
            problems.append(problem(row, "kind", given["kind"], rule))
        return problems

    def _one(self, row: Row, wrong: list[RowProblem], column: str, known: dict[str, Any]) -> Any:
        """As `one_of`, None for an empty cell too."""
        return one_of(row, wrong, column, known) if row.fields.get(column) else None


def birthday_of(row: Row, wrong: list[RowProblem], column: str, beside: tuple[str, str]) -> Day | None:
    """The day of a cell, lunar where the row's calendar says so, or the day itself: 腊月廿三. `beside` are the columns of its
    calendar and of its leap month."""
    calendar, leap = one_of(row, wrong, beside[0], _CALENDAR), one_of(row, wrong, beside[1], YES_NO)
    given = row.fields.get(column, "")
    if calendar is None or leap is None or not given:
        return None
    if calendar != "lunar" and not says_lunar(given):
        if leap:
            rule = "a leap month only with the lunar calendar"
            wrong.append(problem(row, beside[1], row.fields[beside[1]], rule))
        return day_of(row, wrong, column)
    if calendar == "solar" and row.fields.get(beside[0]):
        wrong.append(problem(row, column, given, "a day of the solar calendar, as the row says"))
        return None
    day = lunar_day(given, leap=leap)
    if day is None:
        wrong.append(problem(row, column, given, "not a lunar day such as 1968-02-30, 02-30 or 闰二月三十"))
    return day


def one_of(row: Row, wrong: list[RowProblem], column: str, known: dict[str, Any]) -> Any:
    """What the cell stands for; None, and a problem, for what is not known."""
    given = row.fields.get(column, "")
    try:
        return known[given if given in known else given.lower()]
    except KeyError:
        shown = ", ".join(sorted(k for k in known if k)[:20])
        wrong.append(problem(row, column, given, f"not one of: {shown}"))
        return None


def sheet_fields(policy: Policy) -> Fields:
    """How the columns of a customers' table are written, and which there are for whoever acts."""
    every = fields_out(policy)
    coded = {f.name for f in every if f.searchable or f.type in ("phone", "identity_number", "credit_code")}
    names = frozenset(f.name for f in every)
    return Fields(names.union(_WORDS), frozenset({"number", *coded}), names.union(columns_out(), DERIVED))


def is_masked(value: str) -> bool:
    """Whether it is shown as an export without --clear shows it."""
    return MASK in value


def _particulars(given: dict[str, str], archive: Archive) -> Particulars:
    return Particulars(
        kind=archive.kind,
        number=given.get("number", ""),
        name=given.get("name", ""),
        sex=archive.sex,
        birthday=archive.birthday,
        fields=archive.fields,
        confidential={
            name: [value for value in several if not is_masked(value)] for name, several in archive.confidential.items()
        },
    )


def _typed(field: ArchiveField, value: str) -> str | int | bool:
    if field.type in ("integer", "money") and value.removeprefix("-").isdecimal() and len(value) <= INTEGER_CHARS_MAX:
        return int(value)
    if field.type in ("boolean", "acceptance") and value.lower() in ("true", "false", "是", "否"):
        return value.lower() in ("true", "是")
    return value


def day_of(row: Row, wrong: list[RowProblem], column: str) -> date | None:
    """The date of a cell written as 1980-05-17, 1980/5/17 or 1980年5月17日; None when empty or wrong."""
    given = row.fields.get(column, "")
    if not given:
        return None
    if isinstance(given, Dated) and isinstance(given.value, date):
        found: date | None = given.value.date() if isinstance(given.value, datetime) else given.value
    else:
        found = day_in(given)
    if found is None:
        wrong.append(problem(row, column, given, "not a date such as 1980-05-17, the year with its four digits"))
    elif not is_plausible(found):
        wrong.append(problem(row, column, given, f"not {RULE}"))
        return None
    return found


def _values(field: ArchiveField, cell: str) -> list[str]:
    """Several values stand on lines of their own; telephone numbers and e-mail addresses may have `;` between."""
    if field.type == "phone":
        cell = _EXTENSION.sub("x", cell)
    parts = re.split(r"[\n;；]" if field.type in ("phone", "email") else r"\n", cell)
    return [spelled(field, part) for part in parts if part.strip()]
