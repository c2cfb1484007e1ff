"""What callers send about care, bounded and strict."""

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.money import Money
from guibin.notation.plausible import Plausible

Words = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=r"\S")]
Channel = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+$")]


class Told(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The customer was told through `channel`, and what came of it."""

    channel: Channel
    result: Words


class Done(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done."""

    result: Words


class Reason(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why not."""

    reason: Words


class RenewedOrder(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The order that follows without a gap; `ends_on` is the first day without it."""

    number: Annotated[str, Meta(min_length=1, max_length=60)]
    ends_on: date
    price: Money


class NewServiceAnnouncement(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service everybody may have from `general_from`; who the policy names hears of it earlier."""

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
    general_from: date
    description: Annotated[str, Meta(max_length=2_000)] = ""


class Telling(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Through which channel the customer was told."""

    customer_id: UUID
    channel: Channel


class NewTrial(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trial that begins on `starts_on`, today by default."""

    customer_id: UUID
    starts_on: date | None = None
