"""The key-account regulation of a cable-TV company, in its own order (S07)."""

from importlib.resources import files

from guibin import (
    AT_ONCE,
    AnyOf,
    ApprovalFlow,
    ApprovalStep,
    ArchiveField,
    ArchiveRule,
    AtLeast,
    Cadence,
    CareOccasion,
    CarePolicy,
    ClosingPolicy,
    ComplaintPolicy,
    ContactPolicy,
    Days,
    DepartmentTask,
    Deputy,
    Dimension,
    Duty,
    Entitlement,
    Escalation,
    Evidence,
    FieldIs,
    Form,
    Hours,
    InPlace,
    Keywords,
    Kpi,
    Level,
    Material,
    Metric,
    Milestone,
    Pack,
    PlanPolicy,
    QuestionPolicy,
    ReminderPolicy,
    RenewalPolicy,
    ReviewRhythm,
    ServiceItem,
    ServiceRhythm,
    SignalRule,
    StepLimit,
    Tier,
    TierLimit,
    TierScheme,
    TierTime,
    TimeLimit,
    TrialPolicy,
    VisitLevel,
    VisitPolicy,
    Where,
    load,
)

from .hotline import HOTLINE

LEADER, PARTNER, GROUP = "leader", "partner", "group"

FIELDS = (  # S07-24, S07-25
    ArchiveField("identity_number", "identity_number", "confidential", searchable=True, clause="S07-24"),
    ArchiveField("smart_card_number", "text", "confidential", searchable=True, chars_max=32, clause="S07-24"),
    ArchiveField("device_number", "text", "confidential", searchable=True, chars_max=32, clause="S07-24"),
    ArchiveField("network", "choice", choices=("two_way", "one_way", "off_network"), clause="S07-20"),
    ArchiveField("special_contribution", "text", clause="S07-17"),
)

# The regulation names kinds, not figures: these bounds are a default that the company sets for itself.
SCHEME = TierScheme(
    "key_account",
    customer_kinds=(LEADER, PARTNER, GROUP),
    metrics=(
        Metric("spending_1y", fact="spending", aggregate="sum", months=12),
        Metric("terminals", fact="terminals", aggregate="last", months=0, unit="terminals"),
        Metric("tenure", fact="tenure", aggregate="last", months=0, unit="months"),
    ),
    value_score=(  # S01-1, S09-4
        Dimension("spending_1y", 50, 0, 1_500_000, "spending_level"),
        Dimension("terminals", 30, 0, 80, "contribution"),
        Dimension("tenure", 20, 0, 120, "loyalty"),
    ),
    tiers=(
        Tier("key", AnyOf((AtLeast("spending_1y", 1_000_000), AtLeast("terminals", 50))), clause="S07-1"),
        Tier("important", AnyOf((AtLeast("spending_1y", 300_000), AtLeast("terminals", 10))), clause="S07-1"),
        Tier("standard", AtLeast("spending_1y", 0), clause="S07-1"),
    ),
    approval="special_user",
    clause="S07-1",
)

TOLD = (Escalation("account_manager"), Escalation("manager", 30), Escalation("tenant_admin", 120))
LED = (Escalation("manager"), Escalation("tenant_admin", 60))
VIP = ("key", "important", "standard")
# S07-5: whose applications are signed sooner, and whose questions are answered sooner, which the regulation gives no figures for.
SIGNED_SOONER = (TierLimit(VIP, Hours(8)),)
ANSWERED_SOONER = (TierLimit(VIP, Hours(4)),)
ON_SITE = (  # S07-19: the manager goes along, asks the customer, and rates the installer
    Evidence("on_site", ("result", "accompanied_by", "reaction")),
    Evidence("rating", ("rating",)),
    Evidence("revisit", ("reaction",)),
)
# S07-34: the regulation says that it is made sure and filed, and gives no figures; told in time, within the hour.
FOLLOWED = (
    StepLimit("informed", Hours(1), escalations=TOLD, clause="S07-20"),
    StepLimit("watching", Hours(24), escalations=TOLD, clause="S07-34"),
    StepLimit("report", Days(2), escalations=LED, clause="S07-34"),
)
KEY_ACCOUNTS = "key_accounts"

