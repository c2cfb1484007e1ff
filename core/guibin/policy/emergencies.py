"""Reading a file behind the wall in an emergency: for how long, how often, and what has to be said (S02-6)."""

from typing import Annotated

from msgspec import Meta, Struct

from .checking import Known, Problems
from .problems import PolicyProblem
from .words import Clause

# No policy lets one last longer.
MINUTES_LONGEST = 240


class EmergencyPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An emergency access lasts `minutes`, at most `minutes_max` where whoever opens it asks for more; the reason has at least
    `reason_chars_min` characters, and with `case_number_asked` the number of a case is said, too. One person opens at most
    `a_month` in a month of the company's.
    """

    minutes: Annotated[int, Meta(ge=1, le=MINUTES_LONGEST)] = 30
    minutes_max: Annotated[int, Meta(ge=1, le=MINUTES_LONGEST)] = 60
    reason_chars_min: Annotated[int, Meta(ge=4, le=500)] = 10
    case_number_asked: bool = False
    a_month: Annotated[int, Meta(ge=0, le=1_000)] = 5
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """What it lasts by itself is no longer than it may last."""
        if self.minutes > self.minutes_max:
            yield PolicyProblem(f"{path}.minutes", str(self.minutes), f"at most {self.minutes_max}")
