"""Members in four tiers by their average yearly spending, and how each tier is served (S06)."""

from importlib.resources import files

from guibin import (
    ApprovalFlow,
    ApprovalStep,
    ArchiveField,
    AtLeast,
    Between,
    Cadence,
    Dimension,
    Entitlement,
    Form,
    HeadStart,
    InPlace,
    Kpi,
    LessThan,
    Metric,
    Pack,
    ServiceItem,
    Setting,
    Tier,
    TierScheme,
    load,
)

CLUB = "members"
MEMBER = "member"
GOLD, A, B, C, D = "gold", "a", "b", "c", "d"

# The regulation says X, X1, X2 and N and leaves the figures to the company: these are defaults.
SETTINGS = (
    Setting("x_gold", 1_000_000, clause="S06-5"),
    Setting("x", 100_000, clause="S06-1"),
    Setting("x1", 30_000, clause="S06-1"),
    Setting("x2", 10_000, clause="S06-1"),
    Setting("n", 6, unit="times", clause="S06-2"),
)

SCHEME = TierScheme(
    CLUB,
    customer_kinds=(MEMBER,),
    metrics=(
        # Over at most two years, and over no less than one: who joined last month has no twelvefold year. A registered
        # member who bought nothing has spent 0.
        Metric(
            "spending_avg_yearly", fact="spending", aggregate="avg", months=24, divisor="age", per=12, none_is_zero=True
        ),
        Metric("purchases_1y", fact="spending", aggregate="count", months=12, unit="times"),
        Metric(
            "partner_purchases_1y", fact="spending", aggregate="count", months=12, unit="times", partners=True
        ),  # S06-6
        Metric("spending_growth", fact="spending", aggregate="growth", months=6, unit="‰"),
    ),
    tiers=(  # S06-1: each bound belongs to the tier above it
        Tier(  # S06-5: whose yearly spending has gone from X to ten thousand
            GOLD,
            AtLeast("spending_avg_yearly", "x_gold"),
            clause="S06-5",
            expectation=AtLeast("partner_purchases_1y", "n"),
            strategy=("care", "cross_sell", "bespoke_line"),
        ),
        Tier(
            A,
            Between("spending_avg_yearly", "x", "x_gold"),
            clause="S06-1",
            expectation=AtLeast("partner_purchases_1y", "n"),  # S06-2: at partner shops
            strategy=("care", "cross_sell", "bespoke_line", "convert_to_gold"),  # S06-3
        ),
        Tier(
            B,
            Between("spending_avg_yearly", "x1", "x"),
            clause="S06-1",
            expectation=AtLeast("purchases_1y", 2),
            strategy=("close_follow_up", "convert_to_gold", "convert_to_a"),
        ),
        Tier(C, Between("spending_avg_yearly", "x2", "x1"), clause="S06-1", strategy=("find_needs",)),
        Tier(D, LessThan("spending_avg_yearly", "x2"), clause="S06-1", strategy=("keep",)),
    ),
    reassess_every="quarter",
    approval="member_tier",
    form="member_application",
    value_score=(
        Dimension("spending_avg_yearly", weight=60, low=0, high=200_000, name="contribution"),
        Dimension("purchases_1y", weight=25, low=0, high=12, name="activity"),
        Dimension("spending_growth", weight=15, low=0, high=1_000, name="growth"),
    ),
    clause="S06-1",
)


def _path(held: str, becomes: str) -> dict[str, tuple[str, ...]]:
    """Of those who held the tier at the start, who went from it to the other."""
    return {"tier": (held,), "held": (held,), "becomes": (becomes,)}


PACK = Pack(
    name="retail",
    in_place=(  # S06-3: new arrivals are what A and B may buy first; D is kept, and has no more than everybody
        InPlace(
            "key_customer",
            CLUB,
            tiers={GOLD: "diamond", A: "diamond", B: "platinum", C: "gold"},
            items={"priority_purchase": "new_arrivals_first"},
        ),
    ),
    regulation="vip会员管理制度细则",
    customer_kinds=(MEMBER,),
    fields=(
        ArchiveField("home_shop", "text", chars_max=60, clause="S06-3"),
        ArchiveField("favourite_brands", "text", clause="S06-3"),
    ),
    settings=SETTINGS,
    schemes=(SCHEME,),
    service_items=(
        ServiceItem("bespoke_line", steps=("consultation", "order", "fitting", "delivery"), sold=True, clause="S06-3"),
        ServiceItem("new_arrivals_first", steps=("invitation", "visit"), clause="S06-3"),
        ServiceItem("shop_assistant", clause="S06-3"),
    ),
    entitlements=(
        *(
            Entitlement(CLUB, GOLD, item, clause="S06-5")
            for item in ("bespoke_line", "new_arrivals_first", "shop_assistant")
        ),
        Entitlement(CLUB, A, "bespoke_line", clause="S06-3"),
        Entitlement(CLUB, A, "new_arrivals_first", clause="S06-3"),
        Entitlement(CLUB, A, "shop_assistant", clause="S06-3"),
        Entitlement(CLUB, B, "new_arrivals_first", quota=4, period="year", clause="S06-3"),
        Entitlement(CLUB, B, "shop_assistant", clause="S06-3"),
    ),
    head_starts=(
        HeadStart(CLUB, GOLD, 96, "new_arrivals_first", clause="S06-5"),
        HeadStart(CLUB, A, 72, "new_arrivals_first", clause="S06-3"),
        HeadStart(CLUB, B, 24, "new_arrivals_first", clause="S06-3"),
    ),
    approvals=(ApprovalFlow("member_tier", subject="application", steps=(ApprovalStep("manager"),), clause="S06-1"),),
    kpis=(  # S06-5: B converts directly to gold, or to A
        Kpi("b_to_gold", "members_converted", "members_on_the_eve", filters=_path(B, GOLD), clause="S06-5"),
        Kpi("b_to_a", "members_converted", "members_on_the_eve", filters=_path(B, A), clause="S06-5"),
        Kpi("a_to_gold", "members_converted", "members_on_the_eve", filters=_path(A, GOLD), clause="S06-5"),
    ),
    forms=(
        Form(
            "member_application",
            fields=(
                ArchiveField("accepts_member_rules", "acceptance", required=True, clause="S06-1"),
                ArchiveField("yearly_spending", "money", claims="spending_avg_yearly", clause="S06-1"),
                ArchiveField("yearly_purchases", "integer", claims="purchases_1y", clause="S06-2"),
            ),
            clause="S06-1",
        ),
    ),
    cadences=(
        Cadence(CLUB, GOLD, "month", 1, clause="S06-5"),
        Cadence(CLUB, A, "month", 1, clause="S06-3"),
        Cadence(CLUB, B, "month", 1, clause="S06-3"),
        Cadence(CLUB, C, "quarter", 1, clause="S06-3"),
    ),
    topics=("new_arrivals", "discounts"),  # S02-2, S02-3: what a customer may decline to hear about
    texts=load(files("guibin_retail") / "texts"),
)
