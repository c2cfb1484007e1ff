"""Every recurring job and its rhythm on one screen. Importing this makes all handlers and reactions known.

Times are the company's own. `catch_up` says what follows downtime: `skip` forgets what was missed, `once` does the
latest, `every` each. Deadlines are no rhythm: the relay enqueues `SweepTimers` when one is due.
"""

from guibin.activities import handing_over as activities_handed_over
from guibin.activities import jobs as activities
from guibin.activities import posting as activity_posting
from guibin.administration import jobs as administration
from guibin.approvals import handing_over as approvals_handed_over
from guibin.approvals import jobs as approvals
from guibin.archive_checks import jobs as archive_checks
from guibin.assignments import actions as assignments
from guibin.automations import following as automations_following
from guibin.automations import jobs as automations
from guibin.card_stock import jobs as card_stock
from guibin.cards import jobs as cards
from guibin.cards import proofs
from guibin.care import jobs as care
from guibin.care import posting as care_posting
from guibin.commands import actions as commands
from guibin.complaints import handing_over as complaints_handed_over
from guibin.complaints import jobs as complaints
from guibin.complaints import retiering as complaints_retiered
from guibin.department_requests import deadlines as department_requests_retiered
from guibin.department_requests import handing_over as department_requests_handed_over
from guibin.department_requests import jobs as department_requests
from guibin.desks import handing_over as desks_handed_over
from guibin.duties import handing_over as duties_handed_over
from guibin.duties import jobs as duties
from guibin.emergencies import jobs as emergencies
from guibin.entitlements import replays as entitlements_replayed
from guibin.events import all_events, all_known, declare, subscribe
from guibin.evidence import jobs as evidence
from guibin.files import jobs as files
from guibin.hotline import handing_over as hotline_handed_over
from guibin.hotline import jobs as hotline
from guibin.indicators import actions as indicators
from guibin.insight import figures
from guibin.insight import jobs as insight
from guibin.inspections import handing_over as inspections_handed_over
from guibin.inspections import jobs as inspections
from guibin.jobs import retention, ticks
from guibin.jobs.kinds import Handler, add, kind_of
from guibin.live import jobs as live
from guibin.mailbox import jobs as mailbox
from guibin.mailbox import posting as mail_posting
from guibin.messages import jobs as messages
from guibin.needs_analyses import handing_over as needs_handed_over
from guibin.needs_analyses import jobs as needs_analyses
from guibin.oversight import jobs as oversight
from guibin.packs import Packs
from guibin.periods.rhythms import Rhythm, check
from guibin.plan_reviews import actions as plan_reviews
from guibin.plans import handing_over as plans_handed_over
from guibin.plans import jobs as plans
from guibin.policies.queries import CORE_EVENTS
from guibin.policy_changes import jobs as policy_changes
from guibin.qualifications import actions as qualified
from guibin.qualifications import jobs as qualifications
from guibin.receptions import deadlines as receptions_retiered
from guibin.receptions import handing_over as receptions_handed_over
from guibin.receptions import jobs as receptions
from guibin.records import jobs as records
from guibin.registers import jobs as registers
from guibin.relationships import jobs as relationships
from guibin.repeats import jobs as repeats
from guibin.resealing import jobs as resealing
from guibin.reviews import jobs as reviews
from guibin.scripts import acting as scripts_act
from guibin.scripts import asking as scripts_asked
from guibin.scripts import jobs as scripts
from guibin.service_requests import deadlines as service_requests_retiered
from guibin.service_requests import handing_over as service_requests_handed_over
from guibin.service_requests import jobs as service_requests
from guibin.signals import counts as signals_counted
from guibin.signals import jobs as signals
from guibin.sla import jobs as sla
from guibin.surveys import handing_over as surveys_handed_over
from guibin.surveys import jobs as surveys
from guibin.surveys import posting as survey_posting
from guibin.tasks import handing_over as tasks_handed_over
from guibin.tasks import jobs as tasks
from guibin.tiers import closing as tiers_closed
from guibin.tiers import jobs as tiers
from guibin.transfers import jobs as transfers
from guibin.views import actions as views
from guibin.visits import handing_over as visits_handed_over
from guibin.visits import jobs as visits
from guibin.webhooks import jobs as webhooks

