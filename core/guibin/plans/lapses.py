"""Lapses of account managers, found by a supervisor or by a check of whether they can be reached (S05-5, S05-7).

A lapse is a person's: a call missed or refused, a telephone off, a service refused. A breach is a deadline's.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct, structs

from guibin.audit.actions import done, noted
from guibin.cases import Case
from guibin.cases.requests import Because, NewText
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.profiles.subjects import refuse_unless_kept
from guibin.sla import calendars
from guibin.sla.calendars import BUSINESS
from guibin.web.listing import Listing, newest_first
from guibin_tenants.receivers import colleague
from guibin_tenants.refusals import Invalid, NotFound
from guibin_tenants.rows import add, add_all, change, lines, locked, many
from guibin_tenants.scope import fetch, fetch_value
from guibin_tenants.tables import new_id

from .queries import HOLDS, SEEN, STAFF, looking, refuse_own, refuse_unless_supervising, seen_by
from .refusals import AlreadyDone, NotYourLapse
from .requests import LapseKind, NewCheckResult, NewLapse
from .tables import Lapse, LapseAnswer, LapseExcuse, ReachabilityCheck

SUBJECT = "lapse"
CHECK = "reachability_check"


class AnswerLine(Struct, frozen=True):
    """What whoever it is said to have lapsed says to it."""

    text: str
    answered_by_name: str
    answered_at: datetime


class LapseView(Struct, frozen=True, kw_only=True):
    """A lapse: `after_hours` outside the hours of their org unit, `source` supervisor or check, `excused_because` empty unless excused."""

    id: UUID
    staff_id: UUID
    staff_name: str
    kind: str
    happened_at: datetime
    after_hours: bool
    source: str
    customer_id: UUID | None
    text: str
    found_by: UUID
    found_by_name: str
    found_at: datetime
    excused_because: str
    answers: list[AnswerLine]


class LapseFilter(Struct, frozen=True, kw_only=True):
    """Whose, of which kind; `happened_from` is inclusive, `happened_before` exclusive."""

    staff_id: UUID | None = None
    kind: LapseKind | None = None
    after_hours: bool = False
    unexcused: bool = False
    happened_from: datetime | None = None
    happened_before: datetime | None = None


class LapseCount(Struct, frozen=True, kw_only=True):
    """How often somebody lapsed and was not excused, by kind; `checked` of how many checks reached them `reached` times."""

    staff_id: UUID
    staff_name: str
    missed_calls: int
    refused_calls: int
    phone_off: int
    refused_services: int
    after_hours: int
    excused: int
    checked: int
    reached: int


class LapsesAsked(Struct, frozen=True, kw_only=True):
    """Since when, inclusive, and before when; of all time without."""

    since: datetime | None = None
    before: datetime | None = None


class CheckView(Struct, frozen=True, kw_only=True):
    """Somebody was drawn to be called at any hour of the month; `outcome` None while nobody has."""

    id: UUID
    staff_id: UUID
    staff_name: str
    period: str
    drawn_at: datetime
    outcome: str | None
    called_at: datetime | None
    checked_by_name: str | None


class CheckFilter(Struct, frozen=True, kw_only=True):
    """Of whom and of which month; `waiting` those that nobody has called yet."""

    staff_id: UUID | None = None
    period: str | None = None
    waiting: bool = False


# One's own, and those of whom one supervises; asked with `seen_by`.
LAPSES = Listing(
    view=LapseView,
    source=f"lapse x {STAFF}",
    order=newest_first("x.found_at"),
    columns={
        "excused_because": "coalesce((select e.reason from lapse_excuse e where e.tenant_id = x.tenant_id"
        " and e.lapse_id = x.id), '')",
        "answers": lines(AnswerLine, "from lapse_answer where lapse_id = x.id order by answered_at, id"),
    },
    filters={
        "unexcused": "not exists (select from lapse_excuse e where e.tenant_id = x.tenant_id and e.lapse_id = x.id)",
        "happened_from": "x.happened_at >= $value",
        "happened_before": "x.happened_at < $value",
    },
    holds=HOLDS,
)
# Of whom one supervises: nobody learns beforehand that they are going to be called.
CHECKS = Listing(
    view=CheckView,
    source=f"reachability_check x {STAFF}",
    order=newest_first("x.drawn_at"),
    filters={"waiting": "x.outcome is null"},
    holds=f"{HOLDS} and (x.outcome is not null or x.staff_id <> $by)",
)


async def find(new: NewLapse, act: Act) -> LapseView:
    """A supervisor records what somebody under them missed or refused; they are told, and may answer.

    Raises Invalid, NotYoursToReview, NotFound, ArchiveErased.
    """
    await refuse_unless_supervising(new.staff_id, act)
    if new.happened_at > act.now:
        raise Invalid.at("happened_at", "not a moment to come", value=new.happened_at.isoformat())
    if new.customer_id is not None:
        await refuse_unless_kept(new.customer_id)
    return await _written(new, "supervisor", act)


async def answer(lapse_id: UUID, new: NewText, act: Act) -> LapseView:
    """Whoever it is said of says how it was; whoever found it hears. Raises NotFound, NotYourLapse."""
    lapse = await _seen(lapse_id, act)
    if lapse.staff_id != act.by.person:
        raise NotYourLapse(f"It is {lapse.staff_name}'s to answer")
    row = await add(LapseAnswer, act, lapse_id=lapse_id, text=new.text)
    told = Notice("lapse_answered", Case(SUBJECT, lapse_id, lapse.customer_id), staff_ids=(lapse.found_by,))
    await notify(structs.replace(told, details={"who": lapse.staff_name}), key=f"lapse_answered/{row}", now=act.now)
    return await _done("answer", lapse, act)


async def excuse(lapse_id: UUID, new: Because, act: Act) -> LapseView:
    """It counts no more, with the reason on record; they are told. Raises NotFound, NotYoursToReview, AlreadyDone."""
    lapse = await _seen(lapse_id, act)
    await refuse_unless_supervising(lapse.staff_id, act)
    await refuse_own(lapse.staff_id, act)
    if not await add_all(LapseExcuse, act, [{"lapse_id": lapse_id, "reason": new.reason}], unless=("lapse_id",)):
        raise AlreadyDone("It was excused before")
    told = Notice("lapse_excused", Case(SUBJECT, lapse_id, lapse.customer_id), staff_ids=(lapse.staff_id,))
    await notify(told, key=f"lapse_excused/{lapse_id}", now=act.now)
    return await _done("excuse", lapse, act)


async def check(check_id: UUID, new: NewCheckResult, act: Act) -> CheckView:
    """Say what came of the call: whoever could not be reached has lapsed. Raises NotFound, NotYoursToReview, AlreadyDone."""
    row = await locked(ReachabilityCheck, check_id)
    if row["staff_id"] == act.by.person:
        raise NotFound(f"There is no reachability check {check_id}")
    await refuse_unless_supervising(row["staff_id"], act)
    if row["outcome"] is not None:
        raise AlreadyDone(f"They were called before: {row['outcome']}")
    called_at = new.called_at or act.now
    if not row["drawn_at"] <= called_at <= act.now:
        raise Invalid.at("called_at", "since it was drawn, and not to come", value=called_at.isoformat())
    await change(ReachabilityCheck, check_id, act, outcome=new.outcome, called_at=called_at)
    if new.outcome != "reached":
        lapse = NewLapse(
            staff_id=row["staff_id"], kind=new.outcome, happened_at=called_at, text=new.text or row["period"]
        )
        await _written(lapse, "check", act)
    await noted("reachability_check.check", act, subject=CHECK, subject_id=check_id)
    return await CHECKS.one(check_id, by=act.by.id, **seen_by(act))


async def counts(asked: LapsesAsked, act: Act) -> list[LapseCount]:
    """Lapses that were not excused, and checks, per account manager: one's own figure, and those of whom one supervises."""
    found = await many(
        LapseCount,
        "from (select s.id as staff_id, s.name as staff_name,"
        + "".join(
            f" count(l.id) filter (where l.kind = '{kind}' and e.id is null)::int as {name},"
            for kind, name in _COUNTED.items()
        )
        + " count(l.id) filter (where l.after_hours and e.id is null)::int as after_hours, count(e.id)::int as excused,"
        " (select count(*) from reachability_check r where r.tenant_id = s.tenant_id and r.staff_id = s.id"
        "  and r.called_at >= coalesce($4, r.called_at) and r.called_at < coalesce($5, r.called_at + interval '1 s'))::int as checked,"
        " (select count(*) from reachability_check r where r.tenant_id = s.tenant_id and r.staff_id = s.id"
        "  and r.outcome = 'reached' and r.called_at >= coalesce($4, r.called_at)"
        "  and r.called_at < coalesce($5, r.called_at + interval '1 s'))::int as reached"
        " from staff s left join lapse l on l.tenant_id = s.tenant_id and l.staff_id = s.id"
        "  and l.happened_at >= coalesce($4, l.happened_at) and l.happened_at < coalesce($5, l.happened_at + interval '1 s')"
        " left join lapse_excuse e on e.tenant_id = l.tenant_id and e.lapse_id = l.id"
        f" where s.left_at is null and $6 = any (s.roles) and {SEEN} group by s.tenant_id, s.id, s.name) counted"
        " order by staff_name, staff_id",
        *looking(act),
        asked.since,
        asked.before,
        act.policy.plans.written_by,
    )
    await noted("lapse.count", act, subject=SUBJECT, shown=len(found))
    return found


