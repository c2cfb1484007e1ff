"""What a script sees: the hooks' own structs as plain classes, made from them, so that neither can drift from the other.

The same text is fed before a script runs and shipped as the stubs its types are checked against.
"""

import inspect
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from msgspec import NODEFAULT, Struct

from guibin.hookspecs import ComplaintDraft, LevelSuggestion, Measure, Proposal

# What crosses into a script crosses as a string.
_STRINGS = (UUID, date, datetime)
_HEAD = """from dataclasses import dataclass
from typing import Any, Literal
import json as _json

"""
_TAIL = """
def _plain(value: Any) -> Any:
    for kind, names in _FIELDS:
        if isinstance(value, kind):
            return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value
"""


class Objection(Struct, frozen=True):
    """A reason why something must not happen, for the reader: Chinese, and English beside it."""

    zh: str
    en: str


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
HOOKS: dict[str, Hook] = {hook.name: hook for hook in PURE}


@cache
def prelude() -> str:
    """The classes of all hooks, each with its docstring."""
    kinds: dict[str, type[Struct]] = {}
    for hook in HOOKS.values():
        for kind in (*hook.takes.values(), hook.answers):
            kinds |= {each.__name__: each for each in _structs(kind)}
    fields = "".join(f"({name}, {tuple(kinds[name].__struct_fields__)!r}), " for name in sorted(kinds))
    return _HEAD + "\n\n".join(map(_class, kinds.values())) + f"\n\n_FIELDS = ({fields})\n" + _TAIL


@cache
def completions() -> tuple[str, ...]:
    """What an editor offers: the classes and their fields."""
    kinds = {
        each for hook in HOOKS.values() for kind in (*hook.takes.values(), hook.answers) for each in _structs(kind)
    }
    return tuple(sorted({name for kind in kinds for name in (kind.__name__, *kind.__struct_fields__)}))


def spelled(kind: Any) -> str:
    """A type as a script spells it. Raises TypeError for one that no script has."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
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


def _built(name: str, kind: Any) -> str:
    return f"{kind.__name__}(**{name})" if isinstance(kind, type) and issubclass(kind, Struct) else name
