"""The VIP club's service standard (S03) and the account manager's work standard (S05), in their own order."""

from importlib.resources import files

from guibin import (
    AT_ONCE,
    AllOf,
    ApprovalFlow,
    ApprovalStep,
    ArchiveField,
    AtLeast,
    Cadence,
    CardKind,
    Days,
    Dimension,
    Entitlement,
    Form,
    HeadStart,
    HotlinePolicy,
    HotlineRoute,
    Hours,
    InPlace,
    Kpi,
    Metric,
    Pack,
    PlanPolicy,
    ProofKind,
    ServiceItem,
    SurveyPolicy,
    Tier,
    TierLimit,
    TierScheme,
    load,
)

CLUB = "vip_club"
DIAMOND, GOLD, SILVER = "diamond", "gold", "silver"
SUBSCRIBER = "subscriber"

FIELDS = (
    ArchiveField("identity_number", "identity_number", "confidential", searchable=True, clause="S03-4"),
    ArchiveField("dedicated_sim_number", "text", "confidential", searchable=True, chars_max=32, clause="S03-4"),
    ArchiveField("contract", "choice", choices=("monthly", "one_year", "two_years"), clause="S05-1"),
)


def _card(name: str, *, bill: int, tenure: int) -> Tier:
    """A card for a monthly bill (in fen) and a tenure (in months), both reached: exactly at the bound is in."""
    return Tier(name, AllOf((AtLeast("bill_avg_1y", bill), AtLeast("tenure", tenure))), clause="S03-1")


# The standard names three cards and no figures: these bounds are a default that the company sets for itself.
SCHEME = TierScheme(
    CLUB,
    customer_kinds=(SUBSCRIBER,),
    metrics=(
        # A subscriber younger than a year is measured over the months that have a bill; a credit note is none.
        Metric("bill_avg_1y", fact="bill", aggregate="avg", months=12, divisor="charged"),
        Metric("tenure", fact="tenure", aggregate="last", months=0, unit="months"),
        Metric("billed_total", fact="billed_total", aggregate="last", months=0),
    ),
    tiers=(
        _card(DIAMOND, bill=10_000, tenure=48),
        _card(GOLD, bill=8_000, tenure=24),
        _card(SILVER, bill=5_000, tenure=12),
    ),
    reassess_every="year",
    grace_days=90,
    approval="vip_card",
    form="club_application",
    value_score=(
        Dimension("bill_avg_1y", weight=50, low=0, high=12_000),
        Dimension("tenure", weight=30, low=0, high=72),
        Dimension("billed_total", weight=20, low=0, high=800_000),
    ),
    clause="S03-1",
)

# S03-2: four families; S03-3: content, standard, channel and process of each item are texts.
TOP, ASSISTANT, LIFESTYLE, LIFE = "top_service", "personal_assistant", "lifestyle", "quality_of_life"
SERVICE_ITEMS = (
    ServiceItem(
        "priority_counter", TOP, venues=("vip_room", "vip_counter", "vip_club"), proof_minutes=30, clause="S03-4, S03-7"
    ),
    ServiceItem("hotline_priority", TOP, clause="S03-5"),
    ServiceItem("account_manager", ASSISTANT, clause="S05-3"),
    ServiceItem("club_event", LIFESTYLE, steps=("invitation", "attendance", "feedback"), clause="S03-2"),
    ServiceItem("airport_lounge", LIFE, clause="S03-2"),
    ServiceItem("handset_priority", LIFE, steps=("reservation", "pick_up"), clause="S03-2"),
)


# S03-4: a physical card, made to order; beside it the e-card, the dedicated SIM and the identity document, of whichever kind.
CARDS = tuple(CardKind(f"{tier}_card", CLUB, tier, "physical_card", clause="S03-4") for tier in (DIAMOND, GOLD, SILVER))
_DOCUMENTS = ("passport", "home_return_permit", "taiwan_permit", "residence_permit")
PROOFS = (
    ProofKind("dedicated_sim", by="field", field="dedicated_sim_number", clause="S03-4"),
    ProofKind("identity_document", by="field", field="identity_number", documents=_DOCUMENTS, clause="S03-4"),
)


def _everyone(item: str, clause: str) -> tuple[Entitlement, ...]:
    return tuple(Entitlement(CLUB, tier, item, clause=clause) for tier in (DIAMOND, GOLD, SILVER))


