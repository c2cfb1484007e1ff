"""Who decides and who helps: approvals by office, and what departments ask of each other (S04-4, S08-4, S08-5, S12)."""

from guibin import (
    ApprovalFlow,
    ApprovalStep,
    BusinessDays,
    BusinessHours,
    Days,
    DepartmentTask,
    Escalation,
    PolicyPart,
    Post,
)

BRANCH, PERSONAL, CORPORATE = "branch_head", "personal_department", "corporate_department"
INTERNATIONAL, CARDS, PRESIDENT = "international_department", "card_department", "president"
POSTS = tuple(map(Post, (PRESIDENT, CORPORATE, PERSONAL, INTERNATIONAL, CARDS, BRANCH)))
SERVING = ("account_manager", "agent", "manager")

APPROVALS = tuple(
    ApprovalFlow(
        name,
        subject,
        steps=tuple(ApprovalStep(office, Days(days), level=int(office == BRANCH)) for office, days in steps),
        applicants=applicants,
        clause=clause,
    )
    # S04-3: offices sit in the head office (level 0), heads of branches directly under it (1), no lower.
    for name, subject, applicants, steps, clause in (
        ("vip_card", "application", SERVING, ((BRANCH, 2), (PERSONAL, 3)), "S08-4"),
        ("personal_card", "card_application", SERVING, ((BRANCH, 2), (PERSONAL, 3)), "S08-4"),
        ("executive_card", "card_application", SERVING, ((CORPORATE, 3), (PERSONAL, 3)), "S04-5"),
        ("cooperative_card", "card_application", SERVING, ((BRANCH, 2),), "S12-6"),
        ("card_quantity", "card_request", (), ((CARDS, 5),), "S12-6"),
        ("corporate_list", "assessment", (), ((CORPORATE, 10), (PRESIDENT, 10)), "S04-2"),
        ("corporate_adjustment", "application", SERVING, ((BRANCH, 5), (CORPORATE, 5)), "S04-4"),
        ("corporate_gold", "application", SERVING, ((BRANCH, 5),), "S04-3"),
        ("international_rating", "application", SERVING, ((INTERNATIONAL, 5),), "S04-6"),
        ("relaxed_threshold", "application", SERVING, ((CARDS, 5),), "S12-3"),
        ("extra_indicator", "indicator", SERVING, ((CARDS, 10),), "S12-2"),
        ("corporate_standard", "policy_proposal", (), ((PRESIDENT, 10),), "S04-4"),
    )
)

# S04-4: the corporate department drafts, the president puts in force; S08-4, S04-6: the others set their own.
_MUST_COMPLY = (BRANCH, "account_manager")
PARTS = tuple(
    PolicyPart(name, covers, (office,), approval=approval, concerns=_MUST_COMPLY, clause=clause)
    for name, office, approval, clause, covers in (
        (
            "corporate_standards",
            CORPORATE,
            "corporate_standard",
            "S04-4",
            (
                *(f"{section}.corporate_vip" for section in ("schemes", "entitlements", "cadences")),
                "settings.corporate_*",
                *(f"service_items.{item}" for item in ("service_team", "financing_priority", "executive_salon")),
            ),
        ),
        (
            "personal_standards",
            PERSONAL,
            "",
            "S08-4",
            (
                *(f"{section}.personal_vip" for section in ("schemes", "entitlements", "cadences", "cards")),
                *(f"settings.{figure}_*" for figure in ("deposit", "transacted", "value", "credit")),
                *(f"service_items.{item}" for item in ("vip_room", "wealth_seminar")),
            ),
        ),
        (
            "international_standards",
            INTERNATIONAL,
            "",
            "S04-6",
            (
                *(f"{section}.international_business" for section in ("schemes", "entitlements", "cadences")),
                "settings.settlement_*",
                "service_items.fx_advice",
            ),
        ),
        (
            "cooperative_standards",
            CARDS,
            "",
            "S12-3",
            (
                *(f"{section}.cooperative_vip" for section in ("schemes", "entitlements", "cadences", "cards")),
                *(f"settings.{figure}_*" for figure in ("demand_deposit", "fixed_deposit")),
            ),
        ),
    )
)

# S08-5 gives each department its part and no figures: these are the working days to answer in.
_DAYS = {"publicity": 10, "executive_card_review": 3, "card_ordering": 10, "systems": 10, "training": 20}
_LED = (Escalation("manager"), Escalation("tenant_admin", 240))
DEPARTMENT_TASKS = tuple(
    DepartmentTask(name, BusinessHours(4), BusinessDays(days), calendar="business", escalations=_LED, clause="S08-5")
    for name, days in {**_DAYS, "accounting": 5, "cost_management": 5}.items()
)
