"""Reading deadlines."""

from datetime import UTC, datetime
from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from guibin.context import Act
from guibin.web.listing import Listing, Order, PageAsked, earliest_first
from guibin.web.paging import Page, read, written
from guibin_tenants.rows import many
from guibin_tenants.scope import fetch

View = TypeVar("View", bound=Struct)
TimerState = Literal["running", "paused", "completed", "cancelled"]


class TimerView(Struct, frozen=True, kw_only=True):
    """One deadline: of which milestone of what, when it warns and falls due, and what has happened.

    `provisional`: the holidays of its year are not published; it moves when they are. `policy_version` set its limit (S01-2).
    """

    id: UUID
    subject: str
    subject_id: UUID
    customer_id: UUID | None
    milestone: str
    occurrence: int
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    provisional: bool
    paused_at: datetime | None
    warned_at: datetime | None
    breached_at: datetime | None
    completed_at: datetime | None
    policy_version: int | None
    state: TimerState


class DeadlineLine(Struct, frozen=True):
    """A deadline as the case shows it to which it belongs."""

    milestone: str
    occurrence: int
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    provisional: bool
    paused_at: datetime | None
    breached_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None


class TimerFilter(Struct, frozen=True):
    """Which deadlines; `due_before` is exclusive."""

    subject_id: UUID | None = None
    state: Annotated[TimerState | None, Meta(description="What the clock does.")] = None
    due_before: datetime | None = None


_STATE = (
    "case when x.cancelled_at is not null then 'cancelled' when x.completed_at is not null then 'completed'"
    " when x.paused_at is not null then 'paused' else 'running' end"
)
LISTED = Listing(
    view=TimerView,
    source="timer x",
    columns={"state": _STATE},
    filters={"state": f"{_STATE} = $value", "due_before": "x.due_at < $value"},
    order=earliest_first("x.due_at"),
)


def timer_of(row: str, milestone: str) -> str:
    """The timer `t` of a milestone of this row that comes once, as what follows `join`.

    That it comes once is said, so that PostgreSQL leaves the join out of counts that ask nothing of it.
    """
    return timer_at(row, f"'{milestone}'") + " and t.occurrence = 1"


def timer_at(row: str, milestone: str) -> str:
    """As `timer_of`, of the milestone that an expression gives."""
    return f"timer t on t.tenant_id = {row}.tenant_id and t.subject_id = {row}.id and t.milestone = {milestone}"


# Of the timer `t`: it ended by its deadline.
IN_TIME = "t.completed_at <= t.due_at"


def judged(now: str) -> str:
    """SQL: whether it can be said of the timer `t` that it was kept or missed: it was completed, or it runs past its deadline at `now`, an expression."""
    return f"(t.completed_at is not null or (t.paused_at is null and t.due_at < {now}))"


# Of the timer `t`, for lists of what is worked on: what falls due first on top, what has no deadline last.
DUE_FIRST = Order({"coalesce(t.due_at, timestamptz '9999-12-31')": datetime, "x.id": UUID})
_LAST = datetime(9999, 12, 31, tzinfo=UTC)
_FIRST_ID = UUID(int=0)
_NEVER = "timestamptz '9999-12-31'"
_OPEN = "t.completed_at is null and t.cancelled_at is null"


