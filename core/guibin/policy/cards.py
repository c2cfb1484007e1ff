"""Cards that show who is a VIP: for which tier, given out how, and what else proves it."""

from typing import Literal

from msgspec import Struct

from .words import Clause, Named


class RealName(Struct, frozen=True, forbid_unknown_fields=True):
    """Name and number of an identity document must match the archive's name and its `field` (S08-3).

    `at` says when the document is looked at; a check counts on the local day it was made.
    """

    field: Named = "identity_number"
    at: tuple[Literal["application", "issue"], ...] = ("application", "issue")


class CardQuota(Struct, frozen=True, forbid_unknown_fields=True):
    """How many cards a company in this tier may give its people."""

    tier: Named
    cards: int


class Sponsorship(Struct, frozen=True, forbid_unknown_fields=True):
    """The card is held through a company: by persons linked to it in one of `roles`, within its tier's quota (S04-5).

    `scheme` is the company's. The card and the tier it brings end `notice_days` after the post or the company's tier.
    """

    scheme: Named
    quotas: tuple[CardQuota, ...]
    roles: tuple[Named, ...] = ("executive",)
    notice_days: int = 30


class CardKind(Struct, frozen=True, forbid_unknown_fields=True):
    """The card of `tier` in `scheme`, good for `months` from its issue; its title is the text `card.<name>`.

    `approval` is the flow of applications for one card. `quantity_approval` is the flow by which outlets ask for a
    quantity (S12-6): empty, the card is made to order and no stock is kept. Under `low_stock` cards the unit is told.
    The holder is reminded `warn_days` before the end; after a change of tier the card is exchanged within
    `exchange_days`. `luhn` asks for a check digit in the number.
    """

    name: Named
    scheme: Named
    tier: Named
    approval: Named
    months: int = 36
    quantity_approval: Named = ""
    real_name: RealName | None = None
    sponsorship: Sponsorship | None = None
    warn_days: int = 30
    exchange_days: int = 60
    low_stock: int = 0
    luhn: bool = False
    clause: Clause = ""


class ProofKind(Struct, frozen=True, forbid_unknown_fields=True):
    """Something a customer shows to be served as a VIP (S03-4); its title is the text `proof.<name>`.

    `by` is a card of ours, a signed e-card, or an archive field such as an identity number, then named by `field`.
    """

    name: Named
    by: Literal["card", "e_card", "field"]
    field: Named = ""
    clause: Clause = ""
