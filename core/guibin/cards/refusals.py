"""What can stand in the way of a card."""

from guibin_tenants.refusals import Conflict, Forbidden, Refusal


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


class AlreadyAppliedFor(Conflict):
    """One application for a kind of card at a time."""

    kind = "card-already-applied-for"
    title = "An application for this card is open already"


class LiveCard(Conflict):
    """Nobody has two live cards of one kind."""

    kind = "live-card"
    title = "The customer has a live card of this kind"


class NumberTaken(Conflict):
    """A number belongs to one card for ever."""

    kind = "card-number-taken"
    title = "This card number was given before"


class NotInTier(Refusal):
    """The card is for another tier than the customer holds."""

    kind = "not-in-tier"
    title = "The customer does not hold the tier of this card"


class NotIdentified(Refusal):
    """The real-name rule: no card without a matching identity document shown that day (S08-3)."""

    kind = "not-identified"
    title = "The identity document has to be checked first"


class NotSponsored(Refusal):
    """The person holds no post in the company, or the company has no tier that gives such cards (S04-5)."""

    kind = "not-sponsored"
    title = "The company may not give this card to this person"


class QuotaFull(Conflict):
    """The company's tier gives no more cards of this kind."""

    kind = "card-quota-full"
    title = "The company has given all the cards its tier allows"


class WrongState(Conflict):
    """The card is in another state than this needs."""

    kind = "card-state"
    title = "The card is in another state"
