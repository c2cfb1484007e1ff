"""Whether the values of a pack are of the types they stand for: each part goes through the codec and comes back the same.

Python lets a misspelt class of confidentiality, a float or a list stand where a value is made; whoever reads it later fails.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from .packs import Pack
from .problems import PolicyProblem

_UNFIT = (msgspec.ValidationError, TypeError, ValueError, OverflowError, RecursionError)
VALUE_CHARS_MAX = 80


def misfits(pack: Pack) -> Iterator[PolicyProblem]:
    """Every part of the pack that is not of its type: where, what is there, and what belongs there."""
    return misfits_in(pack, Pack)


def misfits_in(whole: Struct, kind_of_whole: type[Struct]) -> Iterator[PolicyProblem]:
    """The same of any struct, section by section."""
    hints = get_type_hints(kind_of_whole, include_extras=True)
    for section in kind_of_whole.__struct_fields__:
        value, kind = getattr(whole, section), hints[section]
        of = get_args(_bare(kind))
        if isinstance(value, tuple) and get_origin(_bare(kind)) is tuple:
            for number, one in enumerate(value):
                yield from _misfit(one, of[0], f"{section}.{getattr(one, 'name', '') or number}")
        elif isinstance(value, dict) and get_origin(_bare(kind)) is dict:
            for key, one in value.items():
                yield from _misfit(key, of[0], f"{section}.{key}")
                yield from _misfit(one, of[1], f"{section}.{key}")
        else:
            yield from _misfit(value, kind, section)


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _misfit(value: Any, kind: Any, place: str) -> Iterator[PolicyProblem]:
    try:
        back = msgspec.convert(msgspec.to_builtins(value), kind)
    except msgspec.ValidationError as error:
        said, _, path = str(error).partition(" - at `")
        path = path.rstrip("`").removeprefix("$")
        yield PolicyProblem(place + path, _shown(_at(value, path)), said, _choices(value, path))
    except _UNFIT as error:
        path, there = _unfit(value)
        yield PolicyProblem(
            place + path, _shown(there), str(error), "a policy holds texts, whole numbers and its structs"
        )
    else:
        if back != value:
            path, there, meant = _otherwise(value, back)
            yield PolicyProblem(
                place + path, _shown(there), f"read back as {_shown(meant)}", "write it as it is read back"
            )


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= VALUE_CHARS_MAX else f"{text[:VALUE_CHARS_MAX]}…"


def _at(value: Any, path: str) -> Any:
    """What stands at a path of the codec's, such as `.tiers[0].criterion`; the nearest there is."""
    for step in path.replace("[", ".[").split("."):
        if not step:
            continue
        try:
            value = value[int(step[1:-1])] if step.startswith("[") else getattr(value, step)
        except (AttributeError, LookupError, TypeError, ValueError):
            return value
    return value


def _choices(value: Any, path: str) -> str:
    """What may stand there, where that is one of a few words."""
    owner, _, field = path.rpartition(".")
    holder = _at(value, owner)
    if not isinstance(holder, Struct) or field not in holder.__struct_fields__:
        return "write a value of that type"
    kind = get_type_hints(type(holder))[field]
    if get_origin(kind) is not Literal:
        return "write a value of that type"
    words = get_args(kind)
    close = get_close_matches(str(getattr(holder, field)), words)
    meant = f"{close[0]!r} is meant, perhaps; " if close else ""
    return f"{meant}one of: {', '.join(word or '(nothing)' for word in words)}"


def _unfit(value: Any) -> tuple[str, Any]:
    """The innermost part that the codec cannot write."""
    for path, part in _parts(value):
        try:
            msgspec.to_builtins(part)
        except _UNFIT:
            within, there = _unfit(part)
            return path + within, there
    return "", value


def _otherwise(value: Any, back: Any) -> tuple[str, Any, Any]:
    """The innermost part that came back as something else."""
    others = dict(_parts(back))
    for path, part in _parts(value):
        if others.get(path, part) != part:
            within, there, meant = _otherwise(part, others[path])
            return path + within, there, meant
    return "", value, back


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Struct):
        yield from ((f".{name}", getattr(value, name)) for name in value.__struct_fields__)
    elif isinstance(value, tuple | list):
        yield from ((f"[{number}]", one) for number, one in enumerate(value))
    elif isinstance(value, dict):
        yield from ((f".{key}", one) for key, one in value.items())
