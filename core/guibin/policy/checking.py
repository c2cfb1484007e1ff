"""How a policy is checked: each struct says what it wants of the rest, beside its fields, and one walk asks them all.

A struct's `check(known, path)` yields what is wrong with it. Its title is the text `<titled>.<name>`; `named_texts()` yields
whatever other texts it needs.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from msgspec import Struct

from .deadlines import AtOnce, Deadline
from .problems import PolicyProblem
from .texts import Text

Problems = Iterator[PolicyProblem]
CALENDARS = frozenset({"always", "business"})


class Known(Struct, frozen=True, kw_only=True):
    """What there is in a policy for its parts to name.

    `flows` are the approval flows with their subjects, `quotas` the entitlements by scheme, item and tier, `findable` the
    confidential fields that can be searched for, `events` the kinds of activities, `claims` the metrics that each form's fields claim, `stepped` the service items with steps.
    """

    roles: frozenset[str]
    kinds: tuple[str, ...]
    schemes: frozenset[str]
    tiers: frozenset[tuple[str, str]]
    items: frozenset[str]
    stepped: frozenset[str]
    quotas: Mapping[tuple[str, str, str], int | None]
    flows: Mapping[str, str]
    forms: frozenset[str]
    claims: Mapping[str, tuple[str, ...]]
    events: frozenset[str]
    figures: Mapping[str, int]
    words: Mapping[str, tuple[str, ...]]
    findable: frozenset[str]
    texts: Mapping[str, Text]


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Struct]]:
    """Every struct within a policy and where it stands: `schemes.gold.tiers.high`."""
    if isinstance(value, tuple):
        for item in value:
            label = getattr(item, "name", "")
            yield from walk(item, f"{path}.{label}" if label else path)
    elif isinstance(value, Struct):
        yield path, value
        for field in value.__struct_fields__:
            yield from walk(getattr(value, field), f"{path}.{field}" if path else field)


def problems_in(value: Struct, known: Known) -> Problems:
    """Everything its structs find wrong."""
    for path, part in walk(value):
        if check := getattr(part, "check", None):
            yield from check(known, path)


def texts_in(value: Struct) -> Iterator[str]:
    """Every text its structs need."""
    for _, part in walk(value):
        if titled := getattr(part, "titled", ""):
            yield f"{titled}.{getattr(part, 'name', '')}"
        if named := getattr(part, "named_texts", None):
            yield from named()


def there_is(path: str, name: str, among: Collection[str], what: str) -> Problems:
    """That `name`, if one is given, is among them."""
    if name and name not in among:
        yield PolicyProblem(path, name, what, f"one of {sorted(among)}")


def a_role(path: str, name: str, known: Known) -> Problems:
    """That it is a role or a post."""
    if name not in known.roles:
        yield PolicyProblem(path, name, "a role or post", f"one of {sorted(known.roles)}")


def within(path: str, figure: int, bounds: tuple[int, int], what: str = "") -> Problems:
    """That the figure is from the first of `bounds` to the second."""
    least, most = bounds
    if not least <= figure <= most:
        yield PolicyProblem(path, str(figure), f"{least} to {most}{what}")


def before_the_breach(path: str, percent: int) -> Problems:
    """That a warning after so much of the time comes before its end."""
    if not 0 < percent < 100:
        yield PolicyProblem(path, str(percent), "1 to 99: a warning comes before the breach")


def each_once(path: str, names: Collection[str], rule: str = "each name once") -> Problems:
    """That no name stands twice."""
    if len(set(names)) < len(names):
        yield PolicyProblem(path, ", ".join(names), rule)


def a_tier(path: str, tier: tuple[str, str], known: Known, what: str = "a tier of a scheme") -> Problems:
    """That there is the tier, told by its scheme and name."""
    if tier not in known.tiers:
        yield PolicyProblem(path, "/".join(tier), what)


def at_least(path: str, limit: Deadline, least: int) -> Problems:
    """That it leaves so much time, or is due at once."""
    if not isinstance(limit, AtOnce) and limit.count < least:
        yield PolicyProblem(path, str(limit.count), f"at least {least}")
