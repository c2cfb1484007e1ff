"""By which rules archives are looked over."""

from typing import Literal

from msgspec import Struct

from .words import Clause


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
