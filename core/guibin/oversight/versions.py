"""What a version of the company's policy changed from the one before it, part by part."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.policies.queries import PolicyVersionView
from guibin.policy.packs import Overrides
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import many
from guibin_tenants.scope import fetch

_NAMED = ("name", "scheme", "item", "tier", "kind")


class Changed(Struct, frozen=True):
    """One element of a part: `name` as the policy calls it, under which clause, and its figures that differ, before and after;
    `how` it changed."""

    name: str
    how: str
    clause: str
    figures: tuple[tuple[str, str, str], ...]


class ChangedPart(Struct, frozen=True):
    """A part of the policy with what of it differs."""

    part: str
    elements: tuple[Changed, ...]


class VersionChange(Struct, frozen=True):
    """A version and what it changed; `before` is the version that was in force until then, 0 for the packs' own words."""

    version: PolicyVersionView
    before: int
    parts: tuple[ChangedPart, ...]


async def change(version: int, act: Act) -> VersionChange:
    """Raises NotFound. That it was read is on record."""
    views = await many(PolicyVersionView, "from policy_version where version = $1", version)
    if not views:
        raise NotFound(f"There is no version {version} of the policy")
    rows = await fetch(
        "select version, overrides from policy_version where version = $1 or version = (select max(version)"
        " from policy_version where version < $1) order by version desc",
        version,
    )
    after, before = rows[0]["overrides"], rows[1]["overrides"] if len(rows) > 1 else "{}"
    await noted("audit.policy", act, subject="audit", shown=0)
    return VersionChange(views[0], rows[1]["version"] if len(rows) > 1 else 0, tuple(_parts(before, after)))


def _parts(before: str, after: str) -> Iterator[ChangedPart]:
    was, now = (msgspec.json.decode(each, type=dict[str, Any]) for each in (before, after))
    for part in Overrides.__struct_fields__:
        if was.get(part) == now.get(part):
            continue
        found = tuple(_elements(was.get(part), now.get(part)))
        if found:
            yield ChangedPart(part, found)


def _elements(was: Any, now: Any) -> Iterator[Changed]:
    first, second = _by_name(was), _by_name(now)
    for name in dict.fromkeys((*first, *second)):
        one, other = first.get(name), second.get(name)
        if one == other:
            continue
        how = "added" if name not in first else "removed" if name not in second else "changed"
        held = other if isinstance(other, dict) else one if isinstance(one, dict) else {}
        yield Changed(name, how, str(held.get("clause", "")), tuple(_figures(one, other)))


def _by_name(value: Any) -> dict[str, Any]:
    """The elements of a part by their names; of one that is no list, the part itself under no name."""
    match value:
        case None:
            return {}
        case list():
            return {_called(each, place): each for place, each in enumerate(value)}
        case dict() if value and all(isinstance(each, dict) for each in value.values()):
            return dict(value)
        case _:
            return {"": value}


def _called(each: Any, place: int) -> str:
    if not isinstance(each, Mapping):
        return str(each)
    return "/".join(str(each[key]) for key in _NAMED if each.get(key)) or str(place)


def _figures(one: Any, other: Any) -> Iterator[tuple[str, str, str]]:
    """Plain values that differ, by the last of the names that lead to them."""
    was, now = dict(_leaves(one)), dict(_leaves(other))
    for path in dict.fromkeys((*was, *now)):
        if was.get(path) != now.get(path):
            yield path, was.get(path, ""), now.get(path, "")


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _leaves(each, f"{path}.{_called(each, place) if isinstance(each, Mapping) else place}")
    elif value is not None and path.rpartition(".")[2] != "clause":
        yield path, str(value)
