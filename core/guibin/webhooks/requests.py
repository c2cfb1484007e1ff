"""What callers send."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from guibin.notation.plausible import Plausible
from guibin.policy.words import EventName, Line, Url

from .tables import State

EventTypes = Annotated[tuple[EventName, ...], Meta(max_length=100)]
# `level=3`: a field of an event's payload and what it is to say.
Narrowed = Annotated[tuple[Line, ...], Meta(max_length=20)]
Moment = Annotated[datetime, Meta(tz=True)]


class NewWebhook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to send events to, and which; no `event_types` means all. `narrowed_to` narrows them: `level=3` and `level=2` are
    sent events of either level, and whatever says nothing of a level."""

    url: Url
    event_types: EventTypes = ()
    narrowed_to: Narrowed = ()
    description: Line = ""


class WebhookChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes; the rest stays."""

    url: Url | UnsetType = UNSET
    event_types: EventTypes | UnsetType = UNSET
    narrowed_to: Narrowed | UnsetType = UNSET
    description: Line | UnsetType = UNSET


class NewSecret(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The secret before this one signs too for `overlap_hours`; 0 when it is known to others."""

    overlap_hours: Annotated[int, Meta(ge=0, le=168)] = 24


class NewReplays(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Send again what happened from `since` until before `until` and ended in one of `states`."""

    since: Moment
    until: Moment
    states: Annotated[tuple[Literal["delivered", "failed", "held"], ...], Meta(min_length=1, max_length=3)] = (
        "failed",
        "held",
    )


class DeliveryFilter(Struct, frozen=True, kw_only=True):
    """Which deliveries are asked for."""

    state: State | None = None
    type: Annotated[str, Meta(max_length=60)] | None = None
    webhook_id: UUID | None = None
