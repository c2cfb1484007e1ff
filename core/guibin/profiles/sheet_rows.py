"""Rows of a spreadsheet as archives: every cell checked, every fault named."""

import re
from datetime import date
from typing import Any
from uuid import UUID

from guibin.policy.fields import ArchiveField
from guibin.policy.packs import Policy
from guibin.spreadsheets.importing import problem
from guibin.spreadsheets.reading import Row, RowProblem

from .actions import wrong_fields
from .dates import wrong_date
from .names import fold
from .queries import archive_fields

WORDS_CHARS_MAX = 200
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
)
_SEX = {"男": "male", "女": "female", "male": "male", "female": "female", "": ""}
_CALENDAR = {"": "solar", "solar": "solar", "公历": "solar", "lunar": "lunar", "农历": "lunar"}
_YES_NO = {"": False, "true": True, "false": False, "是": True, "否": False}
# An export without --clear shows these instead of the value.
_MASK = "***"


class ArchiveReader:
    """Turns rows into archives; remembers numbers, so that a duplicate in one file is found."""

    def __init__(self, policy: Policy, units: dict[str, UUID], people: dict[str, UUID], erased: frozenset[str]) -> None:
        self.policy = policy
        self.fields = archive_fields(policy)
        self.units = units
        self.people = people
        self.erased = erased
        self.seen: set[str] = set()
        # The fields that the file has: whatever else an archive holds stays as it is.
        self.given: set[str] = set()

    def customer(self, row: Row) -> tuple[dict[str, Any], list[RowProblem]]:
        """The archive of a row, and what is wrong with it."""
        given = row.fields
        wrong: list[RowProblem] = [
            problem(row, name, value, "not a field of the archive")
            for name, value in given.items()
            if value and name not in COLUMNS and name not in {field.name for field in self.fields}
        ]
        confidential = {
            f.name: _values(f, given[f.name])
            for f in self.fields
            if f.confidentiality == "confidential" and given.get(f.name) and _MASK not in given[f.name]
        }
        plain = {
            f.name: _typed(f, given[f.name])
            for f in self.fields
            if f.confidentiality != "confidential" and given.get(f.name)
        }
        kind = self._kind(given.get("kind", ""))
        number, name = given.get("number", ""), given.get("name", "")
        errors = wrong_fields(kind, plain, confidential, self.fields, self.policy, name=name, number=number)
        wrong += [
            problem(row, e.field.rpartition(".")[2], given.get(e.field.rpartition(".")[2], ""), e.rule) for e in errors
        ]
        if fold(number) in self.erased:
            wrong.append(problem(row, "number", number, "the customer of this number was erased: use another"))
        archive = {
            "number": fold(number),
            "name": fold(name),
            "kind": kind,
            "unit": self._one(row, wrong, "org_unit", self.units, default=None),
            "manager": self._one(row, wrong, "account_manager", self.people, default=None),
            "sex": self._one(row, wrong, "sex", _SEX, default=""),
            "birthday": day_of(row, wrong, "birthday"),
            "calendar": self._one(row, wrong, "birthday_calendar", _CALENDAR, default=""),
            "leap": self._one(row, wrong, "birthday_leap_month", _YES_NO, default=""),
            "employer": given.get("employer", ""),
            "department": given.get("department", ""),
            "position": given.get("position", ""),
            "fields": plain,
            "confidential": confidential,
        }
        if archive["birthday"] and archive["calendar"]:
            rule = wrong_date(archive["birthday"], archive["calendar"], leap_month=bool(archive["leap"]))
            if rule:
                wrong.append(problem(row, "birthday", given["birthday"], rule))
        wrong += [
            problem(row, name, given[name], f"longer than {WORDS_CHARS_MAX} characters")
            for name in ("employer", "department", "position")
            if len(given.get(name, "")) > WORDS_CHARS_MAX
        ]
        self.given |= given.keys()
        return archive, wrong

    def duplicate(self, row: Row) -> list[RowProblem]:
        """A problem when an earlier row of this file has the same number."""
        number = fold(row.fields.get("number", ""))
        if number in self.seen:
            return [problem(row, "number", number, "the same number stands in an earlier row")]
        self.seen.add(number)
        return []

    def _kind(self, given: str) -> str:
        titles = {
            self.policy.title(f"customer_kind.{kind}", language): kind
            for kind in self.policy.customer_kinds
            for language in ("zh-CN", "en")
        }
        return titles.get(given, given)

    def _one(
        self, row: Row, wrong: list[RowProblem], column: str, known: dict[str, Any], *, default: str | None
    ) -> Any:
        given = row.fields.get(column, "")
        if not given and default is None:
            return None
        try:
            return known[given or default or ""]
        except KeyError:
            shown = ", ".join(sorted(k for k in known if k)[:20])
            wrong.append(problem(row, column, given, f"not one of: {shown}"))
            return None


def _typed(field: ArchiveField, value: str) -> str | int | bool:
    if field.type in ("integer", "money") and value.lstrip("-").isdigit():
        return int(value)
    if field.type in ("boolean", "acceptance") and value.lower() in ("true", "false", "是", "否"):
        return value.lower() in ("true", "是")
    return value


def day_of(row: Row, wrong: list[RowProblem], column: str) -> date | None:
    """The date of a cell written as 1980-05-17, 1980/5/17 or 1980年5月17日; None when empty or wrong."""
    text = (
        row.fields.get(column, "")
        .replace("/", "-")
        .replace("年", "-")
        .replace("月", "-")
        .replace("日", "")
        .split(" ")[0]
    )
    if not text:
        return None
    try:
        parts = [int(part) for part in text.split("-")]
        return date(*parts)
    except (ValueError, TypeError):
        wrong.append(problem(row, column, text, "not a date such as 1980-05-17"))
        return None


def _values(field: ArchiveField, cell: str) -> list[str]:
    """Several values stand on lines of their own; telephone numbers and e-mail addresses may have `;` between."""
    parts = re.split(r"[\n;]" if field.type in ("phone", "email") else r"\n", cell)
    return [part.strip() for part in parts if part.strip()]
