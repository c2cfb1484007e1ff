"""Background work of plans: telling of plans and logs that are missing, and of reviews that are overdue (S05-4)."""

from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from guibin.cases import Case
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice, notify
from guibin.periods.days import local_day
from guibin.periods.spans import before, window_of
from guibin.sla import calendars
from guibin.sla.calendars import BUSINESS
from guibin_tenants.scope import fetch

from . import lapses, queries
from .actions import falls_due


class TellMissingPlans(Job, frozen=True):
    """Whose plan of the present spans, log of the day before, or review is missing."""


class DrawReachabilityChecks(Job, frozen=True):
    """Who is called this month at whatever hour, to see whether they can be reached."""


@handles(DrawReachabilityChecks)
async def draw_reachability_checks(job: DrawReachabilityChecks, run: Run) -> None:
    """Once a month, as many as the policy says (S05-7)."""
    day = local_day(run.due_at or run.now, run.company.time_zone)
    await lapses.draw(f"{day:%Y-%m}", run)


class _Owing(Struct, frozen=True):
    """Whose plan or log of a period it is, and whether they hear of it themselves."""

    staff_id: UUID
    staff_name: str
    org_unit_id: UUID | None
    period: str
    hears: bool = False


@handles(TellMissingPlans)
async def tell_missing_plans(job: TellMissingPlans, run: Run) -> None:
    """Whoever owes a plan or log hears of it, and with a plan their supervisor; of an overdue review the supervisor."""
    await _tell_plans(run)
    await _tell_reviews(run)
    if run.policy.plans.logs_reviewed_every is not None:
        await _tell_logs(run)
        await _tell_log_reviews(run)


async def _tell_plans(run: Run) -> None:
    policy, zone = run.policy.plans, run.company.time_zone
    today = local_day(run.due_at or run.now, zone)
    windows = [window_of(span, today, zone) for span in policy.spans]
    due = [(window, await falls_due(policy.hand_in_within, window.starts_at)) for window in windows]
    for plan in await queries.plans_due(due, run):
        if plan.state == "missing":
            owing = _Owing(plan.staff_id, plan.staff_name, plan.org_unit_id, plan.period, hears=True)
            await _tell("plan_missing", plan.period, owing, run)


async def _tell_reviews(run: Run) -> None:
    rows = await fetch(
        "select p.id, p.round, p.period, p.staff_id, p.staff_name, s.org_unit_id from work_plan p"
        " join staff s on s.tenant_id = p.tenant_id and s.id = p.staff_id"
        " where p.state = 'handed_in' and p.review_by < $1 order by p.review_by, p.id",
        run.now,
    )
    for row in rows:
        owing = _Owing(row["staff_id"], row["staff_name"], row["org_unit_id"], row["period"])
        await _tell("plan_unreviewed", f"{row['id']}/{row['round']}", owing, run)


async def _tell_logs(run: Run) -> None:
    yesterday = local_day(run.due_at or run.now, run.company.time_zone) - timedelta(days=1)
    if not (await calendars.in_force(BUSINESS)).calendar.works_on(yesterday):
        return
    start = window_of("week", yesterday, run.company.time_zone).starts_at
    rows = await fetch(
        "select s.id, s.name, s.org_unit_id from staff s where s.left_at is null and $1 = any (s.roles)"
        " and s.created_at < $3 and not exists (select from work_log l where l.tenant_id = s.tenant_id"
        "  and l.staff_id = s.id and l.worked_on = $2) order by s.name, s.id",
        run.policy.plans.written_by,
        yesterday,
        start + timedelta(days=yesterday.weekday()),
    )
    for row in rows:
        notice = Notice(
            "log_missing", Case("staff", row["id"]), staff_ids=(row["id"],), details={"on": yesterday.isoformat()}
        )
        await notify(notice, key=f"log-missing/{yesterday}", now=run.now)


async def _tell_log_reviews(run: Run) -> None:
    policy, zone = run.policy.plans, run.company.time_zone
    assert policy.logs_reviewed_every is not None  # the caller looked
    ended = before(window_of(policy.logs_reviewed_every, local_day(run.due_at or run.now, zone), zone), zone)
    if await falls_due(policy.review_within, ended.ends_at) >= run.now:
        return
    rows = await fetch(
        "select s.id, s.name, s.org_unit_id from staff s where s.left_at is null and exists (select from work_log l"
        "  where l.tenant_id = s.tenant_id and l.staff_id = s.id and l.worked_on >= $1 and l.worked_on < $2)"
        " and not exists (select from work_log_review r where r.tenant_id = s.tenant_id and r.staff_id = s.id"
        "  and r.period = $3) order by s.name, s.id",
        ended.first_on,
        ended.after_on,
        ended.name,
    )
    for row in rows:
        owing = _Owing(row["id"], row["name"], row["org_unit_id"], ended.name)
        await _tell("log_unreviewed", f"{ended.name}/{row['id']}", owing, run)


async def _tell(kind: str, key: str, owing: _Owing, run: Run) -> None:
    """The supervisor nearest to somebody, and that one as well if they hear of it."""
    notice = Notice(
        kind,
        Case("staff", owing.staff_id),
        org_unit_id=owing.org_unit_id,
        roles=(run.policy.plans.reviewed_by,),
        staff_ids=(owing.staff_id,) if owing.hears else (),
        details={"who": owing.staff_name, "span": owing.period},
    )
    await notify(notice, key=f"{kind}/{key}/{owing.staff_id}", now=run.now)
