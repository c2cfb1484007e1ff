"""What callers send about changes of a policy, bounded and strict."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from guibin.notation.plausible import Plausible
from guibin.policy.packs import Overrides
from guibin.policy.words import Code, Reason


class NewPolicyProposal(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of one `part`: `overrides` holds only what is to be otherwise, elements whole. In effect from `effective_from`,
    not in the past, at once without; where it waits for an approval, not before that."""

    part: Code
    overrides: Overrides
    effective_from: Annotated[datetime, Meta(tz=True)] | None = None
    note: Reason
