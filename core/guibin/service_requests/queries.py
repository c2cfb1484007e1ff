"""Reading service requests."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.audit.actions import recorded, searched
from guibin.cases import Case
from guibin.cases.followed import FOLLOWED, Followed
from guibin.cases.subjects import CUSTOMERS_OF, in_table
from guibin.context import Act
from guibin.profiles.queries import called
from guibin.signatures import actions as signing
from guibin.signatures.actions import SignatureLine
from guibin.sla.owed import HANDLER
from guibin.sla.queries import DUE_BEFORE, OVERDUE, ByDeadline, timer_of
from guibin.tiers.queries import holding
from guibin.web.listing import Listing, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants.principals import may
from guibin_tenants.rows import line, lines, many, read
from guibin_tenants.scope import fetch, fetch_value

from .tables import EndOutcome, ServiceRequest, State

SUBJECT, MILESTONE = "service_request", "service"
# SQL: steps `k` that were skipped.
SKIPPED = "service_step k where k.skipped_because <> ''"


class ServiceRequestView(Struct, frozen=True, kw_only=True):
    """A request as lists show it. `next_step` is None when nothing is left; `due_at` is None before the clock starts."""

    id: UUID
    number: str
    customer_id: UUID
    item: str
    situation: str
    channel: str
    state: State
    next_step: str | None
    received_at: datetime
    appointment_at: datetime | None
    warn_at: datetime | None
    due_at: datetime | None
    breached_at: datetime | None
    carried_out_at: datetime | None
    owner_id: UUID
    owner_name: str
    handler_id: UUID | None
    handler_unit_id: UUID | None
    approval_id: UUID | None
    span: str | None
    redemption_id: UUID | None
    steps_skipped: int
    clause: str
    version: int


class StepLine(Struct, frozen=True):
    """A step with what was recorded of it; with `skipped_because` it was not carried out."""

    step: str
    result: str
    reaction: str
    accompanied_by: str
    rated: str
    rating: int | None
    unsigned_because: str
    skipped_because: str
    taken_by_name: str
    taken_at: datetime


class AppointmentLine(Struct, frozen=True):
    """Agreed when `from_at` is None, moved otherwise."""

    from_at: datetime | None
    to_at: datetime
    reason: str
    made_by_name: str
    made_at: datetime


class HandOverLine(Struct, frozen=True):
    """Work went there; the owner stays."""

    to_staff_id: UUID | None
    to_unit_id: UUID | None
    reason: str
    handed_by_name: str
    handed_at: datetime


class NoteLine(Struct, frozen=True):
    """A line of the case."""

    kind: str
    text: str
    written_by_name: str
    written_at: datetime


class EndLine(Struct, frozen=True):
    """Why it was not carried out."""

    outcome: EndOutcome
    reason: str
    ended_by_name: str
    ended_at: datetime


class ServiceRequestForm(ServiceRequestView, frozen=True, kw_only=True):
    """The whole case."""

    text: str
    answers: dict[str, str | int | bool | None]
    policy_version: int
    steps: list[str]
    taken: list[StepLine]
    appointments: list[AppointmentLine]
    hand_overs: list[HandOverLine]
    notes: list[NoteLine]
    signatures: list[SignatureLine]
    end: EndLine | None


class ServiceRequestFilter(Struct, frozen=True, kw_only=True):
    """Which requests. `received_from` is inclusive, `received_before` and `due_before` exclusive.

    `running` waits for an approval or is carried out; of `skipping` a defined step was skipped (S01-10); `handled_by` is who has the work now: its handler, or its owner while
    nobody else has it. `unit_id` is the department it was handed to, `tier` what the customer holds today, `q` a part of the
    number, of the text or of the customer's name.
    """

    state: State | None = None
    item: str | None = None
    customer_id: UUID | None = None
    owner_id: UUID | None = None
    handler_unit_id: UUID | None = None
    number: str | None = None
    received_from: datetime | None = None
    received_before: datetime | None = None
    overdue: bool = False
    running: bool = False
    skipping: bool = False
    handled_by: UUID | None = None
    unit_id: UUID | None = None
    tier: str | None = None
    due_before: datetime | None = None
    redemption_id: UUID | None = None
    q: Annotated[str, Meta(max_length=100)] | None = None


class RatingView(Struct, frozen=True):
    """How an installer was rated: by how many, on average in hundredths of a point."""

    rated: str
    count: int
    average_hundredths: int


LISTED = Listing(
    view=ServiceRequestView,
    source=f"service_request x left join {timer_of('x', MILESTONE)}",
    order=newest_first("x.received_at"),
    columns={
        "next_step": "case when x.state in ('asked', 'open') then x.steps ->> (select count(*)::int from service_step s"
        " where s.tenant_id = x.tenant_id and s.request_id = x.id) end",
        "steps_skipped": f"(select count(*)::int from {SKIPPED} and k.request_id = x.id)",
        "warn_at": "t.warn_at",
        "due_at": "t.due_at",
        "breached_at": "t.breached_at",
        "carried_out_at": "t.completed_at",
    },
    filters={
        "received_from": "x.received_at >= $value",
        "received_before": "x.received_at < $value",
        "overdue": OVERDUE,
        "skipping": f"exists (select from {SKIPPED} and k.request_id = x.id)",
        "running": "x.state in ('asked', 'open')",
        "handled_by": f"({HANDLER}) = $value",
        "unit_id": "x.handler_unit_id = $value",
        "tier": "exists (select from membership m where m.customer_id = x.customer_id and m.tier = $value"
        f" and {holding('m', '$today::date')})",
        "due_before": DUE_BEFORE,
        "q": f"strpos(lower(x.number || ' ' || x.text || ' ' || coalesce({called('x.customer_id')}, '')), lower($value)) > 0",
    },
)


class ServiceRequestLine(ServiceRequestView, frozen=True, kw_only=True):
    """A request as whoever works on it sees it in a list: with names, and the beginning of what was asked for."""

    customer_name: str | None
    matter: str
    handler_name: str | None
    unit_name: str | None
    paused_at: datetime | None
    completed_at: datetime | None
    provisional: bool


QUEUE = LISTED.wider(
    ServiceRequestLine,
    customer_name=called("x.customer_id"),
    matter="left(x.text, 120)",
    handler_name=f"(select s.name from staff s where s.id = ({HANDLER}))",
    unit_name="(select u.name from org_unit u where u.id = x.handler_unit_id)",
    paused_at="t.paused_at",
    completed_at="t.completed_at",
    provisional="coalesce(t.provisional, false)",
)
# SQL: the service request `r` was taken up and not taken back.
WANTED = "service_request r where r.state not in ('rejected', 'withdrawn')"

BY_DEADLINE = ByDeadline(listing=QUEUE, milestone=MILESTONE)


async def queue(
    filters: ServiceRequestFilter, page: PageAsked, act: Act, *, due_first: bool = True
) -> Page[ServiceRequestLine]:
    """The requests for whoever works on them, what falls due first on top."""
    listing = BY_DEADLINE if due_first else QUEUE
    return await searched(SUBJECT, await listing.page(filters, page, act), act)


def _of(table: str) -> str:
    return f"from {table} where request_id = x.id order by"


# The request with everything that happened to it, in one statement.
FORM = LISTED.wider(
    ServiceRequestForm,
    taken=lines(StepLine, f"{_of('service_step')} position"),
    appointments=lines(AppointmentLine, f"{_of('service_appointment')} made_at, id"),
    hand_overs=lines(HandOverLine, f"{_of('service_hand_over')} handed_at, id"),
    notes=lines(NoteLine, f"{_of('service_note')} written_at, id"),
    signatures=lines(SignatureLine, signing.LINES),
    end=line(EndLine, f"{_of('service_end')} id"),
)


async def form(request_id: UUID, act: Act) -> ServiceRequestForm:
    """The whole case; the look is on record. Raises NotFound."""
    return await recorded("read", Case(SUBJECT, request_id), FORM, act)


async def names_of(form: ServiceRequestForm) -> dict[UUID, str]:
    """What those are called to whom the work was handed, staff and departments."""
    ids = [each for handed in form.hand_overs for each in (handed.to_staff_id, handed.to_unit_id) if each is not None]
    rows = await fetch(
        "select id, name from staff where id = any ($1::uuid[]) union all select id, name from org_unit where id = any ($1::uuid[])",
        ids,
    )
    return {row["id"]: row["name"] for row in rows}


class Other(Struct, frozen=True):
    """A request of a customer's that runs."""

    id: UUID
    number: str
    item: str
    state: State
    received_at: datetime


