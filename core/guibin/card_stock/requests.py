"""What callers send about card requests, batches, shipments and write-offs, bounded and strict."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from guibin.policy.words import Code, Paragraph, Reason

QUANTITY_MAX = 1_000_000
Quantity = Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]


class NewCardRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many cards of a kind a unit needs, by default one's own unit."""

    kind: Code
    quantity: Quantity
    reason: Reason
    unit_id: UUID | None = None


class NewCardBatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many cards were made and taken into the stock of a unit, by default the head office."""

    kind: Code
    quantity: Quantity
    unit_id: UUID | None = None
    note: Paragraph = ""


class NewCardOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many cards of a kind whoever makes them is to make and send."""

    kind: Code
    quantity: Quantity
    note: Paragraph = ""


class NewOrderSending(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The order's document left, by whom or what: a courier, a system of theirs, a letter."""

    by: Reason


class NewConfirmation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The maker's own reference of the order."""

    reference: Reason


class NewDelivery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many came, as they were counted."""

    received: Quantity
    note: Paragraph = ""


class NewShortfall(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many are missing of what the maker said that they sent, and what they were told."""

    missing: Quantity
    text: Reason


class NewCardShipment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cards leave a unit for the one under it, for a request of that unit or one below; or go back to the one above."""

    kind: Code
    from_unit_id: UUID
    to_unit_id: UUID
    quantity: Quantity
    request_id: UUID | None = None
    note: Paragraph = ""


class NewCardReceipt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was counted on arrival; less than was dispatched needs a reason."""

    received: Annotated[int, Meta(ge=0, le=QUANTITY_MAX)]
    reason: Paragraph = ""


class NewCardWriteOff(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cards of a unit's stock that nobody will get, and why."""

    kind: Code
    unit_id: UUID
    quantity: Quantity
    cause: Literal["spoilt", "destroyed", "missing"]
    reason: Reason