SERVICE_ITEMS = (
    ServiceItem(
        "new_programmes",
        steps=(
            "equipment",
            "activation",
            "informed",
            "appointment",
            "on_site",
            "rating",
            "watching",
            "revisit",
            "report",
        ),
        time_limits=(  # S07-20
            TimeLimit(
                "equipment_present",
                AT_ONCE,
                counted_from="approval",
                when=(FieldIs("equipment", "none"),),
                until="activation",
                skips=("appointment", "on_site", "rating"),
                escalations=TOLD,
            ),
            *(
                TimeLimit(
                    network,
                    Days(days),
                    counted_from="appointment",
                    when=(FieldIs("network", network),),
                    until="on_site",
                    skips=("informed",),
                    escalations=TOLD,
                )
                for network, days in (("two_way", 0), ("one_way", 3))
            ),
            TimeLimit(
                "off_network",
                Days(5),
                counted_from="appointment",
                until="on_site",
                skips=("informed",),
                escalations=TOLD,
            ),
        ),
        approval="new_programmes",
        form="special_user_application",
        sold=True,
        evidence=(*ON_SITE, Evidence("watching", ("result",))),
        step_limits=FOLLOWED,
        filed_with=KEY_ACCOUNTS,
        clause="S07-17",
    ),
    ServiceItem("renewal", steps=("activation", "revisit", "report"), approval="renewal", sold=True, clause="S07-18"),
    ServiceItem(  # The regulation says faster than for ordinary customers; the figures are a default.
        "maintenance",
        steps=("appointment", "on_site", "rating", "revisit", "report"),
        time_limits=(
            TimeLimit("vip_fault", Hours(12), tiers=VIP, until="on_site", escalations=TOLD),
            TimeLimit("ordinary_fault", Hours(24), until="on_site", escalations=TOLD),
        ),
        evidence=(*ON_SITE, Evidence("revisit", ("signature",))),  # S07-12: a concrete problem was settled
        step_limits=(StepLimit("report", Days(2), escalations=LED, clause="S07-34"),),
        filed_with=KEY_ACCOUNTS,
        clause="S07-5",
    ),
    ServiceItem(
        "enquiry",
        steps=("answer", "report"),
        time_limits=(
            TimeLimit("vip_enquiry", Hours(1), tiers=VIP, until="answer", escalations=TOLD),
            TimeLimit("ordinary_enquiry", Hours(8), until="answer", escalations=TOLD),
        ),
        evidence=(Evidence("answer", ("result",)),),
        clause="S07-5",
    ),
    ServiceItem(
        "errand",
        steps=("appointment", "on_site", "report"),
        form="errand",
        evidence=(Evidence("on_site", ("result", "reaction")),),
        clause="S07-13",
    ),
    ServiceItem(
        "on_site_care",
        steps=("appointment", "on_site", "report"),
        evidence=(Evidence("on_site", ("result", "reaction")),),
        clause="S07-13",
    ),
    ServiceItem("desk", at_desks=True, clause="S07-3"),
    ServiceItem("free_trial", steps=("activation", "revisit"), clause="S07-7"),
)

ENTITLEMENTS = (
    *(Entitlement("key_account", tier, "desk", clause="S07-3") for tier in VIP),
    Entitlement("key_account", "key", "free_trial", quota=4, period="year", clause="S07-7"),
    Entitlement("key_account", "important", "free_trial", quota=2, period="year", clause="S07-7"),
    Entitlement("key_account", "standard", "free_trial", quota=1, period="year", clause="S07-7"),
    Entitlement("key_account", "key", "errand", clause="S07-13"),
)

# S10-5, S14-7: a prompt answer and a plan against repetition, as in every company; the regulation gives no figures.
FIRST_REPLY = Milestone(
    "first_reply", Hours(2), escalations=(Escalation("manager"),), faster=(TierLimit(VIP, Hours(1)),), clause="S10-5"
)


def _level(name: str, hours: int, key: int, *, asks: str = "", always_follow_up: bool = False) -> Level:
    """`hours` are the regulation's for whoever complains; `key` those of key accounts, which it wants faster without a figure."""
    return Level(
        name,
        Hours(hours),
        faster=(TierTime(("key", "important"), Hours(key)),),  # S07-5
        asks=asks,
        always_follow_up=always_follow_up,
        rectify_within=Days(7),
        milestones=(FIRST_REPLY,),
        escalations=TOLD,
        clause="S07-23",
    )


