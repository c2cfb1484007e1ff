"""The archive's fields as a form, for a customer who is new and for one who is there: what the struct takes, and the
company's own fields that suit the kind of customer.

An open field is sent as `fields.<name>`, a confidential one as `sealed.<name>`.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from guibin.console.forms import Choice, Field
from guibin.console.shell import Shell
from guibin.policy.fields import ArchiveField
from guibin.profiles.checking import suits
from guibin.profiles.queries import archive_fields
from guibin.sealing.seeing import is_written

from . import choices

OPEN, SEALED = "fields.", "sealed."
Value = str | int | bool | None
Given = Mapping[str, Sequence[str]]


class Standing(Struct, frozen=True, kw_only=True):
    """What an archive holds already: nothing of a customer who is new."""

    kind: str
    fields: Mapping[str, Value] = {}
    masked: Mapping[str, Sequence[str]] = {}


def title_of(name: str, shell: Shell) -> str:
    """What a field is called: by the policy, by the pages, else by its name."""
    bare = name.removeprefix(OPEN).removeprefix(SEALED)
    title = shell.named(f"field.{bare}")
    return title if title != f"field.{bare}" else choices.worded("overview.archive", bare, shell)


def told(value: Value, field: ArchiveField | None, shell: Shell) -> str:
    """A field's value in words."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return shell.says("yes" if value else "no")
    if field is not None and field.choices:
        key = f"choice.{field.name}.{value}"
        title = shell.named(key)
        return title if title != key else str(value)
    return str(value)


def own_fields(standing: Standing, shell: Shell, given: Given, errors: Mapping[str, str]) -> list[Field]:
    """The company's fields for this kind of customer; a sealed value is never in the page before it is sent."""
    return [_field(each, standing, given, errors, shell) for each in suited(standing.kind, shell)]


def suited(kind: str, shell: Shell) -> list[ArchiveField]:
    """The fields that customers of this kind have (S07-1)."""
    policy = shell.act.policy
    return [each for each in archive_fields(policy) if suits(each, kind, policy) and is_written(each)]


def sealed_values(kind: str, given: Given, shell: Shell) -> dict[str, str]:
    """The confidential values that were sent."""
    sent = {each.name: text_of(given, name_of(each)) for each in suited(kind, shell) if is_sealed(each)}
    return {name: value for name, value in sent.items() if value}


def open_values(standing: Standing, given: Given, shell: Shell) -> dict[str, Value]:
    """The open fields that were sent with another value than stands there; None where one is taken away."""
    found: dict[str, Value] = {}
    for each in suited(standing.kind, shell):
        value = text_of(given, name_of(each))
        if is_sealed(each) or value == plain(standing.fields.get(each.name)):
            continue
        if value or each.name in standing.fields:
            found[each.name] = typed(each, value)
    return found


def own(errors: Mapping[str, str], fields: Iterable[Field]) -> tuple[dict[str, str], str]:
    """What was refused by the form's own names, and what belongs to no field of it."""
    renamed = {name.removeprefix("changes.").replace("confidential.", SEALED): said for name, said in errors.items()}
    known = {field.name for field in fields}
    return renamed, "; ".join(said for name, said in renamed.items() if name not in known)


def is_sealed(field: ArchiveField) -> bool:
    """Whether its values are sealed."""
    return field.confidentiality == "confidential"


def name_of(field: ArchiveField) -> str:
    """What the form calls it."""
    return f"{SEALED if is_sealed(field) else OPEN}{field.name}"


def plain(value: Value) -> str:
    """A value as the form holds it."""
    if isinstance(value, bool):
        return "true" if value else ""
    return "" if value is None else str(value)


def typed(field: ArchiveField, value: str) -> Value:
    """What was written, as the archive takes it; a number that is none stays a text, which the check refuses."""
    if field.type == "boolean":
        return value == "true"
    if not value:
        return None
    if field.type == "acceptance":
        return True
    if field.type == "integer" and value.lstrip("-").isdigit():
        return int(value)
    return value


def _field(each: ArchiveField, standing: Standing, given: Given, errors: Mapping[str, str], shell: Shell) -> Field:
    name, sealed = name_of(each), is_sealed(each)
    there = shell.joined(standing.masked.get(each.name, ())) if sealed else ""
    now = "" if sealed else plain(standing.fields.get(each.name))
    options = tuple(Choice(one, told(one, each, shell)) for one in each.choices)
    kinds = {"integer": "number", "date": "date", "boolean": "check", "acceptance": "check"}
    return Field(
        name=name,
        kind="choice" if options else kinds.get(each.type, "text"),
        label=title_of(each.name, shell),
        hint=shell.says("overview.replaces", there=there) if there else each.clause if each.required else "",
        required=each.required,
        longest=each.chars_max,
        choices=options,
        value=text_of(given, name) if name in given else now,
        error=errors.get(name, ""),
    )


def text_of(given: Given, name: str) -> str:
    """The one text that was sent under a name."""
    return "".join(given.get(name, ())[:1]).strip()
