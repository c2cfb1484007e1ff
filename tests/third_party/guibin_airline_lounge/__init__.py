"""An airline's lounge programme, as somebody outside would write it: nothing but `from guibin import …`."""

from importlib.resources import files

from guibin import (
    ActivityKind,
    AllOf,
    AnyOf,
    ApprovalFlow,
    ApprovalStep,
    ArchiveField,
    AtLeast,
    Cadence,
    ComplaintDraft,
    ComplaintPolicy,
    Days,
    Entitlement,
    Escalation,
    HeadStart,
    HotlinePolicy,
    HotlineRoute,
    Hours,
    Level,
    LevelSuggestion,
    Measure,
    Metric,
    Pack,
    Proposal,
    ServiceItem,
    Setting,
    Tier,
    TierScheme,
    TimeLimit,
    hookimpl,
    load,
)

CLUB, FLYER = "flyer_club", "flyer"
PLATINUM, GOLD, SILVER = "flyer_platinum", "flyer_gold", "flyer_silver"
TOLD = (Escalation("account_manager"), Escalation("manager", 30))


def _miles_or_segments(miles: str, segments: int) -> AnyOf:
    return AnyOf((AtLeast("miles_1y", miles), AtLeast("segments_1y", segments)))


SCHEME = TierScheme(
    CLUB,
    customer_kinds=(FLYER,),
    metrics=(
        Metric("miles_1y", fact="miles", aggregate="sum", months=12, unit="miles"),
        Metric("segments_1y", fact="miles", aggregate="count", months=12, unit="segments"),
        Metric("fare_1y", fact="fare", aggregate="sum", months=12, none_is_zero=True),
    ),
    tiers=(
        Tier(PLATINUM, AllOf((AtLeast("miles_1y", "platinum_miles"), AtLeast("fare_1y", 5_000_000))), clause="3.1"),
        Tier(GOLD, _miles_or_segments("gold_miles", 40), clause="3.2"),
        Tier(SILVER, _miles_or_segments("silver_miles", 20), clause="3.3"),
    ),
    grace_days=60,
    approval="status_match",
    clause="3",
)

PACK = Pack(
    name="airline_lounge",
    regulation="贵宾休息室常旅客规则",
    customer_kinds=(FLYER,),
    fields=(ArchiveField("frequent_flyer_number", "text", "confidential", searchable=True, clause="2"),),
    settings=(
        Setting("platinum_miles", 160_000, unit="miles", clause="3.1"),
        Setting("gold_miles", 80_000, unit="miles", clause="3.2"),
        Setting("silver_miles", 40_000, unit="miles", clause="3.3"),
    ),
    schemes=(SCHEME,),
    service_items=(
        ServiceItem("lounge_visit", clause="4.1"),
        ServiceItem("lounge_guest", clause="4.2"),
        ServiceItem("tasting", clause="4.4"),
        ServiceItem(
            "lost_luggage",
            steps=("trace", "return"),
            time_limits=(
                TimeLimit("elite_luggage", Hours(24), tiers=(PLATINUM, GOLD), escalations=TOLD),
                TimeLimit("other_luggage", Days(3), escalations=TOLD),
            ),
            clause="4.3",
        ),
    ),
    entitlements=(
        Entitlement(CLUB, PLATINUM, "lounge_visit", clause="4.1"),
        Entitlement(CLUB, GOLD, "lounge_visit", clause="4.1"),
        Entitlement(CLUB, SILVER, "lounge_visit", quota=4, period="membership_year", clause="4.1"),
        Entitlement(CLUB, PLATINUM, "lounge_guest", quota=2, period="stay", clause="4.2"),
        Entitlement(CLUB, GOLD, "lounge_guest", quota=6, period="year", carry_over=2, clause="4.2"),
        Entitlement(CLUB, PLATINUM, "tasting", quota=2, period="year", clause="4.4"),
    ),
    head_starts=(HeadStart(CLUB, PLATINUM, 48, clause="5"), HeadStart(CLUB, GOLD, 24, clause="5")),
    activities=(ActivityKind("wine_tasting", item="tasting", companions_max=1, clause="4.4"),),
    complaints=ComplaintPolicy(
        levels=(
            Level("delay", Hours(12), escalations=TOLD, clause="6.1"),
            Level("safety", Hours(2), escalations=TOLD, always_follow_up=True, clause="6.2"),
        ),
        default_level="delay",
        clause="6",
    ),
    approvals=(ApprovalFlow("status_match", "application", steps=(ApprovalStep("manager"),), clause="3.4"),),
    cadences=(Cadence(CLUB, PLATINUM, "quarter", clause="7"),),
    hotline=HotlinePolicy(
        routes=(HotlineRoute("elite_line", CLUB, (PLATINUM, GOLD), True, 90, greeting="welcome_aboard", clause="8"),),
    ),
    texts=load(files("guibin_airline_lounge") / "texts"),
)


@hookimpl
def pack() -> Pack:
    """The programme as a value."""
    return PACK


@hookimpl
def derived_measures(measures: dict[str, int]) -> list[Measure]:
    """How far somebody flies at a time: who flies short and often is asked about the commuter card."""
    segments = measures.get("segments_1y", 0)
    return [Measure("miles_a_segment", measures["miles_1y"] // segments)] if segments and "miles_1y" in measures else []


@hookimpl
def suggest_level(draft: ComplaintDraft) -> LevelSuggestion | None:
    """6.2: whatever concerns the flight's safety does not wait."""
    words = [word for word in ("safety", "smoke", "安全", "烟雾") if word in draft.text.lower()]
    return LevelSuggestion("safety", because=f"says {words[0]}") if words else None


@hookimpl
def objections(proposal: Proposal) -> list[str]:
    """3.5: the highest tier is flown for, not matched."""
    matched = proposal.action == "application" and proposal.details["tier"] == PLATINUM
    return ["白金卡只凭飞行取得，不接受匹配申请"] if matched else []
