"""The policy's forms as fields of a page: what a field is called, what it offers, and what was filled in."""

from collections.abc import Callable, Mapping, Sequence

from guibin.policy.fields import CHARS_MAX, ArchiveField
from guibin.policy.forms import Form
from guibin.policy.money import Money, NotMoney, to_minor

from .forms import Choice, Field
from .shell import Shell

# An answer is sent under this and its field's name.
PREFIX = "answers."
_KINDS = {
    "integer": "number",
    "money": "number",
    "date": "date",
    "boolean": "check",
    "acceptance": "check",
    "choice": "choice",
}
Value = str | int | bool | None


def fields(form: Form, shell: Shell, given: Mapping[str, Sequence[str]], errors: Mapping[str, str]) -> list[Field]:
    """The form's fields, with what was given and what is wrong with it."""
    return [_field(each, shell, tuple(given.get(PREFIX + each.name, ())), errors) for each in form.fields]


def read(form: Form, given: Mapping[str, Sequence[str]]) -> dict[str, Value]:
    """What was filled in. A number that is none stays a text, which the form's own check refuses."""
    found = {each.name: _value(each, "".join(given.get(PREFIX + each.name, ())[:1]).strip()) for each in form.fields}
    return {name: value for name, value in found.items() if value is not None}


def called(name: str, shell: Shell) -> str:
    """What a field of a form is called."""
    key = f"field.{name}"
    told = shell.named(key)
    if told == key and shell.studio.words.has(key):
        return shell.says(key)
    return told if told != key else name.replace("_", " ")


def in_words(filled_in: Mapping[str, Value], shell: Shell) -> list[tuple[str, str]]:
    """What was filled in: what each field is called, and its answer as people read it."""
    return [(called(name, shell), shown(name, told, shell)) for name, told in filled_in.items()]


def shown(name: str, value: Value, shell: Shell) -> str:
    """An answer as people read it."""
    return told(name, value, shell.named, shell.says)


def told(name: str, value: Value, named: Callable[[str], str], says: Callable[[str], str]) -> str:
    """An answer in words: `named` are those of the policy, by key, and `says` those of "yes" and "no"."""
    if isinstance(value, bool):
        return says("yes" if value else "no")
    text = "" if value is None else str(value)
    keys = (f"choice.{name}.{text}", f"{name}.{text}")
    return next((words for key in keys if (words := named(key)) != key), text)


def _field(each: ArchiveField, shell: Shell, given: tuple[str, ...], errors: Mapping[str, str]) -> Field:
    kind = _KINDS.get(each.type, "area" if each.chars_max > CHARS_MAX else "text")
    return Field(
        name=PREFIX + each.name,
        kind=kind,
        label=called(each.name, shell),
        required=each.required,
        longest=each.chars_max if kind in ("text", "area") else None,
        choices=tuple(Choice(value, shown(each.name, value, shell)) for value in each.choices),
        value=given[0] if given else "",
        values=given,
        error=errors.get(PREFIX + each.name, ""),
    )


def _value(field: ArchiveField, text: str) -> Value:
    if not text:
        return None
    if field.type in ("boolean", "acceptance"):
        return text == "true"
    if field.type == "money":
        return _minor(text)
    if field.type == "integer":
        return int(text) if text.removeprefix("-").isdecimal() else text
    return text


def _minor(text: str) -> int | str:
    try:
        return to_minor(Money(text))
    except NotMoney:
        return text
