"""Reading complaints: lists without what the customer said, the whole form with it."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.audit.actions import recorded, searched
from guibin.cases import Case
from guibin.cases.followed import FOLLOWED, Followed
from guibin.cases.subjects import CUSTOMERS_OF, in_table
from guibin.context import Act
from guibin.notices.queries import ToldLine, told_of
from guibin.profiles.queries import called
from guibin.signatures import actions as signing
from guibin.signatures.actions import SignatureLine
from guibin.sla.owed import HANDLER
from guibin.sla.queries import DUE_BEFORE, OVERDUE, ByDeadline, DeadlineLine, timer_of
from guibin.tiers.queries import holding
from guibin.web.listing import Listing, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants.principals import may
from guibin_tenants.rows import line, lines, many, struct_of
from guibin_tenants.scope import fetch_value

from .levels import LEADERSHIP_TOLD, RECTIFICATION, RESOLUTION, SUBJECT
from .tables import CallbackOutcome, Complaint, Direction, State


class ComplaintView(Struct, frozen=True, kw_only=True):
    """A complaint as lists show it.

    `owner_id` was contacted first and stays responsible; `handler_id` or `handler_unit_id` works on it now. `due_at` is
    the deadline as it stands (None when the source had already closed it at a moment it does not tell); `breached_at`
    stays once it was passed; `provisional` while the holidays of its year are not published. `clause` is the rule the deadline comes from.
    """

    id: UUID
    number: str
    kind: str
    customer_id: UUID | None
    level: str
    clause: str
    because: str
    channel: str
    on_behalf: bool
    special: bool
    priority: int
    received_at: datetime
    warn_at: datetime | None
    due_at: datetime | None
    provisional: bool
    warned_at: datetime | None
    breached_at: datetime | None
    resolved_at: datetime | None
    state: State
    owner_id: UUID
    owner_name: str
    handler_id: UUID | None
    handler_unit_id: UUID | None
    reopened: int
    source_number: str | None
    follows_id: UUID | None
    merged_into_id: UUID | None
    version: int


class AnalysisLine(Struct, frozen=True):
    """What it comes from, and how that came about."""

    cause: str
    text: str
    analysed_by: UUID
    analysed_by_name: str
    analysed_at: datetime


class HandOverLine(Struct, frozen=True):
    """Who handed the work to whom, and why."""

    id: UUID
    to_staff_id: UUID | None
    to_unit_id: UUID | None
    reason: str
    handed_by: UUID
    handed_by_name: str
    handed_at: datetime


class LevelLine(Struct, frozen=True):
    """A level judged anew, with the deadline before and after."""

    from_level: str
    to_level: str
    reason: str
    due_before: datetime | None
    due_after: datetime | None
    changed_by: UUID
    changed_by_name: str
    changed_at: datetime


class PauseLine(Struct, frozen=True):
    """A time of waiting for the customer; open while `ended_at` is None."""

    id: UUID
    reason: str
    started_at: datetime
    started_by_name: str
    ended_at: datetime | None
    ended_by_name: str


class ResolutionLine(Struct, frozen=True):
    """A remedy given; `resolved_at` is None when an import's source did not tell."""

    round: int
    remedy: str
    cause: str
    resolved_by: UUID
    resolved_by_name: str
    resolved_at: datetime | None


class CallbackLine(Struct, frozen=True):
    """The result told to the customer, and the answer."""

    id: UUID
    round: int
    outcome: CallbackOutcome
    comment: str
    on_site: bool
    unsigned_because: str
    called_by: UUID
    called_by_name: str
    called_at: datetime


class NoteLine(Struct, frozen=True):
    """A note, contact, repair record or receipt."""

    id: UUID
    kind: str
    text: str
    written_by: UUID
    written_by_name: str
    written_at: datetime


class MessageLine(Struct, frozen=True):
    """What the customer wrote, or was told; `answers` says that it was a reply."""

    id: UUID
    direction: Direction
    automatic: bool
    answers: bool
    text: str
    sent_at: datetime
    written_by: UUID
    written_by_name: str


class IntakeLine(Struct, frozen=True):
    """The same matter arriving once more; `from_complaint_id` is the complaint it was before the two were merged."""

    id: UUID
    from_complaint_id: UUID | None
    channel: str
    text: str
    received_at: datetime
    recorded_by_name: str


