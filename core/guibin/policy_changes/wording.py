"""What differs between two policies, in words of both languages: the old beside the new, with the clause."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from msgspec import Struct

from guibin.policy.criteria import AtLeast, AtMost, LessThan, MoreThan
from guibin.policy.deadlines import AtOnce, BusinessDays, BusinessHours, Days, Hours
from guibin.policy.differences import Difference, Leaf
from guibin.policy.packs import Policy
from guibin.policy.sentences import exact
from guibin.policy.settings import Setting
from guibin.policy.texts import Text

# What is put into a text when it is sent.
_PLACE = re.compile(r"\$\{?[a-z_]+\}?")
# So many changes are told one by one.
CHANGES_MAX = 200
_DEADLINES = (AtOnce, BusinessDays, BusinessHours, Days, Hours)
# Where what an element names is called something.
_TITLES = (
    "post",
    "tier",
    "scheme",
    "setting",
    "metric",
    "approval",
    "card",
    "form",
    "activity_kind",
    "department_task",
    "customer_kind",
    "channel",
    "topic",
    "measure",
    "complaint_level",
    "role",
)


class Change(Struct, frozen=True):
    """One thing that is otherwise: of which `section` and `element`, `what` of it, what it was and what it is."""

    path: str
    section: Text
    element: Text
    what: Text
    old: Text
    new: Text
    clause: str = ""


def told(found: list[Difference], before: Policy, after: Policy) -> list[Change]:
    """All of them, each figure by itself."""
    return [change for one in found for change in _of(one, before, after)][:CHANGES_MAX]


def _of(one: Difference, before: Policy, after: Policy) -> Iterator[Change]:
    known = (after, before)
    title = _element(one, known)
    clause = getattr(one.new, "clause", "") or getattr(one.old, "clause", "")
    section = _word("section", one.section)
    if one.kind != "changed":
        said, nothing = _word("said", one.kind), _word("said", "none")
        old, new = (nothing, said) if one.kind == "added" else (said_before(), said)
        yield Change(one.path, section, title, _word("said", "content"), old, new, clause)
        return
    seen: set[tuple[Text, Text, Text]] = set()
    for leaf in one.leaves:
        within = next((part for part in reversed(leaf.path) if not isinstance(part, str)), None)
        what, old, new = _what(leaf, known), _value(leaf.old, one, leaf, known), _value(leaf.new, one, leaf, known)
        if old == new:
            old, new = said_before(), _word("said", "revised")
        if (what, old, new) not in seen:
            seen.add((what, old, new))
            yield Change(one.path, section, title, what, old, new, getattr(within, "clause", "") or clause)


def said_before() -> Text:
    """What stands for what it was, where that is too long to be told."""
    return _word("said", "before_that")


def section_title(section: str) -> Text:
    """What a section of a policy is called."""
    return _word("section", section)


def element_title(element: Any, names: Sequence[str], section: str, policy: Policy) -> Text:
    """What an element is called that has these names, its section's title where it is called nothing."""
    return _titled(element, names, section, (policy, policy))


def field_title(name: str) -> Text:
    """What a field of the policy is called."""
    return _words().get(f"field.{name}") or _word("said", "content")


def field_hint(name: str) -> Text | None:
    """What a field of the policy is for, in a sentence; None for what has none."""
    return _words().get(f"hint.{name}")


def choice_title(value: str) -> Text:
    """What one of the few values of a field is called."""
    return _words().get(f"choice.{value}") or Text(value, value)


def name_title(kind: str, name: str, policy: Policy) -> Text | None:
    """What something of this kind and name is called; None where it is called nothing."""
    keys = (f"{kind}.{name}", f"service_item.{name}.title", *(f"{each}.{name}" for each in _TITLES))
    return _text(keys, (policy, policy))


def without_places(text: str) -> str:
    """A text without the names of what is put into it: what stands there is known only when it is sent."""
    return _PLACE.sub("…", text)


def deadline_title(limit: Any) -> Text:
    """How long a limit is."""
    return _deadline(limit)


