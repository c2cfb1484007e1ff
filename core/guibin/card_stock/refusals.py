"""What can be the case with cards in stock that forbids what was asked."""

from guibin_tenants.refusals import Conflict, Forbidden


class OutOfStock(Conflict):
    """Not enough cards are in stock."""


class NotCentral(Forbidden):
    """Cards are made centrally. Only the head office makes them (S12-6)."""


class OtherUnit(Forbidden):
    """This stock belongs to another org unit."""


class OwnShipment(Forbidden):
    """Somebody else confirms the receipt. Whoever dispatched cards does not count them on arrival."""


class AlreadyReceived(Conflict):
    """This shipment was received before."""


class NotApproved(Conflict):
    """This has not been approved, or was dealt with already. Nothing happens without the approval."""


class RequestFilled(Conflict):
    """That is more than the request has left. More than was approved is never shipped."""
