"""An archive as it is kept, however it was written: before it is checked, compared or sealed, whoever sends it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from guibin.notation.spelling import code, line
from guibin.policy.fields import ArchiveField, spelled

from .requests import CustomerChange, NewCustomer

Given = TypeVar("Given", NewCustomer, CustomerChange)
_LINES = ("name", "employer", "department", "position")


def as_kept(given: Given, fields: Sequence[ArchiveField]) -> Given:
    """The same archive, or the same change of one, in the spelling that is kept. What is left out stays left out."""
    known = {field.name: field for field in fields}
    changed: dict[str, Any] = {name: line(value) for name in _LINES if isinstance(value := getattr(given, name), str)}
    if isinstance(given, NewCustomer):
        changed["number"] = code(given.number)
    if isinstance(given.fields, Mapping):
        changed["fields"] = {name: _plain(known.get(name), value) for name, value in given.fields.items()}
    changed["confidential"] = {
        name: [_value(known.get(name), one) for one in value]
        if isinstance(value, list)
        else _value(known.get(name), value)
        for name, value in given.confidential.items()
    }
    return msgspec.structs.replace(given, **changed)


def _plain(field: ArchiveField | None, value: object) -> object:
    return _value(field, value) if isinstance(value, str) else value


def _value(field: ArchiveField | None, value: str) -> str:
    # NUL stays, to be refused where it was written; what is no field of the archive is refused by its name.
    return value if field is None or "\0" in value else spelled(field, value)
