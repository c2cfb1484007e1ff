"""What warns before a customer complains: which occurrences open a task, whose it is, what is done about it, and by when."""

from collections.abc import Iterator
from typing import ClassVar, Literal, get_args

from .checking import Known, Problems, a_role, within
from .deadlines import Deadline, Hours
from .problems import PolicyProblem
from .terms import Timed
from .words import Clause, Named

Source = Literal["repairs", "complaints", "outage", "order_ends", "score_low", "score_falls", "contact_missed"]
SOURCES: tuple[Source, ...] = get_args(Source)
# Of these each occurrence is a signal of its own; of the others one is open at a time.
EACH: frozenset[Source] = frozenset({"outage", "order_ends"})
LOOKS_DAYS_MAX = 366


class SignalRule(Timed, frozen=True, forbid_unknown_fields=True):
    """One kind of warning before a complaint arises (S07-32).

    `source` is what is watched: `repairs` (calls for help, and service requests of `kinds`) or `complaints` (of `kinds`:
    complaint, opinion) at least `times` within `days` back; an `outage` that is registered; an order that ends within `days`
    without a renewal; a survey's score of the last `days` under its floor, or fallen by at least `points` since the one before; a
    contact missed per cadence. Whoever looks after the customer hears first, with them the roles of `tell`; the task, the text
    `signal_task.<name>`, is done within `act_within`, else it goes along `escalations`. Once a signal ended none of the kind is
    opened for `quiet_days`. A complaint that follows within `followed_days` counts as foreseen. With `members` it is about
    customers who hold a tier.
    """

    titled: ClassVar = "signal"
    name: Named
    source: Source
    days: int = 30
    times: int = 2
    points: int = 20
    kinds: tuple[Named, ...] = ()
    members: bool = True
    tell: tuple[Named, ...] = ()
    act_within: Deadline = Hours(24)
    quiet_days: int = 30
    followed_days: int = 30
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """Figures within reason, roles there are."""
        yield from super().check(known, path)
        for name, bounds in {
            "days": (1, LOOKS_DAYS_MAX),
            "times": (1, 100),
            "points": (1, 100),
            "quiet_days": (0, LOOKS_DAYS_MAX),
            "followed_days": (1, LOOKS_DAYS_MAX),
        }.items():
            yield from within(f"{path}.{name}", getattr(self, name), bounds)
        for role in self.tell:
            yield from a_role(f"{path}.tell", role, known)
        if self.kinds and self.source not in ("repairs", "complaints"):
            yield PolicyProblem(
                f"{path}.kinds", ", ".join(self.kinds), "none", "only repairs and complaints have kinds"
            )

    def named_texts(self) -> Iterator[str]:
        """What is to be done."""
        yield f"signal_task.{self.name}"
