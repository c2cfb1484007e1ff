"""Where a value stands in a policy, such as `complaints.levels.standard.resolve_within.count`, and another one in its place."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from guibin.policy.merging import EACH_ONCE, rules_of
from guibin.policy.packs import Overrides, Policy, Sections
from guibin.policy.switches import called
from guibin.web import conversion
from guibin_tenants.refusals import FieldError

# What may stand in one place.
Scalar = str | int | bool | None
_NOTHING = object()


class Element(Struct, frozen=True):
    """A part of a section that is written whole: a setting by its `name`, a right by its `place`, the only one of `care`."""

    section: str
    name: str
    place: int
    value: Any

    @property
    def path(self) -> str:
        """Where it stands: `settings.silver_from`, `entitlements.3`, `care`."""
        return f"{self.section}.{self.name}" if self.name else self.section


def elements(policy: Policy, section: str) -> list[Element]:
    """Every element of a section, in its order; those without a name of their own are called by their place."""
    value = getattr(policy, section)
    if isinstance(value, Mapping):
        return [Element(section, str(key), place, one) for place, (key, one) in enumerate(value.items())]
    if not isinstance(value, tuple):
        return [] if value is None else [Element(section, "", 0, value)]
    named = rules_of(Sections)[section].named if section in Sections.__struct_fields__ else False
    return [
        Element(section, called(section, one) if named else str(place), place, one)
        for place, one in enumerate(value)
        if isinstance(one, Struct)
    ]


def sections() -> list[str]:
    """What a company may write itself and a policy holds as elements."""
    return [name for name in Overrides.__struct_fields__ if name in Sections.__struct_fields__ and name != "topics"]


def said(policy: Policy, path: str) -> Any:
    """What stands there; nothing to compare with where there is no such place."""
    found = _split(policy, path)
    if found is None:
        return _NOTHING
    element, rest = found
    holder, last = _holder(plain_of(element.value), rest)
    return _NOTHING if holder is None else holder[last]


def written(
    policy: Policy, figures: Mapping[str, Scalar], *, strict: bool = True
) -> tuple[Overrides, tuple[FieldError, ...]]:
    """The elements in which these stand, with what is given in their place, and what is wrong with it by its place.

    What is not `strict` reads texts as figures, as they come in a form.
    """
    changed: dict[str, tuple[Element, Any]] = {}
    wrong: list[FieldError] = []
    for path, value in figures.items():
        found = _split(policy, path)
        element, rest = found or (None, "")
        plain = changed[element.path][1] if element and element.path in changed else None
        if element is not None and plain is None:
            plain = plain_of(element.value)
        holder, last = _holder(plain, rest)
        if element is None or holder is None or isinstance(holder[last], dict | list):
            wrong.append(FieldError(path, "one figure of the policy", "as the policy in force has it"))
            continue
        holder[last] = value
        changed[element.path] = (element, plain)
    made: list[tuple[Element, Any]] = []
    for element, plain in changed.values():
        made.append(convert(element, plain, wrong, strict=strict))
    return laid(policy, made), tuple(wrong)


def convert(element: Element, plain: Any, wrong: list[FieldError], *, strict: bool) -> tuple[Element, Any]:
    """The element with what `plain` says; as it was where that is wrong."""
    kind = type(element.value)
    found = conversion.faults(plain, kind, strict=strict)
    if found:
        wrong.extend(
            msgspec.structs.replace(one, field=".".join(filter(None, (element.path, _dotted(one.field)))))
            for one in found
        )
        return element, element.value
    return element, msgspec.convert(plain, kind, strict=strict)


def laid(policy: Policy, made: list[tuple[Element, Any]]) -> Overrides:
    """These elements as what a company says itself: of a section whose elements have no names, the whole of it."""
    parts: dict[str, Any] = {}
    for element, value in made:
        section, held = element.section, getattr(policy, element.section)
        if isinstance(held, Mapping):
            parts[section] = {**parts.get(section, {}), element.name: value}
        elif not isinstance(held, tuple):
            parts[section] = value
        elif one_by_one(section):
            parts[section] = (*parts.get(section, ()), value)
        else:
            whole = list(parts.get(section, held))
            whole[element.place] = value
            parts[section] = tuple(whole)
    return Overrides(**parts)


def plain_of(value: Any) -> Any:
    """The value as lists, objects and plain values, each its own to be changed."""
    return msgspec.json.decode(msgspec.json.encode(value))


def one_by_one(section: str) -> bool:
    """Whether a company writes its elements one by one, by their names."""
    rule = rules_of(Sections).get(section)
    return rule is not None and ((rule.named and not rule.own_alone) or rule is EACH_ONCE)


def _split(policy: Policy, path: str) -> tuple[Element, str] | None:
    """The element that a path leads into, the one with the longest name that fits, and the way within it."""
    section, _, rest = path.partition(".")
    if section not in Overrides.__struct_fields__ or section not in Sections.__struct_fields__:
        return None
    fits = [
        each
        for each in elements(policy, section)
        if not each.name or rest == each.name or rest.startswith(f"{each.name}.")
    ]
    if not fits:
        return None
    element = max(fits, key=lambda each: len(each.name))
    return element, rest.removeprefix(element.name).removeprefix(".")


def _holder(value: Any, path: str) -> tuple[Any, Any]:
    """What the last step of a path is taken in, and that step; None where it leads nowhere."""
    holder, key = None, None
    while path:
        step, rest = _step(value, path)
        if step is None:
            return None, None
        holder, key, value, path = value, step, value[step], rest
    return holder, key


def _step(value: Any, path: str) -> tuple[Any, str]:
    if isinstance(value, dict):
        names = {key: key for key in value}
    elif isinstance(value, list):
        numbered = {str(place): place for place in range(len(value))}
        names = numbered | {each["name"]: place for place, each in enumerate(value) if _is_named(each)}
    else:
        return None, ""
    fits = [name for name in names if path == name or path.startswith(f"{name}.")]
    if not fits:
        return None, ""
    longest = max(fits, key=len)
    return names[longest], path.removeprefix(longest).removeprefix(".")


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and bool(value.get("name"))


def _dotted(field: str) -> str:
    return field.replace("[", ".").replace("]", "")
