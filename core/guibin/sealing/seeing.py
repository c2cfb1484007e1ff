"""What of a customer whoever acts sees: hidden, masked or in clear, field by field, as their roles say.

A part is a field by its name, `relatives`, `occasions`, `preferences` or `amounts`; or, for all of them of which nothing more
is said, a class: `class.confidential` is sealed, `class.internal` everything else. Names and numbers of customers are seen by
whoever reads files. What is masked by nature cannot be: of days, choices and figures that are `masked` nothing is shown.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from guibin.policy.fields import ArchiveField
from guibin_tenants.field_rights import RIGHTS, Part, Right, right_to
from guibin_tenants.refusals import Forbidden
from guibin_tenants.scope import seen_fields

from .values import masked_as

Value = TypeVar("Value")
CONFIDENTIAL, INTERNAL = "class.confidential", "class.internal"
CLASSES = (INTERNAL, CONFIDENTIAL)
AMOUNTS, RELATIVES, OCCASIONS, PREFERENCES = "amounts", "relatives", "occasions", "preferences"
COLUMNS = ("sex", "birthday", "employer", "department", "position", PREFERENCES)
_WORDS = ("employer", "department", "position")
# Every part that is no field of a company's own, with its class.
PARTS = dict.fromkeys((*COLUMNS, OCCASIONS, AMOUNTS), INTERNAL) | {RELATIVES: CONFIDENTIAL}


class NotSeenWhole(Forbidden):
    """Your roles hide or mask fields of this customer. Only whoever sees all of them in clear may do this."""


def shows(part: str) -> Part:
    """What says of a view's field that it shows the part."""
    return Part((part, PARTS[part]))


def right(part: str) -> Right:
    """To a part that is no field of the company's own."""
    return right_to(seen_fields(), part, PARTS[part])


def right_to_field(name: str, *, confidential: bool) -> Right:
    """To a field of the company's own."""
    return right_to(seen_fields(), name, CONFIDENTIAL if confidential else INTERNAL)


def is_there(field: ArchiveField) -> bool:
    """Whether the field is there at all for whoever acts."""
    return right_to_field(field.name, confidential=field.confidentiality == "confidential") != "hidden"


def is_clear(part: str) -> bool:
    """Whether whoever acts sees the part in clear."""
    return right(part) == "clear"


def is_written(field: ArchiveField) -> bool:
    """Whether a form asks for it: a sealed value is typed anew, any other one is changed by whoever sees what stands there."""
    sealed = field.confidentiality == "confidential"
    return right_to_field(field.name, confidential=sealed) in (("masked", "clear") if sealed else ("clear",))


def unwritten() -> frozenset[str]:
    """The columns that no form asks for: whoever does not see what stands there does not change it."""
    return frozenset(name for name in COLUMNS if not is_clear(name))


def refuse_partly(*parts: str, least: Right = "clear") -> None:
    """Raises NotSeenWhole for whoever sees less than that of one of these parts; without any, of anything at all."""
    if any(RIGHTS.index(right(part)) < RIGHTS.index(least) for part in parts) or (seen_fields() and not parts):
        raise NotSeenWhole()


def columns_seen(row: Mapping[str, Any]) -> dict[str, Any]:
    """Of a row's columns those of which whoever acts sees less than there is, with what they see of them."""
    if not seen_fields():
        return {}
    return {name: _column(name, row[name]) for name in COLUMNS if name in row and not is_clear(name)}


def fields_seen(values: Mapping[str, Value]) -> dict[str, Value | str]:
    """The values of fields that are not sealed as whoever acts sees them; words may be masked, nothing else."""
    seen: dict[str, Value | str] = {}
    for name, value in values.items():
        allowed = right_to_field(name, confidential=False)
        if allowed == "clear":
            seen[name] = value
        elif allowed == "masked" and isinstance(value, str) and value:
            seen[name] = masked_as("words", value)
    return seen


def sealed_seen(values: Mapping[str, Value]) -> dict[str, Value]:
    """The masks of sealed fields, those that are there for whoever acts."""
    return {name: value for name, value in values.items() if right_to_field(name, confidential=True) != "hidden"}


def _column(name: str, value: Any) -> Any:
    if name in _WORDS:
        return masked_as("words", value) if value and right(name) == "masked" else ""
    return {"birthday": None, PREFERENCES: {}}.get(name, "")
