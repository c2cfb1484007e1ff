"""What is counted in a period, each count defined once, in the room whose rows it counts, with its text `count.<name>`.

Every count sees the period `p`: `starts_at` and `ends_at` (half open), the same as days `first_on` and `after_on`,
`as_of` and its day `today`, and `ranks`: the policy's tiers as `scheme/tier`, the highest first, `sold` its service items that are a sale. The org-unit wall holds
inside each of them.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime

from msgspec import Struct

from guibin.periods.spans import Window
from guibin.policy.activities import InvitationRhythm
from guibin_tenants.above import FromAbove, NamedFromAbove

# What a count's statement begins with.
_SEEN = {
    "starts_at": "timestamptz",
    "ends_at": "timestamptz",
    "first_on": "date",
    "after_on": "date",
    "as_of": "timestamptz",
    "today": "date",
    "ranks": "text[]",
    "sold": "text[]",
}
PERIOD = f"with p as (select {', '.join(f'${place}::{kind} as {name}' for place, (name, kind) in enumerate(_SEEN.items(), 1))}) "
# The same for a statement whose values have names: each as `$p_<name>`.
NAMED_PERIOD = f"with p as (select {', '.join(f'$p_{name}::{kind} as {name}' for name, kind in _SEEN.items())}) "


class Count(Struct, frozen=True):
    """A statement that answers groups and how many. `split` names the parts of a group's key, which are joined by a slash.

    `rows` are what it counts, those for which it `holds`, and `of` what of them: the rows behind the number. `parts` says in SQL
    what each part of the key is.
    """

    sql: str
    split: tuple[str, ...] = ()
    rows: str = ""
    holds: str = "true"
    of: str = "*"
    parts: dict[str, str] = {}


# Counts of rooms above the one that puts all together, by name.
COUNTED_ABOVE: NamedFromAbove[Count] = NamedFromAbove()


def count(rows: str, holds: str, *, by: dict[str, str] | None = None, of: str = "*") -> Count:
    """How many of the rows, a table and what is joined to it, for which it holds; `by` says the parts of a group's key."""
    key = " || '/' || ".join((by or {"": "''"}).values())
    statement = f"select {key}, count({of}) from p cross join {rows} where {holds} group by 1"
    return Count(statement, tuple(by or ()), rows, holds, of, by or {})


def values_of(values: tuple[object, ...]) -> dict[str, object]:
    """The values of PERIOD, in its order, under the names of NAMED_PERIOD."""
    return {f"p_{name}": value for name, value in zip(_SEEN, values, strict=True)}


def within(moment: str) -> str:
    """SQL: whether the moment lies in the period."""
    return f"{moment} >= p.starts_at and {moment} < p.ends_at"


def on_a_day(day: str) -> str:
    """SQL: whether the day is one of the period's."""
    return f"{day} >= p.first_on and {day} < p.after_on"


# Of a rhythm's span that holds a day, in a zone, as known at a moment: how many were to be invited, and were (S13-7).
INVITED: FromAbove[Callable[[InvitationRhythm, date, str, datetime], Awaitable[tuple[int, int]]]] = FromAbove(
    "regular invitations"
)
# Of such spans: whom they concern with the `span` and the `state`, done, missed, due or waived, as what follows `from`, called
# `x`, and its values.
INVITED_SPANS: FromAbove[
    Callable[[Sequence[tuple[InvitationRhythm, Window]], datetime], tuple[str, dict[str, object]]]
] = FromAbove("regular invitations, row by row")
