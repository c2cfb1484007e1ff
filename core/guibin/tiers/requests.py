"""What callers send about tiers, bounded and strict."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.notation.plausible import Plausible
from guibin.policy.money import Money
from guibin.policy.tiers import TierScheme
from guibin.policy.words import Code, CodeIfAny, up_to

from .facts import BATCH_MAX, VALUE_MAX


class GivenFact(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly one of `amount` (money), `value` (a number of things) and `taken_back` (an earlier fact was none). `merchant` is the code of
    one on the register, where the purchase was made (S06-6)."""

    customer_id: UUID
    metric: Code
    occurred_on: date
    amount: Money | None = None
    value: Annotated[int, Meta(ge=-VALUE_MAX, le=VALUE_MAX)] | None = None
    taken_back: bool = False
    source: Annotated[str, up_to(40)] = "api"
    source_ref: Annotated[str, up_to(120)] = ""
    label: CodeIfAny = ""
    merchant: CodeIfAny = ""


class GivenFacts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 1,000 facts, recorded all or none."""

    facts: Annotated[list[GivenFact], Meta(min_length=1, max_length=BATCH_MAX)]


class NewAssessment(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`as_of` is the first day whose facts no longer count; today by default.

    With `dry_run` nothing is written: who would move. `proposal` is then a changed scheme, `known_at` the moment up to
    which facts are taken as they were known.
    """

    scheme: CodeIfAny
    as_of: date | None = None
    dry_run: bool = False
    proposal: TierScheme | None = None
    known_at: Annotated[datetime, Meta(tz=True)] | None = None


class NewEnding(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a membership ends, such as the customer's own wish; `on` is the first day without it, today by default."""

    reason: Annotated[str, up_to(500, 1)]
    on: date | None = None
