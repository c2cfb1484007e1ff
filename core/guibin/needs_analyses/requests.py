"""What callers send about analyses of needs, bounded and strict."""

from datetime import date
from uuid import UUID

from msgspec import Struct

from guibin.notation.plausible import Plausible
from guibin.policy.words import Said, Unsaid

# As far ahead as somebody may plan to follow it up.
DAYS_MAX = 366


class Needs(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a customer stands, what they need and what is offered. `owner_id` follows it up by `follow_up_on`, by default the
    customer's account manager within two weeks."""

    situation: Said
    needs: Said
    offers: Unsaid = ""
    owner_id: UUID | None = None
    follow_up_on: date | None = None


class NewNeedsAnalysis(Needs, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The needs of this customer."""

    customer_id: UUID


class NewNeedsOutcome(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of it."""

    outcome: Said


class AnalysedIn(Struct, frozen=True, kw_only=True):
    """Analysed from this day on, and before that one; of all time without."""

    since: date | None = None
    before: date | None = None
