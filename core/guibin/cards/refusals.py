"""What can stand in the way of a card."""

from guibin_tenants.refusals import Conflict, Refusal


class AlreadyAppliedFor(Conflict):
    """An application for this card is open already."""

    kind = "card-already-applied-for"


class LiveCard(Conflict):
    """The customer has a live card of this kind. Nobody has two live cards of one kind."""


class NumberTaken(Conflict):
    """This card number was given before. A number belongs to one card for ever."""

    kind = "card-number-taken"


class NotInTier(Refusal):
    """The customer does not hold the tier of this card."""


class NotIdentified(Refusal):
    """The identity document has to be checked first. No card without a matching document shown that day (S08-3)."""


class NotSponsored(Refusal):
    """The company may not give this card to this person. No post in it, or no tier that gives such cards (S04-5)."""


class QuotaFull(Conflict):
    """The company has given all the cards its tier allows."""

    kind = "card-quota-full"


class WrongState(Conflict):
    """The card is in another state. Than this needs."""

    kind = "card-state"
