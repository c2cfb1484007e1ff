"""What is counted in a period, each count defined once, in the room whose rows it counts, with its text `count.<name>`.

Every count sees the period `p`: `starts_at` and `ends_at` (half open), the same as days `first_on` and `after_on`,
`as_of` and its day `today`, and `ranks`: the policy's tiers as `scheme/tier`, the highest first, `sold` its service items that are a sale. The org-unit wall holds
inside each of them.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime

from msgspec import Struct

from guibin.policy.activities import InvitationRhythm
from guibin_tenants.above import FromAbove, NamedFromAbove

# What a count's statement begins with.
PERIOD = (
    "with p as (select $1::timestamptz as starts_at, $2::timestamptz as ends_at, $3::date as first_on,"
    " $4::date as after_on, $5::timestamptz as as_of, $6::date as today, $7::text[] as ranks, $8::text[] as sold) "
)


class Count(Struct, frozen=True):
    """A statement that answers groups and how many. `split` names the parts of a group's key, which are joined by a slash."""

    sql: str
    split: tuple[str, ...] = ()


# Counts of rooms above the one that puts all together, by name.
COUNTED_ABOVE: NamedFromAbove[Count] = NamedFromAbove()


def count(rows: str, holds: str, *, by: dict[str, str] | None = None, of: str = "*") -> Count:
    """How many of the rows, a table and what is joined to it, for which it holds; `by` says the parts of a group's key."""
    key = " || '/' || ".join((by or {"": "''"}).values())
    return Count(f"select {key}, count({of}) from p cross join {rows} where {holds} group by 1", tuple(by or ()))


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
