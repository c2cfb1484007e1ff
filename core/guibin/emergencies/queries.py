"""Reading emergency accesses: one's own, or all of them for whoever watches over them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict, replace

from guibin.audit.actions import noted
from guibin.audit.kinds import title_of
from guibin.audit.queries import LISTED as ENTRIES
from guibin.audit.queries import AuditEntryView, of_emergency
from guibin.audit.tables import EMERGENCY, AuditEntry
from guibin.cases.followed import FOLLOWED, Followed
from guibin.context import Act
from guibin.periods.spans import window_of
from guibin.policy.packs import Policy
from guibin.profiles.queries import called
from guibin.sla.queries import timer_of
from guibin.web.listing import COUNTED_MAX, Listing, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants.principals import Principal, may, may_any, sees_all, staff_only
from guibin_tenants.rows import name_of, read
from guibin_tenants.scope import fetch, fetch_value, lent_by

from .requests import EmergencyFilter, EmergencySpan, ReviewState, State, Verdict
from .tables import EmergencyAccess

SUBJECT = "emergency_access"
PERMISSION = "customers:emergency"
REVIEW = "review"
# So many looks stand beside a review; `looks` counts all.
_LOOKS_SHOWN = 200
OPENS = staff_only & may(PERMISSION)
# Who sees everybody's, and may end them; whoever opens sees their own.
WATCHES = may_any("audit:read", "staff:write")
REVIEWS = staff_only & may("audit:read")
READS = may_any(PERMISSION, "audit:read", "staff:write")


class EmergencyAccessView(Struct, frozen=True, kw_only=True):
    """An emergency access: `looks` are the entries of the record in its name. The customer's name is told where it is to be seen."""

    id: UUID
    staff_id: UUID
    staff_name: str
    unit_name: str
    customer_id: UUID
    customer_name: str | None
    reason: str
    case_number: str
    opened_at: datetime
    until_at: datetime
    ended_at: datetime | None
    ended_by: UUID | None
    ended_by_name: str
    state: State
    looks: int
    review: ReviewState
    review_due_at: datetime | None
    verdict: Verdict | None
    verdict_reason: str
    reviewed_by_name: str
    reviewed_at: datetime | None


class EmergencyAccessWhole(EmergencyAccessView, frozen=True, kw_only=True):
    """The access with what was looked at in its name, the first 200 entries in order; empty but for whoever reads the record."""

    entries: list[AuditEntryView]


class EmergencyCount(Struct, frozen=True, kw_only=True):
    """One person's emergency accesses: opened, owed a review in time and past it, held justified and not."""

    staff_id: UUID
    staff_name: str
    opened: int
    looks: int
    owed: int
    late: int
    justified: int
    not_justified: int


def opens_here(by: Principal, policy: Policy) -> bool:
    """Whether this person may open one: there is something out of their sight, and the company's policy lets people open any."""
    return OPENS(by) and not sees_all(by) and policy.emergency.a_month > 0


def purpose_of(access_id: UUID) -> str:
    """What stands in the record as the purpose of every look in its name."""
    return f"{EMERGENCY}{access_id}"


RUNNING = "x.ended_at is null and x.opened_at <= $now and x.until_at > $now"
_STATE = f"case when x.ended_at is not null then 'ended' when {RUNNING} then 'running' else 'over' end"
LOOKS = f"(select count(*)::int from {name_of(AuditEntry)} e where {of_emergency('e', 'x.id')})"
_REVIEW = "case when r.id is not null then 'reviewed' when t.due_at <= $now then 'late' else 'owed' end"
LISTED: Listing[EmergencyAccessView] = Listing(
    view=EmergencyAccessView,
    source=f"emergency_access x left join {timer_of('x', REVIEW)}"
    " left join emergency_review r on r.tenant_id = x.tenant_id and r.access_id = x.id",
    order=newest_first("x.opened_at"),
    columns={
        "unit_name": "coalesce((select u.name from staff s join org_unit u on u.id = s.org_unit_id where s.id = x.staff_id), '')",
        "customer_name": called("x.customer_id"),
        "state": _STATE,
        "looks": LOOKS,
        "review": _REVIEW,
        "review_due_at": "t.due_at",
        "verdict": "r.verdict",
        "verdict_reason": "coalesce(r.reason, '')",
        "reviewed_by_name": "coalesce(r.reviewed_by_name, '')",
        "reviewed_at": "r.reviewed_at",
    },
    filters={
        "state": f"{_STATE} = $value",
        "review": f"{_REVIEW} = $value",
        "verdict": "r.verdict = $value",
        "since": "x.opened_at >= $value",
        "until": "x.opened_at < $value",
    },
    holds="$everybodys or x.staff_id = $by",
)


