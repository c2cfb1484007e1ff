"""The deadline as a line: what is spent, where it stood still, where it was before, and now."""

from datetime import datetime, timedelta

from msgspec import Struct

from guibin.console.shell import Shell
from guibin.sla.queries import DeadlineLine, TimerChangeView

from .queries import ComplaintForm

WIDTH = 310
_LABEL_APART = 52


class Span(Struct, frozen=True):
    """A part of the line, in the line's own units."""

    x: int
    width: int


class Label(Struct, frozen=True):
    """A moment written above or below the line."""

    x: int
    y: int
    text: str
    is_end: bool = False


class Ribbon(Struct, frozen=True):
    """Everything that is drawn, from 1 to WIDTH."""

    spent: Span
    pauses: list[Span]
    was: list[int]
    now: int | None
    due: int
    labels: list[Label]
    says: str


def ribbon(form: ComplaintForm, moves: list[TimerChangeView], deadline: DeadlineLine, shell: Shell) -> Ribbon:
    """From the start to the deadline, or to now when that is later."""
    now = deadline.completed_at or shell.act.now
    begin, end = deadline.started_at, max(deadline.due_at, now)
    whole = max(end - begin, timedelta(minutes=1))

    def at(moment: datetime) -> int:
        return 1 + round((min(max(moment, begin), end) - begin) / whole * (WIDTH - 2))

    pauses = [
        Span(at(pause.started_at), max(at(pause.ended_at or now) - at(pause.started_at), 2)) for pause in form.pauses
    ]
    was = sorted({at(move.due_before) for move in moves if move.due_before and begin < move.due_before < end})
    tell = shell.clock.time
    labels = [Label(0, 10, tell(begin)), Label(WIDTH, 42, tell(end), is_end=True)]
    if deadline.completed_at is None and _LABEL_APART < at(now) < WIDTH - _LABEL_APART:
        labels.append(Label(at(now) + 3, 10, shell.says("complaints.now")))
    return Ribbon(
        spent=Span(1, at(now) - 1),
        pauses=pauses,
        was=was,
        now=at(now) if deadline.completed_at is None else None,
        due=at(deadline.due_at),
        labels=labels,
        says=shell.says("complaints.ribbon", begin=tell(begin), due=tell(deadline.due_at), now=tell(now)),
    )
