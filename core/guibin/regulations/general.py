"""The general regulations (S01, S10, S13) as a pack: what a company goes by that has no industry pack.

The regulations name classes, tiers and rights and leave every figure to the company: all figures here are defaults.
"""

from importlib.resources import files

from guibin.policy.activities import ActivityKind, HeadStart, InvitationRhythm
from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin.policy.cadence import Cadence, PlannedMeasure, RelationshipTemplate, VisitLevel, VisitPolicy
from guibin.policy.care import CareOccasion, CarePolicy
from guibin.policy.criteria import AllOf, AnyOf, AtLeast, Criterion, Metric
from guibin.policy.deadlines import Days, Hours
from guibin.policy.fields import ArchiveField
from guibin.policy.forms import Form
from guibin.policy.hotline import HotlinePolicy, HotlineRoute
from guibin.policy.packs import Pack
from guibin.policy.service_items import Discount, Entitlement, ServiceItem, TimeLimit
from guibin.policy.settings import Setting
from guibin.policy.signals import SignalRule
from guibin.policy.terms import Escalation
from guibin.policy.texts import load
from guibin.policy.tiers import Consequence, Dimension, Tier, TierScheme

CUSTOMER, EMPLOYEE, PARTNER = "customer", "employee", "partner"
KEY, STAFF, ALLIES = "key_customer", "key_employee", "key_partner"
DIAMOND, PLATINUM, GOLD = "diamond", "platinum", "gold"
HONOURED, STRATEGIC = "honoured", "strategic"
TOLD = (Escalation("account_manager"), Escalation("manager", 60))
LED = (Escalation("manager"), Escalation("tenant_admin", 480))


def _reached(tier: str) -> Criterion:
    """Spending, and a score in which loyalty, behaviour and the further factors weigh as much as spending (S01-4); or a
    share in the company's cooperation or its invested capital, the customer's own or that of an organisation of theirs (S14-8)."""
    return AnyOf(
        (
            AllOf((AtLeast("spending_1y", f"{tier}_spending"), AtLeast("value_score", f"{tier}_score"))),
            AtLeast("cooperation_share", f"{tier}_cooperation"),
            AtLeast("capital_share", f"{tier}_capital"),
        )
    )


SETTINGS = (
    Setting("diamond_spending", 50_000_000, clause="S13-1"),
    Setting("diamond_score", 70, unit="points", clause="S01-4"),
    Setting("diamond_cooperation", 300, unit="per_mille", clause="S14-8"),
    Setting("diamond_capital", 100, unit="per_mille", clause="S14-8"),
    Setting("platinum_spending", 20_000_000, clause="S13-1"),
    Setting("platinum_score", 45, unit="points", clause="S01-4"),
    Setting("platinum_cooperation", 150, unit="per_mille", clause="S14-8"),
    Setting("platinum_capital", 50, unit="per_mille", clause="S14-8"),
    Setting("gold_spending", 5_000_000, clause="S13-1"),
    Setting("gold_score", 20, unit="points", clause="S01-4"),
    Setting("gold_cooperation", 50, unit="per_mille", clause="S14-8"),
    Setting("gold_capital", 20, unit="per_mille", clause="S14-8"),
)

CUSTOMERS = TierScheme(
    KEY,
    customer_kinds=(CUSTOMER,),
    metrics=(
        Metric("spending_1y", fact="spending", aggregate="sum", months=12),
        Metric("purchases_1y", fact="spending", aggregate="count", months=12, unit="times"),
        Metric("tenure", fact="tenure", aggregate="last", months=0, unit="months"),
        Metric("growth_1y", fact="spending", aggregate="growth", months=12, unit="per_mille"),
        Metric("referrals_1y", fact="referral", aggregate="count", months=12, unit="times"),
        Metric("cooperation_share", "cooperation_share", "last", months=0, unit="per_mille", linked=True),  # S14-8
        Metric("capital_share", "capital_share", "last", months=0, unit="per_mille", linked=True),
    ),
    tiers=tuple(Tier(name, _reached(name), clause="S13-1") for name in (DIAMOND, PLATINUM, GOLD)),
    reassess_every="quarter",
    grace_days=90,
    voluntary=True,
    approval="vip_registration",
    form="vip_registration",
    recognised_by=("account_manager", "manager"),
    registered=True,
    value_score=(
        Dimension("spending_1y", weight=50, low=0, high=60_000_000, name="spending_level"),
        Dimension("tenure", weight=20, low=0, high=60, name="brand_loyalty"),
        Dimension("purchases_1y", weight=15, low=0, high=24, name="consumption_behaviour"),
        Dimension("growth_1y", weight=5, low=0, high=500, name="growth"),
        Dimension("referrals_1y", weight=10, low=0, high=5, name="recommendation"),
    ),
    consequences=(  # S13-3: the good are rewarded, the bad are penalised while their grace runs, then downgraded
        Consequence("loyalty_gift", "reward", ("keep", "upgrade"), item="gift", units=1, clause="S13-3"),
        Consequence("no_priority", "penalty", ("grace", "downgrade"), item="priority_purchase", clause="S13-3"),
    ),
    clause="S13-1",
)

