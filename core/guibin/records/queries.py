"""Reading contacts: what happened with a customer, newest first."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.web.listing import Listing, newest_first
from guibin_tenants.above import FromAbove
from guibin_tenants.rows import lines

from .tables import ContactOutcome, Direction, HandlingState


class InteractionView(Struct, frozen=True, kw_only=True):
    """A contact with a customer. `visit_id` is the visit whose record it is."""

    id: UUID
    customer_id: UUID
    channel: str
    direction: Direction
    outcome: ContactOutcome
    happened_at: datetime
    duration_minutes: int | None
    place: str
    number_masked: str
    content: str
    need: str
    wants: str
    handling_state: HandlingState
    staff_id: UUID
    staff_name: str
    visit_id: UUID | None
    recorded_by: UUID
    recorded_by_name: str
    recorded_at: datetime
    source: str | None
    source_number: str | None


class HandlingLine(Struct, frozen=True):
    """What was done about the need, and by whom."""

    id: UUID
    text: str
    done: bool
    handled_by: UUID
    handled_by_name: str
    handled_at: datetime


class InteractionForm(InteractionView, frozen=True, kw_only=True):
    """A contact with everything done about its need."""

    handlings: list[HandlingLine]


class InteractionFilter(Struct, frozen=True, kw_only=True):
    """Which contacts. `happened_from` is inclusive, `happened_before` exclusive."""

    customer_id: UUID | None = None
    channel: str | None = None
    direction: Direction | None = None
    outcome: Literal["reached", "not_reached", "missed"] | None = None
    handling_state: HandlingState | None = None
    staff_id: UUID | None = None
    happened_from: datetime | None = None
    happened_before: datetime | None = None


# SQL: the visit whose record the contact `x` is.
VISIT_ID: FromAbove[str] = FromAbove("the visit of a contact")
LISTED = Listing(
    view=InteractionView,
    source="interaction x",
    order=newest_first("x.happened_at"),
    columns={"visit_id": VISIT_ID},
    filters={"happened_from": "x.happened_at >= $value", "happened_before": "x.happened_at < $value"},
)
FORM = LISTED.wider(
    InteractionForm,
    handlings=lines(HandlingLine, "from interaction_handling where interaction_id = x.id order by handled_at, id"),
)
# What a customer's yearly file holds of them: of customer $1, from $2 on and before $3.
IN_FILE = (
    "select happened_at, channel, direction, outcome, place, content, need, handling_state, staff_name"
    " from interaction where customer_id = $1 and happened_at >= $2 and happened_at < $3 order by happened_at, id"
)
