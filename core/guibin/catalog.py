"""Every table, in the order of their references: what `guibin migrate` creates."""

from piccolo.table import Table

from guibin_tenants.catalog import TABLES as TENANCY_TABLES

from .activities import tables as activities
from .approvals.tables import ApprovalDecision, ApprovalRequest
from .archive_checks.tables import ArchiveFinding
from .audit.tables import AuditEntry, LookUpCount
from .campaigns import tables as campaigns
from .card_stock import tables as card_stock
from .cards import tables as cards
from .care import tables as care
from .complaints import tables as complaints
from .department_requests import tables as department_requests
from .desks.tables import Desk, DeskSeat
from .entitlements.tables import (
    EntitlementAccount,
    EntitlementAdjustment,
    Redemption,
    RedemptionReversal,
    RedemptionUse,
)
from .indicators.tables import ProposedIndicator
from .insight.tables import PeriodClose
from .jobs.tables import JobAttempt, JobPause, LedgerJob, RhythmTick
from .messages import tables as messages
from .notices.tables import StaffNotice
from .offers import tables as offers
from .plans import tables as plans
from .policies.tables import PolicyVersion
from .profiles import tables as profiles
from .receptions import tables as receptions
from .records import tables as records
from .registers import tables as registers
from .relationships import tables as relationships
from .repeats.tables import IdempotencyRecord
from .reviews import tables as reviews
from .service_requests import tables as service_requests
from .sla.tables import CalendarVersion, Timer, TimerChange, TimerStep, UnitCalendar
from .surveys import tables as surveys
from .tiers.tables import Application, Assessment, AssessmentResult, Consequence, Fact, GracePeriod, Membership
from .visits import tables as visits
from .webhooks import tables as webhooks

TABLES: tuple[type[Table], ...] = (
    *TENANCY_TABLES,
    IdempotencyRecord,
    PolicyVersion,
    ProposedIndicator,
    LedgerJob,
    JobAttempt,
    JobPause,
    RhythmTick,
    AuditEntry,
    LookUpCount,
    profiles.Customer,
    StaffNotice,
    webhooks.WebhookEndpoint,
    webhooks.WebhookSecret,
    webhooks.WebhookEvent,
    webhooks.WebhookDelivery,
    webhooks.WebhookAttempt,
    ApprovalRequest,
    ApprovalDecision,
    profiles.SearchTerm,
    profiles.SealedValue,
    profiles.Consent,
    profiles.Occasion,
    profiles.Relative,
    profiles.CustomerLink,
    profiles.ProductOrder,
    profiles.Correction,
    profiles.Disclosure,
    ArchiveFinding,
    profiles.CustomerAssignment,
    profiles.TeamMember,
    Fact,
    Assessment,
    AssessmentResult,
    Membership,
    GracePeriod,
    Consequence,
    Application,
    Desk,
    DeskSeat,
    EntitlementAccount,
    EntitlementAdjustment,
    Redemption,
    RedemptionUse,
    RedemptionReversal,
    card_stock.CardRequest,
    card_stock.CardBatch,
    card_stock.CardShipment,
    card_stock.CardReceipt,
    card_stock.CardWriteOff,
    card_stock.CardStock,
    card_stock.CardMovement,
    cards.IdentityCheck,
    cards.CardApplication,
    cards.CardTelling,
    cards.Card,
    cards.CardEvent,
    cards.CardNumber,
    cards.EntitlementProof,
    records.Interaction,
    records.InteractionHandling,
    visits.Visit,
    visits.VisitChange,
    visits.VisitRecord,
    visits.VisitSignature,
    visits.VisitFiling,
    messages.MessageChannel,
    messages.StaffAddress,
    messages.Message,
    messages.MessageAttempt,
    messages.MessageDay,
    CalendarVersion,
    UnitCalendar,
    Timer,
    TimerStep,
    TimerChange,
    service_requests.ServiceRequest,
    service_requests.ServiceStep,
    service_requests.ServiceAppointment,
    service_requests.ServiceHandOver,
    service_requests.ServiceNote,
    service_requests.ServiceEnd,
    complaints.Complaint,
    complaints.ComplaintIntake,
    complaints.ComplaintMerge,
    complaints.ComplaintLevelChange,
    complaints.ComplaintHandOver,
    complaints.ComplaintPause,
    complaints.ComplaintResolution,
    complaints.ComplaintCallback,
    complaints.ComplaintNote,
    complaints.ComplaintMessage,
    complaints.ComplaintRectification,
    complaints.ComplaintSample,
    complaints.ComplaintFollowUp,
    complaints.ImprovementMeasure,
    department_requests.DepartmentRequest,
    department_requests.DepartmentMatter,
    department_requests.DepartmentEvent,
    receptions.Reception,
    receptions.ReceptionEvent,
    receptions.ReceptionParticulars,
    receptions.ReceptionApplication,
    receptions.ReceptionPlan,
    receptions.ReceptionChange,
    receptions.ReceptionNotice,
    receptions.ReceptionOrder,
    receptions.ReceptionAcknowledgement,
    receptions.ReceptionTask,
    receptions.ReceptionTaskReport,
    receptions.ReceptionArrival,
    receptions.ReceptionFeedback,
    receptions.ReceptionFeedbackAnswer,
    receptions.ReceptionMaterial,
    reviews.CustomerReview,
    reviews.ReviewOutcome,
    registers.RegisterEntry,
    registers.RegisterCorrection,
    registers.RegisterArchive,
    plans.WorkPlan,
    plans.WorkPlanItem,
    plans.WorkPlanResult,
    plans.WorkPlanReview,
    plans.WorkLog,
    plans.WorkLogReview,
    relationships.RelationshipPlan,
    relationships.RelationshipMeasure,
    relationships.MeasureEnd,
    care.Reminder,
    care.Renewal,
    care.CareTask,
    care.NewService,
    care.ServiceTelling,
    care.ServiceTrial,
    activities.Activity,
    activities.ActivityCancellation,
    activities.ActivityInvitation,
    activities.ActivitySending,
    activities.ActivityAnswer,
    activities.ActivityPlace,
    activities.ActivityAttendance,
    activities.ActivityFeedback,
    activities.ActivityCost,
    offers.Offer,
    offers.OfferPurchase,
    offers.OfferReturn,
    campaigns.Campaign,
    campaigns.CampaignMember,
    campaigns.CampaignContact,
    campaigns.CampaignResponse,
    surveys.SurveyRound,
    surveys.SurveyInvitation,
    surveys.SurveySending,
    surveys.SurveyAnswer,
    surveys.ImprovementAction,
    surveys.ImprovementStep,
    PeriodClose,
)
