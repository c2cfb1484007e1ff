"""What callers send about care, bounded and strict."""

from datetime import date
from uuid import UUID

from msgspec import Struct

from guibin.notation.plausible import Plausible
from guibin.policy.money import Money
from guibin.policy.words import Channel, Code, CodeIfAny, Explanation, Paragraph, Title


class Told(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The customer was told through `channel`, and what came of it."""

    channel: Channel
    result: Explanation


class Done(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done."""

    result: Explanation


class Reason(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why not."""

    reason: Explanation


class RenewedOrder(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The order that follows without a gap; `ends_on` is the first day without it."""

    number: Code
    ends_on: date
    price: Money


class NewServiceAnnouncement(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service everybody may have from `general_from`; who the policy names hears of it earlier, and nobody who declined its
    `topic`, one of the policy's (S02-3)."""

    name: Title
    general_from: date
    description: Paragraph = ""
    topic: CodeIfAny = ""


class Telling(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Through which channel the customer was told."""

    customer_id: UUID
    channel: Channel


class NewTrial(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trial that begins on `starts_on`, today by default."""

    customer_id: UUID
    starts_on: date | None = None
