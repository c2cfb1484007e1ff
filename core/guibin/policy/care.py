"""Birthdays, festivals, reminders and renewals."""

from typing import Literal

from msgspec import Struct

OccasionKind = Literal["birthday", "anniversary", "festival"]


class CareOccasion(Struct, frozen=True, forbid_unknown_fields=True):
    """What is done when: `gifts` handed over in person and `messages` sent, prepared `lead_days` before.

    `tiers` or `customer_kinds` restrict it; both empty means everybody. Festivals are named as in the calendar.
    """

    name: str
    kind: OccasionKind
    gifts: tuple[str, ...] = ()
    messages: tuple[str, ...] = ("sms",)
    visit: bool = False
    lead_days: int = 7
    customer_kinds: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    festivals: tuple[str, ...] = ()
    clause: str = ""


class ReminderPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """The customer is told `lead_days` before an order ends (S07-4)."""

    lead_days: tuple[int, ...] = (15, 3)
    messages: tuple[str, ...] = ("sms", "phone")
    clause: str = ""


class RenewalPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Orders are filtered every week on `weekday` (1 Monday); those ending within `lead_days` go to `approval` (S07-18)."""

    weekday: int = 1
    lead_days: int = 7
    approval: str = "renewal"
    clause: str = ""


class TrialPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """New services are told to these kinds first, with a free trial of `days` (S07-7) that uses the entitlement `item`."""

    days: int = 30
    head_start_days: int = 7
    item: str = "free_trial"
    customer_kinds: tuple[str, ...] = ()
    messages: tuple[str, ...] = ("sms", "email")
    clause: str = ""


class CarePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """All of it; None where the company has no such rule."""

    occasions: tuple[CareOccasion, ...] = ()
    reminders: ReminderPolicy | None = None
    renewals: RenewalPolicy | None = None
    trials: TrialPolicy | None = None
