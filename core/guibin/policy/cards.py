"""Cards that show who is a VIP: for which tier, given out how, and what else proves it."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from msgspec import Struct

from .checking import Known, Problems, a_tier, within
from .deadlines import Deadline
from .fields import DOCUMENTS
from .problems import PolicyProblem
from .terms import Timed
from .words import Clause, Named

FIGURE_MAX = 10_000


class RealName(Struct, frozen=True, forbid_unknown_fields=True):
    """Name and number of an identity document must match the archive's name and its `field` (S08-3).

    `documents` are fields of other documents that do as well, for those who have no identity card. `at` says when the document is looked at; a check counts on the local day it was made.
    """

    field: Named = "identity_number"
    documents: tuple[Named, ...] = DOCUMENTS
    at: tuple[Literal["application", "issue"], ...] = ("application", "issue")

    def check(self, known: Known, path: str) -> Problems:
        """Its field and its documents can be searched for."""
        yield from _findable(path, self.field, known)
        yield from _documented(path, self.documents, known)


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

    def check(self, known: Known, path: str) -> Problems:
        """A quota for each tier, once."""
        named = [quota.tier for quota in self.quotas]
        if not self.roles or not self.quotas or len(set(named)) < len(named):
            yield PolicyProblem(path, ", ".join(named), "at least one role, and a quota per tier, each tier once")
        for quota in self.quotas:
            yield from a_tier(path, (self.scheme, quota.tier), known, "a tier of the company's scheme")
            yield from within(path, quota.cards, (0, FIGURE_MAX))
        yield from within(path, self.notice_days, (0, FIGURE_MAX), " days of notice")


class MadeAbove(Timed, frozen=True, forbid_unknown_fields=True):
    """Cards are designed and made by `maker`, above the company: they are ordered there and delivered (S12-8). The maker is
    called by the text `card_maker.<maker>`."""

    maker: Named
    confirm_within: Deadline
    deliver_within: Deadline
    clause: Clause = ""

    def named_texts(self) -> Iterator[str]:
        """What the maker is called."""
        yield f"card_maker.{self.maker}"


class CardKind(Struct, frozen=True, forbid_unknown_fields=True):
    """The card of `tier` in `scheme`, good for `months` from its issue; its title is the text `card.<name>`.

    `approval` is the flow of applications for one card. `quantity_approval` is the flow by which outlets ask for a
    quantity (S12-6): empty, the card is made to order and no stock is kept. Under `low_stock` cards the unit is told.
    The holder is reminded `warn_days` before the end; after a change of tier the card is exchanged within
    `exchange_days`. `luhn` asks for a check digit in the number. What is `made_above`
    the company is ordered there.
    """

    titled: ClassVar = "card"
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
    made_above: MadeAbove | None = None
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """Its tier and flows are there, its figures within reason."""
        yield from a_tier(path, (self.scheme, self.tier), known)
        for name, subject in ((self.approval, "card_application"), (self.quantity_approval, "card_request")):
            flows = sorted(flow for flow, about in known.flows.items() if about == subject)
            if name not in flows and (name or subject == "card_application"):
                yield PolicyProblem(path, name, f"an approval flow for a: {subject}", f"one of {flows}")
        for name, least in (("months", 1), ("warn_days", 0), ("exchange_days", 0), ("low_stock", 0)):
            yield from within(f"{path}.{name}", getattr(self, name), (least, FIGURE_MAX))


class ProofKind(Struct, frozen=True, forbid_unknown_fields=True):
    """Something a customer shows to be served as a VIP (S03-4); its title is the text `proof.<name>`.

    `by` is a card of ours, a signed e-card, or an archive field such as an identity number, then named by `field`. `documents`
    are fields of other documents that do as well, for those who have no identity card.
    """

    titled: ClassVar = "proof"
    name: Named
    by: Literal["card", "e_card", "field"]
    field: Named = ""
    documents: tuple[Named, ...] = ()
    clause: Clause = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """Where what is shown may stand; none for a card."""
        return (self.field, *self.documents) if self.by == "field" else ()

    def check(self, known: Known, path: str) -> Problems:
        """A field proves where it can be searched for, and so do documents."""
        if self.by == "field":
            yield from _findable(path, self.field, known)
            yield from _documented(path, self.documents, known)
        elif self.field or self.documents:
            rule = f"no field for a proof by: {self.by}"
            yield PolicyProblem(path, self.field or ", ".join(self.documents), rule)


def _documented(path: str, documents: tuple[str, ...], known: Known) -> Problems:
    for name in documents:
        if name not in DOCUMENTS:
            yield from _findable(path, name, known)


def _findable(path: str, field: str, known: Known) -> Problems:
    if field not in known.findable:
        rule = "a confidential field that can be searched for"
        yield PolicyProblem(path, field, rule, f"one of {sorted(known.findable)}")
