"""The standard of each class of VIP: its rights, the scope of its service, and the time limits (S10-2)."""

from msgspec import Struct

from guibin.policy.deadlines import Deadline
from guibin.policy.packs import Policy
from guibin.policy.tiers import Tier, TierScheme


class RightView(Struct, frozen=True):
    """A service the tier has a right to; `quota` None is without limit."""

    item: str
    title: str
    standard: str
    quota: int | None
    period: str
    clause: str


class PromiseView(Struct, frozen=True):
    """How soon a service is given, in the situation named."""

    item: str
    name: str
    title: str
    within: Deadline
    counted_from: str


class HeadStartView(Struct, frozen=True):
    """How long before everybody else the tier may buy (S01-6)."""

    hours: int
    clause: str


class TierStandard(Struct, frozen=True):
    """What a tier is promised."""

    tier: str
    title: str
    rights: tuple[RightView, ...]
    scope: tuple[str, ...]
    time_limits: tuple[PromiseView, ...]
    head_start: HeadStartView | None
    clause: str


class ClassStandard(Struct, frozen=True):
    """A class of VIP (S10-1): the kinds of customer it takes, and its tiers from high to low."""

    scheme: str
    title: str
    customer_kinds: tuple[str, ...]
    tiers: tuple[TierStandard, ...]
    clause: str


def standards(policy: Policy, language: str) -> list[ClassStandard]:
    """Every class of the policy."""
    return [
        ClassStandard(
            scheme=scheme.name,
            title=policy.title(f"scheme.{scheme.name}", language),
            customer_kinds=scheme.customer_kinds,
            tiers=tuple(_tier(scheme, tier, policy, language) for tier in scheme.tiers),
            clause=scheme.clause,
        )
        for scheme in policy.schemes
    ]


def _tier(scheme: TierScheme, tier: Tier, policy: Policy, language: str) -> TierStandard:
    given = [right for right in policy.entitlements if (right.scheme, right.tier) == (scheme.name, tier.name)]
    start = next((one for one in policy.head_starts if (one.scheme, one.tier) == (scheme.name, tier.name)), None)
    return TierStandard(
        tier=tier.name,
        title=policy.title(f"tier.{tier.name}", language, scheme=scheme.name),
        rights=tuple(
            RightView(
                item=right.item,
                title=policy.title(f"service_item.{right.item}.title", language),
                standard=policy.title(f"service_item.{right.item}.standard", language),
                quota=right.quota,
                period=right.period,
                clause=right.clause,
            )
            for right in given
        ),
        scope=tuple(dict.fromkeys(right.item for right in given)),
        time_limits=tuple(_promises(tier, policy, language)),
        head_start=HeadStartView(start.hours, start.clause) if start else None,
        clause=tier.clause,
    )


def _promises(tier: Tier, policy: Policy, language: str) -> list[PromiseView]:
    return [
        PromiseView(
            item=item.name,
            name=limit.name,
            title=policy.title(f"time_limit.{limit.name}", language),
            within=limit.within,
            counted_from=limit.counted_from,
        )
        for item in policy.service_items
        for limit in item.time_limits
        if tier.name in limit.tiers
    ]