# Registered by being imported.
HANDLERS = (
    administration,
    approvals,
    archive_checks,
    assignments,
    activities,
    activity_posting,
    card_stock,
    cards,
    proofs,
    care,
    department_requests,
    department_requests_retiered,
    duties,
    entitlements_replayed,
    files,
    hotline,
    indicators,
    policy_changes,
    plan_reviews,
    insight,
    oversight,
    evidence,
    inspections,
    plans,
    qualifications,
    qualified,
    relationships,
    receptions,
    receptions_retiered,
    care_posting,
    automations,
    automations_following,
    commands,
    complaints,
    complaints_retiered,
    mailbox,
    mail_posting,
    messages,
    emergencies,
    needs_analyses,
    records,
    reviews,
    registers,
    repeats,
    resealing,
    scripts,
    scripts_act,
    scripts_asked,
    service_requests,
    service_requests_retiered,
    signals,
    signals_counted,
    tasks,
    sla,
    surveys,
    survey_posting,
    tiers,
    tiers_closed,
    views,
    transfers,
    visits,
    webhooks,
    live,
)
CHARGES = (
    activities_handed_over,
    approvals_handed_over,
    complaints_handed_over,
    department_requests_handed_over,
    desks_handed_over,
    duties_handed_over,
    hotline_handed_over,
    inspections_handed_over,
    needs_handed_over,
    plans_handed_over,
    receptions_handed_over,
    service_requests_handed_over,
    surveys_handed_over,
    tasks_handed_over,
    visits_handed_over,
)

