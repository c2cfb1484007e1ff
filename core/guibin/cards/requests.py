"""What callers send about cards, bounded and strict."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from guibin.policy.words import CardNumber, Channel, Code, CodeIfAny, FullLine, Paragraph, Reason, up_to
from guibin.profiles.requests import Confidential


class NewIdentityCheck(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the customer's document says; `field` is the archive field its number is kept in, by default the document on file that
    such a number may be of."""

    field: CodeIfAny = ""
    name: FullLine
    number: Annotated[Confidential, Meta(min_length=1)]


class NewCardApplication(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is put up for which card; `of_customer_id` is the company through which the card is held (S04-5)."""

    customer_id: UUID
    kind: Code
    reason: Reason
    of_customer_id: UUID | None = None
    identity_check_id: UUID | None = None


class NewCardSearch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The card that has this whole number."""

    number: Annotated[str, up_to(40, 1)]


class NewCardTelling(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The customer was told that the card waits, or was not reached."""

    channel: Channel
    reached: bool
    note: Paragraph = ""


class NewCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The card handed over for an approved application; `unit_id` is whose stock it is from, by default one's own."""

    application_id: UUID
    number: CardNumber
    identity_check_id: UUID | None = None
    unit_id: UUID | None = None


class NewReplacement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The next card in place of one that is lost, damaged or about to expire; only the last is good for a full term."""

    cause: Literal["lost", "damaged", "expiring"]
    number: CardNumber
    identity_check_id: UUID | None = None
    unit_id: UUID | None = None
    reason: Paragraph = ""


class NewECard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For which scheme, if the customer belongs to several."""

    scheme: CodeIfAny = ""


class NewProof(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was shown: `kind` is one of the policy's proofs, `value` the number on it or the text of the e-card."""

    kind: Code
    value: Annotated[Confidential, Meta(min_length=1)]
    scheme: CodeIfAny = ""
