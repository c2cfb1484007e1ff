"""A mapping file: which column of somebody's table is which of our fields."""

import re
import tomllib
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from guibin.notation.spelling import line
from guibin.policy.words import Paragraph
from guibin_tenants.refusals import FieldError, Invalid, refuse
from guibin_tenants.time_zones import time_zones

from .cells import Dated

ROW_NUMBER = "#"
# The parts of a mapping that say what a field is filled with.
BY_FIELD = ("columns", "constants", "values", "moments", "templates")
_PLACE = re.compile(r"\{([^{}]+)\}")


class Moment(Struct, frozen=True, forbid_unknown_fields=True):
    """A moment from one column or two, with strptime formats, in the mapping's time zone.

    A cell that is a date or a time to the spreadsheet program is read as such, and so is the ISO form.
    """

    date: Paragraph
    date_format: Paragraph = "%Y-%m-%d"
    time: Paragraph = ""
    time_format: Paragraph = "%H:%M:%S"


class Values(Struct, frozen=True, forbid_unknown_fields=True):
    """A field from a column whose values are ours only after translation; `otherwise` is for all the rest, which with `keep`
    stay as they are."""

    column: Paragraph
    map: dict[Paragraph, Paragraph]
    otherwise: Paragraph | None = None
    keep: bool = False


class Template(Struct, frozen=True, forbid_unknown_fields=True):
    """A field put together from columns, such as `{City}-{Ticket #}`; `{#}` is the row's number, the heading being 1."""

    text: Paragraph


class Mapping(Struct, frozen=True, forbid_unknown_fields=True):
    """`columns` maps our fields to theirs. Without a mapping the columns are called as our fields are.

    `fixed_width` names the columns of a text file that has neither heading nor separators: the first and last
    character of each, counted from 1. A row whose column holds one of the values of `skip` is passed over. `sheet` names
    the sheet of a workbook that has several; `hidden` says what becomes of rows and columns that nobody sees.
    """

    columns: dict[Paragraph, Paragraph] = {}
    constants: dict[Paragraph, Paragraph] = {}
    values: dict[Paragraph, Values] = {}
    moments: dict[Paragraph, Moment] = {}
    templates: dict[Paragraph, Template] = {}
    skip: dict[Paragraph, tuple[Paragraph, ...]] = {}
    time_zone: Paragraph = "Asia/Shanghai"
    encoding: Paragraph = ""
    sheet: Paragraph = ""
    hidden: Literal["refuse", "read", "skip"] = "refuse"
    delimiter: Paragraph = ""
    fixed_width: dict[Paragraph, tuple[int, int]] = {}


