"""Events customers are invited to, and head starts in buying what is scarce."""

from msgspec import Struct

from .words import Clause, Named


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


class HeadStart(Struct, frozen=True, forbid_unknown_fields=True):
    """Holders of the tier may buy from an offer `hours` before it opens to everybody (S01-6)."""

    scheme: Named
    tier: Named
    hours: int
    clause: Clause = ""