_COUNTED = {
    "missed_call": "missed_calls",
    "refused_call": "refused_calls",
    "phone_off": "phone_off",
    "refused_service": "refused_services",
}


async def draw(period: str, act: Act) -> list[UUID]:
    """Draw whom supervisors call this month at any hour, as many as the policy says; each leader is told of their own.

    Who is drawn follows from the month and their id alone: it can be looked at again, and nobody chooses.
    """
    plans = act.policy.plans
    drawn = await fetch(
        "select s.id, s.name, s.org_unit_id, $4 = any (s.roles) as leads from staff s where s.left_at is null and $1 = any (s.roles)"
        " order by md5($2 || s.id::text), s.id limit $3",
        plans.written_by,
        period,
        plans.reachability_sample,
        plans.reviewed_by,
    )
    checks = {new_id(): one for one in drawn}
    rows = [
        {"id": each, "staff_id": one["id"], "staff_name": one["name"], "period": period, "drawn_at": act.now}
        for each, one in checks.items()
    ]
    for check_id in await add_all(ReachabilityCheck, None, rows, unless=("staff_id", "period")):
        one = checks[check_id]
        notice = Notice(
            "reachability_check_drawn",
            Case(CHECK, check_id),
            org_unit_id=one["org_unit_id"],
            roles=("tenant_admin" if one["leads"] else plans.reviewed_by,),  # Nobody learns of their own.
            details={"who": one["name"], "span": period},
        )
        await notify(notice, key=f"reachability_check/{check_id}", now=act.now)
    return [one["id"] for one in drawn]