class RecusalLine(Struct, frozen=True):
    """Who does not handle it, and why."""

    staff_id: UUID
    reason: str
    recused_by_name: str
    recused_at: datetime


class WithdrawalLine(Struct, frozen=True):
    """The customer took it back; `said_by` is who said so in their place."""

    said_by: str
    reason: str
    withdrawn_by_name: str
    withdrawn_at: datetime


class RectificationLine(Struct, frozen=True):
    """The plan reported to leadership."""

    plan: str
    reported_to: str
    reported_by_name: str
    reported_at: datetime


class StepLine(Struct, frozen=True):
    """A warning, breach, escalation or success that happened to one of its deadlines."""

    milestone: str
    generation: int
    step: str
    kind: str
    roles: tuple[str, ...]
    due_at: datetime
    fired_at: datetime


class ComplaintForm(ComplaintView, frozen=True, kw_only=True):
    """The customer opinion and complaint form, whole (S07-27)."""

    text: str
    intakes: list[IntakeLine]
    analyses: list[AnalysisLine]
    hand_overs: list[HandOverLine]
    levels: list[LevelLine]
    pauses: list[PauseLine]
    resolutions: list[ResolutionLine]
    callbacks: list[CallbackLine]
    signatures: list[SignatureLine]
    notes: list[NoteLine]
    messages: list[MessageLine]
    leadership_told: list[ToldLine]
    rectification: RectificationLine | None
    recusals: list[RecusalLine]
    withdrawal: WithdrawalLine | None
    follow_up_owed: bool
    deadlines: list[DeadlineLine]
    steps: list[StepLine]

    @property
    def plan_owed(self) -> bool:
        """Whether leadership waits for the plan against repetition."""
        return self.rectification is None and any(
            one.milestone == RECTIFICATION and one.completed_at is None and one.cancelled_at is None
            for one in self.deadlines
        )


class ComplaintFilter(Struct, frozen=True, kw_only=True):
    """Which complaints. `received_from` is inclusive, `received_before` and `due_before` exclusive.

        `handled_by` is who has the work now: its handler, or its owner while nobody else has it. `unit_id` is the department
    was handed to, `resolved_by` who gave a remedy, `resolved_from` (inclusive) when that met the deadline or missed it, `tier`
    what the customer holds today, `q` a part of the number, of the text or of the customer's name.
    """

    state: State | None = None
    level: str | None = None
    channel: str | None = None
    owner_id: UUID | None = None
    customer_id: UUID | None = None
    number: str | None = None
    received_from: datetime | None = None
    received_before: datetime | None = None
    overdue: bool = False
    running: bool = False
    handled_by: UUID | None = None
    unit_id: UUID | None = None
    tier: str | None = None
    due_before: datetime | None = None
    resolved_by: UUID | None = None
    resolved_from: datetime | None = None
    q: Annotated[str, Meta(max_length=100)] | None = None


LISTED = Listing(
    view=ComplaintView,
    source=f"complaint x left join {timer_of('x', RESOLUTION)}",
    order=newest_first("x.received_at"),
    columns={
        "warn_at": "t.warn_at",
        "due_at": "t.due_at",
        "provisional": "coalesce(t.provisional, false)",
        "warned_at": "t.warned_at",
        "breached_at": "t.breached_at",
        "resolved_at": "t.completed_at",
        "reopened": "x.round",
    },
    filters={
        "received_from": "x.received_at >= $value",
        "received_before": "x.received_at < $value",
        "overdue": OVERDUE,
        "running": "x.state in ('open', 'waiting')",
        "handled_by": f"({HANDLER}) = $value",
        "unit_id": "x.handler_unit_id = $value",
        "tier": "exists (select from membership m where m.customer_id = x.customer_id and m.tier = $value"
        f" and {holding('m', '$today::date')})",
        "due_before": DUE_BEFORE,
        "resolved_by": "exists (select from complaint_resolution r where r.tenant_id = x.tenant_id and r.complaint_id = x.id"
        " and r.resolved_by = $value)",
        "resolved_from": "t.completed_at >= $value",
        "q": f"strpos(lower(x.number || ' ' || x.text || ' ' || coalesce({called('x.customer_id')}, '')), lower($value)) > 0",
    },
)


