"""What a change of the policy would have meant for what happened lately, before it is scheduled. Changes nothing."""

from collections.abc import Awaitable, Callable
from datetime import date
from uuid import UUID

from msgspec import Struct, structs

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.policy.packs import Policy
from guibin_tenants.above import FromAbove

from . import drafts, versions
from .requests import PolicyAmendment


class LevelReplayed(Struct, frozen=True, kw_only=True):
    """Complaints of a level: how many its keywords give it before and after the change, how many of them were late by the limits
    before it, and would have been by those after it."""

    level: str
    before: int
    after: int
    late_before: int
    late_after: int


class MovedComplaint(Struct, frozen=True, kw_only=True):
    """A complaint that would have had another level, and whether it was late, and would have been."""

    id: UUID
    number: str
    before: str
    after: str
    late_before: bool
    late_after: bool


class CadenceReplayed(Struct, frozen=True, kw_only=True):
    """The contacts with customers of a tier in the spans that ended in the quarter: `owed` and, of them, `missed`, by the cadences
    before the change and after it. Whom nobody may contact is owed none."""

    scheme: str
    tier: str
    owed_before: int
    owed_after: int
    missed_before: int
    missed_after: int


class QuotaReplayed(Struct, frozen=True, kw_only=True):
    """What was redeemed of an item by a tier in the quarter, and how many of these uses would have been refused by the quotas
    before the change and after it: counted as they came, each beside what had been used before it."""

    scheme: str
    tier: str
    item: str
    redeemed: int
    refused_before: int
    refused_after: int


class Replayed(Struct, frozen=True, kw_only=True):
    """The complaints received from `since` until before `until`, judged anew: `complaints` of them, level by level, with what
    customers hold today. `more` is how many earlier ones were left out; `moved` get another level, the latest of them by name.
    Cadences and quotas are replayed where the change is about them."""

    since: date
    until: date
    complaints: int
    more: int
    moved: int
    late_before: int
    late_after: int
    levels: tuple[LevelReplayed, ...]
    moved_complaints: tuple[MovedComplaint, ...] = ()
    cadences: tuple[CadenceReplayed, ...] = ()
    quotas: tuple[QuotaReplayed, ...] = ()


# The last quarter is so long.
DAYS = 91
Replay = Callable[[Policy, Policy, Act], Awaitable[Replayed]]
COMPLAINTS: FromAbove[Replay] = FromAbove("how complaints are judged anew")
CADENCES: FromAbove[Callable[[Policy, Policy, Act], Awaitable[tuple[CadenceReplayed, ...]]]] = FromAbove(
    "how contacts are counted anew"
)
QUOTAS: FromAbove[Callable[[Policy, Policy, Act], Awaitable[tuple[QuotaReplayed, ...]]]] = FromAbove(
    "how redemptions are counted anew"
)


async def simulate(new: PolicyAmendment, act: Act) -> Replayed:
    """Last quarter as the amendment would have had it. Raises as `versions.amend`."""
    planned = await versions.plan(new, act)
    return await between(planned.before, planned.after, act)


async def drafted(act: Act) -> Replayed:
    """Last quarter as one's own draft would have had it."""
    return await between(act.policy, await drafts.policy_of(act), act)


async def between(before: Policy, after: Policy, act: Act) -> Replayed:
    """Last quarter's complaints, contacts and redemptions by the one policy and the other. That it was asked is on record."""
    replayed = await COMPLAINTS()(before, after, act)
    if before.cadences != after.cadences:
        replayed = structs.replace(replayed, cadences=await CADENCES()(before, after, act))
    if before.entitlements != after.entitlements:
        replayed = structs.replace(replayed, quotas=await QUOTAS()(before, after, act))
    await noted("policy.simulate", act, subject="policy", shown=replayed.complaints, fields=("level", "text"))
    return replayed
