"""What of plans and logs somebody owes: the plan of a span, its items, today's log, and the reviews by whoever leads (S05-4)."""

from collections.abc import Mapping

from guibin.context import Act
from guibin.periods.days import local_day
from guibin.periods.spans import window_of
from guibin.profiles.queries import open_archive
from guibin.sla import calendars
from guibin.sla.calendars import BUSINESS
from guibin.sla.owed import Owed, by_day
from guibin_tenants.principals import may

from .actions import SUBJECT, falls_due
from .queries import STAFF, supervises

_READ = may("records:read")
_AT_WORK = "x.left_at is null and $plan_writer = any (x.roles)"


async def _spans(act: Act) -> Mapping[str, object]:
    policy, zone = act.policy.plans, act.company.time_zone
    windows = [window_of(span, local_day(act.now, zone), zone) for span in policy.spans]
    return {
        "plan_writer": policy.written_by,
        "plan_periods": [window.name for window in windows],
        "plan_spans": [window.span for window in windows],
        "plan_starts": [window.starts_at for window in windows],
        "plan_dues": [await falls_due(policy.hand_in_within, window.starts_at) for window in windows],
    }


async def _logs(act: Act) -> Mapping[str, object]:
    today = local_day(act.now, act.company.time_zone)
    works = (await calendars.in_force(BUSINESS)).calendar.works_on(today)
    return {
        "plan_writer": act.policy.plans.written_by,
        "log_wanted": works and act.policy.plans.logs_reviewed_every is not None,
    }


async def _supervision(act: Act) -> Mapping[str, object]:
    return {"supervises": supervises(act)}


OWED = (
    Owed(
        kind="plan",
        needs=_READ,
        source="staff x cross join unnest($plan_periods::text[], $plan_spans::text[], $plan_starts::timestamptz[],"
        " $plan_dues::timestamptz[]) as w (period, span, starts_at, due_at)"
        " left join work_plan p on p.tenant_id = x.tenant_id and p.staff_id = x.id and p.period = w.period",
        holds=f"{_AT_WORK} and x.created_at < w.starts_at and coalesce(p.state, 'returned') = 'returned'",
        columns={
            "subject": f"'{SUBJECT}'::text",
            "subject_id": "p.id",
            "about": "w.period",
            "details": "jsonb_build_object('span', w.span, 'state', coalesce(p.state, 'missing'))",
            "staff_id": "x.id",
            "due_at": "w.due_at",
            "warn_at": "w.starts_at",
        },
        asks=_spans,
        private=True,
    ),
    Owed(
        kind="plan_item",
        needs=_READ,
        source="work_plan_item x join work_plan p on p.tenant_id = x.tenant_id and p.id = x.plan_id and p.round = x.round"
        " left join work_plan_result r on r.tenant_id = x.tenant_id and r.item_id = x.id",
        holds=f"r.id is null and (x.customer_id is null or {open_archive('x')})",
        columns={
            "subject": f"'{SUBJECT}'::text",
            "subject_id": "x.plan_id",
            "customer_id": "x.customer_id",
            "about": "p.period",
            "matter": "left(x.text, 120)",
            "details": "jsonb_build_object('span', p.span)",
            "staff_id": "x.staff_id",
            **by_day("coalesce(x.due_on, p.after_on - 1)"),
        },
        private=True,
    ),
    Owed(
        kind="log",
        needs=_READ,
        source="staff x",
        holds=f"$log_wanted::boolean and {_AT_WORK} and not exists (select from work_log l where l.tenant_id = x.tenant_id"
        " and l.staff_id = x.id and l.worked_on = $today::date)",
        columns={
            "subject": "'work_log'::text",
            "subject_id": "null::uuid",
            "about": "$today::date::text",
            "staff_id": "x.id",
            **by_day("$today::date"),
        },
        asks=_logs,
        private=True,
    ),
    Owed(
        kind="plan_review",
        needs=_READ,
        source=f"work_plan x {STAFF}",
        holds="x.state = 'handed_in' and x.staff_id <> $by::uuid and $supervises::boolean"
        " and ($units::uuid[] is null or s.org_unit_id = any ($units::uuid[]))",
        columns={
            "subject": f"'{SUBJECT}'::text",
            "about": "x.period",
            "matter": "x.staff_name",
            "details": "jsonb_build_object('span', x.span, 'items', (select jsonb_agg(i.text order by i.place)"
            " from work_plan_item i where i.tenant_id = x.tenant_id and i.plan_id = x.id and i.round = x.round))",
            "unit_id": "s.org_unit_id",
            "mine": "true",
            "due_at": "x.review_by",
        },
        asks=_supervision,
        private=True,
    ),
)