class ComplaintLine(ComplaintView, frozen=True, kw_only=True):
    """A complaint as whoever works on it sees it in a list: with names, and the beginning of what was said."""

    customer_name: str | None
    matter: str
    handler_name: str | None
    unit_name: str | None
    paused_at: datetime | None
    completed_at: datetime | None


QUEUE = LISTED.wider(
    ComplaintLine,
    customer_name=called("x.customer_id"),
    matter="left(x.text, 120)",
    handler_name=f"(select s.name from staff s where s.id = ({HANDLER}))",
    unit_name="(select u.name from org_unit u where u.id = x.handler_unit_id)",
    paused_at="t.paused_at",
    completed_at="t.completed_at",
)
BY_DEADLINE = ByDeadline(listing=QUEUE, milestone=RESOLUTION, before="x.priority")


async def queue(filters: ComplaintFilter, page: PageAsked, act: Act, *, due_first: bool = True) -> Page[ComplaintLine]:
    """The complaints for whoever works on them, those of key accounts on top and what falls due first (S07-33)."""
    listing = BY_DEADLINE if due_first else QUEUE
    return await searched("complaint", await listing.page(filters, page, act), act)


def _of(table: str) -> str:
    return f"from {table} where complaint_id = x.id order by"


# The complaint with everything that happened to it, in one statement.
FORM = LISTED.wider(
    ComplaintForm,
    intakes=lines(IntakeLine, f"{_of('complaint_intake')} received_at, id"),
    analyses=lines(AnalysisLine, f"{_of('complaint_analysis')} analysed_at, id"),
    hand_overs=lines(HandOverLine, f"{_of('complaint_hand_over')} handed_at, id"),
    levels=lines(LevelLine, f"{_of('complaint_level_change')} changed_at, id"),
    pauses=lines(PauseLine, f"{_of('complaint_pause')} started_at, id"),
    resolutions=lines(ResolutionLine, f"{_of('complaint_resolution')} round"),
    callbacks=lines(CallbackLine, f"{_of('complaint_callback')} called_at, id"),
    signatures=lines(SignatureLine, signing.LINES),
    notes=lines(NoteLine, f"{_of('complaint_note')} written_at, id"),
    messages=lines(MessageLine, f"{_of('complaint_message')} sent_at, id"),
    leadership_told=lines(ToldLine, told_of("x.id", LEADERSHIP_TOLD)),
    rectification=line(RectificationLine, f"{_of('complaint_rectification')} id"),
    recusals=lines(RecusalLine, f"{_of('complaint_recusal')} recused_at, id"),
    withdrawal=line(WithdrawalLine, f"{_of('complaint_withdrawal')} id"),
    follow_up_owed="exists (select from complaint_sample s where s.complaint_id = x.id and not exists (select from"
    " complaint_follow_up f where f.tenant_id = s.tenant_id and f.sample_id = s.id))",
    deadlines=lines(DeadlineLine, "from timer where subject_id = x.id order by due_at, milestone, occurrence"),
    steps=lines(
        StepLine,
        "from (select of.milestone, s.* from timer_step s join timer of on of.tenant_id = s.tenant_id"
        " and of.id = s.timer_id where of.subject_id = x.id) step order by due_at, generation, step",
    ),
)


async def form(complaint_id: UUID, act: Act) -> ComplaintForm:
    """The whole opinion and complaint form; the look is on record. Raises NotFound."""
    return await recorded("read", Case(SUBJECT, complaint_id), FORM, act)


class Handler(Struct, frozen=True):
    """Who has the work, and who stays responsible."""

    owner: str
    handler: str | None
    unit: str | None


async def handler_of(complaint_id: UUID) -> Handler:
    """By name. Raises NotFound."""
    return await struct_of(
        Handler,
        Complaint,
        complaint_id,
        "from (select x.owner_name as owner, (select s.name from staff s where s.id = x.handler_id) as handler,"
        " (select u.name from org_unit u where u.id = x.handler_unit_id) as unit from complaint x where x.id = $1) who",
    )


class Settled(Struct, frozen=True):
    """How many complaints somebody gave a remedy for, and how long each took on average from its receipt; None for none."""

    count: int
    spent: timedelta | None


