"""What stands in an answer as a refusal said it: such a text is told in the language of whoever asks, as a problem is."""

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

from msgspec import Struct
from msgspec.structs import replace

from guibin_tenants.refusals import FieldError


class Told(Struct, frozen=True):
    """Beside a view's text in `Annotated`: a refusal's sentence, title or rule stands there as it was raised."""


# A refusal's sentence, title or rule, or several parted by semicolons.
Sentence = Annotated[str, Told()]
_OF_FIELDS = ("rule", "fix")
Tells = Callable[[str], str]


def in_words(value: Any, tells: Tells) -> Any:
    """The same with every such text told; the value itself where none stands in it."""
    if isinstance(value, list | tuple):
        told = [in_words(each, tells) for each in value]
        same = all(new is old for new, old in zip(told, value, strict=True))
        return value if same else type(value)(told)
    if isinstance(value, dict):
        found = {key: in_words(each, tells) for key, each in value.items()}
        return value if all(found[key] is each for key, each in value.items()) else found
    if not isinstance(value, Struct):
        return value
    changed = {name: tells(text) for name in said_in(type(value)) if (text := getattr(value, name))}
    changed |= {
        name: told
        for name in _inside(type(value))
        if (told := in_words(kept := getattr(value, name), tells)) is not kept
    }
    return replace(value, **changed) if changed else value


@cache
def said_in(kind: type[Struct]) -> tuple[str, ...]:
    """The fields of a view that are such texts."""
    if kind is FieldError:
        return _OF_FIELDS
    hints = get_type_hints(kind, include_extras=True)
    return tuple(name for name, hint in hints.items() if _is_told(hint))


@cache
def carries(kind: Any) -> bool:
    """Whether such a text stands in what is of this kind, or may."""
    return _carries(kind, set())


@cache
def _inside(kind: type[Struct]) -> tuple[str, ...]:
    return tuple(name for name, hint in get_type_hints(kind, include_extras=True).items() if carries(hint))


def _carries(kind: Any, seen: set[Any]) -> bool:
    if isinstance(kind, type) and issubclass(kind, Struct):
        if kind in seen:
            return False
        seen.add(kind)
        return bool(said_in(kind)) or any(
            _carries(hint, seen) for hint in get_type_hints(kind, include_extras=True).values()
        )
    # What a page of a list holds is known by the row itself.
    return isinstance(kind, TypeVar) or any(_carries(each, seen) for each in get_args(kind))


def _is_told(hint: Any) -> bool:
    return any(isinstance(note, Told) for note in getattr(hint, "__metadata__", ()))
