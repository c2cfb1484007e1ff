"""Who decides and who helps: approvals by office, and what departments ask of each other (S04-4, S08-4, S08-5, S12)."""

from guibin import (
    ApprovalFlow,
    ApprovalStep,
    BusinessDays,
    BusinessHours,
    Days,
    DepartmentTask,
    Escalation,
    InspectionPolicy,
    PlanReview,
    PolicyPart,
    Post,
    Where,
)

BRANCH, PERSONAL, CORPORATE = "branch_head", "personal_department", "corporate_department"
INTERNATIONAL, CARDS, PRESIDENT = "international_department", "card_department", "president"
SMALL_BUSINESS = "small_business_centre"
POSTS = tuple(map(Post, (PRESIDENT, CORPORATE, SMALL_BUSINESS, PERSONAL, INTERNATIONAL, CARDS, BRANCH)))
SERVING = ("account_manager", "agent", "manager")
# Nobody below the head office decides what holds for the whole bank, whatever the policy says.
_WHOLE = ("corporate_list", "extra_indicator", "corporate_standard")

APPROVALS = tuple(
    ApprovalFlow(
        name,
        subject,
        steps=tuple(
            ApprovalStep(
                office,
                Days(days),
                # S08-7: executives of small businesses are the small-business centre's to review.
                others=(SMALL_BUSINESS,) if (name, office) == ("executive_card", CORPORATE) else (),
                level=None if name in _WHOLE else int(office == BRANCH),
            )
            for office, days in steps
        ),
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
        ("extra_indicator", "indicator", ("manager",), ((CARDS, 10),), "S12-2"),
        ("corporate_standard", "policy_proposal", (), ((PRESIDENT, 10),), "S04-4"),
    )
)

# S04-4, S04-7, S08-4: marketing and service plans are reviewed by the department of their aspect, its own by the president.
# S08-5: the finance department accounts for what is spent on personal VIPs, so that plans for them say what they will cost.
PLAN_FLOWS = tuple(
    ApprovalFlow(
        f"{name}_plan", "plan_review", (ApprovalStep(office, Days(5), others=(PRESIDENT,), level=0),), clause=clause
    )
    for name, office, clause in (
        ("corporate", CORPORATE, "S04-4"),
        ("personal", PERSONAL, "S08-4"),
        ("international", INTERNATIONAL, "S04-7"),
        ("executive", PERSONAL, "S04-7"),
    )
)
PLAN_REVIEWS = (
    *(
        PlanReview(
            f"{name}_campaign",
            "campaign",
            f"{name}_plan",
            (Where("scheme", one_of=(scheme,)),),
            budgeted=name == "personal",
            clause=clause,
        )
        for name, scheme, clause in (
            ("corporate", "corporate_vip", "S04-4"),
            ("personal", "personal_vip", "S08-4"),
            ("international", "international_business", "S04-7"),
        )
    ),
    PlanReview(
        "executive_activity",
        "activity",
        "executive_plan",
        (Where("kind", one_of=("executive_salon",)),),
        clause="S04-7",
    ),
    PlanReview(
        "personal_activity",
        "activity",
        "personal_plan",
        (Where("kind", one_of=("wealth_seminar",)),),
        budgeted=True,
        clause="S08-4",
    ),
    PlanReview(
        "corporate_service",
        "relationship_plan",
        "corporate_plan",
        (Where("tier", one_of=("exclusive",)),),
        clause="S04-4",
    ),
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

# S08-6: what is inspected and how often is the bank's to say; archives, cards by real name, and how complaints were dealt with.
INSPECTIONS = tuple(
    InspectionPolicy(
        name=name,
        subject=subject,  # type: ignore[arg-type]  # mypy takes the literals of the tuple for plain text
        every=every,  # type: ignore[arg-type]  # as above
        sample=sample,
        by=PERSONAL,
        criteria=criteria,
        escalations=(Escalation(BRANCH), Escalation(PERSONAL, 480), Escalation(PRESIDENT, 2_400)),
        clause="S08-6",
    )
    for name, subject, every, sample, criteria in (
        ("archives", "archive", "quarter", 5, ("complete", "registered_monthly", "kept_secret")),
        ("risk_control", "card", "month", 3, ("real_name", "conditions_met", "approved_in_time")),
        ("complaint_handling", "complaint", "month", 3, ("answered_in_time", "cause_analysed", "remedy_given")),
    )
)

# S08-5 gives each department its part and no figures: these are the working days to answer in. S08-6: market surveys and
# development of services; S08-7: the team of account managers is built up and trained.
_DAYS = {
    "S08-5": {
        "publicity": 10,
        "executive_card_review": 3,
        "card_ordering": 10,
        "systems": 10,
        "accounting": 5,
        "cost_management": 5,
    },
    "S08-6": {"market_survey": 20, "service_development": 30},
    "S08-7": {"training": 20, "team_building": 20},
}
_LED = (Escalation("manager"), Escalation("tenant_admin", 240))
DEPARTMENT_TASKS = tuple(
    DepartmentTask(name, BusinessHours(4), BusinessDays(days), calendar="business", escalations=_LED, clause=clause)
    for clause, tasks in _DAYS.items()
    for name, days in tasks.items()
)
