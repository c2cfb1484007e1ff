"""Corporate VIPs: the bank-wide list in four tiers, and the international business beside it (S04)."""

from guibin import AnyOf, AtLeast, Dimension, Metric, Setting, Tier, TierScheme

from .personal import DIAMOND, GOLD, PLATINUM, bounds

CORPORATE, LIST, INTERNATIONAL = "corporate", "corporate_vip", "international_business"
EXCLUSIVE = "exclusive"

# S04-1: large stable deposits, or large economic benefit, or influence; S04-2: or the four dimensions together.
WAYS = {
    "deposit_daily_avg_1y": "deposit",
    "contribution_1y": "contribution",
    "influence": "influence",
    "value_score": "value",
}
# The regulation names four tiers and no figures: these are defaults. Of what is worth less than the other three ask for, the four
# dimensions give at most 99, 65, 47 and 38 points: each bound is under that, or it would let nobody in.
_BOUNDS: dict[str, tuple[int, ...]] = {
    EXCLUSIVE: (10_000_000_000, 500_000_000, 95, 90),
    DIAMOND: (5_000_000_000, 200_000_000, 85, 60),
    PLATINUM: (2_000_000_000, 80_000_000, 75, 42),
    GOLD: (500_000_000, 20_000_000, 60, 36),
}
_SETTLED = {DIAMOND: 1_000_000_000, PLATINUM: 300_000_000, GOLD: 50_000_000}
SETTINGS = (
    *bounds("corporate_", WAYS, _BOUNDS, "S04-1"),
    *(Setting(f"settlement_{tier}", value, unit="USD", clause="S04-6") for tier, value in _SETTLED.items()),
)


def _tier(name: str, level: int, approval: str = "") -> Tier:
    ways = AnyOf(tuple(AtLeast(metric, f"corporate_{figure}_{name}") for metric, figure in WAYS.items()))
    return Tier(name, ways, clause="S04-1", served_at=level, approval=approval)


LIST_SCHEME = TierScheme(
    LIST,
    customer_kinds=(CORPORATE,),
    metrics=(
        # One daily average a month, over the whole year: stable is what lasted.
        Metric("deposit_daily_avg_1y", "deposit_daily_avg", "avg"),
        Metric("deposit_growth", "deposit_daily_avg", "growth", unit="‰"),
        Metric("contribution_1y", "contribution"),
        Metric("relationship", "relationship", "last", months=0, unit="months"),
        Metric("influence", "influence", "last", months=24, unit="points"),
    ),
    # S04-3: served by the head office (0), a branch (1), a sub-branch (2); gold is the branch's to decide.
    tiers=(_tier(EXCLUSIVE, 0), _tier(DIAMOND, 1), _tier(PLATINUM, 1), _tier(GOLD, 2, "corporate_gold")),
    approval="corporate_adjustment",  # S04-4
    list_approval="corporate_list",  # S04-2: once a year
    value_score=(
        Dimension("deposit_daily_avg_1y", 40, 0, 10_000_000_000, "deposits"),
        Dimension("relationship", 20, 0, 120, "loyalty"),
        Dimension("contribution_1y", 25, 0, 500_000_000, "contribution"),
        Dimension("deposit_growth", 15, 0, 500, "growth"),
    ),
    clause="S04-2",
)

INTERNATIONAL_SCHEME = TierScheme(
    INTERNATIONAL,
    customer_kinds=(CORPORATE,),
    metrics=(Metric("settlement_1y", "international_settlement", unit="USD"),),
    tiers=tuple(Tier(name, AtLeast("settlement_1y", f"settlement_{name}"), clause="S04-6") for name in _SETTLED),
    approval="international_rating",
    value_score=(Dimension("settlement_1y", 100, 0, 1_500_000_000, "contribution"),),  # S01-1, S09-4
    clause="S04-6",
)
