"""Reading emergency accesses: one's own, or all of them for whoever watches over them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.audit.tables import EMERGENCY, PURPOSE_BYTES_MAX, AuditEntry
from guibin.cases.followed import FOLLOWED, Followed
from guibin.context import Act
from guibin.profiles.queries import called
from guibin.web.listing import Listing, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants.principals import Principal, may, may_any, staff_only
from guibin_tenants.rows import name_of
from guibin_tenants.scope import fetch_value

from .requests import EmergencyFilter, State
from .tables import EmergencyAccess

SUBJECT = "emergency_access"
PERMISSION = "customers:emergency"
OPENS = staff_only & may(PERMISSION)
# Who sees everybody's, and may end them; whoever opens sees their own.
WATCHES = may_any("audit:read", "staff:write")
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


def purpose_of(access_id: UUID) -> str:
    """What stands in the record as the purpose of every look in its name."""
    return f"{EMERGENCY}{access_id}"


RUNNING = "x.ended_at is null and x.opened_at <= $now and x.until_at > $now"
_STATE = f"case when x.ended_at is not null then 'ended' when {RUNNING} then 'running' else 'over' end"
_LOOKS = (
    f"(select count(*)::int from {name_of(AuditEntry)} e where e.purpose = '{EMERGENCY}' || x.id::text and e.purpose <> ''"
    f" and octet_length(e.purpose) <= {PURPOSE_BYTES_MAX})"
)
LISTED: Listing[EmergencyAccessView] = Listing(
    view=EmergencyAccessView,
    source="emergency_access x",
    order=newest_first("x.opened_at"),
    columns={
        "unit_name": "coalesce((select u.name from staff s join org_unit u on u.id = s.org_unit_id where s.id = x.staff_id), '')",
        "customer_name": called("x.customer_id"),
        "state": _STATE,
        "looks": _LOOKS,
    },
    filters={
        "state": f"{_STATE} = $value",
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


async def one(access_id: UUID, act: Act) -> EmergencyAccessView:
    """Raises NotFound, also for somebody else's to whoever only opens."""
    return await LISTED.one(access_id, by=act.by.id, now=act.now, **_asked_by(act.by))


async def show(access_id: UUID, act: Act) -> EmergencyAccessView:
    """One of them, on record. Raises NotFound."""
    found = await one(access_id, act)
    await noted("emergency.read", act, subject=SUBJECT, subject_id=access_id, customer_id=found.customer_id)
    return found


FOLLOWED.give(SUBJECT, Followed(READS, EmergencyAccess, matter="reason"))
