"""What callers send about offers, bounded and strict."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.notation.plausible import Plausible
from guibin.policy.money import Money
from guibin.policy.words import CodeIfAny, Explanation, Page, Title

Moment = Annotated[datetime, Meta(tz=True)]
Quantity = Annotated[int, Meta(ge=1, le=1_000_000)]


class NewOffer(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`opens_at` is when everybody may buy: tiers with a head start may so many hours earlier. Nobody who declined
    its `topic`, one of the policy's, is sold any unasked (S02-3)."""

    title: Title
    quantity: Quantity
    opens_at: Moment
    closes_at: Moment
    text: Page = ""
    topic: CodeIfAny = ""
    per_customer: Quantity = 1
    price: Money = Money("0")


class NewPurchase(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many units for a customer; `asked` themselves, also who declined the topic."""

    customer_id: UUID
    quantity: Quantity = 1
    asked: bool = False


class NewReturn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it came back."""

    reason: Explanation
