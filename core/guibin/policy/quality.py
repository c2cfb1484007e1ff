"""By which rules archives are looked over, and why they are closed."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from .words import Clause, Named


class ArchiveRule(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule archives are looked over by every day; its title is the text `archive_rule.<name>`.

    `months` is for `untouched`: how long an archive may stay as it is.
    """

    name: Literal[
        "missing_phone",
        "nobody_responsible",
        "duplicate",
        "implausible_birthday",
        "implausible_identity_number",
        "untouched",
    ]
    months: int = 12
    clause: Clause = ""


class ClosingPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an archive is closed; the title of each reason is the text `closing_reason.<name>` (S07-35).

    Who is back within `restored_days` days holds again what ended with the closing; later, tiers are earned anew.
    Two archives that became one are two again within `merged_undone_days` days.
    """

    reasons: Annotated[tuple[Named, ...], Meta(min_length=1)] = ("left", "died", "dissolved", "at_own_wish")
    restored_days: Annotated[int, Meta(ge=0, le=3_660)] = 30
    merged_undone_days: Annotated[int, Meta(ge=0, le=3_660)] = 30
    clause: Clause = ""

    def named_texts(self) -> Iterator[str]:
        """The titles of the reasons."""
        yield from (f"closing_reason.{name}" for name in self.reasons)
