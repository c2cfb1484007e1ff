"""Forms made from the structs that the API takes: the same names, bounds and checks behind both doors.

A field's label is the text `field.<name>`, of the slice before the console's own; its hint is `hint.<name>` if there is one.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, TypeVar, get_type_hints
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request
from msgspec import Struct, inspect

from guibin.web import conversion
from guibin.web.problems import Problem, of_refusal
from guibin_tenants.refusals import FieldError, Invalid, Refusal

from . import days, reasons, sentences
from .looks import Look
from .shell import Shell
from .studio import Studio
from .texts import SHARED

# A text of more characters than this is written in several lines.
LINE_CHARS_MAX = 200
# Shown only where something leaves the company, and then somebody must be named.
OUTSIDE = "recipient"
# What is looked for is no longer than this.
TYPED_MAX = 100
_MOMENT = "%Y-%m-%dT%H:%M"
# What says an id or how the API is called helps nobody who reads a page.
_FOR_PROGRAMS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-|/api/|\b(?:POST|PUT|DELETE) |_id\b|`")
# The refusal that speaks in the company's own words, written in both languages.
OWN_WORDS = "refused-by-rule"


class Choice(Struct, frozen=True):
    """One value of several, as it is called; many fold below what they belong to, `group`, if it has a name."""

    value: str
    text: str
    group: str = ""


class Field(Struct, frozen=True, kw_only=True):
    """One field as the page shows it.

    `kind` is text, secret (typed unseen), area, choice, either (a choice between few, all of them seen), choices, check, number, date, moment, day (`values` are the solar day, the calendar, the
    lunar day), ink (what somebody signs, by finger), customer (found by what is typed: `values` are who, and the words) or hidden; `error` what is wrong.
    """

    name: str
    kind: str
    label: str
    hint: str = ""
    required: bool = False
    longest: int | None = None
    least: int | None = None
    most: int | None = None
    choices: tuple[Choice, ...] = ()
    value: str = ""
    values: tuple[str, ...] = ()
    error: str = ""

    @property
    def groups(self) -> dict[str, list[Choice]]:
        """The choices below what they belong to; nothing where that is said of none."""
        found: dict[str, list[Choice]] = {}
        for choice in self.choices if any(choice.group for choice in self.choices) else ():
            found.setdefault(choice.group, []).append(choice)
        return found


class NotFilled(Invalid):
    """Some fields are not valid. What is wrong is said in the reader's words already."""

    kind = "invalid"

    def __init__(self, by_field: dict[str, str]) -> None:
        super().__init__()
        self.by_field = by_field


class Filled(Struct, frozen=True):
    """What came of a form that was sent: the struct, or what is wrong by field."""

    value: Any
    errors: dict[str, str]
    given: dict[str, list[str]]

    def whole(self) -> Any:
        """The struct. Raises NotFilled."""
        if self.errors:
            raise NotFilled(self.errors)
        return self.value


Taken = TypeVar("Taken", bound=Struct)
Choices = Mapping[str, Sequence[Choice]]