ENTITLEMENTS = (
    *_everyone("priority_counter", "S03-4"),
    *_everyone("hotline_priority", "S03-5"),
    *_everyone("account_manager", "S05-3"),
    # How often is the company's to say: the standard's own list was cut short.
    Entitlement(CLUB, DIAMOND, "club_event", quota=12, period="year", clause="S03-2"),
    Entitlement(CLUB, GOLD, "club_event", quota=6, period="year", clause="S03-2"),
    Entitlement(CLUB, SILVER, "club_event", quota=2, period="year", clause="S03-2"),
    Entitlement(CLUB, DIAMOND, "airport_lounge", quota=12, period="membership_year", clause="S03-2"),
    Entitlement(CLUB, GOLD, "airport_lounge", quota=6, period="membership_year", clause="S03-2"),
    Entitlement(CLUB, DIAMOND, "handset_priority", quota=2, period="year", clause="S03-2"),
    Entitlement(CLUB, GOLD, "handset_priority", quota=1, period="year", clause="S03-2"),
)

# S03-2: the club's own events and handsets are what the general regulation calls events and priority purchase.
IN_PLACE = InPlace(
    "key_customer",
    CLUB,
    tiers={DIAMOND: "diamond", GOLD: "platinum", SILVER: "gold"},
    items={"vip_event": "club_event", "priority_purchase": "handset_priority"},
)

PACK = Pack(
    name="telecom",
    in_place=(IN_PLACE,),
    regulation="全球通VIP俱乐部服务规范 V1.0; VIP客户服务工作规范",
    customer_kinds=(SUBSCRIBER,),
    fields=FIELDS,
    schemes=(SCHEME,),
    service_items=SERVICE_ITEMS,
    entitlements=ENTITLEMENTS,
    head_starts=(
        HeadStart(CLUB, DIAMOND, 72, "handset_priority", clause="S03-2"),
        HeadStart(CLUB, GOLD, 48, "handset_priority", clause="S03-2"),
    ),
    cards=CARDS,
    proofs=PROOFS,
    approvals=(
        ApprovalFlow(
            "vip_card",
            subject="application",
            applicants=("account_manager", "agent", "manager"),
            steps=(ApprovalStep("manager", within=Days(3)),),
            clause="S03-1",
        ),
        ApprovalFlow(
            "physical_card",
            subject="card_application",
            steps=(ApprovalStep("manager", within=Days(3)),),
            clause="S03-4",
        ),
    ),
    forms=(
        Form(
            "club_application",
            fields=(
                ArchiveField("accepts_club_rules", "acceptance", required=True, clause="S03-1"),
                ArchiveField("monthly_bill", "money", claims="bill_avg_1y", clause="S03-1"),
                ArchiveField("months_on_network", "integer", claims="tenure", clause="S03-1"),
            ),
            clause="S03-1",
        ),
    ),
    kpis=(  # S05-1: strictly below
        Kpi("vip_churn", "members_left", "members_at_start", 35, "below", clause="S05-1"),
        Kpi(
            "top_card_churn",
            "members_left",
            "members_at_start",
            20,
            "below",
            filters={"tier": (DIAMOND, GOLD)},
            clause="S05-1",
        ),
    ),
    surveys=(  # S05-2: compared with the year before
        SurveyPolicy(
            "vip_perception",
            questions=("satisfaction", "brand_perception", "service_perception", "reward_perception"),
            floor=70,
            leadership=("manager", "tenant_admin"),  # S05-8
            clause="S05-2",
        ),
    ),
    plans=PlanPolicy(
        spans=("year", "month", "week"),
        reviewed_by="manager",
        reachability_sample=5,
        clause="S05-4, S05-7",
    ),
    cadences=(  # S05-6
        Cadence(CLUB, DIAMOND, "month", 1, clause="S05-6"),
        Cadence(CLUB, GOLD, "month", 1, clause="S05-6"),
        Cadence(CLUB, SILVER, "quarter", 1, clause="S05-6"),
        Cadence(CLUB, DIAMOND, "quarter", 1, face_to_face=True, clause="S05-6"),
    ),
    hotline=HotlinePolicy(  # S03-5: dedicated agents day and night; diamond and gold without any IVR
        routes=(
            HotlineRoute(
                "diamond_desk", CLUB, (DIAMOND,), skips_menu=True, priority=90, greeting="club", clause="S03-5"
            ),
            HotlineRoute("gold_desk", CLUB, (GOLD,), skips_menu=True, priority=80, greeting="club", clause="S03-5"),
            HotlineRoute("vip_desk", CLUB, (SILVER,), priority=60, greeting="club", clause="S03-5"),
        ),
        # 电话优先接入 for every card, diamond and gold first: so for calls that nobody took, too; the figures are defaults.
        faster=(TierLimit((DIAMOND, GOLD), AT_ONCE), TierLimit((SILVER,), Hours(1))),
        clause="S03-5",
    ),
    topics=("handsets", "plans", "travel"),  # S02-2, S02-3: what a customer may decline to hear about
    texts=load(files("guibin_telecom") / "texts"),
)
