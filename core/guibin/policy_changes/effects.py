"""What a change of the policy would have meant for what happened lately, before it is scheduled. Changes nothing."""

from collections.abc import Awaitable, Callable
from datetime import date

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.policy.packs import Policy
from guibin_tenants.above import FromAbove

from . import versions
from .requests import PolicyAmendment


class LevelReplayed(Struct, frozen=True, kw_only=True):
    """Complaints of a level: how many its keywords give it before and after the change, how many of them were late by the limits
    before it, and would have been by those after it."""

    level: str
    before: int
    after: int
    late_before: int
    late_after: int


class Replayed(Struct, frozen=True, kw_only=True):
    """The complaints received from `since` until before `until`, judged anew: `complaints` of them, level by level, with what
    customers hold today. `more` is how many earlier ones were left out; `moved` get another level."""

    since: date
    until: date
    complaints: int
    more: int
    moved: int
    late_before: int
    late_after: int
    levels: tuple[LevelReplayed, ...]


Replay = Callable[[Policy, Policy, Act], Awaitable[Replayed]]
COMPLAINTS: FromAbove[Replay] = FromAbove("how complaints are judged anew")


async def simulate(new: PolicyAmendment, act: Act) -> Replayed:
    """Last quarter's complaints as the amendment would have had them. Raises as `versions.amend`."""
    planned = await versions.plan(new, act)
    replayed = await COMPLAINTS()(planned.before, planned.after, act)
    await noted("policy.simulate", act, subject="policy", shown=replayed.complaints, fields=("level", "text"))
    return replayed
