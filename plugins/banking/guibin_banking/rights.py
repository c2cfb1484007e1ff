"""What each tier is entitled to, the cards that show it, and how often its members hear from their account manager."""

from guibin import (
    ActivityKind,
    Cadence,
    CardKind,
    CardQuota,
    Days,
    Discount,
    Entitlement,
    Escalation,
    InPlace,
    MadeAbove,
    RealName,
    ServiceItem,
    Sponsorship,
)

from .corporate import EXCLUSIVE, INTERNATIONAL, LIST
from .personal import BANK, COOPERATIVE, DIAMOND, GOLD, PLATINUM, VIP

CARDED = (DIAMOND, PLATINUM, GOLD)
SERVICE_ITEMS = (
    ServiceItem("priority_counter", clause="S02-7"),
    ServiceItem("preferential_fee", clause="S02-7"),
    ServiceItem("account_manager", clause="S02-5"),
    ServiceItem("vip_room", clause="S08-1"),
    ServiceItem("wealth_seminar", steps=("invitation", "attendance", "feedback"), clause="S08-4"),
    ServiceItem("service_team", clause="S04-3"),
    ServiceItem("financing_priority", steps=("request", "review", "answer"), clause="S04-4"),
    ServiceItem("executive_salon", steps=("invitation", "attendance", "feedback"), clause="S04-4"),
    ServiceItem("fx_advice", steps=("request", "answer"), clause="S04-6"),
)

# How much of a fee is remitted is the bank's to say.
RATES = {
    ("preferential_fee", tier): Discount(off) for tier, off in ((DIAMOND, 100), (PLATINUM, 50), (GOLD, 30), (VIP, 20))
}

ENTITLEMENTS = (
    tuple(  # so many a year, None without limit: how often is the bank's to say, and how many executives have a card
        Entitlement(scheme, tier, item, quota=quota, discount=RATES.get((item, tier)), clause=clause)
        for scheme, item, clause, quotas in (
            (BANK, "priority_counter", "S02-7", dict.fromkeys(CARDED)),
            (BANK, "account_manager", "S02-5", dict.fromkeys(CARDED)),
            (BANK, "preferential_fee", "S02-7", {DIAMOND: None, PLATINUM: 24, GOLD: 12}),
            (BANK, "vip_room", "S08-1", {DIAMOND: None, PLATINUM: None}),
            (BANK, "wealth_seminar", "S08-4", {DIAMOND: 12, PLATINUM: 4}),
            (COOPERATIVE, "priority_counter", "S12-4", {VIP: None}),
            (COOPERATIVE, "account_manager", "S12-4", {VIP: None}),
            (COOPERATIVE, "preferential_fee", "S12-4", {VIP: 12}),
            (COOPERATIVE, "wealth_seminar", "S13-4", {VIP: 3}),
            (LIST, "service_team", "S04-3", {EXCLUSIVE: None, DIAMOND: None, PLATINUM: None, GOLD: None}),
            (LIST, "financing_priority", "S04-4", {EXCLUSIVE: None, DIAMOND: None, PLATINUM: None}),
            (LIST, "executive_salon", "S04-4", {EXCLUSIVE: 12, DIAMOND: 6, PLATINUM: 2}),
            (INTERNATIONAL, "fx_advice", "S04-6", {DIAMOND: None, PLATINUM: 48, GOLD: 12}),
        )
        for tier, quota in quotas.items()
    )
)

EXECUTIVES = Sponsorship(LIST, tuple(map(CardQuota, (EXCLUSIVE, DIAMOND, PLATINUM, GOLD), (5, 3, 2, 1))))
# S12-8: the provincial union's card centre makes them; it gives no figures for how long that takes.
UNION = MadeAbove(
    "provincial_union",
    Days(5),
    Days(30),
    escalations=(Escalation("card_department"), Escalation("tenant_admin", 1_440)),
    clause="S12-8",
)
CARDS = (
    *(CardKind(f"{tier}_card", BANK, tier, "personal_card", real_name=RealName(), clause="S08-1") for tier in CARDED),
    CardKind("executive_card", BANK, DIAMOND, "executive_card", 36, "", RealName(), EXECUTIVES, clause="S04-5"),
    CardKind(
        "cooperative_card",
        COOPERATIVE,
        VIP,
        "cooperative_card",
        36,
        "card_quantity",
        RealName(),
        made_above=UNION,
        clause="S12-6",
    ),
)

# Each bank's members have the general regulation's rights by their height; what a bank calls its own, it gives itself.
IN_PLACE = (
    InPlace(
        "key_customer",
        BANK,
        {DIAMOND: "diamond", PLATINUM: "platinum", GOLD: "gold"},
        {"vip_event": "wealth_seminar", "priority_passage": "vip_room"},
    ),
    InPlace(
        "key_customer",
        LIST,
        {EXCLUSIVE: "diamond", DIAMOND: "diamond", PLATINUM: "platinum", GOLD: "gold"},
        {"vip_event": "executive_salon"},
    ),
    InPlace("key_customer", COOPERATIVE, {VIP: "gold"}, {"vip_event": "wealth_seminar"}),
)
ACTIVITIES = (
    ActivityKind("wealth_seminar", "wealth_seminar", companions_max=1, clause="S08-4"),
    ActivityKind("executive_salon", "executive_salon", companions_max=2, clause="S04-4"),
)

CADENCES = (
    *(Cadence(BANK, tier, "month", clause="S02-5") for tier in (DIAMOND, PLATINUM)),
    Cadence(BANK, GOLD, "quarter", clause="S02-5"),
    Cadence(LIST, EXCLUSIVE, "month", face_to_face=True, clause="S04-3"),
    Cadence(LIST, DIAMOND, "month", clause="S04-3"),
    *(Cadence(LIST, tier, "quarter", clause="S04-3") for tier in (PLATINUM, GOLD)),
    Cadence(COOPERATIVE, VIP, "quarter", clause="S12-4"),
)
