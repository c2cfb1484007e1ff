"""Guests of honour of a hotel: classes, qualification by stays, posts, applicants and approvers (S11)."""

from importlib.resources import files

from guibin import (
    AnyOf,
    ApprovalFlow,
    ApprovalStep,
    ArchiveField,
    AtLeast,
    Cadence,
    Dimension,
    InPlace,
    Metric,
    Pack,
    Post,
    Setting,
    Tier,
    TierScheme,
    load,
)

from .receptions import FORMS, QUALIFIED, RECEPTION, STAYS

GUEST, COMPANY = "guest", "company"
GUESTS, COMMERCIAL = "guests_of_honour", "commercial"

CHAIRMAN, GENERAL = "group_chairman", "general_manager"
RESIDENT, SALES = "resident_manager", "pr_sales_manager"
DEPARTMENT, SUPERVISOR = "department_manager", "front_desk_supervisor"
# Each with everybody above.
DEPARTMENT_UP = (DEPARTMENT, SALES, RESIDENT, GENERAL, CHAIRMAN)
SUPERVISOR_UP = (SUPERVISOR, *DEPARTMENT_UP)

POSTS = (
    Post(CHAIRMAN, clause="S11-2"),
    Post(GENERAL, clause="S11-2"),
    Post(RESIDENT, clause="S11-2"),
    Post(SALES, clause="S11-2"),
    Post(DEPARTMENT, clause="S11-4"),
    Post(SUPERVISOR, role="account_manager", clause="S11-5"),
)


def _flow(name: str, applicants: tuple[str, ...], approver: str, *others: str, clause: str) -> ApprovalFlow:
    step = ApprovalStep(approver, others=others)
    return ApprovalFlow(name, subject="reception", applicants=applicants, steps=(step,), clause=clause)


APPROVALS = (
    _flow("va", (GENERAL, RESIDENT, SALES), CHAIRMAN, GENERAL, clause="S11-2"),
    _flow("vb", (RESIDENT, SALES), GENERAL, clause="S11-3"),
    _flow("vc", DEPARTMENT_UP, RESIDENT, clause="S11-4"),
    _flow("vd", SUPERVISOR_UP, SALES, clause="S11-5"),
    # The regulation names the class and nobody who approves it: as for VC.
    _flow("cip", DEPARTMENT_UP, RESIDENT, clause="S11-8"),
    _flow("reception_plan", (), GENERAL, RESIDENT, clause="S11-6"),
)

# Full rate and deluxe rooms are the hotel's own: a stay counts at this rate a night or more, cancelled bookings never.
SETTINGS = (
    Setting("full_rate", 68_000, clause="S11-5"),
    Setting("deluxe_rooms", unit="rooms", words=("deluxe", "suite"), clause="S11-5"),
)

SCHEMES = (
    TierScheme(  # S11-1: from high to low, each given by application to its own approver
        GUESTS,
        customer_kinds=(GUEST, COMPANY),
        metrics=(),
        tiers=(
            Tier("va", clause="S11-2"),
            Tier("vb", approval="vb", clause="S11-3"),
            Tier("vc", approval="vc", clause="S11-4"),
            Tier("vd", approval="vd", clause="S11-5"),
        ),
        approval="va",
        clause="S11-1",
    ),
    TierScheme(  # S11-8
        COMMERCIAL,
        customer_kinds=(GUEST, COMPANY),
        metrics=(),
        tiers=(Tier("cip", clause="S11-8"),),
        approval="cip",
        clause="S11-8",
    ),
    TierScheme(  # S11-5: who may be put up for VD because of their stays
        STAYS,
        customer_kinds=(GUEST, COMPANY),
        metrics=(
            Metric(
                "deluxe_stays",
                fact="stay",
                aggregate="count",
                months=0,
                unit="times",
                at_least="full_rate",
                labels_of="deluxe_rooms",
            ),
            Metric("full_rate_stays", fact="stay", aggregate="count", months=0, unit="times", at_least="full_rate"),
            Metric("highest_rate", fact="stay", aggregate="max", months=0),
        ),
        tiers=(Tier(QUALIFIED, AnyOf((AtLeast("deluxe_stays", 3), AtLeast("full_rate_stays", 10))), clause="S11-5"),),
        approval="vd",
        on_fact=True,
        told=(SUPERVISOR, SALES),
        value_score=(  # S01-1, S09-4: what the hotel may count of a guest
            Dimension("full_rate_stays", 50, 0, 20, "loyalty"),
            Dimension("deluxe_stays", 30, 0, 10, "spending_level"),
            Dimension("highest_rate", 20, 0, 200_000, "contribution"),
        ),
        clause="S11-5",
    ),
)

PACK = Pack(
    name="hotel",
    in_place=(
        InPlace("key_customer", GUESTS, {"va": "diamond", "vb": "platinum", "vc": "gold", "vd": "gold"}),
        InPlace("key_customer", COMMERCIAL, {"cip": "platinum"}),
    ),
    regulation="VIP接待",
    posts=POSTS,
    customer_kinds=(GUEST, COMPANY),
    organisations=(COMPANY,),
    fields=(
        ArchiveField("title", "text", chars_max=100, clause="S11-7"),
        ArchiveField("room_preference", "text", clause="S11-7"),
        ArchiveField("diet", "text", confidentiality="confidential", clause="S11-7"),
        ArchiveField("mobility", "text", confidentiality="confidential", clause="S11-7"),
        ArchiveField("security_needs", "text", confidentiality="confidential", clause="S11-7"),
        ArchiveField("language", "text", chars_max=100, clause="S11-7"),
    ),
    settings=SETTINGS,
    schemes=SCHEMES,
    approvals=APPROVALS,
    cadences=(  # S01-3: nobody telephones a head of state; whoever comes often hears from the hotel
        Cadence(GUESTS, "vc", "year", clause="S01-3"),
        Cadence(GUESTS, "vd", "quarter", clause="S01-3"),
        Cadence(COMMERCIAL, "cip", "quarter", clause="S01-3"),
    ),
    reception=RECEPTION,
    forms=FORMS,
    topics=("dining", "rooms"),  # S02-2, S02-3: what a customer may decline to hear about
    texts=load(files("guibin_hotel") / "texts"),
)
