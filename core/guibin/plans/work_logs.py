"""The log of what somebody did day by day, and its review span by span (S05-4)."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.periods.days import local_day
from guibin.periods.spans import window_of
from guibin.policy.cadence import PlanPolicy
from guibin.records.subjects import refuse_unless_kept
from guibin.web.paging import Cursor
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.scope import execute, fetch, fetch_one, savepoint
from guibin_tenants.tables import new_id

from .actions import refuse_silent_return
from .queries import SEEN, looking, refuse_unless_supervising
from .refusals import NotToReview
from .requests import NewLog, NewLogReview

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


class LogFilter(Struct, frozen=True, kw_only=True):
    """Whose lines, of which days; `worked_before` is exclusive."""

    staff_id: UUID | None = None
    customer_id: UUID | None = None
    worked_from: date | None = None
    worked_before: date | None = None


async def write(new: NewLog, act: Act) -> LogView:
    """Note what one did. Raises Invalid for a day to come or long past, NotFound, ArchiveErased."""
    today = local_day(act.now, act.company.time_zone)
    worked_on = new.worked_on or today
    problems = []
    if act.by.kind != "staff":
        problems.append(FieldError("staff_id", "a member of staff keeps a log", "sign in"))
    if not 0 <= (today - worked_on).days <= DAYS_LATE_MAX:
        rule = f"today or one of the {DAYS_LATE_MAX} days before"
        problems.append(FieldError("worked_on", rule, value=worked_on.isoformat()))
    if problems:
        raise Invalid("Nothing was noted", fields=tuple(problems))
    if new.customer_id is not None:
        await refuse_unless_kept(new.customer_id)
    line = LogView(
        id=new_id(),
        staff_id=act.by.id,
        staff_name=act.by.name,
        worked_on=worked_on,
        text=new.text,
        customer_id=new.customer_id,
        days_late=(today - worked_on).days,
        written_at=act.now,
    )
    await execute(
        "insert into work_log (id, staff_id, staff_name, worked_on, text, customer_id, days_late, written_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)",
        *(getattr(line, name) for name in LogView.__struct_fields__),
    )
    note = AuditNote(action="work_log.write", subject=SUBJECT, subject_id=line.id, customer_id=new.customer_id)
    await record(note, act)
    return line


async def lines(
    wanted: LogFilter, *, policy: PlanPolicy, by: Principal, after: Cursor | None, limit: int
) -> list[LogView]:
    """One's own, and those of whom one supervises; the newest first."""
    rows = await fetch(
        "select l.id, l.staff_id, l.staff_name, l.worked_on, l.text, l.customer_id, l.days_late, l.written_at"
        f" from work_log l join staff s on s.tenant_id = l.tenant_id and s.id = l.staff_id where {SEEN}"
        " and ($4::uuid is null or l.staff_id = $4) and ($5::uuid is null or l.customer_id = $5)"
        " and ($6::date is null or l.worked_on >= $6) and ($7::date is null or l.worked_on < $7)"
        " and ($8::timestamptz is null or (l.written_at, l.id) < ($8, $9::uuid))"
        " order by l.written_at desc, l.id desc limit $10",
        *looking(by, policy),
        wanted.staff_id,
        wanted.customer_id,
        wanted.worked_from,
        wanted.worked_before,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), LogView) for row in rows]


async def review(new: NewLogReview, act: Act) -> LogReviewView:
    """Go through somebody's log of a span; what was returned may be reviewed again.

    Raises Invalid, NotYoursToReview, NotToReview once it is accepted.
    """
    if act.policy.plans.logs_reviewed_every is None:
        raise Invalid(fields=(FieldError("on", "the policy asks for no logs"),))
    await refuse_unless_supervising(new.staff_id, policy=act.policy.plans, by=act.by)
    refuse_silent_return(new.accepted, new.remarks)
    window = window_of(act.policy.plans.logs_reviewed_every, new.on, act.company.time_zone)
    if window.starts_at > act.now:
        raise Invalid(fields=(FieldError("on", "not a day to come", value=new.on.isoformat()),))
    done = LogReviewView(
        id=new_id(),
        staff_id=new.staff_id,
        period=window.name,
        round=await _next_round(new.staff_id, window.name),
        accepted=new.accepted,
        remarks=new.remarks,
        reviewed_by_name=act.by.name,
        reviewed_at=act.now,
    )
    await _keep_review(done, act.by)
    notice = Notice(
        kind="log_accepted" if new.accepted else "log_returned",
        subject="staff",
        subject_id=new.staff_id,
        staff_ids=(new.staff_id,),
        details={"span": window.name},
    )
    await notify(notice, key=f"log-reviewed/{window.name}/{done.round}", now=act.now)
    await record(AuditNote(action="work_log.review", subject="staff", subject_id=new.staff_id), act)
    return done


async def reviews(
    *, staff_id: UUID | None, policy: PlanPolicy, by: Principal, after: Cursor | None, limit: int
) -> list[LogReviewView]:
    """Reviews of one's own log, and of the logs of whom one supervises; the newest first."""
    rows = await fetch(
        "select r.id, r.staff_id, r.period, r.round, r.accepted, r.remarks, r.reviewed_by_name, r.reviewed_at"
        f" from work_log_review r join staff s on s.tenant_id = r.tenant_id and s.id = r.staff_id where {SEEN}"
        " and ($4::uuid is null or r.staff_id = $4)"
        " and ($5::timestamptz is null or (r.reviewed_at, r.id) < ($5, $6::uuid))"
        " order by r.reviewed_at desc, r.id desc limit $7",
        *looking(by, policy),
        staff_id,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), LogReviewView) for row in rows]


async def _next_round(staff_id: UUID, period: str) -> int:
    last = await fetch_one(
        "select round, accepted from work_log_review where staff_id = $1 and period = $2 order by round desc limit 1",
        staff_id,
        period,
    )
    if last is not None and last["accepted"]:
        raise NotToReview(f"The log of {period} was accepted already")
    return last["round"] + 1 if last else 1


async def _keep_review(done: LogReviewView, by: Principal) -> None:
    try:
        async with savepoint():
            await execute(
                "insert into work_log_review (id, staff_id, period, round, accepted, remarks, reviewed_by_name,"
                " reviewed_at, reviewed_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                *(getattr(done, name) for name in LogReviewView.__struct_fields__),
                by.id,
            )
    except asyncpg.UniqueViolationError:
        raise NotToReview(f"Somebody else reviewed the log of {done.period} at this moment") from None