async def sent(request: Request[Any, Any, Any]) -> dict[str, list[str]]:
    """The form's fields as they were sent. Read from the body itself: the framework keeps what it parsed."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True):
        found.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return found


def typed(name: str, given: Mapping[str, Sequence[str]]) -> str:
    """What is looked for by the field of this name, empty where nothing was typed."""
    return "".join(given.get(name, ())[:1]).strip()[:TYPED_MAX]


class Form(Struct, frozen=True, kw_only=True):
    """A struct of the API as a form of a slice: what is offered for its fields, which of them stay out of it, which are
    `needed` though the struct does without, which are sent along unseen, and which are a customer to be found."""

    kind: type[Struct]
    slice_name: str
    choices: Choices = {}
    left_out: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    finds: frozenset[str] = frozenset()

    def fields(
        self, shell: Shell, given: Mapping[str, Sequence[str]] | None = None, errors: Mapping[str, str] | None = None
    ) -> list[Field]:
        """The struct's fields, with what was given and what is wrong with it."""
        known, wrong = given or {}, errors or {}
        return [
            self._field(each, shell, _given(each, known), wrong.get(each.name, ""))
            for each in _described(self.kind)
            if each.name not in self.left_out
        ]

    def said(self, row: Struct, shell: Shell) -> list[tuple[str, str]]:
        """What a row says of these fields, in the form's own words: the label and the text of each that says something."""
        said = [(field, getattr(row, field.name)) for field in self.fields(shell)]
        return [
            (field.label, _in_words(field, value, shell)) for field, value in said if value not in ("", None, False)
        ]

    def _field(self, each: inspect.Field, shell: Shell, given: tuple[str, ...], error: str) -> Field:
        kind, name, choices = _plain(each.type), each.name, self.choices.get(each.name)
        if choices is None and isinstance(kind, inspect.LiteralType):
            choices = [Choice(str(one), self._named(f"{name}.{one}", str(one), shell)) for one in kind.values if one]
        longest = getattr(kind, "max_length", None)
        values = given or tuple(value for value in (_default(each),) if value)
        return Field(
            name=name,
            kind=self._kind_of(each, choices, longest),
            label=self._named(f"field.{name}", name, shell),
            hint=self._named(f"hint.{name}", "", shell),
            required=each.required or name in self.needed or name == OUTSIDE,
            longest=longest,
            least=getattr(kind, "ge", None),
            most=getattr(kind, "le", None),
            choices=tuple(choices or ()),
            value=values[0] if values else "",
            values=values,
            error=error,
        )

    def _kind_of(self, each: inspect.Field, choices: Sequence[Choice] | None, longest: int | None) -> str:
        if each.name in self.hidden:
            return "hidden"
        if each.name in self.finds:
            return "customer"
        if _is_secret(each.type):
            return "secret"
        return "day" if days.is_day(each.type) else _kind(_plain(each.type), choices, longest)

    def _named(self, key: str, otherwise: str, shell: Shell) -> str:
        for place in (self.slice_name, self.slice_name.partition(".")[0], SHARED):
            if shell.studio.words.has(f"{place}.{key}"):
                return shell.says(f"{place}.{key}")
        return otherwise


def fill(kind: type[Struct], given: Mapping[str, list[str]], shell: Shell) -> Filled:
    """The struct from the fields, every fault found at once. What was left empty is what the struct does without."""
    hints = get_type_hints(kind, include_extras=True)
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for each in _described(kind):
        try:
            value = _value(each, given, shell)
        except ValueError:
            errors[each.name] = shell.says("error.day" if days.is_day(each.type) else "error.moment")
            continue
        wrong = conversion.faults(value, hints[each.name], strict=False) if value is not None else ()
        if wrong:
            errors[each.name] = _told(wrong[0], shell)
        elif value is not None:
            values[each.name] = msgspec.convert(value, hints[each.name], strict=False)
        elif each.required:
            errors[each.name] = shell.says("error.required")
    if errors:
        return Filled(None, errors, dict(given))
    try:
        return Filled(kind(**values), {}, dict(given))
    except (msgspec.ValidationError, ValueError, TypeError) as fault:
        return Filled(None, {"": rule(str(fault), shell.studio, shell.look)}, dict(given))


def converted(value: Any, kind: type[Struct], shell: Shell) -> Filled:
    """The struct from what is known by its fields' names, or what is wrong by field."""
    errors = {each.field: _told(each, shell) for each in conversion.faults(value, kind, strict=False)}
    return Filled(None if errors else msgspec.convert(value, kind, strict=False), errors, {})


def taken(kind: type[Taken], given: Mapping[str, list[str]], shell: Shell) -> Taken:
    """The struct from the fields. Raises NotFilled."""
    struct: Taken = fill(kind, given, shell).whole()
    return struct


def wrong(refusal: Refusal, shell: Shell) -> tuple[dict[str, str], int]:
    """What a refusal says, by field, and its status."""
    return faults(refusal, shell), int(refusal.status)


def faults(refusal: Refusal, shell: Shell) -> dict[str, str]:
    """What a refusal says, by field; "" for what is of no field."""
    if isinstance(refusal, NotFilled):
        return refusal.by_field
    by_field = {field.field: _told(field, shell) for field in refusal.fields}
    return by_field or {"": told(of_refusal(refusal), shell.studio, shell.look)}


