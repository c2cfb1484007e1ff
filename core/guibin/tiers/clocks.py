"""A customer's tier moves: the clocks that run about them go on under the limits of what they hold now (S07-5)."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.context import Act
from guibin.policy.terms import Terms
from guibin.sla import actions as sla
from guibin.sla.plans import ClockRecord
from guibin_tenants.scope import fetch

from .queries import tiers_of

# Gives a case the limits of these tiers, where any of its limits depends on them, and writes down that it did.
Follow = Callable[[UUID, Collection[str], Act], Awaitable[None]]


class _Followed(Struct, frozen=True):
    """`cases` selects the ids of the cases about the customer $1 whose clocks do not name the customer."""

    follow: Follow
    cases: str


_FOLLOWED: dict[str, _Followed] = {}
_RUNNING = "select t.subject, t.subject_id from timer t where t.completed_at is null and t.cancelled_at is null"
# Each half by an index of its own.
_ABOUT = f"{_RUNNING} and t.customer_id = $1 union {_RUNNING} and t.subject_id = any (array({{}})) order by 1, 2"


def follows_tiers(subject: str, *, cases: str = "select null::uuid") -> Callable[[Follow], Follow]:
    """Call the function for each case of the subject that runs about a customer whose tier moved. Registered at import."""

    def register(function: Follow) -> Follow:
        _FOLLOWED[subject] = _Followed(function, cases)
        return function

    return register


async def retier(customer_id: UUID, act: Act) -> None:
    """Give whatever runs about the customer the limits of today's tiers."""
    tiers = await tiers_of(customer_id, on=act.today)
    cases = " union all ".join(followed.cases for followed in _FOLLOWED.values())
    for row in await fetch(_ABOUT.format(cases), customer_id):
        if row["subject"] in _FOLLOWED:
            await _FOLLOWED[row["subject"]].follow(row["subject_id"], tiers, act)


async def relimit(case_id: UUID, limits: Mapping[str, Terms], act: Act) -> bool:
    """Give the case's running clocks of these milestones these limits, from the same start with the same pauses; whether any
    got another."""
    running = await fetch(
        "select milestone, clock from timer where subject_id = $1 and milestone = any ($2) and completed_at is null"
        " and cancelled_at is null order by milestone",
        case_id,
        list(limits),
    )
    moved = [
        row["milestone"]
        for row in running
        if msgspec.json.decode(row["clock"], type=ClockRecord).terms.limit != limits[row["milestone"]].limit
    ]
    for milestone in moved:
        await sla.relimit(case_id, milestone, act, terms=limits[milestone], reason="tier")
    return bool(moved)
