"""Every controller of the core."""

from litestar import Controller

from guibin.activities.api import ActivityController, ActivityInvitationController
from guibin.administration.api import KeyController, OrgUnitController, StaffController
from guibin.approvals.api import ApprovalController
from guibin.archive_checks.api import ArchiveFindingController
from guibin.audit.api import AuditController, LookUpLimitController
from guibin.campaigns.api import CampaignController, CampaignMemberController
from guibin.card_stock.api import (
    CardBatchController,
    CardRequestController,
    CardShipmentController,
    CardStockController,
    CardWriteOffController,
)
from guibin.cards.api import CardApplicationController, CardController, HolderController, ProofController
from guibin.care.api import CareTaskController, NewServiceController, ReminderController, RenewalController
from guibin.complaints.api import ComplaintController, ComplaintSampleController, ImprovementMeasureController
from guibin.department_requests.api import DepartmentRequestController
from guibin.desks.api import DeskController
from guibin.entitlements.api import (
    EntitlementController,
    RedemptionController,
    ServiceItemController,
    ServiceStandardController,
)
from guibin.indicators.api import IndicatorController
from guibin.insight.api import FigureController, ReportController, StatisticsController, WorkstreamController
from guibin.jobs.api import JobController, JobPauseController, JobRetentionController
from guibin.messages.api import ChannelController, MessageController, StaffAddressController
from guibin.notices.api import NoticeController
from guibin.offers.api import OfferController, OfferPurchaseController
from guibin.plans.api import WorkLogController, WorkPlanController
from guibin.policies.api import PolicyController
from guibin.profiles.api import CustomerController
from guibin.profiles.particulars_api import ParticularsController
from guibin.profiles.teams_api import TeamController
from guibin.receptions.api import ReceptionController
from guibin.receptions.orders_api import ReceptionOrderController, ReceptionTaskController
from guibin.recognitions.api import RecognitionController
from guibin.records.api import InteractionController
from guibin.records.cadence_api import ContactCadenceController
from guibin.registers.api import RegisterController, RegisterEntryController
from guibin.relationships.api import RelationshipPlanController
from guibin.reviews.api import CustomerReviewController
from guibin.service_requests.api import ServiceRequestController
from guibin.sla.api import CalendarController, TimerController, UnitCalendarController
from guibin.surveys.api import (
    ImprovementActionController,
    SurveyAnswerController,
    SurveyController,
    SurveyInvitationController,
    SurveyRoundController,
)
from guibin.tiers.api import ApplicationController, AssessmentController, FactController, MembershipController
from guibin.tiers.figures_api import (
    AccountManagerController,
    ConversionController,
    ServingGapController,
    SimulationController,
    ValueScoreController,
)
from guibin.upward_reports.api import UpwardReportController
from guibin.visits.api import VisitController
from guibin.webhooks.api import WebhookController, WebhookDeliveryController, WebhookEventTypeController

from .activity_links import FeedbackLinkController, InvitationLinkController
from .documents import DocumentController
from .health import HealthController
from .me import MeController
from .sessions import OwnPasswordController, SessionController
from .survey_links import SurveyLinkController
from .timetable import TimetableController

CONTROLLERS: tuple[type[Controller], ...] = (
    HealthController,
    DocumentController,
    SessionController,
    OwnPasswordController,
    MeController,
    StaffController,
    OrgUnitController,
    DeskController,
    KeyController,
    PolicyController,
    IndicatorController,
    AuditController,
    LookUpLimitController,
    NoticeController,
    ChannelController,
    MessageController,
    StaffAddressController,
    WebhookController,
    WebhookDeliveryController,
    WebhookEventTypeController,
    ApprovalController,
    FactController,
    AssessmentController,
    SimulationController,
    ConversionController,
    ValueScoreController,
    AccountManagerController,
    ServingGapController,
    ApplicationController,
    MembershipController,
    RecognitionController,
    ServiceItemController,
    ServiceStandardController,
    EntitlementController,
    RedemptionController,
    CardRequestController,
    CardBatchController,
    CardShipmentController,
    CardWriteOffController,
    CardStockController,
    CardApplicationController,
    CardController,
    ProofController,
    HolderController,
    InteractionController,
    VisitController,
    ContactCadenceController,
    ServiceRequestController,
    ComplaintController,
    DepartmentRequestController,
    ReceptionController,
    ReceptionOrderController,
    ReceptionTaskController,
    UpwardReportController,
    CustomerReviewController,
    RegisterController,
    RegisterEntryController,
    WorkPlanController,
    WorkLogController,
    RelationshipPlanController,
    TimerController,
    CalendarController,
    UnitCalendarController,
    TimetableController,
    ReminderController,
    RenewalController,
    CareTaskController,
    NewServiceController,
    SurveyController,
    SurveyRoundController,
    SurveyInvitationController,
    SurveyAnswerController,
    SurveyLinkController,
    ActivityController,
    ActivityInvitationController,
    OfferController,
    OfferPurchaseController,
    CampaignController,
    CampaignMemberController,
    InvitationLinkController,
    FeedbackLinkController,
    ImprovementActionController,
    StatisticsController,
    WorkstreamController,
    FigureController,
    ReportController,
    ComplaintSampleController,
    ImprovementMeasureController,
    CustomerController,
    ArchiveFindingController,
    JobController,
    JobPauseController,
    JobRetentionController,
    ParticularsController,
    TeamController,
)