def load(file: Path) -> Mapping:
    """Raises Invalid naming the place in the file that is wrong."""
    try:
        mapping = msgspec.toml.decode(file.read_bytes(), type=Mapping)
    except (msgspec.ValidationError, msgspec.DecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        parts = ", ".join(Mapping.__struct_fields__)
        fix = f"the parts of a mapping are {parts}; see docs/importing.md"
        raise Invalid.at("mapping", str(error), fix, file.name) from None
    except OSError as error:
        rule = f"a file that can be read ({error.strerror})"
        raise Invalid.at("mapping", rule, value=str(file)) from None
    if mapping.time_zone not in time_zones():
        raise Invalid.at("mapping.time_zone", "an IANA time zone", value=mapping.time_zone)
    for name, (first, last) in mapping.fixed_width.items():
        if not 1 <= first <= last:
            rule = "a first and a last character, counted from 1"
            raise Invalid.at(f"mapping.fixed_width.{name}", rule, value=f"{first}, {last}")
    return mapping


def refuse_unknown(mapping: Mapping, known: Collection[str]) -> None:
    """Raises Invalid for every field that the mapping fills and that is none of `known`: its values would be lost."""
    parts = {part: getattr(mapping, part) for part in BY_FIELD}
    every = f"the fields are {', '.join(sorted(known))}"
    problems = []
    for part, fields in parts.items():
        for field in fields:
            if field not in known:
                near = get_close_matches(field, known, n=1)
                fix = f"did you mean {near[0]}? {every}" if near else every
                problems.append(FieldError(f"mapping.{part}", "a field of what is imported", fix, field))
    refuse(problems, "The mapping fills fields there are not; nothing was read")


def wanted_columns(mapping: Mapping) -> frozenset[str]:
    """The columns the mapping cannot do without."""
    moments = {name for moment in mapping.moments.values() for name in (moment.date, moment.time) if name}
    places = {name for template in mapping.templates.values() for name in _PLACE.findall(template.text)} - {ROW_NUMBER}
    return (
        frozenset(mapping.skip)
        | frozenset(mapping.columns.values())
        | {entry.column for entry in mapping.values.values()}
        | moments
        | places
    )


def sources(mapping: Mapping, heading: Sequence[str]) -> dict[str, list[str]]:
    """The columns that are read, each with the fields it feeds."""
    if not wanted_columns(mapping):
        return {name: [name] for name in heading if name}
    found: dict[str, list[str]] = {name: [] for name in wanted_columns(mapping)}
    for field, column in mapping.columns.items():
        found[column].append(field)
    for field, entry in mapping.values.items():
        found[entry.column].append(field)
    for field, template in mapping.templates.items():
        for name in _PLACE.findall(template.text):
            if name != ROW_NUMBER:
                found[name].append(field)
    return found


def filled(mapping: Mapping, heading: Sequence[str]) -> frozenset[str]:
    """The fields that a file of these columns fills."""
    if _as_called(mapping):
        return frozenset(name for name in heading if name) | frozenset(mapping.constants)
    return frozenset(field for part in BY_FIELD for field in getattr(mapping, part))


def apply(mapping: Mapping, row: dict[str, str], *, number: int) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """Our fields of a row of theirs, and what could not be read: column, value and reason of each."""
    if _as_called(mapping):
        return {**row, **mapping.constants}, []
    fields = dict(mapping.constants)
    problems: list[tuple[str, str, str]] = []
    for field, column in mapping.columns.items():
        fields[field] = row.get(column, "")
    for field, entry in mapping.values.items():
        given = line(row.get(entry.column, ""))
        value = entry.map.get(given, given if entry.keep else entry.otherwise)
        if value is None:
            problems.append((entry.column, given, f"not one of: {', '.join(entry.map)}"))
        else:
            fields[field] = value
    for field, template in mapping.templates.items():
        fields[field] = _filled(template.text, {ROW_NUMBER: str(number), **row})
    for field, moment in mapping.moments.items():
        try:
            fields[field] = _moment(moment, row, mapping.time_zone)
        except ValueError:
            shown = " ".join(row.get(column, "") for column in (moment.date, moment.time) if column)
            wanted = f"{moment.date_format} {moment.time_format if moment.time else ''}".strip()
            problems.append((moment.date, shown, f"not a moment written as {wanted}"))
    return fields, problems


def _as_called(mapping: Mapping) -> bool:
    """Whether every column feeds the field that it is called."""
    return not (mapping.columns or mapping.values or mapping.moments or mapping.templates)


_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?")
_FRACTION = re.compile(r"(?<=:\d\d)\.\d+")


def _moment(moment: Moment, row: dict[str, str], zone: str) -> str:
    """Raises ValueError."""
    first = row.get(moment.date, "")
    if moment.time:
        day, clock = _read(first, moment.date_format).date(), _clock(row.get(moment.time, ""), moment.time_format)
        local = datetime.combine(day, clock)
    else:
        local = _read(first, moment.date_format)
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).isoformat()


def _read(cell: str, form: str) -> datetime:
    """The date, at 00:00 unless the cell says when."""
    if isinstance(cell, Dated) and isinstance(cell.value, date):
        return cell.value if isinstance(cell.value, datetime) else datetime.combine(cell.value, time())
    text = _FRACTION.sub("", line(cell))
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007  # the mapping's time zone is put in place afterwards
    except ValueError:
        iso = _ISO.fullmatch(text)
        if iso is None:
            raise
        return datetime(*(int(part or 0) for part in iso.groups()))  # type: ignore[arg-type]  # noqa: DTZ001  # as above


def _clock(cell: str, form: str) -> time:
    if isinstance(cell, Dated):
        return (
            cell.value.time()
            if isinstance(cell.value, datetime)
            else cell.value
            if isinstance(cell.value, time)
            else time()
        )
    return datetime.strptime(_FRACTION.sub("", line(cell)), form).time()  # noqa: DTZ007


def _filled(text: str, row: dict[str, str]) -> str:
    return _PLACE.sub(lambda place: row.get(place[1], ""), text)
