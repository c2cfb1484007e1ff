"""What a script sees: the hooks' own structs as plain classes, made from them, so that neither can drift from the other.

The same text is fed before a script runs and shipped as the stubs its types are checked against.
"""

import inspect
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import NODEFAULT, Meta, Struct

from guibin.hookspecs import ComplaintDraft, LevelSuggestion, Measure, Proposal
from guibin.policy.commands import Bidding

# What crosses into a script crosses as a string.
_STRINGS = (UUID, date, datetime)
_HEAD = """from dataclasses import dataclass
from typing import Any, Literal
import json as _json

"""
_TAIL = """
def _plain(value: Any) -> Any:
    for kind, tag, names in _FIELDS:
        if isinstance(value, kind):
            told = {name: _plain(getattr(value, name)) for name in names}
            return {"type": tag, **told} if tag else told
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value
"""


class Objection(Struct, frozen=True):
    """A reason why something must not happen, for the reader: Chinese, and English beside it."""

    zh: str
    en: str


class CustomerFigures(Struct, frozen=True):
    """A customer at that moment: kind, the tier held under each scheme, and how often each kind of event happened to them."""

    id: UUID
    kind: str
    tiers: dict[str, str]
    within_30_days: dict[str, int]
    within_365_days: dict[str, int]


class Happened(Struct, frozen=True):
    """An event: its kind, what it says, about which case and customer, when, the company's day, and its own figures by name."""

    event: str
    data: dict[str, str | int | bool | None]
    subject: str
    subject_id: UUID
    customer: CustomerFigures | None
    at: datetime
    today: date
    settings: dict[str, int]


class Due(Struct, frozen=True):
    """The hour has come to look at this customer: when, the company's day, and its own figures by name."""

    customer: CustomerFigures
    at: datetime
    today: date
    settings: dict[str, int]


# So many commands a script may answer at once.
COMMANDS_MAX = 10
Biddings = Annotated[list[Bidding], Meta(max_length=COMMANDS_MAX)]
_COMMAND = "Command"


class Hook(Struct, frozen=True):
    """A hook that a script may be for: what its function takes, by name, and what it answers."""

    name: str
    takes: Mapping[str, Any]
    answers: Any

    @property
    def signature(self) -> str:
        """The line a script of this hook begins with."""
        takes = ", ".join(f"{name}: {spelled(kind)}" for name, kind in self.takes.items())
        return f"def {self.name}({takes}) -> {spelled(self.answers)}:"

    @property
    def promise(self) -> str:
        """The lines by which the type check holds a script to its hook."""
        takes = ", ".join(spelled(kind) for kind in self.takes.values())
        return f"from typing import Callable\n_promised: Callable[[{takes}], {spelled(self.answers)}] = {self.name}"

    @property
    def call(self) -> str:
        """The line that asks the script, its answer as JSON."""
        given = ", ".join(f"{name}={_built(name, kind)}" for name, kind in self.takes.items())
        return f"_json.dumps(_plain({self.name}({given})))"


PURE = (
    Hook("suggest_level", {"draft": ComplaintDraft}, LevelSuggestion | None),
    Hook("objections", {"proposal": Proposal}, list[Objection]),
    Hook("derived_measures", {"measures": dict[str, int]}, list[Measure]),
)
# What these answer is carried out.
ACTING = (Hook("on_event", {"happened": Happened}, Biddings), Hook("on_schedule", {"due": Due}, Biddings))
HOOKS: dict[str, Hook] = {hook.name: hook for hook in (*PURE, *ACTING)}


@cache
def prelude() -> str:
    """The classes of all hooks, each with its docstring."""
    kinds: dict[str, type[Struct]] = {}
    for hook in HOOKS.values():
        for kind in (*hook.takes.values(), hook.answers):
            kinds |= {each.__name__: each for each in _structs(kind)}
    fields = "".join(
        f"({name}, {kinds[name].__struct_config__.tag!r}, {tuple(kinds[name].__struct_fields__)!r}), "
        for name in sorted(kinds)
    )
    commands = f"{_COMMAND} = {' | '.join(kind.__name__ for kind in typing.get_args(Bidding))}"
    classes = "\n\n".join(map(_class, kinds.values()))
    return f"{_HEAD}{classes}\n\n{commands}\n_FIELDS = ({fields})\n{_TAIL}"


@cache
def completions() -> tuple[str, ...]:
    """What an editor offers: the classes and their fields."""
    kinds = {
        each for hook in HOOKS.values() for kind in (*hook.takes.values(), hook.answers) for each in _structs(kind)
    }
    return tuple(sorted({_COMMAND, *(name for kind in kinds for name in (kind.__name__, *kind.__struct_fields__))}))


def spelled(kind: Any) -> str:
    """A type as a script spells it. Raises TypeError for one that no script has."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        return spelled(arguments[0])
    if kind == Bidding:
        return _COMMAND
    if origin in (types.UnionType, typing.Union):
        return " | ".join(dict.fromkeys(map(spelled, arguments)))
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if origin in (list, tuple):
        return f"list[{spelled(arguments[0])}]"
    if origin is dict:
        return f"dict[{', '.join(map(spelled, arguments))}]"
    if kind in (None, types.NoneType):
        return "None"
    if kind in _STRINGS:
        return "str"
    if isinstance(kind, type) and (kind in (str, int, bool, float) or issubclass(kind, Struct)):
        return kind.__name__
    raise TypeError(f"no script can spell {kind!r}")


def _structs(kind: Any) -> list[type[Struct]]:
    """The structs a type holds, those that others hold first."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        inner = [each for hint in typing.get_type_hints(kind).values() for each in _structs(hint)]
        return [*inner, kind]
    return [each for argument in typing.get_args(kind) for each in _structs(argument)]


def _class(kind: type[Struct]) -> str:
    hints = typing.get_type_hints(kind)
    lines = [
        f"    {field.name}: {spelled(hints[field.name])}{_default(field)}" for field in msgspec.structs.fields(kind)
    ]
    return f'@dataclass(frozen=True)\nclass {kind.__name__}:\n    """{inspect.getdoc(kind)}"""\n\n' + "\n".join(lines)


def _default(field: msgspec.structs.FieldInfo) -> str:
    return "" if field.default is NODEFAULT else f" = {field.default!r}"


def _built(value: str, kind: Any) -> str:
    """The expression that makes what a script is given of plain values."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        inner = {name: hint for name, hint in typing.get_type_hints(kind).items() if _structs(hint)}
        made = "".join(f", {name!r}: {_built(f'{value}[{name!r}]', hint)}" for name, hint in inner.items())
        return f"{kind.__name__}(**{{**{value}{made}}})" if made else f"{kind.__name__}(**{value})"
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        (held,) = _structs(kind)[-1:]
        return f"(None if {value} is None else {_built(value, held)})"
    return value
