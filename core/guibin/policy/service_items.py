"""Service items, and who is entitled to how much of them."""

from typing import Literal

from msgspec import Struct

from .deadlines import Deadline

Period = Literal["month", "quarter", "year", "membership_year", "rolling_days", "stay", "once"]


class TimeLimit(Struct, frozen=True, forbid_unknown_fields=True):
    """How fast, in the situation called `name`, counted from `counted_from` (S07-20)."""

    name: str
    within: Deadline
    counted_from: Literal["request", "approval", "appointment"] = "request"
    calendar: str = "always"


class ServiceItem(Struct, frozen=True, forbid_unknown_fields=True):
    """One service. Its content, standard, channel and process are texts: `service_item.<name>.content` and so on (S03-3).

    `steps` are the stages a request goes through; `approval` the flow it needs first.
    """

    name: str
    family: str = ""
    steps: tuple[str, ...] = ()
    time_limits: tuple[TimeLimit, ...] = ()
    approval: str = ""
    form: str = ""
    clause: str = ""


class Entitlement(Struct, frozen=True, forbid_unknown_fields=True):
    """A tier's right to a service item: `quota` per `period`, None without limit.

    `carry_over` is how much of what is left moves into the next period. `days` is the length of a rolling window.
    """

    scheme: str
    tier: str
    item: str
    quota: int | None = None
    period: Period = "year"
    days: int = 0
    carry_over: int = 0
    clause: str = ""
