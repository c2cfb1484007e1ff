"""Targets of a case beside its end: the first contact, the next update. One vocabulary for every kind of case."""

from msgspec.structs import replace

from .deadlines import Deadline, Until
from .terms import Recurrence, Terms, Timed
from .words import Clause, Named


class Milestone(Timed, frozen=True, forbid_unknown_fields=True):
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
    further_warnings: tuple[int, ...] = ()
    warned_roles: tuple[Named, ...] = ("account_manager",)
    told_of_success: tuple[Named, ...] = ()
    stands_while_waiting: bool = True
    clause: Clause = ""

    def terms(self, limit: Deadline | Until, *, clause: str) -> Terms:
        """Those of a clock with this limit, which a reply stops."""
        return replace(
            super().terms(limit, clause=clause),
            further_warnings=self.further_warnings,
            warned_roles=self.warned_roles,
            told_of_success=self.told_of_success,
            recurrence=self.recurrence,
            stands_while_waiting=self.stands_while_waiting,
            met_by="reply",
        )