def word(kind: str, name: str, **values: object) -> Text:
    """One of the words that changes and the whole policy are told in."""
    found = _word(kind, name)
    return Text(Template(found.zh).substitute(values), Template(found.en).substitute(values))


def _element(one: Difference, known: tuple[Policy, Policy]) -> Text:
    return _titled(one.element, one.called, one.section, known)


def _titled(element: Any, names: Sequence[str], section: str, known: tuple[Policy, Policy]) -> Text:
    titled = getattr(element, "titled", "")
    for name in names:
        keys = (
            f"{titled}.{name}",
            f"{titled}.{name}.title",
            f"service_item.{name}.title",
            *(f"{t}.{name}" for t in _TITLES),
        )
        if found := _text(keys, known):
            return found
    return _word("section", section)


def _what(leaf: Leaf, known: tuple[Policy, Policy]) -> Text:
    """The fields and elements on the way there, those that are called something."""
    parts: list[Text] = []
    for part in leaf.path:
        if isinstance(part, str):
            found = _words().get(f"field.{part}")
        else:
            titled, name = getattr(part, "titled", ""), getattr(part, "name", "")
            found = _text((f"{titled}.{name}", *(f"{each}.{name}" for each in _TITLES)), known)
        if found and found not in parts:
            parts.append(found)
    if not parts:
        return _word("said", "content")
    return Text("·".join(part.zh for part in parts), " · ".join(part.en for part in parts))


def _value(value: Any, one: Difference, leaf: Leaf, known: tuple[Policy, Policy]) -> Text:
    if value is None or value in ((), ""):
        return _word("said", "none")
    if isinstance(value, bool):
        return _word("said", "yes" if value else "no")
    if isinstance(value, int):
        return _figure(value, one.element if leaf.path == ("value",) else None, known)
    if isinstance(value, _DEADLINES):
        return _deadline(value)
    if isinstance(value, Text):
        return value
    if isinstance(value, str):
        return _named(value, known)
    if isinstance(value, AtLeast | AtMost | LessThan | MoreThan) and isinstance(value.bound, int):
        return _figure(value.bound, None, known)
    if isinstance(value, tuple) and all(isinstance(each, str) for each in value):
        names, comma = [_named(each, known) for each in value], _word("said", "comma")
        return Text(comma.zh.join(name.zh for name in names), comma.en.join(name.en for name in names))
    return _word("said", "revised")


def _figure(value: int, setting: Any, known: tuple[Policy, Policy]) -> Text:
    if not isinstance(setting, Setting):
        return Text(f"{value:,}", f"{value:,}")
    zh, en = (
        exact(value, setting.unit, known[0].title(f"unit.{setting.unit}", each), each) for each in ("zh-CN", "en")
    )
    return Text(zh, en)


def _deadline(value: Any) -> Text:
    name = type(value).__struct_config__.tag
    count = getattr(value, "count", getattr(value, "minutes", 0))
    word = _word("said", str(name))
    return Text(Template(word.zh).substitute(count=count), Template(word.en).substitute(count=count))


def _named(name: str, known: tuple[Policy, Policy]) -> Text:
    keys = (name, f"service_item.{name}.title", *(f"{each}.{name}" for each in _TITLES))
    if found := _text(keys, known):
        return found
    # What people wrote is told as they wrote it, a code is not.
    return _word("said", "revised") if name.isascii() and " " not in name else Text(name, name)


def _text(keys: tuple[str, ...], known: tuple[Policy, Policy]) -> Text | None:
    return next((policy.texts[key] for key in keys for policy in known if key in policy.texts), None)


def _word(kind: str, name: str) -> Text:
    return _words().get(f"{kind}.{name}") or _words()["said.content"]


@cache
def _words() -> dict[str, Text]:
    told = tomllib.loads(files("guibin.policy_changes").joinpath("words.toml").read_text(encoding="utf-8"))
    return {f"{kind}.{name}": Text(*both) for kind, names in told.items() for name, both in names.items()}