class ByDeadline(Struct, Generic[View], frozen=True, kw_only=True):
    """A list of what is worked on, by what falls due first, what has no deadline last; it joins the `timer_of` this milestone.
    What has a smaller `before`, a column, comes first whenever it falls due."""

    listing: Listing[View]
    milestone: str
    before: str = ""

    async def page(self, filters: Struct, page: PageAsked, act: Act) -> Page[View]:
        """The rows that `filters` let through, a page of them.

        Whoever sees the whole company and asks for all that is `running` gets what falls due first from the index of open
        timers, without the rest being sorted; what has no open timer follows.
        """
        if self.before:
            running = f"case when {_OPEN} then coalesce(t.due_at, {_NEVER}) else {_NEVER} end"
            order = Order({self.before: int, running: datetime} | DUE_FIRST.by)
            return await self.listing.ordered(order).page(filters, page, act)
        if filters != type(filters)(running=True) or act.by.units_seen is not None:
            return await self.listing.ordered(DUE_FIRST).page(filters, page, act)
        tail = self._without_deadline()
        if page.cursor is not None and read(page.cursor, tuple[datetime, UUID])[0] >= _LAST:
            return await tail.page(filters, page, act)
        first = await self._by_index().page(filters, page, act)
        if first.next is not None:
            return first
        left = page.limit - len(first.items)
        rest = await tail.page(filters, PageAsked(max(left, 1)), act)
        if not left:
            return Page(first.items, written((_LAST, _FIRST_ID)) if rest.items else None)
        return Page([*first.items, *rest.items], rest.next)

    def _by_index(self) -> Listing[View]:
        table = self.listing.source.split()[0]
        return msgspec.structs.replace(
            self.listing,
            source=f"timer t join {table} x on x.tenant_id = t.tenant_id and x.id = t.subject_id",
            holds=f"({self.listing.holds}) and t.milestone = '{self.milestone}' and t.occurrence = 1 and {_OPEN}",
            order=Order({"t.due_at": datetime, "x.id": UUID}),
        )

    def _without_deadline(self) -> Listing[View]:
        return msgspec.structs.replace(
            self.listing,
            holds=f"({self.listing.holds}) and (t.id is null or not ({_OPEN}))",
            order=Order({"timestamptz '9999-12-31Z'": datetime, "x.id": UUID}),
        )


# Of the timer `t`: it runs, does not stand still, and falls due before `$value`.
DUE_BEFORE = "t.due_at < $value and t.completed_at is null and t.cancelled_at is null and t.paused_at is null"
# Of the timer `t`: it runs, and its deadline has passed. A filter of lists that show it.
OVERDUE = "t.due_at < $now and t.completed_at is null and t.cancelled_at is null"


def due_at(subject_id: str, milestone: str) -> str:
    """When a milestone that comes once falls due: a column, null without one. `milestone` is an expression."""
    return f"(select due_at from timer where subject_id = {subject_id} and milestone = {milestone})"


class TimerChangeView(Struct, frozen=True):
    """Why a deadline moved, by whom, and between which moments."""

    reason: str
    due_before: datetime | None
    due_after: datetime | None
    changed_by_name: str
    changed_at: datetime


async def changes_of(timer_id: UUID) -> list[TimerChangeView]:
    """What moved the deadline, the first first; NotFound for a timer that is not to be seen from here."""
    await LISTED.one(timer_id)
    return await many(TimerChangeView, "from timer_change where timer_id = $1 order by changed_at, id", timer_id)


async def moves_of(subject_id: UUID, milestone: str) -> list[TimerChangeView]:
    """What moved the deadline of a subject's milestone, the first first."""
    return await many(
        TimerChangeView,
        "from (select c.id, c.reason, c.due_before, c.due_after, c.changed_by_name, c.changed_at from timer_change c"
        " join timer of on of.id = c.timer_id where of.subject_id = $1 and of.milestone = $2) moved order by changed_at, id",
        subject_id,
        milestone,
    )


async def levels_above(timer_id: UUID, moment: datetime) -> tuple[tuple[str, ...], ...]:
    """The roles of the escalations that come after this moment, level by level."""
    rows = await fetch(
        "select s.roles from timer, jsonb_to_recordset(timer.steps) as s (kind text, at timestamptz, roles jsonb)"
        " where timer.id = $1 and s.kind = 'escalation' and s.at > $2 order by s.at",
        timer_id,
        moment,
    )
    return tuple(msgspec.json.decode(row["roles"], type=tuple[str, ...]) for row in rows)
