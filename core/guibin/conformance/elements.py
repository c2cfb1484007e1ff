"""A policy less one element: every tier, right, limit, step, escalation and word of a list, taken out one by one."""

from collections.abc import Iterator
from typing import Any

from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo, fields, replace

from guibin.policy.packs import Pack
from guibin.regulations.places import RULE

# Words for people, and what says what something is called or where a rule is realised: nothing happens by them.
_NO_PARTS = frozenset({"texts", "rules", "clause", "name", "unit", "family"})


class Element(Struct, frozen=True):
    """What is missing: `place` is the way to it, `rules` the clauses it stands under, `names` what stories may call it."""

    place: str
    rules: tuple[str, ...]
    names: tuple[str, ...]
    without: Pack


def elements_of(pack: Pack) -> Iterator[Element]:
    """Every element, in the pack's own order. The pack without one may contradict itself: what hung on it hangs loose."""
    for place, rules, names, without in _less(pack, "", (), ()):
        yield Element(place, rules, names, without)


_Less = tuple[str, tuple[str, ...], tuple[str, ...], Any]


def _less(value: Struct, place: str, rules: tuple[str, ...], names: tuple[str, ...]) -> Iterator[_Less]:
    """The struct without each of its elements."""
    rules = tuple(dict.fromkeys(RULE.findall(getattr(value, "clause", "") or ""))) or rules
    for field in fields(value):
        part = getattr(value, field.name)
        if field.name in _NO_PARTS:
            continue
        here = f"{place}.{field.name}" if place else field.name
        if not isinstance(part, tuple):
            if _is_default(field, part):
                continue
            called = (*names, *_called(part)) if isinstance(part, Struct) else names
            yield here, _rules(part, rules), called, replace(value, **{field.name: _default(field)})
        for inner, inside, called, less in _parts_less(part, here, rules, names):
            yield inner, inside, called, replace(value, **{field.name: less})


def _is_default(field: FieldInfo, part: Any) -> bool:
    """Whether there is nothing to take out: what has to be said cannot be missing."""
    return (field.default is NODEFAULT and field.default_factory is NODEFAULT) or part == _default(field)


def _default(field: FieldInfo) -> Any:
    return field.default if field.default_factory is NODEFAULT else field.default_factory()


def _parts_less(part: Any, place: str, rules: tuple[str, ...], names: tuple[str, ...]) -> Iterator[_Less]:
    if isinstance(part, tuple):
        for number, each in enumerate(part):
            name = each if isinstance(each, str) else getattr(each, "name", None) or str(number)
            here, called = f"{place}[{name}]", (*names, *_called(each))
            if isinstance(each, str | Struct):
                yield here, _rules(each, rules), called, part[:number] + part[number + 1 :]
            if isinstance(each, Struct):
                for inner, inside, deeper, less in _less(each, here, rules, called):
                    yield inner, inside, deeper, (*part[:number], less, *part[number + 1 :])
    elif isinstance(part, Struct):
        yield from _less(part, place, rules, names)


def _rules(each: Any, rules: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(RULE.findall(getattr(each, "clause", "") or ""))) or rules


def _called(each: Any) -> tuple[str, ...]:
    """The words under which a story may know it."""
    if isinstance(each, str):
        return (each,)
    found = (
        getattr(each, field, None) for field in ("name", "item", "tier", "role", "metric", "kind", "step", "field")
    )
    listed = (word for field in ("words", "tiers") for word in getattr(each, field, None) or ())
    return tuple(word for word in (*listed, *found) if isinstance(word, str) and word)
