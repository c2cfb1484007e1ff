"""Reading signals and outages, the newest first."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.cases.followed import FOLLOWED, Followed
from guibin.complaints.queries import following
from guibin.context import Act
from guibin.policy.signals import Source
from guibin.profiles.queries import called
from guibin.sla.queries import OVERDUE, DeadlineLine, timer_of
from guibin.web.listing import Listing, PageAsked, earliest_first, newest_first
from guibin.web.paging import Page
from guibin_tenants.principals import may
from guibin_tenants.rows import lines
from guibin_tenants.scope import fetch_column

from . import finding
from .tables import Outage, Signal, State

SUBJECT, OUTAGE = "signal", "outage"
ACTION = "action"


class SignalView(Struct, frozen=True, kw_only=True):
    """A signal: of which `rule` of the policy, what was noticed (`details`), who is to act until when, and what came of it.

    `complained_at` is when the customer complained within the rule's days of it.
    """

    id: UUID
    customer_id: UUID
    rule: str
    source: str
    details: dict[str, str]
    outage_id: UUID | None
    found_at: datetime
    state: State
    account_manager_id: UUID | None
    warn_at: datetime | None
    due_at: datetime | None
    breached_at: datetime | None
    result: str
    ended_by: UUID | None
    ended_by_name: str
    ended_at: datetime | None
    complained_at: datetime | None
    clause: str
    version: int


class SignalFilter(Struct, frozen=True, kw_only=True):
    """Which signals. `found_from` is inclusive, `found_before` exclusive; `overdue` are open past their time."""

    state: State | None = None
    rule: str | None = None
    source: Source | None = None
    customer_id: UUID | None = None
    account_manager_id: UUID | None = None
    outage_id: UUID | None = None
    overdue: bool = False
    complained: bool | None = None
    found_from: datetime | None = None
    found_before: datetime | None = None


class SignalLine(SignalView, frozen=True, kw_only=True):
    """A signal with names."""

    customer_name: str | None
    manager_name: str | None


class SignalForm(SignalLine, frozen=True, kw_only=True):
    """A signal with its deadline as it ran."""

    deadlines: list[DeadlineLine]


class OutageView(Struct, frozen=True, kw_only=True):
    """An outage; `signals` it opened, of which `waiting` are open, both of customers one may see."""

    id: UUID
    org_unit_id: UUID
    text: str
    kinds: list[str]
    field: str
    value: str
    product: str
    began_at: datetime
    expected_until: datetime | None
    reported_by: UUID
    reported_by_name: str
    reported_at: datetime
    ended_by_name: str
    ended_at: datetime | None
    remedy: str
    signals: int
    waiting: int
    version: int


class OutageFilter(Struct, frozen=True, kw_only=True):
    """Which outages."""

    running: bool | None = None
    org_unit_id: UUID | None = None


class AffectedView(Struct, frozen=True, kw_only=True):
    """A customer whom the outage affects, who holds a tier or not, and the signal it opened."""

    customer_id: UUID
    customer_number: str
    customer_name: str
    account_manager_id: UUID | None
    signal_id: UUID | None
    created_at: datetime


_FOLLOWING = following("x")
LISTED = Listing(
    view=SignalView,
    source=f"signal x left join {timer_of('x', ACTION)} left join customer c on c.tenant_id = x.tenant_id"
    " and c.id = x.customer_id",
    order=newest_first("x.found_at"),
    columns={
        "account_manager_id": "c.account_manager_id",
        "warn_at": "t.warn_at",
        "due_at": "t.due_at",
        "breached_at": "t.breached_at",
        "complained_at": f"(select min(k.received_at) {_FOLLOWING})",
    },
    filters={
        "account_manager_id": "c.account_manager_id = $value",
        "overdue": OVERDUE,
        "complained": f"exists (select {_FOLLOWING}) = $value",
        "found_from": "x.found_at >= $value",
        "found_before": "x.found_at < $value",
    },
)
LINES = LISTED.wider(
    SignalLine,
    customer_name=called("x.customer_id"),
    manager_name="(select s.name from staff s where s.id = c.account_manager_id)",
)
FORM = LINES.wider(
    SignalForm,
    deadlines=lines(DeadlineLine, "from timer where subject_id = x.id order by due_at, milestone, occurrence"),
)
_OF_OUTAGE = "from signal s where s.tenant_id = x.tenant_id and s.outage_id = x.id"
OUTAGES = Listing(
    view=OutageView,
    source="outage x",
    order=newest_first("x.began_at"),
    columns={
        "signals": f"(select count(*)::int {_OF_OUTAGE})",
        "waiting": f"(select count(*)::int {_OF_OUTAGE} and s.state = 'open')",
    },
    filters={"running": "(x.ended_at is null) = $value"},
)
_AFFECTED = Listing(
    view=AffectedView,
    source="customer x join customer c on c.tenant_id = x.tenant_id and c.id = x.id left join signal s"
    " on s.tenant_id = x.tenant_id and s.customer_id = x.id and s.outage_id = $outage_id::uuid",
    order=earliest_first("x.created_at"),
    columns={
        "customer_id": "x.id",
        "customer_number": "x.number",
        "customer_name": "x.name",
        "signal_id": "s.id",
    },
)


async def affected(outage_id: UUID, page: PageAsked, act: Act) -> Page[AffectedView]:
    """The customers whom an outage affects, of those one may see, in the order of their archives. Raises NotFound."""
    condition, values = await finding.affecting(outage_id)
    values = {name: value for name, value in values.items() if name != "text"} | {"outage_id": outage_id}
    listing = Listing(
        view=AffectedView,
        source=_AFFECTED.source,
        order=_AFFECTED.order,
        columns=_AFFECTED.columns,
        holds=condition,
    )
    return await listing.page(None, page, act, **values)


async def running(now: datetime) -> list[UUID]:
    """The outages that have begun and are not over."""
    return list(await fetch_column("select id from outage where ended_at is null and began_at <= $1 order by id", now))


FOLLOWED.give(SUBJECT, Followed(may("records:read"), Signal))
FOLLOWED.give(OUTAGE, Followed(may("records:read"), Outage, matter="text"))