async def running_of(by: Principal, customer_id: UUID, *, now: datetime) -> UUID | None:
    """The access by which the customer's file is lent to this person at this moment."""
    found: UUID | None = await fetch_value(
        f"select x.id from {name_of(EmergencyAccess)} x where x.staff_id = $1 and x.customer_id = $2 and"
        f" {RUNNING.replace('$now', '$3')} order by x.opened_at desc limit 1",
        by.id,
        customer_id,
        now,
    )
    return found


def _asked_by(by: Principal) -> dict[str, Any]:
    return {"everybodys": WATCHES(by)}


async def list_accesses(filters: EmergencyFilter, page: PageAsked, act: Act) -> Page[EmergencyAccessView]:
    """A page of them, the latest first: one's own, or all for auditors and admins. That it was read is on record."""
    found = await LISTED.page(filters, page, act, **_asked_by(act.by))
    customers = tuple(dict.fromkeys(each.customer_id for each in found.items))
    await noted("emergency.list", act, subject=SUBJECT, customer_ids=customers, shown=len(found.items))
    return found


async def counted(asked: Mapping[str, EmergencyFilter], act: Act, *, most: int = COUNTED_MAX) -> dict[str, int]:
    """How many each of these filters lets through, of one's own or of all for whoever watches."""
    return await LISTED.counts(asked, act, most=most, **_asked_by(act.by))


async def owed(act: Act) -> dict[str, int]:
    """How many reviews are `owed` in time, and how many `late`, each up to a hundred."""
    return await counted({name: EmergencyFilter(review=name) for name in ("owed", "late")}, act, most=100)


async def one(access_id: UUID, act: Act) -> EmergencyAccessView:
    """Raises NotFound, also for somebody else's to whoever only opens."""
    return await LISTED.one(access_id, by=act.by.id, now=act.now, **_asked_by(act.by))


async def is_shown(access_id: UUID, act: Act) -> bool:
    """Whether the access is one the caller sees."""
    seen = await LISTED.where("x.id = $of", of=access_id, by=act.by.id, now=act.now, **_asked_by(act.by))
    return bool(seen)


async def lending(act: Act) -> EmergencyAccessView | None:
    """The access by which the customer's file is read that is open in this scope; None where it is in sight as it is."""
    access_id = lent_by()
    return await one(access_id, act) if access_id is not None else None


async def opened_this_month(by: Principal, act: Act) -> int:
    """How many this person has opened in the month of the company's that `act` lies in."""
    month = window_of("month", act.today, act.company.time_zone)
    opened: int = await fetch_value(
        "select count(*)::int from emergency_access where staff_id = $1 and opened_at >= $2 and opened_at < $3",
        by.id,
        month.starts_at,
        month.ends_at,
    )
    return opened


async def show(access_id: UUID, act: Act) -> EmergencyAccessWhole:
    """One of them with what was looked at in its name, on record. Raises NotFound."""
    found = await one(access_id, act)
    entries = (
        await ENTRIES.where(
            of_emergency("x", "$access::uuid"),
            order=f"x.happened_at, x.id limit {_LOOKS_SHOWN}",
            access=access_id,
        )
        if may("audit:read")(act.by)
        else []
    )
    await noted("emergency.read", act, subject=SUBJECT, subject_id=access_id, customer_id=found.customer_id)
    titled = [replace(each, title=title_of(each.action, act.policy, act.language)) for each in entries]
    return EmergencyAccessWhole(**asdict(found), entries=titled)


async def looked_at(access_id: UUID, act: Act) -> dict[str, int]:
    """What was looked at in its name, in the caller's language, and how often; the most often first."""
    found = await fetch(
        f"select e.action, count(*)::int as looks from {name_of(AuditEntry)} e where {of_emergency('e', '$1::uuid')}"
        " group by e.action order by looks desc, e.action limit 20",
        access_id,
    )
    return {title_of(row["action"], act.policy, act.language): row["looks"] for row in found}


async def counts(filters: EmergencySpan, act: Act) -> list[EmergencyCount]:
    """Person by person, whoever opened most first."""
    found = await read(
        EmergencyCount,
        "select x.staff_id, max(x.staff_name) as staff_name, count(*)::int as opened, sum("
        f"{LOOKS})::int as looks, (count(*) filter (where {_REVIEW.replace('$now', '$3')} = 'owed'))::int as owed,"
        f" (count(*) filter (where {_REVIEW.replace('$now', '$3')} = 'late'))::int as late,"
        " (count(*) filter (where r.verdict = 'justified'))::int as justified,"
        f" (count(*) filter (where r.verdict = 'not_justified'))::int as not_justified from {LISTED.source}"
        " where ($1::timestamptz is null or x.opened_at >= $1) and ($2::timestamptz is null or x.opened_at < $2)"
        " group by x.staff_id order by opened desc, staff_name, x.staff_id",
        filters.since,
        filters.until,
        act.now,
    )
    await noted("emergency.list", act, subject=SUBJECT, shown=len(found))
    return found


FOLLOWED.give(SUBJECT, Followed(READS, EmergencyAccess, matter="reason"))
