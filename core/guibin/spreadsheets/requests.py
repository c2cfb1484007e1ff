"""What callers send, as the cells of a sheet: which of its fields stand there, how they are written and read."""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import Any, get_args, get_type_hints
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.notation.spelling import paragraph
from guibin.web.conversion import faults
from guibin_tenants.refusals import FieldError

from .importing import problem
from .reading import Row, RowProblem

_YES = {"yes": True, "true": True, "是": True, "no": False, "false": False, "否": False}


@cache
def portable(kind: type[Struct]) -> tuple[str, ...]:
    """The fields that mean the same in another company: all but the ids of rows."""
    return tuple(name for name, hint in get_type_hints(kind).items() if UUID not in (hint, *get_args(hint)))


def told(value: object) -> str:
    """The cell that `said` reads as this value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else paragraph(str(value))


def said(row: Row, kind: type[Struct], names: Iterable[str]) -> tuple[dict[str, Any], list[RowProblem]]:
    """What the cells of these fields say, and what the fields' types have against it. An empty cell says nothing."""
    values: dict[str, Any] = {}
    wrong: list[RowProblem] = []
    for name in names:
        cell = row.fields.get(name, "")
        value = _YES.get(cell.lower(), cell) if _hints(kind)[name] is bool else cell
        problems = list(wrong_value(row, kind, name, value)) if cell else list(_missing(row, kind, name))
        wrong += problems
        if cell and not problems:
            values[name] = msgspec.convert(value, _hints(kind)[name])
    return values, wrong


def wrong_value(row: Row, kind: type[Struct], name: str, value: object) -> Iterator[RowProblem]:
    """Whatever the field's own type says against the value, in the words of the API."""
    given, hint = row.fields.get(name, ""), _hints(kind)[name]
    for fault in faults(value, hint)[:1]:
        rule = "not yes or no" if hint is bool else ": ".join(filter(None, (fault.rule, fault.fix)))
        yield problem(row, name, given, rule if given else "required")


def refused(row: Row, errors: Iterable[FieldError]) -> list[RowProblem]:
    """What the API would refuse, each with its cell."""
    return [
        problem(row, error.field, row.fields.get(error.field, ""), ": ".join(filter(None, (error.rule, error.fix))))
        for error in errors
    ]


def _missing(row: Row, kind: type[Struct], name: str) -> Iterator[RowProblem]:
    # What the mapping could not read is reported by the mapping; what no row has, with the first.
    lacking = row.filled is not None and name not in row.filled
    if name in _required(kind) and (name in row.fields or lacking):
        yield problem(row, name, "", "required")


@cache
def _hints(kind: type[Struct]) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


@cache
def _required(kind: type[Struct]) -> frozenset[str]:
    return frozenset(field.name for field in msgspec.structs.fields(kind) if field.required)