# S10-1: employees and partners are chosen for what they mean to the company, by approval and not by figures.
EMPLOYEES = TierScheme(
    STAFF, (EMPLOYEE,), metrics=(), tiers=(Tier(HONOURED, clause="S10-1"),), approval="vip_registration", clause="S10-1"
)
PARTNERS = TierScheme(
    ALLIES,
    (PARTNER,),
    metrics=(),
    tiers=(Tier(STRATEGIC, clause="S10-1"),),
    approval="vip_registration",
    clause="S10-1",
)

# S10-2: how soon a request is answered, class by class and tier by tier.
ANSWERED = (
    TimeLimit("diamond_request", Hours(2), tiers=(DIAMOND,), escalations=TOLD),
    TimeLimit("platinum_request", Hours(4), tiers=(PLATINUM,), escalations=TOLD),
    TimeLimit("gold_request", Hours(8), tiers=(GOLD,), escalations=TOLD),
    TimeLimit("partner_request", Days(1), tiers=(STRATEGIC,), escalations=TOLD),
    TimeLimit("employee_request", Days(2), tiers=(HONOURED,), escalations=TOLD),
    TimeLimit("ordinary_request", Days(3), escalations=TOLD),
)
MANAGED, EVENTS, BENEFITS, BESPOKE = "managed", "events", "benefits", "bespoke"
SERVICE_ITEMS = (
    ServiceItem("account_manager", MANAGED, clause="S13-4"),
    ServiceItem("request", MANAGED, steps=("answer",), time_limits=ANSWERED, clause="S10-2"),
    ServiceItem("priority_passage", MANAGED, clause="S10-7"),
    ServiceItem("vip_event", EVENTS, steps=("invitation", "attendance", "feedback"), clause="S13-4"),
    ServiceItem("bespoke_event", EVENTS, steps=("wishes", "proposal", "event", "feedback"), clause="S01-6"),
    ServiceItem("priority_purchase", BENEFITS, clause="S01-6"),
    ServiceItem("discount", BENEFITS, clause="S13-4"),
    ServiceItem("gift", BENEFITS, clause="S13-4"),
    ServiceItem("bespoke_product", BESPOKE, ("wishes", "proposal", "delivery", "feedback"), sold=True, clause="S13-4"),
)


def _rising(item: str, quotas: dict[str, int | None], clause: str) -> tuple[Entitlement, ...]:
    """The higher the tier, the more of it (S13-1); None is without limit."""
    return tuple(Entitlement(KEY, tier, item, quota=quota, clause=clause) for tier, quota in quotas.items())


def _reduced(quotas: dict[str, tuple[int, int]]) -> tuple[Entitlement, ...]:
    """So often so many percent off; the regulation gives no rates (S13-4)."""
    return tuple(
        Entitlement(KEY, tier, "discount", quota=quota, discount=Discount(percent), clause="S13-4")
        for tier, (quota, percent) in quotas.items()
    )


ALL_TIERS: dict[str, int | None] = {DIAMOND: None, PLATINUM: None, GOLD: None}
ENTITLEMENTS = (
    *_rising("account_manager", ALL_TIERS, "S13-4"),
    *_rising("request", ALL_TIERS, "S10-2"),
    *_rising("priority_passage", {DIAMOND: None, PLATINUM: None}, "S10-7"),
    *_rising("vip_event", {DIAMOND: 12, PLATINUM: 6, GOLD: 3}, "S13-4"),
    *_rising("bespoke_event", {DIAMOND: 2, PLATINUM: 1}, "S01-6"),
    *_rising("priority_purchase", {DIAMOND: 12, PLATINUM: 6, GOLD: 3}, "S01-6"),
    *_reduced({DIAMOND: (24, 15), PLATINUM: (12, 10), GOLD: (6, 5)}),
    *_rising("gift", {DIAMOND: 4, PLATINUM: 2, GOLD: 1}, "S13-4"),
    *_rising("bespoke_product", {DIAMOND: None, PLATINUM: 2}, "S13-4"),
    Entitlement(STAFF, HONOURED, "request", clause="S10-2"),
    Entitlement(STAFF, HONOURED, "vip_event", quota=2, clause="S10-2"),
    Entitlement(STAFF, HONOURED, "gift", quota=1, clause="S10-2"),
    Entitlement(ALLIES, STRATEGIC, "account_manager", clause="S10-2"),
    Entitlement(ALLIES, STRATEGIC, "request", clause="S10-2"),
    Entitlement(ALLIES, STRATEGIC, "priority_passage", clause="S10-2"),
    Entitlement(ALLIES, STRATEGIC, "vip_event", quota=4, clause="S10-2"),
)

REGISTRATION = Form(
    "vip_registration",
    fields=(
        ArchiveField("yearly_spending", "money", required=True, claims="spending_1y", clause="S13-2"),
        ArchiveField("wishes_long_term_cooperation", "acceptance", required=True, clause="S13-2"),
        ArchiveField("accepts_service_policy", "acceptance", required=True, clause="S13-2"),
        ArchiveField("other_conditions", clause="S13-2"),
    ),
    clause="S13-2",
)

