"""Guibin's public face for industry packs: everything a pack may import."""

from guibin.hookspecs import (
    ComplaintDraft,
    Figure,
    LevelSuggestion,
    Measure,
    PackColumn,
    PackJob,
    PackPage,
    Panel,
    Proposal,
    Reaction,
    Tile,
    hookimpl,
)
from guibin.policy.activities import ActivityKind, HeadStart
from guibin.policy.approvals import ApprovalFlow, ApprovalStep, Deputy, Where
from guibin.policy.cadence import (
    Cadence,
    PlannedMeasure,
    PlanPolicy,
    QuestionPolicy,
    Register,
    RelationshipTemplate,
    ReviewRhythm,
    VisitLevel,
    VisitPolicy,
)
from guibin.policy.cards import CardKind, CardQuota, MadeAbove, ProofKind, RealName, Sponsorship
from guibin.policy.care import CareOccasion, CarePolicy, ReminderPolicy, RenewalPolicy, TrialPolicy
from guibin.policy.complaints import ComplaintPolicy, Keywords, Level, TierTime
from guibin.policy.criteria import AllOf, AnyOf, AtLeast, AtMost, Between, KindIs, LessThan, Metric, MoreThan, NoneOf
from guibin.policy.deadlines import AT_ONCE, AtOnce, BusinessDays, BusinessHours, Days, Hours
from guibin.policy.demonstrations import Demonstration, load_demonstration
from guibin.policy.departments import ContactPolicy, DepartmentTask
from guibin.policy.duties import Duty
from guibin.policy.fields import ArchiveField
from guibin.policy.forms import Form
from guibin.policy.hotline import HotlinePolicy, HotlineRoute
from guibin.policy.inspections import InspectionPolicy
from guibin.policy.kpis import Kpi
from guibin.policy.layers import InPlace
from guibin.policy.materials import Material
from guibin.policy.messages import MessageKind, MessagePolicy
from guibin.policy.milestones import Milestone
from guibin.policy.packs import Pack
from guibin.policy.parts import PolicyPart
from guibin.policy.plan_reviews import PlanReview
from guibin.policy.posts import Post
from guibin.policy.qualifications import StaffQualification
from guibin.policy.quality import ArchiveRule, ClosingPolicy
from guibin.policy.receptions import Protocol, Qualification, ReceptionPolicy, ReceptionTask
from guibin.policy.service_items import (
    Discount,
    Entitlement,
    Evidence,
    FieldIs,
    Pool,
    ServiceItem,
    ServiceRhythm,
    StepLimit,
    TimeLimit,
)
from guibin.policy.settings import Setting
from guibin.policy.signals import SignalRule
from guibin.policy.surveys import SurveyPolicy
from guibin.policy.terms import Escalation
from guibin.policy.texts import Text, load
from guibin.policy.tier_limits import TierLimit
from guibin.policy.tiers import Consequence, Dimension, Tier, TierScheme

__all__ = [
    "AT_ONCE",
    "ActivityKind",
    "AllOf",
    "AnyOf",
    "ApprovalFlow",
    "ApprovalStep",
    "ArchiveField",
    "ArchiveRule",
    "AtLeast",
    "AtMost",
    "AtOnce",
    "Between",
    "BusinessDays",
    "BusinessHours",
    "Cadence",
    "CardKind",
    "CardQuota",
    "CareOccasion",
    "CarePolicy",
    "ClosingPolicy",
    "ComplaintDraft",
    "ComplaintPolicy",
    "Consequence",
    "ContactPolicy",
    "Days",
    "Demonstration",
    "DepartmentTask",
    "Deputy",
    "Dimension",
    "Discount",
    "Duty",
    "Entitlement",
    "Escalation",
    "Evidence",
    "FieldIs",
    "Figure",
    "Form",
    "HeadStart",
    "HotlinePolicy",
    "HotlineRoute",
    "Hours",
    "InPlace",
    "InspectionPolicy",
    "Keywords",
    "KindIs",
    "Kpi",
    "LessThan",
    "Level",
    "LevelSuggestion",
    "MadeAbove",
    "Material",
    "Measure",
    "MessageKind",
    "MessagePolicy",
    "Metric",
    "Milestone",
    "MoreThan",
    "NoneOf",
    "Pack",
    "PackColumn",
    "PackJob",
    "PackPage",
    "Panel",
    "PlanPolicy",
    "PlanReview",
    "PlannedMeasure",
    "PolicyPart",
    "Pool",
    "Post",
    "ProofKind",
    "Proposal",
    "Protocol",
    "Qualification",
    "QuestionPolicy",
    "Reaction",
    "RealName",
    "ReceptionPolicy",
    "ReceptionTask",
    "Register",
    "RelationshipTemplate",
    "ReminderPolicy",
    "RenewalPolicy",
    "ReviewRhythm",
    "ServiceItem",
    "ServiceRhythm",
    "Setting",
    "SignalRule",
    "Sponsorship",
    "StaffQualification",
    "StepLimit",
    "SurveyPolicy",
    "Text",
    "Tier",
    "TierLimit",
    "TierScheme",
    "TierTime",
    "Tile",
    "TimeLimit",
    "TrialPolicy",
    "VisitLevel",
    "VisitPolicy",
    "Where",
    "hookimpl",
    "load",
    "load_demonstration",
]
