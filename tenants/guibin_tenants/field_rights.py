"""What a company lets each role see of what it keeps about people: a right for a part, and of several roles the most generous.

A part is what the rooms above call it: a field, a class of fields, whatever belongs together. Here it is a name and no more.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

Right = Literal["hidden", "masked", "clear"]
# From the least to the most generous.
RIGHTS: tuple[Right, ...] = get_args(Right)
# The setting of a company: by role, what it says of which part. Of whatever it does not name a role sees all.
SETTING = "field_rights"
PartRights = dict[str, Right]
FieldRights = dict[str, PartRights]
# What begins so is a class of parts, which holds for those that are not named.
CLASS = "class."
# Whoever has no role that reads files is not asked: what they may not read they do not see.
READING = "customers:read"


class Part(Struct, frozen=True):
    """Beside a view's field in `Annotated`: which part it shows, the most particular name first. Whoever does not see that in clear
    gets nothing there."""

    names: tuple[str, ...]


def of_roles(rights: Mapping[str, PartRights], reading: Iterable[str]) -> tuple[PartRights, ...]:
    """What these roles, all of which read files, say; nothing where one of them sees all."""
    said = tuple(rights.get(role, {}) for role in dict.fromkeys(reading))
    return said if all(said) else ()


def decoded(setting: str | None) -> FieldRights:
    """The setting as it is kept."""
    return msgspec.json.decode(setting, type=FieldRights) if setting else {}


def right_to(sees: tuple[PartRights, ...], *parts: str) -> Right:
    """The right of whoever `sees` so much to what these name, the most particular first; clear where no role says anything."""
    if not sees:
        return "clear"
    said: list[Right] = [next((one[part] for part in parts if part in one), "clear") for one in sees]
    return max(said, key=RIGHTS.index)


def exceeds(sees: tuple[PartRights, ...], own: tuple[PartRights, ...]) -> bool:
    """Whether whoever `sees` so much sees more of anything than whoever sees their `own`."""
    named = {part for one in (*sees, *own) for part in one}
    classes = {"", *(part for part in named if part.startswith(CLASS))}
    return any(
        RIGHTS.index(right_to(sees, part, among)) > RIGHTS.index(right_to(own, part, among))
        for part in ("", *named)
        for among in classes
    )


@cache
def parts_of(kind: type[Struct]) -> dict[str, tuple[Part, Any]]:
    """The fields of a view that show a part, with what stands there for whoever does not see it."""
    found: dict[str, tuple[Part, Any]] = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        if get_origin(hint) is not Annotated:
            continue
        part = next((note for note in hint.__metadata__ if isinstance(note, Part)), None)
        if part is not None:
            kind = get_args(hint)[0]
            found[name] = (part, None if type(None) in get_args(kind) else {})
    return found
