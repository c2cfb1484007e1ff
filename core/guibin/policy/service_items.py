"""Service items, and who is entitled to how much of them."""

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from .deadlines import Deadline
from .milestones import Milestone
from .terms import Timed
from .words import Clause, Named

Period = Literal["month", "quarter", "year", "membership_year", "rolling_days", "stay", "once"]
Wanted = Literal["result", "reaction", "accompanied_by", "rating"]

# The step at which a day with the customer is agreed: limits may count from that day.
APPOINTMENT = "appointment"


class FieldIs(Struct, frozen=True, forbid_unknown_fields=True):
    """The request's form, or else the customer's archive, holds `value` in `field`."""

    field: Named
    value: Named | int | bool


class TimeLimit(Timed, frozen=True, forbid_unknown_fields=True):
    """How fast, in the situation called `name`, counted from `counted_from` (S07-20).

    It applies where all of `when` hold and, if `tiers` are named, to holders of one of them; the first that applies is
    the request's. The step `until`, the last one by default, meets it; `skips` are steps this situation does not need.
    """

    name: Named
    within: Deadline
    counted_from: Literal["request", "approval", "appointment"] = "request"
    when: tuple[FieldIs, ...] = ()
    tiers: tuple[Named, ...] = ()
    until: Named = ""
    skips: tuple[Named, ...] = ()


class Evidence(Struct, frozen=True, forbid_unknown_fields=True):
    """A step that is recorded only with these particulars (S07-19)."""

    step: Named
    wants: tuple[Wanted, ...]


class ServiceRhythm(Struct, frozen=True, forbid_unknown_fields=True):
    """Customers of these kinds are served at their place once per `span` without asking (S07-13)."""

    item: Named
    span: Literal["week", "month", "quarter", "year"]
    customer_kinds: tuple[Named, ...]
    clause: Clause = ""


class ServiceItem(Struct, frozen=True, forbid_unknown_fields=True):
    """One service. Its content, standard, channel and process are texts: `service_item.<name>.content` and so on (S03-3).

    `steps` are the stages a request goes through, in order; `approval` the flow it needs first. What is given `at_desks`
    is a dedicated desk: matters of whoever is entitled to it go there from the hall that takes them in (S07-3).
    `milestones` are targets beside the time limit: every step taken answers them.
    """

    name: Named
    family: Named = ""
    steps: tuple[Named, ...] = ()
    time_limits: tuple[TimeLimit, ...] = ()
    approval: Named = ""
    form: Named = ""
    at_desks: bool = False
    evidence: tuple[Evidence, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    clause: Clause = ""

    def limit_for(self, facts: Mapping[str, object], tiers: Iterable[str]) -> TimeLimit | None:
        """The first limit that applies to these facts and tiers."""
        held = set(tiers)
        return next(
            (
                limit
                for limit in self.time_limits
                if all(facts.get(fact.field) == fact.value for fact in limit.when)
                and (not limit.tiers or held & set(limit.tiers))
            ),
            None,
        )


class Discount(Struct, frozen=True, forbid_unknown_fields=True):
    """`percent` off a price (20 is 八折), at most `ceiling` minor units of `unit` a redemption; None without a ceiling."""

    percent: int
    ceiling: int | None = None
    unit: Named = "CNY"

    def off(self, price: int) -> int:
        """What is taken off a price in minor units, rounded down, never more than the ceiling."""
        reduced = price * self.percent // 100
        return reduced if self.ceiling is None else min(reduced, self.ceiling)


class Pool(Struct, frozen=True, forbid_unknown_fields=True):
    """The quota is shared by those who are linked to the member in one of `roles`, at most `per_person` units each."""

    roles: tuple[Named, ...]
    per_person: int


class Entitlement(Struct, frozen=True, forbid_unknown_fields=True):
    """A tier's right to a service item: `quota` per `period`, None without limit.

    `carry_over` is how much of what is left moves into the next period. `days` is the length of a rolling window.
    `no_show` says what becomes of a reservation nobody took up: its units are free again, or used. `companions` use
    units of the member's quota, or come along free. With a `pool` whoever uses it is named, each within their share.
    What the item gives may be a `discount`.
    """

    scheme: Named
    tier: Named
    item: Named
    quota: int | None = None
    period: Period = "year"
    days: int = 0
    carry_over: int = 0
    no_show: Literal["free", "used"] = "free"
    companions: Literal["count", "free"] = "count"
    pool: Pool | None = None
    discount: Discount | None = None
    clause: Clause = ""
