"""The log of what somebody did day by day, and its review span by span (S05-4)."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import done, noted
from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.periods.spans import before, window_of
from guibin.profiles.subjects import refuse_unless_kept
from guibin.web.listing import Listing, newest_first
from guibin_tenants.refusals import FieldError, Invalid, refuse
from guibin_tenants.rows import add, add_all, given, many
from guibin_tenants.scope import fetch_one

from .actions import refuse_silent_return
from .queries import HOLDS, STAFF, refuse_own, refuse_unless_supervising, seen_by, supervises
from .refusals import NotToReview
from .requests import NewLog, NewLogReview
from .tables import WorkLog, WorkLogReview

SUBJECT = "work_log"
DAYS_LATE_MAX = 31


class LogView(Struct, frozen=True, kw_only=True):
    """A line of somebody's log."""

    id: UUID
    staff_id: UUID
    staff_name: str
    worked_on: date
    text: str
    customer_id: UUID | None
    days_late: int
    written_at: datetime


class LogReviewView(Struct, frozen=True, kw_only=True):
    """A span of somebody's log was accepted, or returned with remarks."""

    id: UUID
    staff_id: UUID
    period: str
    round: int
    accepted: bool
    remarks: str
    reviewed_by_name: str
    reviewed_at: datetime


class UnreviewedLog(Struct, frozen=True, kw_only=True):
    """Somebody's log of the span that ended last, which nobody accepted yet: so many `lines` of so many `days`; it was
    `returned`, where it was."""

    staff_id: UUID
    staff_name: str
    unit_name: str
    period: str
    first_on: date
    lines: int
    days: int
    returned: bool


class LogFilter(Struct, frozen=True, kw_only=True):
    """Whose lines, of which days; `worked_before` is exclusive."""

    staff_id: UUID | None = None
    customer_id: UUID | None = None
    worked_from: date | None = None
    worked_before: date | None = None


class LogReviewFilter(Struct, frozen=True, kw_only=True):
    """Whose log."""

    staff_id: UUID | None = None


# One's own, and those of whom one supervises; asked with `seen_by`.
LINES = Listing(
    view=LogView,
    source=f"work_log x {STAFF}",
    order=newest_first("x.written_at"),
    filters={"worked_from": "x.worked_on >= $value", "worked_before": "x.worked_on < $value"},
    holds=HOLDS,
)
# Reviews of one's own log, and of the logs of whom one supervises; asked with `seen_by`.
REVIEWS = Listing(
    view=LogReviewView, source=f"work_log_review x {STAFF}", order=newest_first("x.reviewed_at"), holds=HOLDS
)


async def write(new: NewLog, act: Act) -> LogView:
    """Note what one did. Raises Invalid for a day to come or long past, NotFound, ArchiveErased."""
    today = act.today
    worked_on = new.worked_on or today
    problems = []
    if act.by.kind != "staff":
        problems.append(FieldError("staff_id", "a member of staff keeps a log", "sign in"))
    if not 0 <= (today - worked_on).days <= DAYS_LATE_MAX:
        rule = f"today or one of the {DAYS_LATE_MAX} days before"
        problems.append(FieldError("worked_on", rule, value=worked_on.isoformat()))
    refuse(problems, "Nothing was noted")
    if new.customer_id is not None:
        await refuse_unless_kept(new.customer_id)
    line_id = await add(
        WorkLog,
        staff_id=act.by.id,
        staff_name=act.by.name,
        written_at=act.now,
        days_late=(today - worked_on).days,
        **given(new) | {"worked_on": worked_on},
    )
    await done("write", Case(SUBJECT, line_id, new.customer_id), act)
    return await LINES.one(line_id, by=act.by.id, **seen_by(act))


async def unreviewed(act: Act) -> list[UnreviewedLog]:
    """The logs that the reader goes through, of whoever keeps one and works with them: those without a line first, since
    that is to be said too. None where the policy asks for no logs. The look is on record."""
    every = act.policy.plans.logs_reviewed_every
    if every is None or not supervises(act):
        return []
    zone = act.company.time_zone
    window = before(window_of(every, act.today, zone), zone)
    found = await many(
        UnreviewedLog,
        "from (select s.id as staff_id, s.name as staff_name, coalesce(u.name, '') as unit_name, $3::text as period,"
        " $4::date as first_on, n.lines, n.days, exists (select from work_log_review r where r.tenant_id = s.tenant_id"
        " and r.staff_id = s.id and r.period = $3) as returned"
        " from staff s left join org_unit u on u.tenant_id = s.tenant_id and u.id = s.org_unit_id, lateral (select"
        " count(*)::int as lines, count(distinct l.worked_on)::int as days from work_log l where l.tenant_id = s.tenant_id"
        " and l.staff_id = s.id and l.worked_on >= $4 and l.worked_on < $5) n"
        " where s.left_at is null and s.id <> $1 and $6 = any (s.roles) and s.created_at < $7"
        " and ($2::uuid[] is null or s.org_unit_id = any ($2)) and not exists (select from work_log_review r"
        " where r.tenant_id = s.tenant_id and r.staff_id = s.id and r.period = $3 and r.accepted)) unreviewed"
        " order by lines > 0, unit_name, staff_name, staff_id",
        *(act.by.id, act.by.units_seen, window.name, window.first_on, window.after_on),
        *(act.policy.plans.written_by, window.starts_at),
    )
    await noted("work_log.unreviewed", act, subject="work_log", shown=len(found))
    return found


async def review(new: NewLogReview, act: Act) -> LogReviewView:
    """Go through somebody's log of a span; what was returned may be reviewed again.

    Raises Invalid, NotYoursToReview, NotToReview once it is accepted.
    """
    if act.policy.plans.logs_reviewed_every is None:
        raise Invalid.at("on", "the policy asks for no logs")
    await refuse_unless_supervising(new.staff_id, act)
    await refuse_own(new.staff_id, act)
    refuse_silent_return(new.accepted, new.remarks)
    window = window_of(act.policy.plans.logs_reviewed_every, new.on, act.company.time_zone)
    if window.starts_at > act.now:
        raise Invalid.at("on", "not a day to come", value=new.on.isoformat())
    review = {
        "staff_id": new.staff_id,
        "period": window.name,
        "round": await _next_round(new.staff_id, window.name),
        "accepted": new.accepted,
        "remarks": new.remarks,
    }
    written = await add_all(WorkLogReview, act, [review], unless=("staff_id", "period", "round"))
    if not written:
        raise NotToReview(f"Somebody else reviewed the log of {window.name} at this moment")
    notice = Notice(
        "log_accepted" if new.accepted else "log_returned",
        Case("staff", new.staff_id),
        staff_ids=(new.staff_id,),
        details={"span": window.name},
    )
    await notify(notice, key=f"log-reviewed/{window.name}/{review['round']}", now=act.now)
    await noted("work_log.review", act, subject="staff", subject_id=new.staff_id)
    return await REVIEWS.one(written[0], by=act.by.id, **seen_by(act))


async def _next_round(staff_id: UUID, period: str) -> int:
    last = await fetch_one(
        "select round, accepted from work_log_review where staff_id = $1 and period = $2 order by round desc limit 1",
        staff_id,
        period,
    )
    if last is not None and last["accepted"]:
        raise NotToReview(f"The log of {period} was accepted already")
    return last["round"] + 1 if last else 1
