"""Personal VIPs: diamond, platinum and gold of a bank (S02, S08), and the VIPs of a credit cooperative (S12)."""

from guibin import AllOf, AnyOf, ArchiveField, AtLeast, Dimension, Form, Metric, Setting, Tier, TierScheme

PERSONAL, BANK, COOPERATIVE = "personal", "personal_vip", "cooperative_vip"
DIAMOND, PLATINUM, GOLD, VIP = "diamond", "platinum", "gold", "vip"

WAYS = {"deposit_avg_1y": "deposit", "transacted_1y": "transacted", "value_score": "value"}


def bounds(prefix: str, ways: dict[str, str], tiers: dict[str, tuple[int, ...]], clause: str) -> list[Setting]:
    """A setting for each figure of each tier: `<prefix><figure>_<tier>`, points up to 100, money in fen above."""
    return [
        Setting(f"{prefix}{figure}_{tier}", value, unit="CNY" if value > 100 else "points", clause=clause)
        for tier, values in tiers.items()
        for figure, value in zip(ways.values(), values, strict=True)
    ]


# S02 breaks off before its figures and S08 has none: all but those of S12-1 are defaults.
_BOUNDS: dict[str, tuple[int, ...]] = {
    DIAMOND: (100_000_000, 1_000_000_000, 90),
    PLATINUM: (20_000_000, 200_000_000, 75),
    GOLD: (5_000_000, 50_000_000, 60),
}
SETTINGS = (
    Setting("credit_floor", 60, unit="points", clause="S02-7"),
    *bounds("", WAYS, _BOUNDS, "S02-8"),
    Setting("demand_deposit_vip", 5_000_000, clause="S12-1"),
    Setting("fixed_deposit_vip", 10_000_000, clause="S12-1"),
)


def _tier(name: str) -> Tier:
    """Credit in order, and any one of deposits, transactions and overall value (S02-7, S02-8)."""
    ways = tuple(AtLeast(metric, f"{figure}_{name}") for metric, figure in WAYS.items())
    return Tier(name, AllOf((AtLeast("credit_score", "credit_floor"), AnyOf(ways))), clause="S02-8")


BANK_SCHEME = TierScheme(
    BANK,
    customer_kinds=(PERSONAL,),
    metrics=(
        # One figure a month; who joined lately is measured over the months there are.
        Metric("deposit_avg_1y", "deposit", "avg", divisor="present"),
        Metric("transacted_1y", "transaction"),
        Metric("transactions_1y", "transaction", "count", unit="times"),
        Metric("products", "product", months=1, unit="products", none_is_zero=True),
        Metric("profit_1y", "profit"),
        Metric("tenure", "tenure", "last", months=0, unit="months"),
        Metric("credit_score", "credit_score", "last", months=0, unit="points"),
    ),
    tiers=(_tier(DIAMOND), _tier(PLATINUM), _tier(GOLD)),
    reassess_every="quarter",
    grace_days=90,
    voluntary=True,  # S02-2
    approval="vip_card",
    form="personal_vip_application",
    value_score=(  # S02-1
        Dimension("transactions_1y", 20, 0, 120, "activity"),
        Dimension("products", 10, 0, 5, "breadth"),
        Dimension("credit_score", 20, 0, 100, "credit_standing"),
        Dimension("tenure", 10, 0, 120, "loyalty"),
        Dimension("deposit_avg_1y", 20, 0, 100_000_000, "deposits"),
        Dimension("profit_1y", 20, 0, 2_000_000, "contribution"),
    ),
    clause="S02-7",
)

_DEMAND = AtLeast("demand_deposit_avg_1y", "demand_deposit_vip")
_FIXED = AtLeast("fixed_deposit_now", "fixed_deposit_vip")
COOPERATIVE_SCHEME = TierScheme(
    COOPERATIVE,
    customer_kinds=(PERSONAL,),
    metrics=(
        # One figure a month, over all twelve: who joined lately is measured against the whole year.
        Metric("demand_deposit_avg_1y", "demand_deposit", "avg"),
        Metric("fixed_deposit_now", "fixed_deposit", "last", months=0),
    ),
    tiers=(Tier(VIP, AnyOf((_DEMAND, _FIXED)), clause="S12-1"),),
    value_score=(  # S01-1, S09-4
        Dimension("demand_deposit_avg_1y", 50, 0, 10_000_000, "contribution"),
        Dimension("fixed_deposit_now", 50, 0, 20_000_000, "deposits"),
    ),
    reassess_every="quarter",
    grace_days=90,
    voluntary=True,
    approval="relaxed_threshold",  # S12-3
    form="cooperative_vip_application",
    on_fact=True,  # S12-7: whoever meets the condition may apply at once
    told=("account_manager",),
    indicator_approval="extra_indicator",  # S12-2
    clause="S12-1",
)

# S02-7, S12-7: who asks agrees, and says what they hold; whoever decides sees it beside what the bank has recorded.
_AGREES = ArchiveField("applies_voluntarily", "acceptance", required=True, clause="S02-2")
FORMS = (
    Form(
        "personal_vip_application",
        fields=(
            _AGREES,
            ArchiveField("average_deposit", "money", claims="deposit_avg_1y", clause="S02-7"),
            ArchiveField("yearly_transactions", "money", claims="transacted_1y", clause="S02-7"),
        ),
        clause="S02-7",
    ),
    Form(
        "cooperative_vip_application",
        fields=(
            _AGREES,
            ArchiveField("average_demand_deposit", "money", claims="demand_deposit_avg_1y", clause="S12-1"),
            ArchiveField("fixed_deposit", "money", claims="fixed_deposit_now", clause="S12-1"),
        ),
        clause="S12-7",
    ),
)