async def running_of(customer_id: UUID, *, but: UUID | None = None, most: int = 5) -> list[Other]:
    """The customer's requests that are not done, the newest first; `but` one of them."""
    return await many(
        Other,
        "from (select id, number, item, state, received_at from service_request where customer_id = $1"
        " and id is distinct from $2 and state in ('asked', 'open')) other order by received_at desc limit $3",
        customer_id,
        but,
        most,
    )


# What customers do, and when.
DID = ("service_request", "received_at")


async def ratings() -> list[RatingView]:
    """Everybody who was rated, the best first."""
    return await read(
        RatingView,
        "select rated, count(*)::int as count, round(avg(rating) * 100)::int as average_hundredths from service_step"
        " where rating is not null group by rated order by 3 desc, 2 desc, 1",
    )


# What a customer's yearly file holds of them: of customer $1, from $2 on and before $3.
IN_FILE = (
    "select number, item, state, received_at from service_request where customer_id = $1"
    " and received_at >= $2 and received_at < $3 order by received_at, id"
)


# What customer $1 asked for in their words, and what came of each step, whole, the first first.
SAID = """select number, said_at, direction, text from (
    select q.number, q.received_at as said_at, 'in' as direction, q.text from service_request q where q.customer_id = $1
    union all select q.number, s.taken_at, 'out', s.result from service_step s
        join service_request q on q.tenant_id = s.tenant_id and q.id = s.request_id where q.customer_id = $1
    ) said where text <> '' order by said_at, number"""
CUSTOMERS_OF.give("service_request", in_table(ServiceRequest))
FOLLOWED.give("service_request", Followed(may("requests:read"), ServiceRequest, matter="text"))


async def clause_of(request_id: UUID) -> str:
    """The clause of the limit that the request has; empty where it names none."""
    found = await fetch_value("select time_limit ->> 'clause' from service_request where id = $1", request_id)
    return found or ""