RHYTHMS: tuple[Rhythm, ...] = (
    Rhythm("prune_ledger", retention.PruneLedger(), every="daily 03:10", catch_up="once"),
    Rhythm("forget_answers", repeats.ForgetAnswers(), every="daily 03:20", catch_up="once"),
    Rhythm("forget_script_runs", scripts.ForgetScriptRuns(), every="daily 03:45", catch_up="skip"),
    Rhythm("forget_transfers", transfers.ForgetTransfers(), every="daily 03:15", catch_up="once"),
    Rhythm("forget_stream_events", live.ForgetStreamEvents(), every="daily 03:30", catch_up="skip"),
    Rhythm("sweep_files", files.SweepFiles(), every="daily 03:35", catch_up="once"),
    Rhythm("keep_mailboxes", mailbox.KeepMailboxes(), every="daily 03:40", catch_up="once"),  # S01-7
    Rhythm("keep_terms", administration.KeepTerms(), every="daily 00:01", catch_up="once"),
    Rhythm("forget_sign_ins", administration.ForgetSignIns(), every="daily 03:25", catch_up="once"),
    Rhythm("sum_looks", oversight.SumLooks(), every="hours 1", catch_up="once"),
    Rhythm("list_customers", oversight.ListCustomers(), every="hours 1", catch_up="once"),
    Rhythm("sequence_evidence", evidence.SequenceEvidence(), every="minutes 5", catch_up="once"),
    Rhythm("sequence_all_evidence", evidence.SequenceEvidence(whole=True), every="daily 02:40", catch_up="once"),
    Rhythm("publish_checkpoint", evidence.PublishCheckpoint(), every="hours 1", catch_up="once"),
    Rhythm("draw_unusual_looks", oversight.DrawUnusualLooks(), every="daily 02:10", catch_up="once"),  # S02-6
    Rhythm("confirm_calendars", sla.ConfirmCalendars(), every="daily 00:20", catch_up="once"),
    Rhythm("end_expired_memberships", tiers.EndExpiredMemberships(), every="daily 00:30", catch_up="once"),  # S12-3
    Rhythm("keep_cards", cards.KeepCards(), every="daily 00:45", catch_up="once"),  # S08-1, S04-5
    Rhythm("assess_due", tiers.AssessDue(), every="daily 01:00", catch_up="once"),  # S13-3
    Rhythm("tell_unserved", tiers.TellUnserved(), every="daily 07:05", catch_up="once"),  # S12-4
    Rhythm("tell_missed_contacts", records.TellMissedContacts(), every="daily 07:15", catch_up="every"),  # S05-6
    Rhythm("tell_invitations", activities.TellInvitations(), every="daily 07:25", catch_up="every"),  # S13-7
    Rhythm("tell_missing_plans", plans.TellMissingPlans(), every="daily 08:40", catch_up="once"),  # S05-4, S07-14
    Rhythm(
        "draw_reachability_checks", plans.DrawReachabilityChecks(), every="monthly 1 07:50", catch_up="once"
    ),  # S05-7
    Rhythm(
        "remind_policy_readers", policy_changes.RemindPolicyReaders(), every="daily 08:05", catch_up="once"
    ),  # S01-13
    Rhythm("draw_inspections", inspections.DrawInspections(), every="daily 06:50", catch_up="once"),  # S08-6
    Rhythm("tell_overdue_needs", needs_analyses.TellOverdueNeeds(), every="daily 07:35", catch_up="once"),  # S01-12
    Rhythm("tell_duty_gaps", duties.TellDutyGaps(), every="daily 07:10", catch_up="once"),  # S07-2, S14-9
    Rhythm(
        "tell_missing_contacts", department_requests.TellMissingContacts(), every="daily 07:12", catch_up="once"
    ),  # S07-30
    Rhythm("tell_training_due", qualifications.TellTrainingDue(), every="daily 07:14", catch_up="once"),  # S10-9
    Rhythm("tell_measures", relationships.TellMeasures(), every="daily 07:40", catch_up="once"),  # S01-5
    Rhythm("tell_visit_gaps", visits.TellVisitGaps(), every="monthly 1 08:05", catch_up="once"),  # S09-6
    Rhythm("keep_registers", registers.KeepRegisters(), every="daily 01:15", catch_up="every"),  # S02-5
    Rhythm("come_round", automations.ComeRound(), every="hours 1", catch_up="once"),
    Rhythm("forget_automation_runs", automations.ForgetAutomationRuns(), every="daily 03:45", catch_up="skip"),
    Rhythm("find_signals", signals.FindSignals(), every="hours 1", catch_up="once"),  # S07-32
    Rhythm("tell_missed_reviews", reviews.TellMissedReviews(), every="daily 07:20", catch_up="every"),  # S07-9
    Rhythm("look_over_archives", archive_checks.LookOverArchives(), every="daily 06:15", catch_up="once"),  # S07-10
    Rhythm("prepare_care", care.PrepareCare(), every="daily 07:00", catch_up="once"),  # S07-4, S07-6
    Rhythm("post_care_messages", care_posting.PostCareMessages(), every="daily 08:35", catch_up="once"),  # S07-6
    Rhythm("filter_renewals", care.FilterRenewals(), every="daily 07:30", catch_up="once"),  # S07-18
    Rhythm(
        "open_regular_service", service_requests.OpenRegularService(), every="daily 06:45", catch_up="once"
    ),  # S07-13
    Rhythm("close_week", insight.ClosePeriod("week"), every="weekly Mon 00:05", catch_up="every"),  # S07-28
    Rhythm("close_month", insight.ClosePeriod("month"), every="monthly 1 00:15", catch_up="every"),  # S05-1
    Rhythm("tell_satisfaction", surveys.TellSatisfaction(), every="monthly 1 08:10", catch_up="once"),  # S05-2, S05-8
    Rhythm("draw_sample", complaints.DrawSample(), every="weekly Mon 06:30", catch_up="every"),  # S07-29
    Rhythm("tell_overdue_measures", complaints.TellOverdueMeasures(), every="daily 08:15", catch_up="once"),  # S07-28
    Rhythm("forget_webhooks", webhooks.ForgetWebhooks(), every="daily 03:10", catch_up="skip"),
    Rhythm(
        "tell_overdue_improvements", surveys.TellOverdueImprovements(), every="daily 08:20", catch_up="once"
    ),  # S01-11
)


def everything(packs: Packs) -> tuple[Rhythm, ...]:
    """The rhythms of core and packs. Makes the packs' jobs and reactions known in this process.

    Raises BadRhythm and TwoHandlers, which stop the start.
    """
    rhythms = list(RHYTHMS)
    for pack in packs.names:
        hooks = packs.hooks_of((pack,))
        for event in hooks.events():
            declare(event, pack=pack, texts=packs.value(pack).texts)
        for figure in hooks.figures():
            figures.declare(figure)
        for reaction in hooks.reactions():
            subscribe(reaction.event, reaction.handler, pack=pack)
        for job in hooks.jobs():
            kind = kind_of(job.payload)
            add(Handler(kind, job.payload, job.handler, pack=pack))
            if job.every:
                rhythms.append(Rhythm(f"{pack}.{kind}", job.payload(), every=job.every, pack=pack))
    for rhythm in rhythms:
        check(rhythm.every)
    found = tuple(rhythms)
    ticks.RHYTHMS.give(found)
    return found


ticks.RHYTHMS.give(RHYTHMS)
all_known()
CORE_EVENTS.update({kind_of(event): event for event in all_events(())})
