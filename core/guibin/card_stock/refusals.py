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


class OrderEnded(Conflict):
    """This order is dealt with: nothing is waited for any more."""


class OrderNotSent(Conflict):
    """This is not what comes next of the order. It is sent first, and once."""


class MadeElsewhere(Conflict):
    """Cards of this kind are made above the company: they come in as deliveries of an order (S12-8)."""


class RequestFilled(Conflict):
    """That is more than the request has left. More than was approved is never shipped."""
