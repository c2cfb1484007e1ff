"""What callers send about findings, bounded and strict."""

from typing import Annotated

from msgspec import Struct

from guibin.policy.words import saying


class NewFindingWaiver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is right as it is."""

    reason: Annotated[str, saying(1_000, 4)]
