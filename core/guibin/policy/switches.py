"""What a company does without: whole sections of its policy, or elements of one, with whatever hangs on them."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from .problems import PolicyProblem

# Without them there is nothing to go by, or they only describe the policy.
NEEDED = frozenset(
    {
        "complaints",
        "customer_kinds",
        "workstreams",
        "texts",
        "schemes",
        "packs",
        "version",
        "enabled_schemes",
        "switched_off",
    }
)
# What an item is called in sections whose elements have no name.
_CALLED_BY = {"service_rhythms": "item", "entitlements": "item", "cadences": "scheme", "head_starts": "scheme"}


def without(sections: dict[str, Any], switched_off: Sequence[str]) -> dict[str, Any]:
    """The sections without these: `care`, or `service_items.gift`."""
    for one in switched_off:
        section, _, name = one.partition(".")
        if (section in NEEDED and not name) or section not in sections:
            continue
        value = sections[section]
        if not name:
            sections = {**sections, section: ()} if isinstance(value, tuple) else _left_out(sections, section)
        elif isinstance(value, tuple):
            sections = {**sections, section: tuple(item for item in value if called(section, item) != name)}
            if section == "service_items":
                sections = _without_item(sections, name)
    return sections


def called(section: str, element: Any) -> str:
    """What an element of a section is called."""
    if isinstance(element, str):
        return element
    return str(getattr(element, _CALLED_BY.get(section, "name")))


def unknown(policy: Any, switched_off: Sequence[str]) -> Iterator[PolicyProblem]:
    """What is switched off and was never in the policy, or cannot be missed."""
    for one in switched_off:
        section, _, name = one.partition(".")
        if section in NEEDED and not name:
            yield PolicyProblem("switched_off", one, "a part that a company can do without")
        elif section not in policy.__struct_fields__:
            yield PolicyProblem("switched_off", one, "a section of the policy")
        elif name and name not in {called(section, item) for item in _elements(getattr(policy, section))}:
            yield PolicyProblem("switched_off", one, f"an element of: {section}")


def _elements(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else ()


def _left_out(sections: dict[str, Any], section: str) -> dict[str, Any]:
    return {name: value for name, value in sections.items() if name != section}


def _without_item(sections: dict[str, Any], item: str) -> dict[str, Any]:
    """Rights to it, head starts that use it, what an assessment brings of it; events use nothing instead."""
    schemes = tuple(
        replace(scheme, consequences=tuple(one for one in scheme.consequences if one.item != item))
        for scheme in sections["schemes"]
    )
    kinds = tuple(replace(kind, item="") if kind.item == item else kind for kind in sections["activities"])
    parts = ("entitlements", "head_starts", "service_rhythms")
    less = {name: tuple(one for one in sections[name] if one.item != item) for name in parts}
    return sections | less | {"schemes": schemes, "activities": kinds}
