"""Guibin's public face for industry packs: everything a pack may import.

What tables, routes, jobs and pages are made of is read when a pack first names it: most commands need none of it.
"""

from importlib import import_module  # noqa: TID251  # every name it finds is imported below, where types are checked
from typing import TYPE_CHECKING, Any

from guibin.hookspecs import (
    ComplaintDraft,
    Figure,
    LevelSuggestion,
    Measure,
    PackColumn,
    PackFigure,
    PackImport,
    PackJob,
    PackPage,
    PackPermission,
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
from guibin.policy.emergencies import EmergencyPolicy
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
from guibin.policy.receptions import GuestNeed, Protocol, Qualification, ReceptionPolicy, ReceptionTask
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

if TYPE_CHECKING:
    from litestar import Controller, delete, get, patch, post, put
    from msgspec import Struct
    from piccolo import columns as column_types

    from guibin.audit.actions import noted
    from guibin.cases import Case
    from guibin.context import Act, Company
    from guibin.events import (
        ApprovalDecided,
        ArchiveEnded,
        ArchiveResumed,
        ArchivesMerged,
        ComplaintHandedOver,
        ComplaintLevelChanged,
        ComplaintMerged,
        ComplaintReceived,
        ComplaintReopened,
        ComplaintResolved,
        DeadlineBreached,
        DeadlineEscalated,
        DeadlineWarned,
        Event,
        FileAdded,
        FileRemoved,
        MembershipEnded,
        MembershipStarted,
        MilestoneReached,
        PostEnded,
        record,
    )
    from guibin.jobs.actions import enqueue
    from guibin.jobs.kinds import Job, Run
    from guibin.notices.actions import Notice, notify
    from guibin.periods.counts import on_a_day, within
    from guibin.periods.days import local_day
    from guibin.web.listing import PageAsked
    from guibin.web.paging import Page, page_of
    from guibin.web.routing import Created
    from guibin_tenants.changes import Change, Changing, NewColumn
    from guibin_tenants.principals import Predicate, Principal, anyone, may, may_any, sees_all, staff_only
    from guibin_tenants.refusals import Conflict, Forbidden, Invalid, NotFound, Refusal
    from guibin_tenants.rows import add, add_all, change, first, many
    from guibin_tenants.scope import execute, fetch, fetch_column, fetch_one, fetch_value
    from guibin_tenants.tables import Index, Keys, RowOf, TenantTable, new_id

# Where each of these is.
_PLACES = {
    "guibin.audit.actions": ("noted",),
    "guibin.cases": ("Case",),
    "guibin.context": ("Act", "Company"),
    "guibin.events": (
        "ApprovalDecided",
        "ArchiveEnded",
        "ArchiveResumed",
        "ArchivesMerged",
        "ComplaintHandedOver",
        "ComplaintLevelChanged",
        "ComplaintMerged",
        "ComplaintReceived",
        "ComplaintReopened",
        "ComplaintResolved",
        "DeadlineBreached",
        "DeadlineEscalated",
        "DeadlineWarned",
        "Event",
        "FileAdded",
        "FileRemoved",
        "MembershipEnded",
        "MembershipStarted",
        "MilestoneReached",
        "PostEnded",
        "record",
    ),
    "guibin.jobs.actions": ("enqueue",),
    "guibin.jobs.kinds": ("Job", "Run"),
    "guibin.notices.actions": ("Notice", "notify"),
    "guibin.periods.counts": ("on_a_day", "within"),
    "guibin.periods.days": ("local_day",),
    "guibin.web.listing": ("PageAsked",),
    "guibin.web.paging": ("Page", "page_of"),
    "guibin.web.routing": ("Created",),
    "guibin_tenants.changes": ("Change", "Changing", "NewColumn"),
    "guibin_tenants.principals": ("Predicate", "Principal", "anyone", "may", "may_any", "sees_all", "staff_only"),
    "guibin_tenants.refusals": ("Conflict", "Forbidden", "Invalid", "NotFound", "Refusal"),
    "guibin_tenants.rows": ("add", "add_all", "change", "first", "many"),
    "guibin_tenants.scope": ("execute", "fetch", "fetch_column", "fetch_one", "fetch_value"),
    "guibin_tenants.tables": ("Index", "Keys", "RowOf", "TenantTable", "new_id"),
    "litestar": ("Controller", "delete", "get", "patch", "post", "put"),
    "msgspec": ("Struct",),
}
_PLACE = {name: place for place, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "column_types":
        value: Any = import_module("piccolo.columns")
    elif name in _PLACE:
        value = getattr(import_module(_PLACE[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


__all__ = [
    "AT_ONCE",
    "Act",
    "ActivityKind",
    "AllOf",
    "AnyOf",
    "ApprovalDecided",
    "ApprovalFlow",
    "ApprovalStep",
    "ArchiveEnded",
    "ArchiveField",
    "ArchiveResumed",
    "ArchiveRule",
    "ArchivesMerged",
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
    "Case",
    "Change",
    "Changing",
    "ClosingPolicy",
    "Company",
    "ComplaintDraft",
    "ComplaintHandedOver",
    "ComplaintLevelChanged",
    "ComplaintMerged",
    "ComplaintPolicy",
    "ComplaintReceived",
    "ComplaintReopened",
    "ComplaintResolved",
    "Conflict",
    "Consequence",
    "ContactPolicy",
    "Controller",
    "Created",
    "Days",
    "DeadlineBreached",
    "DeadlineEscalated",
    "DeadlineWarned",
    "Demonstration",
    "DepartmentTask",
    "Deputy",
    "Dimension",
    "Discount",
    "Duty",
    "EmergencyPolicy",
    "Entitlement",
    "Escalation",
    "Event",
    "Evidence",
    "FieldIs",
    "Figure",
    "FileAdded",
    "FileRemoved",
    "Forbidden",
    "Form",
    "GuestNeed",
    "HeadStart",
    "HotlinePolicy",
    "HotlineRoute",
    "Hours",
    "InPlace",
    "Index",
    "InspectionPolicy",
    "Invalid",
    "Job",
    "Keys",
    "Keywords",
    "KindIs",
    "Kpi",
    "LessThan",
    "Level",
    "LevelSuggestion",
    "MadeAbove",
    "Material",
    "Measure",
    "MembershipEnded",
    "MembershipStarted",
    "MessageKind",
    "MessagePolicy",
    "Metric",
    "Milestone",
    "MilestoneReached",
    "MoreThan",
    "NewColumn",
    "NoneOf",
    "NotFound",
    "Notice",
    "Pack",
    "PackColumn",
    "PackFigure",
    "PackImport",
    "PackJob",
    "PackPage",
    "PackPermission",
    "Page",
    "PageAsked",
    "Panel",
    "PlanPolicy",
    "PlanReview",
    "PlannedMeasure",
    "PolicyPart",
    "Pool",
    "Post",
    "PostEnded",
    "Predicate",
    "Principal",
    "ProofKind",
    "Proposal",
    "Protocol",
    "Qualification",
    "QuestionPolicy",
    "Reaction",
    "RealName",
    "ReceptionPolicy",
    "ReceptionTask",
    "Refusal",
    "Register",
    "RelationshipTemplate",
    "ReminderPolicy",
    "RenewalPolicy",
    "ReviewRhythm",
    "RowOf",
    "Run",
    "ServiceItem",
    "ServiceRhythm",
    "Setting",
    "SignalRule",
    "Sponsorship",
    "StaffQualification",
    "StepLimit",
    "Struct",
    "SurveyPolicy",
    "TenantTable",
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
    "add",
    "add_all",
    "anyone",
    "change",
    "column_types",
    "delete",
    "enqueue",
    "execute",
    "fetch",
    "fetch_column",
    "fetch_one",
    "fetch_value",
    "first",
    "get",
    "hookimpl",
    "load",
    "load_demonstration",
    "local_day",
    "many",
    "may",
    "may_any",
    "new_id",
    "noted",
    "notify",
    "on_a_day",
    "page_of",
    "patch",
    "post",
    "put",
    "record",
    "sees_all",
    "staff_only",
    "within",
]