def placed(errors: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """Each error where it is seen: at its own field, at the one it is about a part of, or before the form (`""`)."""
    found: dict[str, str] = {}
    for field, said in errors.items():
        at = next((name for name in (field, *reversed(field.split("."))) if name in names), "")
        found[at] = f"{found[at]} {said}" if at in found else said
    return found


def told(problem: Problem, studio: Studio, look: Look) -> str:
    """A problem in the reader's words: the text of its kind, and what it says of this very case as far as that is in their
    language; what is known in no words of theirs, as it was raised."""
    key = f"refusal.{problem.type.rsplit('/', 1)[-1]}"
    known = studio.words.has(key)
    text = studio.says(key, look) if known else problem.title
    if problem.detail in ("", problem.title, text):
        return text
    detail = "" if look.language == "en" or _FOR_PROGRAMS.search(problem.detail) else detailed(problem.detail, studio)
    if detail:
        return studio.says("error.with_detail", look, said=text, detail=detail)
    if known and problem.type.endswith(f"/{OWN_WORDS}"):
        return studio.says("error.with_detail", look, said=text, detail=problem.detail)
    if known and look.language != "en":
        return text
    return f"{text.rstrip('.')}. {problem.detail}"


def detailed(said: str, studio: Studio) -> str:
    """What a refusal says of the very case, in Chinese; empty for what is in no words of the product's."""
    look = Look(language="zh-CN")

    def word(name: str) -> str:
        return studio.says(f"role.{name}", look) if studio.words.has(f"role.{name}") else name

    return sentences.known().chinese(said, word)


def rule(broken: str, studio: Studio, look: Look) -> str:
    """A rule that a value breaks, in the reader's words; one that has none as it was said."""
    says, sentence = partial(studio.says, look=look), partial(detailed, studio=studio) if look.language != "en" else str
    return reasons.worded(broken, says, studio.words.has) or reasons.unworded(broken, says, sentence)


def _told(field: FieldError, shell: Shell) -> str:
    said = rule(field.rule, shell.studio, shell.look)
    if said == field.rule and field.fix:
        return f"{said} ({field.fix})"
    return said + reasons.near(field.fix, shell.says)


def _given(each: inspect.Field, given: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    if days.is_day(each.type):
        sent = days.values(each.name, given)
        return sent if any(sent) else ()
    return (*given.get(each.name, ()), *given.get(f"{each.name}.who", ()))


def _value(each: inspect.Field, given: Mapping[str, list[str]], shell: Shell) -> Any:
    """What was sent for the field, None for nothing. Raises ValueError."""
    if days.is_day(each.type):
        return days.read(each.name, given)
    raw = [text for text in given.get(each.name, []) if text.strip()]
    return _read(raw, each.type, shell) if raw else None


def _described(kind: type[Struct]) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return info.fields


def _plain(kind: inspect.Type) -> inspect.Type:
    """Without None and without what is only said of it."""
    while True:
        if isinstance(kind, inspect.Metadata):
            kind = kind.type
        elif isinstance(kind, inspect.UnionType):
            kind = next(each for each in kind.types if not isinstance(each, inspect.NoneType))
        else:
            return kind


def _is_secret(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.Metadata) and (kind.extra_json_schema or {}).get("format") == "password"


def _default(each: inspect.Field) -> str:
    return "" if each.default in (msgspec.NODEFAULT, None) else _shown(each.default)


def _kind(kind: inspect.Type, choices: Sequence[Choice] | None, longest: int | None) -> str:
    several = isinstance(kind, inspect.ListType | inspect.VarTupleType | inspect.SetType)
    if choices is not None:
        return "choices" if several else "choice"
    match kind:
        case inspect.BoolType():
            return "check"
        case inspect.BytesType():
            return "ink"
        case inspect.IntType() | inspect.FloatType():
            return "number"
        case inspect.DateType():
            return "date"
        case inspect.DateTimeType():
            return "moment"
        case inspect.UUIDType():
            return "hidden"
        case _:
            return "area" if longest is None or longest > LINE_CHARS_MAX else "text"


def _read(raw: list[str], kind: inspect.Type, shell: Shell) -> Any:
    plain = _plain(kind)
    if isinstance(plain, inspect.ListType | inspect.VarTupleType | inspect.SetType):
        return raw
    text = raw[0].strip()
    if isinstance(plain, inspect.DateTimeType):
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(shell.act.company.time_zone))
    return text


def _in_words(field: Field, value: Any, shell: Shell) -> str:
    if value is True:
        return shell.says("yes")
    if isinstance(value, datetime):
        return shell.clock.moment(value)
    return next((choice.text for choice in field.choices if choice.value == str(value)), str(value))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, datetime):
        return value.strftime(_MOMENT)
    return value.isoformat() if isinstance(value, date) else str(value)