async def settled_by(staff_id: UUID, since: datetime) -> Settled:
    """Of complaints that stay resolved."""
    (found,) = await many(
        Settled,
        "from (select count(*)::int as count, avg(r.resolved_at - c.received_at) as spent from complaint_resolution r"
        " join complaint c on c.tenant_id = r.tenant_id and c.id = r.complaint_id and c.round = r.round"
        " where r.resolved_by = $1 and r.resolved_at >= $2 and c.state in ('resolved', 'closed')) settled",
        staff_id,
        since,
    )
    return found


class Other(Struct, frozen=True):
    """Another complaint of the same customer's."""

    id: UUID
    number: str
    matter: str
    state: State
    received_at: datetime


async def of_customer(customer_id: UUID, *, but: UUID | None = None, most: int = 5) -> list[Other]:
    """The customer's complaints, the newest first; `but` one of them."""
    return await many(
        Other,
        "from (select id, number, left(text, 60) as matter, state, received_at from complaint where customer_id = $1"
        " and id is distinct from $2 and merged_into_id is null) other order by received_at desc limit $3",
        customer_id,
        but,
        most,
    )


async def others_of(form: ComplaintView, *, most: int = 5) -> list[Other]:
    """The customer's other complaints, the newest first; none of nobody's."""
    return await of_customer(form.customer_id, but=form.id, most=most) if form.customer_id else []


# SQL: the complaint or opinion `k` is a known customer's, and goes on as no other.
KNOWN = "complaint k where k.customer_id is not null and k.merged_into_id is null"


def following(row: str) -> str:
    """SQL, what follows `select`: complaints `k` of the customer of `row` within its `followed_days` of its `found_at`."""
    return (
        f"from complaint k where k.tenant_id = {row}.tenant_id and k.customer_id = {row}.customer_id"
        f" and k.kind = 'complaint' and k.received_at > {row}.found_at"
        f" and k.received_at <= {row}.found_at + make_interval(days => {row}.followed_days)"
    )


# What a customer's yearly file holds of them: of customer $1, from $2 on and before $3.
IN_FILE = (
    "select number, level, text, state, received_at from complaint where customer_id = $1"
    " and received_at >= $2 and received_at < $3 order by received_at, id"
)


# What customer $1 said of their complaints and what was said to them, whole, the first first; no note among ourselves.
SAID = """select number, said_at, direction, text from (
    select c.number, c.received_at as said_at, 'in' as direction, c.text from complaint c where c.customer_id = $1
    union all select c.number, m.sent_at, m.direction, m.text from complaint_message m
        join complaint c on c.tenant_id = m.tenant_id and c.id = m.complaint_id where c.customer_id = $1
    union all select c.number, r.resolved_at, 'out', r.remedy from complaint_resolution r
        join complaint c on c.tenant_id = r.tenant_id and c.id = r.complaint_id where c.customer_id = $1
    union all select c.number, b.called_at, 'in', b.comment from complaint_callback b
        join complaint c on c.tenant_id = b.tenant_id and c.id = b.complaint_id where c.customer_id = $1 and b.comment <> ''
    ) said order by said_at, number"""
CUSTOMERS_OF.give("complaint", in_table(Complaint))
FOLLOWED.give("complaint", Followed(may("complaints:read"), Complaint, matter="text"))


async def number_of(complaint_id: UUID) -> str:
    """What it is called; empty for one that is not to be seen from here."""
    return await fetch_value("select number from complaint where id = $1", complaint_id) or ""


class Judged(Struct, frozen=True):
    """Of which level a complaint is, by which clause and why, and the version of the policy then."""

    number: str
    customer_id: UUID | None
    level: str
    clause: str
    because: str
    received_at: datetime
    recorded_at: datetime


class Rejudged(Struct, frozen=True):
    """The level was judged anew."""

    from_level: str
    to_level: str
    reason: str
    changed_by_name: str
    changed_at: datetime


async def judged(complaint_id: UUID) -> Judged | None:
    """None where there is no such complaint in sight."""
    found = await many(Judged, "from complaint where id = $1", complaint_id)
    return found[0] if found else None


async def rejudged(complaint_id: UUID) -> list[Rejudged]:
    """Each time the level was judged anew, the first first."""
    return await many(
        Rejudged, "from complaint_level_change where complaint_id = $1 order by changed_at, id", complaint_id
    )


async def is_any() -> bool:
    """Whether there ever was one."""
    return bool(await fetch_value("select true from complaint limit 1"))
