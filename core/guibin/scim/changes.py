"""A resource after changes (RFC 7644, 3.5.2): pure, on the resource as it is spelled outside."""

import re
from typing import Any

from .refusals import WrongPath
from .requests import MEMBERS_MAX, Operation

_PATH = re.compile(r"(?:urn:[\w:.]+:)?([\w$]+)(?:\[([^\[\]]*)\])?(?:\.([\w$]+))?", re.IGNORECASE)
_ONE_OF = re.compile(r'\s*value\s+eq\s+"([^"]*)"\s*', re.IGNORECASE)
_KEPT = {name.lower(): name for name in ("userName", "externalId", "displayName", "name", "active", "members")}
_PARTS = {name.lower(): name for name in ("formatted", "familyName", "givenName")}
_VERBS = ("add", "replace", "remove")


def changed(resource: dict[str, Any], operations: tuple[Operation, ...]) -> dict[str, Any]:
    """The resource with all of it done; attributes that are not kept here are passed over. Raises WrongPath."""
    found = dict(resource)
    for one in operations:
        verb = one.op.lower()
        if verb not in _VERBS:
            raise WrongPath(f"There is no operation {one.op}")
        if one.path:
            _change(found, verb, one.path, one.value)
        elif verb != "remove" and isinstance(one.value, dict):
            for path, value in one.value.items():
                _change(found, verb, path, value)
        else:
            raise WrongPath("What is removed is named by a path, all else by a path or as a whole")
    return found


def _change(found: dict[str, Any], verb: str, path: str, value: Any) -> None:
    read = _PATH.fullmatch(path.strip())
    if read is None:
        raise WrongPath(f"The path {path[:60]} is not understood")
    name, part = _KEPT.get(read[1].lower()), read[3]
    if name is None:
        return
    if name == "members":
        found[name] = _members(found.get(name, []), verb, value, _one_of(read[2]))
    elif name == "name" and part:
        kept = dict(found.get(name) or {})
        found[name] = kept | {_PARTS.get(part.lower(), part): None if verb == "remove" else value}
    elif verb == "remove":
        found.pop(name, None)
    else:
        found[name] = _flag(value) if name == "active" else value


def _one_of(brackets: str | None) -> str | None:
    """Which member is meant, None for all. Raises WrongPath."""
    if brackets is None:
        return None
    read = _ONE_OF.fullmatch(brackets)
    if read is None:
        raise WrongPath("Members are named by their ids")
    return read[1]


def _flag(value: Any) -> Any:
    """Some directories say yes and no as texts."""
    said = str(value).lower()
    return said == "true" if said in ("true", "false") else value


def _members(present: list[Any], verb: str, value: Any, one_of: str | None) -> list[Any]:
    given = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
    ids = {one_of} if one_of is not None else {str(each.get("value")) for each in given if isinstance(each, dict)}
    if verb == "remove":
        return [each for each in present if each["value"] not in ids] if ids else []
    if one_of is not None or len(given) > MEMBERS_MAX or not all(isinstance(each, dict) for each in given):
        raise WrongPath("Members are told as a list of their ids")
    kept = [] if verb == "replace" else [each for each in present if each["value"] not in ids]
    return [*kept, *given]
