"""Events customers are invited to, and head starts in buying what is scarce."""

from collections.abc import Iterator
from typing import ClassVar

from msgspec import Struct

from .cadence import Span
from .checking import Known, Problems, a_role, a_tier, there_is, within
from .problems import PolicyProblem
from .words import Clause, Named

COMPANIONS_MAX = 20
HOURS_MAX = 24 * 366


class ActivityKind(Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of event, such as a lecture (S10-6); its title is the text `activity_kind.<name>`.

    An accepted invitation keeps back one unit of the service item `item`, which attendance uses up: whoever is not
    entitled to it cannot accept. Empty, nothing is used. `companions_max` may come along, each counted in the capacity.
    An invitation may be answered until `answer_hours` before the start. `feedback` names the questions afterwards,
    scored 0 to 100, as texts `survey_question.<name>`.
    """

    name: Named
    item: Named = ""
    companions_max: int = 0
    answer_hours: int = 24
    feedback: tuple[Named, ...] = ("overall_satisfaction",)
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """What it uses is a service item; companions and hours are within reason."""
        yield from there_is(path, self.item, known.items, "a service item")
        yield from within(path, self.companions_max, (0, COMPANIONS_MAX), " companions")
        yield from within(path, self.answer_hours, (0, HOURS_MAX), " hours before the start")

    def named_texts(self) -> Iterator[str]:
        """Its title and the questions afterwards."""
        yield f"activity_kind.{self.name}"
        yield from (f"survey_question.{question}" for question in self.feedback)


class InvitationRhythm(Struct, frozen=True, forbid_unknown_fields=True):
    """Members of these tiers are invited at least once per `span` to an event of one of `kinds` (S13-7).

    One that takes place in the span is to be planned within `plan_days` of its beginning, by whoever has the role
    `planned_by`. Its title is the text
    `invitation.<name>`; several schemes may have one of a name.
    """

    titled: ClassVar = "invitation"
    name: Named
    kinds: tuple[Named, ...]
    scheme: Named
    tiers: tuple[Named, ...]
    span: Span = "quarter"
    plan_days: int = 30
    planned_by: Named = "manager"
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """For tiers there are, to kinds of events there are, by somebody, within the span."""
        if not self.kinds or not self.tiers:
            yield PolicyProblem(path, f"{len(self.kinds)} kinds, {len(self.tiers)} tiers", "at least one of each")
        for tier in self.tiers:
            yield from a_tier(path, (self.scheme, tier), known)
        for kind in self.kinds:
            yield from there_is(path, kind, known.events, "a kind of event")
        yield from a_role(f"{path}.planned_by", self.planned_by, known)
        yield from within(path, self.plan_days, (1, 366), " days from the beginning of the span")


class HeadStart(Struct, frozen=True, forbid_unknown_fields=True):
    """Holders of the tier may buy from an offer `hours` before it opens to everybody, which uses a unit of `item` (S01-6)."""

    scheme: Named
    tier: Named
    hours: int
    item: Named = "priority_purchase"
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """For a tier, and not for ever."""
        path = f"{path}.{self.tier}"
        yield from a_tier(path, (self.scheme, self.tier), known)
        yield from within(path, self.hours, (1, HOURS_MAX), " hours")
