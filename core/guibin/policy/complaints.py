"""Complaint levels, their time limits, and what must happen around them."""

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from string import ascii_lowercase, digits
from typing import ClassVar

from msgspec import Struct

from .checking import Known, Problems, a_role, at_least, each_once, within
from .deadlines import Days, Deadline, Hours, least_of
from .milestones import Milestone, own_names
from .problems import PolicyProblem
from .terms import Timed
from .words import Clause, Named

_LATIN = frozenset(ascii_lowercase + digits)


class TierTime(Struct, frozen=True, forbid_unknown_fields=True):
    """Customers of these tiers have another time limit (S07-5)."""

    tiers: tuple[Named, ...]
    resolve_within: Deadline

    def check(self, known: Known, path: str) -> Problems:
        """Its tiers are there."""
        for tier in self.tiers:
            if tier not in {name for _, name in known.tiers}:
                yield PolicyProblem(f"{path}.tiers", tier, "a tier of one of the schemes")


class Level(Timed, frozen=True, forbid_unknown_fields=True):
    """One level. `warn_at_percent` of the time limit has been used when the warning comes.

    `rectify_within` of the receipt, leadership has a plan against repetition; None asks for none (S14-7). `asks` is the
    upward task that opens the internal flow, with an owner, for what exceeds the authority of whoever judged it so (S07-22).
    `faster` are the limits of customers of some tiers, the first that fits.
    `milestones` are its targets beside the resolution, such as the first contact.
    """

    titled: ClassVar = "complaint_level"
    name: Named
    resolve_within: Deadline
    always_follow_up: bool = False
    rectify_within: Deadline | None = None
    asks: Named = ""
    faster: tuple[TierTime, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    clause: Clause = ""

    def within(self, tiers: Collection[str]) -> Deadline:
        """The time to resolve for a customer of these tiers."""
        fitting = (one.resolve_within for one in self.faster if set(one.tiers) & set(tiers))
        return next(fitting, self.resolve_within)

    def targets(self, tiers: Collection[str]) -> tuple[Milestone, ...]:
        """Its milestones as they are for a customer of these tiers."""
        return tuple(one.under(tiers) for one in self.milestones)

    def check(self, known: Known, path: str) -> Problems:
        """Time enough, and people there are."""
        for one in self.faster:
            yield from at_least(f"{path}.faster", one.resolve_within, least_of(one.resolve_within))
        yield from super().check(known, path)
        yield from at_least(f"{path}.resolve_within", self.resolve_within, least_of(self.resolve_within))
        yield from own_names(self.milestones, f"{path}.milestones")
        if getattr(self.rectify_within, "count", 1) < 1:
            yield PolicyProblem(f"{path}.rectify_within", str(self.rectify_within), "at least 1")


class Keywords(Struct, frozen=True, forbid_unknown_fields=True):
    """A level suggested by words in the text, in any case; the first entry that matches is heard.

    A word of Latin letters stands for itself and its plural, not for a part of another: `cap` is not heard in `captain`. With `*`
    at its end it stands for every word that begins so: `throttl*`. Chinese has no such bounds and is heard anywhere.
    """

    level: Named
    words: tuple[Named, ...]

    def heard(self, lowered: str) -> bool:
        """Whether one of the words is in the text, which is in lower case."""
        return any(_pattern(word.lower()).search(lowered) for word in self.words)


@lru_cache(maxsize=4_096)
def _pattern(word: str) -> re.Pattern[str]:
    begun = word.removesuffix("*") or word
    pattern = re.escape(begun)
    if begun[:1] in _LATIN:
        pattern = rf"(?<![a-z0-9]){pattern}"
    if begun[-1:] in _LATIN and begun == word:
        pattern = rf"{pattern}(?:s|es)?(?![a-z0-9])"
    return re.compile(pattern)


class ComplaintPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """How complaints are taken, settled and learnt from.

    `levels` rise in severity; `default_level` is for texts no keyword matches. A complaint reopened within
    `reopen_within_days` continues its clock, later it becomes a new one. `sample_percent` of each week's settled
    complaints are called back (S07-29), at least one, within `follow_up_within` of the draw. With `callback_required` the
    result is told to the customer within `tell_within` of the remedy, and only what was told in time counts as in time
    (S07-22); without it a remedy closes the complaint. Those who hold one of `first_tiers` come first, then with
    `members_first` whoever holds a tier, then all others; with `cause_first` the cause is analysed before the matter is handed
    on to a department or the internal flow (S07-33). `centre` are the roles or posts that hear of each complaint at
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
    tell_within: Deadline = Hours(24)
    follow_up_within: Deadline = Days(3)
    first_tiers: tuple[Named, ...] = ()
    members_first: bool = True
    cause_first: bool = False
    centre: tuple[Named, ...] = ()
    leadership: tuple[Named, ...] = ("manager",)
    clause: Clause = ""

    def level(self, name: str) -> Level | None:
        """The level of this name."""
        return next((level for level in self.levels if level.name == name), None)

    def priority(self, tiers: Collection[str]) -> int:
        """Whose complaint is handled first: 0 before 1 before 2, by what the customer holds."""
        if set(self.first_tiers) & set(tiers):
            return 0
        return 1 if tiers and self.members_first else 2

    def suggested(self, text: str) -> str:
        """The level the keywords suggest."""
        lowered = text.lower()
        for entry in self.keywords:
            if entry.heard(lowered):
                return entry.level
        return self.default_level

    def check(self, known: Known, path: str) -> Problems:
        """Levels and roles there are."""
        for tier in self.first_tiers:
            if tier not in {name for _, name in known.tiers}:
                yield PolicyProblem(f"{path}.first_tiers", tier, "a tier of one of the schemes")
        for part in ("centre", "leadership"):
            for role in getattr(self, part):
                yield from a_role(f"{path}.{part}", role, known)
        names = [level.name for level in self.levels]
        if self.default_level not in names:
            yield PolicyProblem(f"{path}.default_level", self.default_level, "a level", f"one of {names}")
        for entry in self.keywords:
            if entry.level not in names:
                yield PolicyProblem(f"{path}.keywords", entry.level, "a level", f"one of {names}")
        yield from each_once(f"{path}.levels", names)
        yield from within(f"{path}.sample_percent", self.sample_percent, (0, 100))

    def named_texts(self) -> Iterator[str]:
        """Its causes."""
        yield from (f"complaint_cause.{cause}" for cause in self.causes)
