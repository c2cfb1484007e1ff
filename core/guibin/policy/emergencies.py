"""Reading a file behind the wall in an emergency: for how long, how often, and what has to be said (S02-6)."""

from typing import Annotated

from msgspec import Meta, Struct

from .checking import Known, Problems
from .deadlines import BusinessDays, Deadline
from .problems import PolicyProblem
from .terms import Escalation, Terms, Timed
from .words import Clause, Named

# No policy lets one last longer.
MINUTES_LONGEST = 240


class EmergencyReview(Timed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every access is judged by an auditor `within` this time of its end; missed, it goes along `escalations`.

    The regulation gives no figure. Three working days: an auditor's days off lie in it, and whoever looked still knows why.
    Whoever's access was not justified opens none for `stops_days`, a month like that of `a_month`; 0 stops nobody.
    """

    within: Deadline = BusinessDays(3)
    calendar: Named = "business"
    escalations: tuple[Escalation, ...] = (Escalation("tenant_admin"),)
    stops_days: Annotated[int, Meta(ge=0, le=3_660)] = 30


class EmergencyPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An emergency access lasts `minutes`, at most `minutes_max` where whoever opens it asks for more; the reason has at least
    `reason_chars_min` characters, and with `case_number_asked` the number of a case is said, too. One person opens at most
    `a_month` in a month of the company's. Each is owed a `review`.
    """

    minutes: Annotated[int, Meta(ge=1, le=MINUTES_LONGEST)] = 30
    minutes_max: Annotated[int, Meta(ge=1, le=MINUTES_LONGEST)] = 60
    reason_chars_min: Annotated[int, Meta(ge=4, le=500)] = 10
    case_number_asked: bool = False
    a_month: Annotated[int, Meta(ge=0, le=1_000)] = 5
    review: EmergencyReview = EmergencyReview()
    clause: Clause = ""

    def review_terms(self) -> Terms:
        """Those of the clock of a review."""
        return self.review.terms(self.review.within, clause=self.clause)

    def check(self, known: Known, path: str) -> Problems:
        """What it lasts by itself is no longer than it may last; a missed review is told to somebody there is."""
        if self.minutes > self.minutes_max:
            yield PolicyProblem(f"{path}.minutes", str(self.minutes), f"at most {self.minutes_max}")
        yield from self.review.check(known, f"{path}.review")
