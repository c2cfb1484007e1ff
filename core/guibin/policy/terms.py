"""How long something may take, by which calendar, who is warned and who hears that it was missed: one vocabulary for all."""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from .checking import CALENDARS, Known, Problems, before_the_breach
from .deadlines import Deadline, Until
from .problems import PolicyProblem
from .words import Named

Recurrence = Literal["once", "sequential", "repeating"]


class Escalation(Struct, frozen=True, forbid_unknown_fields=True):
    """`role` is told when the deadline has been missed by `after_minutes`; 0 at the breach itself.

    The minutes are the deadline's own: working time after a limit in business hours or business days.
    """

    role: Named
    after_minutes: int = 0


class Terms(Struct, frozen=True, kw_only=True):
    """What policy says of a clock: its limit, when to warn, whom to tell after the breach, by which clause.

    `calendar` names one of the tenant's. `warned_roles` hear the warnings beside those who work on the case,
    `told_of_success` when it is reached. `met_by` a reply, or what ends the case.
    """

    limit: Deadline | Until
    calendar: str = "always"
    warn_at_percent: int = 80
    further_warnings: tuple[int, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    warned_roles: tuple[str, ...] = ()
    told_of_success: tuple[str, ...] = ()
    recurrence: Recurrence = "once"
    stands_while_waiting: bool = True
    met_by: Literal["case", "reply"] = "case"
    clause: str = ""


class Watched(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What has limits: `warn_at_percent` of one has been used when the warning comes; missed, it goes along `escalations`."""

    warn_at_percent: int = 80
    escalations: tuple[Escalation, ...] = ()

    def check(self, known: Known, path: str) -> Problems:
        """It warns before the breach and tells somebody there is."""
        yield from self.warning_problems(path)
        for step in self.escalations:
            if step.role not in known.roles or step.after_minutes < 0:
                given, rule = (
                    f"{step.role}, {step.after_minutes}",
                    f"0 minutes or more, and one of {sorted(known.roles)}",
                )
                yield PolicyProblem(f"{path}.escalations", given, rule)

    def warning_problems(self, path: str) -> Problems:
        """What is wrong with its warnings."""
        yield from before_the_breach(f"{path}.warn_at_percent", self.warn_at_percent)

    def terms(self, limit: Deadline | Until, *, clause: str) -> Terms:
        """Those of a clock with this limit."""
        return Terms(limit=limit, warn_at_percent=self.warn_at_percent, escalations=self.escalations, clause=clause)


class Timed(Watched, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What has limits that `calendar` counts: `always`, or `business` for the company's hours."""

    calendar: Named = "always"

    def check(self, known: Known, path: str) -> Problems:
        """Its calendar is one of the two."""
        if self.calendar not in CALENDARS:
            yield PolicyProblem(f"{path}.calendar", self.calendar, "always or business")
        yield from super().check(known, path)

    def terms(self, limit: Deadline | Until, *, clause: str) -> Terms:
        """Those of a clock with this limit."""
        return replace(super().terms(limit, clause=clause), calendar=self.calendar)
