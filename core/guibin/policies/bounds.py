"""How large a company's policy may be and how often it may be written: everybody's requests go by it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from guibin_tenants.refusals import Conflict, FieldError
from guibin_tenants.scope import fetch_one

# Six times the largest pack, which is a whole regulation.
OVERRIDES_BYTES_MAX = 256 * 1024
# A criterion within criteria within a tier within a scheme, and room for three times as much.
NESTING_MAX = 32
VERSIONS_A_DAY_MAX = 200
VERSIONS_MAX = 5_000
A_DAY = timedelta(days=1)


class TooManyVersions(Conflict):
    """The policy was written too often."""

    kind = "too-many-policy-versions"


def too_large(part: Struct, *, field: str = "overrides", bytes_max: int = OVERRIDES_BYTES_MAX) -> list[FieldError]:
    """What is too much about a part of a policy that somebody wrote."""
    text = msgspec.json.encode(part)
    if len(text) > bytes_max:
        rule = f"at most {bytes_max} bytes of JSON"
        return [FieldError(field, rule, "leave out what the packs say already", str(len(text)))]
    depth = nesting(msgspec.json.decode(text))
    if depth > NESTING_MAX:
        rule = f"nested at most {NESTING_MAX} deep"
        return [FieldError(field, rule, "write the criterion with fewer levels", str(depth))]
    return []


async def refuse_too_many(now: datetime) -> None:
    """Raises TooManyVersions."""
    row = await fetch_one(
        "select count(*) as versions, count(*) filter (where written_at > $1) as lately from policy_version",
        now - A_DAY,
    )
    if row is not None and row["lately"] >= VERSIONS_A_DAY_MAX:
        raise TooManyVersions(f"At most {VERSIONS_A_DAY_MAX} versions in 24 hours: gather what you change")
    if row is not None and row["versions"] >= VERSIONS_MAX:
        raise TooManyVersions(f"At most {VERSIONS_MAX} versions: ask the operator to archive the oldest")


def nesting(value: Any) -> int:
    """How deep lists and objects stand in each other; a plain value is 0."""
    deepest, waiting = 0, [(value, 0)]
    while waiting:
        found, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting.extend((inner, depth + 1) for inner in _inside(found))
    return deepest


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
