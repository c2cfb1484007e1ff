"""Reading calls, the newest first."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.cases.followed import FOLLOWED, Followed
from guibin.profiles.queries import called
from guibin.sla.queries import DeadlineLine, timer_at
from guibin.web.listing import Listing, newest_first
from guibin_tenants.principals import may
from guibin_tenants.rows import lines

from .deadlines import CALL_BACK, MATCH
from .tables import CallOutcome, HotlineCall, State


class CallView(Struct, frozen=True, kw_only=True):
    """A call of the hotline. `customer_id` is None until it is known who called."""

    id: UUID
    customer_id: UUID | None
    org_unit_id: UUID | None
    reference: str | None
    number_masked: str
    queue: str
    state: State
    rang_at: datetime
    answered_at: datetime | None
    staff_id: UUID | None
    staff_name: str
    matched_by: UUID | None
    matched_by_name: str
    matched_at: datetime | None
    outcome: CallOutcome
    content: str
    need: str
    handling: str
    unmatched_because: str
    interaction_id: UUID | None
    opened_by: UUID
    opened_by_name: str
    opened_at: datetime
    ended_by: UUID | None
    ended_by_name: str
    ended_at: datetime | None


class CallFilter(Struct, frozen=True, kw_only=True):
    """Which calls. `rang_from` is inclusive, `rang_before` exclusive; `waiting` are those not done with."""

    customer_id: UUID | None = None
    state: State | None = None
    staff_id: UUID | None = None
    waiting: bool | None = None
    rang_from: datetime | None = None
    rang_before: datetime | None = None


LISTED = Listing(
    view=CallView,
    source="hotline_call x",
    order=newest_first("x.rang_at"),
    filters={
        "waiting": "(x.state <> 'done') = $value",
        "rang_from": "x.rang_at >= $value",
        "rang_before": "x.rang_at < $value",
    },
)


class CallLine(CallView, frozen=True, kw_only=True):
    """A call with its customer's name."""

    customer_name: str | None


class CallForm(CallLine, frozen=True, kw_only=True):
    """A call with what it waits for, the latest first, and what kind of need was recorded."""

    wants: str
    handled: bool
    deadlines: list[DeadlineLine]


LINES = LISTED.wider(CallLine, customer_name=called("x.customer_id"))
FORM = LINES.wider(
    CallForm,
    deadlines=lines(
        DeadlineLine,
        f"from (values ('{CALL_BACK}'), ('{MATCH}')) w (owed) join {timer_at('x', 'w.owed')} order by started_at desc, t.id desc",
    ),
)
FOLLOWED.give("hotline_call", Followed(may("records:read"), HotlineCall, matter="content"))
