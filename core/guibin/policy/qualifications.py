"""What members of the service team must have learned, and how often anew."""

from typing import ClassVar

from msgspec import Struct

from .cadence import Span
from .checking import Known, Problems, a_role, within
from .problems import PolicyProblem
from .words import Clause, Named


class StaffQualification(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Holders of one of `posts`, roles or posts, need it, as the text `staff_qualification.<name>`: a certificate or a training.

    It is good for `valid_months` from when it was obtained, None for ever; its holder is reminded `remind_days` before the end,
    and the leader hears once it has ended. With `asked_every` they need training in each calendar span, whatever is still valid: who
    had none hears `remind_days` before it ends and, with the leader, once it has. With `for_new_customers` whoever has it not is given no new customer.
    """

    titled: ClassVar = "staff_qualification"
    name: Named
    posts: tuple[Named, ...]
    valid_months: int | None = 12
    remind_days: int = 30
    for_new_customers: bool = False
    asked_every: Span | None = None
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """Somebody needs it, and it lasts longer than a reminder comes before its end."""
        if not self.posts:
            yield PolicyProblem(f"{path}.posts", "nobody", "at least one role or post")
        for post in self.posts:
            yield from a_role(f"{path}.posts", post, known)
        yield from within(f"{path}.remind_days", self.remind_days, (1, 366), " days before the end")
        if self.valid_months is not None:
            yield from within(f"{path}.valid_months", self.valid_months, (1, 240), " months")