COMPLAINTS = ComplaintPolicy(  # S07-23: round the clock (S07-2)
    levels=(
        _level("1", 5, 4),
        _level("2", 8, 6, asks="demand"),  # S07-22
        _level("3", 12, 10, asks="demand", always_follow_up=True),
    ),
    default_level="1",
    channels=("phone", "hall", "web", "email", "letter", "visit", "social", "fax"),
    keywords=(
        Keywords("3", ("lawsuit", "attorney", "fraud", "safety", "起诉", "律师", "媒体", "安全", "欺诈", "大面积")),
        Keywords(
            "2",
            (
                "outage",
                "disconnect*",
                "no service",
                "cap",
                "throttl*",
                "contract",
                "中断",
                "停机",
                "无信号",
                "限速",
                "合同",
            ),
        ),
    ),
    causes=("signal", "billing", "equipment", "service_attitude", "installation", "terms", "other"),
    first_tiers=("key",),  # S07-33
    cause_first=True,
    reopen_within_days=30,
    sample_percent=10,  # S07-29
    clause="S07-22",
)

CARE = CarePolicy(
    occasions=(
        CareOccasion("birthday", "birthday", gifts=("flowers", "cake", "card"), visit=True, clause="S07-6"),
        CareOccasion("anniversary", "anniversary", messages=("phone",), clause="S07-6"),
        CareOccasion(
            "festivals",
            "festival",
            messages=("sms", "email"),
            lead_days=3,
            festivals=("new_year", "spring_festival", "dragon_boat", "mid_autumn", "national_day"),
            clause="S07-6",
        ),
    ),
    reminders=ReminderPolicy(lead_days=(15, 3), messages=("sms",), clause="S07-4"),
    renewals=RenewalPolicy(weekday=1, lead_days=7, approval="renewal", clause="S07-18"),
    trials=TrialPolicy(days=30, head_start_days=7, customer_kinds=(LEADER, PARTNER, GROUP), clause="S07-7"),
)

# S07-32: the regulation asks for warning before complaints arise; the figures are a default.
SIGNALS = (
    SignalRule(
        "repeated_trouble", "repairs", days=30, times=2, kinds=("maintenance",), escalations=TOLD, clause="S07-32"
    ),
    SignalRule("outage", "outage", act_within=Hours(1), escalations=TOLD, clause="S07-32"),
    SignalRule("order_ends", "order_ends", days=5, act_within=Hours(24), escalations=TOLD, clause="S07-32"),
    SignalRule("score_low", "score_low", days=30, act_within=Hours(5), escalations=TOLD, clause="S07-32"),
    SignalRule("contact_overdue", "contact_missed", act_within=Days(1), escalations=TOLD, clause="S07-32"),
)

# S07-17: of the approval standard the regulation gives no figures.
STANDARD = (Where("network", one_of=("off_network",)), Where("period_days", at_least=367))
# While no manager is there the company's head decides; the regulation names no deputy.
DEPUTY = (Deputy("tenant_admin"),)

