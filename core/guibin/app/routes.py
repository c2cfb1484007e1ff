"""Every controller of the core, slice by slice."""

from types import ModuleType

from litestar import Controller

from guibin.activities import api as activities
from guibin.administration import api as administration
from guibin.approvals import api as approvals
from guibin.archive_checks import api as archive_checks
from guibin.assignments import api as assignments
from guibin.audit import api as audit
from guibin.automations import api as automations
from guibin.bundles import api as bundles
from guibin.campaigns import api as campaigns
from guibin.card_stock import api as card_stock
from guibin.cards import api as cards
from guibin.care import api as care
from guibin.catalog import defined
from guibin.company_packs import api as company_packs
from guibin.complaints import api as complaints
from guibin.department_requests import api as department_requests
from guibin.desks import api as desks
from guibin.duties import api as duties
from guibin.emergencies import api as emergencies
from guibin.entitlements import api as entitlements
from guibin.evidence import api as evidence
from guibin.files import api as files
from guibin.hotline import api as hotline
from guibin.indicators import api as indicators
from guibin.insight import api as insight
from guibin.inspections import api as inspections
from guibin.jobs import api as jobs
from guibin.live import api as live
from guibin.mailbox import api as mailbox
from guibin.materials import api as materials
from guibin.messages import api as messages
from guibin.needs_analyses import api as needs_analyses
from guibin.notices import api as notices
from guibin.offers import api as offers
from guibin.oversight import api as oversight
from guibin.overview import api as overview
from guibin.overview import copying
from guibin.people import api as people
from guibin.plan_reviews import api as plan_reviews
from guibin.plans import api as plans
from guibin.policies import api as policies
from guibin.policy_changes import api as policy_changes
from guibin.profiles import api as profiles
from guibin.qualifications import api as qualifications
from guibin.receptions import api as receptions
from guibin.recognitions import api as recognitions
from guibin.records import api as records
from guibin.registers import api as registers
from guibin.relationships import api as relationships
from guibin.reviews import api as reviews
from guibin.scim import api as scim
from guibin.scripts import api as scripts
from guibin.service_requests import api as service_requests
from guibin.sign_ins import api as sign_ins
from guibin.signals import api as signals
from guibin.signatures import api as signatures
from guibin.sla import api as sla
from guibin.surveys import api as surveys
from guibin.tasks import api as tasks
from guibin.tiers import api as tiers
from guibin.transfers import api as transfers
from guibin.upward_reports import api as upward_reports
from guibin.views import api as views
from guibin.views import exporting as view_exports
from guibin.visits import api as visits
from guibin.webhooks import api as webhooks
from guibin.work import api as work

from . import activity_links, documents, health, me, passkeys, password_links, sessions, survey_links, timetable

SLICES: tuple[ModuleType, ...] = (
    health,
    documents,
    sessions,
    me,
    work,
    views,
    view_exports,
    transfers,
    administration,
    scim,
    sign_ins,
    desks,
    duties,
    qualifications,
    policies,
    policy_changes,
    company_packs,
    plan_reviews,
    indicators,
    audit,
    notices,
    messages,
    mailbox,
    webhooks,
    automations,
    approvals,
    tiers,
    recognitions,
    hotline,
    entitlements,
    card_stock,
    cards,
    records,
    signatures,
    materials,
    visits,
    scripts,
    bundles,
    service_requests,
    complaints,
    signals,
    tasks,
    department_requests,
    receptions,
    upward_reports,
    reviews,
    needs_analyses,
    registers,
    people,
    plans,
    relationships,
    sla,
    timetable,
    care,
    surveys,
    survey_links,
    password_links,
    passkeys,
    activities,
    offers,
    campaigns,
    activity_links,
    insight,
    inspections,
    profiles,
    files,
    oversight,
    emergencies,
    evidence,
    overview,
    copying,
    assignments,
    archive_checks,
    jobs,
    live,
)


CONTROLLERS: tuple[type[Controller], ...] = tuple(defined(Controller, SLICES))
