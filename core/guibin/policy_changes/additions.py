"""A new element of the policy: named, titled, and else like another of its section."""

from collections.abc import Mapping
from typing import Any

import msgspec

from guibin.policy.checking import texts_in
from guibin.policy.packs import Overrides, Policy
from guibin.policy.texts import Text
from guibin_tenants.refusals import Invalid

from . import places
from .places import Element


def addable(policy: Policy, section: str) -> bool:
    """Whether a company may add to the section: it is a list of elements, of which there is one to go by."""
    return section != "texts" and isinstance(getattr(policy, section), tuple) and bool(places.elements(policy, section))


def like(model: Element, name: str, title: Text, policy: Policy) -> tuple[Overrides, str]:
    """What a company writes to have another such element, and where it stands then. Raises Invalid for a name that is taken."""
    section, held = model.section, getattr(policy, model.section)
    if not hasattr(model.value, "name"):
        parts: dict[str, Any] = {section: (*held, model.value)}
        return Overrides(**parts), str(len(held))
    if name in {one.name for one in held}:
        raise Invalid.at("name", "a name that no other element has", value=name)
    made = msgspec.structs.replace(model.value, name=name)
    whole: Any = (made,) if places.one_by_one(section) else (*held, made)
    copied = {
        key: policy.texts[former]
        for key in texts_in(made)
        if key not in policy.texts and (former := _renamed(key, name, model.name)) in policy.texts
    }
    texts = texts_for(made, {name: title}, policy) | copied | dict.fromkeys(title_keys(made, name), title)
    return Overrides(**{section: whole, "texts": texts}), name


def texts_for(value: Any, titles: Mapping[str, Text], policy: Policy) -> dict[str, Text]:
    """The texts that an element needs and the policy has not: by the names that are in their keys."""
    return {
        key: text
        for key in texts_in(value)
        if key not in policy.texts
        for name, text in titles.items()
        if name in key.split(".")
    }


def title_keys(value: Any, name: str) -> list[str]:
    """Under which key an element needs what it is called, if under any: the first of those that end in its name."""
    return [key for key in texts_in(value) if key.endswith((f".{name}", f".{name}.title"))][:1]


def _renamed(key: str, name: str, former: str) -> str:
    return ".".join(former if step == name else step for step in key.split("."))