# S07-32: what warns of a complaint; of its figures no regulation says anything.
SIGNALS = (
    SignalRule("repeated_trouble", "repairs", days=30, times=3, escalations=LED, clause="S07-32"),
    SignalRule("repeated_complaints", "complaints", days=90, times=2, escalations=LED, clause="S07-32"),
    SignalRule("outage", "outage", act_within=Hours(4), escalations=LED, clause="S07-32"),
    SignalRule("order_ends", "order_ends", days=5, act_within=Days(1), escalations=LED, clause="S07-32"),
    SignalRule("score_low", "score_low", days=30, escalations=LED, clause="S09-2"),
    SignalRule("score_falls", "score_falls", days=30, points=20, act_within=Days(2), escalations=LED, clause="S07-32"),
    SignalRule("contact_overdue", "contact_missed", act_within=Days(3), escalations=LED, clause="S07-32"),
)

EVENT, GIFT = PlannedMeasure("event"), PlannedMeasure("gift")


def _relationship(tier: str, *measures: PlannedMeasure) -> RelationshipTemplate:
    return RelationshipTemplate(f"{tier}_relationship", measures, KEY, tier, clause="S01-5")


GENERAL = Pack(
    name="general",
    regulation="S01, S10, S13",
    customer_kinds=(CUSTOMER, EMPLOYEE, PARTNER),  # S10-1
    settings=SETTINGS,
    schemes=(CUSTOMERS, EMPLOYEES, PARTNERS),
    service_items=SERVICE_ITEMS,
    entitlements=ENTITLEMENTS,
    activities=(  # S10-6, S13-4: attending uses what the tier is entitled to
        ActivityKind("lecture", item="vip_event", companions_max=1, clause="S10-6"),
        ActivityKind("seminar", item="vip_event", clause="S10-6"),
        ActivityKind("round_table", item="vip_event", clause="S10-6"),
        ActivityKind("forum", item="vip_event", clause="S13-7"),
        ActivityKind("gala", item="vip_event", companions_max=1, clause="S13-7"),
        ActivityKind("travel", item="vip_event", companions_max=1, answer_hours=72, clause="S13-7"),
        ActivityKind("promotion", companions_max=2, clause="S13-7"),
        ActivityKind("bespoke_event", item="bespoke_event", companions_max=5, clause="S01-6"),
    ),
    invitations=(  # S13-7: regularly, which the regulation leaves open
        InvitationRhythm(
            "gatherings", ("forum", "gala", "travel"), KEY, (DIAMOND, PLATINUM), span="quarter", clause="S13-7"
        ),
        InvitationRhythm(
            "yearly_gathering", ("forum", "gala", "travel"), KEY, (GOLD,), span="year", plan_days=90, clause="S13-7"
        ),
        InvitationRhythm("promotions", ("promotion",), KEY, (DIAMOND, PLATINUM, GOLD), span="quarter", clause="S13-7"),
    ),
    head_starts=(  # S01-6
        HeadStart(KEY, DIAMOND, 72, clause="S01-6"),
        HeadStart(KEY, PLATINUM, 48, clause="S01-6"),
        HeadStart(KEY, GOLD, 24, clause="S01-6"),
    ),
    approvals=(
        ApprovalFlow(
            "vip_registration",
            subject="application",
            steps=(ApprovalStep("manager", within=Days(3)),),
            clause="S13-2",
        ),
    ),
    forms=(REGISTRATION,),
    cadences=(
        Cadence(KEY, DIAMOND, "month", clause="S01-3"),
        Cadence(KEY, PLATINUM, "month", clause="S01-3"),
        Cadence(KEY, GOLD, "quarter", clause="S01-3"),
    ),
    relationships=(  # S01-5: visits and events of their own, more of them the higher the tier
        _relationship(DIAMOND, PlannedMeasure("visit", "month"), PlannedMeasure("event", times=2), GIFT),
        _relationship(PLATINUM, PlannedMeasure("visit", "quarter"), PlannedMeasure("call", "month"), EVENT, GIFT),
        _relationship(GOLD, PlannedMeasure("visit", "quarter"), EVENT),
    ),
    care=CarePolicy(
        occasions=(
            CareOccasion("birthday", "birthday", gifts=("card",), tiers=(DIAMOND, PLATINUM, GOLD), clause="S01-3"),
        )
    ),
    signals=SIGNALS,
    visits=VisitPolicy(levels=(VisitLevel("manager", clause="S09-6"),), clause="S09-3"),  # figures are defaults
    hotline=HotlinePolicy(  # S01-7: day and night
        routes=(
            HotlineRoute("vip_desk", KEY, (DIAMOND,), skips_menu=True, priority=90, greeting="vip", clause="S01-7"),
            HotlineRoute("vip_desk", KEY, (PLATINUM, GOLD), priority=70, greeting="vip", clause="S01-7"),
        ),
        clause="S01-7",
    ),
    texts=load(files("guibin") / "texts" / "general"),
)