async def _written(new: NewLapse, source: Literal["supervisor", "check"], act: Act) -> LapseView:
    who = await colleague(new.staff_id)
    unit_id = await fetch_value("select org_unit_id from staff where id = $1", new.staff_id)
    calendar = (await calendars.of_unit(BUSINESS, unit_id)).calendar
    lapse_id = await add(
        Lapse,
        act,
        staff_name=who.name,
        source=source,
        after_hours=not calendar.open_at(new.happened_at),
        **structs.asdict(new),
    )
    told = Notice(
        "lapse_found",
        Case(SUBJECT, lapse_id, new.customer_id),
        staff_ids=(new.staff_id,),
        details={"on": new.happened_at.astimezone(calendar.zone).date().isoformat()},
    )
    await notify(told, key=f"lapse_found/{lapse_id}", now=act.now)
    return await _done("find", await _seen(lapse_id, act), act)


async def _seen(lapse_id: UUID, act: Act) -> LapseView:
    if not await fetch_value("select true from lapse where id = $1", lapse_id):
        raise NotFound(f"There is no lapse {lapse_id}")
    return await LAPSES.one(lapse_id, by=act.by.id, **seen_by(act))


async def _done(verb: str, lapse: LapseView, act: Act) -> LapseView:
    await done(verb, Case(SUBJECT, lapse.id, lapse.customer_id), act)
    return await _seen(lapse.id, act)
