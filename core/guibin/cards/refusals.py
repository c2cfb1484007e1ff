"""What can stand in the way of a card."""

from guibin_tenants.refusals import Conflict, Refusal


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
