"""What every company has before any pack: the generic regulations' least."""

from importlib.resources import files

from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin.policy.cadence import PlannedMeasure, QuestionPolicy, RelationshipTemplate
from guibin.policy.cards import ProofKind
from guibin.policy.complaints import ComplaintPolicy, Level
from guibin.policy.deadlines import Days, Hours
from guibin.policy.departments import DepartmentTask
from guibin.policy.duties import Duty
from guibin.policy.emergencies import EmergencyPolicy
from guibin.policy.looking import UnusualLookRule
from guibin.policy.messages import MessageKind, MessagePolicy
from guibin.policy.milestones import Milestone
from guibin.policy.packs import Pack
from guibin.policy.parts import PolicyPart
from guibin.policy.qualifications import StaffQualification
from guibin.policy.quality import ArchiveRule, ClosingPolicy
from guibin.policy.surveys import SurveyPolicy
from guibin.policy.terms import Escalation
from guibin.policy.texts import load
from guibin.policy.workstreams import WORKSTREAMS

from .receptions import APPROVAL, OFFICER, RECEPTION

# S10-5, S10-8: prompt, which the regulation leaves open; opinions are answered as complaints are.
FIRST_REPLY = Milestone("first_reply", Hours(4), escalations=(Escalation("manager"),), clause="S10-5")
LEADERS = (Escalation("manager"), Escalation("tenant_admin", 240))

# Whoever refuses `care` gets neither greetings nor gifts, whoever refuses `news` hears of nothing new.
MESSAGES = MessagePolicy(
    kinds=(
        MessageKind("birthday", purpose="care"),
        MessageKind("anniversary", purpose="care"),
        MessageKind("festival", purpose="care"),
        MessageKind("order_ends"),
        MessageKind("new_service", purpose="news"),
        MessageKind("survey", purpose="survey"),
        MessageKind("invitation", purpose="activities", clause="S10-6"),
    ),
    staff_notices=(
        "deadline_warned",
        "deadline_breached",
        "deadline_escalated",
        "deadline_passed_up",
        "reply_late",
        "reply_escalated",
        "plan_late",
        "plan_escalated",
        "call_missed",
        "need_open",
        "signal_open",
        "signal_late",
        "signal_escalated",
        "survey_low",
        "survey_near_leap",
        "satisfaction_below",
        "satisfaction_not_better",
        "visit_overdue",
        "visit_unsigned",
        "case_unsigned",
        "service_step_skipped",
        "message_failed",
        "message_quota",
        "webhook_gone",
        "webhook_failing",
    ),
)

# S01-13: whoever serves must know what changes; who changes it is the company's to say, its admins until then.
_SERVING = ("manager", "account_manager", "agent")
PARTS = tuple(
    PolicyPart(name, covers, ("tenant_admin",), concerns=concerns, clause="S01-13")
    for name, covers, concerns in (
        ("standards", ("schemes", "settings", "enabled_schemes"), ("manager", "account_manager")),
        ("services", ("service_items", "entitlements", "head_starts", "topics"), _SERVING),
        ("cards", ("cards", "proofs"), _SERVING),
        ("relations", ("cadences", "relationships", "reviews", "registers", "plans", "questions"), _SERVING[:2]),
        ("care_and_events", ("care", "messages", "activities", "surveys"), _SERVING[:2]),
        ("complaints", ("complaints", "signals", "hotline", "closing", "department_tasks"), _SERVING),
        ("receptions", ("reception",), _SERVING),
        ("order", ("approvals", "posts", "parts", "fields", "kpis", "automations", "switched_off"), ("manager",)),
    )
)

CORE = Pack(
    name="core",
    regulation="S01, S09, S10, S13, S14",
    posts=(OFFICER,),
    parts=PARTS,
    complaints=ComplaintPolicy(  # S10-5
        levels=(
            Level(
                "standard",
                resolve_within=Hours(24),
                rectify_within=Days(7),  # S14-7: within the set time, which the regulation leaves open
                escalations=(Escalation("manager"),),
                milestones=(FIRST_REPLY,),
                clause="S10-5",
            ),
        ),
        centre=("reception_officer",),  # S14-7
        default_level="standard",
        clause="S10-5",
    ),
    proofs=(ProofKind("card", by="card"), ProofKind("e_card", by="e_card")),
    department_tasks=(  # S01-8: other departments assess and assist; the regulation gives no figures
        DepartmentTask("assessment", Hours(8), Days(5), escalations=LEADERS, clause="S01-8"),
        DepartmentTask("assistance", Hours(4), Days(2), escalations=LEADERS, clause="S01-8"),
        DepartmentTask("suggestion", Hours(24), Days(5), escalations=LEADERS, upward="manager", clause="S01-8"),
        DepartmentTask("demand", Hours(8), Days(2), escalations=LEADERS, upward="manager", clause="S01-8"),
    ),
    duties=(  # S14-9: while the company receives, full-time staff of the centre are on duty
        Duty(
            name="reception_centre",
            serves="receptions",
            covers="hours",
            full_time=True,
            wanted=True,
            clause="S14-9",
        ),
    ),
    qualifications=(  # S10-9: of which training, and how often, the regulation gives no figures
        StaffQualification(
            name="service_training", posts=("account_manager", "agent"), asked_every="year", clause="S10-9"
        ),
    ),
    relationships=(  # S01-5: the regulation names visits and events, no figures
        RelationshipTemplate(
            "relationship",
            (PlannedMeasure("visit", "quarter"), PlannedMeasure("event"), PlannedMeasure("gift")),
            clause="S01-5",
        ),
    ),
    questions=QuestionPolicy(clause="S13-5"),
    approvals=(
        ApprovalFlow("exception", subject="application", steps=(ApprovalStep("manager"),), clause="S13-2"),
        APPROVAL,
    ),
    reception=RECEPTION,
    archive_rules=(  # S14-2: regularly updated, accurate, complete
        ArchiveRule("missing_phone", clause="S10-3"),
        ArchiveRule("nobody_responsible", clause="S10-4"),
        ArchiveRule("duplicate", clause="S14-2"),
        ArchiveRule("implausible_birthday", clause="S14-2"),
        ArchiveRule("implausible_identity_number", clause="S14-2"),
        ArchiveRule("untouched", months=12, clause="S14-2"),
    ),
    closing=ClosingPolicy(clause="S14-2"),
    emergency=EmergencyPolicy(clause="S02-6"),
    unusual_looks=(  # S02-6: files are internal secrets, also inside; the regulation gives no figures
        UnusualLookRule(name="outside_care", at_least=10, roles=("manager", "tenant_admin"), clause="S02-6"),
        UnusualLookRule(name="many_in_an_hour", at_least=30, clause="S02-6"),
        UnusualLookRule(name="out_of_hours", at_least=5, from_hour=22, to_hour=6, clause="S02-6"),
        UnusualLookRule(name="same_surname", at_least=3, clause="S02-6"),
        UnusualLookRule(name="before_leaving", at_least=20, days=14, clause="S02-6"),
        UnusualLookRule(name="own_relative", clause="S02-6"),
        UnusualLookRule(name="many_refused", at_least=5, clause="S02-6"),
        UnusualLookRule(name="emergency_not_justified", clause="S02-6"),
    ),
    workstreams=WORKSTREAMS,
    messages=MESSAGES,
    surveys=(SurveyPolicy("satisfaction", questions=("overall_satisfaction",), sample_percent=20, clause="S01-11"),),
    texts=load(files("guibin") / "texts"),
)