PACK = Pack(
    name="cable_tv",
    in_place=(InPlace("key_customer", "key_account", {"key": "diamond", "important": "platinum", "standard": "gold"}),),
    regulation="四川广电网络 大客户服务管理业务规范",
    customer_kinds=(LEADER, PARTNER, GROUP),  # S07-1: special users are persons, groups are not
    organisations=(GROUP,),
    fields=FIELDS,
    schemes=(SCHEME,),
    service_items=SERVICE_ITEMS,
    service_rhythms=(ServiceRhythm("on_site_care", "month", (GROUP,), clause="S07-13"),),
    entitlements=ENTITLEMENTS,
    complaints=COMPLAINTS,
    department_tasks=(  # S07-21: the regulation gives no figures; an hour to take it up, half a day to answer
        DepartmentTask(
            "green_channel",
            Hours(1),
            Hours(12),
            answer_faster=(TierLimit(("key",), Hours(8)),),  # S07-5
            escalations=LED,
            clause="S07-21",
        ),
        DepartmentTask("suggestion", Hours(24), Days(5), escalations=LED, upward="manager", clause="S07-14"),
        DepartmentTask("demand", Hours(4), Days(1), escalations=LED, upward="manager", clause="S07-14"),
    ),
    duties=(  # S07-2: day and night; the regulation gives no figures
        Duty(name="on_call", covers="out_of_hours", wanted=True, at_desks=True, escalations=LED, clause="S07-2"),
    ),
    department_contacts=ContactPolicy(clause="S07-30"),
    approvals=(
        ApprovalFlow(  # S07-17
            "special_user",
            subject="application",
            applicants=("account_manager", "agent", "manager", "tenant_admin"),
            steps=(ApprovalStep("manager", within=Hours(24), deputies=DEPUTY, faster=SIGNED_SOONER),),
            clause="S07-17",
        ),
        ApprovalFlow(  # S07-17: signed by the responsible leader
            "new_programmes",
            subject="service_request",
            applicants=("account_manager", "agent", "manager", "tenant_admin"),
            steps=(
                ApprovalStep("manager", within=Hours(24), deputies=DEPUTY, faster=SIGNED_SOONER),
                # The standard: a line of its own, or longer than a year, is the company's to grant.
                ApprovalStep("tenant_admin", within=Hours(24), when=STANDARD, faster=SIGNED_SOONER),
            ),
            clause="S07-17",
        ),
        ApprovalFlow("renewal", subject="renewal", steps=(ApprovalStep("manager", within=Days(5)),), clause="S07-18"),
    ),
    questions=QuestionPolicy(faster=ANSWERED_SOONER, clause="S07-5"),
    cadences=(Cadence("key_account", "", "month", 1, clause="S07-2"),),
    reviews=(ReviewRhythm("weekly_review", "week", clause="S07-9"),),
    archive_rules=tuple(  # S07-10: no error; S07-26: timely, consistent, continuous, valid, accurate
        ArchiveRule(name, clause="S07-10")
        for name in ("missing_phone", "duplicate", "implausible_birthday", "implausible_identity_number")
    ),
    closing=ClosingPolicy(clause="S07-35"),
    visits=VisitPolicy(signature_when_settling=True, levels=(VisitLevel("manager", clause="S09-6"),), clause="S07-12"),
    plans=PlanPolicy(spans=("month", "week"), reviewed_by="manager", clause="S07-14"),
    care=CARE,
    signals=SIGNALS,
    kpis=(
        Kpi("complaints_foreseen", "complaints_foreseen", "complaints_of_customers", 300, "above", clause="S07-16"),
        Kpi("complaints_in_time", "complaints_resolved_in_time", "complaints_due", 950, "above", clause="S07-16"),
        Kpi("complaint_rate", "complaints_received", "customers", 50, "below", clause="S07-16"),
        Kpi("reviews_done", "reviews_done", "reviews_due", 1_000, "above", clause="S07-9"),
    ),
    forms=(
        Form(
            "special_user_application",
            fields=(
                ArchiveField("customer_kind", "choice", choices=(LEADER, PARTNER, GROUP), required=True),
                ArchiveField("special_contribution", "text", required=True),
                ArchiveField("network", "choice", choices=("two_way", "one_way", "off_network"), required=True),
                ArchiveField("reason", required=True),
                ArchiveField("equipment", "choice", choices=("set_top_box", "smart_card", "none"), required=True),
                ArchiveField("programmes", required=True),
                ArchiveField("starts_on", "date", required=True),
                ArchiveField("ends_on", "date", required=True),
            ),
            periods=(("starts_on", "ends_on"),),
            clause="S07-17",
        ),
        Form(
            "errand",
            fields=(
                ArchiveField("what", "choice", choices=("set_top_box", "smart_card", "payment"), required=True),
                ArchiveField("details"),
            ),
            clause="S07-13",
        ),
    ),
    materials=(  # S07-31
        Material("service_guide", clause="S07-31"),
        Material("programme_guide", clause="S07-31"),
        Material("gift_pack", "article", clause="S07-31"),
        Material("demonstration", "demonstration", clause="S07-31"),
    ),
    hotline=HOTLINE,
    topics=("programmes", "broadband", "set_top_boxes"),  # S02-2, S02-3: what a customer may decline to hear about
    texts=load(files("guibin_cable_tv") / "texts"),
)
