"""What comes out when a decision is computed again from what is stored: the same, or why not."""

from typing import Literal

from msgspec import Struct

Why = Literal["changed", "corrected", "policy", "calendar", "closed", "steps", "switched", "erased"]


class Cause(Struct, frozen=True):
    """Why it comes out otherwise: `changed` what was stored then no longer gives it, `corrected` these figures since, `policy` another
    version of the policy or of a pack, `calendar` another version of the calendar, `closed` of a closed archive no figures are counted,
    `steps` an approval has others than the policy of then and what happened to it give, `switched` what gave a level then, an automation
    or a pack's rule, gives it no more, `erased` the words it was judged by are."""

    why: Why
    what: tuple[str, ...] = ()


class Replay(Struct, frozen=True, kw_only=True):
    """A decision, what comes out with what was known and in force then, and what with what is by now: a tier's or a level's name, empty
    for none; a moment; `approved`, `rejected`, `withdrawn` or `waiting`; `given` or `refused` of a right. `same` when the first two
    agree."""

    decided: str
    then: str
    now: str
    same: bool
    because: list[Cause] = []
