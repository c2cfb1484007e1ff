"""Who is on duty when: what a roster is kept for, which hours it covers, and how soon whoever is on duty takes what came in."""

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import ClassVar, Literal

from .calendars import Calendar, open_spans
from .checking import Known, Problems, at_least, within
from .deadlines import AtOnce, Deadline, Hours
from .terms import Timed
from .words import Clause, Named

Span = tuple[datetime, datetime]
AHEAD_DAYS_MAX = 31


class Duty(Timed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A roster that is kept, as the text `duty.<name>`; each org unit may have one of its own.

    `serves` says what goes to whoever is on duty: `matters` that come in, or `receptions`. It `covers` every hour, those in
    which the org unit is open by its business calendar, or those in which it is not. Who is called takes the matter
    `take_within`, else the next on the roster is called; somebody has it `respond_within` of its coming in, or it goes along
    `escalations`. A gap is told `told_ahead_days` before; where the roster is `wanted` it is told, too, that there is none:
    in the company, or `at_desks` in each org unit with an open desk, which keeps one of its own.
    With `full_time` nobody serves it who does so beside other work.
    """

    titled: ClassVar = "duty"
    name: Named
    serves: Literal["matters", "receptions"] = "matters"
    covers: Literal["always", "hours", "out_of_hours"] = "always"
    take_within: Deadline = AtOnce(15)
    respond_within: Deadline = Hours(1)
    told_ahead_days: int = 3
    wanted: bool = False
    at_desks: bool = False
    full_time: bool = False
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """It leaves time to take a matter, and to fill a gap."""
        yield from super().check(known, path)
        yield from within(f"{path}.told_ahead_days", self.told_ahead_days, (1, AHEAD_DAYS_MAX), " days ahead")
        for name in ("take_within", "respond_within"):
            yield from at_least(f"{path}.{name}", getattr(self, name), 1)

    @property
    def leaders(self) -> tuple[str, ...]:
        """The roles that hear where nobody is on duty: those of the first step."""
        return tuple(step.role for step in self.escalations[:1]) or ("manager",)

    def covered_at(self, moment: datetime, calendar: Calendar) -> bool:
        """Whether it has somebody on duty at this moment; `calendar` are the org unit's hours."""
        return self.covers == "always" or calendar.open_at(moment) == (self.covers == "hours")

    def wanted_in(self, since: datetime, until: datetime, calendar: Calendar) -> list[Span]:
        """When somebody has to be on duty, in order and apart."""
        if self.covers == "always":
            return [(since, until)]
        opened = list(_open_in(calendar, since, until))
        return opened if self.covers == "hours" else without([(since, until)], opened)


def _open_in(calendar: Calendar, since: datetime, until: datetime) -> Iterable[Span]:
    for begin, end in open_spans(calendar, since):
        if begin >= until:
            return
        yield begin, min(end, until)


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What is left of the spans, in order and apart."""
    cuts = sorted(taken)
    left: list[Span] = []
    for begin, end in sorted(spans):
        at = begin
        for cut_begin, cut_end in cuts:
            if cut_begin >= end:
                break
            if cut_begin > at:
                left.append((at, cut_begin))
            at = max(at, cut_end)
        if at < end:
            left.append((at, end))
    return joined(left)


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as there can be, in order; empty ones are none."""
    found: list[Span] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    assert all(one[1] < other[0] for one, other in pairwise(found))
    return found
