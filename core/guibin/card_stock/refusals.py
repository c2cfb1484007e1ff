"""What can be the case with cards in stock that forbids what was asked."""

from guibin_tenants.refusals import Conflict, Forbidden


class OutOfStock(Conflict):
    """The unit has fewer cards of the kind than are asked for."""

    kind = "out-of-stock"
    title = "Not enough cards are in stock"


class NotCentral(Forbidden):
    """Cards are made by the head office only (S12-6)."""

    kind = "not-central"
    title = "Cards are made centrally"


class OtherUnit(Forbidden):
    """The stock is another unit's to move."""

    kind = "other-unit"
    title = "This stock belongs to another org unit"


class OwnShipment(Forbidden):
    """Whoever dispatched cards does not count them on arrival."""

    kind = "own-shipment"
    title = "Somebody else confirms the receipt"


class AlreadyReceived(Conflict):
    """The shipment has arrived."""

    kind = "already-received"
    title = "This shipment was received before"


class NotApproved(Conflict):
    """Nothing happens without the approval."""

    kind = "not-approved"
    title = "This has not been approved, or was dealt with already"


class RequestFilled(Conflict):
    """More than was approved is never shipped."""

    kind = "request-filled"
    title = "That is more than the request has left"
