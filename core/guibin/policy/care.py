"""Birthdays, festivals, reminders and renewals."""

from typing import ClassVar, Literal

from msgspec import Struct

from .checking import Known, Problems
from .problems import PolicyProblem
from .words import Clause, Named

OccasionKind = Literal["birthday", "anniversary", "festival"]


class CareOccasion(Struct, frozen=True, forbid_unknown_fields=True):
    """What is done when: `gifts` handed over in person and `messages` sent, prepared `lead_days` before.

    `tiers` or `customer_kinds` restrict it; both empty means everybody. Festivals are named as in the calendar.
    """

    titled: ClassVar = "occasion"
    name: Named
    kind: OccasionKind
    gifts: tuple[Named, ...] = ()
    messages: tuple[Named, ...] = ("sms",)
    visit: bool = False
    lead_days: int = 7
    customer_kinds: tuple[Named, ...] = ()
    tiers: tuple[Named, ...] = ()
    festivals: tuple[Named, ...] = ()
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """A festival says which."""
        if self.kind == "festival" and not self.festivals:
            yield PolicyProblem(path, "no festival", "at least one festival")


class ReminderPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """The customer is told `lead_days` before an order ends (S07-4)."""

    lead_days: tuple[int, ...] = (15, 3)
    messages: tuple[Named, ...] = ("sms", "phone")
    clause: Clause = ""


class RenewalPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Orders are filtered every week on `weekday` (1 Monday); those ending within `lead_days` go to `approval` (S07-18)."""

    weekday: int = 1
    lead_days: int = 7
    approval: Named = "renewal"
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """A day of the week, and an approval flow."""
        if not 1 <= self.weekday <= 7:
            yield PolicyProblem(f"{path}.weekday", str(self.weekday), "1 (Monday) to 7")
        if self.approval not in known.flows:
            yield PolicyProblem(f"{path}.approval", self.approval, "an approval flow")


class TrialPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """New services are told to these kinds first, with a free trial of `days` (S07-7) that uses the entitlement `item`."""

    days: int = 30
    head_start_days: int = 7
    item: Named = "free_trial"
    customer_kinds: tuple[Named, ...] = ()
    messages: tuple[Named, ...] = ("sms", "email")
    clause: Clause = ""


class CarePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """All of it; None where the company has no such rule."""

    occasions: tuple[CareOccasion, ...] = ()
    reminders: ReminderPolicy | None = None
    renewals: RenewalPolicy | None = None
    trials: TrialPolicy | None = None
