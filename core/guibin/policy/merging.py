"""How the core's, the packs' and the company's own values of one section become the policy's: said in its annotation."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, reduce
from typing import Any, get_type_hints

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields, replace

Merge = Callable[[Sequence[Any]], Any]


class Rule(Struct, frozen=True):
    """`merge` takes what the core, each pack in order and then the company say, None where they say nothing.

    `named` sections hold elements by name, each name once. With `own_alone` the company's own takes the place of all
    others', instead of being the last of them.
    """

    merge: Merge
    named: bool = False
    own_alone: bool = False


def _by_name(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple({item.name: item for value in values for item in value or ()}.values())


def _one_after_another(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(item for value in values for item in value or ())


def _each_once(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(_one_after_another(values)))


def _last_first(values: Sequence[Any]) -> tuple[Any, ...]:
    return _one_after_another(values[::-1])


def _last(values: Sequence[Any]) -> Any:
    return next((value for value in reversed(values) if value is not None), None)


def _laid_over(values: Sequence[Any]) -> Any:
    *parts, own = values
    said = [part for part in parts if part is not None]
    return own if own is not None else reduce(_over, said) if said else None


def _over(under: Struct, over: Struct) -> Struct:
    silent = [f.name for f in fields(over) if f.default is not NODEFAULT and getattr(over, f.name) == f.default]
    return replace(over, **{name: getattr(under, name) for name in silent})


def _by_key(values: Sequence[Any]) -> dict[Any, Any]:
    return {key: item for value in values for key, item in (value or {}).items()}


NAMED = Rule(_by_name, named=True)
"""An element replaces the one of its name, a new name adds one."""
ADDED = Rule(_one_after_another, own_alone=True)
"""All of them; the company's own, if it has any or says that there are none, instead of all."""
FIRST_THAT_FITS = Rule(_last_first, named=True, own_alone=True)
"""As ADDED, of which the first that fits is taken: a pack's come before the core's, which fit everybody."""
EACH_ONCE = Rule(_each_once)
"""All of them, each once."""
REPLACED = Rule(_last)
"""The last one, whole."""
LAID_OVER = Rule(_laid_over)
"""Where a pack says nothing, what lies under it holds on; the company's own, whole."""
KEYED = Rule(_by_key)
"""By key, the last one's."""


@lru_cache(maxsize=8)
def rules_of(sections: type[Struct]) -> Mapping[str, Rule]:
    """Each section's rule. Raises TypeError for a section without one."""
    hints = get_type_hints(sections, include_extras=True)
    rules = {
        name: rule
        for name in sections.__struct_fields__
        for rule in getattr(hints[name], "__metadata__", ())
        if isinstance(rule, Rule)
    }
    if missing := set(sections.__struct_fields__) - rules.keys():
        raise TypeError(f"{sections.__name__} says of {sorted(missing)} not how they are merged")
    return rules


def merged(sections: type[Struct], parts: Sequence[Struct], own: Struct) -> dict[str, Any]:
    """Every section of `parts`, the earliest first, and of `own`; one that nobody says anything of is left out."""
    found = {name: _section(rule, name, parts, own) for name, rule in rules_of(sections).items()}
    return {name: value for name, value in found.items() if value is not None}


def _section(rule: Rule, name: str, parts: Sequence[Struct], own: Struct) -> Any:
    said = getattr(own, name, None)
    if rule.own_alone and said is not None:
        return said
    return rule.merge([*(getattr(part, name) for part in parts), said])
