"""Targets of a case beside its end: the first contact, the next update. One vocabulary for every kind of case."""

from typing import Literal

from msgspec import Struct

from .deadlines import Deadline
from .words import Clause, Named

Recurrence = Literal["once", "sequential", "repeating"]


class Escalation(Struct, frozen=True, forbid_unknown_fields=True):
    """`role` is told when the deadline has been missed by `after_minutes`; 0 at the breach itself.

    The minutes are the deadline's own: working time after a limit in business hours or business days.
    """

    role: Named
    after_minutes: int = 0


class Milestone(Struct, frozen=True, forbid_unknown_fields=True):
    """A target whose clock runs beside the others', whatever happens to theirs.

    `once` counts from the receipt to the first answer. `repeating` counts from each message nobody has answered, the
    oldest if there are several. `sequential` is one after another while the case is open: each from the one before, or
    from when that was reached if that was late.

    `warn_at_percent` and `further_warnings` are fractions of the working time, told to `warned_roles`; `told_of_success`
    hear when it is reached, late or not. `stands_while_waiting` False runs on while we wait for the customer.
    """

    name: Named
    within: Deadline
    recurrence: Recurrence = "once"
    calendar: Named = "always"
    warn_at_percent: int = 80
    further_warnings: tuple[int, ...] = ()
    warned_roles: tuple[Named, ...] = ("account_manager",)
    escalations: tuple[Escalation, ...] = ()
    told_of_success: tuple[Named, ...] = ()
    stands_while_waiting: bool = True
    clause: Clause = ""
