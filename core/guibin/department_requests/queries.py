"""Reading department requests: one's own departments', those one asked, and those one answers for."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from guibin.cases.followed import FOLLOWED, Followed
from guibin.sla.queries import OVERDUE, timer_of
from guibin.web.listing import Listing, newest_first
from guibin_tenants.principals import Principal, may
from guibin_tenants.rows import lines

from .tables import DepartmentRequest, State

ANSWER = "answer"


class DepartmentRequestView(Struct, frozen=True, kw_only=True):
    """A request as lists show it. Customer and case are None for those who may not see the customer's archive."""

    id: UUID
    number: str
    task: str
    text: str
    state: State
    round: int
    from_unit_id: UUID | None
    to_unit_id: UUID
    owner_id: UUID
    owner_name: str
    asked_by: UUID
    asked_by_name: str
    asked_at: datetime
    acknowledge_by: datetime | None
    warn_at: datetime | None
    due_at: datetime | None
    breached_at: datetime | None
    answered_at: datetime | None
    customer_id: UUID | None
    subject: str | None
    subject_id: UUID | None
    clause: str
    version: int
    upward: bool


class EventLine(Struct, frozen=True):
    """One thing that happened to it."""

    round: int
    kind: str
    text: str
    to_unit_id: UUID
    owner_name: str
    written_by_name: str
    written_at: datetime


class DepartmentRequestForm(DepartmentRequestView, frozen=True, kw_only=True):
    """The request with its history."""

    events: list[EventLine]


class DepartmentRequestFilter(Struct, frozen=True, kw_only=True):
    """Which requests; `overdue` asks for those unanswered past their time."""

    state: State | None = None
    to_unit_id: UUID | None = None
    owner_id: UUID | None = None
    asked_by: UUID | None = None
    subject_id: UUID | None = None
    number: str | None = None
    overdue: bool = False


# Nobody sees another department's requests unless they asked or answer for them; what goes up the line is seen by
# leaders. `looking` says what the names stand for.
MINE = (
    "(x.owner_id = $by or x.asked_by = $by or ((not x.upward or $leads::boolean) and ($units::uuid[] is null"
    " or x.to_unit_id = any ($units::uuid[]) or x.from_unit_id = any ($units::uuid[]))))"
)
LISTED = Listing(
    view=DepartmentRequestView,
    source=f"department_request x left join {timer_of('x', ANSWER)}"
    " left join timer a on a.tenant_id = x.tenant_id and a.subject_id = x.id"
    " and a.milestone = 'acknowledgement:' || x.round"
    " left join department_matter m on m.tenant_id = x.tenant_id and m.request_id = x.id",
    order=newest_first("x.asked_at"),
    columns={
        "acknowledge_by": "a.due_at",
        "warn_at": "t.warn_at",
        "due_at": "t.due_at",
        "breached_at": "t.breached_at",
        "answered_at": "t.completed_at",
        "customer_id": "m.customer_id",
        "subject": "nullif(m.subject, '')",
        "subject_id": "m.subject_id",
    },
    filters={
        "subject_id": "m.subject_id = $value",
        "overdue": OVERDUE,
    },
    holds=MINE,
)
_FORM = LISTED.wider(
    DepartmentRequestForm,
    events=lines(EventLine, "from department_event where request_id = x.id order by written_at, id"),
)


async def form(request_id: UUID, *, by: Principal) -> DepartmentRequestForm:
    """The request with everything that happened to it. Raises NotFound, also for another department's."""
    return await _FORM.one(request_id, **looking(by))


def looking(by: Principal) -> dict[str, Any]:
    """Who looks: what the names in MINE stand for."""
    return {"by": by.id, "units": by.units_seen, "leads": leads(by)}


def leads(by: Principal) -> bool:
    """Whether what others report upward is theirs to see: systems act for no colleague."""
    return not by.is_person or bool({"manager", "tenant_admin"} & set(by.roles))


FOLLOWED.give("department_request", Followed(may("requests:read"), DepartmentRequest, matter="text"))
