"""What callers send about calls, bounded and strict."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from guibin.notation.plausible import Plausible
from guibin.policy.words import Reason, Said, Unsaid, up_to
from guibin.records.requests import Wants

Outcome = Literal["served", "passed_on", "cut_off", "not_ours"]


class NewCall(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call of the hotline that was answered just now, or with `missed` one that nobody took.

    `phone` is the calling number as the switch has it, left out when it is withheld. `customer_id` says who calls where that
    is known; otherwise whoever alone has the number does. `staff_id` answered, by default whoever opens the contact.
    `reference` is the switch's own name of the call: said twice, it is one contact. `rang_at` is by default now, never later.
    """

    phone: Annotated[str, up_to(120)] | None = None
    customer_id: UUID | None = None
    missed: bool = False
    staff_id: UUID | None = None
    reference: Annotated[str, up_to(80, 1)] | None = None
    rang_at: Annotated[datetime, Meta(tz=True)] | None = None


class NewMatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose call it is."""

    customer_id: UUID


class NewEnding(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the call ended: `served`, `passed_on` to a case, `cut_off` in the middle, or `not_ours` (a wrong number, a nuisance).

    `content` is what was said. A `need` stays open until it is `handled`; `handling` says what was done about it. Of a missed
    call it is what came of calling back.
    """

    outcome: Outcome
    content: Said
    need: Unsaid = ""
    wants: Wants = ""
    handling: Unsaid = ""
    handled: bool = False


class NewUnmatched(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why nobody can say whose call it was."""

    reason: Reason
