"""Complaint levels, their time limits, and what must happen around them."""

from msgspec import Struct

from .deadlines import Deadline
from .milestones import Milestone
from .terms import Timed
from .words import Clause, Named


class Level(Timed, frozen=True, forbid_unknown_fields=True):
    """One level. `warn_at_percent` of the time limit has been used when the warning comes.

    `rectify_within` of the receipt, leadership has a plan against repetition; None asks for none (S14-7).
    `milestones` are its targets beside the resolution, such as the first contact.
    """

    name: Named
    resolve_within: Deadline
    always_follow_up: bool = False
    rectify_within: Deadline | None = None
    milestones: tuple[Milestone, ...] = ()
    clause: Clause = ""


class Keywords(Struct, frozen=True, forbid_unknown_fields=True):
    """A level suggested by words in the text, in any case; the first entry that matches is heard."""

    level: Named
    words: tuple[Named, ...]


class ComplaintPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """How complaints are taken, settled and learnt from.

    `levels` rise in severity; `default_level` is for texts no keyword matches. A complaint reopened within
    `reopen_within_days` continues its clock, later it becomes a new one. `sample_percent` of each week's settled
    complaints are called back (S07-29), at least one. `centre` are the roles or posts that hear of each complaint at
    once, `leadership` those who hear of each plan against repetition (S14-7).
    """

    levels: tuple[Level, ...]
    default_level: Named
    channels: tuple[Named, ...] = ("phone", "hall", "web", "email", "letter", "visit", "social")
    keywords: tuple[Keywords, ...] = ()
    causes: tuple[Named, ...] = ("other",)
    reopen_within_days: int = 30
    sample_percent: int = 10
    callback_required: bool = True
    centre: tuple[Named, ...] = ()
    leadership: tuple[Named, ...] = ("manager",)
    clause: Clause = ""

    def level(self, name: str) -> Level | None:
        """The level of this name."""
        return next((level for level in self.levels if level.name == name), None)

    def suggested(self, text: str) -> str:
        """The level the keywords suggest."""
        lowered = text.lower()
        for entry in self.keywords:
            if any(word.lower() in lowered for word in entry.words):
                return entry.level
        return self.default_level
