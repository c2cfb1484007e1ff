"""Who decides and who helps: approvals by office, and what departments ask of each other (S04-4, S08-4, S08-5, S12)."""

from guibin import ApprovalFlow, ApprovalStep, BusinessDays, BusinessHours, Days, DepartmentTask, Escalation

BRANCH, HEAD_OFFICE = "manager", "tenant_admin"
SERVING = ("account_manager", "agent", "manager")

APPROVALS = tuple(
    ApprovalFlow(
        name,
        subject,
        steps=tuple(ApprovalStep(office, within=Days(days)) for office, days in steps),
        applicants=applicants,
        clause=clause,
    )
    for name, subject, applicants, steps, clause in (
        # A branch sends it up, the head office approves.
        ("vip_card", "application", SERVING, ((BRANCH, 2), (HEAD_OFFICE, 3)), "S08-4"),
        ("corporate_list", "assessment", (), ((BRANCH, 10), (HEAD_OFFICE, 10)), "S04-2"),
        ("corporate_adjustment", "application", SERVING, ((BRANCH, 5), (HEAD_OFFICE, 5)), "S04-4"),
        ("international_rating", "application", SERVING, ((HEAD_OFFICE, 5),), "S04-6"),
        ("relaxed_threshold", "application", SERVING, ((HEAD_OFFICE, 5),), "S12-3"),
    )
)

# S08-5 gives each department its part and no figures.
_LED = (Escalation("manager"), Escalation("tenant_admin", 240))
DEPARTMENT_TASKS = tuple(
    DepartmentTask(name, BusinessHours(4), BusinessDays(days), calendar="business", escalations=_LED, clause="S08-5")
    for name, days in (
        ("publicity", 10),
        ("executive_card_review", 3),
        ("card_ordering", 10),
        ("systems", 10),
        ("accounting", 5),
        ("cost_management", 5),
        ("training", 20),
    )
)
