"""What callers send about offers, bounded and strict."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.money import Money
from guibin.notation.plausible import Plausible

_NO_NUL = r"^[^\x00]*\Z"
_SAYS_SOMETHING = r"^[^\x00]*[^\x00\s][^\x00]*\Z"
Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=_SAYS_SOMETHING)]
Words = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=_SAYS_SOMETHING)]
Moment = Annotated[datetime, Meta(tz=True)]
Quantity = Annotated[int, Meta(ge=1, le=1_000_000)]


class NewOffer(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`opens_at` is when everybody may buy: tiers with a head start may so many hours earlier."""

    title: Line
    quantity: Quantity
    opens_at: Moment
    closes_at: Moment
    text: Annotated[str, Meta(max_length=4_000, pattern=_NO_NUL)] = ""
    per_customer: Quantity = 1
    price: Money = Money("0")


class NewPurchase(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many units for a customer."""

    customer_id: UUID
    quantity: Quantity = 1


class NewReturn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it came back."""

    reason: Words
