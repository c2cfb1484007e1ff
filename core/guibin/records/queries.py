"""Reading contacts: what happened with a customer, newest first."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.web.listing import Listing, newest_first
from guibin_tenants.rows import lines


class InteractionView(Struct, frozen=True, kw_only=True):
    """A contact with a customer. `visit_id` is the visit whose record it is."""

    id: UUID
    customer_id: UUID
    channel: str
    direction: str
    outcome: str
    happened_at: datetime
    duration_minutes: int | None
    place: str
    number_masked: str
    content: str
    need: str
    handling_state: str
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
    direction: Literal["in", "out"] | None = None
    outcome: Literal["reached", "not_reached", "missed"] | None = None
    handling_state: Literal["none", "open", "done"] | None = None
    staff_id: UUID | None = None
    happened_from: datetime | None = None
    happened_before: datetime | None = None


LISTED = Listing(
    view=InteractionView,
    source="interaction x left join visit_record r on r.tenant_id = x.tenant_id and r.interaction_id = x.id",
    order=newest_first("x.happened_at"),
    columns={"visit_id": "r.visit_id"},
    filters={"happened_from": "x.happened_at >= $value", "happened_before": "x.happened_at < $value"},
)
_FORM = LISTED.wider(
    InteractionForm,
    handlings=lines(HandlingLine, "from interaction_handling where interaction_id = x.id order by handled_at, id"),
)


async def interaction(interaction_id: UUID) -> InteractionForm:
    """Raises NotFound."""
    return await _FORM.one(interaction_id)
